// One request: what it was, and a timeline of its attempts.
import { part } from "../api.js";
import { useGet } from "../data.js";
import { Shape } from "../icons.js";
import { Card, Copy, Failure, Head, Notice, Tag, Wait } from "../parts.js";
import { link } from "../route.js";
import { Code, Outcome } from "../states.js";
import { html } from "../view.js";
import { millis, money, moment, number, t, word } from "../words.js";

function Candidates({ step }) {
  return html`<ul class="stack close small">${(step.candidates ?? []).map((one) => html`<li class="row">
    <${Shape} name=${one.upstream === step.chosen ? "disc" : one.excluded ? "square" : "ring"} />
    <span>${one.upstream}</span>
    <span class="faint">${one.upstream === step.chosen ? t("step.chosen") : one.excluded ? t("step.left-out", { why: word("excluded", one.excluded) }) : t("step.possible")}${" · "}${t("step.load", { count: number(one.in_flight), weight: number(one.weight) })}</span></li>`)}</ul>`;
}

const LOOKS = {
  pick: ["ring", ""], attempt: ["disc", "ok"], broke_off: ["triangle", "bad"], sent_again: ["half", "warn"], not_sent_again: ["square", ""],
};

function Step({ step, start, total }) {
  const failed = step.step === "attempt" && (step.error || step.status === 0 || step.status >= 400);
  const [shape, tone] = failed ? ["triangle", "bad"] : LOOKS[step.step] ?? ["ring", ""];
  const [head, body] = {
    pick: () => [step.chosen ? t("step.pick", { name: step.chosen }) : t("step.none"), html`<${Candidates} step=${step} />`],
    attempt: () => [html`${t("step.attempt", { name: step.upstream })} <${Tag} tone=${failed ? "bad" : "ok"}>${step.status || t("no-answer")}<//> <${Code} code=${step.error} />`,
      html`<div class="spans" aria-hidden="true"><i class=${failed ? "bad" : ""} style=${{ left: `${share(start, total)}%`, width: `${share(step.ms, total)}%` }}></i></div>
        <span class="small faint">${t("step.took", { time: millis(step.ms) })}</span>`],
    broke_off: () => [t("step.broke-off"), html`<${Code} code=${step.error} />`],
    sent_again: () => [t("step.sent-again"), html`<span class="small faint">${word("because", step.because)}</span>`],
    not_sent_again: () => [t("step.not-sent-again"), html`<span class="small faint">${word("because", step.because)}</span>`],
  }[step.step]?.() ?? [word("step", step.step), ""];
  return html`<li><span class="status ${tone}"><${Shape} name=${shape} /></span><h3>${head}</h3>${body}</li>`;
}

const share = (part, total) => (total > 0 ? Math.min(100, (part / total) * 100) : 0);

function Timeline({ request }) {
  let at = 0;
  const rows = request.steps.map((step) => {
    const start = at;
    at += step.ms ?? 0;
    return html`<${Step} step=${step} start=${start} total=${Math.max(request.total_ms, request.first_byte_ms)} />`;
  });
  return html`<ol class="timeline">${rows}
    ${request.not_retried && html`<li><span class="status"><${Shape} name="square" /></span><h3>${t("step.not-sent-again")}</h3><span class="small faint">${word("because", request.not_retried)}</span></li>`}
    <li><span class="status"><${Shape} name="disc" /></span><h3>${t("step.answer")} <${Outcome} request=${request} /></h3>
      <div class="spans" aria-hidden="true"><i class="before" style=${{ left: 0, width: `${share(request.first_byte_ms, request.total_ms)}%` }}></i>
        <i style=${{ left: `${share(request.first_byte_ms, request.total_ms)}%`, width: `${100 - share(request.first_byte_ms, request.total_ms)}%` }}></i></div>
      <span class="small faint">${t("step.answered", { first: millis(request.first_byte_ms), total: millis(request.total_ms) })}</span></li></ol>
    ${request.truncated && html`<${Notice}>${t("step.truncated")}<//>`}`;
}

const Facts = ({ request }) => html`<dl class="pairs">
  ${[["ended", moment(request.at)], ["forward", request.forward], ["path", html`<code>${request.path}</code>`], ["model", request.model ?? "–"], ["client-key", request.key ?? "–"],
    ["rule", request.rule ?? "–"], ["group", request.group ?? "–"],
    ["upstream", request.upstream ? html`<a href=${link("upstreams", [request.upstream])}>${request.upstream}</a>` : "–"],
    ["tokens.input", number(request.input_tokens)], ["tokens.output", number(request.output_tokens)],
    ["tokens.speed", speed(request)], ["cost", request.cost ? money(request.cost.micros, request.cost.currency) : "–"]]
    .map(([key, text]) => html`<dt>${t(key)}</dt><dd>${text}</dd>`)}
</dl>`;

const speed = ({ output_tokens: tokens, total_ms: total, first_byte_ms: first }) => (tokens && total > first ? t("tokens.per-second", { count: number((tokens * 1000) / (total - first), 1) }) : "–");

export function RequestPage({ id }) {
  const { value, error } = useGet(`requests/${part(id)}`);
  if (!value) return error ? html`<div class="stack"><a href=${link("requests")}>← ${t("page.requests")}</a><${Failure} error=${error} /></div>` : html`<${Wait} />`;
  return html`<div class="stack"><div><a href=${link("requests")}>← ${t("page.requests")}</a></div>
    ${value.requests.map((request) => html`<${Head} title=${request.model ?? request.path} about=${html`<code>${request.id}</code>`}>
        <${Copy} text=${request.id} /><${Outcome} request=${request} /><//>
      <div class="grid"><div class="two-thirds"><${Card} title=${t("timeline")} id="timeline" flush=${false}><${Timeline} request=${request} /><//></div>
        <div class="third"><${Card} title=${t("facts")} id="facts" flush=${false}><${Facts} request=${request} /><//></div></div>`)}
  </div>`;
}
