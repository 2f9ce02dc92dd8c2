"""Exports one network for the programs of the benchmark: export.py NETWORK FOLDER

Written are:

    FOLDER/NETWORK.npy                    the picture, [1, 3, H, W]
    FOLDER/NETWORK.onnx                   for any batch, with BN folded into convolutions, as torch.onnx.export does
    FOLDER/NETWORK-VARIANT.safetensors    the weights, for each variant of networks.py
    FOLDER/NETWORK-VARIANT.json           PyTorch's logits
"""
import json
import os
import struct
import sys

import numpy as np
import torch

import networks

def weights(net):
    """The tensors of the state_dict, without BN's counters, which are integers."""
    return {name: value.numpy() for name, value in net.state_dict().items() if value.is_floating_point()}


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
    torch.onnx.export(net, picture, path, opset_version=13, input_names=["input"], output_names=["logits"],
                      dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}})


def main():
    name, folder = sys.argv[1:]
    picture = networks.picture(name)
    np.save(os.path.join(folder, f"{name}.npy"), picture)
    picture = torch.from_numpy(picture)
    for variant in (networks.INITIALISED, networks.CALIBRATED):
        net = networks.build(name, variant)
        write_safetensors(os.path.join(folder, f"{name}-{variant}.safetensors"), weights(net))
        with torch.inference_mode():
            logits = net(picture).flatten().tolist()
        with open(os.path.join(folder, f"{name}-{variant}.json"), "w") as f:
            json.dump(logits, f)
        if variant == networks.INITIALISED:
            export_onnx(os.path.join(folder, f"{name}.onnx"), net, picture)


main()
