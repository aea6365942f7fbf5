import { address } from "../api.js";
import { Chart } from "../chart.js";
import { useUsage } from "../data.js";
import { Card, Choice, Empty, Failure, Head, Notice, Table, Wait } from "../parts.js";
import { rewrite } from "../route.js";
import { html, useMemo } from "../view.js";
import { moment, money, number, percent, short, t, word } from "../words.js";

const HOUR = 3600000;
const SPANS = { "24h": [24 * HOUR, "hour"], "7d": [168 * HOUR, "hour"], "30d": [720 * HOUR, "day"], "90d": [2160 * HOUR, "day"] };
const WHAT = {
  cost: (row) => (row.cost[0]?.micros ?? 0) / 1e6, output: (row) => row.output_tokens, input: (row) => row.input_tokens, attempts: (row) => row.attempts, errors: (row) => row.errors,
};

const costs = (all) => (all.length ? all.map((cost) => money(cost.micros, cost.currency)).join(" + ") : "–");

/** One row for each name, of those for each hour or day. */
function sums(rows) {
  const found = new Map();
  rows.forEach((row) => {
    const sum = found.get(row.name) ?? { name: row.name, cost: [] };
    ["attempts", "errors", "input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens", "unpriced"].forEach((what) => {
      sum[what] = (sum[what] ?? 0) + row[what];
    });
    row.cost.forEach(({ micros, currency }) => {
      const cost = sum.cost.find((one) => one.currency === currency);
      if (cost) cost.micros += micros;
      else sum.cost.push({ micros, currency });
    });
    found.set(row.name, sum);
  });
  return [...found.values()];
}

/** A column for each hour or day of the time asked for, also for those without any use. */
function columns(rows, what, from, to, step) {
  const size = step === "day" ? 24 * HOUR : HOUR;
  const sums = new Map();
  rows.forEach((row) => sums.set(Date.parse(row.at), (sums.get(Date.parse(row.at)) ?? 0) + WHAT[what](row)));
  const anchor = sums.size ? [...sums.keys()][0] : Math.floor(to / size) * size;
  const first = anchor - Math.floor((anchor - from) / size) * size;
  const times = [];
  for (let at = first; at <= to; at += size) times.push(at);
  return [times.map((at) => at / 1000), times.map((at) => sums.get(at) ?? 0)];
}

const COLUMNS = (total) => [
  { title: t("name"), name: true, cell: (row) => (row.name === "-" ? t("usage.no-name") : row.name) },
  { title: t("usage.attempts"), number: true, cell: (row) => number(row.attempts) },
  { title: t("errors"), number: true, cell: (row) => (row.errors ? html`${number(row.errors)} <span class="faint small">${percent(row.errors / row.attempts)}</span>` : "0") },
  { title: t("tokens.input"), number: true, cell: (row) => html`<span title=${t("tokens.cached", { count: number(row.cached_tokens) })}>${number(row.input_tokens)}</span>` },
  { title: t("tokens.cached-short"), number: true, cell: (row) => number(row.cached_tokens) },
  { title: t("tokens.output"), number: true, cell: (row) => number(row.output_tokens) },
  { title: t("cost"), number: true, cell: (row) => costs(row.cost) },
  { title: t("share"), number: true, cell: (row) => (total.cost[0]?.micros ? percent((row.cost[0]?.micros ?? 0) / total.cost[0].micros) : percent(total.attempts ? row.attempts / total.attempts : 0)) },
];

export default function Usage({ route }) {
  const by = route.query.by ?? "model";
  const span = route.query.span in SPANS ? route.query.span : "24h";
  const [length, step] = SPANS[span];
  const [from, to] = useMemo(() => [Date.now() - length, Date.now()], [span]);
  const { nodes } = route.query;
  const query = { by, from: new Date(from).toISOString(), ...(nodes && { nodes }) };
  const { value, error, again } = useUsage({ ...query, step }, 30000);
  const change = (values) => rewrite("usage", [], { by, span, show: route.query.show, nodes, ...values });
  const total = value?.total;
  const what = route.query.show in WHAT ? route.query.show : total && !total.cost.length ? "output" : "cost";
  const data = useMemo(() => value && columns(value.rows, what, from, to, step), [value, what]);
  const series = [{ label: t(`usage.show.${what}`) }];
  const csv = address("usage.csv", { ...query, step });
  const rows = useMemo(() => sums(value?.rows ?? []).sort((one, two) => WHAT[what](two) - WHAT[what](one)), [value, what]);
  return html`<div class="stack">
    <${Head} title=${t("page.usage")} about=${value && t(`usage.source.${value.source}`)}>
      <a class="button" href=${csv} download="usage.csv">${t("usage.csv")}</a><//>
    <div class="filters">
      <${Choice} aria-label=${t("usage.span")} value=${span} onChange=${(value) => change({ span: value })} options=${Object.keys(SPANS).map((key) => [key, t(`usage.span.${key}`)])} />
      <${Choice} aria-label=${t("usage.by")} value=${by} onChange=${(value) => change({ by: value })} options=${["model", "key", "upstream", "forward"].map((key) => [key, t(`usage.by.${key}`)])} />
      <${Choice} aria-label=${t("usage.show")} value=${what} onChange=${(value) => change({ show: value })} options=${Object.keys(WHAT).map((key) => [key, t(`usage.show.${key}`)])} />
      ${(nodes || value?.nodes === "all") && html`<${Choice} aria-label=${t("usage.nodes")} value=${nodes ?? "all"} onChange=${(value) => change({ nodes: value })} options=${["all", "this"].map((key) => [key, t(`usage.nodes.${key}`)])} />`}
    </div>
    ${error && html`<${Failure} error=${error} retry=${again} />`}
    ${!total || !data ? !error && html`<${Wait} />` : html`
      ${value.truncated && html`<${Notice} tone="warn">${t("usage.truncated")}<//>`}
      <dl class="tiles">${[["cost", costs(total.cost), total.unpriced ? t("usage.unpriced", { count: number(total.unpriced) }) : ""], ["tokens.input", short(total.input_tokens), t("tokens.cached", { count: short(total.cached_tokens) })],
        ["tokens.output", short(total.output_tokens), t("tokens.reasoning", { count: short(total.reasoning_tokens) })], ["usage.attempts", short(total.attempts), t("overview.failed", { failed: number(total.errors) })]]
        .map(([key, text, note]) => html`<div class="card tile"><dt>${t(key)}</dt><dd>${text}</dd><div class="note">${note}</div></div>`)}</dl>
      <${Card} title=${t("usage.plot", { what: t(`usage.show.${what}`), step: word("step-of", step) })} id="plot" flush=${false}>
        <${Chart} bars series=${series} data=${data} format=${(value) => (what === "cost" ? money(value * 1e6, total.cost[0]?.currency) : short(value))} /><//>
      <${Card} title=${t(`usage.by.${by}`)} id="rows">${rows.length
        ? html`<${Table} rows=${rows} id=${(row) => row.name} columns=${COLUMNS(total)} caption=${t("page.usage")} />`
        : html`<${Empty} icon="usage" title=${t("usage.none")}>${t("usage.none.next", { since: moment(from) })}<//>`}<//>`}
  </div>`;
}
