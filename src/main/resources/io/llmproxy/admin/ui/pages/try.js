import { post } from "../api.js";
import { useGet } from "../data.js";
import { Shape } from "../icons.js";
import { Card, Choice, Empty, Failure, Field, Head, Notice, Status, Table, Tag } from "../parts.js";
import { link } from "../route.js";
import { html, useEffect, useState } from "../view.js";
import { number, t, word } from "../words.js";
import { Tabs } from "./models.js";

const PATHS = ["/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/embeddings", "/v1/models"];

function Answer({ decision }) {
  const line = (fine, text, more) => html`<li><span class="status ${fine ? "ok" : "bad"}"><${Shape} name=${fine ? "disc" : "triangle"} /></span>
    <div class="grow">${text}${more && html`<div class="small faint">${more}</div>`}</div></li>`;
  return html`<${Card} title=${t("try.decision")} id="decision" flush=${false}><ol class="steps">
      ${line(true, t("try.endpoint", { forward: decision.forward, endpoint: decision.endpoint }))}
      ${line(Boolean(decision.rule), decision.rule ? t("try.rule", { rule: decision.rule === "default" ? t("try.default") : decision.rule, group: decision.group ?? "–" }) : t("try.no-rule"))}
      ${decision.refusal ? line(false, t("try.refused", { status: decision.refusal.status, code: decision.refusal.code }), decision.refusal.message)
        : line(true, t("try.sent", { count: decision.candidates.filter((one) => !one.excluded).length }))}
    </ol><//>
    <${Card} title=${t("try.candidates")} id="candidates">${decision.candidates.length ? html`<${Table} rows=${decision.candidates} id=${(one) => one.upstream} columns=${[
      { title: t("upstream"), name: true, cell: (one) => html`<a href=${link("upstreams", [one.upstream])}>${one.upstream}</a>` },
      { title: t("try.possible"), cell: (one) => (one.excluded ? html`<${Status} shape="square">${word("excluded", one.excluded)}<//>` : html`<${Status} tone="ok">${t("try.yes")}<//>`) },
      { title: t("model"), cell: (one) => html`${one.model ?? "–"} ${one.converts && html`<${Tag} tone="accent">${t("try.converts")}<//>`}` },
      { title: t("in-flight"), number: true, cell: (one) => number(one.in_flight) },
      { title: t("weight"), number: true, cell: (one) => number(one.weight) },
    ]} />` : html`<${Empty} title=${t("try.nobody")}>${t("try.nobody.next")}<//>`}<//>`;
}

export default function Try({ route }) {
  const forwards = useGet("forwards").value?.forwards ?? [];
  const keys = useGet("keys").value?.keys ?? [];
  const models = useGet("models").value?.models ?? [];
  const [question, setQuestion] = useState({ forward: route.query.forward ?? "", path: PATHS[0], model: route.query.model ?? "", key: "" });
  const [state, setState] = useState({});
  const set = (member) => (value) => setQuestion({ ...question, [member]: value.target ? value.target.value : value });
  useEffect(() => {
    if (!question.forward && forwards.length) setQuestion({ ...question, forward: forwards[0].name });
  }, [forwards.length]);
  const ask = async (event) => {
    event.preventDefault();
    try {
      const body = Object.fromEntries(Object.entries(question).filter(([, value]) => value));
      setState({ decision: await post("explain", body) });
    } catch (error) {
      setState({ error });
    }
  };
  return html`<div class="stack"><${Head} title=${t("try")} about=${t("try.about")} /><${Tabs} at="try" />
    <div class="grid"><div class="third"><${Card} flush=${false}><form class="stack" onSubmit=${ask}>
      <${Field} label=${t("forward")}>${(field) => html`<${Choice} ...${field} value=${question.forward} onChange=${set("forward")} options=${forwards.map((one) => [one.name, one.name])} />`}<//>
      <${Field} label=${t("path")}>${(field) => html`<input ...${field} list="paths" required value=${question.path} onInput=${set("path")} />`}<//>
      <datalist id="paths">${PATHS.map((path) => html`<option value=${path} />`)}</datalist>
      <${Field} label=${t("model")}>${(field) => html`<input ...${field} list="models" value=${question.model} onInput=${set("model")} />`}<//>
      <datalist id="models">${models.map((model) => html`<option value=${model.name} />`)}</datalist>
      <${Field} label=${t("client-key")}>${(field) => html`<${Choice} ...${field} value=${question.key} onChange=${set("key")} options=${[["", t("try.no-key")], ...keys.map((key) => [key.name, key.name])]} />`}<//>
      <button class="primary">${t("try.ask")}</button></form><//></div>
      <div class="two-thirds stack" aria-live="polite">${state.error ? html`<${Failure} error=${state.error} />` : state.decision ? html`<${Answer} decision=${state.decision} />`
        : html`<${Notice}>${t("try.next")}<//>`}</div></div></div>`;
}
