import { byId, el } from "./dom.js";

/** The figures at the top, in this order; the others are in its "more". */
const first = ["parameters", "macs", "training_peak", "inference_peak"];

/** createTotals shows the figures of the whole network. */
export function createTotals() {
  const list = byId("totals");
  return {
    update(/** @type {import("./study.js").Study} */ study) {
      const shown = first.map((name) => study.totals.find((total) => total.name === name))
        .filter((total) => total !== undefined);
      const rest = study.totals.filter((total) => !first.includes(total.name)).slice(0, 6 - shown.length);
      list.replaceChildren(...[...shown, ...rest].map((total) =>
        el("div", { title: total.what }, el("dt", {}, total.title),
          el("dd", {}, total.text + (total.estimate ? " ≈" : "")))));
    },
  };
}
