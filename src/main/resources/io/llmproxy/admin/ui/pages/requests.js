import { useGet, useList } from "../data.js";
import { Card, Check, Choice, Empty, Failure, Head, Table, Wait } from "../parts.js";
import { go, link, rewrite } from "../route.js";
import { Code, Outcome } from "../states.js";
import { html, useEffect, useState } from "../view.js";
import { clock, millis, money, moment, number, t } from "../words.js";
import { RequestPage } from "./request.js";

const COLUMNS = () => [
  { title: t("ended"), cell: (one) => html`<span class="nowrap" title=${moment(one.at)}>${clock(one.at)}</span>` },
  { title: t("request"), name: true, cell: (one) => html`<a href=${link("requests", [one.id])}>${one.model ?? one.path}</a>
    <div class="small faint">${one.forward} ${one.path}${one.key ? ` · ${one.key}` : ""}</div>` },
  { title: t("outcome"), cell: (one) => html`<div><${Outcome} request=${one} /> <${Code} code=${one.error} /></div>` },
  { title: t("upstream"), cell: (one) => html`<span>${one.upstream ?? "–"}${one.attempts > 1 && html`<div class="small faint nowrap">${t("attempts.count", { count: one.attempts })}</div>`}</span>` },
  { title: t("first-byte"), number: true, cell: (one) => html`<span class="nowrap">${millis(one.first_byte_ms)}</span>` },
  { title: t("total-time"), number: true, cell: (one) => html`<span class="nowrap">${millis(one.total_ms)}</span>` },
  { title: t("tokens"), number: true, cell: (one) => html`<span class="nowrap">${number(one.input_tokens)} → ${number(one.output_tokens)}</span>` },
  { title: t("cost"), number: true, cell: (one) => (one.cost ? money(one.cost.micros, one.cost.currency) : "–") },
];

const named = (list, all) => [["", all], ...(list ?? []).map((one) => [one.name, one.name])];

function Filters({ query, change }) {
  const forwards = useGet("forwards").value?.forwards;
  const upstreams = useGet("upstreams").value?.upstreams;
  const [model, setModel] = useState(query.model ?? "");
  useEffect(() => {
    const later = setTimeout(() => model !== (query.model ?? "") && change({ model }), 300);
    return () => clearTimeout(later);
  }, [model]);
  return html`<div class="filters" role="search">
    <input type="search" aria-label=${t("filter.model")} placeholder=${t("filter.model")} value=${model} onInput=${(event) => setModel(event.target.value)} />
    <${Choice} aria-label=${t("forward")} value=${query.forward ?? ""} onChange=${(forward) => change({ forward })} options=${named(forwards, t("filter.forwards"))} />
    <${Choice} aria-label=${t("upstream")} value=${query.upstream ?? ""} onChange=${(upstream) => change({ upstream })} options=${named(upstreams, t("filter.upstreams"))} />
    <${Choice} aria-label=${t("outcome")} value=${query.error ? "failed" : query.status ?? ""} onChange=${(value) => change(value === "failed" ? { error: "any", status: "" } : { error: "", status: value })}
      options=${[["", t("filter.all")], ["failed", t("filter.failed")], ["2xx", "2xx"], ["4xx", "4xx"], ["429", "429"], ["5xx", "5xx"]]} />
    <${Choice} aria-label=${t("total-time")} value=${query.slower_than ?? ""} onChange=${(value) => change({ slower_than: value })}
      options=${[["", t("filter.any-time")], ["1000", t("filter.slower", { time: "1 s" })], ["10000", t("filter.slower", { time: "10 s" })], ["60000", t("filter.slower", { time: "60 s" })]]} />
  </div>`;
}

function List({ query }) {
  const [follow, setFollow] = useState(true);
  const { items, more, value, error, again } = useList("requests", "requests", query, follow ? 2000 : 0);
  const change = (values) => rewrite("requests", [], { ...query, ...values });
  const filtered = Object.keys(query).length > 0;
  const next = async () => {
    setFollow(false);
    await more();
  };
  return html`<div class="stack">
    <${Head} title=${t("page.requests")} about=${t("requests.about")}><${Check} checked=${follow} onChange=${setFollow}>${t("follow")}<//><//>
    <${Filters} query=${query} change=${change} />
    ${error && html`<${Failure} error=${error} retry=${again} />`}
    ${!value ? !error && html`<${Wait} />` : html`<${Card}>${items.length
      ? html`<${Table} columns=${COLUMNS()} rows=${items} id=${(one) => `${one.id}${one.at}`} open=${(one) => go("requests", [one.id])} caption=${t("page.requests")} />
        ${more && html`<div class="wait"><button onClick=${next}>${t("more")}</button></div>`}`
      : filtered ? html`<${Empty} title=${t("nothing-found")}>${t("nothing-found.next")}<//>`
        : html`<${Empty} icon="requests" title=${t("requests.none")}>${t("requests.none.next")}<//>`}<//>`}
  </div>`;
}

export default ({ route }) => (route.parts.length ? html`<${RequestPage} key=${route.parts[0]} id=${route.parts[0]} />` : html`<${List} query=${route.query} />`);
