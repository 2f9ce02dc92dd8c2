#!/usr/bin/env python3
"""Measures what PyTorch keeps and takes, as the tests of internal/memory hold it.

    python3 testdata/memory/generate.py [NAME.json ...]

Last run with Python 3.11, torch 1.13.0, torchvision 0.14 and NumPy 1.24.2 on the CPU, in one thread. It writes

- kinds.json: for a layer of every kind after a convolution, in training with a cross entropy over the depth, the bytes
  that autograd saves, every storage once, and the most that is allocated in a forward and a backward pass, besides
  parameters, buffers, input and targets.
- cases.json: the bytes that autograd saves for the networks of ../pytorch/generate.py, at two batches. Networks are left
  out whose module there computes something in another way than PyTorch's own layer, or has a layer that PyTorch does
  not have.
- inference.json: the most that is allocated in a forward pass in evaluation, with the input, for torchvision's networks.
- layouts.json: the same, at two batches, where a volume is a part of another or has its channels last in memory.
- depthwise.json: the same as kinds.json for depthwise convolutions, whose kernels in oneDNN depend on the window.
- convolutions.json: the same for other convolutions, with the most that is allocated in evaluation, as inference.json.
- frozen.json: the same as kinds.json with parameters that have requires_grad=False, and the bytes of all gradients: for
  the kinds with parameters, and for networks of torchvision.
- heads.json: the same as kinds.json for networks with several outputs, each with a cross entropy of its own; the sum of
  these, by their weights, is trained.
- shared.json: the same as frozen.json for networks whose layers share weights.
- optimizers.json: for every optimizer, the bytes that its state has after some steps, and the most that a step
  allocates, for a network whose parameters are listed.

torchvision.json was measured in the same way, with PyTorch 1.13 and torchvision 0.14.
"""
import copy
import fnmatch
import importlib.util
import json
import os
import sys
import textwrap

import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision
from torch.profiler import ProfilerActivity, profile
from torchvision.ops import stochastic_depth

HERE = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(1)

# PyTorch has no LOCAL; L2 and uneven average pools are made of other functions there, and DROPOUT is left out.
LEFT_OUT = {"max-pools", "local", "rectangular", "rounding", "padding", "dilated", "fused", "activations", "flatten",
            "share-kinds"}


def load_cases():
    spec = importlib.util.spec_from_file_location("generate", os.path.join(HERE, "..", "pytorch", "generate.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    cases = {name: case for name, case in module.cases.items() if name not in LEFT_OUT}
    return cases, lambda case: [shape for _, shape in module.shapes(case.net)]


def nodes_of_loss(node):
    """The nodes of the cross entropies in a sum; a network may have a LogSoftmax of its own."""
    following = [next_node for next_node, _ in node.next_functions if next_node is not None]
    if node.name().startswith("NllLoss"):
        return [node, following[0]]
    return [of for next_node in following for of in nodes_of_loss(next_node)]


def saved_tensors(loss):
    """(node, attribute, tensor) of all that autograd has saved."""
    seen, nodes = set(), [loss.grad_fn]
    of_loss = nodes_of_loss(loss.grad_fn)
    while nodes:
        node = nodes.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        nodes.extend(next_node for next_node, _ in node.next_functions)
        for attribute in dir(node):
            if attribute.startswith("_saved_"):
                value = getattr(node, attribute)
                if isinstance(value, torch.Tensor):
                    yield "Loss" if node in of_loss else node.name(), attribute, value


def category(node, attribute, tensor, storages):
    key = tensor.storage().data_ptr()
    if key in storages:
        return storages[key]
    if node == "Loss":
        return "loss"
    if node.startswith("Native") and node.endswith("NormBackward0") and attribute in ("_saved_result1", "_saved_result2"):
        return "stat"
    if node.startswith(("MaxPool", "AdaptiveMaxPool")) and attribute == "_saved_result1":
        return "index"
    return "other"  # volumes, masks and numbers


def peak(events):
    live = most = 0
    for event in events:
        if event.name() == "[memory]":
            live += event.nbytes()
            most = max(most, live)
    return most


def measure(model, shape, batch):
    return measure_inputs(model, [shape], batch)


def measure_inputs(model, shapes, batch):
    """A model with several outputs has the weights of their losses as loss_weights."""
    torch.manual_seed(0)
    model = model.float().train()
    model.zero_grad(set_to_none=True)  # of a batch before
    xs = [torch.rand(batch, *shape) for shape in shapes]
    with torch.no_grad():
        outputs = model(*xs)
    if isinstance(outputs, torch.Tensor):
        outputs = [outputs]
    places = [output.shape[2:] for output in outputs]
    targets = {p: torch.zeros(batch, *p, dtype=torch.long) for p in places}  # outputs of one size share them
    targets = [targets[p] for p in places]
    known = {x.storage().data_ptr(): "input" for x in xs}
    known.update({target.storage().data_ptr(): "target" for target in targets})
    known.update({p.storage().data_ptr(): "param" for p in model.parameters()})
    known.update({b.storage().data_ptr(): "buffer" for b in model.buffers()})
    sizes = {}
    _, loss = loss_of(model, xs, targets)
    alive = list(saved_tensors(loss))  # so that no storage's place is used again
    done = set()
    for node, attribute, tensor in alive:
        key = tensor.storage().data_ptr()
        if tensor.numel() and key not in done:
            done.add(key)
            what = category(node, attribute, tensor, known)
            sizes[what] = sizes.get(what, 0) + tensor.storage().nbytes()
    del loss, alive, tensor  # what is freed while it is measured must have been allocated then
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        scores, loss = loss_of(model, xs, targets)
        loss.backward()
    return dict(sorted(sizes.items())), peak(profiler.profiler.kineto_results.events())


def loss_of(model, xs, targets):
    """The outputs and the loss, as the network's code would compute it."""
    outputs = model(*xs)
    losses = [F.cross_entropy(output, target)
              for output, target in zip([outputs] if isinstance(outputs, torch.Tensor) else outputs, targets)]
    weights = getattr(model, "loss_weights", [1] * len(losses))
    terms = [loss if weight == 1 else weight * loss for loss, weight in zip(losses, weights)]
    return outputs, sum(terms[1:], terms[0])


def cases():
    rows = []
    loaded, input_shapes = load_cases()
    for name, case in loaded.items():
        if not any(True for _ in case().parameters()):
            continue  # nothing is saved
        for batch in (2, 5):  # BN trains on more than one value
            sizes, _ = measure_inputs(case(), input_shapes(case), batch)
            rows.append({"case": name, "batch": batch, "saved": sizes})
    return rows


class Behind(nn.Module):
    """A convolution, followed by a function of its result, with its parameters if it has any."""

    def __init__(self, function):
        super().__init__()
        self.conv1, self.function = nn.Conv2d(3, 16, 1), function

    def forward(self, x):
        return self.function(self.conv1(x))


class Call(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Gate(nn.Module):
    """Squeeze-and-excitation."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Conv2d(16, 16, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.fc(F.adaptive_avg_pool2d(x, 1)))


class Joined(nn.Module):
    """A function of its input and of 1x1 convolutions with these numbers of filters."""

    def __init__(self, function, *filters):
        super().__init__()
        self.function, self.convs = function, nn.ModuleList(nn.Conv2d(16, k, 1) for k in filters)

    def forward(self, x):
        return self.function(x, *self.convs)


class LayerNorm2d(nn.LayerNorm):
    """Over the depth at each place, as ConvNeXt's."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Scale(nn.Module):
    """ConvNeXt's layer scale, and Caffe's Scale with a bias."""

    def __init__(self, depth, bias=False):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(depth, 1, 1))
        self.bias = nn.Parameter(torch.zeros(depth, 1, 1)) if bias else None

    def forward(self, x):
        y = self.weight * x
        return y if self.bias is None else y + self.bias


class Flat(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x.flatten(1))[:, :, None, None]


def add_in_place(x):
    y = F.gelu(x)
    y += x
    return y


def shuffle(x, groups):
    n, depth, height, width = x.shape
    return x.view(n, groups, depth // groups, height, width).transpose(1, 2).contiguous().view(n, depth, height, width)


# In cnncalc's language, after INPUT -> CONV1-16 on 32x24x3.
KINDS = {
    "CONV3-16": nn.Conv2d(16, 16, 3, padding=1),
    "CONV3-16 s2 p=0,1,0,1": nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(16, 16, 3, 2)),
    "DWCONV3": nn.Conv2d(16, 16, 3, padding=1, groups=16),
    "UPCONV2-16": nn.ConvTranspose2d(16, 16, 2, 2),
    "POOL2": lambda x: F.max_pool2d(x, 2),
    "AVGPOOL2": lambda x: F.avg_pool2d(x, 2),
    "AVGPOOL3 s1 p1": lambda x: F.avg_pool2d(x, 3, 1, 1),
    "L2POOL2": lambda x: F.lp_pool2d(x, 2, 2),
    "L2POOL3 s1 p1": lambda x: F.lp_pool2d(F.pad(x, (1, 1, 1, 1)), 2, 3, 1),
    "GAP": lambda x: F.adaptive_avg_pool2d(x, 1),
    "GAP mean": lambda x: x.mean([2, 3], keepdim=True),
    "ADAPTAVG1": lambda x: F.adaptive_avg_pool2d(x, 1),
    "ADAPTAVG5": lambda x: F.adaptive_avg_pool2d(x, 5),
    "POOL3 s2 d2 floor": lambda x: F.max_pool2d(x, 3, 2, dilation=2),
    "GMP": lambda x: F.adaptive_max_pool2d(x, 1),
    "ADAPTMAX1": lambda x: F.adaptive_max_pool2d(x, 1),
    "ADAPTMAX5": lambda x: F.adaptive_max_pool2d(x, 5),
    "FC-10": Flat(nn.Linear(16 * 32 * 24, 10)),
    "FC-10 nobias": Flat(nn.Linear(16 * 32 * 24, 10, bias=False)),
    "FLATTEN": lambda x: x.flatten(1)[:, :, None, None],
    "RELU": F.relu,
    "RELU inplace": torch.relu_,
    "LEAKYRELU": F.leaky_relu,
    "LEAKYRELU inplace": F.leaky_relu_,
    "PRELU": nn.PReLU(16),
    "PRELU shared": nn.PReLU(),
    "RELU6": F.relu6,
    "RELU6 inplace": lambda x: F.relu6(x, inplace=True),
    "SIGMOID": torch.sigmoid,
    "SIGMOID inplace": torch.sigmoid_,
    "TANH": torch.tanh,
    "TANH inplace": torch.tanh_,
    "ELU": F.elu,
    "ELU inplace": F.elu_,
    "SELU": F.selu,
    "SELU inplace": lambda x: F.selu(x, inplace=True),
    "SILU": F.silu,
    "SILU inplace": lambda x: F.silu(x, inplace=True),
    "MISH": F.mish,
    "MISH inplace": lambda x: F.mish(x, inplace=True),
    "GELU": F.gelu,
    "GELU tanh": lambda x: F.gelu(x, approximate="tanh"),
    "HARDSWISH": F.hardswish,
    "HARDSWISH inplace": lambda x: F.hardswish(x, inplace=True),
    "HARDSIGMOID": F.hardsigmoid,
    "HARDSIGMOID inplace": lambda x: F.hardsigmoid(x, inplace=True),
    "HARDSIGMOID slope=0.2 shift=0.5": lambda x: (x * 0.2 + 0.5).clamp(0, 1),
    "HARDSIGMOID slope=0.2 inplace": lambda x: x.mul_(0.2).add_(0.5).clamp_(0, 1),
    "SOFTPLUS": F.softplus,
    "SOFTPLUS beta=2 threshold=5": lambda x: F.softplus(x, 2, 5),
    "CLIP min=-1 max=2": lambda x: F.hardtanh(x, -1, 2),
    "CLIP min=0 max=6 inplace": lambda x: F.hardtanh(x, 0, 6, inplace=True),
    "SOFTMAX": lambda x: F.softmax(x, 1),
    "LOGSOFTMAX": lambda x: F.log_softmax(x, 1),
    "DROPOUT0.5": lambda x: F.dropout(x, 0.5),
    "DROPOUT0.5 inplace": lambda x: F.dropout(x, 0.5, inplace=True),
    "DROPOUT0": lambda x: F.dropout(x, 0.0),
    "DROPOUT0.5 channels": lambda x: F.dropout2d(x, 0.5),
    "DROPOUT0.5 channels inplace": lambda x: F.dropout2d(x, 0.5, inplace=True),
    "DROPOUT0 channels": lambda x: F.dropout2d(x, 0.0),
    "STOCHDEPTH0.2": lambda x: stochastic_depth(x, 0.2, "row"),
    "STOCHDEPTH0.2 batch": lambda x: stochastic_depth(x, 0.2, "batch"),
    "STOCHDEPTH0": lambda x: stochastic_depth(x, 0.0, "row"),
    "ADD(GELU -> STOCHDEPTH0.5 | IDENTITY)": lambda x: stochastic_depth(F.gelu(x), 0.5, "row") + x,
    "LRN5": lambda x: F.local_response_norm(x, 5),
    "LRN2": lambda x: F.local_response_norm(x, 2),
    "BN": nn.BatchNorm2d(16),
    "BN noaffine": nn.BatchNorm2d(16, affine=False),
    # A cross entropy straight after a permuted volume copies it.
    "LN -> CONV1-16": nn.Sequential(LayerNorm2d(16), nn.Conv2d(16, 16, 1)),
    "LN -> GAP": nn.Sequential(LayerNorm2d(16), nn.AdaptiveAvgPool2d(1)),
    "LN noaffine -> GAP": nn.Sequential(LayerNorm2d(16, elementwise_affine=False), nn.AdaptiveAvgPool2d(1)),
    "LN volume": nn.LayerNorm([16, 24, 32]),
    "LN volume noaffine": nn.LayerNorm([16, 24, 32], elementwise_affine=False),
    "GN4": nn.GroupNorm(4, 16),
    "GN4 -> GAP": nn.Sequential(nn.GroupNorm(4, 16), nn.AdaptiveAvgPool2d(1)),
    "GN8 noaffine": nn.GroupNorm(8, 16, affine=False),
    "IN": nn.InstanceNorm2d(16),
    "IN -> GAP": nn.Sequential(nn.InstanceNorm2d(16), nn.AdaptiveAvgPool2d(1)),
    "IN affine": nn.InstanceNorm2d(16, affine=True),
    "SCALE": Scale(16),
    "SCALE bias": Scale(16, bias=True),
    "SCALE -> SCALE bias -> RELU": nn.Sequential(Scale(16), Scale(16, bias=True), nn.ReLU()),
    "SCALE -> CONV1-4": nn.Sequential(Scale(16), nn.Conv2d(16, 4, 1)),
    "SCALE bias -> CONV1-4": nn.Sequential(Scale(16, bias=True), nn.Conv2d(16, 4, 1)),
    "SCALE0.1": lambda x: x * 0.1,
    "SCALE0.1 -> SIGMOID": lambda x: torch.sigmoid(x * 0.1),
    "UPSAMPLE2": lambda x: F.interpolate(x, scale_factor=2),
    "UPSAMPLE2 bilinear": lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"),
    "RESIZE40x13": lambda x: F.interpolate(x, (13, 40)),
    "RESIZE32x24 bilinear": lambda x: F.interpolate(x, (24, 32), mode="bilinear"),
    "RESIZE scale=1.5 bilinear align": lambda x: F.interpolate(x, scale_factor=1.5, mode="bilinear", align_corners=True),
    "PAD p=1,2,3,4": lambda x: F.pad(x, (1, 2, 3, 4)),
    "PAD0x1 value=0.5": nn.ConstantPad2d((0, 0, 1, 1), 0.5),
    "PAD1 reflect": nn.ReflectionPad2d(1),
    "PAD2x1 replicate -> RELU": nn.Sequential(nn.ReplicationPad2d((2, 2, 1, 1)), nn.ReLU()),
    "PAD1 reflect -> CONV3-16 p0": nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(16, 16, 3)),
    "PAD1 -> AVGPOOL2 s2": nn.Sequential(nn.ZeroPad2d(1), nn.AvgPool2d(2)),
    "CROP28x20": lambda x: x[:, :, 2:22, 2:30],
    "CROP8x5": lambda x: x[:, :, 9:14, 12:20],
    "CHANNELS from=3 to=10": lambda x: x[:, 3:10],
    "CHANNELS from=0 to=16": lambda x: x[:, 0:16],
    "CHANNELS from=4 to=12 -> RELU": lambda x: F.relu(x[:, 4:12]),
    "CONCAT(CHANNELS to=8 | CHANNELS from=8 -> GELU) -> SHUFFLE2": lambda x: shuffle(torch.cat([x[:, :8], F.gelu(x[:, 8:])], 1), 2),
    "SHUFFLE2": lambda x: shuffle(x, 2),
    "SHUFFLE1": lambda x: shuffle(x, 1),
    "PIXELSHUFFLE2": lambda x: F.pixel_shuffle(x, 2),
    "PIXELSHUFFLE1": lambda x: F.pixel_shuffle(x, 1),
    "PIXELUNSHUFFLE2 -> RELU": lambda x: F.relu(F.pixel_unshuffle(x, 2)),
    "CONCAT(IDENTITY)": lambda x: torch.cat([x], 1),
    "CONCAT(IDENTITY | GELU)": lambda x: torch.cat([x, F.gelu(x)], 1),
    "ADD(GELU | IDENTITY)": lambda x: F.gelu(x) + x,
    "ADD(GELU | IDENTITY) inplace": add_in_place,
    "MUL(IDENTITY | GELU)": lambda x: x * F.gelu(x),
    "MUL(IDENTITY | GELU | SIGMOID)": lambda x: x * F.gelu(x) * torch.sigmoid(x),
    "MUL(IDENTITY | GAP -> CONV1-16 -> SIGMOID)": Gate(),
    "MUL(IDENTITY | CONV1-1 -> SIGMOID)": Joined(lambda x, a: x * torch.sigmoid(a(x)), 1),
    "MUL(CONV1-1 | IDENTITY)": Joined(lambda x, a: a(x) * x, 1),
    "MUL(GAP | CONV1-1)": Joined(lambda x, a: F.adaptive_avg_pool2d(x, 1) * a(x), 1),
    "MUL(CONV1-16 | GAP -> CONV1-16)": Joined(lambda x, a, b: a(x) * b(F.adaptive_avg_pool2d(x, 1)), 16, 16),
    "ADD(IDENTITY | CONV1-1)": Joined(lambda x, a: x + a(x), 1),
    "ADD(CONV1-1 | IDENTITY)": Joined(lambda x, a: a(x) + x, 1),
    "ADD(GELU | GAP)": lambda x: F.gelu(x) + F.adaptive_avg_pool2d(x, 1),
    "MAX(IDENTITY | GELU)": lambda x: torch.maximum(x, F.gelu(x)),
    "MAX(IDENTITY | GELU | SIGMOID)": lambda x: torch.maximum(torch.maximum(x, F.gelu(x)), torch.sigmoid(x)),
    "MAX(CONV1-16 | CONV1-16)": Joined(lambda x, a, b: torch.maximum(a(x), b(x)), 16, 16),
    "MAX(IDENTITY | GAP)": lambda x: torch.maximum(x, F.adaptive_avg_pool2d(x, 1)),
    "MAX(GELU | CONV1-1)": Joined(lambda x, a: torch.maximum(F.gelu(x), a(x)), 1),
    "ADD(GAP | CONV1-1)": Joined(lambda x, a: F.adaptive_avg_pool2d(x, 1) + a(x), 1),
    "ADD(GAP | CONV1-1 | GELU)": Joined(lambda x, a: F.adaptive_avg_pool2d(x, 1) + a(x) + F.gelu(x), 1),
}


def kinds():
    rows = []
    for text, function in KINDS.items():
        if not isinstance(function, nn.Module):
            function = Call(function)
        sizes, most = measure(Behind(function), (3, 24, 32), 2)
        rows.append({"layer": text, "saved": sizes, "peak": most})
    return {"net": "input: 32x24x3\nlayers: |\n  INPUT -> CONV1-16 -> ", "batch": 2, "kinds": rows}


def slices():
    """Whether the backward pass of a kind copies an output's gradient that is a slice of a larger one."""
    rows = []
    for text, function in KINDS.items():
        if "->" in text or "|" in text:
            continue
        copies = []
        for more in (0, 1):
            x = torch.rand(2, 16, 24, 32, requires_grad=True)
            out = function(x * 1)  # not a leaf, for functions in place
            gradient = torch.rand(2, out.shape[1] + more, *out.shape[2:])[:, :out.shape[1]]
            with profile(activities=[ProfilerActivity.CPU]) as profiler:
                out.backward(gradient)
            names = [event.name() for event in profiler.profiler.kineto_results.events()]
            copies.append(names.count("aten::clone"))
        rows.append({"layer": text, "copies": copies[1] > copies[0]})
    return {"net": "input: 32x24x3\nlayers: INPUT -> CONV1-16 -> ", "kinds": rows}


def ln(x):
    return F.layer_norm(x.permute(0, 2, 3, 1), [x.shape[1]]).permute(0, 3, 1, 2)


def conv(*arguments, **options):
    return nn.Conv2d(*arguments, bias=False, **options)


def crop(x):
    return x[:, :, 2:22, 2:30]


def half(x):
    return x[:, 4:12]


class Then(nn.Module):
    """A function, followed by a layer."""

    def __init__(self, function, layer):
        super().__init__()
        self.function, self.layer = function, layer

    def forward(self, x):
        return self.layer(self.function(x))


# As KINDS, with a CONV1-16 or an FC at the end.
LAYOUTS = {
    "CROP28x20 -> FC-10": Then(crop, Flat(nn.Linear(16 * 28 * 20, 10))),
    "CROP32x5 -> FC-10": Then(lambda x: x[:, :, 9:14], Flat(nn.Linear(16 * 32 * 5, 10))),
    "CROP1x5 -> FC-10": Then(lambda x: x[:, :, 9:14, 15:16], Flat(nn.Linear(16 * 5, 10))),
    "CROP1 -> FC-10": Then(lambda x: x[:, :, 11:12, 15:16], Flat(nn.Linear(16, 10))),
    "CROP28x20 -> RELU -> FC-10": Then(lambda x: F.relu(crop(x)), Flat(nn.Linear(16 * 28 * 20, 10))),
    "CHANNELS from=4 to=12 -> FC-10": Then(half, Flat(nn.Linear(8 * 32 * 24, 10))),
    "CHANNELS from=4 to=5 -> CROP32x5 -> FC-10": Then(lambda x: x[:, 4:5, 9:14], Flat(nn.Linear(32 * 5, 10))),
    "CHANNELS from=4 to=5 -> CROP8x5 -> FC-10": Then(lambda x: x[:, 4:5, 9:14, 12:20], Flat(nn.Linear(8 * 5, 10))),
    "SHUFFLE2 -> FC-10": Then(lambda x: shuffle(x, 2), Flat(nn.Linear(16 * 32 * 24, 10))),
    "CROP28x20 -> FLATTEN -> FC-10": Then(crop, Flat(nn.Linear(16 * 28 * 20, 10))),
    "CROP28x20 -> SHUFFLE1 -> CONV1-16 nobias": Then(lambda x: shuffle(crop(x), 1), conv(16, 16, 1)),
    "CHANNELS from=4 to=12 -> SHUFFLE1 -> CONV1-16 nobias": Then(lambda x: shuffle(half(x), 1), conv(8, 16, 1)),
    "CROP28x20 -> IN -> CONV1-16 nobias": Then(lambda x: F.instance_norm(crop(x)), conv(16, 16, 1)),
    "CHANNELS from=4 to=12 -> IN -> CONV1-16 nobias": Then(lambda x: F.instance_norm(half(x)), conv(8, 16, 1)),
    "CROP28x20 -> GN4 noaffine -> CONV1-16 nobias": Then(lambda x: F.group_norm(crop(x), 4), conv(16, 16, 1)),
    "CROP28x20 -> LN noaffine -> CONV1-16 nobias": Then(lambda x: ln(crop(x)), conv(16, 16, 1)),
    "CROP28x20 -> LN volume noaffine -> CONV1-16 nobias":
        Then(lambda x: F.layer_norm(crop(x), [16, 20, 28]), conv(16, 16, 1)),
    "CROP28x20 -> CONV3-16 nobias": Then(crop, conv(16, 16, 3, padding=1)),
    "CHANNELS from=4 to=12 -> CONV3-16 nobias": Then(half, conv(8, 16, 3, padding=1)),
    "CROP28x20 -> POOL2 -> CONV1-16 nobias": Then(lambda x: F.max_pool2d(crop(x), 2), conv(16, 16, 1)),
    "CROP28x20 -> AVGPOOL2 -> CONV1-16 nobias": Then(lambda x: F.avg_pool2d(crop(x), 2), conv(16, 16, 1)),
    "CROP28x20 -> SOFTMAX -> CONV1-16 nobias": Then(lambda x: F.softmax(crop(x), 1), conv(16, 16, 1)),
    "LN noaffine -> FC-10": Then(ln, Flat(nn.Linear(16 * 32 * 24, 10))),
    "LN noaffine -> GELU -> FC-10": Then(lambda x: F.gelu(ln(x)), Flat(nn.Linear(16 * 32 * 24, 10))),
    "LN noaffine -> CROP1 -> FC-10": Then(lambda x: ln(x)[:, :, 11:12, 15:16], Flat(nn.Linear(16, 10))),
    "LN noaffine -> CHANNELS from=3 to=4 -> FC-10": Then(lambda x: ln(x)[:, 3:4], Flat(nn.Linear(32 * 24, 10))),
    "LN noaffine -> POOL2 -> FC-10": Then(lambda x: F.max_pool2d(ln(x), 2), Flat(nn.Linear(16 * 16 * 12, 10))),
    "LN noaffine -> ADAPTAVG2 -> FC-10": Then(lambda x: F.adaptive_avg_pool2d(ln(x), 2), Flat(nn.Linear(64, 10))),
    "LN noaffine -> LN noaffine -> GAP -> FC-10":
        Then(lambda x: F.adaptive_avg_pool2d(ln(ln(x)), 1), Flat(nn.Linear(16, 10))),
    "CONCAT(LN noaffine | IDENTITY) -> FC-10": Then(lambda x: torch.cat([ln(x), x], 1), Flat(nn.Linear(32 * 32 * 24, 10))),
    "CONCAT(LN noaffine | LN noaffine) -> FC-10":
        Then(lambda x: torch.cat([ln(x), ln(x)], 1), Flat(nn.Linear(32 * 32 * 24, 10))),
    "ADD(LN noaffine | IDENTITY) -> FC-10": Then(lambda x: ln(x) + x, Flat(nn.Linear(16 * 32 * 24, 10))),
    "ADD(IDENTITY | LN noaffine) -> FC-10": Then(lambda x: x + ln(x), Flat(nn.Linear(16 * 32 * 24, 10))),
    "LN noaffine -> SOFTMAX -> FC-10": Then(lambda x: F.softmax(ln(x), 1), Flat(nn.Linear(16 * 32 * 24, 10))),
    "LN noaffine -> BN noaffine -> FC-10":
        nn.Sequential(Call(ln), nn.BatchNorm2d(16, affine=False), Flat(nn.Linear(16 * 32 * 24, 10))),
    "LN noaffine -> SHUFFLE2 -> FC-10": Then(lambda x: shuffle(ln(x), 2), Flat(nn.Linear(16 * 32 * 24, 10))),
    "LN noaffine -> SHUFFLE1 -> FC-10": Then(lambda x: shuffle(ln(x), 1), Flat(nn.Linear(16 * 32 * 24, 10))),
    "LN noaffine -> IN -> CONV1-16 nobias": Then(lambda x: F.instance_norm(ln(x)), conv(16, 16, 1)),
    "LN noaffine -> LN volume noaffine -> CONV1-16 nobias":
        Then(lambda x: F.layer_norm(ln(x), [16, 24, 32]), conv(16, 16, 1)),
    "LN noaffine -> GN4 noaffine -> GAP -> FC-10":
        Then(lambda x: F.adaptive_avg_pool2d(F.group_norm(ln(x), 4), 1), Flat(nn.Linear(16, 10))),
    "LN noaffine -> CONV3-16 nobias -> GAP -> FC-10":
        nn.Sequential(Call(ln), conv(16, 16, 3, padding=1), nn.AdaptiveAvgPool2d(1), Flat(nn.Linear(16, 10))),
    "LN noaffine -> DWCONV7 nobias -> GAP -> FC-10":
        nn.Sequential(Call(ln), conv(16, 16, 7, padding=3, groups=16), nn.AdaptiveAvgPool2d(1), Flat(nn.Linear(16, 10))),
    "LN noaffine -> LOGSOFTMAX -> FC-10": Then(lambda x: F.log_softmax(ln(x), 1), Flat(nn.Linear(16 * 32 * 24, 10))),
    "CROP28x20 -> PIXELSHUFFLE2 -> CONV1-16 nobias": Then(lambda x: F.pixel_shuffle(crop(x), 2), conv(4, 16, 1)),
    "CROP28x20 -> PIXELUNSHUFFLE2 -> CONV1-16 nobias": Then(lambda x: F.pixel_unshuffle(crop(x), 2), conv(64, 16, 1)),
    "LN noaffine -> PIXELSHUFFLE2 -> FC-10":
        Then(lambda x: F.pixel_shuffle(ln(x), 2), Flat(nn.Linear(16 * 32 * 24, 10))),
    "LN noaffine -> PAD1 -> FC-10": Then(lambda x: F.pad(ln(x), (1, 1, 1, 1)), Flat(nn.Linear(16 * 34 * 26, 10))),
    "LN noaffine -> PAD1 reflect -> FC-10":
        Then(lambda x: F.pad(ln(x), (1, 1, 1, 1), "reflect"), Flat(nn.Linear(16 * 34 * 26, 10))),
    "LN noaffine -> PAD1 replicate -> FC-10":
        Then(lambda x: F.pad(ln(x), (1, 1, 1, 1), "replicate"), Flat(nn.Linear(16 * 34 * 26, 10))),
    "LN noaffine -> PAD1 reflect -> SIGMOID -> FC-10":
        Then(lambda x: F.pad(ln(x), (1, 1, 1, 1), "reflect").sigmoid(), Flat(nn.Linear(16 * 34 * 26, 10))),
    "LN noaffine -> PAD1 replicate -> SIGMOID -> FC-10":
        Then(lambda x: F.pad(ln(x), (1, 1, 1, 1), "replicate").sigmoid(), Flat(nn.Linear(16 * 34 * 26, 10))),
    "LN noaffine -> UPSAMPLE2 -> FC-10":
        Then(lambda x: F.interpolate(ln(x), scale_factor=2), Flat(nn.Linear(16 * 64 * 48, 10))),
    "LN noaffine -> L2POOL2 -> FC-10": Then(lambda x: F.lp_pool2d(ln(x), 2, 2), Flat(nn.Linear(16 * 16 * 12, 10))),
    "LN noaffine -> LRN5 -> FC-10":
        Then(lambda x: F.local_response_norm(ln(x), 5), Flat(nn.Linear(16 * 32 * 24, 10))),
    "LN noaffine -> PRELU -> FC-10": nn.Sequential(Call(ln), nn.PReLU(16), Flat(nn.Linear(16 * 32 * 24, 10))),
    "LN noaffine -> MUL(GAP | IDENTITY) -> FC-10":
        Then(lambda x: (lambda y: F.adaptive_avg_pool2d(y, 1) * y)(ln(x)), Flat(nn.Linear(16 * 32 * 24, 10))),
    "LN noaffine -> UPCONV2-16 s2 nobias -> FC-10":
        nn.Sequential(Call(ln), nn.ConvTranspose2d(16, 16, 2, 2, bias=False), Flat(nn.Linear(16 * 64 * 48, 10))),
}


def layouts():
    rows = []
    for text, model in LAYOUTS.items():
        for batch in (1, 2):
            sizes, most = measure(Behind(model), (3, 24, 32), batch)
            rows.append({"net": f"input: 32x24x3\nlayers: |\n  INPUT -> CONV1-16 -> {text}\n", "batch": batch,
                         "saved": sizes, "peak": most})
    return {"nets": rows}


def depthwise():
    rows = []
    for size, stride, pad, dilation, plane, depth, batch in [
        (3, 1, 1, 1, 14, 64, 1), (3, 2, 1, 1, 14, 64, 2), (3, 1, 2, 1, 14, 64, 1), (3, 1, 2, 2, 14, 64, 2),
        (5, 1, 2, 1, 14, 576, 1), (5, 1, 2, 1, 14, 576, 2), (5, 2, 2, 1, 14, 64, 2), (5, 1, 4, 2, 14, 64, 2),
        (7, 1, 3, 1, 14, 96, 2), (7, 4, 3, 1, 29, 96, 1), (2, 2, 0, 1, 14, 64, 2), (2, 3, 0, 1, 14, 64, 1),
        ((3, 5), 1, (1, 2), 1, 14, 64, 1), ((5, 3), 1, (2, 1), 1, 14, 64, 1), ((7, 1), 1, (3, 0), 1, 14, 64, 2),
        (3, 1, 1, 1, 2, 64, 4), (5, 1, 2, 1, 4, 64, 2),
        # Pads above and below of one row, of whole strides, and others.
        ((5, 3), (2, 1), (2, 1), 1, 14, 16, 2), ((5, 3), (3, 1), (1, 0), 1, 14, 16, 1), ((5, 3), (3, 1), (2, 0), 1, 14, 16, 1),
        ((5, 2), (4, 1), (2, 0), 1, 14, 16, 2), ((7, 3), (2, 3), (3, 1), 1, 11, 24, 1), ((7, 3), (3, 2), (3, 1), 1, 11, 16, 2),
        ((7, 3), (3, 2), (3, 1), 1, 13, 16, 2),
    ]:
        high, wide = size if isinstance(size, tuple) else (size, size)
        up, left = pad if isinstance(pad, tuple) else (pad, pad)
        steps = "{1}x{0}".format(*stride) if isinstance(stride, tuple) else stride
        text = f"DWCONV{wide}x{high} s{steps} p{left}x{up} d{dilation} nobias floor"
        model = nn.Sequential(nn.Conv2d(3, depth, 1, bias=False),
                              nn.Conv2d(depth, depth, size, stride, pad, dilation, groups=depth, bias=False))
        sizes, most = measure(model, (3, plane, plane), batch)
        net = f"input: {plane}x{plane}x3\nlayers: INPUT -> CONV1-{depth} nobias -> {text}\n"
        rows.append({"net": net, "batch": batch, "saved": sizes, "peak": most})
    return {"nets": rows}


# (window, stride, pad, dilation, groups, depth, filters, biases) of a convolution on 30x22, numbers or (width, height).
CONVOLUTIONS = [
    (3, 1, 1, 1, 1, 16, 32, True), (3, 2, 1, 1, 1, 12, 10, False),  # by kernels in all directions
    (3, 1, 2, 2, 1, 16, 32, False), (3, 1, 3, 3, 1, 24, 16, True), (3, 1, 4, 4, 1, 64, 32, True),
    (3, 1, 6, 6, 1, 16, 130, True), (3, 1, 12, 12, 1, 24, 10, False), (3, 2, 2, 2, 1, 16, 32, True),
    (3, 3, 0, (2, 1), 1, 8, 8, True), ((3, 1), 1, (4, 0), (4, 1), 1, 32, 8, False), ((1, 3), 1, (0, 6), (1, 6), 1, 12, 20, True),
    (2, 1, 1, 1, 1, 16, 16, True), (2, 1, 3, 6, 1, 100, 48, True),
    (5, 1, 2, 1, 1, 6, 32, False), (5, 1, 8, 4, 1, 8, 16, True), (5, 2, 2, 1, 1, 4, 32, True), (5, 3, 4, 1, 1, 16, 16, True),
    (7, 2, 3, 1, 1, 2, 64, True), (7, 1, 3, 1, 1, 32, 16, True), (7, 1, 5, 1, 1, 8, 32, True), (9, 1, 4, 1, 1, 3, 64, True),
    (9, 2, 4, 1, 1, 16, 16, True), (11, 4, 2, 1, 1, 3, 64, True), (3, (2, 1), 1, 1, 1, 16, 16, True),
    (1, 2, 0, 1, 1, 16, 32, True), (1, 3, 0, 1, 1, 20, 10, False), (1, 4, 0, 1, 1, 3, 16, True), (1, 1, 0, 2, 1, 16, 8, True),
    (1, (1, 2), 0, 1, 1, 1, 130, True), (1, 1, 0, 1, 2, 16, 32, True), (1, 1, 0, 1, 16, 16, 16, True),
    (3, 1, 2, 2, 2, 16, 32, True), (3, 1, 4, 4, 4, 32, 32, False), (3, 1, 1, 1, 2, 6, 16, True), (3, 1, 2, 2, 2, 6, 16, False),
    (3, 1, 5, 5, 4, 12, 20, True), (3, 1, 2, 2, 20, 20, 20, True), (3, 1, 6, 6, 16, 16, 16, False),
    (5, 2, 2, 1, 20, 20, 20, True), (7, 1, 5, 1, 8, 8, 8, True),
]


def convolutions():
    rows = []
    for window, stride, pad, dilation, groups, depth, filters, bias in CONVOLUTIONS:
        pairs = [n if isinstance(n, tuple) else (n, n) for n in (window, stride, pad, dilation)]
        written = ["{}x{}".format(*pair) for pair in pairs]
        name = f"DWCONV{written[0]}" if groups == depth == filters else f"CONV{written[0]}-{filters} g{groups}"
        text = f"{name} s{written[1]} p{written[2]} d{written[3]} {'' if bias else 'nobias '}floor"
        layer = nn.Conv2d(depth, filters, *(pair[::-1] for pair in pairs), groups, bias)
        for first in ([], [nn.Conv2d(depth, depth, 1, bias=False)]):  # with a gradient of its input, and without
            model = nn.Sequential(*first, layer)
            before = f"CONV1-{depth} nobias -> " if first else ""
            for batch in (1, 2, 16):
                sizes, most = measure(model, (depth, 22, 30), batch)
                net = f"input: 30x22x{depth}\nlayers: INPUT -> {before}{text}\n"
                rows.append({"net": net, "batch": batch, "saved": sizes, "peak": most,
                             "inference": measure_inference(model, (depth, 22, 30), batch)})
    return {"nets": rows}


def measure_inference(model, shape, batch):
    """The most that is allocated in evaluation, with the input."""
    model.eval()
    x = torch.rand(batch, *shape)
    with torch.no_grad(), profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        _scores = model(x)  # keeps them
    return peak(profiler.profiler.kineto_results.events()) + x.numel() * x.element_size()


def freeze(model, patterns):
    """By patterns of names, of which the last that matches decides; ! excepts."""
    for name, parameter in model.named_parameters():
        for pattern in patterns:
            if fnmatch.fnmatchcase(name, pattern.lstrip("!")):
                parameter.requires_grad = pattern.startswith("!")


def measure_frozen(model, patterns, shape, batch):
    freeze(model, patterns)
    sizes, most = measure(model, shape, batch)
    gradients = sum(p.grad.numel() * p.grad.element_size() for p in model.parameters() if p.grad is not None)
    return {"saved": sizes, "gradients": gradients, "peak": most}


# By PyTorch's names of parameters, and by cnncalc's.
FROZEN_IN_KINDS = [
    (["conv1.*"], ["conv1"]),
    (["*", "!conv1.*"], ["*", "!conv1"]),
    (["*weight", "!conv1.*"], ["*.weight", "!conv1"]),
    (["*bias", "!conv1.*"], ["*.bias", "!conv1"]),
    (["*weight"], ["*.weight"]),
]


def frozen_kinds():
    rows = []
    for text, function in KINDS.items():
        if not isinstance(function, nn.Module) or not any(True for _ in function.parameters()):
            continue
        names = [name for name, _ in function.named_parameters()]
        for theirs, ours in FROZEN_IN_KINDS:
            model = Behind(copy.deepcopy(function))
            if any("bias" in p for p in theirs) and not any(n.endswith("bias") for n in names) or text.startswith("MUL"):
                continue  # the pattern matches nothing, or MUL's conv2 that it does not mean
            rows.append({"layer": text, "frozen": ours, **measure_frozen(model, theirs, (3, 24, 32), 2)})
    return rows


FROZEN_NETWORKS = {
    "resnet18": [
        (["conv1.*", "bn1.*"], ["conv1", "bn1"]),
        (["*", "!fc.*"], ["*", "!fc1"]),
        (["*", "!fc.bias"], ["*", "!fc1.bias"]),
        (["*", "!layer3.*"], ["*", "!halving2.*", "!basic4.*"]),
        (["layer3.*"], ["halving2.*", "basic4.*"]),
        (["*bn*", "*downsample.1.*"], ["*bn*"]),
        (["*", "!*bn*", "!*downsample.1.*"], ["*", "!*bn*"]),
        (["conv1.*", "bn1.*", "layer1.*", "layer2.*"], ["conv1", "bn1", "basic[123].*", "halving1.*"]),
    ],
    "mobilenet_v2": [
        (["features.0.*"], ["conv1", "bn1"]),
        (["*", "!classifier.*"], ["*", "!fc1"]),
        (["*", "!features.7.*", "!features.8.*"], ["*", "!inverted3.*", "!residual4.*"]),
        (["features.7.*", "features.8.*"], ["inverted3.*", "residual4.*"]),
        (["features.?.*", "features.10.*"], ["conv1", "bn1", "narrow*", "inverted[123].*", "residual[123456].*"]),
    ],
    "vgg11": [
        (["features.*"], ["conv*"]),
        (["*weight"], ["*.weight"]),
        (["classifier.0.*", "classifier.3.*"], ["fc1", "fc2"]),
    ],
}


def frozen():
    networks = []
    for name, cases in FROZEN_NETWORKS.items():
        for theirs, ours in cases:
            for batch in (1, 2):
                model = getattr(torchvision.models, name)()
                result = measure_frozen(model, theirs, (3, 224, 224), batch)
                networks.append({"network": "torchvision/" + name, "batch": batch, "frozen": ours, **result})
    return {"net": "input: 32x24x3\nlayers: |\n  INPUT -> CONV1-16 -> ", "batch": 2, "rows": frozen_kinds() + networks}


class EarlyOutput(nn.Module):
    """The first of two convolutions of a result is an output itself."""
    net = """
        input: 32x32x3
        layers: |
          INPUT -> CONV3-16 -> RELU @a -> CONV3-64 @out1 -> CONCAT(@a -> CONV3-32 | @a -> CONV1-8)
        heads: {out1: "@out1"}
        """

    def __init__(self):
        super().__init__()
        self.conv1, self.out1 = nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 64, 3, padding=1)
        self.conv3, self.conv4 = nn.Conv2d(16, 32, 3, padding=1), nn.Conv2d(16, 8, 1)

    def forward(self, x):
        a = F.relu(self.conv1(x))
        early = self.out1(a)
        return torch.cat([self.conv3(a), self.conv4(a)], 1), early


class Pyramid(nn.Module):
    """A detector of two scales, whose finer head reads the coarser one's features."""
    net = """
        input: 32x32x3
        layers: |
          INPUT -> CONV3-16 s2 p1 floor nobias -> BN -> RELU -> CONV3-32 s2 p1 floor -> RELU @c3
          -> CONV3-64 s2 p1 floor -> RELU @c4
        heads:
          p4: "@c4 -> CONV1-32 @lateral -> CONV3-21"
          p3: "@c3 -> CONV1-32 -> ADD(@p4.lateral -> UPSAMPLE2 | IDENTITY) -> CONV3-21"
        """

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16)
        self.conv2, self.conv3 = nn.Conv2d(16, 32, 3, 2, 1), nn.Conv2d(32, 64, 3, 2, 1)
        self.lateral4, self.out4 = nn.Conv2d(64, 32, 1), nn.Conv2d(32, 21, 3, padding=1)
        self.lateral3, self.out3 = nn.Conv2d(32, 32, 1), nn.Conv2d(32, 21, 3, padding=1)

    def forward(self, x):
        c3 = F.relu(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        c4 = F.relu(self.conv3(c3))
        p4 = self.lateral4(c4)
        return self.out4(p4), self.out3(F.interpolate(p4, scale_factor=2) + self.lateral3(c3))


class Auxiliary(nn.Module):
    """A classifier with an auxiliary one in training, as GoogLeNet's."""
    net = """
        input: 32x32x3
        layers: |
          INPUT -> CONV3-16 -> RELU @early -> POOL2 -> CONV3-32 -> RELU -> POOL2 -> CONV3-64 -> RELU -> GAP -> FC-10
        heads:
          aux:
            layers: "@early -> AVGPOOL5 s3 -> CONV1-24 @conv -> RELU -> FC-64 -> RELU -> DROPOUT0.7 -> FC-10"
            training: true
            loss: 0.3
        """
    loss_weights = [1, 0.3]

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
        self.conv3, self.fc1 = nn.Conv2d(32, 64, 3, padding=1), nn.Linear(64, 10)
        self.aux_conv = nn.Conv2d(16, 24, 1)
        self.aux_fc1, self.aux_fc2 = nn.Linear(24 * 100, 64), nn.Linear(64, 10)

    def forward(self, x):
        early = F.relu(self.conv1(x))
        aux = self.auxiliary(early)
        x = F.relu(self.conv2(F.max_pool2d(early, 2)))
        x = F.relu(self.conv3(F.max_pool2d(x, 2)))
        return self.fc1(F.adaptive_avg_pool2d(x, 1).flatten(1)), aux

    def auxiliary(self, x):
        x = F.relu(self.aux_conv(F.avg_pool2d(x, 5, 3)))
        return self.aux_fc2(F.dropout(F.relu(self.aux_fc1(x.flatten(1))), 0.7, self.training))


HEADS = [EarlyOutput, Pyramid, Auxiliary]


def heads():
    rows = []
    for module in HEADS:
        net = textwrap.dedent(module.net).strip() + "\n"
        sizes, most = measure(module(), (3, 32, 32), 4)
        gradients = sum(4 * p.numel() for p in module().parameters())
        rows.append({"net": net, "batch": 4, "gradients": gradients, "saved": sizes, "peak": most})
    return {"heads": rows}


class Heads(nn.Module):
    """RetinaNet's head over three levels of a pyramid."""

    net = """input: 64x48x3
layers: |
  INPUT -> CONV3-16 -> RELU @p3 -> POOL2 @p4 -> POOL2 @p5
  -> @p3 -> CONV3-16 @head1 -> RELU -> CONV3-16 @head2 -> RELU -> CONV3-36 @classes -> FLATTEN @o3
  -> @p4 -> CONV3-16 share=@head1 -> RELU -> CONV3-16 share=@head2 -> RELU -> CONV3-36 share=@classes -> FLATTEN @o4
  -> @p5 -> CONV3-16 share=@head1 -> RELU -> CONV3-16 share=@head2 -> RELU -> CONV3-36 share=@classes -> FLATTEN @o5
  -> CONCAT(@o3 | @o4 | @o5)
"""

    def __init__(self):
        super().__init__()
        self.conv1, self.head1 = nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 16, 3, padding=1)
        self.head2, self.classes = nn.Conv2d(16, 16, 3, padding=1), nn.Conv2d(16, 36, 3, padding=1)

    def forward(self, x):
        p3 = F.relu(self.conv1(x))
        p4 = F.max_pool2d(p3, 2)
        p5 = F.max_pool2d(p4, 2)
        return torch.cat([self.head(p3), self.head(p4), self.head(p5)], 1)[:, :, None, None]

    def head(self, x):
        return self.classes(F.relu(self.head2(F.relu(self.head1(x))))).flatten(1)


class Towers(nn.Module):
    """Two slices of one volume through the same layers, whose weights are most of what is alive."""

    net = """input: 8x8x64
layers: |
  INPUT -> CONV3-256 @x -> CHANNELS to=128 -> CONV3-512 @conv -> BN @norm -> RELU -> GAP -> FC-1000 @fc
  -> @x -> CHANNELS from=128 to=256 -> CONV3-512 share=@conv -> BN share=@norm -> RELU -> GAP -> FC-1000 share=@fc
  -> ADD(@fc | IDENTITY)
"""

    def __init__(self):
        super().__init__()
        self.x, self.conv = nn.Conv2d(64, 256, 3, padding=1), nn.Conv2d(128, 512, 3, padding=1)
        self.norm, self.fc = nn.BatchNorm2d(512), nn.Linear(512, 1000)

    def forward(self, x):
        x = self.x(x)
        return (self.tower(x[:, :128]) + self.tower(x[:, 128:256]))[:, :, None, None]

    def tower(self, x):
        return self.fc(F.adaptive_avg_pool2d(F.relu(self.norm(self.conv(x))), 1).flatten(1))


def shared():
    rows = []
    for model, shape, frozen in [
        (Heads, (3, 48, 64), []), (Heads, (3, 48, 64), ["head1.*"]), (Heads, (3, 48, 64), ["*", "!classes.*"]),
        (Towers, (64, 8, 8), []), (Towers, (64, 8, 8), ["norm.*", "fc.weight"]),
    ]:
        for batch in (1, 2):
            result = measure_frozen(model(), frozen, shape, batch)
            patterns = [pattern.replace(".*", "") for pattern in frozen]
            rows.append({"net": model.net, "batch": batch, "frozen": patterns, **result})
    return {"rows": rows}


OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, 0.1),
    "momentum": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9),
    "nesterov": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True),
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adadelta": torch.optim.Adadelta,
    "adam": torch.optim.Adam,
    "amsgrad": lambda p: torch.optim.Adam(p, amsgrad=True),
    "adamw": torch.optim.AdamW,
    "adamax": torch.optim.Adamax,
    "nadam": torch.optim.NAdam,
    "radam": torch.optim.RAdam,
}


def optimizers():
    rows = []
    for name, make in OPTIMIZERS.items():
        torch.manual_seed(0)
        model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8 * 36, 1000))
        optimizer = make(model.parameters())
        for _ in range(7):  # RAdam takes its full form from the sixth step on
            optimizer.zero_grad()
            model(torch.rand(2, 3, 8, 8)).sum().backward()
            optimizer.step()
        state = sum(v.numel() * v.element_size() for p in model.parameters() for v in optimizer.state[p].values()
                    if isinstance(v, torch.Tensor))
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
            optimizer.step()
        rows.append({"optimizer": name, "state": state, "step": peak(profiler.profiler.kineto_results.events())})
    return {"net": "input: 8x8x3\nlayers: INPUT -> CONV3-8 p0 -> BN -> FC-1000\n", "optimizers": rows}


NETWORKS = [
    "alexnet", "vgg11", "vgg16", "vgg16_bn", "vgg19", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152",
    "resnext50_32x4d", "wide_resnet50_2", "densenet121", "densenet169", "densenet201", "mobilenet_v2",
    "squeezenet1_0", "squeezenet1_1", "googlenet", "inception_v3",
]


def inference():
    rows = []
    for name in NETWORKS:
        options = {"init_weights": False, "aux_logits": False} if name in ("googlenet", "inception_v3") else {}
        model = getattr(torchvision.models, name)(**options).eval()
        size = 299 if name == "inception_v3" else 224
        for batch in (1, 2):
            rows.append({"network": "torchvision/" + name, "batch": batch,
                         "peak": measure_inference(model, (3, size, size), batch)})
    return {"networks": rows}


def write(name, rows, key):
    lines = ",\n".join("    " + json.dumps(row) for row in rows[key])
    rest = "".join(f"  {json.dumps(k)}: {json.dumps(v)},\n" for k, v in rows.items() if k != key)
    with open(os.path.join(HERE, name), "w") as file:
        file.write("{\n" + rest + f"  {json.dumps(key)}: [\n{lines}\n  ]\n}}\n")


def main():
    source = f"PyTorch {torch.__version__} on the CPU, float32, one thread; bytes"
    files = {
        "kinds.json": (kinds, "kinds"), "cases.json": (lambda: {"cases": cases()}, "cases"),
        "inference.json": (inference, "networks"), "layouts.json": (layouts, "nets"),
        "slices.json": (slices, "kinds"), "depthwise.json": (depthwise, "nets"), "convolutions.json": (convolutions, "nets"), "frozen.json": (frozen, "rows"),
        "heads.json": (heads, "heads"), "shared.json": (shared, "rows"),
        "optimizers.json": (optimizers, "optimizers"),
    }
    for name in sys.argv[1:] or files:
        rows, key = files[name]
        write(name, {"source": source, **rows()}, key)


if __name__ == "__main__":
    main()
