"""Records the second iteration of a training in PyTorch 1.13 on the CPU in the form of torch.cuda.memory._snapshot().

    python3 testdata/snapshots/record.py testdata/snapshots/small.pickle

The CPU has no caching allocator: the events are those of torch.profiler, each allocation is a segment of its own, and
only what is alive at the end is in the segments. The network is testdata/snapshots/small.yaml.
"""

import pickle
import sys

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

BATCH = 4


def network():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 10))


def memory_events(profiler):
    """Address and bytes of each allocation, and address and negative bytes of each free, in order."""
    found = []

    def walk(events):
        for event in events:
            if str(event.tag) == "_EventType.Allocation":
                found.append((event.start_time_ns, event.extra_fields.ptr, event.extra_fields.alloc_size))
            walk(event.children)

    walk(profiler.profiler.kineto_results.experimental_event_tree())
    return [(address, size) for _, address, size in sorted(found, key=lambda event: event[0])]


def main(path):
    torch.manual_seed(0)
    alive, events = {}, []
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as setup:
        model = network().train()
        x, target = torch.rand(BATCH, 1, 28, 28), torch.zeros(BATCH, dtype=torch.long)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
        nn.functional.cross_entropy(model(x), target).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    for address, size in memory_events(setup):
        if size > 0:
            alive[address] = size
        else:
            alive.pop(address, None)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as iteration:
        loss = nn.functional.cross_entropy(model(x), target)
        loss.backward()
        optimizer.step()
    for address, size in memory_events(iteration):
        actions = ["alloc"] if size > 0 else ["free_requested", "free_completed"]
        events += [{"action": a, "addr": address, "size": abs(size), "stream": 0, "frames": []} for a in actions]
        if size > 0:
            alive[address] = size
        else:
            alive.pop(address, None)
    segments = [{
        "device": 0, "address": address, "total_size": size, "allocated_size": size, "active_size": size, "stream": 0,
        "segment_type": "large",
        "blocks": [{"size": size, "requested_size": size, "state": "active_allocated", "frames": []}],
    } for address, size in sorted(alive.items())]
    with open(path, "wb") as file:
        pickle.dump({"segments": segments, "device_traces": [events]}, file)


main(sys.argv[1])
