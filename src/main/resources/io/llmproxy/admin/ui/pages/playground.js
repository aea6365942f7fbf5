import { send } from "../api.js";
import { useGet } from "../data.js";
import { DIALECTS, events } from "../dialects.js";
import { Icon } from "../icons.js";
import { Card, Check, Choice, Empty, Failure, Field, Head, Tag } from "../parts.js";
import { link } from "../route.js";
import { html, useEffect, useRef, useState } from "../view.js";
import { millis, number, t } from "../words.js";

const json = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** Sends what stands there, and tells each change of the answer; ends when the answer does or the reader stops it. */
async function talk(setup, turns, abort, told) {
  const dialect = DIALECTS[setup.dialect];
  const asked = { model: setup.model, turns, stream: setup.stream, system: setup.system, limit: Number(setup.limit) || 0 };
  const answer = { text: "", raw: [], begun: performance.now(), busy: true };
  try {
    const response = await send("POST", "playground", {
      accept: "*/*", signal: abort.signal,
      body: { forward: setup.forward, ...(setup.key && { key: setup.key }), path: dialect.path(asked), ...(dialect.headers && { headers: dialect.headers }), body: dialect.body(asked) },
    });
    Object.assign(answer, { status: response.status, id: response.headers.get("X-Request-Id"), code: response.headers.get("X-LLMProxy-Error") });
    for await (const data of events(response)) {
      answer.raw.push(data);
      const event = json(data);
      const text = event && dialect.text(event);
      if (text) {
        answer.first ??= performance.now() - answer.begun;
        answer.text += text;
      }
      answer.tokens = (event && dialect.tokens(event)) ?? answer.tokens;
      if (event?.error) answer.failed = event.error.message ?? JSON.stringify(event.error);
      told({ ...answer });
    }
  } catch (failure) {
    if (failure.name === "AbortError") answer.stopped = true;
    else answer.failure = failure;
  }
  answer.took = performance.now() - answer.begun;
  told({ ...answer, busy: false });
}

const Told = ({ answer }) => html`<div class="row small faint">
  ${answer.status && html`<${Tag} tone=${answer.status < 400 ? "ok" : "bad"}>${answer.status}<//>`}
  ${answer.code && html`<${Tag} tone="bad">${answer.code}<//>`}
  ${answer.stopped && html`<${Tag} tone="warn">${t("play.stopped")}<//>`}
  ${answer.first !== undefined && html`<span>${t("play.first", { time: millis(answer.first) })}</span>`}
  ${answer.took !== undefined && html`<span>${t("play.took", { time: millis(answer.took) })}</span>`}
  ${answer.tokens > 0 && answer.took > answer.first && html`<span>${t("tokens.per-second", { count: number((answer.tokens * 1000) / (answer.took - answer.first), 1) })}</span>`}
  ${answer.id && !answer.busy && html`<a href=${link("requests", [answer.id])}>${t("play.why")}</a>`}</div>`;

const Turn = ({ turn }) => (turn.role === "me" ? html`<div class="said me">${turn.text}</div>`
  : html`<div class="stack close"><div class="said ${turn.answer.failed || turn.answer.failure ? "bad" : ""}">${turn.text || turn.answer.failed || (turn.answer.busy ? "…" : turn.answer.status >= 400 ? turn.answer.raw[0] : turn.answer.failure ? turn.answer.failure.message : t("play.nothing"))}</div>
    ${turn.text && turn.answer.failed && html`<div class="said bad">${turn.answer.failed}</div>`}<${Told} answer=${turn.answer} /></div>`);

function Setup({ setup, set, forwards, keys, models }) {
  const input = (member) => (event) => set({ [member]: event.target.value });
  return html`<${Card} flush=${false}><div class="stack">
    <${Field} label=${t("play.dialect")}>${(field) => html`<${Choice} ...${field} value=${setup.dialect} onChange=${(dialect) => set({ dialect })} options=${Object.entries(DIALECTS).map(([key, one]) => [key, one.name])} />`}<//>
    <${Field} label=${t("forward")}>${(field) => html`<${Choice} ...${field} value=${setup.forward} onChange=${(forward) => set({ forward })} options=${forwards.map((one) => [one.name, one.name])} />`}<//>
    <${Field} label=${t("model")}>${(field) => html`<input ...${field} name="model" list="models" required value=${setup.model} onInput=${input("model")} />`}<//>
    <datalist id="models">${models.filter((model) => !model.pattern).map((model) => html`<option value=${model.name} />`)}</datalist>
    <${Field} label=${t("client-key")} hint=${t("play.key")}>${(field) => html`<${Choice} ...${field} value=${setup.key} onChange=${(key) => set({ key })} options=${[["", t("try.no-key")], ...keys.filter((key) => key.usable).map((key) => [key.name, key.name])]} />`}<//>
    <${Field} label=${t("play.system")}>${(field) => html`<textarea ...${field} rows="2" value=${setup.system} onInput=${input("system")}></textarea>`}<//>
    <${Field} label=${t("play.limit")}>${(field) => html`<input ...${field} type="number" min="1" value=${setup.limit} onInput=${input("limit")} />`}<//>
    <${Check} checked=${setup.stream} onChange=${(stream) => set({ stream })}>${t("play.stream")}<//></div><//>`;
}

/** Kept while the reader looks at other pages. */
let kept = { setup: { dialect: "chat", forward: "", model: "", key: "", system: "", limit: "", stream: true }, turns: [] };

/** Joined only for one who looks: a stream has many events. */
function Raw({ raw }) {
  const [open, setOpen] = useState(false);
  return html`<details onToggle=${(event) => setOpen(event.currentTarget.open)}><summary>${t("play.raw", { count: raw.length })}</summary>
    ${open && html`<pre class="raw" tabindex="0">${raw.join("\n\n")}</pre>`}</details>`;
}

export default function Playground() {
  const forwards = useGet("forwards");
  const keys = useGet("keys").value?.keys ?? [];
  const models = useGet("models").value?.models ?? [];
  const [setup, setSetup] = useState(kept.setup);
  const [turns, setTurns] = useState(kept.turns);
  const [text, setText] = useState("");
  const abort = useRef(null);
  const end = useRef();
  const list = forwards.value?.forwards ?? [];
  const set = (values) => setSetup((old) => ({ ...old, ...values }));
  kept = { setup, turns };
  useEffect(() => list.length && !setup.forward && set({ forward: list[0].name }), [list.length]);
  useEffect(() => models.length && !setup.model && set({ model: (models.find((model) => !model.pattern) ?? models[0]).name }), [models.length]);
  useEffect(() => end.current?.scrollTo(0, end.current.scrollHeight), [turns]);
  useEffect(() => () => abort.current?.abort(), []);
  const busy = turns.at(-1)?.answer?.busy ?? false;
  const ask = (event) => {
    event.preventDefault();
    if (!text.trim() || busy) return;
    const asked = [...turns.filter((turn) => turn.text), { role: "me", text: text.trim() }];
    abort.current = new AbortController();
    setText("");
    const show = (answer) => setTurns([...asked, { role: "it", text: answer.text, answer }]);
    show({ text: "", raw: [], busy: true });
    talk(setup, asked, abort.current, show);
  };
  const pressed = (event) => event.key === "Enter" && !event.shiftKey && !event.isComposing && ask(event);
  const raw = turns.at(-1)?.answer?.raw ?? [];
  if (forwards.error) return html`<${Failure} error=${forwards.error} retry=${forwards.again} />`;
  return html`<div class="stack"><${Head} title=${t("page.playground")} about=${t("play.about")}>
      ${turns.length > 0 && html`<button class="plain" onClick=${() => setTurns([])} disabled=${busy}>${t("play.clear")}</button>`}<//>
    <div class="grid"><div class="third"><${Setup} setup=${setup} set=${set} forwards=${list} keys=${keys} models=${models} /></div>
      <div class="two-thirds stack"><${Card}>
        <div class="chat" ref=${end} aria-live="polite" tabindex="0" aria-label=${t("play.talk")}>${turns.length ? turns.map((turn) => html`<${Turn} turn=${turn} />`)
          : html`<${Empty} icon="playground" title=${t("play.none")}>${t("play.none.next")}<//>`}</div>
        <form class="ask" onSubmit=${ask}><textarea class="grow" name="message" rows="2" aria-label=${t("play.message")} placeholder=${t("play.message")} value=${text}
            onInput=${(event) => setText(event.target.value)} onKeyDown=${pressed}></textarea>
          ${busy ? html`<button type="button" class="danger" onClick=${() => abort.current.abort()}><${Icon} name="stop" size=${15} />${t("play.stop")}</button>`
            : html`<button class="primary" disabled=${!setup.forward}><${Icon} name="play" size=${15} />${t("play.send")}</button>`}</form><//>
        ${raw.length > 0 && html`<${Raw} raw=${raw} />`}</div></div></div>`;
}
