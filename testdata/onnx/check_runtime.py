"""Compares what cnncalc and ONNX Runtime compute for every built-in network that can be written as an ONNX model.

Needs python3-onnx, node, and onnxruntime-node (recorded with 1.30.0: npm install --ignore-scripts onnxruntime-node@1.30.0).
Run it in this folder: python3 check_runtime.py CNNCALC FOLDER [NETWORK...], where FOLDER has node_modules. Each network
gets random weights (seed 1, smaller ones for those of ../pytorchcode/scaled.py) and becomes a model, which onnx.checker
checks. Three outputs for one random input are compared: that of `cnncalc run NETWORK`, of `cnncalc run MODEL`, and of ONNX
Runtime. They may differ by 1e-4 of the largest output. check_runtime.md gets the rows of these networks, of all without a
name; the exit status is 1 if one is not equal.
"""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "pytorchcode"))
from scaled import SCALES, scale  # noqa: E402
from tables import Table  # noqa: E402

RUNTIME = """
const [root, model, input, output, shape] = process.argv.slice(2);
const fs = require("fs"), ort = require(root + "/node_modules/onnxruntime-node");
ort.InferenceSession.create(model, {intraOpNumThreads: 1}).then(async s => {
  const raw = fs.readFileSync(input), x = new Float32Array(raw.buffer, raw.byteOffset, raw.length / 4);
  const feeds = {[s.inputNames[0]]: new ort.Tensor("float32", x, JSON.parse(shape))};
  const outputs = await s.run(feeds);
  for (const [i, name] of s.outputNames.entries()) {
    const y = outputs[name].data;
    fs.writeFileSync(output + i, Buffer.from(y.buffer, y.byteOffset, y.byteLength));
  }
}).catch(e => { console.error(e.message); process.exit(1); });
"""
TOLERANCE = 1e-4


def call(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=1800)


def described(program, spec):
    return json.loads(call(program, "memory", spec, "--format", "json").stdout)


def output_layers(network):
    """The names of the layers that are outputs, without those of heads for training."""
    heads = [o["layer"] for o in network.get("outputs", []) if not o.get("training")]
    return heads or [network["layers"][-1]["name"]]


def last_line(text):
    return text.strip().splitlines()[-1]


def check(program, root, name, folder):
    """The cells of the row: the size of the input, the bytes of the model, the result, and the largest differences."""
    network = described(program, name)
    shape = [1] + [network["input"][axis] for axis in ("depth", "height", "width")]
    size = f"{shape[3]}x{shape[2]}"
    model, array, raw, script, result = (os.path.join(folder, f) for f in ("m.onnx", "x.npy", "x.raw", "run.js", "y"))
    x = np.random.RandomState(1).randn(*shape).astype(np.float32)
    np.save(array, x)
    x.tofile(raw)
    weights = ["--seed", "1"]
    if name in SCALES:
        path = os.path.join(folder, "w.safetensors")
        call(program, "run", name, "--input", array, "--seed", "1", "--save-weights", path)
        scale(path, SCALES[name])
        weights = ["--weights", path]
    done = call(program, "convert", name, *weights, "-o", model)
    if done.returncode:
        return size, "", "refused: " + last_line(done.stderr).removeprefix("cnncalc: "), "", ""
    onnx.checker.check_model(model, full_check=True)
    files = " + ".join(f"{os.path.getsize(f) / 1e6:,.1f}" for f in (model, model + ".data") if os.path.exists(f))
    outputs = []
    for spec, flags in (name, weights), (model, []):
        dump = os.path.join(folder, f"d{len(outputs)}")
        done = call(program, "run", spec, "--input", array, "--dump", dump, *flags)
        if done.returncode:
            return size, files, f"run {spec} failed: " + last_line(done.stderr), "", ""
        layers = output_layers(described(program, spec))
        outputs.append([np.load(os.path.join(dump, layer + ".npy")).reshape(-1) for layer in layers])
    with open(script, "w") as f:
        f.write(RUNTIME)
    done = call("node", script, os.path.abspath(root), model, raw, result, json.dumps(shape))
    if done.returncode:
        return size, files, "ONNX Runtime failed: " + last_line(done.stderr), "", ""
    reference = [np.fromfile(result + str(i), np.float32) for i in range(len(outputs[0]))]
    differences = [max(difference(y, r) for y, r in zip(own, reference, strict=True)) for own in outputs]
    word = "equal" if max(differences) <= TOLERANCE else "DIFFERENT"
    return size, files, word, *(f"{d:.1e}" for d in differences)


def difference(y, reference):
    return np.abs(y - reference).max() / np.abs(reference).max() if y.shape == reference.shape else np.inf


def main(program, root, names):
    networks = json.loads(call(program, "list", "--format", "json").stdout)["networks"]
    known = [n["name"] for n in sorted(networks, key=lambda n: n["macs"])]
    table = Table("check_runtime.md", "# Built-in networks in ONNX Runtime\n\nWritten by check_runtime.py. The models' sizes "
                  "are in MB, with that of the file of the weights; the differences are parts of the largest output.",
                  ("network", "input", "model", "outputs", "run NETWORK - ONNX Runtime", "run MODEL - ONNX Runtime"), known)
    bad = 0
    for name in names or known:
        with tempfile.TemporaryDirectory() as folder:
            cells = check(program, root, name, folder)
        bad += cells[2] != "equal" and not cells[2].startswith("refused")
        table.set(name, cells)
    sys.exit(bad > 0)


main(os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3:])
