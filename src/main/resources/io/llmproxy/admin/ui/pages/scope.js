// What is done with one scope, and with the limits for all clients together.
import { patch, post, put, remove, tail } from "../api.js";
import { tell } from "../data.js";
import { Check, Choice, Field } from "../parts.js";
import { above, Form } from "../quota.js";
import { html, useState } from "../view.js";
import { t, word } from "../words.js";
import { limitBodies, limitRows, Limits, lines, list, Models } from "./limits.js";

const KINDS = ["org", "team", "project", "user"];
const ofLimits = (problems) => problems.filter((found) => found.path.startsWith("limits"));

/** Adds a scope, or changes one. */
export function Edit({ one, parent, quota, close, done }) {
  const [form, setForm] = useState(() => ({ name: one?.name ?? "", kind: one?.kind ?? (parent || !quota.scopes.length ? (parent ? "team" : "org") : "team"), parent: one?.parent ?? parent ?? "",
    models: lines(one?.models ?? []), enabled: one?.enabled ?? true, limits: limitRows(one?.limits ?? []) }));
  const set = (name, value) => setForm({ ...form, [name]: value });
  const save = async (etag) => {
    const body = { kind: form.kind, parent: form.parent || null, models: list(form.models), enabled: form.enabled, limits: limitBodies(form.limits) };
    const name = form.name.trim();
    const made = await (one ? patch(`scopes/${tail(one.name)}`, body, { etag }) : post("scopes", { name, ...body }));
    tell(t(one ? "did.scope.changed" : "did.scope.added", { name }));
    return made;
  };
  const parents = quota.scopes.filter((scope) => !one || !above(quota.scopes, scope.name).some((each) => each.name === one.name));
  return html`<${Form} title=${one ? t("scope.edit", { name: one.name }) : t("scope.new")} action=${t(one ? "save" : "scope.add")} etag=${quota.etag} save=${save} close=${close} done=${done}>${(problems) => {
    const error = (name) => problems.find((found) => found.path === name || found.path.startsWith(`${name}[`))?.message;
    return html`${!one && html`<${Field} label=${t("name")} hint=${t("scope.name.hint")} error=${error("name")}>${(field) => html`<input ...${field} name="name" required maxlength="200" autofocus autocomplete="off"
        value=${form.name} onInput=${(event) => set("name", event.target.value)} />`}<//>`}
      <div class="grid"><div class="half"><${Field} label=${t("scope.parent")} hint=${t("scope.parent.hint")} error=${error("parent")}>${(field) => html`<${Choice} ...${field} name="parent" value=${form.parent}
          onChange=${(value) => set("parent", value)} options=${[["", t("scope.no-parent")], ...parents.map((scope) => [scope.name, `${scope.name} (${word("kind", scope.kind)})`])]} />`}<//></div>
        <div class="half"><${Field} label=${t("scope.kind")} error=${error("kind")}>${(field) => html`<${Choice} ...${field} name="kind" value=${form.kind} onChange=${(value) => set("kind", value)}
          options=${KINDS.map((kind) => [kind, word("kind", kind)])} />`}<//></div></div>
      <${Field} label=${t("models.list")} hint=${t("scope.models.hint")} error=${error("models")}>${(field) => html`<${Models} ...${field} value=${form.models} change=${(models) => set("models", models)} />`}<//>
      <${Limits} limits=${form.limits} change=${(limits) => set("limits", limits)} problems=${ofLimits(problems)} />
      <${Check} checked=${form.enabled} onChange=${(value) => set("enabled", value)}>${t("scope.enabled")}<//>`;
  }}<//>`;
}

export const Remove = ({ one, quota, close, done }) => html`<${Form} title=${t("scope.remove.title", { name: one.name })} action=${t("scope.remove")} etag=${quota.etag} danger narrow close=${close} done=${done} save=${async (etag) => {
  const made = await remove(`scopes/${tail(one.name)}`, { etag });
  tell(t("did.scope.removed", { name: one.name }));
  return made;
}}>${() => html`<p class="soft">${t("scope.remove.about")}</p>`}<//>`;

/** Changes the limits for all clients together. */
export function EditCommon({ quota, close, done }) {
  const [limits, setLimits] = useState(() => limitRows(quota.common));
  const save = async (etag) => {
    const made = await put("limits", { limits: limitBodies(limits) }, { etag });
    tell(t("did.limits"));
    return made;
  };
  return html`<${Form} title=${t("limits.common")} action=${t("save")} etag=${quota.commonEtag} save=${save} close=${close} done=${done}>${(problems) => html`<p class="soft">${t("limits.common.about")}</p>
    <${Limits} limits=${limits} change=${setLimits} problems=${ofLimits(problems)} />`}<//>`;
}
