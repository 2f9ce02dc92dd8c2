/**
 * @typedef {{line: number, column: number, endLine: number, endColumn: number}} Span
 * @typedef {{title: string, edits: (Span & {text: string})[]}} Fix
 * @typedef {Span & {severity: string, code: string, message: string, fits?: string, hint?: string, context?: string,
 *   layer?: string, fixes?: Fix[]}} Problem
 * @typedef {{name: string, values: number[], file: number[], min: number, max: number}} Variable
 * @typedef {{name: string, title: string, what: string, value: number, text: string, unit: string, estimate?: boolean}} Total
 * @typedef {Record<string, any> & {name: string, kind: string, text: string, output: string, explained: number,
 *   line?: number, column?: number}} Layer
 * @typedef {Record<string, any> & {name: string, sound: boolean, problems: Problem[], vars: Variable[],
 *   inputs: {name: string, size: string}[], settings: Record<string, any>, totals: Total[], layers: Layer[],
 *   explanations: {lines: {topic: string, text: string}[]}[]}} Study
 */

/** A study that takes longer, in milliseconds, waits until the keys rest: two keys of a fast typist are one study. */
const brief = 60;
const rest = 25;

/**
 * createStudent returns what studies the network again and again. The newest request wins: an older one is stopped, and
 * its answer never arrives.
 *
 * @param {{call: (name: string, request: object, options?: object) => Promise<any>}} adapter
 * @param {object} options
 * @param {() => {name: string, text: string, settings: object}} options.request
 * @param {(study: Study, took: number) => void} options.onStudy
 * @param {(error: Error) => void} options.onError
 */
export function createStudent(adapter, { request, onStudy, onError }) {
  let timer = 0;
  let turn = 0; // of what is to be studied when the task ends
  let lately = 0; // how long the last study took
  let running = new AbortController();

  async function study() {
    clearTimeout(timer);
    running.abort();
    const own = (running = new AbortController());
    const began = performance.now();
    try {
      const answer = await adapter.call("study", request(), { signal: own.signal });
      if (own.signal.aborted) return;
      lately = performance.now() - began;
      onStudy(answer, lately);
    } catch (error) {
      if (!own.signal.aborted) onError(/** @type {Error} */ (error));
    }
  }

  return {
    /** now studies the network at once. */
    now: study,
    /**
     * again studies the network after a change. What was asked before is not wanted any more. A brief study begins with the
     * task's end: a timer would wait until the key is painted.
     */
    again() {
      running.abort();
      clearTimeout(timer);
      const own = ++turn;
      if (lately > brief) timer = window.setTimeout(study, rest);
      else queueMicrotask(() => own === turn && study());
    },
  };
}
