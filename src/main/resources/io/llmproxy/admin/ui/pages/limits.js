// The limits of a client key: shown, and edited as rows.
import { get, part } from "../api.js";
import { useLoad } from "../data.js";
import { Choice } from "../parts.js";
import { html } from "../view.js";
import { number, t } from "../words.js";

const METRICS = ["requests", "input", "output", "total", "cost", "concurrent"];
const PERIODS = ["second", "minute", "hour", "day", "month", "total"];
const MODES = ["enforce", "shadow"];
const options = (kind, names) => names.map((name) => [name, t(`limit.${kind}.${name}`)]);

/** A limit in a few words, such as “500 cost per month”. */
export const limitText = (limit) => [
  `${number(limit.amount, 6)} ${t(`limit.metric.${limit.metric}`)}`,
  limit.per && t(`limit.in.${limit.per}`),
  limit.models?.length && `(${limit.models.join(", ")})`,
  limit.mode === "shadow" && `(${t("limit.mode.shadow")})`,
].filter(Boolean).join(" ");

/** What the rows have no control for stays, where the gateway takes it. */
function settled({ metric, per, zone, warn_at, ...rest }) {
  const limit = { metric, ...rest };
  if (metric === "concurrent") return limit;
  limit.per = per ?? "month";
  if (zone && ["day", "month"].includes(limit.per)) limit.zone = zone;
  if (warn_at && ["day", "month", "total"].includes(limit.per)) limit.warn_at = warn_at;
  return limit;
}

/** As the gateway takes them. */
export const limitBodies = (limits) => limits.map((limit) => ({ ...settled(limit), amount: limit.amount === "" ? null : Number(limit.amount) }));

function Left({ one }) {
  const { value } = useLoad(() => (one?.limits.length ? get(`keys/${part(one.id)}/limits`) : null), [one?.id]);
  return value?.limits.length > 0 && html`<ul class="hint close">${value.limits.map((limit) => html`<li>${limitText(limit)}: ${t("limit.left", { left: number(limit.left, 6), node: value.node })}</li>`)}</ul>`;
}

export function Limits({ one, limits, change, problem }) {
  const set = (at, what) => change(limits.map((limit, index) => (index === at ? settled({ ...limit, ...what }) : limit)));
  return html`<fieldset class="field limits"><legend>${t("key.limits")}</legend>
    ${limits.map((limit, at) => html`<div class="limit" role="group" aria-label=${t("limit.nth", { nth: at + 1 })}>
      <input type="number" name="limit-amount" aria-label=${t("limit.amount")} required min="0.000001" step="any" value=${limit.amount} onInput=${(event) => set(at, { amount: event.target.value })} />
      <${Choice} name="limit-metric" aria-label=${t("limit.metric")} value=${limit.metric} onChange=${(metric) => set(at, { metric })} options=${options("metric", METRICS)} />
      ${limit.metric === "concurrent" ? html`<span></span>`
        : html`<${Choice} name="limit-per" aria-label=${t("limit.per")} value=${limit.per} onChange=${(per) => set(at, { per })} options=${options("in", PERIODS)} />`}
      <${Choice} name="limit-mode" aria-label=${t("limit.mode")} value=${limit.mode ?? "enforce"} onChange=${(mode) => set(at, { mode })} options=${options("mode", MODES)} />
      <button type="button" class="small" aria-label=${t("limit.remove", { nth: at + 1 })} onClick=${() => change(limits.filter((other) => other !== limit))}>${t("limit.drop")}</button>
      ${limit.models?.length > 0 && html`<span class="hint">${t("limit.models", { models: limit.models.join(", ") })}</span>`}</div>`)}
    <div class="row"><button type="button" class="small" onClick=${() => change([...limits, { metric: "requests", per: "day", amount: "" }])}>${t("limit.add")}</button></div>
    <span class="hint">${t("key.limits.hint")}</span><${Left} one=${one} />
    ${problem && html`<span class="error" role="alert">${problem}</span>`}</fieldset>`;
}
