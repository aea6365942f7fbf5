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

/** A session that is over already is no failure. */
export async function signOut() {
  try {
    await remove("session");
  } catch (error) {
    if (error.status !== 401) throw error;
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

