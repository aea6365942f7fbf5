// Limits: told in words, and edited as rows.
import { get, part } from "../api.js";
import { Used } from "../budget.js";
import { useLoad } from "../data.js";
import { Choice } from "../parts.js";
import { html } from "../view.js";
import { number, t } from "../words.js";

const METRICS = ["requests", "input", "output", "total", "cost", "concurrent"];
const PERIODS = ["second", "minute", "hour", "day", "month", "total"];
const MODES = ["enforce", "shadow"];
const LOSSES = ["", "share", "open", "closed"];
const MEASURED = ["input", "output", "total", "cost"];
const UNMEASURED = ["allow", "refuse"];
const CALENDAR = ["day", "month"];
const BUDGETS = [...CALENDAR, "total"];
const options = (kind, names) => names.map((name) => [name, t(`limit.${kind}.${name || "none"}`)]);
const zones = Intl.supportedValuesOf?.("timeZone") ?? [];

/** A limit in a few words, such as “500 cost per month”. */
export const limitText = (limit) => [
  `${number(limit.amount, 6)} ${t(`limit.metric.${limit.metric}`)}`,
  limit.per && t(`limit.in.${limit.per}`),
  limit.models?.length && `(${limit.models.join(", ")})`,
  limit.mode === "shadow" && `(${t("limit.mode.shadow")})`,
].filter(Boolean).join(" ");

/** As rows have them: lists are texts while they are written. */
export const limitRows = (limits) => limits.map((limit) => ({
  metric: limit.metric, per: limit.per ?? "", amount: limit.amount, mode: limit.mode, zone: limit.zone ?? "", loss: limit.on_store_loss ?? "", unmeasured: limit.unmeasured ?? "allow",
  models: lines(limit.models ?? []), warn: (limit.warn_at ?? []).map((share) => Number((share * 100).toFixed(4))).join(", "),
  open: Boolean(limit.zone || limit.on_store_loss || limit.models || limit.warn_at || limit.unmeasured),
}));

/** Models as they are edited: one on each line, as a comma or a space may be part of a regular expression or of a name. */
export const lines = (models) => models.join("\n");
export const list = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);
export const Models = ({ name = "models", value, change, ...more }) => html`<textarea ...${more} name=${name} class="mono" rows=${Math.min(8, value.split("\n").length + 1)}
  autocomplete="off" autocapitalize="off" spellcheck=${false} placeholder=${"gpt-4o\ngpt-4o-*"} value=${value} onInput=${(event) => change(event.target.value)}></textarea>`;

/** As the gateway takes them. What has no control in a row, because it makes no sense there, is left out. */
export const limitBodies = (rows) => rows.map(({ metric, per, amount, mode, zone, loss, models, warn, unmeasured }) => ({
  metric, amount: amount === "" ? null : Number(amount), mode,
  ...(metric !== "concurrent" && { per: per || "month" }),
  ...(models.trim() && { models: list(models) }),
  ...(metric !== "concurrent" && CALENDAR.includes(per) && zone.trim() && { zone: zone.trim() }),
  ...(loss && { on_store_loss: loss }),
  ...(MEASURED.includes(metric) && unmeasured === "refuse" && { unmeasured }),
  ...(metric !== "concurrent" && BUDGETS.includes(per) && warn.trim() && { warn_at: warn.split(/[\s,%]+/).filter(Boolean).map((share) => Number((Number(share) / 100).toFixed(6))) }),
}));

function Left({ one }) {
  const { value } = useLoad(() => (one?.limits.length ? get(`keys/${part(one.id)}/limits`) : null), [one?.id]);
  return value?.limits.length > 0 && html`<div class="stack close left" aria-label=${t("limit.as-seen", { node: value.node })}>${value.limits.map((limit) => html`<div class="row"><span class="small grow">${limitText(limit)}</span><${Used} limit=${limit} /></div>`)}</div>`;
}

/** problems: those whose paths begin with limits. */
export function Limits({ one, limits, change, problems = [] }) {
  const set = (at, what) => change(limits.map((limit, index) => (index === at ? { ...limit, ...what } : limit)));
  const at = (row) => problems.filter((found) => found.path.startsWith(`limits[${row}]`));
  const wrong = (row, name) => (at(row).some((found) => found.path.startsWith(`limits[${row}].${name}`)) ? "true" : undefined);
  const more = (row, name, key, label, hint, extra) => html`<label class="field"><span>${label}</span><input name="limit-${key}" aria-invalid=${wrong(row, name)} autocomplete="off" ...${extra}
    value=${limits[row][key]} onInput=${(event) => set(row, { [key]: event.target.value })} /><span class="hint">${hint}</span></label>`;
  return html`<fieldset class="field limits"><legend>${t("key.limits")}</legend>
    ${limits.map((limit, row) => html`<div class="limit" role="group" aria-label=${t("limit.nth", { nth: row + 1 })}>
      <input type="number" name="limit-amount" aria-label=${t("limit.amount")} aria-invalid=${wrong(row, "amount")} required min="0.000001" step="any" value=${limit.amount} onInput=${(event) => set(row, { amount: event.target.value })} />
      <${Choice} name="limit-metric" aria-label=${t("limit.metric")} value=${limit.metric} onChange=${(metric) => set(row, { metric })} options=${options("metric", METRICS)} />
      ${limit.metric === "concurrent" ? html`<span></span>`
        : html`<${Choice} name="limit-per" aria-label=${t("limit.per")} aria-invalid=${wrong(row, "per")} value=${limit.per || "month"} onChange=${(per) => set(row, { per })} options=${options("in", PERIODS)} />`}
      <${Choice} name="limit-mode" aria-label=${t("limit.mode")} value=${limit.mode ?? "enforce"} onChange=${(mode) => set(row, { mode })} options=${options("mode", MODES)} />
      <div class="row tight"><button type="button" class="small plain" aria-expanded=${limit.open} aria-label=${t("limit.more-of", { nth: row + 1 })} onClick=${() => set(row, { open: !limit.open })}>${t("limit.more")}</button>
        <button type="button" class="small" aria-label=${t("limit.remove", { nth: row + 1 })} onClick=${() => change(limits.filter((other) => other !== limit))}>${t("limit.drop")}</button></div>
      ${(limit.open || at(row).length > 0) && html`<div class="more">
        <label class="field"><span>${t("limit.models")}</span><${Models} name="limit-models" aria-invalid=${wrong(row, "models")} value=${limit.models} change=${(models) => set(row, { models })} /><span class="hint">${t("limit.models.hint")}</span></label>
        ${limit.metric !== "concurrent" && CALENDAR.includes(limit.per) && more(row, "zone", "zone", t("limit.zone"), t("limit.zone.hint"), { list: "zones", placeholder: "UTC" })}
        ${limit.metric !== "concurrent" && BUDGETS.includes(limit.per) && more(row, "warn_at", "warn", t("limit.warn"), t("limit.warn.hint"), { placeholder: "80, 100" })}
        <label class="field"><span>${t("limit.loss")}</span><${Choice} name="limit-loss" value=${limit.loss} onChange=${(loss) => set(row, { loss })} options=${options("loss", LOSSES)} /></label>
        ${MEASURED.includes(limit.metric) && html`<label class="field"><span>${t("limit.unmeasured")}</span><${Choice} name="limit-unmeasured" value=${limit.unmeasured ?? "allow"} onChange=${(unmeasured) => set(row, { unmeasured })} options=${options("unmeasured", UNMEASURED)} /></label>`}</div>`}
      ${at(row).map((found) => html`<span class="error" role="alert">${found.message}</span>`)}</div>`)}
    <div class="row"><button type="button" class="small" onClick=${() => change([...limits, { metric: "requests", per: "day", amount: "", mode: "enforce", zone: "", loss: "", models: "", warn: "" }])}>${t("limit.add")}</button></div>
    <datalist id="zones">${limits.some((limit) => limit.open) && zones.map((zone) => html`<option value=${zone} />`)}</datalist>
    <span class="hint">${t("key.limits.hint")}</span><${Left} one=${one} />
    ${problems.filter((found) => !found.path.startsWith("limits[")).map((found) => html`<span class="error" role="alert">${found.message}</span>`)}</fieldset>`;
}
