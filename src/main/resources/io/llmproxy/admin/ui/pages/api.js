import { useGet } from "../data.js";
import { send } from "../api.js";
import { Card, Choice, Copy, Failure, Field, Head, Tag, Wait } from "../parts.js";
import { html, useState } from "../view.js";
import { millis, t, word } from "../words.js";

const METHODS = ["get", "post", "put", "patch", "delete"];

const resolve = (document, node) => (node?.$ref ? resolve(document, node.$ref.slice(2).split("/").reduce((at, name) => at?.[name], document)) : node);

/** The calls of the document, as a list. */
const calls = (document) => Object.entries(document.paths).flatMap(([path, item]) => METHODS.filter((method) => item[method]).map((method) => ({
  ...item[method], path, method,
  parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map((one) => resolve(document, one)),
})));

const bodyOf = (document, call) => resolve(document, call.requestBody)?.content?.["application/json"];

function Attempt({ call, document }) {
  const example = bodyOf(document, call)?.example;
  const [values, setValues] = useState({});
  const [body, setBody] = useState(example ? JSON.stringify(example, null, 2) : "");
  const [state, setState] = useState({});
  const run = async (event) => {
    event.preventDefault();
    const begun = performance.now();
    const path = call.path.slice(1).replace(/\{(\w+)\}/g, (all, name) => encodeURIComponent(values[name] ?? ""));
    const query = Object.fromEntries(call.parameters.filter((one) => one.in === "query").map((one) => [one.name, values[one.name]]));
    try {
      const response = await send(call.method.toUpperCase(), path, { query, body: body || (call.requestBody ? "{}" : undefined), etag: values["If-Match"] });
      setState({ status: response.status, text: pretty(await response.text()), time: performance.now() - begun });
    } catch (error) {
      setState({ status: error.status, text: pretty(JSON.stringify(error.problem ?? error.message)), time: performance.now() - begun });
    }
  };
  return html`<form class="stack close" onSubmit=${run}>
    ${call.parameters.map((one) => html`<${Field} label=${one.name} hint=${one.description}>${(field) => (one.schema?.enum
      ? html`<${Choice} ...${field} value=${values[one.name] ?? ""} onChange=${(value) => setValues({ ...values, [one.name]: value })} options=${["", ...one.schema.enum].map((value) => [value, value])} />`
      : html`<input ...${field} required=${one.in === "path"} value=${values[one.name] ?? ""} onInput=${(event) => setValues({ ...values, [one.name]: event.target.value })} />`)}<//>`)}
    ${call.requestBody && html`<${Field} label=${t("api.body")}>${(field) => html`<textarea ...${field} class="mono" rows=${Math.min(12, body.split("\n").length + 1)} spellcheck=${false} value=${body}
      onInput=${(event) => setBody(event.target.value)}></textarea>`}<//>`}
    <div class="row"><button class="primary">${t("api.send")}</button>
      <span role="status">${state.text !== undefined && html`<${Tag} tone=${state.status < 400 ? "ok" : "bad"}>${state.status}<//> <span class="small faint">${millis(state.time)}</span>`}</span>
      ${state.text && html`<${Copy} text=${state.text} />`}</div>
    ${state.text && html`<pre class="raw" tabindex="0">${state.text}</pre>`}</form>`;
}

const pretty = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

function Call({ call, document, may }) {
  const [open, setOpen] = useState(false);
  const stream = call.path === "/live";
  return html`<li class="call"><button class="plain wide" aria-expanded=${open} onClick=${() => setOpen(!open)}>
      <span class="method">${call.method.toUpperCase()}</span><code>${call.path}</code><span class="grow soft">${call.summary}</span><${Tag}>${word("role", call["x-role"])}<//></button>
    ${open && html`<div class="stack close inner">${call.description && html`<p class="soft">${call.description}</p>`}
      ${!stream && may(call) ? html`<${Attempt} call=${call} document=${document} />` : html`<p class="faint small">${t("api.no-try")}</p>`}</div>`}</li>`;
}

export default function Api({ session }) {
  const { value, error, again } = useGet("openapi.json");
  const [find, setFind] = useState("");
  if (!value) return error ? html`<${Failure} error=${error} retry=${again} />` : html`<${Wait} />`;
  const rank = { anyone: 0, viewer: 1, editor: 2, admin: 3 };
  const may = (call) => rank[call["x-role"]] <= rank[session.role] && (!session.scope || call["x-scoped"] || call["x-role"] === "anyone");
  const wanted = calls(value).filter((call) => `${call.method} ${call.path} ${call.summary}`.toLowerCase().includes(find.toLowerCase()));
  return html`<div class="stack"><${Head} title=${t("page.api")} about=${t("api.about")}>
      <input type="search" aria-label=${t("find")} placeholder=${t("find")} value=${find} onInput=${(event) => setFind(event.target.value)} />
      <a class="button" href="../api/v1/openapi.json" download="openapi.json">openapi.json</a><//>
    ${value.tags.map((tag) => {
      const list = wanted.filter((call) => call.tags.includes(tag.name));
      return list.length > 0 && html`<${Card} key=${tag.name} title=${tag.description} id="tag-${tag.name}"><ul class="calls">${list.map((call) => html`<${Call} key=${call.operationId} call=${call} document=${value} may=${may} />`)}</ul><//>`;
    })}</div>`;
}
