import { part, patch, post, put, remove } from "../api.js";
import { tell, useGet } from "../data.js";
import { Card, Choice, Confirm, Copy, Dialog, Empty, Failure, Field, Head, Notice, Status, Table, Wait } from "../parts.js";
import { html, useState } from "../view.js";
import { ago, moment, t, word } from "../words.js";

const ROLES = ["viewer", "editor", "admin"];
const Role = ({ role, scope, choose }) => html`<${Field} label=${t("people.role")} hint=${t(scope ? `people.scoped.${role}` : `people.role.${role}`)}>${(field) => html`<${Choice} ...${field} value=${role}
  onChange=${choose} options=${ROLES.map((one) => [one, word("role", one)])} />`}<//>`;
const Text = ({ label, hint, value, change, type = "text", ...more }) => html`<${Field} label=${label} hint=${hint}>${(field) => html`<input ...${field} type=${type}
  value=${value} required onInput=${(event) => change(event.target.value)} ...${more} />`}<//>`;
const password = { type: "password", name: "password", minlength: 12, maxlength: 200, autocomplete: "new-password" };
const When = ({ at }) => (at ? html`<span class="nowrap" title=${moment(at)}>${ago(at)}</span>` : t("never"));

/** To whose keys a role is bound; not asked where there are no scopes. */
function Scope({ scope, choose }) {
  const scopes = useGet("scopes").value?.scopes.map((one) => one.name) ?? [];
  if (!scopes.length && !scope) return null;
  return html`<${Field} label=${t("people.scope")} hint=${t("people.scope.hint")}>${(field) => html`<${Choice} ...${field} name="scope" value=${scope} onChange=${choose}
    options=${[["", t("people.scope.all")], ...[...new Set([...scopes, ...(scope ? [scope] : [])])].map((one) => [one, one])]} />`}<//>`;
}
const roleOf = (one) => html`${word("role", one.role)}${one.scope && html`<div class="small faint">${t("keys.scope", { name: one.scope })}</div>`}`;

function NewUser({ close, done }) {
  const [scope, setScope] = useState("");
  const [name, setName] = useState("");
  const [secret, setSecret] = useState("");
  const [role, setRole] = useState("viewer");
  const make = async () => {
    await post("users", { name: name.trim(), password: secret, role, scope: scope || null });
    tell(t("did.user", { name: name.trim().toLowerCase() }));
    done();
  };
  return html`<${Confirm} title=${t("people.new-user")} action=${t("people.make")} close=${close} run=${make}>
    <${Text} label=${t("name")} hint=${t("people.name.hint")} name="name" value=${name} change=${setName} maxlength="100" autofocus autocomplete="off" />
    <${Text} label=${t("people.password")} hint=${t("people.password.hint")} value=${secret} change=${setSecret} ...${password} />
    <${Role} role=${role} scope=${scope} choose=${setRole} /><${Scope} scope=${scope} choose=${setScope} /><//>`;
}

function ChangeUser({ user, close, done }) {
  const [scope, setScope] = useState(user.scope ?? "");
  const [role, setRole] = useState(user.role);
  const [secret, setSecret] = useState("");
  const change = async () => {
    await patch(`users/${part(user.name)}`, { role, scope, ...(secret ? { password: secret } : {}) });
    tell(t("did.user-change", { name: user.name }));
    done();
  };
  return html`<${Confirm} title=${t("people.change-user", { name: user.name })} about=${t("people.change.about")} action=${t("save")} close=${close} run=${change}>
    <${Role} role=${role} scope=${scope} choose=${setRole} /><${Scope} scope=${scope} choose=${setScope} />
    <${Text} label=${t("people.new-password")} hint=${t("people.keep-password")} value=${secret} change=${setSecret} ...${password} required=${false} /><//>`;
}

function Users({ own }) {
  const { value, error, again } = useGet("users");
  const [asking, setAsking] = useState(null);
  const close = () => setAsking(null);
  const able = async (user) => {
    try {
      await patch(`users/${part(user.name)}`, { enabled: !user.enabled });
      again();
    } catch (failure) {
      tell(failure.message, "bad");
    }
  };
  const columns = [
    { title: t("name"), name: true, cell: (user) => html`${user.name}${user.name === own && html` <span class="faint small">${t("people.you")}</span>`}` },
    { title: t("people.role"), cell: roleOf },
    { title: t("state"), cell: (user) => (user.enabled ? html`<${Status} tone="ok">${t("set.enabled")}<//>` : html`<${Status} shape="square">${t("set.disabled")}<//>`) },
    { title: t("people.seen"), cell: (user) => html`<${When} at=${user.signed_in_at} />` },
    { title: "", end: true, cell: (user) => html`<span class="row">
      <button class="small plain" aria-label=${t("people.change-user", { name: user.name })} onClick=${() => setAsking({ kind: "change", user })}>${t("change")}</button>
      <button class="small plain" onClick=${() => able(user)}>${t(user.enabled ? "people.disable" : "people.enable")}</button>
      <button class="small plain" aria-label=${t("people.remove-user", { name: user.name })} onClick=${() => setAsking({ kind: "remove", user })}>${t("people.remove")}</button></span>` },
  ];
  return html`<${Card} title=${t("people.users")} id="users" side=${html`<button class="small" onClick=${() => setAsking({ kind: "new" })}>${t("people.new-user")}…</button>`}>
    ${!value ? (error ? html`<div class="body"><${Failure} error=${error} retry=${again} /></div>` : html`<${Wait} />`)
      : value.users.length ? html`<${Table} rows=${value.users} columns=${columns} id=${(user) => user.name} caption=${t("people.users")} />`
        : html`<${Empty} icon="people" title=${t("people.no-users")}>${t("people.no-users.next")}<//>`}
    ${asking?.kind === "new" && html`<${NewUser} close=${close} done=${again} />`}
    ${asking?.kind === "change" && html`<${ChangeUser} user=${asking.user} close=${close} done=${again} />`}
    ${asking?.kind === "remove" && html`<${Confirm} title=${t("people.remove-user", { name: asking.user.name })} about=${t("people.remove-user.about")} danger
      action=${t("people.remove")} close=${close} run=${async () => {
        await remove(`users/${part(asking.user.name)}`);
        again();
      }} />`}<//>`;
}

const LIVES = [["30", 30], ["90", 90], ["365", 365], ["never", 0]];
function NewToken({ close, done }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState("viewer");
  const [life, setLife] = useState("90");
  const [scope, setScope] = useState("");
  const make = async () => {
    const days = Number(life);
    done(await post("tokens", { name: name.trim(), role, scope: scope || null, expires_at: days ? new Date(Date.now() + days * 86400000).toISOString() : null }));
  };
  return html`<${Confirm} title=${t("people.new-token")} about=${t("people.new-token.about")} action=${t("people.make")} close=${close} run=${make}>
    <${Text} label=${t("name")} hint=${t("people.token.hint")} name="name" value=${name} change=${setName} maxlength="100" autofocus autocomplete="off" />
    <${Role} role=${role} scope=${scope} choose=${setRole} /><${Scope} scope=${scope} choose=${setScope} />
    <${Field} label=${t("people.life")}>${(field) => html`<${Choice} ...${field} value=${life} onChange=${setLife}
      options=${LIVES.map(([key, days]) => [String(days), t(`people.life.${key}`)])} />`}<//><//>`;
}

function Tokens() {
  const { value, error, again } = useGet("tokens");
  const [asking, setAsking] = useState(null);
  const [made, setMade] = useState(null);
  const close = () => setAsking(null);
  const columns = [
    { title: t("name"), name: true, cell: (token) => html`${token.name}<div class="small faint">${t("people.by", { name: token.created_by })}</div>` },
    { title: t("people.role"), cell: roleOf },
    { title: t("keys.expires"), cell: (token) => (token.expired ? html`<${Status} shape="cross" tone="bad">${t("keys.expired")}<//>` : html`<${When} at=${token.expires_at} />`) },
    { title: t("people.used"), cell: (token) => html`<${When} at=${token.used_at} />` },
    { title: "", end: true, cell: (token) => html`<button class="small plain" aria-label=${t("people.revoke-token", { name: token.name })} onClick=${() => setAsking(token)}>${t("people.revoke")}</button>` },
  ];
  return html`<${Card} title=${t("people.tokens")} id="tokens" side=${html`<button class="small" onClick=${() => setAsking("new")}>${t("people.new-token")}…</button>`}>
    ${!value ? (error ? html`<div class="body"><${Failure} error=${error} retry=${again} /></div>` : html`<${Wait} />`)
      : value.tokens.length ? html`<${Table} rows=${value.tokens} columns=${columns} id=${(token) => token.id} caption=${t("people.tokens")} />`
        : html`<${Empty} icon="keys" title=${t("people.no-tokens")}>${t("people.no-tokens.next")}<//>`}
    ${asking === "new" && html`<${NewToken} close=${close} done=${(token) => {
      setMade(token);
      again();
    }} />`}
    ${asking?.id && html`<${Confirm} title=${t("people.revoke-token", { name: asking.name })} about=${t("people.revoke.about")} danger
      action=${t("people.revoke")} close=${close} run=${async () => {
        await remove(`tokens/${part(asking.id)}`);
        again();
      }} />`}
    ${made && html`<${Dialog} title=${t("people.made", { name: made.name })} close=${() => setMade(null)}>
      <p class="soft">${t("people.made.about")}</p><p><code class="value" id="made-token">${made.token}</code></p>
      <footer><${Copy} text=${made.token} /></footer><//>`}<//>`;
}

function Own({ leave }) {
  const [current, setCurrent] = useState("");
  const [secret, setSecret] = useState("");
  const [error, setError] = useState(null);
  const change = async (event) => {
    event.preventDefault();
    setError(null);
    try {
      await put("session/password", { current, password: secret });
      tell(t("did.password"));
      leave();
    } catch (failure) {
      setError(failure);
    }
  };
  return html`<${Card} title=${t("people.own")} id="own" flush=${false}><form class="stack" onSubmit=${change}>
    <${Text} label=${t("people.current")} type="password" name="current" autocomplete="current-password" value=${current} change=${setCurrent} />
    <${Text} label=${t("people.new-password")} hint=${t("people.password.hint")} value=${secret} change=${setSecret} ...${password} />
    ${error && html`<${Failure} error=${error} />`}
    <div><button>${t("people.own.change")}</button></div></form><//>`;
}

export default function People({ session, leave }) {
  if (session.mode === "file") {
    return html`<div class="stack"><${Head} title=${t("page.people")} /><${Notice}>${t("people.file-mode")}<//></div>`;
  }
  return html`<div class="stack"><${Head} title=${t("page.people")} about=${t("people.about", { name: session.name, role: word("role", session.role) })} />
    ${session.role === "admin" && !session.scope && html`<${Users} own=${session.name} /><${Tokens} />`}
    ${session.authentication === "password" && html`<${Own} leave=${leave} />`}</div>`;
}
