import "../view/view.css";
import "../view/charts.css";
import { mountBatches } from "../view/batches.js";
import { mountFields } from "../view/fields.js";
import { mountGraph } from "../view/graph.js";
import { mountRoofline } from "../view/roofline.js";
import { mountTable } from "../view/table.js";
import { mountTimeline } from "../view/timeline.js";

/**
 * The views of a study, in the order of their tabs, and the part of it that each shows. Each mounts into its panel, and
 * is updated with later studies.
 *
 * @type {{id: string, title: string, part?: string, mount: (element: HTMLElement, study: any, options: any) => any}[]}
 */
export const views = [
  { id: "graph", title: "Graph", part: "graph", mount: mountGraph },
  { id: "table", title: "Table", part: "saved", mount: mountTable },
  { id: "memory", title: "Memory", part: "memory", mount: mountTimeline },
  { id: "fit", title: "Fit", part: "batches", mount: mountBatches },
  { id: "roofline", title: "Roofline", part: "roofline", mount: mountRoofline },
  { id: "fields", title: "Fields", mount: mountFields },
];
