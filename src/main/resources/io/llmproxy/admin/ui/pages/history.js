import { get, part, post } from "../api.js";
import { Changes } from "../changes.js";
import { tell, useGet, useList, useLoad } from "../data.js";
import { Editor } from "../editor.js";
import { Card, Choice, Confirm, Empty, Failure, Head, Notice, Table, Tag, Wait } from "../parts.js";
import { go, link, rewrite } from "../route.js";
import { html, useState } from "../view.js";
import { ago, moment, t, word } from "../words.js";
import { Activation, Managed, OVERRIDE } from "./activation.js";
import { Tabs } from "./config.js";

const COLUMNS = (head) => [
  { title: t("version"), name: true, cell: (one) => html`<a href=${link("history", [String(one.version)])}>${t("version.n", { version: one.version })}</a>
    ${one.version === head.version && html` <${Tag} tone=${head.confirmed ? "ok" : "warn"}>${t(head.confirmed ? "version.head" : "version.unconfirmed")}<//>`}` },
  { title: t("comment"), cell: (one) => one.comment || html`<span class="faint">${t("comment.none")}</span>` },
  { title: t("author"), cell: (one) => html`${one.author} <span class="faint small">${word("origin", one.origin)}</span>` },
  { title: t("when"), cell: (one) => html`<span class="nowrap" title=${moment(one.created_at)}>${ago(one.created_at)}</span>` },
];

function List() {
  const { items, value, more, error, again } = useList("config/versions", "versions", {}, 0);
  if (!value) return error ? html`<${Failure} error=${error} retry=${again} />` : html`<${Wait} />`;
  return html`<div class="stack"><${Head} title=${t("history")} about=${t("history.about")} /><${Tabs} at="history" />
    <${Card}>${items.length ? html`<${Table} rows=${items} columns=${COLUMNS(value.head)} id=${(one) => one.version} open=${(one) => go("history", [String(one.version)])} caption=${t("history")} />
      ${more && html`<div class="wait"><button onClick=${more}>${t("more")}</button></div>`}`
    : html`<${Empty} icon="config" title=${t("history.none")}>${t("history.none.next")}<//>`}<//></div>`;
}

function Version({ version, query, session }) {
  const { value, error } = useGet(`config/versions/${part(version)}`);
  const list = useGet("config/versions", { limit: 200 });
  const [asking, setAsking] = useState(false);
  const [over, setOver] = useState(false);
  const other = query.with ?? (value?.parent ? String(value.parent) : "");
  const diff = useLoad(() => (other && value ? get(`config/versions/${part(other)}/diff`, { to: version }) : null), [other, version, value]);
  if (!value) return error ? html`<${Failure} error=${error} />` : html`<${Wait} />`;
  const head = list.value?.head.version;
  const manager = list.value?.head.managed_by;
  const writable = session.writable && (!manager || over);
  const rollback = async () => {
    const made = await post("config/rollback", { version: value.version, comment: t("rollback.comment", { version }) }, { etag: `"v${head}"`, query: over && OVERRIDE });
    tell(t("did.rollback", { version }));
    go("history", [String(made.version)]);
  };
  return html`<div class="stack"><div><a href=${link("history")}>← ${t("history")}</a></div>
    <${Head} title=${t("version.n", { version })} about=${value.comment}>
      ${writable && head && head !== value.version && html`<button onClick=${() => setAsking(true)}>${t("rollback")}…</button>`}<//>
    ${manager && html`<${Managed} name=${manager} session=${session} over=${over} setOver=${setOver} released=${list.again} />`}
    <p class="soft">${t("version.by", { author: value.author, when: moment(value.created_at), origin: word("origin", value.origin) })} <code>${value.sha256.slice(0, 12)}</code></p>
    ${head === value.version && html`<${Activation} version=${version} />`}
    <${Card} title=${t("diff")} id="diff" side=${html`<${Choice} aria-label=${t("diff.with")} value=${other} onChange=${(wanted) => rewrite("history", [version], { with: wanted })}
        options=${[["", t("diff.choose")], ...(list.value?.versions ?? []).filter((one) => one.version !== value.version).map((one) => [String(one.version), t("diff.since", { version: one.version })])]} />`}>
      ${diff.error ? html`<div class="body"><${Failure} error=${diff.error} /></div>` : diff.value ? html`<${Changes} diff=${diff.value} />` : html`<${Empty} title=${t("diff.choose")}>${t("diff.first")}<//>`}<//>
    <${Card} title=${t("config.text")} id="text" kind="clip"><${Editor} text=${value.text} label=${t("config.text")} /><//>
    ${asking && html`<${Confirm} title=${t("rollback.title", { version })} about=${t("rollback.about")} action=${t("rollback")} close=${() => setAsking(false)} run=${rollback} />`}</div>`;
}

export default function History({ route, session }) {
  if (session.mode === "file") {
    return html`<div class="stack"><${Head} title=${t("history")} /><${Notice}>${t("history.file-mode")}<//></div>`;
  }
  return route.parts.length ? html`<${Version} key=${route.parts[0]} version=${route.parts[0]} query=${route.query} session=${session} />` : html`<${List} />`;
}
