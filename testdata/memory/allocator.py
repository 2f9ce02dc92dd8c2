#!/usr/bin/env python3
"""Replays PyTorch's caching allocator for CUDA, as c10/cuda/CUDACachingAllocator.cpp describes it from 2.0 on with its
default settings, for allocations that cnncalc's account of PyTorch has written down, and records what is reserved.

    go test ./internal/memory -run TestReservedIsPythons -traces FOLDER
    python3 testdata/memory/allocator.py FOLDER

It rewrites allocator.json. It needs Python 3 and no package. The functions bear the names of the source.
"""
import bisect
import json
import os
import sys

K_MIN_BLOCK_SIZE, K_SMALL_SIZE, K_SMALL_BUFFER = 512, 1048576, 2097152
K_LARGE_BUFFER, K_MIN_LARGE_ALLOC, K_ROUND_LARGE = 20971520, 10485760, 2097152


def round_size(size):
    return max(K_MIN_BLOCK_SIZE, -(-size // K_MIN_BLOCK_SIZE) * K_MIN_BLOCK_SIZE)


def get_allocation_size(size):
    if size <= K_SMALL_SIZE:
        return K_SMALL_BUFFER
    if size < K_MIN_LARGE_ALLOC:
        return K_LARGE_BUFFER
    return -(-size // K_ROUND_LARGE) * K_ROUND_LARGE


class Pool:
    """Free blocks as (size, pointer), in this order."""

    def __init__(self, is_small):
        self.is_small, self.blocks = is_small, []

    def insert(self, pointer, size):
        bisect.insort(self.blocks, (size, pointer))

    def erase(self, pointer, size):
        del self.blocks[bisect.bisect_left(self.blocks, (size, pointer))]

    def lower_bound(self, size):
        at = bisect.bisect_left(self.blocks, (size, 0))
        return self.blocks.pop(at) if at < len(self.blocks) else None


class Device:
    def __init__(self):
        self.pools = {True: Pool(True), False: Pool(False)}
        self.reserved = 0
        self.segment = {}  # of each block: (its segment's start, its end)
        self.size = {}  # of each block by pointer, free or not
        self.free_at = {}  # of each free block by pointer, and of its end
        self.live = {}  # by id: pointer

    def malloc(self, name, requested):
        size = round_size(requested)
        pool = self.pools[size <= K_SMALL_SIZE]
        found = pool.lower_bound(size)
        if found:
            block_size, pointer = found
            del self.free_at[pointer]
        else:
            block_size, pointer = get_allocation_size(size), self.reserved
            self.reserved += block_size
            self.segment[pointer] = (pointer, pointer + block_size)
        remaining = block_size - size
        if remaining >= K_MIN_BLOCK_SIZE if pool.is_small else remaining > K_SMALL_SIZE:
            rest = pointer + size
            self.size[rest], self.segment[rest] = remaining, self.segment[pointer]
            self.free_at[rest] = True
            pool.insert(rest, remaining)
            block_size = size
        self.size[pointer] = block_size
        self.live[name] = (pointer, pool)

    def free(self, name):
        pointer, pool = self.live.pop(name)
        start, end = self.segment[pointer]
        size = self.size[pointer]
        after = pointer + size
        if after < end and after in self.free_at:
            size += self.drop(after, pool)
        before = self.previous(pointer, start)
        if before is not None and before in self.free_at:
            del self.size[pointer], self.segment[pointer]
            size += self.drop(before, pool)
            pointer = before
        self.size[pointer], self.segment[pointer] = size, (start, end)
        self.free_at[pointer] = True
        pool.insert(pointer, size)

    def previous(self, pointer, start):
        """The block that ends where this one begins, found by walking the segment."""
        at = start
        while at < pointer:
            if at + self.size[at] == pointer:
                return at
            at += self.size[at]
        return None

    def drop(self, pointer, pool):
        size = self.size.pop(pointer)
        del self.free_at[pointer], self.segment[pointer]
        pool.erase(pointer, size)
        return size


def reserved(path):
    device = Device()
    with open(path) as file:
        for line in file:
            if line[0] == "+":
                name, size = line[1:].split()
                device.malloc(name, int(size))
            else:
                device.free(line[1:].strip())
    return device.reserved


def main():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "allocator.json")
    with open(path) as file:
        document = json.load(file)
    for row in document["rows"]:
        name = row["network"].replace("/", "-")
        row["reserved"] = reserved(
            os.path.join(sys.argv[1], f"{name}-{row['mode']}-{row['optimizer']}-{row['batch']}.txt"))
    lines = ",\n".join("    " + json.dumps(row) for row in document["rows"])
    with open(path, "w") as file:
        file.write(f'{{\n  "source": {json.dumps(document["source"])},\n  "rows": [\n{lines}\n  ]\n}}\n')


if __name__ == "__main__":
    main()
