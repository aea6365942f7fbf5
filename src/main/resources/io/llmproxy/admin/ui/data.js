// How pages get what they show.
import { get } from "./api.js";
import { useCallback, useEffect, useRef, useState } from "./view.js";

/**
 * Loads something when a page opens, when what it depends on changes, and then again every so often while the page is seen.
 * What was there stays while it is loaded anew.
 */
export function useLoad(load, depends = [], every = 0) {
  const [state, setState] = useState({ value: null, error: null, busy: true });
  const turn = useRef(0);
  const again = useCallback(async () => {
    const mine = ++turn.current;
    try {
      const value = await load();
      if (mine === turn.current) setState({ value, error: null, busy: false });
    } catch (error) {
      if (mine === turn.current) setState((old) => ({ value: old.value, error, busy: false }));
    }
  }, depends);
  useEffect(() => {
    setState((old) => ({ ...old, busy: true }));
    again();
    const timer = every && setInterval(() => document.visibilityState === "visible" && again(), every);
    return () => {
      turn.current++;
      clearInterval(timer);
    };
  }, [again, every]);
  return { ...state, again };
}

export const useGet = (path, query, every) => useLoad(() => get(path, query), [path, JSON.stringify(query ?? {})], every);

let reading = Promise.resolve();
/** The ledger is read for one call at a time: those of this page wait for each other. */
export const useUsage = (query, every) => useLoad(() => {
  const mine = reading.then(() => get("usage", query));
  reading = mine.catch(() => null);
  return mine;
}, [JSON.stringify(query)], every);

/** A list that comes in pages and stands in a member of each; more() appends the next page. */
export function useList(path, member, query, every) {
  const first = useLoad(() => get(path, query), [path, JSON.stringify(query ?? {})], every);
  const [further, setFurther] = useState([]);
  useEffect(() => setFurther([]), [first.value]);
  const last = further.at(-1) ?? first.value;
  const more = last?.next && (async () => setFurther([...further, await get(path, { ...query, cursor: last.next })]));
  const items = first.value && [first.value, ...further].flatMap((page) => page[member]);
  return { ...first, items, more };
}

/** Hears server-sent events while the page is open; the browser connects again by itself. */
export function useEvents(url, listener) {
  const latest = useRef(listener);
  latest.current = listener;
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (!url) return undefined;
    const source = new EventSource(url);
    source.onopen = () => setOpen(true);
    source.onerror = () => setOpen(false);
    const heard = (event) => latest.current(JSON.parse(event.data));
    source.addEventListener("tick", heard);
    return () => source.close();
  }, [url]);
  return open;
}

let show = () => {};
export const whenTold = (listener) => {
  show = listener;
};
/** Says for a moment that something was done. */
export const tell = (text, tone = "ok") => show(text, tone);
