// The parts that pages are made of.
import { html, useEffect, useRef, useState } from "./view.js";
import { Icon, Shape } from "./icons.js";
import { t } from "./words.js";

export const Status = ({ shape = "disc", tone = "", children }) =>
  html`<span class="status ${tone}"><${Shape} name=${shape} />${children}</span>`;

export const Tag = ({ tone = "", children, title }) => html`<span class="tag ${tone}" title=${title}>${children}</span>`;

export const Head = ({ title, about, children }) => html`<div class="head">
  <div class="grow"><h1>${title}</h1>${about && html`<p>${about}</p>`}</div>
  ${children && html`<div class="row">${children}</div>`}
</div>`;

export const Card = ({ title, side, children, kind = "", flush = true, id }) => html`<section class="card ${kind}" aria-labelledby=${id}>
  ${title && html`<header><h2 id=${id}>${title}</h2>${side}</header>`}
  ${flush ? children : html`<div class="body">${children}</div>`}
</section>`;

export const Notice = ({ tone = "", children }) => html`<div class="notice ${tone}" role=${tone === "bad" ? "alert" : "note"}>
  <${Icon} name=${tone === "ok" ? "check" : "info"} /><div class="grow">${children}</div></div>`;

export const Empty = ({ icon = "box", title, children }) => html`<div class="empty">
  <${Icon} name=${icon} size=${36} /><h3>${title}</h3><p>${children}</p></div>`;

export const Wait = () => html`<div class="wait" role="status">${t("wait")}</div>`;

/** What went wrong with a call, in the words of the gateway where it answered. */
export function Failure({ error, retry }) {
  const text = error.code === "unreachable" ? t("unreachable") : error.message;
  return html`<${Notice} tone="bad"><p>${text}</p>
    ${error.problems?.length > 0 && html`<${Problems} list=${error.problems} />`}
    ${retry && html`<p><button class="small" onClick=${retry}>${t("retry")}</button></p>`}<//>`;
}

export const Problems = ({ list, pick }) => html`<ul class="stack close small">
  ${list.map((problem) => html`<li>
    ${problem.line > 0 && (pick
      ? html`<button class="link mono" onClick=${() => pick(problem.line)}>${t("line", { line: problem.line })}</button> `
      : html`<span class="mono">${t("line", { line: problem.line })}</span> `)}
    ${problem.path && html`<code>${problem.path}</code> `}${problem.message}</li>`)}
</ul>`;

/**
 * A table that becomes a list on a phone. A column has a key, a title, a cell(row), and may be a number, the name, or the end.
 */
export function Table({ columns, rows, id, open, caption, on }) {
  const cell = (column, row) => {
    const content = column.cell(row);
    const kind = `${column.number ? "num" : ""} ${column.end ? "end" : ""} ${column.name ? "name" : ""}`;
    return column.name
      ? html`<th scope="row" class=${kind}>${content}</th>`
      : html`<td class=${kind} data-label=${column.title || undefined}>${content}</td>`;
  };
  const follow = (event, row) => {
    if (!event.target.closest("a, button, input, select, label") && !getSelection().toString()) open(row);
  };
  return html`<div class="scroll"><table class="fold">
    ${caption && html`<caption class="hidden-text">${caption}</caption>`}
    <thead><tr>${columns.map((column) => html`<th scope="col" class=${column.number ? "num" : ""}>${column.title}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${id(row)} class="${open ? "go" : ""} ${on?.(row) ? "on" : ""}"
      onClick=${open && ((event) => follow(event, row))}>${columns.map((column) => cell(column, row))}</tr>`)}</tbody>
  </table></div>`;
}

let fields = 0;
/** A control with its label; children is a function that is given the control's attributes. */
export function Field({ label, hint, error, children }) {
  const [id] = useState(() => `field-${++fields}`);
  const about = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
  return html`<div class="field"><label for=${id}>${label}</label>
    ${children({ id, "aria-describedby": about, "aria-invalid": error ? "true" : undefined })}
    ${hint && html`<span class="hint" id="${id}-hint">${hint}</span>`}
    ${error && html`<span class="error" id="${id}-error" role="alert">${error}</span>`}</div>`;
}

export const Choice = ({ value, onChange, options, ...more }) => html`<select value=${value} onChange=${(event) => onChange(event.target.value)} ...${more}>
  ${options.map(([key, text]) => html`<option value=${key} selected=${key === value}>${text}</option>`)}</select>`;

export const Check = ({ checked, onChange, children }) => html`<label class="check">
  <input type="checkbox" checked=${checked} onChange=${(event) => onChange(event.target.checked)} />${children}</label>`;

/** A modal window. The browser keeps the focus in it, and gives it back when it is closed. */
export function Dialog({ title, close, children, wide }) {
  const ref = useRef();
  useEffect(() => {
    const before = document.activeElement;
    ref.current.showModal();
    return () => before?.isConnected && before.focus();
  }, []);
  return html`<dialog ref=${ref} class=${wide ? "wide" : ""} aria-label=${title} onClose=${close}
    onClick=${(event) => event.target === ref.current && ref.current.close()}>
    <div class="inside"><div class="row"><h2 class="grow">${title}</h2>
      <button class="plain icon small" aria-label=${t("close")} onClick=${() => ref.current.close()}><${Icon} name="close" /></button></div>
      ${children}</div></dialog>`;
}

/** Asks before something is done, and, where it matters, why. */
export function Confirm({ title, about, action, danger, reason, close, run, children }) {
  const [why, setWhy] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await run(why);
      close();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${title} close=${close}><form onSubmit=${submit}>
    ${about && html`<p class="soft">${about}</p>`}
    ${children}
    ${reason && html`<${Field} label=${t("reason")} hint=${t("reason.hint")}>${(field) => html`<input ...${field} name="reason" autofocus
      maxlength="200" value=${why} onInput=${(event) => setWhy(event.target.value)} />`}<//>`}
    ${error && html`<${Failure} error=${error} />`}
    <footer><button type="button" onClick=${close}>${t("cancel")}</button>
      <button class=${danger ? "danger" : "primary"} disabled=${busy}>${action}</button></footer>
  </form><//>`;
}

/** Without HTTPS there is no clipboard for scripts; what is selected can be copied nevertheless. */
function copySelected(text, near) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "hidden-text";
  // Beside an open dialog nothing can be selected.
  (near.closest("dialog") ?? document.body).append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  near.focus();
  if (!copied) throw new Error("not copied");
}

export function Copy({ text }) {
  const [done, setDone] = useState(false);
  const copy = async (event) => {
    const button = event.currentTarget;
    try {
      if (navigator.clipboard) await navigator.clipboard.writeText(text);
      else copySelected(text, button);
      setDone(true);
    } catch {
      setDone(false);
    }
  };
  return html`<button type="button" class="small plain" onClick=${copy}><${Icon} name=${done ? "check" : "copy"} size=${15} />${done ? t("copied") : t("copy")}</button>`;
}

export const Meter = ({ share }) => html`<span class="meter" aria-hidden="true"><i style=${{ width: `${Math.round(Math.min(1, share || 0) * 100)}%` }}></i></span>`;
