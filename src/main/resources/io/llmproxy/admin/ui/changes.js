// What differs between two configurations.
import { Empty, Table, Tag } from "./parts.js";
import { html } from "./view.js";
import { t } from "./words.js";

const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 1)?.replace(/\n\s*/g, " "));
const Value = ({ value, none }) => (none ? html`<span class="faint">–</span>` : html`<code class="value">${shown(value)}</code>`);

const OPS = { add: "ok", remove: "bad", replace: "accent" };

export const Changes = ({ diff }) => (diff.changes.length ? html`<${Table} rows=${diff.changes} id=${(one) => `${one.op}${one.path}`} columns=${[
  { title: t("diff.path"), name: true, cell: (one) => html`<code>${one.path || "/"}</code>` },
  { title: t("diff.op"), cell: (one) => html`<${Tag} tone=${OPS[one.op]}>${t(`diff.${one.op}`)}<//>` },
  { title: t("diff.from"), cell: (one) => html`<${Value} value=${one.from} none=${one.op === "add"} />` },
  { title: t("diff.to"), cell: (one) => html`<${Value} value=${one.to} none=${one.op === "remove"} />` },
]} />` : html`<${Empty} icon="check" title=${t("diff.none")}>${t("diff.none.next")}<//>`);
