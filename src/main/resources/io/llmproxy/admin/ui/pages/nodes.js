import { useGet } from "../data.js";
import { Card, Empty, Failure, Head, Notice, Table, Tag, Wait } from "../parts.js";
import { link } from "../route.js";
import { NodeState } from "../states.js";
import { html } from "../view.js";
import { ago, t } from "../words.js";

export default function Nodes({ session }) {
  const { value, error, again } = useGet("nodes", {}, 3000);
  if (!value) return error ? html`<${Failure} error=${error} retry=${again} />` : html`<${Wait} />`;
  const columns = [
    { title: t("name"), name: true, cell: (node) => html`${node.name} ${node.this && html`<${Tag} tone="accent">${t("nodes.this")}<//>`}<div class="small faint mono">${node.id}</div>` },
    { title: t("state"), cell: (node) => html`<${NodeState} node=${node} />` },
    { title: t("nodes.serves"), cell: (node) => (node.active === null ? t("nodes.file") : html`<a href=${link("history", [String(node.active)])}>${t("version.n", { version: node.active })}</a>`) },
    { title: t("nodes.release"), cell: (node) => node.version },
    { title: t("nodes.seen"), cell: (node) => ago(node.seen_at) },
    { title: t("nodes.why"), cell: (node) => (node.nack.length ? html`<ul class="stack close small">${node.nack.map((text) => html`<li>${text}</li>`)}</ul>` : "") },
  ];
  return html`<div class="stack"><${Head} title=${t("page.nodes")} about=${t("nodes.about")} />
    ${error && html`<${Failure} error=${error} />`}
    <${Card}>${value.nodes.length ? html`<${Table} rows=${value.nodes} columns=${columns} id=${(node) => node.id} caption=${t("page.nodes")} />` : html`<${Empty} icon="nodes" title=${t("nodes.none")}>${t("nodes.none.next")}<//>`}<//>
    ${session.mode === "file" && html`<${Notice}>${t("nodes.file-mode")}<//>`}</div>`;
}
