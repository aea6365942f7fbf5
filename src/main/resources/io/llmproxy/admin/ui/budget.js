// How much of a limit is used, and where that leads.
import { Chart, Legend } from "./chart.js";
import { Table } from "./parts.js";
import { html, useMemo } from "./view.js";
import { ago, moment, number, percent, short, t } from "./words.js";

export const share = (limit) => limit.used / limit.amount;
export const isBudget = (limit) => ["day", "month", "total"].includes(limit.per);

/** From where on a reader should look. */
const tone = (limit) => (share(limit) >= 1 ? "bad" : share(limit) >= Math.min(0.8, ...(limit.warn_at ?? [])) ? "warn" : "");

export const amount = (value) => number(value, Math.abs(value) < 1 ? 4 : 2);

export const Used = ({ limit }) => html`<span class="used"><span class="meter ${tone(limit)}" aria-hidden="true"><i style=${{ width: `${Math.min(100, share(limit) * 100)}%` }}></i></span>
  <span class="small nowrap">${percent(share(limit))} <span class="faint">${t("used.of", { used: amount(limit.used), amount: amount(limit.amount) })}</span></span></span>`;

/** When all of it is there again. */
export const Resets = ({ limit }) => (isBudget(limit) && limit.full_at ? html`<span class="nowrap" title=${moment(limit.full_at)}>${ago(limit.full_at)}</span>`
  : html`<span class="faint">${t(!limit.per ? "used.at-end" : limit.full_at ? "used.steadily" : "never")}</span>`);

const ROWS = 24;
const MINUTE = 60000;

/** What will be if it goes on as since the first look. */
function outlook({ limit, to, points }) {
  const first = points[0];
  const last = points.at(-1);
  const now = Date.parse(last.at);
  const seen = now - Date.parse(first.at);
  if (limit.left <= 0) return { text: t("burn.used-up"), rate: 0 };
  if (seen < MINUTE) return { text: t("burn.too-soon"), rate: 0 };
  const rate = Math.max(0, last.used - first.used) / seen;
  if (!rate) return { text: t("burn.nothing", { since: moment(first.at) }), rate };
  const empty = now + limit.left / rate;
  return !to || empty < Date.parse(to) ? { text: t("burn.empty", { when: moment(empty), in: ago(empty) }), rate, bad: Boolean(to) }
    : { text: t("burn.lasts", { share: percent((limit.left - rate * (Date.parse(to) - now)) / limit.amount) }), rate };
}

/** The course of a budget in its window: what is left, and what would be at an even pace. */
export function BurnDown({ course }) {
  const { limit, from, to, points } = course;
  const look = outlook(course);
  const series = useMemo(() => [{ label: t("burn.left"), tone: "accent", fill: true }, ...(to ? [{ label: t("burn.even"), tone: "off", dash: [5, 5] }] : []), ...(look.rate ? [{ label: t("burn.pace"), tone: "warn", dash: [2, 4] }] : [])],
    [limit.id, Boolean(to), Boolean(look.rate)]);
  const data = useMemo(() => {
    const seconds = (time) => Date.parse(time) / 1000;
    const left = (point) => Math.max(0, limit.amount - point.used);
    const known = points.map((point) => seconds(point.at));
    const now = known.at(-1);
    const end = to ? seconds(to) : now + Math.max(60, now - known[0]);
    const empty = look.rate ? now + limit.left / look.rate / 1000 : Infinity;
    const before = seconds(from) < known[0] ? [seconds(from)] : [];
    const after = [...new Set([Math.min(empty, end), end])];
    const times = [...before, ...known, ...after];
    const nothing = (list) => list.map(() => null);
    return [times, [...nothing(before), ...points.map(left), ...nothing(after)],
      ...(to ? [times.map((time) => (limit.amount * (end - time)) / (end - seconds(from)))] : []),
      ...(look.rate ? [[...nothing(before), ...nothing(known.slice(1)), limit.left, ...after.map((time) => (time <= empty ? Math.max(0, limit.left - look.rate * 1000 * (time - now)) : null))]] : [])];
  }, [course]);
  const step = Math.ceil(points.length / ROWS);
  const rows = points.filter((point, at) => (points.length - 1 - at) % step === 0).reverse();
  return html`<div class="body stack"><p class="${look.bad || limit.left <= 0 ? "warned" : "soft"}">${look.text}</p>
    <${Chart} series=${series} data=${data} format=${short} label=${t("burn.label", { amount: amount(limit.amount), left: amount(limit.left) })} /><${Legend} series=${series} />
    <details><summary>${t("burn.figures")}</summary><${Table} rows=${rows} id=${(point) => point.at} caption=${t("burn.figures")} columns=${[
      { title: t("when"), name: true, cell: (point) => moment(point.at) }, { title: t("used"), number: true, cell: (point) => amount(point.used) },
      { title: t("burn.left"), number: true, cell: (point) => amount(limit.amount - point.used) }]} /></details></div>`;
}
