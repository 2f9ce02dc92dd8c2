/** countLayers says how many layers there are; inputs are none, as everywhere in cnncalc. */
export function countLayers(/** @type {{kind: string}[]} */ layers) {
  const n = layers.filter(({ kind }) => kind !== "INPUT").length;
  return `${grouped.format(n)} ${n === 1 ? "layer" : "layers"}`;
}

const grouped = new Intl.NumberFormat("en-US");
