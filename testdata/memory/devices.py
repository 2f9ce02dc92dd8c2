#!/usr/bin/env python3
"""Measures what a device holds in data-parallel training, with two processes on the CPU, as the tests of internal/memory
hold it.

    go build -o cnncalc ./cmd/cnncalc
    OMP_NUM_THREADS=1 python3 testdata/memory/devices.py ./cnncalc

Last run with Python 3.11 and torch 1.13.0 in two processes with gloo, one thread each. It writes devices.json: for some
networks, in the PyTorch code that cnncalc writes, the bytes of each process that

- DistributedDataParallel allocates and keeps when it is made (reducer), with gradient_as_bucket_view (views) and without
  (copies); another thread may release some hundred bytes only later;
- the third iteration, of two pictures a process, allocates at most (iteration), besides parameters, buffers, input, targets
  and what the reducer keeps;
- that iteration with gradients kept from the one before, as zero_grad(set_to_none=False) leaves them (accumulating);
- ZeroRedundancyOptimizer keeps as the state of Adam (zero1), of each process;
- the buckets hold, in the order of the reduction (buckets).
"""
import importlib.util
import json
import os
import subprocess
import sys
import tempfile

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F
from torch.distributed.optim import ZeroRedundancyOptimizer
from torch.nn.parallel import DistributedDataParallel
from torch.profiler import ProfilerActivity, profile

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.abspath(sys.argv[1])
NETWORKS = ["lenet5", "torchvision/resnet18", "torchvision/mobilenet_v2", "torchvision/vgg11"]
BATCH, PROCESSES = 2, 2


def cnncalc(*arguments):
    return subprocess.run([PROGRAM, *arguments], check=True, capture_output=True, text=True).stdout


def input_shape(name):
    """The depth, height and width of a network's input."""
    shape = json.loads(cnncalc("memory", name, "--format", "json"))["layers"][0]["output"]
    return shape["depth"], shape["height"], shape["width"]


def network(path):
    """The network in a file of PyTorch code."""
    spec = importlib.util.spec_from_file_location("net", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return next(v for v in vars(module).values() if isinstance(v, type) and v.__doc__ == "The network.")()


def measure(work):
    """What work returns, the most that it allocates, and what of that it keeps."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        result = work()
    live = most = 0
    for event in profiler.profiler.kineto_results.events():
        if event.name() == "[memory]":
            live += event.nbytes()
            most = max(most, live)
    return result, most, live


def iterate(net, x, target):
    scores = net(x)
    loss = F.cross_entropy(scores, target)
    loss.backward()
    return scores, loss


def process(rank, folder, shape, answers):
    torch.set_num_threads(1)
    store = "file://" + os.path.join(folder, "store")
    dist.init_process_group("gloo", init_method=store, rank=rank, world_size=PROCESSES)
    x, target = torch.rand(BATCH, *shape), torch.zeros(BATCH, dtype=torch.long)
    answer = {}
    for view in False, True:
        torch.manual_seed(0)
        net = network(os.path.join(folder, "net.py")).train()
        parallel, _, kept = measure(lambda: DistributedDataParallel(net, gradient_as_bucket_view=view))
        for _ in range(2):
            iterate(parallel, x, target)
            parallel.zero_grad(set_to_none=True)
        held, most, _ = measure(lambda: iterate(parallel, x, target))
        del held
        held, accumulating, _ = measure(lambda: iterate(parallel, x, target))
        del held
        answer["views" if view else "copies"] = {"reducer": kept, "iteration": most, "accumulating": accumulating}
        sizes = parallel._get_ddp_logging_data().get("rebuilt_bucket_sizes", "")
        answer["buckets"] = [int(size) for size in sizes.split(", ")]
        del parallel
    optimizer = ZeroRedundancyOptimizer(net.parameters(), torch.optim.Adam)
    for p in net.parameters():
        p.grad = torch.zeros_like(p)
    optimizer.step()
    states = optimizer.optim.state.values()
    answer["zero1"] = sum(t.nelement() * t.element_size() for state in states for t in state.values())
    answers[rank] = answer
    dist.destroy_process_group()


def rows():
    for name in NETWORKS:
        with tempfile.TemporaryDirectory() as folder, mp.Manager() as manager:
            cnncalc("convert", name, "-o", os.path.join(folder, "net.py"))
            answers = manager.dict()
            mp.spawn(process, (folder, input_shape(name), answers), PROCESSES)
            row = dict(answers[0])
            row["zero1"] = [answers[rank]["zero1"] for rank in range(PROCESSES)]
            yield {"network": name, "batch": BATCH, "processes": PROCESSES, **row}


def write(name, source, rows):
    """Writes a file of trainings, one a line."""
    lines = ",\n".join("    " + json.dumps(row) for row in rows)
    with open(os.path.join(HERE, name), "w") as file:
        file.write(f'{{\n  "source": {json.dumps(source)},\n  "trainings": [\n{lines}\n  ]\n}}\n')


if __name__ == "__main__":
    source = f"PyTorch {torch.__version__} on the CPU, gloo, float32, one thread in each process; bytes"
    write("devices.json", source, rows())
