#!/usr/bin/env python3
"""Trains architectures/lenet5.yaml on drawn digits and writes its weights.

    python3 train.py            draws, trains, measures, writes architectures/weights/lenet5.safetensors
    python3 train.py measure    measures the weights that are there

Runs on one thread, so that sums are taken in one order: the same versions on
the same kind of processor give the same bytes. README.md has the versions and
the figures.
"""
import hashlib
import json
import os
import struct
import sys
import time

import numpy as np
import PIL
import torch
from PIL import Image, features
from torch import nn

import fonts
import render

SEED = 1998
SHAPES = 240_000
HELD_OUT_SHAPES = 24_000
EPOCHS = 12
BATCH = 128

REPOSITORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
WEIGHTS = os.path.join(REPOSITORY, "architectures", "weights", "lenet5.safetensors")
DIGITS = os.path.join(REPOSITORY, "testdata", "digits")
NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


class LeNet5(nn.Module):
    """architectures/lenet5.yaml. The names of the parameters are cnncalc's."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = torch.relu(self.fc1(x.flatten(1)))
        return self.fc3(torch.relu(self.fc2(x)))


def normalised(pictures):
    """0..255 to -1..1, as preprocess: of lenet5.yaml has it."""
    return torch.from_numpy((pictures / 255 - 0.5) / 0.5).float()[:, None]


def train():
    rng = np.random.default_rng(SEED)
    start = time.time()
    pictures, digits, _ = render.shapes(rng, fonts.TRAINING, SHAPES)
    print(f"{SHAPES} shapes of {len(fonts.TRAINING)} families drawn in {time.time() - start:.0f} s", flush=True)
    net = LeNet5()
    optimiser = torch.optim.AdamW(net.parameters(), weight_decay=0.01)
    steps = EPOCHS * (SHAPES // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=0.004, total_steps=steps)
    for epoch in range(EPOCHS):
        order = rng.permutation(SHAPES)
        total = 0.0
        for chosen in np.array_split(order, SHAPES // BATCH):
            x = normalised(render.photographs(rng, pictures[chosen]))
            loss = nn.functional.cross_entropy(net(x), torch.from_numpy(digits[chosen]))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item() * len(chosen)
        print(f"epoch {epoch + 1:2}: loss {total / SHAPES:.4f}, {time.time() - start:.0f} s", flush=True)
    return net


def save(net, path):
    """safetensors, float16: https://github.com/huggingface/safetensors#format."""
    header, payload = {}, b""
    for name, t in net.state_dict().items():
        values = t.numpy().astype("<f2").tobytes()
        header[name] = {"dtype": "F16", "shape": list(t.shape), "data_offsets": [len(payload), len(payload) + len(values)]}
        payload += values
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + payload)


def load(path):
    with open(path, "rb") as f:
        data = f.read()
    end = 8 + struct.unpack_from("<Q", data)[0]
    state = {}
    for name, entry in json.loads(data[8:end]).items():
        first, last = entry["data_offsets"]
        values = np.frombuffer(data[end + first:end + last], "<f2").astype("f4")
        state[name] = torch.from_numpy(values.reshape(entry["shape"]))
    net = LeNet5()
    net.load_state_dict(state)
    return net


def scores(net, pictures):
    with torch.no_grad():
        return torch.cat([net(x) for x in normalised(pictures).split(1000)]).softmax(1).numpy()


def measure(net):
    rng = np.random.default_rng(SEED + 1)
    pictures, digits, family = render.shapes(rng, fonts.HELD_OUT, HELD_OUT_SHAPES)
    right = scores(net, render.photographs(rng, pictures)).argmax(1) == digits
    print(f"held-out families: {right.sum()} of {len(right)} right, {right.mean():.2%}")
    print("  " + ", ".join(f"{f.name} {right[family == i].mean():.2%}" for i, f in enumerate(fonts.HELD_OUT)))
    print("  " + ", ".join(f"{d}: {right[digits == d].mean():.2%}" for d in range(10)))
    clean = scores(net, 255.0 - pictures).argmax(1) == digits
    print(f"the same shapes in black on white: {clean.mean():.2%}; in white on black: "
          f"{(scores(net, pictures.astype(float)).argmax(1) == digits).mean():.2%}")
    with np.load(os.path.join(DIGITS, "heldout.npz")) as archive:
        right = scores(net, archive["pictures"][:, 0].astype(float)).argmax(1) == archive["labels"]
    print(f"heldout.npz: {right.sum()} of {len(right)} right")
    for digit, name in enumerate(NAMES):
        p = scores(net, seen(os.path.join(DIGITS, name + ".png"))[None])[0]
        print(f"{name}.png: {p.argmax()} with {p.max():.2%}{'' if p.argmax() == digit else '  WRONG'}")


def seen(path):
    """A picture file as cnncalc takes it in: short side to 28, centre cut out, grey."""
    picture = Image.open(path).convert("RGB")
    short = min(picture.size)
    picture = picture.resize([int(render.SIDE * s / short) for s in picture.size], Image.BILINEAR)
    x, y = (round((s - render.SIDE) / 2) for s in picture.size)
    return np.asarray(picture.crop((x, y, x + render.SIDE, y + render.SIDE)).convert("L"), float)


def main():
    print(f"Python {sys.version.split()[0]}, torch {torch.__version__}, NumPy {np.__version__}, Pillow {PIL.__version__}, "
          f"FreeType {features.version('freetype2')}")
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    if sys.argv[1:] != ["measure"]:
        save(train(), WEIGHTS)
    with open(WEIGHTS, "rb") as f:
        data = f.read()
    print(f"{os.path.basename(WEIGHTS)}: {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")
    measure(load(WEIGHTS))


if __name__ == "__main__":
    main()
