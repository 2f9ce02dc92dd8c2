#!/usr/bin/env python3
"""Measures what a device holds with FullyShardedDataParallel, on the CPU, as the tests of internal/memory hold it.

    go build -o cnncalc ./cmd/cnncalc
    OMP_NUM_THREADS=1 python3 testdata/memory/fsdp.py ./cnncalc

Last run with Python 3.11 and torch 1.13.0, in one thread. FSDP asks for CUDA and for other processes. Here its streams and
events do nothing, and its collectives only fill the device's own results: they allocate nothing, as NCCL's do not in
PyTorch's allocator. All else is FSDP's own code: flat parameters, padding, shards, prefetches, and when it frees what. The
prefetch is the default of PyTorch 2.

It writes fsdp.json: for some networks, in the PyTorch code that cnncalc writes, with each block that is a class of its own
in its own unit, the bytes of

- the shards that FSDP keeps (shards);
- the third iteration at most, of two pictures, besides the shards, buffers, input and targets (iteration);
- the iteration with gradients kept from the one before (accumulating).
"""
import dataclasses
import os
import sys
import tempfile

import torch
import torch.distributed as dist

from devices import cnncalc, input_shape, iterate, measure, network, write

NETWORKS = [("lenet5", 2), ("torchvision/resnet18", 2), ("torchvision/resnet18", 3), ("torchvision/vgg11", 2),
            ("torchvision/mobilenet_v2", 4)]
BATCH = 2


class Nothing:
    """A stream, an event, or the context of a stream."""

    def __getattr__(self, name):
        return lambda *arguments, **named: None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


class Group:
    """The group of the first of several processes, which are not there."""

    def __init__(self, size):
        self.processes = size

    def rank(self):
        return 0

    def size(self):
        return self.processes


def stand_in():
    torch.cuda.is_available = lambda: True
    torch.cuda.Stream = torch.cuda.Event = torch.cuda.current_stream = torch.cuda.stream = lambda *_: Nothing()
    torch.cuda.synchronize = lambda *_: None
    torch.Tensor.record_stream = lambda *_: None
    dist._all_gather_base = lambda output, shard, group=None: output.view(-1, shard.numel()).copy_(shard.view(1, -1))
    dist._reduce_scatter_base = lambda output, full, group=None: output.copy_(full[:output.numel()])
    dist.get_rank = lambda group=None: 0
    dist.get_world_size = lambda group=None: group.size()


def wrapped(module, wrap):
    """The module with its blocks in units of their own."""
    for name, child in module.named_children():
        if type(child).__module__ == "net" and any(True for _ in child.parameters()):
            setattr(module, name, wrap(child))
        else:
            wrapped(child, wrap)
    return module


def fully_sharded():
    """The class, and PyTorch 2's default of its prefetch.

    torch 1.13 has a field whose default has no hash, which Python 3.11 does not take.
    """
    plain = dataclasses.dataclass

    def hashed(cls=None, **options):
        if cls is None:
            return lambda cls: hashed(cls, **options)
        return plain(cls, **options) if "__hash__" in vars(cls) else plain(cls, **{"unsafe_hash": True, **options})

    dataclasses.dataclass = hashed
    from torch.distributed.fsdp import BackwardPrefetch, FullyShardedDataParallel
    dataclasses.dataclass = plain
    FullyShardedDataParallel._get_compute_device = lambda *_: torch.device("cpu")
    return FullyShardedDataParallel, BackwardPrefetch.BACKWARD_PRE


def row(name, devices):
    FullyShardedDataParallel, prefetch = fully_sharded()
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        cnncalc("convert", name, "-o", os.path.join(folder, "net.py"))
        net = network(os.path.join(folder, "net.py")).train()
    x = torch.rand(BATCH, *input_shape(name))
    target = torch.zeros(BATCH, dtype=torch.long)
    group = Group(devices)
    wrap = lambda module: FullyShardedDataParallel(module, process_group=group, backward_prefetch=prefetch)
    net = wrap(wrapped(net, wrap))
    units = FullyShardedDataParallel.fsdp_modules(net)
    shards = sum(h.flat_param.nelement() * h.flat_param.element_size() for unit in units for h in unit._handles)
    for _ in range(2):
        iterate(net, x, target)
        net.zero_grad(set_to_none=True)
    held, most, _ = measure(lambda: iterate(net, x, target))
    del held
    held, accumulating, _ = measure(lambda: iterate(net, x, target))
    return {"network": name, "batch": BATCH, "devices": devices, "shards": shards, "iteration": most,
            "accumulating": accumulating}


if __name__ == "__main__":
    torch.set_num_threads(1)
    stand_in()
    source = f"PyTorch {torch.__version__} on the CPU, float32, one thread, collectives stood in for; bytes"
    rows = []
    for name, devices in NETWORKS:
        rows.append(row(name, devices))
        print(rows[-1], file=sys.stderr)
    write("fsdp.json", source, rows)
