import { post, put, remove, tail } from "../api.js";
import { tell, useGet } from "../data.js";
import { Card, Confirm, Empty, Failure, Field, Head, Notice, Status, Table, Tag, Wait } from "../parts.js";
import { html, useState } from "../view.js";
import { ago, moment, number, t } from "../words.js";

/** What stands behind the @ is a number: versions of the configuration rely on the value. */
const isFixed = (one) => /@\d+$/.test(one.name);

/** The value is forgotten with the window. */
function Put({ one, close, done }) {
  const [name, setName] = useState(one?.name ?? "");
  const [value, setValue] = useState("");
  const save = async () => {
    const text = name.trim();
    await put(`secrets/${tail(text)}`, { value });
    tell(t("did.secret", { name: text }));
    done();
  };
  return html`<${Confirm} title=${one ? t("secret.change", { name: one.name }) : t("secret.new")} action=${t("secret.store")} close=${close} run=${save}>
    ${!one && html`<${Field} label=${t("name")} hint=${t("secret.name.hint", { reference: "${secret:NAME}" })}>${(field) => html`<input ...${field} name="name" class="mono" required maxlength="200" pattern="[A-Za-z0-9][A-Za-z0-9._\\/\\-]*" autofocus autocomplete="off"
      value=${name} onInput=${(event) => setName(event.target.value)} />`}<//>`}
    <${Field} label=${t("secret.value")} hint=${t(one ? "secret.value.change" : "secret.value.hint")}>${(field) => html`<textarea ...${field} name="value" class="mono masked" rows="3" required maxlength="65536" autofocus=${Boolean(one)} autocomplete="off" autocapitalize="off" spellcheck=${false}
      value=${value} onInput=${(event) => setValue(event.target.value)}></textarea>`}<//><//>`;
}

const columns = (act) => [
  { title: t("name"), name: true, cell: (one) => html`<span class="mono">${one.name}</span>` },
  { title: t("state"), cell: (one) => (one.problem ? html`<${Status} shape="triangle" tone="bad">${t("secret.closed")}<//><div class="small">${one.problem}</div>` : html`<${Status} tone="ok">${t("secret.set")}<//>`) },
  { title: t("secret.used"), cell: (one) => (one.used_at.length ? html`<span class="stack close">${one.used_at.map((path) => html`<code>${path}</code>`)}</span>` : html`<span class="faint">${t("secret.unused")}</span>`) },
  { title: t("secret.age"), cell: (one) => html`<span title=${moment(one.rotated_at)}>${ago(one.rotated_at)}</span><div class="small faint">${t("secret.nth", { nth: number(one.revision), author: one.author })}</div>` },
  { title: t("secret.fingerprint"), cell: (one) => html`<span class="mono faint">${one.fingerprint?.slice(0, 8) ?? "–"}</span>` },
  { title: "", end: true, cell: (one) => act && html`<span class="row tight">${isFixed(one) ? html`<${Tag} title=${t("secret.fixed.about")}>${t("secret.fixed")}<//>`
    : html`<button class="small" aria-label=${t("secret.change", { name: one.name })} onClick=${() => act("put", one)}>${t("secret.rotate")}</button>`}
    ${!one.used_at.length && html`<button class="small" aria-label=${t("secret.remove.title", { name: one.name })} onClick=${() => act("remove", one)}>${t("people.remove")}</button>`}</span>` },
];

function Store({ session }) {
  const { value, error, again } = useGet("secrets");
  const [doing, setDoing] = useState(null);
  const act = session.role === "admin" ? (what, one) => setDoing({ what, one }) : null;
  const close = () => setDoing(null);
  if (!value) return error ? html`<${Failure} error=${error} retry=${again} />` : html`<${Wait} />`;
  const other = value.key && value.own_keys.length > 0 && value.own_keys[0] !== value.key;
  return html`<div class="stack"><${Head} title=${t("page.secrets")} about=${t("secrets.about")}>${act && html`<button class="primary" onClick=${() => act("put")}>${t("secret.new")}</button>`}<//>
    ${error && html`<${Failure} error=${error} />`}
    ${other && html`<${Notice} tone="warn"><div class="row"><span class="grow">${t("secrets.other-key", { key: value.key, own: value.own_keys[0] })}</span>${act && html`<button class="small" onClick=${() => act("rotate")}>${t("secrets.rekey")}</button>`}</div><//>`}
    <${Card}>${value.secrets.length ? html`<${Table} rows=${value.secrets} columns=${columns(act)} id=${(one) => one.name} caption=${t("page.secrets")} />`
      : html`<${Empty} icon="secrets" title=${t("secrets.none")}>${t("secrets.none.next", { reference: "${secret:NAME}" })}<//>`}<//>
    <${Notice}>${t("secret.fixed.about")}${!act && ` ${t("secrets.admins")}`}<//>
    ${doing?.what === "put" && html`<${Put} one=${doing.one} close=${close} done=${again} />`}
    ${doing?.what === "remove" && html`<${Confirm} title=${t("secret.remove.title", { name: doing.one.name })} about=${t("secret.remove.about")} action=${t("people.remove")} danger close=${close} run=${async () => {
      await remove(`secrets/${tail(doing.one.name)}`);
      tell(t("did.secret.removed", { name: doing.one.name }));
      again();
    }} />`}
    ${doing?.what === "rotate" && html`<${Confirm} title=${t("secrets.rekey")} about=${t("secrets.rekey.about")} action=${t("secrets.rekey")} close=${close} run=${async () => {
      const { secrets } = await post("secrets/rotate");
      tell(t("did.rekey", { count: secrets }));
      again();
    }} />`}</div>`;
}

export default ({ session }) => (session.mode === "file" ? html`<div class="stack"><${Head} title=${t("page.secrets")} /><${Notice}>${t("secrets.file-mode", { variable: "${NAME}", file: "${file:PATH}" })}<//></div>` : html`<${Store} session=${session} />`);
