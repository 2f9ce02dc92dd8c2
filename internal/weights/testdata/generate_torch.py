"""Writes the fixtures beside this file that come from PyTorch, and safetensors files by the format's description.

Written with torch 1.13.1 and torchvision 0.14.1 on Python 3.11. Run it in this folder: python3 generate_torch.py
"""

import gzip
import json
import pickle
import struct

import numpy as np
import torch
import torchvision

# Names and shapes of every state_dict, in its own order, which is that of the modules' registration.
NETWORKS = """alexnet densenet121 densenet161 densenet169 densenet201 googlenet inception_v3 mobilenet_v2
    resnet18 resnet34 resnet50 resnet101 resnet152 resnext50_32x4d resnext101_32x8d resnext101_64x4d wide_resnet50_2
    wide_resnet101_2 squeezenet1_0 squeezenet1_1 vgg11 vgg11_bn vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn
    mnasnet0_5 mnasnet0_75 mnasnet1_0 mnasnet1_3 mobilenet_v3_small mobilenet_v3_large shufflenet_v2_x0_5 shufflenet_v2_x1_0
    shufflenet_v2_x1_5 shufflenet_v2_x2_0 convnext_tiny convnext_small convnext_base convnext_large""".split()
NETWORKS += [f"regnet_{n}" for n in """x_400mf x_800mf x_1_6gf x_3_2gf x_8gf x_16gf x_32gf y_400mf y_800mf y_1_6gf y_3_2gf y_8gf
    y_16gf y_32gf y_128gf""".split()]
NETWORKS += [f"efficientnet_{n}" for n in "b0 b1 b2 b3 b4 b5 b6 b7 v2_s v2_m v2_l".split()]

SEGMENTATION = ["fcn_resnet50", "deeplabv3_resnet50"]


def state_dict(name):
    if name in SEGMENTATION:
        network = getattr(torchvision.models.segmentation, name)
        return network(weights=None, weights_backbone=None, aux_loss=True).state_dict()
    slow_start = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return getattr(torchvision.models, name)(weights=None, **slow_start).state_dict()


names = {n: [[k, list(v.shape)] for k, v in state_dict(n).items()] for n in NETWORKS + SEGMENTATION}
with open("torchvision.json.gz", "wb") as f:
    f.write(gzip.compress(json.dumps(names, separators=(",", ":")).encode(), 9, mtime=0))


def safetensors(name, tensors, metadata=None, pad=True, reverse=False):
    """tensors maps a name to its type, shape and bytes; reverse lists them in the other order than their places."""
    header, payload = {} if metadata is None else {"__metadata__": metadata}, b""
    for key, (dtype, shape, data) in tensors.items():
        header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [len(payload), len(payload) + len(data)]}
        payload += data
    if reverse:
        header = dict(reversed(header.items()))
    text = json.dumps(header).encode()
    if pad:
        text += b" " * (-len(text) % 8)
    with open(name, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + payload)


def ramp(*shape):
    return (np.arange(np.prod(shape, dtype=int)) + 0.5).reshape(shape).astype("<f4")


def plain(a):
    return "F32", list(a.shape), a.tobytes()


special = torch.tensor([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -2.0, 65504.0, 2.0**-24, -(2.0**-14), 1 / 3], dtype=torch.float64)
safetensors("plain.safetensors", {"conv1.weight": plain(ramp(2, 3, 1, 1)), "conv1.bias": plain(ramp(2)), "scalar": plain(ramp()),
                                  "empty": plain(ramp(0, 3))}, metadata={"format": "pt"})
safetensors("types.safetensors", {
    "bytes": ("U8", [3], b"abc"),  # no other tensor is aligned
    "double": ("F64", [11], special.numpy().tobytes()),
    "single": ("F32", [11], special.float().numpy().tobytes()),
    "half": ("F16", [11], special.half().numpy().tobytes()),
    "brain": ("BF16", [11], special.bfloat16().view(torch.int16).numpy().tobytes()),
    "counter": ("I64", [], struct.pack("<q", 7)),
}, pad=False, reverse=True)

# What is refused, with the command that converts it.
tensors = {"conv1.weight": torch.from_numpy(ramp(2, 3, 1, 1)), "bn1.num_batches_tracked": torch.tensor(7)}
torch.save(tensors, "refused.pt")
torch.save({"epoch": 3, "state_dict": tensors}, "refused_old.pth", _use_new_zipfile_serialization=False)
with open("refused.pkl", "wb") as f:
    pickle.dump({"conv1.weight": ramp(2, 3, 1, 1)}, f)
