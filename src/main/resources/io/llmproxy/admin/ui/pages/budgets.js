// All limits of the configuration, and the course of one.
import { amount, BurnDown, isBudget, Resets, share, Used } from "../budget.js";
import { useGet } from "../data.js";
import { Card, Choice, Empty, Failure, Head, Notice, Table, Tag, Wait } from "../parts.js";
import { limitsOf, ReadOnly, Tabs, useQuota } from "../quota.js";
import { go, link } from "../route.js";
import { html, useState } from "../view.js";
import { moment, number, percent, t, word } from "../words.js";
import { limitText } from "./limits.js";
import { EditCommon } from "./scope.js";

const Subject = ({ subject }) => (subject.kind === "gateway" ? t("limits.everyone") : html`${subject.kind === "scope" ? html`<a href=${link("scopes", [subject.name])}>${subject.name}</a>` : subject.name} <${Tag}>${word("subject", subject.kind)}<//>`);

const LIMIT = (name) => ({ title: t("limits.limit"), name, cell: (limit) => html`<a href=${link("limits", [limit.id])}>${limitText({ ...limit, mode: "enforce" })}</a>${limit.mode === "shadow" && html` <${Tag} tone="accent">${t("limit.mode.shadow")}<//>`}` });
const FIGURES = () => [
  { title: t("used"), cell: (limit) => html`<${Used} limit=${limit} />` },
  { title: t("used.resets"), cell: (limit) => html`<${Resets} limit=${limit} />` },
  { title: t("used.refused"), number: true, cell: (limit) => number(limit.refused) },
];

export const LimitTable = ({ limits, subject, caption }) => html`<${Table} rows=${limits} id=${(limit) => limit.id} open=${(limit) => go("limits", [limit.id])} caption=${caption}
  columns=${subject ? [{ title: t("limits.subject"), name: true, cell: (limit) => html`<${Subject} subject=${limit.subject} />` }, LIMIT(false), ...FIGURES()] : [LIMIT(true), ...FIGURES()]} />`;

const SHOWN = { all: () => true, budgets: isBudget, tight: (limit) => share(limit) >= 0.8, refused: (limit) => limit.refused > 0, shadow: (limit) => limit.mode === "shadow" };

function List({ quota, session, again }) {
  const [show, setShow] = useState("all");
  const [find, setFind] = useState("");
  const [editing, setEditing] = useState(null);
  const common = limitsOf(quota, "gateway");
  const rows = quota.limits.filter((limit) => limit.subject.kind !== "gateway").filter(SHOWN[show])
    .filter((limit) => limit.subject.name.toLowerCase().includes(find.trim().toLowerCase())).sort((one, other) => share(other) - share(one));
  const may = session.writable && quota.writable;
  return html`<div class="stack"><${Head} title=${t("page.scopes")} about=${t(quota.shared ? "limits.shared" : "limits.alone", { node: quota.node })} /><${Tabs} at="limits" />
    ${!session.scope && html`<${Card} title=${t("limits.common")} id="common" side=${may && html`<button class="small" onClick=${() => setEditing(quota)} aria-label=${t("limits.common.change")}>${t("change")}</button>`}>
      ${common.length ? html`<${LimitTable} limits=${common} caption=${t("limits.common")} />` : html`<div class="body soft">${t("limits.common.none")}</div>`}<//>`}
    <div class="filters"><input type="search" aria-label=${t("limits.find")} placeholder=${t("limits.find")} value=${find} onInput=${(event) => setFind(event.target.value)} autocomplete="off" />
      <${Choice} aria-label=${t("limits.show")} value=${show} onChange=${setShow} options=${Object.keys(SHOWN).map((key) => [key, t(`limits.show.${key}`)])} /></div>
    <${Card} title=${t("limits.others")} id="others">${rows.length ? html`<${LimitTable} limits=${rows} subject caption=${t("limits.others")} />`
      : find || show !== "all" ? html`<${Empty} title=${t("nothing-found")}>${t("nothing-found.next")}<//>` : html`<${Empty} icon="scopes" title=${t("limits.none")}>${t("limits.none.next")}<//>`}<//>
    <${Notice}>${t("limits.of-keys")}<//><${ReadOnly} session=${session} quota=${quota} again=${again} />
    ${editing && html`<${EditCommon} quota=${editing} close=${() => setEditing(null)} done=${() => {
      setEditing(null);
      again();
    }} />`}</div>`;
}

function One({ id }) {
  const { value, error, again } = useGet(`limits/${id}`, {}, 5000);
  if (!value) return error ? html`<div class="stack"><a href=${link("limits")}>← ${t("tab.limits")}</a><${Failure} error=${error} retry=${again} /></div>` : html`<${Wait} />`;
  const { limit, from, to } = value;
  const facts = [[t("limits.subject"), html`<${Subject} subject=${limit.subject} />`], [t("limit.models"), limit.models?.join(", ") ?? t("models.all")], [t("limit.mode"), t(`limit.mode.${limit.mode}`)],
    from && [t("burn.window"), `${moment(from)} – ${to ? moment(to) : t("burn.no-end")}`], [t("limit.zone"), limit.zone ?? "UTC"],
    limit.warn_at && [t("limit.warn"), limit.warn_at.map(percent).join(", ")], [t("limit.loss"), t(`limit.loss.${limit.on_store_loss ?? "none"}`)]].filter(Boolean);
  return html`<div class="stack"><div><a href=${link("limits")}>← ${t("tab.limits")}</a></div>
    <${Head} title=${limitText(limit)} about=${t("limit.as-seen", { node: value.node })} />
    <dl class="tiles">${[[t("used"), percent(share(limit)), amount(limit.used)], [t("burn.left"), amount(limit.left), t("used.of-all", { amount: amount(limit.amount) })], [t("used.resets"), html`<${Resets} limit=${limit} />`, limit.full_at && isBudget(limit) && moment(limit.full_at)],
      [t("used.refused"), number(limit.refused), limit.mode === "shadow" && t("limit.shadow.note")]].map(([title, text, note]) => html`<div class="card tile"><dt>${title}</dt><dd>${text}</dd><div class="note">${note}</div></div>`)}</dl>
    ${from ? html`<${Card} title=${t("burn")} id="burn"><${BurnDown} course=${value} /><//>` : html`<${Notice}>${t("burn.none")}<//>`}
    <${Card} title=${t("facts")} id="facts" flush=${false}><dl class="pairs">${facts.map(([title, text]) => html`<dt>${title}</dt><dd>${text}</dd>`)}</dl><//></div>`;
}

function Page({ session }) {
  const { value, error, again } = useQuota(session);
  if (!value) return error ? html`<${Failure} error=${error} retry=${again} />` : html`<${Wait} />`;
  return html`${error && html`<${Failure} error=${error} />`}<${List} quota=${value} session=${session} again=${again} />`;
}

export default ({ route, session }) => (route.parts.length ? html`<${One} key=${route.parts[0]} id=${route.parts[0]} />` : html`<${Page} session=${session} />`);
