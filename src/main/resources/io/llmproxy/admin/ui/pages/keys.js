import { get } from "../api.js";
import { useList, useLoad } from "../data.js";
import { sha256 } from "../digest.js";
import { Card, Empty, Failure, Head, Notice, Status, Table, Tag, Wait } from "../parts.js";
import { link } from "../route.js";
import { html, useEffect, useState } from "../view.js";
import { moment, number, t, word } from "../words.js";
import { Edit, Remove, Rotate, Secret, Switch } from "./key.js";
import { limitText } from "./limits.js";

const State = ({ one }) => (one.usable ? html`<${Status} tone="ok">${t("keys.usable")}<//>`
  : html`<${Status} shape=${one.enabled ? "cross" : "square"} tone=${one.enabled ? "bad" : ""}>${word("unusable", one.unusable_because)}<//>`);

const place = (one) => (one.place.kind === "all" ? t("keys.place.all")
  : one.place.kind === "forwards" ? t("keys.place.forward", { name: one.forwards.join(", ") }) : t(`keys.place.${one.place.kind}`, { name: one.place.name }));

const limits = (one) => [one.requests_per_second && t("keys.rate", { rate: number(one.requests_per_second, 2) }), one.max_concurrent && t("keys.concurrent", { count: number(one.max_concurrent) }),
  ...one.limits.map(limitText)]
  .filter(Boolean).join(" · ") || t("keys.unlimited");

const columns = (act, requests) => [
  { title: t("name"), name: true, cell: (one) => html`${one.name}<div class="small faint mono">${one.hint ? `${one.hint}…` : `#${one.fingerprint}`}</div>` },
  { title: t("state"), cell: (one) => html`<${State} one=${one} />${one.previous_until && html`<div class="small faint">${t("keys.previous", { time: moment(one.previous_until) })}</div>`}` },
  { title: t("keys.place"), cell: (one) => html`${place(one)}${one.scope && html`<div class="small faint">${t("keys.scope", { name: one.scope })}</div>`}` },
  { title: t("models.list"), cell: (one) => (one.allowed_models.length ? html`<span class="row tight">${one.allowed_models.map((model) => html`<${Tag}>${model}<//>`)}</span>` : t("models.all")) },
  { title: t("keys.limits"), cell: (one) => html`<span class="small">${limits(one)}</span>` },
  { title: t("keys.expires"), cell: (one) => (one.expires_at ? moment(one.expires_at) : t("never")) },
  { title: "", end: true, cell: (one) => html`<span class="row tight">${requests && html`<a href=${link("requests", [], { key: one.name })}>${t("page.requests")}</a>`}
    ${act && (one.id ? html`<button class="small" aria-label=${t("key.edit", { name: one.name })} onClick=${() => act("edit", one)}>${t("change")}</button>
      <button class="small" aria-label=${t("key.rotate.title", { name: one.name })} onClick=${() => act("rotate", one)}>${t("key.rotate")}</button>
      <button class="small" aria-label=${t(one.enabled ? "key.off.title" : "key.on.title", { name: one.name })} onClick=${() => act("switch", one)}>${t(one.enabled ? "key.off" : "key.on")}</button>`
    : html`<${Tag} title=${t("keys.where-store")}>${t("keys.of-config")}<//>`)}</span>` },
];

/** A whole key that is pasted is looked for by its digest: the key itself does not leave the browser. */
const WHOLE = /^[!-~]{20,}$/;
const NAME = 8;

async function whose(text) {
  const found = await get("keys", { digest: sha256(text) });
  if (found.keys.length) return found;
  // Then it may be a long name, of which the beginning is enough.
  const named = await get("keys", { q: text.slice(0, NAME), limit: 200 });
  return { keys: named.keys.filter((one) => one.name.toLowerCase().startsWith(text.toLowerCase())) };
}

/** What was typed when the reader stops for a moment. */
function useCalm(text) {
  const [calm, setCalm] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setCalm(text), 200);
    return () => clearTimeout(timer);
  }, [text]);
  return calm;
}

export default function Keys({ may, session }) {
  const [find, setFind] = useState("");
  const text = useCalm(find.trim());
  const whole = WHOLE.test(text);
  const list = useList("keys", "keys", whole ? { limit: 1 } : { q: text, limit: 100 }, 10000);
  const pasted = useLoad(() => (whole ? whose(text) : null), [text]);
  const [doing, setDoing] = useState(null);
  if (!list.value) return list.error ? html`<${Failure} error=${list.error} retry=${list.again} />` : html`<${Wait} />`;
  const { writable } = list.value;
  const act = writable && may ? (what, one) => setDoing({ what, one }) : null;
  const close = () => setDoing(null);
  const done = () => {
    close();
    list.again();
    pasted.again();
  };
  const issued = (told) => {
    list.again();
    pasted.again();
    setDoing({ what: "secret", told });
  };
  const rows = whole ? pasted.value?.keys ?? [] : list.items;
  const none = !text && !rows.length;
  const create = act && html`<button class="primary" onClick=${() => act("edit")}>${t("key.new")}</button>`;
  return html`<div class="stack"><${Head} title=${t("page.keys")} about=${t("keys.about")}>
      <input type="search" aria-label=${t("keys.find")} placeholder=${t("keys.find")} value=${find} onInput=${(event) => setFind(event.target.value)} autocomplete="off" />${create}<//>
    ${(list.error || pasted.error) && html`<${Failure} error=${list.error ?? pasted.error} retry=${list.again} />`}
    <${Card}>${none ? html`<${Empty} icon="keys" title=${t("keys.none")}>${t(writable ? "keys.none.next-store" : "keys.none.next")}<//>`
      : whole && pasted.busy && !rows.length ? html`<${Wait} />`
        : rows.length ? html`<${Table} rows=${rows} columns=${columns(act, !session.scope)} id=${(one) => one.id ?? `${one.name}${one.place.kind}${one.place.name}`} caption=${t("page.keys")} />
        ${!whole && list.more && html`<div class="wait"><button onClick=${list.more}>${t("more")}</button></div>`}`
          : html`<${Empty} title=${t("nothing-found")}>${t("nothing-found.next")}<//>`}<//>
    <${Notice}>${t(writable ? "keys.where-store" : "keys.where")} ${t("keys.pasted")}<//>
    ${doing?.what === "edit" && html`<${Edit} own=${session.scope} one=${doing.one} first=${none} close=${close} done=${done} issued=${issued} drop=${() => setDoing({ what: "remove", one: doing.one })} />`}
    ${doing?.what === "rotate" && html`<${Rotate} one=${doing.one} close=${() => setDoing((now) => (now?.what === "rotate" ? null : now))} issued=${issued} />`}
    ${doing?.what === "switch" && html`<${Switch} one=${doing.one} close=${close} done=${done} />`}
    ${doing?.what === "remove" && html`<${Remove} one=${doing.one} close=${close} done=${done} />`}
    ${doing?.what === "secret" && html`<${Secret} issued=${doing.told} close=${close} />`}</div>`;
}
