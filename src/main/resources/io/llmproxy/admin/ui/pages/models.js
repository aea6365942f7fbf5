import { useGet } from "../data.js";
import { Card, Empty, Failure, Head, Notice, Status, Table, Tag, Wait } from "../parts.js";
import { link } from "../route.js";
import { html, useState } from "../view.js";
import { t } from "../words.js";

export const Tabs = ({ at }) => html`<nav class="tabs" aria-label=${t("page.models")}>
  <a href=${link("models")} aria-current=${at === "models" ? "page" : undefined}>${t("models.list")}</a>
  <a href=${link("try")} aria-current=${at === "try" ? "page" : undefined}>${t("try")}</a></nav>`;

const Served = ({ by }) => html`<ul class="stack close">${by.map((one) => html`<li class="row">
  <${Status} shape=${one.up ? "disc" : "triangle"} tone=${one.up ? "ok" : "bad"}><a href=${link("upstreams", [one.upstream])}>${one.upstream}</a><//>
  ${one.as && html`<span class="small faint">${t("models.as", { name: one.as })}</span>`}
  ${!one.up && html`<span class="small">${t("models.down")}</span>`}</li>`)}</ul>`;

const names = (by, member) => [...new Set(by.flatMap((one) => one[member]))];

export default function Models() {
  const { value, error, again } = useGet("models", {}, 10000);
  const forwards = useGet("forwards").value?.forwards ?? [];
  const [find, setFind] = useState("");
  if (!value) return error ? html`<${Failure} error=${error} retry=${again} />` : html`<${Wait} />`;
  const rows = value.models.filter((model) => `${model.name} ${model.served_by.map((one) => one.upstream)}`.toLowerCase().includes(find.toLowerCase()));
  const columns = [
    { title: t("model"), name: true, cell: (model) => html`${model.name} ${model.pattern && html`<${Tag}>${t("models.pattern")}<//>`}` },
    { title: t("models.served"), cell: (model) => html`<${Served} by=${model.served_by} />` },
    { title: t("forwards"), cell: (model) => html`<span class="row tight">${names(model.served_by, "forwards").map((name) => html`<${Tag}>${name}<//>`)}</span>` },
    { title: "", end: true, cell: (model) => html`<a class="button" href=${link("try", [], { model: model.name, forward: names(model.served_by, "forwards")[0] })}>${t("try")}</a>` },
  ];
  return html`<div class="stack"><${Head} title=${t("page.models")} about=${t("models.about")}>
      <input type="search" aria-label=${t("find")} placeholder=${t("find")} value=${find} onInput=${(event) => setFind(event.target.value)} /><//>
    <${Tabs} at="models" />
    ${value.any.length > 0 && html`<${Notice}>${t("models.any", { names: value.any.join(", ") })}<//>`}
    <${Card} title=${t("models.list")} id="models">${rows.length ? html`<${Table} rows=${rows} columns=${columns} id=${(model) => model.name} />`
      : find ? html`<${Empty} title=${t("nothing-found")}>${t("nothing-found.next")}<//>` : html`<${Empty} icon="routing" title=${t("models.none")}>${t("models.none.next")}<//>`}<//>
    <${Card} title=${t("forwards")} id="forwards">${forwards.length ? html`<${Table} rows=${forwards} id=${(forward) => forward.name} columns=${[
      { title: t("name"), name: true, cell: (forward) => forward.name },
      { title: t("forwards.listens"), cell: (forward) => html`<code>${forward.address}:${forward.port}</code>` },
      { title: t("groups"), cell: (forward) => html`<span class="row tight">${forward.groups.map((name) => html`<${Tag}>${name}<//>`)}</span>` },
      { title: t("forwards.rules"), number: true, cell: (forward) => (forward.config.routing ?? []).length },
      { title: t("page.keys"), number: true, cell: (forward) => forward.keys.length || html`<${Status} shape="triangle" tone="warn">${t("forwards.open")}<//>` },
    ]} />` : html`<${Empty} title=${t("forwards.none")}>${t("forwards.none.next")}<//>`}<//></div>`;
}
