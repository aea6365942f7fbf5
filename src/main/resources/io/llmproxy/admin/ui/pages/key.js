// What is done with one client key.
import { get, part, patch, post, remove } from "../api.js";
import { tell, useGet, useLoad } from "../data.js";
import { Check, Choice, Confirm, Copy, Dialog, Failure, Field, Notice } from "../parts.js";
import { html, useState } from "../view.js";
import { t } from "../words.js";
import { limitBodies, limitRows, Limits, lines, list, Models } from "./limits.js";

const path = (key) => `keys/${part(key.id)}`;
const whole = (text) => (text === "" ? null : Number(text));

/** A time as the browser's control has it: in the reader's zone. */
function local(time) {
  if (!time) return "";
  const date = new Date(time);
  return new Date(date - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

const random = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Shows a new key, this once. */
export function Secret({ issued, close }) {
  const { key, secret } = issued;
  return html`<${Dialog} title=${t("key.secret", { name: key.name })} close=${close}>
    ${secret ? html`<${Notice} tone="ok">${t("key.secret.about")}<//>
      <${Field} label=${t("key.value")}>${(field) => html`<input ...${field} class="mono" readonly value=${secret} onFocus=${(event) => event.target.select()} />`}<//>
      <div class="row"><${Copy} text=${secret} /></div>` : html`<${Notice} tone="warn">${t("key.secret.gone")}<//>`}
    <footer><button type="button" class="primary" onClick=${(event) => event.target.closest("dialog").close()}>${t("key.done")}</button></footer><//>`;
}

/** Issues a key, or changes one. */
export function Edit({ own, one, first, close, done, issued, drop }) {
  const forwards = useLoad(() => (own ? null : get("forwards")), []).value?.forwards ?? [];
  const scopes = useGet("scopes").value?.scopes.map((scope) => scope.name) ?? [];
  const [request] = useState(random);
  const [form, setForm] = useState(() => ({
    name: one?.name ?? "", models: lines(one?.allowed_models ?? []), expires: local(one?.expires_at), forwards: one?.forwards ?? [],
    rate: one?.requests_per_second ?? "", burst: one?.burst_size ?? "", concurrent: one?.max_concurrent || "", explain: one?.explain ?? false,
    scope: one?.scope ?? own ?? "", limits: limitRows(one?.limits ?? []),
  }));
  const [state, setState] = useState({});
  const set = (name) => (event) => setForm({ ...form, [name]: event.target.value });
  const problem = (name) => state.error?.problems?.find((found) => found.path.startsWith(name))?.message;
  const submit = async (event) => {
    event.preventDefault();
    setState({ busy: true });
    const body = {
      name: form.name.trim(), allowed_models: list(form.models), forwards: form.forwards, requests_per_second: whole(form.rate), burst_size: whole(form.burst),
      max_concurrent: whole(form.concurrent) ?? 0, explain: form.explain, scope: form.scope || null, limits: limitBodies(form.limits),
    };
    // What the reader has not touched keeps its seconds.
    if (form.expires !== local(one?.expires_at)) body.expires_at = form.expires ? new Date(form.expires).toISOString() : null;
    try {
      if (one) {
        await patch(path(one), body, { etag: one.etag });
        tell(t("did.key.changed", { name: body.name }));
        done();
      } else issued(await post("keys", body, { key: request }));
    } catch (error) {
      setState({ error });
    }
  };
  const text = (name, label, more, hint) => html`<${Field} label=${label} hint=${hint} error=${problem(more.path ?? name)}>${(field) => html`<input ...${field} name=${name} ...${more}
    value=${form[name]} onInput=${set(name)} />`}<//>`;
  return html`<${Dialog} title=${one ? t("key.edit", { name: one.name }) : t("key.new")} close=${close} wide><form onSubmit=${submit}>
    ${first && html`<${Notice} tone="warn">${t("key.first")}<//>`}
    ${text("name", t("name"), { required: true, maxlength: 200, autofocus: true, autocomplete: "off", readonly: Boolean(own && one) }, t("key.name.hint"))}
    <${Field} label=${t("models.list")} hint=${t("key.models.hint")} error=${problem("allowed_models")}>${(field) => html`<${Models} ...${field} value=${form.models}
      change=${(models) => setForm({ ...form, models })} />`}<//>
    ${forwards.length > 1 && html`<fieldset class="field"><legend>${t("forwards")}</legend><div class="row">${forwards.map((forward) => html`<${Check}
      checked=${form.forwards.includes(forward.name)} onChange=${(on) => setForm({ ...form, forwards: on ? [...form.forwards, forward.name] : form.forwards.filter((name) => name !== forward.name) })}>
      ${forward.name}<//>`)}</div><span class="hint">${t("key.forwards.hint")}</span></fieldset>`}
    ${text("expires", t("keys.expires"), { path: "expires_at", type: "datetime-local" }, t("key.expires.hint"))}
    <div class="grid"><div class="third">${text("rate", t("key.rate"), { path: "requests_per_second", type: "number", min: 1, max: 10000 })}</div>
      <div class="third">${text("burst", t("key.burst"), { path: "burst_size", type: "number", min: 1, max: 20000 })}</div>
      <div class="third">${text("concurrent", t("key.concurrent"), { path: "max_concurrent", type: "number", min: 0, max: 1000000 })}</div></div>
    ${(scopes.length > 0 || form.scope) && html`<${Field} label=${t("key.scope")} hint=${t("key.scope.hint")} error=${problem("scope")}>${(field) => html`<${Choice} ...${field} name="scope"
      value=${form.scope} onChange=${(scope) => setForm({ ...form, scope })} options=${[...(own ? [] : [["", t("key.scope.none")]]), ...scopes.map((name) => [name, name]),
        ...(form.scope && !scopes.includes(form.scope) ? [[form.scope, t("key.scope.gone", { name: form.scope })]] : [])]} />`}<//>`}
    <${Limits} one=${one} limits=${form.limits} change=${(limits) => setForm({ ...form, limits })} problems=${state.error?.problems?.filter((found) => found.path.startsWith("limits"))} />
    <${Check} checked=${form.explain} onChange=${(explain) => setForm({ ...form, explain })}>${t("key.explain")}<//>
    ${state.error && html`<${Failure} error=${state.error} />`}
    <footer>${one && html`<button type="button" class="danger" onClick=${drop}>${t("key.delete")}</button><span class="grow"></span>`}
      <button type="button" onClick=${close}>${t("cancel")}</button>
      <button class="primary" disabled=${state.busy}>${t(one ? "save" : "key.create")}</button></footer></form><//>`;
}

export const Remove = ({ one, close, done }) => html`<${Confirm} title=${t("key.delete.title", { name: one.name })} about=${t("key.delete.about")}
  action=${t("key.delete")} danger close=${close} run=${async () => {
    await remove(path(one), { etag: one.etag });
    tell(t("did.key.deleted", { name: one.name }));
    done();
  }} />`;

export const Switch = ({ one, close, done }) => html`<${Confirm} title=${t(one.enabled ? "key.off.title" : "key.on.title", { name: one.name })}
  about=${t(one.enabled ? "key.off.about" : "key.on.about")} action=${t(one.enabled ? "key.off" : "key.on")} danger=${one.enabled} close=${close} run=${async () => {
    await patch(path(one), { enabled: !one.enabled }, { etag: one.etag });
    tell(t("did.key.changed", { name: one.name }));
    done();
  }} />`;

const GRACES = ["0", "3600", "86400", "604800"];

export function Rotate({ one, close, issued }) {
  const [grace, setGrace] = useState("86400");
  return html`<${Confirm} title=${t("key.rotate.title", { name: one.name })} about=${t("key.rotate.about")} action=${t("key.rotate")} close=${close}
    run=${async () => issued(await post(`${path(one)}/rotate`, { grace_seconds: Number(grace) }, { etag: one.etag }))}>
    <${Field} label=${t("key.grace")}>${(field) => html`<${Choice} ...${field} value=${grace} onChange=${setGrace} options=${GRACES.map((value) => [value, t(`key.grace.${value}`)])} />`}<//><//>`;
}
