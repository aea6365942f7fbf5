import { useList } from "../data.js";
import { Card, Choice, Empty, Failure, Head, Notice, Status, Table, Wait } from "../parts.js";
import { link, rewrite } from "../route.js";
import { html, useEffect, useState } from "../view.js";
import { ago, moment, t, word } from "../words.js";

const text = (value) => (value === null || value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value));

/** What an act changed: a line for each path. */
function Changed({ one }) {
  const paths = Object.keys(one.after ?? {});
  if (!paths.length) return one.version ? html`<a href=${link("history", [String(one.version)])}>${t("version.n", { version: one.version })}</a>` : "";
  return html`<ul class="stack close small">
    ${one.version && html`<li><a href=${link("history", [String(one.version)])}>${t("version.n", { version: one.version })}</a></li>`}
    ${paths.slice(0, 20).map((path) => html`<li><code>${path}</code> <span class="faint">${text(one.before?.[path])}</span> → ${text(one.after[path])}</li>`)}
    ${paths.length > 20 && html`<li>${t("audit.more", { count: paths.length - 20 })}</li>`}</ul>`;
}

const Result = ({ outcome }) => (outcome === "done" ? html`<${Status} tone="ok">${t("audit.done")}<//>`
  : html`<${Status} shape="cross" tone="bad">${word("refusal", outcome)}<//>`);

const COLUMNS = () => [
  { title: t("when"), cell: (one) => html`<span class="nowrap" title=${moment(one.at)}>${ago(one.at)}</span>` },
  { title: t("audit.act"), name: true, cell: (one) => html`${word("act", one.action)}${one.object && html`<div class="small faint">${one.object}</div>`}` },
  { title: t("audit.actor"), cell: (one) => html`${one.actor}<div class="small faint">${word("by", one.authentication)}${one.address && ` · ${one.address}`}</div>` },
  { title: t("audit.outcome"), cell: (one) => html`<${Result} outcome=${one.outcome} />` },
  { title: t("audit.changed"), cell: (one) => html`<${Changed} one=${one} />` },
];

const ACTS = ["config.commit", "config.rollback", "config.confirm", "config.reload", "config.import", "config.auto-rollback", "config.manage", "config.override", "config.release", "upstream.override",
  "upstream.weight", "upstream.breaker", "upstream.test", "node.drain", "session.open", "session.close", "user.create", "user.change", "user.remove", "user.password", "token.create", "token.revoke",
  "key.issue", "key.change", "key.rotate", "key.delete", "key.import", "call"];

function Filters({ query, change }) {
  const [actor, setActor] = useState(query.actor ?? "");
  useEffect(() => {
    const later = setTimeout(() => actor !== (query.actor ?? "") && change({ actor }), 300);
    return () => clearTimeout(later);
  }, [actor]);
  return html`<div class="filters" role="search">
    <input type="search" aria-label=${t("audit.actor")} placeholder=${t("audit.actor")} value=${actor} onInput=${(event) => setActor(event.target.value)} />
    <${Choice} aria-label=${t("audit.act")} value=${query.action ?? ""} onChange=${(action) => change({ action })}
      options=${[["", t("audit.all")], ...ACTS.map((act) => [act, word("act", act)])]} />
    <${Choice} aria-label=${t("audit.outcome")} value=${query.outcome ?? ""} onChange=${(outcome) => change({ outcome })}
      options=${[["", t("filter.all")], ["done", t("audit.done")], ["refused", t("audit.refused")]]} />
  </div>`;
}

function List({ query }) {
  const { items, more, value, error, again } = useList("audit", "entries", query, 0);
  const filtered = Object.keys(query).length > 0;
  return html`<div class="stack"><${Head} title=${t("page.audit")} about=${t("audit.about")} />
    <${Filters} query=${query} change=${(values) => rewrite("audit", [], { ...query, ...values })} />
    ${error && html`<${Failure} error=${error} retry=${again} />`}
    ${!value ? !error && html`<${Wait} />` : html`<${Card}>${items.length
      ? html`<${Table} columns=${COLUMNS()} rows=${items} id=${(one) => one.id} caption=${t("page.audit")} />
        ${more && html`<div class="wait"><button onClick=${more}>${t("more")}</button></div>`}`
      : filtered ? html`<${Empty} title=${t("nothing-found")}>${t("nothing-found.next")}<//>`
        : html`<${Empty} icon="audit" title=${t("audit.none")}>${t("audit.none.next")}<//>`}<//>`}</div>`;
}

export default ({ route, session }) => (session.mode === "file"
  ? html`<div class="stack"><${Head} title=${t("page.audit")} /><${Notice}>${t("audit.file-mode")}<//></div>`
  : html`<${List} query=${route.query} />`);
