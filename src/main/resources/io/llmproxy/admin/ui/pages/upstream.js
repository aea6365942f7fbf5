// One upstream: how it does, and what an operator can do to it.
import { part, post, put, remove } from "../api.js";
import { tell, useGet } from "../data.js";
import { Icon } from "../icons.js";
import { Card, Choice, Confirm, Empty, Failure, Field, Head, Notice, Status, Table, Tag, Wait } from "../parts.js";
import { link } from "../route.js";
import { UpstreamState } from "../states.js";
import { html, useEffect, useState } from "../view.js";
import { ago, millis, moment, number, percent, t, word } from "../words.js";
import { why } from "./upstreams.js";

/** How long until an override ends; counts by itself. */
function Countdown({ until }) {
  const [, beat] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => beat((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const left = Math.max(0, Math.round((Date.parse(until) - Date.now()) / 1000));
  return html`<b>${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}</b>`;
}

const LENGTHS = [["", "until.revoked"], ["15", "until.15"], ["60", "until.60"], ["480", "until.480"]];

function Change({ name, state, close, done }) {
  const [minutes, setMinutes] = useState("");
  const run = async (reason) => {
    const until = minutes ? new Date(Date.now() + minutes * 60000).toISOString() : null;
    done(await put(`runtime/upstreams/${part(name)}/state`, { state, until, reason: reason || null }));
    tell(t(`did.${state}`, { name }));
  };
  return html`<${Confirm} title=${t(`do.${state}.title`, { name })} about=${t(`do.${state}.about`)} action=${t(`do.${state}`)} reason danger=${state === "disabled"}
    close=${close} run=${run}><${Field} label=${t("until")}>${(field) => html`<${Choice} ...${field} value=${minutes} onChange=${setMinutes}
      options=${LENGTHS.map(([value, key]) => [value, t(key)])} />`}<//><//>`;
}

function TestCall({ name }) {
  const [result, setResult] = useState(null);
  const [busy, setBusy] = useState(false);
  const test = async () => {
    setBusy(true);
    try {
      setResult(await post(`runtime/upstreams/${part(name)}:test`));
    } catch (error) {
      setResult({ failure: error });
    }
    setBusy(false);
  };
  return html`<div class="stack close"><div class="row"><button onClick=${test} disabled=${busy}><${Icon} name="play" size=${15} />${t(busy ? "test.busy" : "test")}</button>
    <span class="small faint">${t("test.about")}</span></div>
    <div role="status">${result && (result.failure ? html`<${Failure} error=${result.failure} />`
      : result.ok ? html`<${Status} tone="ok">${result.status ? t("test.ok", { status: result.status, time: millis(result.ms) }) : t("test.ok-plain", { time: millis(result.ms) })}<//>`
        : html`<${Notice} tone="bad">${t("test.failed", { time: millis(result.ms) })} ${result.error}<//>`)}</div></div>`;
}

function Weights({ upstream, may, done }) {
  const [edit, setEdit] = useState(null);
  const path = `runtime/upstreams/${part(upstream.name)}/weight`;
  const act = async (call) => {
    try {
      done(await call());
      setEdit(null);
      tell(t("did.weight"));
    } catch (error) {
      tell(error.message, "bad");
    }
  };
  const save = (event, group) => {
    event.preventDefault();
    act(() => put(path, { group, weight: Number(edit.weight) }));
  };
  const columns = [
    { title: t("group"), name: true, cell: (group) => html`<a href=${link("groups")}>${group.name}</a>` },
    { title: t("weight"), number: true, cell: (group) => (edit?.group === group.name
      ? html`<form class="row" onSubmit=${(event) => save(event, group.name)}><input type="number" min="1" max="65535" required autofocus aria-label=${t("weight")} value=${edit.weight}
          onInput=${(event) => setEdit({ ...edit, weight: event.target.value })} /><button class="small primary">${t("save")}</button></form>`
      : html`${number(group.weight)} ${group.overridden && html`<${Tag} tone="warn">${t("changed")}<//>`}`) },
    { title: t("weight.effective"), number: true, cell: (group) => number(group.effective_weight, 2) },
    ...(may ? [{ title: "", end: true, cell: (group) => html`<span class="row">${group.overridden && html`<button class="small plain"
        onClick=${() => act(() => remove(path, { query: { group: group.name } }))}>${t("weight.back")}</button>`}
      ${edit?.group === group.name ? html`<button class="small plain" onClick=${() => setEdit(null)}>${t("cancel")}</button>`
        : html`<button class="small" aria-label=${t("weight.change", { group: group.name })} onClick=${() => setEdit({ group: group.name, weight: group.weight })}>${t("change")}</button>`}</span>` }] : []),
  ];
  return html`<${Card} title=${t("weights")} id="weights">${upstream.groups.length ? html`<${Table} columns=${columns} rows=${upstream.groups} id=${(group) => group.name} />`
    : html`<${Empty} title=${t("groups.none-of")}>${t("groups.none-of.next")}<//>`}<//>`;
}

const Facts = ({ upstream, config }) => html`<${Card} title=${t("facts")} id="facts" flush=${false}><dl class="pairs">
  ${config && html`<dt>${t("url")}</dt><dd class="mono">${config.url}</dd><dt>${t("provider")}</dt><dd>${config.provider}</dd>
    <dt>${t("models.list")}</dt><dd>${config.models.length ? html`<span class="row tight">${config.models.map((model) => html`<${Tag}>${model}<//>`)}</span>` : t("models.all")}</dd>`}
  <dt>${t("health")}</dt><dd>${upstream.checked ? word("healthy", upstream.healthy) : t("health.none")}</dd>
  <dt>${t("breaker")}</dt><dd>${word("breaker", upstream.breaker)}</dd>
  <dt>${t("first-byte.mean")}</dt><dd>${millis(upstream.first_byte_ms)}</dd>
  <dt>${t("since-start")}</dt><dd>${t("totals", { requests: number(upstream.totals.requests), errors: number(upstream.totals.errors) })}</dd>
</dl><//>`;

const Errors = ({ errors }) => html`<${Card} title=${t("errors.last")} id="errors">${errors.length
  ? html`<${Table} id=${(error) => `${error.seconds_ago}${error.error}`} rows=${errors} columns=${[
    { title: t("error"), name: true, cell: (error) => html`<code>${error.error}</code>` },
    { title: t("status"), cell: (error) => error.status || t("no-answer") },
    { title: t("when"), cell: (error) => ago(Date.now() - error.seconds_ago * 1000) }]} />`
  : html`<div class="body"><${Status} tone="ok">${t("errors.none")}<//></div>`}<//>`;

export function UpstreamPage({ name, may }) {
  const { value, error, again } = useGet(`runtime/upstreams/${part(name)}`, {}, 2000);
  const config = useGet(`upstreams/${part(name)}`).value;
  const [change, setChange] = useState(null);
  if (!value) return error ? html`<${Failure} error=${error} retry=${again} />` : html`<${Wait} />`;
  const path = `runtime/upstreams/${part(name)}`;
  const act = (call, text) => async () => {
    try {
      await call();
      tell(text);
    } catch (failure) {
      tell(failure.message, "bad");
    }
    again();
  };
  const set = value.override;
  const minute = value.last_minute;
  return html`<div class="stack">
    <div><a href=${link("upstreams")}>← ${t("page.upstreams")}</a></div>
    <${Head} title=${name} about=${why(value)}><${UpstreamState} state=${value.state} /><//>
    ${set && html`<${Notice} tone=${set.state === "enabled" ? "" : "warn"}>
      ${t("override.set", { state: word("set", set.state), by: set.by, since: ago(set.since) })}${set.reason && html` <q>${set.reason}</q>`}
      ${set.until && html`<div>${t("override.ends")} <${Countdown} until=${set.until} /> <span class="faint">(${moment(set.until)})</span></div>`}
      ${value.state === "draining" && html`<div>${t("drain.left", { count: number(value.in_flight) })}</div>`}<//>`}
    ${may && html`<div class="row">
      ${value.state !== "draining" && value.state !== "disabled" && html`<button onClick=${() => setChange("draining")}>${t("do.draining")}</button>`}
      ${value.state !== "disabled" && html`<button class="danger" onClick=${() => setChange("disabled")}>${t("do.disabled")}</button>`}
      ${set && html`<button class="primary" onClick=${act(() => remove(`${path}/state`), t("did.cleared", { name }))}>${t("do.clear")}</button>`}
      ${!set && value.state === "disabled" && html`<button class="primary" onClick=${() => setChange("enabled")}>${t("do.enabled")}</button>`}
      ${value.breaker !== "none" && value.breaker !== "closed" && html`<button onClick=${act(() => post(`${path}/breaker:reset`), t("did.reset", { name }))}>${t("do.reset")}</button>`}
    </div>`}
    <dl class="tiles">
      ${[[t("in-flight"), number(value.in_flight)], [t("per-minute.requests"), number(minute.requests)], [t("errors"), minute.requests ? percent(minute.error_rate) : "–"],
        ["p50", millis(minute.latency_ms?.p50)], ["p95", millis(minute.latency_ms?.p95)]].map(([label, text]) => html`<div class="card tile"><dt>${label}</dt><dd>${text}</dd></div>`)}
    </dl>
    <div class="grid">
      <div class="half stack"><${Weights} upstream=${value} may=${may} done=${again} />
        ${may && html`<${Card} title=${t("test.title")} id="test" flush=${false}><${TestCall} name=${name} /><//>`}</div>
      <div class="half stack"><${Facts} upstream=${value} config=${config} /><${Errors} errors=${value.last_errors} /></div>
    </div>
    ${change && html`<${Change} name=${name} state=${change} close=${() => setChange(null)} done=${again} />`}
  </div>`;
}
