#!/usr/bin/env python3
"""Runs the PyTorch code that cnncalc writes, and compares it with what cnncalc computes.

    go build -o cnncalc ./cmd/cnncalc
    OMP_NUM_THREADS=1 python3 testdata/pytorchcode/check.py ./cnncalc [--names] [NAME ...]

Last run with Python 3.11 and torch 1.13.0. A NAME is a built-in network, or a file net.yaml below testdata/pytorch or this folder; without
one, all are compared. For each it writes the code and random weights (seed 1), loads both, and compares the names and shapes
of the state_dict, the number of parameters, and every output for a random input. The results are in results.json: of
every network the SHA-256 of the code, the parameters and tensors, and for each output the largest difference, as a part of
the largest value. The same code is run on a smaller input where a network is large. With
--names only the names and sizes of the layers are compared, which takes a second for a network of any size. A test of internal/pytorchcode fails if the code is not the one that was compared.
"""
import glob
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch

from scaled import SCALES, scale

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
RESULTS = os.path.join(HERE, "results.json")
TOLERANCE = 1e-4
LARGE = 2e9  # MACs from which on a network is run on a smaller input, if it takes one


def cnncalc(*arguments):
    return subprocess.run([PROGRAM, *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def header(path):
    """The shapes of the tensors in a safetensors file."""
    with open(path, "rb") as file:
        entries = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return {name: entry["shape"] for name, entry in entries.items() if name != "__metadata__"}


def module(path):
    spec = importlib.util.spec_from_file_location("net", path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def inputs(folder, table):
    """Writes random inputs, and returns them with the flags that name them."""
    random, tensors, flags = np.random.default_rng(1), [], []
    shapes = {layer["name"]: layer["output"] for layer in table["layers"] if layer["kind"] == "INPUT"}
    for name, shape in shapes.items():
        value = random.standard_normal((1, shape["depth"], shape["height"], shape["width"]), "f4")
        path = os.path.join(folder, f"input{len(tensors)}.npy")
        np.save(path, value)
        tensors.append(torch.from_numpy(value))
        flags += ["--input", path if len(shapes) == 1 else f"{name}={path}"]
    return tensors, flags


def difference(value, table, name, folder):
    """The largest difference between an output and cnncalc's, as a part of the largest value."""
    outputs = {output["name"]: output["layer"] for output in table.get("outputs", [])}
    layer = outputs.get(name, table["layers"][-1]["name"])
    own = np.load(os.path.join(folder, layer + ".npy")).reshape(-1)
    return float(np.abs(own - value.reshape(-1)).max() / np.abs(own).max())


def module_in_training(code, tensors):
    """The names of the outputs in training."""
    loaded = module(code)
    nets = [value for value in vars(loaded).values() if isinstance(value, type) and value.__doc__ == "The network."]
    return set(nets[0]().train()(*[torch.cat([t, t]) for t in tensors]))


def sized(name):
    """What the network is like, and the flags for its input: a smaller one for a large network that takes any."""
    table = json.loads(cnncalc("memory", name, "--format", "json"))
    if table["totals"]["macs"] < LARGE:
        return table, []
    for size in "64", "188":
        flags = ["--input-size", size]
        try:
            small = json.loads(cnncalc("memory", name, *flags, "--format", "json"))
        except subprocess.CalledProcessError:
            continue
        if small["totals"]["parameters"] == table["totals"]["parameters"]:
            return small, flags
    return table, []


def compare(name):
    with tempfile.TemporaryDirectory() as folder:
        code, weights = os.path.join(folder, "net.py"), os.path.join(folder, "net.safetensors")
        dump = os.path.join(folder, "dump")
        cnncalc("convert", name, "-o", code)
        table, size = sized(name)
        tensors, flags = inputs(folder, table)
        seeded = ["--seed", "1", "--save-weights", weights]
        if name in SCALES:
            cnncalc("run", name, *size, *flags, *seeded)
            scale(weights, SCALES[name])
            seeded = ["--weights", weights]
        cnncalc("run", name, *size, *flags, *seeded, "--dump", dump)
        net = module(code).load(weights).eval()
        state = {key: list(t.shape) for key, t in net.state_dict().items() if not key.endswith("num_batches_tracked")}
        written = header(weights)
        heads = {output["name"] for output in table.get("outputs", [])}
        if any(output.get("training") for output in table.get("outputs", [])):
            assert module_in_training(code, tensors) == heads
            state = {key: shape for key, shape in state.items() if key in written}  # run has no weights for training
        assert state == written, (state.keys() - written.keys(), written.keys() - state.keys())
        parameters = sum(p.numel() for p in net.parameters())
        assert parameters == table["totals"]["parameters"], (parameters, table["totals"]["parameters"])
        with torch.no_grad():
            result = net(*[t.clone() for t in tensors])
        outputs = result if isinstance(result, dict) else {"output": result}
        differences = {key: difference(value.numpy(), table, key, dump) for key, value in outputs.items()}
        assert all(d <= TOLERANCE for d in differences.values()), differences
        with open(code, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        return {"sha256": digest, "parameters": parameters, "tensors": len(state), "input": list(tensors[0].shape),
                "differences": {key: float(f"{d:.1e}") for key, d in differences.items()}}


def compare_names(name):
    """Compares the names and sizes of the layers only, without values."""
    with tempfile.TemporaryDirectory() as folder:
        code = os.path.join(folder, "net.py")
        cnncalc("convert", name, "-o", code)
        table = json.loads(cnncalc("memory", name, "--format", "json"))
        for function in "kaiming_uniform_", "uniform_", "normal_":
            setattr(torch.nn.init, function, lambda tensor, *_, **__: tensor)
        loaded = module(code)
        net = [v for v in vars(loaded).values() if isinstance(v, type) and v.__doc__ == "The network."][0]()
        layers = {}
        for key, tensor in net.named_parameters():
            layer = key.rpartition(".")[0]
            layers[layer] = layers.get(layer, 0) + tensor.numel()
        wanted = {layer["name"]: layer["parameters"] for layer in table["layers"] if layer["parameters"] > 0}
        assert layers == wanted, layers.items() ^ wanted.items()
        with open(code, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        return {"sha256": digest, "parameters": sum(layers.values()), "layers": len(layers)}


def main(names, compare):
    results = {}
    if os.path.exists(RESULTS):
        with open(RESULTS) as file:
            results = json.load(file)
    failed = 0
    for name in names:
        try:
            results[name] = compare(name)
            print(name, results[name].get("differences", "names only"), flush=True)
        except Exception as error:
            results.pop(name, None)
            failed += 1
            print(name, "FAILED", getattr(error, "stderr", "") or repr(error)[:600], flush=True)
        with open(RESULTS, "w") as file:
            json.dump(dict(sorted(results.items())), file, indent=1)
            file.write("\n")
    print(f"{len(names) - failed} of {len(names)} are right")
    return failed > 0


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv[1])
    cases = [os.path.relpath(path, ROOT) for path in glob.glob(os.path.join(ROOT, "testdata/pytorch*/*/net.yaml"))]
    builtin = [network["name"] for network in json.loads(cnncalc("list", "--format", "json"))["networks"]]
    if sys.argv[2:3] == ["--names"]:
        sys.exit(main(sys.argv[3:], compare_names))
    sys.exit(main(sys.argv[2:] or sorted(cases) + builtin, compare))
