import { useGet } from "../data.js";
import { Card, Empty, Failure, Head, Notice, Status, Table, Tag, Wait } from "../parts.js";
import { link } from "../route.js";
import { html, useEffect, useState } from "../view.js";
import { moment, number, t } from "../words.js";

const State = ({ one }) => (one.usable ? html`<${Status} tone="ok">${t("keys.usable")}<//>`
  : one.enabled ? html`<${Status} shape="cross" tone="bad">${t("keys.expired")}<//>` : html`<${Status} shape="square">${t("keys.disabled")}<//>`);

const COLUMNS = () => [
  { title: t("name"), name: true, cell: (one) => html`${one.name}<div class="small faint mono">${one.hint ? `${one.hint}…` : `#${one.fingerprint}`}</div>` },
  { title: t("state"), cell: (one) => html`<${State} one=${one} />` },
  { title: t("keys.place"), cell: (one) => (one.place.kind === "all" ? t("keys.place.all") : t(`keys.place.${one.place.kind}`, { name: one.place.name })) },
  { title: t("models.list"), cell: (one) => (one.allowed_models.length ? html`<span class="row tight">${one.allowed_models.map((model) => html`<${Tag}>${model}<//>`)}</span>` : t("models.all")) },
  { title: t("keys.limits"), cell: (one) => html`<span class="small">${[one.requests_per_second && t("keys.rate", { rate: number(one.requests_per_second, 2) }), one.max_concurrent && t("keys.concurrent", { count: number(one.max_concurrent) })].filter(Boolean).join(" · ") || t("keys.unlimited")}</span>` },
  { title: t("keys.expires"), cell: (one) => (one.expires_at ? moment(one.expires_at) : t("never")) },
  { title: "", end: true, cell: (one) => html`<a href=${link("requests", [], { key: one.name })}>${t("page.requests")}</a>` },
];

/** The first digits of the SHA-256 of what was typed, where it looks like a key: a pasted key is found, and never sent. */
function useFingerprint(text) {
  const [digits, setDigits] = useState("");
  useEffect(() => {
    setDigits("");
    if (text.length < 16 || !crypto.subtle) return;
    crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)).then((hash) => {
      setDigits([...new Uint8Array(hash).slice(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
    });
  }, [text]);
  return digits;
}

export default function Keys() {
  const { value, error, again } = useGet("keys", {}, 10000);
  const [find, setFind] = useState("");
  const [shown, setShown] = useState(200);
  const digits = useFingerprint(find.trim());
  if (!value) return error ? html`<${Failure} error=${error} retry=${again} />` : html`<${Wait} />`;
  const wanted = find.trim().toLowerCase();
  const rows = value.keys.filter((one) => `${one.name} ${one.hint ?? ""}`.toLowerCase().includes(wanted) || (digits && one.fingerprint === digits));
  return html`<div class="stack"><${Head} title=${t("page.keys")} about=${t("keys.about")}>
      <input type="search" aria-label=${t("keys.find")} placeholder=${t("keys.find")} value=${find} onInput=${(event) => setFind(event.target.value)} autocomplete="off" /><//>
    <${Card}>${!value.keys.length ? html`<${Empty} icon="keys" title=${t("keys.none")}>${t("keys.none.next")}<//>`
      : rows.length ? html`<${Table} rows=${rows.slice(0, shown)} columns=${COLUMNS()} id=${(one) => `${one.name}${one.place.kind}${one.place.name}`} caption=${t("page.keys")} />
        ${rows.length > shown && html`<div class="wait"><button onClick=${() => setShown(shown + 200)}>${t("more")}</button></div>`}`
        : html`<${Empty} title=${t("nothing-found")}>${t("nothing-found.next")}<//>`}<//>
    <${Notice}>${t("keys.where")}<//></div>`;
}
