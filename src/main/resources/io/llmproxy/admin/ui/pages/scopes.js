import { BurnDown, isBudget, share, Used } from "../budget.js";
import { useGet } from "../data.js";
import { Card, Choice, Empty, Failure, Head, Notice, Status, Table, Tag, Wait } from "../parts.js";
import { above, limitsOf, ReadOnly, Tabs, useQuota } from "../quota.js";
import { go, link } from "../route.js";
import { html, useState } from "../view.js";
import { number, t, word } from "../words.js";
import { LimitTable } from "./budgets.js";
import { limitText } from "./limits.js";
import { Edit, Remove } from "./scope.js";

const State = ({ scope }) => (scope.usable ? html`<${Status} tone="ok">${t("keys.usable")}<//>`
  : html`<${Status} shape="square">${t(scope.enabled ? "scope.off-above" : "scope.off")}<//>`);

/** Each scope behind its parent, with how deep it is. A parent that the reader may not see is as good as none. */
function tree(scopes) {
  const names = new Set(scopes.map((scope) => scope.name));
  const below = (parent, depth) => scopes.filter((scope) => (names.has(scope.parent) ? scope.parent : null) === parent)
    .flatMap((scope) => [{ ...scope, depth }, ...below(scope.name, depth + 1)]);
  return below(null, 0);
}

const Tightest = ({ limits }) => {
  const tightest = limits.reduce((most, limit) => (!most || share(limit) > share(most) ? limit : most), null);
  return tightest ? html`<${Used} limit=${tightest} /><div class="small faint">${limitText(tightest)}${limits.length > 1 ? ` · ${t("limits.more", { count: limits.length - 1 })}` : ""}</div>` : html`<span class="faint">${t("keys.unlimited")}</span>`;
};

const columns = (quota) => [
  { title: t("name"), name: true, cell: (scope) => html`<span class="branch" style=${{ "--depth": scope.depth }}><a href=${link("scopes", [scope.name])}>${scope.name}</a> <${Tag}>${word("kind", scope.kind)}<//></span>` },
  { title: t("state"), cell: (scope) => html`<${State} scope=${scope} />` },
  { title: t("limits.tightest"), cell: (scope) => html`<${Tightest} limits=${limitsOf(quota, "scope", scope.name)} />` },
  { title: t("models.list"), cell: (scope) => (scope.models.length ? html`<span class="small">${scope.models.join(", ")}</span>` : html`<span class="faint">${t("models.all")}</span>`) },
  { title: t("page.keys"), number: true, cell: (scope) => number(scope.keys) },
];

function All({ quota, session, add, again }) {
  return html`<div class="stack"><${Head} title=${t("page.scopes")} about=${t("scopes.about")}>${add && html`<button class="primary" onClick=${add}>${t("scope.new")}</button>`}<//>
    <${Tabs} at="scopes" />
    <${Card}>${quota.scopes.length ? html`<${Table} rows=${tree(quota.scopes)} columns=${columns(quota)} id=${(scope) => scope.name} open=${(scope) => go("scopes", [scope.name])} caption=${t("tab.scopes")} />`
      : html`<${Empty} icon="scopes" title=${t("scopes.none")}>${t(add ? "scopes.none.next" : "scopes.none.next-file")}<//>`}<//>
    <${ReadOnly} session=${session} quota=${quota} again=${again} /></div>`;
}

function Course({ budgets }) {
  const [id, setId] = useState(budgets[0].id);
  const chosen = budgets.find((limit) => limit.id === id) ?? budgets[0];
  const { value } = useGet(`limits/${chosen.id}`, {}, 10000);
  return html`<${Card} title=${t("burn")} id="burn" side=${budgets.length > 1 && html`<${Choice} aria-label=${t("burn.which")} value=${chosen.id} onChange=${setId} options=${budgets.map((limit) => [limit.id, limitText(limit)])} />`}>
    ${value?.limit.id === chosen.id ? html`<${BurnDown} key=${chosen.id} course=${value} />` : html`<${Wait} />`}<//>`;
}

function One({ scope, quota, session, act, again }) {
  const limits = limitsOf(quota, "scope", scope.name);
  const path = above(quota.scopes, scope.name);
  const further = [...path.slice(0, -1).reverse().flatMap((each) => limitsOf(quota, "scope", each.name)), ...limitsOf(quota, "gateway")];
  const below = quota.scopes.filter((each) => each.parent === scope.name);
  const budgets = limits.filter(isBudget);
  return html`<div class="stack"><nav class="row tight" aria-label=${t("scope.path")}><a href=${link("scopes")}>← ${t("tab.scopes")}</a>
      ${path.slice(0, -1).map((each) => html`<span class="faint">/</span><a href=${link("scopes", [each.name])}>${each.name}</a>`)}</nav>
    <${Head} title=${scope.name} about=${t("scope.facts", { kind: word("kind", scope.kind), keys: number(scope.keys) })}>
      <${State} scope=${scope} />${act && html`<button onClick=${() => act("below", scope)}>${t("scope.below")}</button><button onClick=${() => act("edit", scope)}>${t("change")}</button>
      <button class="danger" onClick=${() => act("remove", scope)}>${t("scope.remove")}</button>`}<//>
    ${!scope.usable && html`<${Notice} tone="warn">${t(scope.enabled ? "scope.off-above.about" : "scope.off.about")}<//>`}
    <${Card} title=${t("key.limits")} id="limits">${limits.length ? html`<${LimitTable} limits=${limits} caption=${t("key.limits")} />`
      : html`<${Empty} icon="scopes" title=${t("scope.no-limits")}>${t("scope.no-limits.next")}<//>`}<//>
    ${budgets.length > 0 && html`<${Course} key=${scope.name} budgets=${budgets} />`}
    ${further.length > 0 && html`<${Card} title=${t("scope.further")} id="further"><${LimitTable} limits=${further} subject caption=${t("scope.further")} /><//>`}
    <div class="grid"><div class="half"><${Card} title=${t("models.list")} id="models" flush=${false}>${scope.models.length ? html`<span class="row tight">${scope.models.map((model) => html`<${Tag}>${model}<//>`)}</span>` : t("scope.all-models")}<//></div>
      <div class="half"><${Card} title=${t("scope.children")} id="below" flush=${false}>${below.length ? html`<ul class="stack close">${below.map((each) => html`<li><a href=${link("scopes", [each.name])}>${each.name}</a> <${Tag}>${word("kind", each.kind)}<//></li>`)}</ul>` : t("scope.no-children")}<//></div></div>
    <${ReadOnly} session=${session} quota=${quota} again=${again} /></div>`;
}

export default function Scopes({ route, session }) {
  const { value: quota, error, again } = useQuota(session);
  const [doing, setDoing] = useState(null);
  if (!quota) return error ? html`<${Failure} error=${error} retry=${again} />` : html`<${Wait} />`;
  const act = session.writable && quota.writable ? (what, one) => setDoing({ what, one, quota }) : null;
  const close = () => setDoing(null);
  const done = () => {
    if (doing.what === "remove") go("scopes");
    close();
    again();
  };
  const [name] = route.parts;
  const scope = name !== undefined && quota.scopes.find((one) => one.name === name);
  return html`${error && html`<${Failure} error=${error} />`}
    ${scope ? html`<${One} scope=${scope} quota=${quota} session=${session} act=${act} again=${again} />`
      : name !== undefined ? html`<div class="stack"><a href=${link("scopes")}>← ${t("tab.scopes")}</a><${Card}><${Empty} title=${t("scope.gone")}>${t("scope.gone.next")}<//><//></div>`
        : html`<${All} quota=${quota} session=${session} add=${act && (() => act("edit"))} again=${again} />`}
    ${(doing?.what === "edit" || doing?.what === "below") && html`<${Edit} one=${doing.what === "edit" ? doing.one : null} parent=${doing.what === "below" ? doing.one.name : null} quota=${doing.quota} close=${close} done=${done} />`}
    ${doing?.what === "remove" && html`<${Remove} one=${doing.one} quota=${doing.quota} close=${close} done=${done} />`}`;
}
