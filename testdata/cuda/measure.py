#!/usr/bin/env python3
"""Measures what training takes on a CUDA device, for cnncalc memory --account pytorch --torch 2-cuda.

    python3 testdata/cuda/measure.py > testdata/cuda/measured.json

It needs PyTorch 2.3 or later with CUDA, torchvision, and a device that holds the largest case, VGG-16 with a batch of 32. Not run
yet, since no device was at hand; cnncalc calls its figures for CUDA estimates.

Each row is one network, batch, optimizer and type: of the third iteration torch.cuda.max_memory_allocated, and what of
it cuDNN's and cuBLAS's workspaces were at that moment, which cnncalc states apart or not at all. Workspaces are recognised by
the C++ frames of their allocations. Gradients are set to None before an iteration, as zero_grad does by default.
"""
import json
import sys

import torch
import torch.nn.functional as F
import torchvision

NETWORKS = ["resnet18", "resnet50", "vgg16", "densenet121", "mobilenet_v2"]
BATCHES = [8, 16, 32]
OPTIMIZERS = {
    "momentum": lambda p: torch.optim.SGD(p, 1e-3, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, 1e-3),
}
DTYPES = ["fp32", "amp"]


def iteration(model, optimizer, scaler, x, target, dtype):
    optimizer.zero_grad()
    with torch.autocast("cuda", enabled=dtype == "amp"):
        loss = F.cross_entropy(model(x), target)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()


def workspace_of(event):
    """The library that an allocation is a workspace of, or None."""
    for frame in event.get("frames", ()):
        name = frame.get("name", "").lower()
        if "cublas" in name and "workspace" in name:
            return "cublas"
        if "cudnn" in name and ("workspace" in name or "raw_cudnn" in name):
            return "cudnn"
    return None


def workspaces_at_peak(events, before):
    """Bytes of the workspaces that are alive when the most is: the events are those since `before` bytes were."""
    live, alive, most, at_peak = before, {}, 0, {}
    for event in events:
        if event["action"] == "alloc":
            live += event["size"]
            alive[event["addr"]] = (workspace_of(event), event["size"])
        elif event["action"] == "free_completed":
            live -= event["size"]
            alive.pop(event["addr"], None)
        if live > most:
            most, at_peak = live, {}
            for library, size in alive.values():
                if library:
                    at_peak[library] = at_peak.get(library, 0) + size
    return at_peak


def measure(network, batch, optimizer_name, dtype):
    torch.manual_seed(0)
    model = getattr(torchvision.models, network)(weights=None).cuda().train()
    optimizer = OPTIMIZERS[optimizer_name](model.parameters())
    scaler = torch.amp.GradScaler("cuda", enabled=dtype == "amp")
    x = torch.rand(batch, 3, 224, 224, device="cuda")
    target = torch.zeros(batch, dtype=torch.long, device="cuda")
    torch.cuda.memory._record_memory_history(max_entries=1_000_000, stacks="all")
    for _ in range(3):
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        iteration(model, optimizer, scaler, x, target, dtype)
    torch.cuda.synchronize()
    most = torch.cuda.max_memory_allocated()
    events = torch.cuda.memory._snapshot()["device_traces"][0]
    torch.cuda.memory._record_memory_history(enabled=None)
    persistent = sum(t.numel() * t.element_size() for t in [*model.parameters(), *model.buffers(), x, target])
    return {"network": network, "batch": batch, "optimizer": optimizer_name, "dtype": dtype, "max_memory_allocated": most,
            "workspaces": workspaces_at_peak(events, persistent)}


def main():
    if not torch.cuda.is_available():
        sys.exit("no CUDA device: this measures what training takes on one")
    rows = []
    for network in NETWORKS:
        for batch in BATCHES:
            for optimizer in OPTIMIZERS:
                for dtype in DTYPES:
                    rows.append(measure(network, batch, optimizer, dtype))
                    torch.cuda.empty_cache()
                    print(rows[-1], file=sys.stderr)
    json.dump({
        "torch": torch.__version__, "torchvision": torchvision.__version__, "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(), "device": torch.cuda.get_device_name(), "measured": rows,
    }, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
