"""Compares what cnncalc and ONNX Runtime compute for every built-in network that can be written as an ONNX model.

Needs python3-onnx, node, and onnxruntime-node (recorded with 1.30.0: npm install --ignore-scripts onnxruntime-node@1.30.0).
Run it in this folder: python3 check_runtime.py CNNCALC FOLDER > check_runtime.md, where FOLDER has node_modules. Each
network gets random weights and becomes a model, which onnx.checker checks. Three outputs for one random input are
compared: that of `cnncalc run NETWORK`, of `cnncalc run MODEL`, and of ONNX Runtime. The exit status is 1 if two differ
by more than 1e-4 of the largest output. Networks of more than 4 GMACs are made smaller with --input-size.
MOST=1e9 in the environment leaves out those of more MACs.
"""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx

RUNTIME = """
const [root, model, input, output, shape] = process.argv.slice(2);
const fs = require("fs"), ort = require(root + "/node_modules/onnxruntime-node");
ort.InferenceSession.create(model, {intraOpNumThreads: 1}).then(async s => {
  const raw = fs.readFileSync(input), x = new Float32Array(raw.buffer, raw.byteOffset, raw.length / 4);
  const feeds = {[s.inputNames[0]]: new ort.Tensor("float32", x, JSON.parse(shape))};
  const outputs = await s.run(feeds);
  const y = outputs[s.outputNames[0]].data;
  fs.writeFileSync(output, Buffer.from(y.buffer, y.byteOffset, y.byteLength));
}).catch(e => { console.error(e.message); process.exit(1); });
"""
LARGE = 4e9  # MACs


def call(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


def described(program, name, *flags):
    """The input's shape and the MACs, or None if the network has no such size."""
    done = call(program, "memory", name, "--format", "json", *flags)
    if done.returncode:
        return None
    return json.loads(done.stdout)


def last_output(folder, layer):
    return np.load(os.path.join(folder, layer + ".npy")).reshape(-1)


def check(program, root, name, folder):
    flags, d = [], described(program, name)
    w, h, depth = (d["input"][axis] for axis in ("width", "height", "depth"))
    if d["totals"]["macs"] > LARGE:
        for size in (96, 128, 160):
            smaller = described(program, name, "--input-size", str(size))
            if smaller:
                flags, d, (w, h) = ["--input-size", str(size)], smaller, (size, size)
                break
    model, array, raw = (os.path.join(folder, f) for f in ("m.onnx", "x.npy", "x.raw"))
    done = call(program, "convert", name, "--seed", "1", *flags, "-o", model)
    if done.returncode:
        return f"{w}x{h}", "refused: " + done.stderr.strip().splitlines()[-1].removeprefix("cnncalc: "), "", ""
    onnx.checker.check_model(model, full_check=True)
    x = np.random.RandomState(1).randn(1, depth, h, w).astype(np.float32)
    np.save(array, x)
    x.tofile(raw)
    made = []
    for spec, more in ((name, ["--seed", "1"] + flags), (model, [])):
        out = os.path.join(folder, f"d{len(made)}")
        done = call(program, "run", spec, "--input", array, "--dump", out, *more)
        if done.returncode:
            return f"{w}x{h}", "run failed: " + done.stderr.strip().splitlines()[-1], "", ""
        described_layers = described(program, spec, *(flags if spec == name else []))["layers"]
        made.append(last_output(out, described_layers[-1]["name"]))
    script = os.path.join(folder, "run.js")
    with open(script, "w") as f:
        f.write(RUNTIME)
    done = call("node", script, os.path.abspath(root), model, raw, os.path.join(folder, "y"), json.dumps(x.shape))
    if done.returncode:
        return f"{w}x{h}", "ONNX Runtime failed: " + done.stderr.strip(), "", ""
    y = np.fromfile(os.path.join(folder, "y"), np.float32)
    scale = np.abs(y).max()
    errors = [np.abs(m - y).max() / scale if m.shape == y.shape else np.inf for m in made]
    result = "equal" if max(errors) <= 1e-4 else "DIFFERENT"
    return f"{w}x{h}", result, f"{errors[0]:.1e}", f"{errors[1]:.1e}"


def main(program, root):
    names = json.loads(call(program, "list", "--format", "json").stdout)["networks"]
    names = sorted((n for n in names if n["macs"] < float(os.environ.get("MOST", "inf"))), key=lambda n: n["macs"])
    print("# Built-in networks in ONNX Runtime\n\nWritten by check_runtime.py.\n\n"
          "| network | input | outputs | run NETWORK - ONNX Runtime | run MODEL - ONNX Runtime |\n|:--|:--|:--|--:|--:|")
    bad = 0
    for entry in names:
        with tempfile.TemporaryDirectory() as folder:
            row = check(program, root, entry["name"], folder)
        bad += row[1] != "equal" and not row[1].startswith("refused")
        print("| " + " | ".join((entry["name"], *row)) + " |", flush=True)
    sys.exit(bad > 0)


main(os.path.abspath(sys.argv[1]), sys.argv[2])
