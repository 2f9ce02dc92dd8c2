"""Makes random weights smaller for networks in which rounding grows from layer to layer."""
import json

import numpy as np

# Filters are multiplied by this in networks whose layers, with random weights, amplify rounding. PyTorch's result is then as
# far from that of float64 as cnncalc's, and the next float32 of each value of the input may give another output.
AMPLIFYING = "efficientnet_v2_s", "efficientnet_v2_m", "efficientnet_v2_l", "regnet_y_1_6gf", "regnet_y_128gf"
SCALES = {f"torchvision/{name}": 0.5 for name in AMPLIFYING}


def scale(path, factor):
    """Multiplies the filters in a safetensors file by a factor."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    start = 8 + int.from_bytes(data[:8], "little")
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__" and len(entry["shape"]) > 1:
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data, "<f4", (end - begin) // 4, start + begin)
            values *= np.float32(factor)
    with open(path, "wb") as file:
        file.write(data)
