// Plots over time, drawn as SVG. What a plot shows stands in a table as well, or in the tiles beside it.
import { html, useEffect, useMemo, useRef, useState } from "./view.js";
import { short, t } from "./words.js";

const EDGE = { left: 52, right: 14, top: 8, bottom: 24 };
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR,
  DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY, 365 * DAY];

const two = (value) => String(value).padStart(2, "0");

/** A time in as much detail as the length of the plot asks for. */
function stamp(time, span) {
  const date = new Date(time * 1000);
  if (span > 2 * DAY) return `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${two(date.getHours())}:${two(date.getMinutes())}${span < 10 * MINUTE ? `:${two(date.getSeconds())}` : ""}`;
}

/** Round times of the reader's zone within a plot. */
function times(from, to, most) {
  const step = STEPS.find((one) => (to - from) / one <= most) ?? STEPS.at(-1);
  const shift = new Date(from * 1000).getTimezoneOffset() * MINUTE;
  const found = [];
  for (let time = Math.ceil((from - shift) / step) * step + shift; time <= to; time += step) found.push(time);
  return found;
}

/** Round values from 0 to the highest. */
function values(top, most) {
  const rough = top / most;
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((one) => one * ten >= rough) * ten;
  const found = [];
  for (let value = 0; value <= top; value += step) found.push(value);
  return found;
}

/** How wide and high an element is, also when that changes. */
function useSize(ref) {
  const [size, setSize] = useState(null);
  useEffect(() => {
    const sized = new ResizeObserver(() => setSize({ width: ref.current.clientWidth, height: ref.current.clientHeight }));
    sized.observe(ref.current);
    return () => sized.disconnect();
  }, []);
  return size;
}

/** Where times and values are on the plot. */
function scale({ width, height }, data, bars) {
  const [at, ...rows] = data;
  const gap = bars ? (at.length > 1 ? at[1] - at[0] : HOUR) : 0;
  const from = (at[0] ?? 0) - gap / 2;
  const to = Math.max(from + 1, (at.at(-1) ?? 0) + gap / 2);
  const top = (rows.flat().reduce((most, value) => Math.max(most, value ?? 0), 0) || 0.91) * 1.1;
  const right = width - EDGE.right;
  const bottom = height - EDGE.bottom;
  return {
    from, to, top, right, bottom, bar: Math.min(44, (0.7 * gap * (right - EDGE.left)) / (to - from)),
    x: (time) => EDGE.left + ((time - from) / (to - from)) * (right - EDGE.left),
    y: (value) => bottom - (value / top) * (bottom - EDGE.top),
  };
}

const near = (number) => Math.round(number * 10) / 10;

/** The parts of a line: where a value is missing, it has a gap. */
function runs(at, row, { x, y }) {
  const all = [[]];
  at.forEach((time, index) => {
    if (row[index] === null || row[index] === undefined) all.push([]);
    else all.at(-1).push([near(x(time)), near(y(row[index]))]);
  });
  return all.filter((run) => run.length);
}
const path = (run) => `M${run.map((point) => point.join(" ")).join("L")}`;

function Line({ run, line, bottom }) {
  const drawn = path(run);
  return html`${line.fill && html`<path class="area" d=${`${drawn}L${run.at(-1)[0]} ${bottom}L${run[0][0]} ${bottom}Z`} style=${{ fill: `var(--${line.tone ?? "accent"})` }} />`}
    <path class="line" d=${drawn} stroke-dasharray=${line.dash?.join(" ")} style=${{ stroke: `var(--${line.tone ?? "accent"})` }} />`;
}

function Plot({ size, series, data, low, format, bars }) {
  const [hover, setHover] = useState(null);
  const at = data[0];
  const its = useMemo(() => scale(size, data, bars), [size, data, bars]);
  const span = its.to - its.from;
  const moved = (event) => {
    const time = its.from + ((event.offsetX - EDGE.left) / (its.right - EDGE.left)) * span;
    setHover(at.reduce((best, one, index) => (Math.abs(one - time) < Math.abs(at[best] - time) ? index : best), 0));
  };
  const told = hover !== null && hover < at.length && [stamp(at[hover], span),
    ...series.map((line, index) => [line, data[index + 1][hover]]).filter(([, value]) => value !== null && value !== undefined).map(([line, value]) => `${line.label} ${format(value)}`)].join(" · ");
  return html`<svg width=${size.width} height=${size.height} aria-hidden="true" onPointerMove=${moved} onPointerLeave=${() => setHover(null)}>
    ${values(its.top, Math.max(2, (its.bottom - EDGE.top) / (low ? 26 : 34))).map((value) => html`<line class="grid-line" x1=${EDGE.left} x2=${its.right} y1=${near(its.y(value))} y2=${near(its.y(value))} />
      <text x=${EDGE.left - 8} y=${near(its.y(value)) + 4} text-anchor="end">${format(value)}</text>`)}
    ${at.length > 0 && times(its.from, its.to, (its.right - EDGE.left) / 80).map((time) => html`<text x=${near(its.x(time))} y=${size.height - 6} text-anchor="middle">${stamp(time, span)}</text>`)}
    ${bars ? series.map((line, row) => at.map((time, index) => data[row + 1][index] > 0 && html`<rect x=${near(its.x(time) - its.bar / 2)} width=${near(its.bar)} rx="2" y=${near(its.y(data[row + 1][index]))}
        height=${near(its.bottom - its.y(data[row + 1][index]))} style=${{ fill: `var(--${line.tone ?? "accent"})` }} />`))
      : series.map((line, row) => runs(at, data[row + 1], its).map((run) => html`<${Line} run=${run} line=${line} bottom=${its.bottom} />`))}
    ${told && html`<line class="cursor" x1=${near(its.x(at[hover]))} x2=${near(its.x(at[hover]))} y1=${EDGE.top} y2=${its.bottom} />
      <text class="told" x=${its.right} y=${EDGE.top + 8} text-anchor="end">${told}</text>`}</svg>`;
}

/** series: [{label, tone, fill, dash}], data: [times in s, values...]. */
export function Chart({ series, data, low, format = short, bars, label }) {
  const ref = useRef();
  const size = useSize(ref);
  return html`<div class="chart ${low ? "low" : ""}" ref=${ref} role="img" aria-label=${label ?? t("chart", { what: series.map((one) => one.label).join(", ") })}>
    ${size?.width > EDGE.left + EDGE.right && html`<${Plot} size=${size} series=${series} data=${data} low=${low} format=${format} bars=${bars} />`}</div>`;
}

export const Legend = ({ series }) => html`<div class="legend">${series.map(({ label, tone = "accent", dash }) => html`<span><i class=${dash ? "dashed" : ""}
  style=${{ color: `var(--${tone})` }}></i>${label}</span>`)}</div>`;
