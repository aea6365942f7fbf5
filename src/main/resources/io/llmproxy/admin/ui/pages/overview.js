import { address } from "../api.js";
import { Chart, Legend } from "../chart.js";
import { useEvents, useGet, useUsage } from "../data.js";
import { Shape } from "../icons.js";
import { Card, Empty, Failure, Head, Status, Wait } from "../parts.js";
import { link } from "../route.js";
import { UpstreamState } from "../states.js";
import { html, useMemo, useState } from "../view.js";
import { ago, millis, money, number, percent, short, t, word } from "../words.js";

const SECONDS = 120;

/** The last two minutes, a column for each second. */
function useTraffic() {
  const [ticks, setTicks] = useState([]);
  const open = useEvents(address("live"), (tick) => setTicks((all) => [...all.slice(1 - SECONDS), tick]));
  const columns = useMemo(() => {
    const last = ticks.length ? Date.parse(ticks.at(-1).at) / 1000 : Date.now() / 1000;
    const lead = Array.from({ length: SECONDS - ticks.length }, (none, index) => last - SECONDS + 1 + index);
    const column = (read) => [...lead.map(() => null), ...ticks.map(read)];
    return {
      times: [...lead, ...ticks.map((tick, index) => last - (ticks.length - 1 - index))],
      requests: column((tick) => tick.requests_per_second),
      errors: column((tick) => tick.errors_per_second),
      input: column((tick) => tick.input_tokens_per_second),
      output: column((tick) => tick.output_tokens_per_second),
    };
  }, [ticks]);
  return { open, tick: ticks.at(-1), columns };
}

const Tile = ({ label, value, unit, note }) => html`<div class="card tile"><dt>${label}</dt><dd>${value}${unit && html`<small>${unit}</small>`}</dd>
  <div class="note">${note}</div></div>`;

const PLACES = { upstream: (name) => link("upstreams", [name]), group: () => link("groups"), node: () => link("nodes"), forward: () => link("models"), gateway: () => link("config") };

function Alarms({ alarms }) {
  if (!alarms.length) {
    return html`<${Card} title=${t("overview.alarms")} id="alarms" flush=${false}><${Status} tone="ok">${t("overview.well")}<//><//>`;
  }
  return html`<${Card} title=${t("overview.alarms")} id="alarms" flush=${false}><ul class="steps">${alarms.map((alarm) => html`<li>
    <span class="status ${alarm.severity === "critical" ? "bad" : "warn"}"><${Shape} name=${alarm.severity === "critical" ? "triangle" : "half"} />
      ${word("severity", alarm.severity)}</span>
    <a class="grow" href=${PLACES[alarm.kind]?.(alarm.name) ?? link("overview")}>${alarm.message}</a></li>`)}</ul><//>`;
}

function Upstreams({ tick }) {
  const upstreams = tick?.upstreams ?? [];
  return html`<${Card} title=${t("page.upstreams")} id="ups" side=${html`<a href=${link("upstreams")}>${t("all")}</a>`}>
    ${!tick ? html`<${Wait} />` : !upstreams.length ? html`<${Empty} icon="upstreams" title=${t("upstreams.none")}>${t("upstreams.none.next")}<//>`
      : html`<table><thead><tr><th scope="col">${t("name")}</th><th scope="col">${t("state")}</th><th scope="col" class="num">${t("in-flight")}</th></tr></thead><tbody>${upstreams.slice(0, 12).map((one) => html`<tr key=${one.name}><th scope="row" class="name"><a href=${link("upstreams", [one.name])}>${one.name}</a></th>
        <td><${UpstreamState} state=${one.state} /></td><td class="num">${number(one.in_flight)}</td></tr>`)}</tbody></table>`}
  <//>`;
}

export default function Overview() {
  const { value: now, error, again } = useGet("overview", {}, 5000);
  const midnight = useMemo(() => new Date(new Date().setHours(0, 0, 0, 0)).toISOString(), []);
  const today = useUsage({ from: midnight }, 60000).value;
  const { open, tick, columns } = useTraffic();
  if (!now) return error ? html`<${Failure} error=${error} retry=${again} />` : html`<${Wait} />`;
  const minute = now.last_minute;
  const traffic = [{ label: t("overview.requests-s"), fill: true }, { label: t("overview.errors-s"), tone: "bad" }];
  const tokens = [{ label: t("tokens.output"), tone: "ok", fill: true }, { label: t("tokens.input"), tone: "off" }];
  return html`<div class="stack">
    <${Head} title=${t("page.overview")} about=${t("overview.about", { node: now.node, since: ago(now.started_at), generation: now.config.generation, changed: ago(now.config.loaded_at) })}>
      <${Status} shape=${open ? "disc" : "ring"} tone=${open ? "ok" : ""}>${t(open ? "live" : "live.off")}<//>
    <//>
    ${error && html`<${Failure} error=${error} />`}
    <dl class="tiles">
      <${Tile} label=${t("overview.minute")} value=${short(minute.requests)} unit=${t("per-minute")} note=${t("overview.total", { total: short(now.totals.requests) })} />
      <${Tile} label=${t("overview.errors")} value=${percent(minute.error_rate)} note=${t("overview.failed", { failed: number(minute.errors) })} />
      <${Tile} label=${t("first-byte")} value=${millis(minute.ttft_ms?.p50)} note=${t("overview.p95", { p95: millis(minute.ttft_ms?.p95) })} />
      <${Tile} label=${t("in-flight")} value=${number(tick?.in_flight ?? now.in_flight)} note=${t("overview.tokens", { tokens: short(tick?.output_tokens_per_second ?? 0) })} />
      <${Tile} label=${t("overview.today")} value=${today?.total.cost.length ? money(today.total.cost[0].micros, today.total.cost[0].currency) : "–"}
        note=${today?.total.unpriced ? t("usage.unpriced", { count: number(today.total.unpriced) }) : ""} />
    </dl>
    <div class="grid">
      <div class="two-thirds stack"><${Card} title=${t("overview.traffic")} id="traffic" side=${html`<${Legend} series=${traffic} />`} flush=${false}>
        <${Chart} series=${traffic} data=${[columns.times, columns.requests, columns.errors]} format=${(value) => number(value, 1)} /><//>
        <${Card} title=${t("overview.tokens-s")} id="tokens" side=${html`<${Legend} series=${tokens} />`} flush=${false}>
        <${Chart} series=${tokens} data=${[columns.times, columns.output, columns.input]} /><//></div>
      <div class="third stack"><${Alarms} alarms=${now.alarms} /><${Upstreams} tick=${tick} /></div>
    </div>
  </div>`;
}
