// How states and outcomes look: a word, a shape and a tone each.
import { Status, Tag } from "./parts.js";
import { html } from "./view.js";
import { word } from "./words.js";

const UPSTREAM = {
  serving: ["disc", "ok"], full: ["half", "warn"], draining: ["half", "warn"], cooling_down: ["half", "warn"],
  disabled: ["square", ""], unhealthy: ["triangle", "bad"], breaker_open: ["diamond", "bad"], keys_refused: ["triangle", "bad"],
};
export const UpstreamState = ({ state }) => {
  const [shape, tone] = UPSTREAM[state] ?? ["ring", ""];
  return html`<${Status} shape=${shape} tone=${tone}>${word("state", state)}<//>`;
};
export const isOut = (state) => state !== "serving" && state !== "full";

export const NodeState = ({ node }) => (node.nack.length > 0
  ? html`<${Status} shape="diamond" tone="bad">${word("node", "nack")}<//>`
  : !node.live ? html`<${Status} shape="cross" tone="bad">${word("node", "gone")}<//>`
    : node.state === "draining" || node.drain ? html`<${Status} shape="half" tone="warn">${word("node", "draining")}<//>`
      : node.active !== node.tried ? html`<${Status} shape="half" tone="warn">${word("node", "behind")}<//>`
        : html`<${Status} tone="ok">${word("node", node.state ?? "ready")}<//>`);

export const Outcome = ({ request }) => {
  const bad = request.status >= 500 || (request.outcome !== "completed" && request.outcome !== "client_aborted");
  const tone = bad ? "bad" : request.status >= 400 || request.outcome !== "completed" ? "warn" : "ok";
  const shape = { bad: "triangle", warn: "half", ok: "disc" }[tone];
  return html`<${Status} shape=${shape} tone=${tone}>${request.status} ${request.outcome === "completed" ? "" : word("outcome", request.outcome)}<//>`;
};

export const Code = ({ code }) => (code ? html`<${Tag} tone="bad">${code}<//>` : null);
