// A text with numbered lines; those with a problem stand out, and tell it.
import { html, useEffect, useMemo, useRef } from "./view.js";
import { t } from "./words.js";

const LINE = 20;
const EDGE = 24;

export function Editor({ text, change, problems = [], warnings = [], line, label }) {
  const box = useRef();
  const area = useRef();
  const lines = useMemo(() => text.split("\n"), [text]);
  const widest = useMemo(() => lines.reduce((most, one) => Math.max(most, one.length), 0), [lines]);
  const marks = useMemo(() => {
    const found = new Map();
    warnings.forEach((one) => one.line && found.set(one.line, ["warn", one.message]));
    problems.forEach((one) => one.line && found.set(one.line, ["bad", one.message]));
    return found;
  }, [problems, warnings]);
  useEffect(() => {
    if (line) reach(line.at);
  }, [line]);
  const reach = (number) => {
    const begin = lines.slice(0, number - 1).reduce((sum, one) => sum + one.length + 1, 0);
    area.current.focus({ preventScroll: true });
    area.current.setSelectionRange(begin, begin + (lines[number - 1] ?? "").length);
    box.current.scrollTop = Math.max(0, (number - 6) * LINE);
    box.current.scrollIntoView({ block: "nearest" });
  };
  /** A new line begins where the one before did. */
  const pressed = (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing || !change) return;
    const { value, selectionStart: at } = area.current;
    const indent = /^[ ]*(- )?/.exec(value.slice(value.lastIndexOf("\n", at - 1) + 1, at))[0].replace("- ", "  ");
    if (!indent) return;
    event.preventDefault();
    area.current.setRangeText(`\n${indent}`, at, area.current.selectionEnd, "end");
    change(area.current.value);
  };
  return html`<div class="editor" ref=${box}>
    <div class="lines">${lines.map((none, index) => {
      const mark = marks.get(index + 1);
      return mark ? html`<button class=${mark[0]} title=${mark[1]} aria-label="${t("line", { line: index + 1 })}: ${mark[1]}" onClick=${() => reach(index + 1)}>${index + 1}</button>`
        : html`<div class="no" aria-hidden="true">${index + 1}</div>`;
    })}</div>
    <textarea ref=${area} aria-label=${label} spellcheck=${false} autocapitalize="off" autocomplete="off" wrap="off" readonly=${!change} value=${text}
      style=${{ height: `${lines.length * LINE + EDGE}px`, width: `max(100%, ${widest + 4}ch)` }}
      onInput=${(event) => change?.(event.target.value)} onKeyDown=${pressed}></textarea></div>`;
}
