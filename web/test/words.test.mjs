// What the editor knows of a text: where a place is, what is defined, and how a variable is written.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Text } from "@codemirror/state";
import { columnOf, isArrow, offsetOf, pathAt } from "../src/page/place.js";
import { changesOf } from "../src/page/variables.js";
import { blocksIn, labelsIn, propertiesOf, schemaAt, valuesOf, variablesIn } from "../src/page/vocabulary.js";

const text = (...lines) => Text.of(lines);

test("columns count characters, offsets UTF-16 units", () => {
  const one = text("a: b", "😀é: x");
  assert.equal(offsetOf(one, 2, 2), 7);
  assert.equal(columnOf(one, 7), 2);
  assert.equal(offsetOf(one, 2, 99), one.length);
  assert.equal(offsetOf(one, 99, 1), one.length);
  assert.equal(offsetOf(one, 0, 0), 0);
});

test("the path of a place has the keys around it", () => {
  const one = text("defaults: {conv: {nobias: true}}", "blocks:", "  a(w): |", "    CONV3-w", "layers: |", "  INPUT",
    "budget:", "  gpu:", "    ");
  for (const [line, column, want] of [
    [1, 19, ["defaults", "conv"]], [1, 33, ["defaults"]], [4, 8, ["blocks", "a"]], [6, 4, ["layers"]],
    [9, 5, ["budget", "gpu"]], [1, 3, []],
  ]) {
    assert.deepEqual(pathAt(one, offsetOf(one, line, column)), want);
  }
  assert.ok(isArrow(["layers"]) && isArrow(["blocks", "a"]) && !isArrow(["defaults"]) && !isArrow([]));
});

test("blocks, variables and labels of a text are found", () => {
  const one = "vars: {n: 3, w: [1, 2]}\nblocks:\n  # a comment\n  a(w): |\n    CONV3-w\n    -> RELU\n  b: BN @x\nlayers: |\n  INPUT @y -> a(3) @x\n";
  assert.deepEqual(blocksIn(one).map(({ name, parameters, body }) => [name, parameters, body]),
    [["a", "(w)", "CONV3-w\n    -> RELU"], ["b", "", "BN @x"]]);
  assert.deepEqual(variablesIn(one), ["n", "w"]);
  assert.deepEqual(labelsIn(one), ["x", "y"]);
});

test("a variable is written into the file as it is there", () => {
  const write = (one, values) => {
    let written = one;
    for (const { from, to, insert } of changesOf(one, values).reverse()) {
      written = written.slice(0, from) + insert + written.slice(to);
    }
    return written;
  };
  assert.equal(write("vars: {n: 3, mn: 4}\nlayers: n", { n: "6" }), "vars: {n: 6, mn: 4}\nlayers: n");
  assert.equal(write("vars:\n  n: 3 # three\n  w: [1, 2]\n", { n: "6", w: "4,5" }),
    "vars:\n  n: 6 # three\n  w: [4, 5]\n");
  assert.equal(write("layers: n: 3", { n: "6" }), "layers: n: 3");
});

test("a schema is followed through its alternatives", () => {
  const schema = {
    properties: {
      a: { anyOf: [{ type: "string" }, { properties: { b: { enum: ["x", "y"] } } }] },
      c: { additionalProperties: { type: "boolean" } },
    },
  };
  assert.deepEqual(Object.keys(propertiesOf(schemaAt(schema, ["a"]))), ["b"]);
  assert.deepEqual(valuesOf(schemaAt(schema, ["a", "b"])), ["x", "y"]);
  assert.deepEqual(valuesOf(schemaAt(schema, ["c", "any"])), ["true", "false"]);
  assert.equal(schemaAt(schema, ["no", "b"]), undefined);
});
