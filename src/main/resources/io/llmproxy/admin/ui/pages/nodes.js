import { part, put, remove } from "../api.js";
import { tell, useGet } from "../data.js";
import { Card, Confirm, Empty, Failure, Head, Notice, Table, Tag, Wait } from "../parts.js";
import { link } from "../route.js";
import { NodeState } from "../states.js";
import { html, useState } from "../view.js";
import { ago, number, t } from "../words.js";

const path = (node) => `nodes/${node.this ? "this" : part(node.id)}/state`;

const State = ({ node }) => html`<div><${NodeState} node=${node} />${node.drain && html`<div class="small faint">${t("nodes.drained", { by: node.drain.by, since: ago(node.drain.since) })}</div>`}
  ${node.state === "draining" && html`<div class="small faint">${t(node.in_flight ? "drain.left" : "nodes.empty", { count: number(node.in_flight) })}</div>`}</div>`;

/** Whether load balancers are to send requests to a node; who stops drains, too, and cannot be held back. */
function Action({ node, drain, done }) {
  const [busy, setBusy] = useState(false);
  const serve = async () => {
    setBusy(true);
    try {
      done(await remove(path(node)));
      tell(t("nodes.serves-again", { name: node.name }));
    } catch (failure) {
      tell(failure.message, "bad");
    }
    setBusy(false);
  };
  if (node.drain) return html`<button class="small primary" disabled=${busy} onClick=${serve}>${t("nodes.serve")}</button>`;
  return node.live && node.state !== "draining" && html`<button class="small" onClick=${drain}>${t("nodes.drain")}</button>`;
}

function Drain({ node, close, done }) {
  const run = async () => {
    done(await put(path(node), { state: "draining" }));
    tell(t("did.draining", { name: node.name }));
  };
  return html`<${Confirm} title=${t("nodes.drain.title", { name: node.name })} about=${t("nodes.drain.about")} action=${t("nodes.drain")} close=${close} run=${run} />`;
}

export default function Nodes({ session, may }) {
  const { value, error, again } = useGet("nodes", {}, 2000);
  const [draining, setDraining] = useState(null);
  if (!value) return error ? html`<${Failure} error=${error} retry=${again} />` : html`<${Wait} />`;
  const columns = [
    { title: t("name"), name: true, cell: (node) => html`${node.name} ${node.this && html`<${Tag} tone="accent">${t("nodes.this")}<//>`}<div class="small faint mono">${node.id}</div>` },
    { title: t("state"), cell: (node) => html`<${State} node=${node} />` },
    { title: t("in-flight"), number: true, cell: (node) => (node.in_flight === null ? "–" : number(node.in_flight)) },
    { title: t("nodes.serves"), cell: (node) => (node.active === null ? t("nodes.file") : html`<a href=${link("history", [String(node.active)])}>${t("version.n", { version: node.active })}</a>`) },
    { title: t("nodes.release"), cell: (node) => node.version },
    { title: t("nodes.seen"), cell: (node) => ago(node.seen_at) },
    { title: t("nodes.why"), cell: (node) => (node.nack.length ? html`<ul class="stack close small">${node.nack.map((text) => html`<li>${text}</li>`)}</ul>` : "") },
    ...(may ? [{ title: "", end: true, cell: (node) => html`<${Action} node=${node} drain=${() => setDraining(node)} done=${again} />` }] : []),
  ];
  return html`<div class="stack"><${Head} title=${t("page.nodes")} about=${t("nodes.about")} />
    ${error && html`<${Failure} error=${error} />`}
    <${Card}>${value.nodes.length ? html`<${Table} rows=${value.nodes} columns=${columns} id=${(node) => node.id} caption=${t("page.nodes")} />` : html`<${Empty} icon="nodes" title=${t("nodes.none")}>${t("nodes.none.next")}<//>`}<//>
    ${session.mode === "file" && html`<${Notice}>${t("nodes.file-mode")}<//>`}
    ${draining && html`<${Drain} node=${draining} close=${() => setDraining(null)} done=${again} />`}</div>`;
}
