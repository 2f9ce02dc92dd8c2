"""PyTorch's side of the benchmark: pytorch.py NETWORK INPUT.npy THREADS BATCH

The weights are made anew from their seed, which takes less memory than loading them. The protocol is that of
cnncalc-bench/main.go: a line of JSON when ready, then one line for each line of standard input.
"""
import json
import os
import sys
import time

import numpy as np
import torch

import networks


def blas():
    """The BLAS that is loaded: PyTorch takes it for 1x1 convolutions and one thread, and Debian's default one is slow."""
    with open("/proc/self/maps") as f:
        loaded = {os.path.basename(line.split()[-1]) for line in f if "/" in line}
    return " ".join(sorted(name for name in loaded if "blas" in name)) or "no BLAS"


def main():
    name, input_file, threads, batch = sys.argv[1:]
    torch.set_num_threads(int(threads))
    net = networks.build(name)
    pictures = torch.from_numpy(np.load(input_file)).repeat(int(batch), 1, 1, 1)
    output = None
    print(json.dumps({"version": f"{torch.__version__}, {blas()}"}), flush=True)
    with torch.inference_mode():
        for line in sys.stdin:
            command, _, argument = line.strip().partition(" ")
            if command == "run":
                milliseconds = []
                for i in range(-1, int(argument)):
                    start = time.perf_counter()
                    output = net(pictures)
                    if i >= 0:
                        milliseconds.append((time.perf_counter() - start) * 1000)
                print(*milliseconds, flush=True)
            elif command == "logits":
                print(*(format(v, ".9g") for v in output[0].tolist()), flush=True)
            else:
                sys.exit(f"pytorch.py: unknown command {line!r}")


main()
