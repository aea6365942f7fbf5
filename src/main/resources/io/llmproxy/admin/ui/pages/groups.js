import { useGet } from "../data.js";
import { Card, Empty, Failure, Head, Meter, Table, Tag, Wait } from "../parts.js";
import { go, link } from "../route.js";
import { UpstreamState } from "../states.js";
import { html } from "../view.js";
import { number, percent, t, word } from "../words.js";
import { Tabs } from "./upstreams.js";

/** Under these, weights alone decide who takes how much. */
const BY_WEIGHT = ["weighted_roundrobin", "roundrobin", "random"];

function Group({ group }) {
  const sum = group.upstreams.reduce((all, one) => all + one.effective_weight, 0);
  const share = (one) => (sum ? one.effective_weight / sum : 0);
  return html`<${Card} title=${group.name} id="group-${group.name}" side=${html`<${Tag} tone="accent">${word("balance", group.balance)}<//>
      <span class="small faint">${group.forwards.length ? t("groups.forwards", { names: group.forwards.join(", ") }) : t("groups.no-forward")}</span>`}>
    <${Table} rows=${group.upstreams} id=${(one) => one.name} open=${(one) => go("upstreams", [one.name])} columns=${[
      { title: t("upstream"), name: true, cell: (one) => html`<a href=${link("upstreams", [one.name])}>${one.name}</a>` },
      { title: t("state"), cell: (one) => html`<${UpstreamState} state=${one.state} />` },
      { title: t("weight"), number: true, cell: (one) => number(one.weight) },
      { title: t("weight.effective"), number: true, cell: (one) => number(one.effective_weight, 2) },
      ...(BY_WEIGHT.includes(group.balance) ? [{ title: t("share"), number: true, cell: (one) => html`<span class="nowrap"><${Meter} share=${share(one)} /> ${percent(share(one))}</span>` }] : []),
    ]} /><//>`;
}

export default function Groups() {
  const { value, error, again } = useGet("groups", {}, 5000);
  if (!value) return error ? html`<${Failure} error=${error} retry=${again} />` : html`<${Wait} />`;
  return html`<div class="stack"><${Head} title=${t("groups")} about=${t("groups.about")} /><${Tabs} at="groups" />
    ${value.groups.length ? value.groups.map((group) => html`<${Group} key=${group.name} group=${group} />`)
      : html`<${Card}><${Empty} icon="routing" title=${t("groups.none")}>${t("groups.none.next")}<//><//>`}</div>`;
}
