// Who is signed in. The cookie is kept by the browser where no script sees it; all that is noted here is that there may be one.
import { get, post, remove } from "./api.js";

const NOTE = "llmproxy.signed-in";
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

/** Asks for the session, or tells without a call that there cannot be one. */
export async function resume() {
  if (!stored(NOTE)) return null;
  try {
    return await get("session");
  } catch (error) {
    if (error.status === 401 || error.status === 403) {
      store(NOTE, null);
      return null;
    }
    throw error;
  }
}

/** With name and password, or with the operators' token alone. */
export async function signIn(name, secret) {
  const session = await post("session", name ? { name, password: secret } : { token: secret });
  store(NOTE, "1");
  return session;
}

export async function signOut() {
  store(NOTE, null);
  await remove("session");
}

export const forget = () => store(NOTE, null);

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

