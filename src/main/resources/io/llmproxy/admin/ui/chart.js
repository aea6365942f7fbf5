// Plots over time. What a plot shows stands in a table as well, or in the tiles beside it.
import { html, useEffect, useRef } from "./view.js";
import { short, t } from "./words.js";

const colours = () => {
  const style = getComputedStyle(document.documentElement);
  const probe = document.createElement("i");
  document.body.append(probe);
  const resolved = (name) => {
    probe.style.color = style.getPropertyValue(name);
    return getComputedStyle(probe).color;
  };
  const found = Object.fromEntries(["accent", "ok", "warn", "bad", "off", "line", "ink-faint"].map((name) => [name, resolved(`--${name}`)]));
  probe.remove();
  return found;
};

const gap = (times) => (times.length > 1 ? times[1] - times[0] : 3600);
const faded = (colour) => colour.replace(/^rgb\((.*)\)$/, "rgba($1, 0.12)");

/** series: [{label, tone, fill}], data: [times in s, values...]. */
export function Chart({ series, data, low, format = short, bars, label }) {
  const ref = useRef();
  const plot = useRef();
  useEffect(() => {
    const make = () => {
      plot.current?.destroy();
      const tones = colours();
      const axis = { stroke: tones["ink-faint"], grid: { stroke: tones.line, width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
      plot.current = new window.uPlot({
        width: Math.max(ref.current.clientWidth, 120),
        height: ref.current.clientHeight,
        padding: [8, 22, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { size: 6 } },
        scales: { x: bars ? { range: (self, min, max) => [min - gap(self.data[0]) / 2, max + gap(self.data[0]) / 2] } : {}, y: { range: (self, min, max) => [0, max > 0 ? max * 1.1 : 1] } },
        axes: [{ ...axis, grid: { show: false }, size: 24, space: 70, values: stamps },
          { ...axis, size: 52, space: low ? 26 : 34, values: (self, all) => all.map((value) => format(value)) }],
        series: [{}, ...series.map(({ label: name, tone = "accent", fill }) => ({
          label: name, stroke: tones[tone], width: bars ? 0 : 1.8, points: { show: false },
          fill: bars ? tones[tone] : fill ? faded(tones[tone]) : undefined,
          paths: bars ? window.uPlot.paths.bars({ size: [0.7, 44], radius: 0.15 }) : undefined,
        }))],
      }, data, ref.current);
    };
    make();
    const sized = new ResizeObserver(() => plot.current?.setSize({ width: Math.max(ref.current.clientWidth, 120), height: ref.current.clientHeight }));
    sized.observe(ref.current);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", make);
    addEventListener("themed", make);
    return () => {
      sized.disconnect();
      scheme.removeEventListener("change", make);
      removeEventListener("themed", make);
      plot.current.destroy();
      plot.current = null;
    };
  }, [series.map(({ label: name }) => name).join(), bars]);
  useEffect(() => plot.current?.setData(data), [data]);
  return html`<div class="chart ${low ? "low" : ""}" ref=${ref} role="img" aria-label=${label ?? t("chart", { what: series.map((one) => one.label).join(", ") })}></div>`;
}

function stamps(self, times) {
  const span = times.at(-1) - times[0];
  return times.map((time) => {
    const date = new Date(time * 1000);
    const two = (value) => String(value).padStart(2, "0");
    if (span > 2 * 86400) return `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    return `${two(date.getHours())}:${two(date.getMinutes())}${span < 600 ? `:${two(date.getSeconds())}` : ""}`;
  });
}

export const Legend = ({ series }) => html`<div class="legend">${series.map(({ label, tone = "accent" }) => html`<span><i
  style=${{ background: `var(--${tone})` }}></i>${label}</span>`)}</div>`;
