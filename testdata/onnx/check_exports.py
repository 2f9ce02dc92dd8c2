"""Exports torchvision's classification networks as ONNX models and compares what cnncalc reads with PyTorch and with its
own networks.

Needs python3-onnx, python3-torch and python3-torchvision (recorded with PyTorch 1.13 and torchvision 0.14). Run it in this
folder: python3 check_exports.py CNNCALC [--all] [NETWORK...]. Each network gets random weights and is exported at opsets 9,
11, 13 and 17 in one form each, those of LOGITS: as PyTorch does it by default, with its batch normalisations kept and nothing
folded, with a dynamic batch, and with its initializers as inputs. With --all it is exported in all FORMS at each opset. Of
every model

  - the MACs must be those of the built-in network,
  - the parameters must be those of the built-in network where batch normalisations are kept, and else the numbers in the
    file, which are fewer by what the exporter folded,
  - in the form of LOGITS, the logits must be within 1e-4 of the largest one (TOLERANCES has an exception).

check_exports.md gets the rows of these networks, of all without a name; the exit status is 1 if anything differs.
"""

import json
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
import torch
import torchvision

from tables import Table

warnings.filterwarnings("ignore")
torch.set_num_threads(1)

NETWORKS = """alexnet vgg11_bn resnet18 resnext50_32x4d wide_resnet50_2 densenet121 googlenet inception_v3 squeezenet1_1
    mobilenet_v2 mobilenet_v3_small mobilenet_v3_large mnasnet0_5 shufflenet_v2_x0_5 efficientnet_b0 efficientnet_v2_s
    regnet_x_400mf regnet_y_400mf convnext_tiny vit_b_16 swin_t maxvit_t swin_v2_t resnet34 resnet50 shufflenet_v2_x1_0 shufflenet_v2_x1_5
    shufflenet_v2_x2_0 mnasnet0_75 mnasnet1_0 mnasnet1_3 squeezenet1_0 regnet_x_800mf regnet_y_800mf regnet_x_1_6gf
    regnet_y_1_6gf regnet_x_3_2gf regnet_y_3_2gf efficientnet_b1 efficientnet_b2 efficientnet_b3 efficientnet_b4 densenet169
    densenet201 densenet161 resnet101 resnet152 vgg11 vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn wide_resnet101_2
    resnext101_32x8d resnext101_64x4d convnext_small convnext_base regnet_x_8gf regnet_y_8gf regnet_x_16gf regnet_y_16gf
    regnet_x_32gf regnet_y_32gf efficientnet_b5 efficientnet_b6 efficientnet_b7 efficientnet_v2_m efficientnet_v2_l
    convnext_large vit_b_32 vit_l_16 vit_l_32 swin_s swin_b swin_v2_s swin_v2_b vit_h_14 regnet_y_128gf""".split()
FORMS = {
    "default": {},
    "not folded": {"do_constant_folding": False},
    "BN kept": {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False},
    "dynamic batch": {"input_names": ["x"], "dynamic_axes": {"x": {0: "batch"}}},
    "initializers as inputs": {"keep_initializers_as_inputs": True},
}
LOGITS = {9: "default", 11: "BN kept", 13: "dynamic batch", 17: "initializers as inputs"}
# Width and height of the input; the others take 224. Large networks take less, which changes nothing but sizes in their
# graphs, since their last pool is over the whole plane.
SIZES = {"inception_v3": 299} | dict.fromkeys(
    """resnet101 resnext101_32x8d resnext101_64x4d wide_resnet50_2 wide_resnet101_2 densenet161 densenet169
    densenet201 efficientnet_b5 efficientnet_b6 efficientnet_b7 efficientnet_v2_s efficientnet_v2_m efficientnet_v2_l
    convnext_small convnext_base convnext_large regnet_x_3_2gf regnet_y_3_2gf regnet_x_8gf regnet_y_8gf regnet_x_16gf
    regnet_y_16gf regnet_x_32gf regnet_y_128gf""".split(), 96) | dict.fromkeys(
    "swin_t swin_s swin_b swin_v2_t swin_v2_s swin_v2_b".split(), 64)
TOLERANCE = 1e-4
# PyTorch's own logits of this network differ by 1.1e-4 between float32 and float64, and by 1.3e-4 with and without oneDNN.
TOLERANCES = {"regnet_y_128gf": 2e-4}
# Networks whose batch normalisations get the statistics of the input. With random ones, the gates of a large RegNetY are
# all 0 or 1, and PyTorch's own logits differ by 4e-4 between float32 and float64.
NORMALISED = ("regnet_y", "efficientnet_v2_s")
# The range of the random variances of batch normalisations. Among the usual ones, the values of ResNet-152 overflow.
VARIANCES = {"resnet152": (0.8, 1.2)}


class Different(Exception):
    """What cnncalc reads is not what PyTorch exported."""


def call(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=1800)


def described(program, spec, *flags):
    return json.loads(call(program, "memory", spec, "--format", "json", *flags).stdout)


def built_in(program, name, size):
    """The parameters and MACs of the built-in network, without heads for training, which an export leaves out; None if there
    is no such network."""
    if call(program, "check", "torchvision/" + name).returncode:
        return None
    read = described(program, "torchvision/" + name, "--input-size", str(size))
    heads = tuple(o["name"] + "." for o in read.get("outputs", []) if o.get("training"))
    of_heads = sum(layer["parameters"] for layer in read["layers"] if layer["name"].startswith(heads)) if heads else 0
    return {"parameters": read["totals"]["parameters"] - of_heads, "macs": read["totals"]["macs"]}


def refusal(program, model):
    """Why cnncalc does not read a model, or None."""
    done = call(program, "check", model)
    if done.returncode == 0:
        return None
    lines = [line for line in done.stdout.splitlines() if line.startswith(model + ": ")]
    return "refused: " + "; ".join(line.removeprefix(model + ": ") for line in lines)


def stored(model):
    """The numbers in the file, without the running means and variances of batch normalisations. PyTorch stores equal tensors,
    such as biases that are all zero, once: they count where they are read."""
    graph = onnx.load(model, load_external_data=False).graph
    counts = {t.name: int(np.prod(t.dims)) for t in graph.initializer if t.data_type == onnx.TensorProto.FLOAT and t.dims}
    inputs = (n.input[:3] if n.op_type == "BatchNormalization" else n.input for n in graph.node)
    return sum(counts.get(name, 0) for names in inputs for name in names)


def compare_logits(program, model, last, folder, y, tolerance):
    out = os.path.join(folder, "dump")
    done = call(program, "run", model, "--input", os.path.join(folder, "x.npy"), "--dump", out)
    if done.returncode:
        raise Different("run failed: " + done.stderr.strip().splitlines()[-1])
    got = np.load(os.path.join(out, last + ".npy")).reshape(-1)
    error = np.abs(got - y).max() / np.abs(y).max() if got.shape == y.shape else np.inf
    if not error <= tolerance:
        raise Different(f"the logits differ by {error:.1e}")
    return f"{error:.1e}"


def check(program, own, net, x, y, opset, form, folder, tolerance):
    """The difference of the logits, "" in forms in which they are not compared, or why there is none."""
    model = os.path.join(folder, "net.onnx")
    try:
        torch.onnx.export(net, x, model, opset_version=opset, **FORMS[form])
    except Exception as error:
        return "not exported: " + str(error).splitlines()[0].split("  [")[0][:120]
    why = refusal(program, model)
    if why:
        return why
    read = described(program, model)
    parameters, macs = read["totals"]["parameters"], read["totals"]["macs"]
    if macs != own["macs"]:
        raise Different(f"{macs} MACs, built in {own['macs']}")
    expected = own["parameters"] if form == "BN kept" else stored(model)
    if parameters != expected:
        raise Different(f"{parameters} parameters, not {expected}")
    if LOGITS[opset] != form:
        return ""
    return compare_logits(program, model, read["layers"][-1]["name"], folder, y, tolerance)


def cell(program, own, net, x, y, opset, forms, tolerance):
    """What became of a network at an opset."""
    difference, failed = "", []
    for form in forms:
        with tempfile.TemporaryDirectory() as folder:
            np.save(os.path.join(folder, "x.npy"), x.numpy())
            try:
                result = check(program, own, net, x, y, opset, form, folder, tolerance)
            except Different as error:
                result = "DIFFERENT: " + str(error)
        if ": " not in result:
            difference = result or difference
        elif result not in failed:
            failed.append(result)
    return "; ".join(failed) or f"{len(forms)} equal, {difference}"


def network(name):
    """The network with random weights with which the values neither vanish nor explode, and an input."""
    torch.manual_seed(1)
    net, size = getattr(torchvision.models, name)(weights=None).eval(), SIZES.get(name, 224)
    norms = [m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for m in norms:
        torch.nn.init.uniform_(m.running_mean, -0.1, 0.1)
        torch.nn.init.uniform_(m.running_var, *VARIANCES.get(name, (0.1, 0.5)))
    x = torch.randn(1, 3, size, size)
    if name.startswith(NORMALISED):
        for m in norms:
            m.train().momentum = 1
        with torch.no_grad():
            net(x)
    return net.eval(), x


def main(program, names, every_form):
    table = Table("check_exports.md", f"# torchvision {torchvision.__version__} exported by PyTorch {torch.__version__}\n\n"
                  "Written by check_exports.py: the forms that are read with equal parameters and MACs, and the largest "
                  "difference of the logits in one of them,\nas a part of the largest logit.",
                  ("network", "input", "parameters", "MACs", *(f"opset {o}" for o in LOGITS)), NETWORKS)
    bad = 0
    for name in names or NETWORKS:
        net, x = network(name)
        size = x.shape[-1]
        with torch.no_grad():
            y = net(x).numpy().reshape(-1)
        own = built_in(program, name, size)
        cells = []
        for opset, form in LOGITS.items():
            text = cell(program, own, net, x, y, opset, FORMS if every_form else [form], TOLERANCES.get(name, TOLERANCE))
            bad += "DIFFERENT" in text
            cells.append("the same" if "refused" in text and text in cells else text)
        table.set(name, (f"{size}x{size}", *(f"{own[k]:,}" if own else "" for k in ("parameters", "macs")), *cells))
    sys.exit(bad > 0)


main(os.path.abspath(sys.argv[1]), [name for name in sys.argv[2:] if name != "--all"], "--all" in sys.argv)
