// Small drawings. A state has a shape of its own, so that none is told by its colour alone.
import { html } from "./view.js";

const LINES = {
  overview: "M3 13h4l3-8 4 14 3-6h4",
  requests: "M4 6h16M4 12h16M4 18h10",
  usage: "M5 20V11M12 20V4M19 20v-6",
  upstreams: "M4 5h16v5H4zM4 14h16v5H4zM8 7.5h.01M8 16.5h.01",
  routing: "M4 12h5c4 0 3-6 8-6h3M9 12c4 0 3 6 8 6h3M17 3l3 3-3 3M17 15l3 3-3 3",
  playground: "M5 5h14v11H11l-4 4v-4H5z",
  config: "M4 6h9M17 6h3M4 12h3M11 12h9M4 18h9M17 18h3M13 4h4v4h-4zM7 10h4v4H7zM13 16h4v4h-4z",
  keys: "M14 10a4 4 0 1 1-4-4 4 4 0 0 1 4 4zM13 13l7 7M17 17l2-2",
  scopes: "M9 3h6v5H9zM3 16h6v5H3zM15 16h6v5h-6zM12 8v4M6 16v-4h12v4",
  secrets: "M6 11h12v9H6zM8.5 11V7.5a3.5 3.5 0 0 1 7 0V11M12 14.5v2.5",
  nodes: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM12 12l8-4.5M12 12v9M12 12L4 7.5",
  api: "M9 7l-5 5 5 5M15 7l5 5-5 5",
  audit: "M7 3h10v18H7zM10 8h4M10 12h4M10 16h2",
  people: "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2 21a7 7 0 0 1 14 0M16 3.5a4 4 0 0 1 0 7.3M18 14.5a7 7 0 0 1 4 6.5",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6L6 18",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M5 19l1.4-1.4M17.6 6.4L19 5",
  moon: "M20 14A8 8 0 0 1 10 4a8 8 0 1 0 10 10z",
  out: "M10 4H5v16h5M10 12h10M16 8l4 4-4 4",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5M12 8h.01",
  check: "M5 12l5 5 9-10",
  play: "M8 5l11 7-11 7z",
  stop: "M7 7h10v10H7z",
  next: "M9 6l6 6-6 6",
  box: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
  language: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
};
export const Icon = ({ name, size = 18 }) => html`<svg width=${size} height=${size} viewBox="0 0 24 24" fill="none" stroke="currentColor"
  stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${LINES[name] ?? LINES.info} /></svg>`;

const SHAPES = {
  disc: html`<circle cx="6" cy="6" r="5" fill="currentColor" />`,
  half: html`<circle cx="6" cy="6" r="4.4" fill="none" stroke="currentColor" stroke-width="1.4" /><path d="M6 1.6v8.8A4.4 4.4 0 0 0 6 1.6z" fill="currentColor" />`,
  ring: html`<circle cx="6" cy="6" r="4.4" fill="none" stroke="currentColor" stroke-width="1.6" />`,
  triangle: html`<path d="M6 .8l5.6 10.2H.4z" fill="currentColor" />`,
  diamond: html`<path d="M6 .4L11.6 6 6 11.6.4 6z" fill="currentColor" />`,
  square: html`<rect x="1.2" y="1.2" width="9.6" height="9.6" rx="1.6" fill="none" stroke="currentColor" stroke-width="1.6" />`,
  cross: html`<path d="M2 2l8 8M10 2l-8 8" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" />`,
};
export const Shape = ({ name }) => html`<svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">${SHAPES[name] ?? SHAPES.ring}</svg>`;
