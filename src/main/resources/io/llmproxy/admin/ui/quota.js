// Scopes and limits, as the gateway tells them, and changes of both.
import { ApiError, get, tagged } from "./api.js";
import { Changes } from "./changes.js";
import { useLoad } from "./data.js";
import { Dialog, Failure, Notice } from "./parts.js";
import { link } from "./route.js";
import { html, useState } from "./view.js";
import { t } from "./words.js";
import { Managed } from "./pages/activation.js";

/** Both at once. Each has a tag of its own: between the two answers another version may have come. What a tool manages is changed as a document only. */
export const useQuota = (session) => useLoad(async () => {
  const [scopes, limits, versions] = await Promise.all([tagged("scopes"), tagged("limits"), session.writable && get("config/versions", { limit: 1 })]);
  const manager = versions && versions.head.managed_by;
  return { ...limits.value, writable: limits.value.writable && !manager, manager, commonEtag: limits.etag, scopes: scopes.value.scopes, etag: scopes.etag };
}, [], 4000);

/** The limits of a subject. */
export const limitsOf = (quota, kind, name = "") => quota.limits.filter((limit) => limit.subject.kind === kind && limit.subject.name === name);

/** The scopes from the root to one. */
export function above(scopes, name) {
  const path = [];
  for (let at = scopes.find((scope) => scope.name === name); at && !path.includes(at); at = scopes.find((scope) => scope.name === at.parent)) path.unshift(at);
  return path;
}

const version = (etag) => Number(/\d+/.exec(etag ?? "")?.[0] ?? 0);
const moment = (millis) => new Promise((done) => setTimeout(done, millis));

/** Waits for a while until this node serves a version. */
async function served(made) {
  for (let turn = 0; turn < 20; turn++) {
    if (version((await tagged("scopes")).etag) >= made.version) return;
    await moment(200);
  }
}

export const Tabs = ({ at }) => html`<nav class="tabs" aria-label=${t("page.scopes")}>
  ${["scopes", "limits"].map((page) => html`<a href=${link(page)} aria-current=${at === page ? "page" : undefined}>${t(`tab.${page}`)}</a>`)}</nav>`;

/** Why nothing can be changed here; nothing if it can. */
export const ReadOnly = ({ session, quota, again }) => (session.mode === "file" ? html`<${Notice}>${t("scopes.file-mode")}<//>`
  : quota.manager ? html`<${Managed} name=${quota.manager} session=${session} released=${again} />`
    : session.writable ? null : html`<${Notice}>${t("config.not-writable")}<//>`);

/** A form in a window that makes a version; save is given the tag of the version that the form is from. */
export function Form({ title, action, etag, save, close, done, danger, narrow, children }) {
  const [tag, setTag] = useState(etag);
  const [state, setState] = useState({});
  const { error } = state;
  const submit = async (event) => {
    event.preventDefault();
    setState({ busy: true });
    try {
      const made = await save(tag);
      await served(made);
      done(made);
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setState({ error: failure });
    }
  };
  // What the reader has been told of, and nothing that came after it.
  const goOn = () => {
    setTag(`"v${error.problem.current}"`);
    setState({});
  };
  const stale = error?.status === 412;
  return html`<${Dialog} title=${title} close=${close} wide=${!narrow}><form onSubmit=${submit}>
    ${children(error?.problems ?? [])}
    ${stale ? html`<${Notice} tone="warn"><p>${t("conflict.part")}</p>
        ${error.problem.theirs && html`<${Changes} diff=${error.problem.theirs} />`}
        <p><button type="button" class="small" onClick=${goOn}>${t("conflict.go_on")}</button></p><//>`
    : error && html`<${Failure} error=${error} />`}
    <footer><button type="button" onClick=${close}>${t("cancel")}</button>
      <button class=${danger ? "danger" : "primary"} disabled=${state.busy || stale}>${action}</button></footer></form><//>`;
}
