// Who is signed in. The cookie is kept by the browser where no script sees it.
import { get, post, remove } from "./api.js";

const store = (name, value) => {
  try {
    value === null ? localStorage.removeItem(name) : localStorage.setItem(name, value);
  } catch {
    // The browser keeps nothing: the reader signs in again and chooses the theme again.
  }
};
const stored = (name) => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
};

/** How one can sign in, and the session if the reader is signed in. */
export async function resume() {
  const ways = await get("session/ways");
  return { ways, session: ways.signed_in ? await get("session") : null };
}

/** With name and password, or with the operators' token alone. */
export function signIn(name, secret) {
  return post("session", name ? { name, password: secret } : { token: secret });
}

/** This page as the identity provider knows it: it sends the reader back here. */
const page = () => location.origin + location.pathname;
const PLACE = "llmproxy.place";

/** Goes to the identity provider, and remembers where in the console the reader was. */
export async function depart() {
  const { location: there } = await post("sign-in", { page: page() });
  try {
    sessionStorage.setItem(PLACE, location.hash);
  } catch {
    // The reader comes back to the first page.
  }
  location.assign(there);
}

/** What the identity provider has sent the reader back with; the address is cleared of it. */
export function arrival() {
  const query = new URLSearchParams(location.search);
  const state = query.get("state");
  if (!state || !(query.get("code") || query.get("error"))) return null;
  let place = "";
  try {
    place = sessionStorage.getItem(PLACE) ?? "";
    sessionStorage.removeItem(PLACE);
  } catch {
    // The first page, then.
  }
  history.replaceState(null, "", location.pathname + place);
  return { code: query.get("code"), state, iss: query.get("iss"), error: query.get("error") };
}

/** Opens the session of a reader who has come back. */
export const arrive = ({ code, state, iss }) => post("session", { code, state, iss, page: page() });

/** A session that is over already is no failure. Tells where one ends as well that an identity provider began; null for nowhere. */
export async function signOut() {
  try {
    return (await remove("session", { query: { page: page() } }))?.location ?? null;
  } catch (error) {
    if (error.status !== 401) throw error;
    return null;
  }
}

export const preference = (name) => stored(`llmproxy.${name}`);
export const prefer = (name, value) => store(`llmproxy.${name}`, value);

export function theme(wanted) {
  if (wanted) {
    prefer("theme", wanted);
  }
  const chosen = wanted ?? preference("theme");
  if (chosen === "light" || chosen === "dark") {
    document.documentElement.dataset.theme = chosen;
  } else {
    delete document.documentElement.dataset.theme;
  }
  dispatchEvent(new Event("themed"));
}

export const isDark = () => {
  const set = document.documentElement.dataset.theme;
  return set ? set === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

