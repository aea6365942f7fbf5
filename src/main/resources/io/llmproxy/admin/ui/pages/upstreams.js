import { useGet } from "../data.js";
import { Card, Empty, Failure, Head, Table, Tag, Wait } from "../parts.js";
import { go, link } from "../route.js";
import { isOut, UpstreamState } from "../states.js";
import { html, useState } from "../view.js";
import { millis, number, percent, t, word } from "../words.js";
import { UpstreamPage } from "./upstream.js";

export const Tabs = ({ at }) => html`<nav class="tabs" aria-label=${t("page.upstreams")}>
  <a href=${link("upstreams")} aria-current=${at === "upstreams" ? "page" : undefined}>${t("page.upstreams")}</a>
  <a href=${link("groups")} aria-current=${at === "groups" ? "page" : undefined}>${t("groups")}</a></nav>`;

/** Why an upstream is not asked, or what an operator has set. */
export function why(upstream) {
  if (upstream.override?.reason) return t("why.override", { by: upstream.override.by, reason: upstream.override.reason });
  if (upstream.override) return t("why.by", { by: upstream.override.by });
  if (upstream.retry_after_seconds > 0) return t("why.again", { time: millis(upstream.retry_after_seconds * 1000) });
  return isOut(upstream.state) ? word("why", upstream.state) : "";
}

const COLUMNS = () => [
  { title: t("name"), name: true, cell: (one) => html`<a href=${link("upstreams", [one.name])}>${one.name}</a>` },
  { title: t("state"), cell: (one) => html`<div><${UpstreamState} state=${one.state} />${why(one) && html`<div class="small faint">${why(one)}</div>`}</div>` },
  { title: t("groups"), cell: (one) => html`<span class="row tight">${one.groups.map((group) => html`<${Tag}>${group.name}<//>`)}</span>` },
  { title: t("in-flight"), number: true, cell: (one) => number(one.in_flight) },
  { title: t("per-minute.requests"), number: true, cell: (one) => number(one.last_minute.requests) },
  { title: t("errors"), number: true, cell: (one) => (one.last_minute.requests ? percent(one.last_minute.error_rate) : "–") },
  { title: t("p50-p95"), number: true, cell: (one) => (one.last_minute.latency_ms ? `${millis(one.last_minute.latency_ms.p50)} · ${millis(one.last_minute.latency_ms.p95)}` : "–") },
];

function List() {
  const { value, error, again } = useGet("runtime/upstreams", {}, 2000);
  const [find, setFind] = useState("");
  if (!value) return error ? html`<${Failure} error=${error} retry=${again} />` : html`<${Wait} />`;
  const rows = value.upstreams.filter((one) => `${one.name} ${one.groups.map((group) => group.name)} ${one.state}`.toLowerCase().includes(find.toLowerCase()));
  const out = value.upstreams.filter((one) => isOut(one.state)).length;
  return html`<div class="stack">
    <${Head} title=${t("page.upstreams")} about=${t(out ? "upstreams.out" : "upstreams.well", { out, all: value.upstreams.length, node: value.node })}>
      <input type="search" class="find" aria-label=${t("find")} placeholder=${t("find")} value=${find} onInput=${(event) => setFind(event.target.value)} /><//>
    <${Tabs} at="upstreams" />
    ${error && html`<${Failure} error=${error} />`}
    <${Card}>${!value.upstreams.length ? html`<${Empty} icon="upstreams" title=${t("upstreams.none")}>${t("upstreams.none.next")}<//>`
      : !rows.length ? html`<${Empty} title=${t("nothing-found")}>${t("nothing-found.next")}<//>`
        : html`<${Table} columns=${COLUMNS()} rows=${rows} id=${(one) => one.name} caption=${t("page.upstreams")} open=${(one) => go("upstreams", [one.name])} />`}<//>
  </div>`;
}

export default ({ route, may }) => (route.parts.length ? html`<${UpstreamPage} key=${route.parts[0]} name=${route.parts[0]} may=${may} />` : html`<${List} />`);
