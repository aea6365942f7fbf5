// The frame: signs in, shows the navigation, and loads the page that the address names.
import { whenSignedOut } from "./api.js";
import { whenTold } from "./data.js";
import { Icon } from "./icons.js";
import { Dialog, Failure, Field, Notice, Wait } from "./parts.js";
import { link, useRoute } from "./route.js";
import { arrival, arrive, depart, isDark, prefer, preference, resume, signIn, signOut, theme } from "./session.js";
import { Component, html, render, useEffect, useRef, useState } from "./view.js";
import { language, languages, loadLanguage, t, word } from "./words.js";

const PAGES = {
  overview: () => import("./pages/overview.js"),
  requests: () => import("./pages/requests.js"),
  usage: () => import("./pages/usage.js"),
  upstreams: () => import("./pages/upstreams.js"),
  groups: () => import("./pages/groups.js"),
  models: () => import("./pages/models.js"),
  try: () => import("./pages/try.js"),
  playground: () => import("./pages/playground.js"),
  config: () => import("./pages/config.js"),
  history: () => import("./pages/history.js"),
  keys: () => import("./pages/keys.js"),
  scopes: () => import("./pages/scopes.js"),
  limits: () => import("./pages/budgets.js"),
  secrets: () => import("./pages/secrets.js"),
  nodes: () => import("./pages/nodes.js"),
  people: () => import("./pages/people.js"),
  audit: () => import("./pages/audit.js"),
  api: () => import("./pages/api.js"),
};
const SECTIONS = [
  ["observe", [["overview", "overview"], ["requests", "requests"], ["usage", "usage"]]],
  ["route", [["upstreams", "upstreams"], ["models", "routing"], ["playground", "playground"]]],
  ["manage", [["config", "config"], ["keys", "keys"], ["scopes", "scopes"], ["secrets", "secrets"], ["nodes", "nodes"], ["people", "people"], ["audit", "audit"], ["api", "api"]]],
];
const HOME = { groups: "upstreams", try: "models", history: "config", limits: "scopes" };

/** What a role shows that is bound to a scope. */
const SCOPED = ["keys", "scopes", "limits", "usage", "api"];
const start = (session) => (session.scope ? "keys" : "overview");

/** Pages that a role has no use for are not shown. */
const mayOpen = (page, session) => (session.scope ? SCOPED.includes(page) || (page === "people" && session.authentication === "password") : page === "audit" ? session.role === "admin"
  : page === "people" ? session.role === "admin" || session.authentication === "password"
    : (page !== "playground" && page !== "secrets") || session.role !== "viewer");

const image = new URL("./icon.svg", import.meta.url).href;
const Brand = () => html`<a class="brand" href=${link("overview")}><img src=${image} alt="" /><span>LLMProxy</span></a>`;

function Side({ page, session, open, close, leave, choose }) {
  const [dark, setDark] = useState(isDark);
  const turn = () => {
    theme(dark ? "light" : "dark");
    setDark(!dark);
  };
  const other = Object.keys(languages).find((key) => key !== language);
  return html`<div class="side ${open ? "open" : ""}" id="side">
    <div class="row"><div class="grow"><${Brand} /></div>
      ${open && html`<button class="plain icon" aria-label=${t("close")} onClick=${close}><${Icon} name="close" /></button>`}</div>
    ${SECTIONS.map(([section, pages]) => [section, pages.filter(([name]) => mayOpen(name, session))]).filter(([, pages]) => pages.length > 0)
      .map(([section, pages]) => html`<h3 id="nav-${section}">${t(`nav.${section}`)}</h3>
      <nav aria-labelledby="nav-${section}">${pages.map(([name, icon]) => html`<a href=${link(name)} title=${t(`page.${name}`)}
        aria-current=${page === name ? "page" : undefined} onClick=${close}><${Icon} name=${icon} /><span>${t(`page.${name}`)}</span></a>`)}</nav>`)}
    <div class="foot"><div class="who">${session.name} · ${word("role", session.role)}${session.scope && ` · ${session.scope}`}<br />LLMProxy ${session.version}</div>
      <div class="row tight">
        <button class="plain icon" title=${t(dark ? "theme.light" : "theme.dark")} aria-label=${t(dark ? "theme.light" : "theme.dark")}
          onClick=${turn}><${Icon} name=${dark ? "sun" : "moon"} /></button>
        <button class="plain icon" title=${languages[other]} aria-label=${languages[other]} lang=${other}
          onClick=${() => choose(other)}><${Icon} name="language" /></button>
        <button class="plain icon" title=${t("sign-out")} aria-label=${t("sign-out")} onClick=${leave}><${Icon} name="out" /></button>
      </div></div>
  </div>`;
}

function SignIn({ entered, ended, choose, ways, failed }) {
  const [name, setName] = useState("");
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const [elsewhere, setElsewhere] = useState(failed);
  const typed = ways.token || ways.password || !ways.provider;
  const other = Object.keys(languages).find((key) => key !== language);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      entered(await signIn(name.trim(), name.trim() ? token : token.trim()));
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const go = async () => {
    setBusy(true);
    setElsewhere(null);
    try {
      await depart();
    } catch (failure) {
      setElsewhere(failure.code === "unreachable" ? t("unreachable") : failure.message);
      setBusy(false);
    }
  };
  const why = error && (error.status === 401 ? t("sign-in.wrong") : error.code === "unreachable" ? t("unreachable") : error.message);
  return html`<div class="sign-in"><main class="card" tabindex="-1"><form onSubmit=${submit}>
    <div class="row"><h1 class="grow brand"><img src=${image} alt="" /><span>LLMProxy</span></h1>
      <button type="button" class="plain small" lang=${other} onClick=${() => choose(other)}>${languages[other]}</button></div>
    ${ended && !error && html`<${Notice}>${t("sign-in.ended")}<//>`}
    ${elsewhere && html`<${Notice} tone="bad">${elsewhere}<//>`}
    ${ways.provider && html`<button type="button" class="primary" disabled=${busy} onClick=${go}>${t("sign-in.with", { name: ways.provider })}</button>`}
    ${ways.provider && typed && html`<hr />`}
    ${typed && html`
    ${ways.password && html`<${Field} label=${t("sign-in.name")} hint=${ways.token && t("sign-in.name.hint")}>${(field) => html`<input ...${field} name="username" autocomplete="username"
      maxlength="100" autofocus=${!ways.provider} value=${name} onInput=${(event) => setName(event.target.value)} />`}<//>`}
    <${Field} label=${t(name.trim() ? "people.password" : "sign-in.token")} hint=${name.trim() ? null : t("sign-in.hint")} error=${why}>${(field) => html`<input ...${field} type="password" name="token"
      autocomplete="current-password" autofocus=${!ways.password && !ways.provider} required value=${token} onInput=${(event) => setToken(event.target.value)} />`}<//>
    <button class=${ways.provider ? "" : "primary"} disabled=${busy}>${t("sign-in")}</button>`}
  </form></main></div>`;
}

/** Shows what a page throws while it is drawn, and no blank screen. */
class Guard extends Component {
  constructor() {
    super();
    this.state = { error: null };
  }
  componentDidCatch(error) {
    console.error(error);
    this.setState({ error });
  }
  render({ children }, { error }) {
    return error ? html`<${Failure} error=${error} />` : children;
  }
}

function Page({ route, session, leave }) {
  const [page, setPage] = useState(null);
  useEffect(() => {
    let current = true;
    (PAGES[route.page] ?? PAGES.overview)().then((module) => current && setPage({ name: route.page, View: module.default }));
    return () => {
      current = false;
    };
  }, [route.page]);
  useEffect(() => {
    document.title = `${t(`page.${HOME[route.page] ?? (route.page in PAGES ? route.page : "overview")}`)} · LLMProxy`;
  }, [route.page]);
  if (page?.name !== route.page) return html`<${Wait} />`;
  return html`<${Guard} key=${route.page}><${page.View} route=${route} session=${session} leave=${leave} may=${session.role !== "viewer"} /><//>`;
}

const Help = ({ close }) => html`<${Dialog} title=${t("help")} close=${close}><dl class="pairs">
  ${[["?", "help"], ["/", "help.search"], ["g o", "page.overview"], ["g r", "page.requests"], ["g u", "page.upstreams"],
    ["g c", "page.config"], ["g p", "page.playground"], ["Esc", "close"]].map(([keys, what]) => html`<dt><kbd>${keys}</kbd></dt><dd>${t(what)}</dd>`)}
</dl><//>`;

const JUMPS = { o: "overview", r: "requests", u: "upstreams", c: "config", p: "playground", m: "models", k: "keys", l: "limits", s: "usage", n: "nodes" };
function useKeys(showHelp) {
  useEffect(() => {
    let jump = 0;
    const pressed = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
      if (event.key === "?") showHelp();
      else if (event.key === "/") {
        const search = document.querySelector("main input[type=search]");
        if (search) {
          event.preventDefault();
          search.focus();
        }
      } else if (event.key === "g") jump = Date.now();
      else if (JUMPS[event.key] && Date.now() - jump < 1500) location.hash = link(JUMPS[event.key]);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

function Shell({ session, leave, choose }) {
  const asked = useRoute();
  const route = mayOpen(asked.page, session) ? asked : { page: start(session), parts: [], query: {} };
  const [open, setOpen] = useState(false);
  const [help, setHelp] = useState(false);
  const main = useRef();
  const first = useRef(true);
  useKeys(() => setHelp(true));
  useEffect(() => {
    if (!first.current) {
      main.current.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    first.current = false;
  }, [route.page, route.parts.join("/")]);
  return html`<a class="skip" href="#main" onClick=${(event) => {
      event.preventDefault();
      main.current.focus();
    }}>${t("skip")}</a>
  <div class="shell">
    <div class="bar"><button class="plain icon" aria-label=${t("menu")} aria-expanded=${open} aria-controls="side"
      onClick=${() => setOpen(true)}><${Icon} name="menu" /></button><${Brand} /></div>
    <${Side} page=${HOME[route.page] ?? route.page} session=${session} open=${open} close=${() => setOpen(false)} leave=${leave} choose=${choose} />
    <div class="content"><main ref=${main} tabindex="-1"><${Page} route=${route} session=${session} leave=${leave} /></main></div>
  </div>
  ${help && html`<${Help} close=${() => setHelp(false)} />`}`;
}

function Toasts() {
  const [toasts, setToasts] = useState([]);
  useEffect(() => whenTold((text, tone) => {
    const toast = { text, tone };
    setToasts((all) => [...all, toast]);
    setTimeout(() => setToasts((all) => all.filter((one) => one !== toast)), tone === "bad" ? 9000 : 4500);
  }), []);
  return html`<div class="toasts" role="status" aria-live="polite">${toasts.map(({ text, tone }) => html`<div class="toast ${tone}">
    <${Icon} name=${tone === "ok" ? "check" : "info"} /><span>${text}</span></div>`)}</div>`;
}

function App({ first, ways, failed }) {
  const [session, setSession] = useState(first);
  const [ended, setEnded] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const [, setLanguage] = useState(language);
  useEffect(() => whenSignedOut(() => {
    setEnded(true);
    setSession(null);
  }), []);
  const choose = async (wanted) => {
    prefer("language", wanted);
    await loadLanguage(wanted);
    setLanguage(wanted);
  };
  const leave = async () => {
    // No page asks for anything while the session ends.
    setLeaving(true);
    let there = null;
    try {
      there = await signOut();
    } finally {
      setEnded(false);
      if (there) location.assign(there);
      else {
        setSession(null);
        setLeaving(false);
      }
    }
  };
  return html`<div key=${language}>${leaving ? html`<div class="sign-in"><${Wait} /></div>` : session
    ? html`<${Shell} session=${session} leave=${leave} choose=${choose} />`
    : html`<${SignIn} entered=${setSession} ended=${ended} choose=${choose} ways=${ways} failed=${failed} />`}<${Toasts} /></div>`;
}

// A page that the browser has kept as it was left would wait for ever.
addEventListener("pageshow", (event) => event.persisted && location.reload());

theme();
await loadLanguage(preference("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en"));
const root = document.getElementById("app");

/** Tells what went wrong for a reader who has come back from the identity provider; null if nothing did. */
async function welcome(back) {
  if (!back) return null;
  if (!back.code) return t("sign-in.refused", { why: /^[a-z_]{1,60}$/.test(back.error) ? back.error : "?" });
  try {
    await arrive(back);
    return null;
  } catch (failure) {
    return failure.code === "unreachable" ? t("unreachable") : failure.message;
  }
}

try {
  const failed = await welcome(arrival());
  const { ways, session } = await resume();
  render(html`<${App} first=${session} ways=${ways} failed=${failed} />`, root);
} catch (error) {
  render(html`<div class="sign-in"><${Failure} error=${error} retry=${() => location.reload()} /></div>`, root);
}
