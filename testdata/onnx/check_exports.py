"""Exports torchvision's networks as ONNX models and compares what cnncalc reads with PyTorch and with its own networks.

Needs python3-torch and python3-torchvision (recorded with PyTorch 1.13 and torchvision 0.14). Run it in this folder:
python3 check_exports.py CNNCALC [NETWORK...] > check_exports.md. Each network is exported at opset 9 with initializers as
inputs, at opset 11 with its batch normalisations kept, at opset 13 with a dynamic batch, and at opset 17. The logits must
be within 1e-4 of the largest one, and with batch normalisations kept the parameters and MACs must be those of the
built-in network. The exit status is 1 if anything differs.
"""

import json
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import torch
import torchvision

warnings.filterwarnings("ignore")
os.environ["OMP_NUM_THREADS"] = "1"

NETWORKS = """alexnet shufflenet_v2_x0_5 mobilenet_v3_small mobilenet_v2 mnasnet0_5 squeezenet1_1 efficientnet_b0 resnet18
    regnet_x_400mf regnet_y_400mf googlenet densenet121 resnet50 resnext50_32x4d convnext_tiny mobilenet_v3_large inception_v3
    efficientnet_v2_s vgg11_bn wide_resnet50_2 swin_t vit_b_16""".split()
FORMS = {
    9: {"keep_initializers_as_inputs": True},
    11: {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False},
    13: {"input_names": ["x"], "dynamic_axes": {"x": {0: "batch"}}},
    17: {},
}


def call(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


def totals(program, spec, *flags):
    d = json.loads(call(program, "memory", spec, "--format", "json", *flags).stdout)
    return d["totals"]["parameters"], d["totals"]["macs"], d["layers"][-1]["name"]


def check(program, name, net, x, y, opset, folder):
    model = os.path.join(folder, f"{opset}.onnx")
    try:
        torch.onnx.export(net, x, model, opset_version=opset, **FORMS[opset])
    except Exception as error:
        return "not exported: " + str(error).splitlines()[0][:80]
    checked = call(program, "check", model)
    if checked.returncode:
        hint = next((line.strip() for line in checked.stdout.splitlines() if "--until" in line), "")
        return "refused: " + checked.stdout.splitlines()[0].removeprefix(model + ": ") + "; " + hint
    parameters, macs, last = totals(program, model)
    if opset == 11:
        own = totals(program, "torchvision/" + name, "--input-size", f"{x.shape[3]}x{x.shape[2]}")
        if (parameters, macs) != own[:2]:
            return f"DIFFERENT: {parameters} parameters and {macs} MACs, built in {own[0]} and {own[1]}"
    out = os.path.join(folder, f"d{opset}")
    done = call(program, "run", model, "--input", os.path.join(folder, "x.npy"), "--dump", out)
    if done.returncode:
        return "DIFFERENT: run failed: " + done.stderr.strip().splitlines()[-1]
    got = np.load(os.path.join(out, last + ".npy")).reshape(-1)
    error = np.abs(got - y).max() / np.abs(y).max() if got.shape == y.shape else np.inf
    return f"{error:.1e}" if error <= 1e-4 else f"DIFFERENT by {error:.1e}"


def main(program, names):
    bad = 0
    print(f"# torchvision {torchvision.__version__} exported by PyTorch {torch.__version__}\n\nWritten by check_exports.py. "
          "The largest difference of the logits, of the largest logit.\n\n| network | " + " | ".join(f"opset {o}" for o in FORMS) + " |")
    print("|:--" * (1 + len(FORMS)) + "|")
    for name in names:
        torch.manual_seed(1)
        net = getattr(torchvision.models, name)(weights=None).eval()
        for m in net.modules():  # so that the values neither vanish nor explode
            if isinstance(m, torch.nn.BatchNorm2d):
                torch.nn.init.uniform_(m.running_mean, -0.1, 0.1)
                torch.nn.init.uniform_(m.running_var, 0.1, 0.5)
        size = 299 if name == "inception_v3" else 224
        x = torch.randn(1, 3, size, size)
        with torch.no_grad():
            y = net(x).numpy().reshape(-1)
        with tempfile.TemporaryDirectory() as folder:
            np.save(os.path.join(folder, "x.npy"), x.numpy())
            cells = []
            for opset in FORMS:
                cells.append(check(program, name, net, x, y, opset, folder))
        bad += sum("DIFFERENT" in c for c in cells)
        print("| " + " | ".join((name, *cells)) + " |", flush=True)
    sys.exit(bad > 0)


main(os.path.abspath(sys.argv[1]), sys.argv[2:] or NETWORKS)
