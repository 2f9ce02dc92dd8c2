import { byId } from "./dom.js";

/**
 * startDrop takes files that are dropped on the page, the first of each drop.
 *
 * @param {(file: File) => void} take
 */
export function startDrop(take) {
  const sign = byId("drop");
  const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  let depth = 0;
  addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth++;
    sign.hidden = false;
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    sign.hidden = depth === 0;
  });
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  // While capturing: the editor would take the file's bytes as text.
  addEventListener("drop", (event) => {
    depth = 0;
    sign.hidden = true;
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    const file = event.dataTransfer?.files[0];
    if (file) take(file);
  }, { capture: true });
}
