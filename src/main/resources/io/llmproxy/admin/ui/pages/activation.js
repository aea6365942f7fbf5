// Which nodes serve a version, and a version that still has to be confirmed.
import { get, part, post, remove } from "../api.js";
import { tell, useLoad } from "../data.js";
import { Card, Check, Confirm, Notice, Status, Tag } from "../parts.js";
import { html, useEffect, useState } from "../view.js";
import { t } from "../words.js";

export function Activation({ version }) {
  const { value } = useLoad(() => get(`config/versions/${part(version)}/activation`), [version], 1500);
  if (!value) return null;
  return html`<${Card} title=${t("activation", { version })} id="activation" flush=${false} side=${value.done && !value.nack.length
    ? html`<${Status} tone="ok">${t("activation.done")}<//>` : value.nack.length ? html`<${Status} shape="diamond" tone="bad">${t("activation.nack")}<//>` : html`<${Status} shape="half" tone="warn">${t("activation.wait")}<//>`}>
    <ul class="stack close">
      ${value.active.map((node) => html`<li class="row"><${Status} tone="ok">${t("activation.serves")}<//> ${node}</li>`)}
      ${value.pending.map((node) => html`<li class="row"><${Status} shape="half" tone="warn">${t("activation.pending")}<//> ${node}</li>`)}
      ${value.nack.map((one) => html`<li><div class="row"><${Status} shape="diamond" tone="bad">${t("activation.refuses")}<//> ${one.node}</div>
        ${one.problems.map((text) => html`<div class="small">${text}</div>`)}</li>`)}
    </ul><//>`;
}

/** What a change has to say if it is made although a tool manages the configuration. */
export const OVERRIDE = { override: "managed" };

/** Says that a tool manages the configuration; admins may go over that, or end it. */
export function Managed({ name, session, over, setOver, released }) {
  const [asking, setAsking] = useState(false);
  const admin = session.writable && session.role === "admin";
  const release = async () => {
    await remove("config/manager");
    tell(t("did.release"));
    released();
  };
  return html`<div id="managed"><${Notice} tone="warn"><p>${t("managed", { name })} ${session.writable && !admin && t("managed.admins")}</p>
    ${admin && html`<div class="row"><span class="grow">${setOver && html`<${Check} checked=${over} onChange=${setOver}>${t("managed.override")}<//>`}</span>
      <button class="small" onClick=${() => setAsking(true)}>${t("managed.release")}…</button></div>`}
    ${asking && html`<${Confirm} title=${t("managed.release.title")} about=${t("managed.release.about", { name })} action=${t("managed.release")} close=${() => setAsking(false)} run=${release} />`}<//></div>`;
}

/** Asks for the confirmation of a head that else goes back by itself. */
export function Pending({ may, changed }) {
  const { value: head, again } = useLoad(() => get("config/versions", { limit: 1 }).then((page) => page.head), [], 5000);
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  if (!head || head.confirmed) return null;
  const left = Math.max(0, Math.round((Date.parse(head.confirm_until) - now) / 1000));
  const act = (call, text) => async () => {
    try {
      await call();
      tell(text);
    } catch (error) {
      tell(error.message, "bad");
    }
    again();
    changed();
  };
  return html`<${Notice} tone="warn"><div class="row"><span class="grow">${t("pending", { version: head.version, seconds: left })} ${head.fallback && html`<${Tag}>${t("pending.back", { version: head.fallback })}<//>`}</span>
    ${may && html`<button class="primary small" onClick=${act(() => post(`config/versions/${head.version}/confirm`), t("did.confirm", { version: head.version }))}>${t("pending.keep")}</button>
      ${head.fallback && html`<button class="small" onClick=${act(() => post("config/rollback", { version: head.fallback, comment: t("pending.comment") }, { etag: `"v${head.version}"` }), t("did.rollback", { version: head.fallback }))}>${t("pending.undo")}</button>`}`}</div><//>`;
}
