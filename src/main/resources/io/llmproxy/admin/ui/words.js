// Texts in the reader's language, and numbers and times in its form.
let texts = {};
export let language = "en";
export const languages = { en: "English", zh: "中文" };

export async function loadLanguage(wanted) {
  language = wanted in languages ? wanted : "en";
  texts = (await (language === "zh" ? import("./i18n/zh.js") : import("./i18n/en.js"))).default;
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
}

/** The text of a key; {name} in it stands for a value. */
export function t(key, values) {
  const text = texts[key];
  if (text === undefined) {
    console.error(`no text: ${key}`);
    return key;
  }
  return values ? text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all)) : text;
}

/** The text of a word that the gateway told, or the word itself where this console does not know it. */
export function word(kind, value) {
  return texts[`${kind}.${value}`] ?? String(value ?? "–").replaceAll("_", " ");
}

const locale = () => (language === "zh" ? "zh-CN" : "en-GB");
const none = "–";
const missing = (value) => value === undefined || value === null || Number.isNaN(value);

export const number = (value, digits = 0) =>
  missing(value) ? none : new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);

export const short = (value) =>
  missing(value) ? none : Math.abs(value) < 10000 ? number(value, value < 100 && value % 1 ? 1 : 0)
    : new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(value);

export const percent = (share) =>
  missing(share) ? none : new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: share && share < 0.1 ? 1 : 0 }).format(share);

/** Milliseconds, in the unit that suits them. */
export function millis(value) {
  if (missing(value)) return none;
  if (value < 1000) return `${number(value, value < 10 ? 1 : 0)} ms`;
  if (value < 120000) return `${number(value / 1000, value < 10000 ? 2 : 1)} s`;
  if (value < 7200000) return `${number(value / 60000)} min`;
  return value < 172800000 ? `${number(value / 3600000)} h` : `${number(value / 86400000)} d`;
}

export const bytes = (value) =>
  missing(value) ? none : value < 1024 ? `${value} B` : value < 1048576 ? `${number(value / 1024, 1)} KiB` : `${number(value / 1048576, 1)} MiB`;

/** Millionths of a currency. */
export const money = (micros, currency = "USD") =>
  missing(micros) ? none : new Intl.NumberFormat(locale(), {
    style: "currency", currency, currencyDisplay: "narrowSymbol", minimumFractionDigits: 2, maximumFractionDigits: micros && Math.abs(micros) < 1e6 ? 4 : 2,
  }).format(micros / 1e6);

const date = (value) => (value instanceof Date ? value : new Date(value));
export const clock = (value) =>
  missing(value) ? none : date(value).toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
export const moment = (value) =>
  missing(value) ? none : date(value).toLocaleString(locale(), { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
export const day = (value) => (missing(value) ? none : date(value).toLocaleDateString(locale(), { month: "short", day: "numeric" }));

export function ago(value) {
  if (missing(value)) return none;
  const seconds = (date(value) - Date.now()) / 1000;
  const steps = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, size] = steps.find(([, length]) => Math.abs(seconds) >= length) ?? steps[3];
  return new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(Math.round(seconds / size), unit);
}
