#!/usr/bin/env python3
"""Measures the peak of trainings whose checkpoints cnncalc chose, in the PyTorch code that it writes for them.

    go build -o cnncalc ./cmd/cnncalc
    OMP_NUM_THREADS=1 python3 testdata/memory/plans.py ./cnncalc

Last run with Python 3.11 and torch 1.13.0 on the CPU, in one thread. It writes plans.json: for some networks, and some plans
of the curve of `cnncalc checkpoint`, the most that is allocated in a forward and a backward pass, besides parameters,
buffers, input and targets, and the bytes of the state of the random numbers that each checkpoint keeps.
"""
import importlib.util
import json
import os
import subprocess
import sys
import tempfile

import torch
import torch.nn.functional as F
from torch.profiler import ProfilerActivity, profile

from generate import peak

HERE = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(1)

CHAIN = """input: 32x32x3
blocks:
  unit(n): CONV3-n -> BN -> RELU inplace
  residual(n): ADD(CONV3-n -> BN -> RELU inplace -> CONV3-n -> BN | IDENTITY) -> RELU inplace
layers: |
  INPUT -> unit(16) -> residual(16) -> POOL2 -> CONV3-32 -> SIGMOID -> unit(32) -> residual(32) -> residual(32) -> POOL2
  -> FC-64 -> RELU -> DROPOUT0.5 -> FC-10
"""

HEADS = """input: 32x32x3
blocks:
  unit(n): CONV3-n -> BN -> RELU inplace
  residual(n): ADD(CONV3-n -> BN -> RELU inplace -> CONV3-n -> BN | IDENTITY) -> RELU inplace
layers: |
  INPUT -> unit(16) -> residual(16) -> POOL2 -> CONV3-32 -> SIGMOID -> unit(32) -> residual(32) -> POOL2 @fine
  -> unit(32) -> POOL2 -> CONV1-20
heads:
  fine: "@fine -> CONV3-32 -> RELU -> CONV1-20"
"""

NETWORKS = [(CHAIN, 8), (HEADS, 8), ("vgg16", 1), ("torchvision/vgg11_bn", 2), ("torchvision/resnet18", 4), ("torchvision/resnet50", 2),
            ("torchvision/mobilenet_v2", 4), ("torchvision/densenet121", 2), ("torchvision/efficientnet_b0", 2)]
PLANS = 4  # of each curve


def cnncalc(*arguments):
    return subprocess.run([PROGRAM, *arguments], check=True, capture_output=True, text=True).stdout


def network(path):
    spec = importlib.util.spec_from_file_location("net", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return next(v for v in vars(module).values() if isinstance(v, type) and v.__doc__ == "The network.")()


def outputs_of(net, x):
    outputs = net(x)
    return [outputs] if isinstance(outputs, torch.Tensor) else list(outputs.values())


def measure(net, shape, batch):
    torch.manual_seed(0)
    net.train()
    x = torch.rand(batch, *shape)
    with torch.no_grad():
        targets = [torch.zeros(batch, *output.shape[2:], dtype=torch.long) for output in outputs_of(net, x)]
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        outputs = outputs_of(net, x)
        losses = [F.cross_entropy(output, target) for output, target in zip(outputs, targets)]
        loss = sum(losses[1:], losses[0])
        loss.backward()
    return peak(profiler.profiler.kineto_results.events())


def rows(folder):
    for name, batch in NETWORKS:
        file = name
        if "\n" in name:
            file = os.path.join(folder, "net.yaml")
            with open(file, "w") as out:
                out.write(name)
        curve = json.loads(cnncalc("checkpoint", file, "--batch", str(batch), "--torch", "1.13-cpu", "--optimizer", "none",
                                   "--format", "json"))["curve"]
        shape = next(layer["output"] for layer in json.loads(cnncalc("memory", file, "--format", "json"))["layers"])
        step = max(1, (len(curve) - 1) // (PLANS - 1))
        for plan in curve[::-1][::step]:
            segments = [s["first"] + ":" + s["last"] for s in plan["segments"]]
            code = os.path.join(folder, "net.py")
            cnncalc("convert", file, "-o", code, *(["--checkpoint", ",".join(segments)] if segments else []))
            most = measure(network(code), (shape["depth"], shape["height"], shape["width"]), batch)
            yield {"network": name, "batch": batch, "segments": segments, "peak": most}


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv[1])
    source = f"PyTorch {torch.__version__} on the CPU, float32, one thread; bytes"
    state = torch.get_rng_state().numel()
    with tempfile.TemporaryDirectory() as folder, open(os.path.join(HERE, "plans.json"), "w") as file:
        lines = ",\n".join("    " + json.dumps(row) for row in rows(folder))
        file.write(f'{{\n  "source": {json.dumps(source)},\n  "state": {state},\n  "plans": [\n{lines}\n  ]\n}}\n')
