// Where the reader is: the part of the address behind #, such as #/requests/7?outcome=failed.
import { useEffect, useState } from "./view.js";

export function here() {
  const [path, query] = (location.hash.slice(1) || "/").split("?");
  const parts = path.split("/").filter(Boolean).map((text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  });
  return { page: parts[0] ?? "overview", parts: parts.slice(1), query: Object.fromEntries(new URLSearchParams(query)) };
}

export function link(page, parts = [], query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== "" && value !== undefined && value !== null && value !== false);
  const text = new URLSearchParams(pairs).toString();
  return `#/${[page, ...parts].map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

export const go = (...where) => {
  location.hash = link(...where);
};

/** Changes the address of this page without a step back to where it was. */
export const rewrite = (...where) => {
  history.replaceState(null, "", link(...where));
  dispatchEvent(new HashChangeEvent("hashchange"));
};

export function useRoute() {
  const [route, setRoute] = useState(here);
  useEffect(() => {
    const moved = () => setRoute(here());
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return route;
}
