"""Exports one network for the programs of the benchmark: export.py NETWORK TENSORS.json FOLDER

TENSORS.json is what `cnncalc-bench -tensors` prints: it says which names and shapes cnncalc expects. Written are:

    FOLDER/NETWORK.npy                    the picture, [1, 3, H, W]
    FOLDER/NETWORK.onnx                   with BN folded into convolutions, as torch.onnx.export does
    FOLDER/NETWORK-VARIANT.safetensors    the weights under cnncalc's names, for each variant of networks.py
    FOLDER/NETWORK-VARIANT.json           PyTorch's logits
"""
import json
import os
import struct
import sys

import numpy as np
import torch
from torch import nn

import networks

KINDS = {nn.Conv2d: ("CONV", "DWCONV"), nn.BatchNorm2d: ("BN",), nn.Linear: ("FC",)}


def in_call_order(net, picture):
    """The modules with weights, as (name, module), in the order in which a forward pass calls them."""
    called = []
    hooks = [module.register_forward_hook(lambda module, *_, name=name: called.append((name, module)))
             for name, module in net.named_modules() if type(module) in KINDS]
    with torch.inference_mode():
        net(picture)
    for hook in hooks:
        hook.remove()
    return called


def by_layer(tensors):
    """cnncalc's tensors, as [(layer, kind, {"weight": shape, ...})] in the order of the layers."""
    layers = []
    for tensor in tensors:
        layer, _, name = tensor["name"].rpartition(".")
        if not layers or layers[-1][0] != layer:
            layers.append((layer, tensor["kind"], {}))
        layers[-1][2][name] = tensor["shape"]
    return layers


def rename(called, tensors):
    """The weights of the modules under cnncalc's names: the n-th module called is cnncalc's n-th layer with weights."""
    layers = by_layer(tensors)
    if len(layers) != len(called):
        sys.exit(f"cnncalc has {len(layers)} layers with weights, torchvision {len(called)}")
    renamed = {}
    for (layer, kind, shapes), (name, module) in zip(layers, called):
        values = {key: value for key, value in module.state_dict().items() if key != "num_batches_tracked"}
        theirs = {key: list(value.shape) for key, value in values.items()}
        if kind not in KINDS[type(module)] or theirs != shapes:
            sys.exit(f"cnncalc's {layer} is {kind} {shapes}, but torchvision's {name} is {module} {theirs}")
        for key, value in values.items():
            renamed[f"{layer}.{key}"] = value.numpy()
    return renamed


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for values in tensors.values():
            np.ascontiguousarray(values, dtype="<f4").tofile(f)


def export_onnx(path, net, picture):
    torch.onnx.export(net, picture, path, opset_version=13, input_names=["input"], output_names=["logits"])


def main():
    name, tensors_file, folder = sys.argv[1:]
    with open(tensors_file) as f:
        tensors = json.load(f)
    picture = networks.picture(name)
    np.save(os.path.join(folder, f"{name}.npy"), picture)
    picture = torch.from_numpy(picture)
    for variant in (networks.INITIALISED, networks.CALIBRATED):
        net = networks.build(name, variant)
        write_safetensors(os.path.join(folder, f"{name}-{variant}.safetensors"), rename(in_call_order(net, picture), tensors))
        with torch.inference_mode():
            logits = net(picture).flatten().tolist()
        with open(os.path.join(folder, f"{name}-{variant}.json"), "w") as f:
            json.dump(logits, f)
        if variant == networks.INITIALISED:
            export_onnx(os.path.join(folder, f"{name}.onnx"), net, picture)


main()
