#!/usr/bin/env python3
"""Computes what torchvision's networks answer with cnncalc's random weights, for the tests of internal/exec.

    python3 testdata/pytorch/networks.py name[:input]...

Last run with Python 3.11, torch 1.13.0 and torchvision 0.14. It adds to networks.json, or replaces there, a row for
each network: the first outputs, in float64, for a picture of input x input whose value i is (7919*i mod 1000)/1000 -
0.5, with the weights of `cnncalc run --seed 1`; and the largest of all outputs. Filters are multiplied by scale, so that
the values of deep networks, whose untrained layers amplify rounding, stay small.
"""
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
import torchvision

HERE = os.path.dirname(os.path.abspath(__file__))
PATH = os.path.join(HERE, "networks.json")
SHOWN = 8
SCALES = {"efficientnet_v2_s": 0.5}
SEGMENTATION = ("fcn_resnet50", "deeplabv3_resnet50")


def random_weights(name, size):
    """The tensors in the order of the network's layers."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "weights.safetensors")
        subprocess.run(
            ["go", "run", "./cmd/cnncalc", "run", f"torchvision/{name}", "--input-size", str(size), "--seed", "1",
             "--input", "testdata/pictures/photo.jpg", "--save-weights", path],
            cwd=os.path.join(HERE, "..", ".."), check=True, stdout=subprocess.DEVNULL)
        with open(path, "rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
            data = file.read()
    tensors = {key: entry for key, entry in header.items() if key != "__metadata__"}
    for entry in sorted(tensors.values(), key=lambda entry: entry["data_offsets"]):
        begin, end = entry["data_offsets"]
        yield np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])


def in_order(state):
    """The tensors in the order of the network's layers: a ConvNeXt block's own layer_scale follows its layers."""
    late = {key.replace("layer_scale", "block.5.bias"): key for key in state if key.endswith("layer_scale")}
    for key in state:
        if key not in late.values() and not key.endswith("num_batches_tracked"):
            yield state[key]
            if key in late:
                yield state[late[key]]


def make(name):
    if name in SEGMENTATION:
        return getattr(torchvision.models.segmentation, name)(weights=None, weights_backbone=None)
    return getattr(torchvision.models, name)(weights=None)


def outputs(name, size):
    model = make(name).double().eval()
    tensors, weights = list(in_order(model.state_dict())), list(random_weights(name, size))
    assert len(weights) == len(tensors)
    for value, array in zip(tensors, weights):
        assert value.numel() == array.size and value.shape[0] == array.shape[0], (value.shape, array.shape)
        value.copy_(torch.from_numpy(array.copy()).reshape(value.shape))
        if value.dim() > 1:
            value *= SCALES.get(name, 1)
    x = (np.arange(3 * size * size) * 7919 % 1000 / 1000 - 0.5).astype("f4")
    with torch.no_grad():
        out = model(torch.from_numpy(x).double().reshape(1, 3, size, size))
    return (out["out"] if name in SEGMENTATION else out)[0].numpy().ravel()


def main():
    rows = {}
    if os.path.exists(PATH):
        with open(PATH) as file:
            rows = {row["name"]: row for row in json.load(file)["networks"]}
    for argument in sys.argv[1:]:
        name, _, size = argument.partition(":")
        size = int(size or 64)
        out = outputs(name, size)
        rows[name] = {"name": name, "input": size, "scale": SCALES.get(name, 1),
                      "largest": float(np.abs(out).max()), "outputs": out[:SHOWN].tolist()}
    source = f"torchvision {torchvision.__version__} with PyTorch {torch.__version__} in float64"
    lines = ",\n".join("    " + json.dumps(rows[name]) for name in sorted(rows))
    with open(PATH, "w") as file:
        file.write('{\n  "source": %s,\n  "networks": [\n%s\n  ]\n}\n' % (json.dumps(source), lines))


if __name__ == "__main__":
    main()
