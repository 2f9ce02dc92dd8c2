import "../view/view.css";
import "../view/charts.css";
import "./report.css";
import { mountBatches } from "../view/batches.js";
import { make } from "../view/chart.js";
import { mountGraph } from "../view/graph.js";
import { mountRoofline } from "../view/roofline.js";
import { mountTable } from "../view/table.js";
import { mountTimeline } from "../view/timeline.js";
import { unpack } from "./unpack.js";

/** How long a layer's explanation says which others have the same arithmetic. */
const mostAlike = 6;

const data = /** @type {HTMLElement} */ (document.getElementById("data"));
unpack(JSON.parse(data.textContent ?? "[]")).forEach(showNetwork);

/**
 * showNetwork puts views in the place of the tables of a network, all of which show the layer that one of them chooses.
 *
 * @param {any} study
 * @param {number} k
 */
function showNetwork(study, k) {
  const find = (/** @type {string} */ name) => document.getElementById(`n${k}-${name}`);
  /** @type {any[]} */
  const views = [];
  const onSelect = (/** @type {string} */ name) => views.forEach((view) => view.select(name));
  const mounts = { graph: mountGraph, layers: mountTable, memory: mountTimeline, batches: mountBatches, roofline: mountRoofline };
  study.graph = graphOf(find("graph"));
  for (const [name, mount] of Object.entries(mounts)) {
    const element = find(name);
    if (element) views.push(mount(element, study, { onSelect }));
  }
  const explain = find("explain");
  if (explain) views.push(explanation(explain, study));
}

/** graphOf returns the drawing that the file has, as text. */
function graphOf(/** @type {HTMLElement | null} */ element) {
  const host = element?.querySelector(".drawing > div");
  const svg = host?.shadowRoot?.querySelector("svg") ?? host?.querySelector("template")?.content.querySelector("svg");
  return svg ? new XMLSerializer().serializeToString(svg) : "";
}

/** explanation shows the arithmetic of the chosen layer above that of all. */
function explanation(/** @type {HTMLElement} */ element, /** @type {any} */ study) {
  const panel = make("div", { class: "chosen", "aria-live": "polite" }, "Choose a layer in the graph, the table or the roofline.");
  element.prepend(panel);
  return {
    select(/** @type {string} */ name) {
      const layer = study.layers.find((/** @type {any} */ one) => one.name === name);
      if (!layer) return;
      const { lines } = study.explanations[layer.explained];
      const alike = study.layers.filter((/** @type {any} */ one) => one.explained === layer.explained && one !== layer);
      const all = [...lines];
      if (layer.within) all.push({ topic: "within", text: layer.within });
      if (layer.origin) all.push({ topic: "in the model", text: layer.origin });
      if (layer.field) all.push({ topic: "receptive field", text: `${layer.field.size.join("x")} pixels, jump ${layer.field.jump.join("x")}, from pixel ${layer.field.start.join(", ")} on` });
      if (study.backward[layer.kind]) all.push({ topic: "backward pass", text: study.backward[layer.kind] });
      if (alike.length > 0) {
        const more = alike.length > mostAlike ? `, and ${alike.length - mostAlike} more` : "";
        all.push({ topic: "the same in", text: alike.slice(0, mostAlike).map((/** @type {any} */ one) => one.name).join(", ") + more });
      }
      panel.replaceChildren(make("h3", {}, layer.name, " ", make("code", {}, layer.text)),
        make("dl", {}, ...all.flatMap(({ topic, text }) => [make("dt", {}, topic), make("dd", {}, text)])));
    },
  };
}
