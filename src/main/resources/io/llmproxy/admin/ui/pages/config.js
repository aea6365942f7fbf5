import { get, part, post, tagged } from "../api.js";
import { Changes } from "../changes.js";
import { tell, useLoad } from "../data.js";
import { Editor } from "../editor.js";
import { merge } from "../merge.js";
import { Card, Choice, Dialog, Failure, Field, Head, Notice, Problems, Status, Wait } from "../parts.js";
import { link } from "../route.js";
import { html, useState } from "../view.js";
import { t } from "../words.js";
import { Activation, Managed, OVERRIDE, Pending } from "./activation.js";

export const Tabs = ({ at }) => html`<nav class="tabs" aria-label=${t("page.config")}>
  <a href=${link("config")} aria-current=${at === "config" ? "page" : undefined}>${t("config.now")}</a>
  <a href=${link("history")} aria-current=${at === "history" ? "page" : undefined}>${t("history")}</a></nav>`;

/** What is being written, kept while the reader looks at other pages. */
let draft = null;

const WITHIN = ["", "60", "120", "600"];

function Commit({ text, etag, over, close, done, conflict }) {
  const [comment, setComment] = useState("");
  const [within, setWithin] = useState("120");
  const [state, setState] = useState({});
  const submit = async (event) => {
    event.preventDefault();
    setState({ busy: true });
    try {
      const body = { text, comment, ...(within && { confirm_within: Number(within) }) };
      done(await post("config", body, { etag, key: crypto.randomUUID?.(), query: over && OVERRIDE }));
      close();
    } catch (error) {
      if (error.status === 412) {
        conflict(error);
        close();
      } else setState({ error });
    }
  };
  return html`<${Dialog} title=${t("commit")} close=${close}><form onSubmit=${submit}>
    <${Field} label=${t("comment")} hint=${t("comment.hint")}>${(field) => html`<input ...${field} name="comment" autofocus maxlength="500" required value=${comment}
      onInput=${(event) => setComment(event.target.value)} />`}<//>
    <${Field} label=${t("within")} hint=${t("within.hint")}>${(field) => html`<${Choice} ...${field} value=${within} onChange=${setWithin}
      options=${WITHIN.map((value) => [value, t(`within.${value || "none"}`)])} />`}<//>
    ${state.error && html`<${Failure} error=${state.error} />`}
    <footer><button type="button" onClick=${close}>${t("cancel")}</button><button class="primary" disabled=${state.busy}>${t("commit")}</button></footer></form><//>`;
}

function Conflict({ error, take }) {
  return html`<${Card} title=${t("conflict")} id="conflict"><div class="body stack"><${Notice} tone="warn">${t("conflict.about", { version: error.problem.current ?? "" })}<//>
      <div class="row"><button class="primary" onClick=${take}>${t("conflict.keep")}</button><a class="button" href=${link("history")}>${t("history")}</a></div></div>
    ${error.problem.theirs && html`<div class="body"><h3>${t("conflict.theirs")}</h3></div><${Changes} diff=${error.problem.theirs} />`}
    ${error.problem.yours && html`<div class="body"><h3>${t("conflict.yours")}</h3></div><${Changes} diff=${error.problem.yours} />`}<//>`;
}

const Result = ({ check, pick }) => (check.valid
  ? html`<${Card} title=${t("check.changes")} id="changes" side=${html`<${Status} tone="ok">${t("check.valid")}<//>`}>
      ${check.warnings.length > 0 && html`<div class="body"><${Notice} tone="warn"><${Problems} list=${check.warnings} pick=${pick} /><//></div>`}
      ${check.diff && html`<${Changes} diff=${check.diff} />`}<//>`
  : html`<${Card} title=${t("check.problems", { count: check.problems.length })} id="problems" flush=${false}><${Problems} list=${[...check.problems, ...check.warnings]} pick=${pick} /><//>`);

const yaml = (path) => tagged(path, {}, { accept: "application/yaml" });

function Document({ loaded, again, session, may, committed, setCommitted }) {
  const [text, setText] = useState(draft?.text ?? loaded.text);
  const [etag, setEtag] = useState(draft?.etag ?? loaded.etag);
  const [drafting, setDrafting] = useState(draft !== null);
  const [check, setCheck] = useState(null);
  const [error, setError] = useState(null);
  const [line, setLine] = useState(null);
  const [committing, setCommitting] = useState(false);
  const [merged, setMerged] = useState(null);
  const [over, setOver] = useState(false);
  const changed = text !== loaded.text;
  const write = (value) => {
    draft = { text: value, etag };
    setText(value);
    setCheck(null);
  };
  const reset = () => {
    draft = null;
    setText(loaded.text);
    setEtag(loaded.etag);
    setDrafting(false);
    setCheck(null);
    setError(null);
    setMerged(null);
  };
  const test = async (what) => {
    setError(null);
    try {
      const result = await post("config/check", { text: what });
      setCheck(result);
      if (!result.valid && result.problems[0]?.line) setLine({ at: result.problems[0].line });
    } catch (failure) {
      setError(failure);
    }
  };
  const reload = async () => {
    setError(null);
    try {
      const { generation } = await post("reload");
      tell(t("did.reload", { generation }));
      again();
    } catch (failure) {
      setError(failure);
    }
  };
  const done = (version) => {
    draft = null;
    setCommitted(version);
    setMerged(null);
    setCheck(null);
    tell(t("did.commit", { version: version.version }));
    again();
  };
  const takeNewest = async () => {
    try {
      // Both began with the same version: neither change may undo the other.
      const number = /\d+/.exec(etag)[0];
      const base = number === "0" ? "" : (await yaml(`config/versions/${part(number)}`)).value;
      const newest = await yaml("config");
      const result = merge(base, text, newest.value, { mine: t("conflict.yours"), theirs: t("conflict.theirs") });
      draft = { text: result.text, etag: newest.etag };
      setText(result.text);
      setEtag(newest.etag);
      setMerged(result);
      setError(null);
      await test(result.text);
    } catch (failure) {
      setError(failure);
    }
  };
  const store = session.mode === "store";
  const { manager } = loaded;
  const editing = store ? session.writable && (!manager || over) : drafting;
  return html`<div class="stack">
    <${Head} title=${t("page.config")} about=${t(store ? "config.about" : "config.about-file")}>
      ${editing ? html`${changed && html`<button class="plain" onClick=${reset}>${t("config.discard")}</button>`}
          ${!changed && !store && html`<button class="plain" onClick=${reset}>${t("cancel")}</button>`}
          <button onClick=${() => test(text)} disabled=${!may}>${t("check")}</button>
          ${store && html`<button class="primary" disabled=${!changed} onClick=${() => setCommitting(true)}>${t("commit")}…</button>`}`
        : may && !store && html`<button onClick=${() => setDrafting(true)}>${t("config.draft")}</button>
          <button class="primary" onClick=${reload}>${t("reload")}</button>`}<//>
    ${store && html`<${Tabs} at="config" />`}
    ${!store && html`<${Notice}>${t(editing ? "config.draft-mode" : "config.file-mode")}<//>`}
    ${manager && html`<${Managed} name=${manager} session=${session} over=${over} setOver=${setOver} released=${again} />`}
    ${store && !session.writable && html`<${Notice}>${t("config.not-writable")}<//>`}
    ${store && html`<${Pending} key=${committed?.version} may=${session.writable} changed=${again} />`}
    ${committed && html`<${Activation} version=${committed.version} />`}
    ${error && (error.status === 412 ? html`<${Conflict} error=${error} take=${takeNewest} />` : html`<${Failure} error=${error} />`)}
    ${merged && html`<div id="merged"><${Notice} tone=${merged.conflicts ? "warn" : "ok"}>${t(merged.conflicts ? "merge.conflicts" : "merge.done", { count: merged.conflicts })}<//></div>`}
    ${check && html`<${Result} check=${check} pick=${(at) => setLine({ at })} />`}
    <${Card} kind="clip"><${Editor} text=${text} change=${editing ? write : null} label=${t("config.text")} line=${line}
      problems=${check?.problems ?? error?.problems} warnings=${check?.warnings} /><//>
    ${committing && html`<${Commit} text=${text} etag=${etag} over=${over} close=${() => setCommitting(false)} done=${done} conflict=${setError} />`}</div>`;
}

export default function Config({ session, may }) {
  // Kept here: the document is another one once it was committed.
  const [committed, setCommitted] = useState(null);
  const { value, error, again } = useLoad(async () => {
    const [found, versions] = await Promise.all([yaml("config"), session.mode === "store" ? get("config/versions", { limit: 1 }) : null]);
    return { text: found.value, etag: found.etag, manager: versions?.head.managed_by };
  }, []);
  if (!value) return error ? html`<${Failure} error=${error} retry=${again} />` : html`<${Wait} />`;
  return html`<${Document} key=${value.etag + (value.manager ?? "")} loaded=${value} again=${again} session=${session} may=${may} committed=${committed} setCommitted=${setCommitted} />`;
}

