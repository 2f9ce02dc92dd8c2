#!/usr/bin/env python3
"""Writes small networks and what PyTorch makes of them, one folder for each.

    python3 testdata/pytorch/generate.py [NAME ...]

Last run with Python 3.11, torch 1.13.0, torchvision 0.14 and NumPy 1.24.2. Every case has a seed of its own, made
from its name, so that a new case changes no other.

NAME/net.yaml is the network in cnncalc's language. NAME/data.npz holds float32 arrays: `input`
[N, C, H, W], `output` [N, C, H, W] (1x1 after a fully connected layer), and every weight under
cnncalc's name, LAYER.weight and so on. Weights and inputs are drawn in float32; the network runs
in float64, so that `output` is right to float32's last digit.

A network with several inputs has an array for each, `input.NAME`, and one with several outputs `output` for the end of
its layers and `output.NAME` for each head.

A case is a module of PyTorch and, in `net`, the same network in cnncalc's language. Its layers
that have weights bear cnncalc's names (conv2, inception1.conv3), so that the module's state_dict
is what the file holds. cnncalc writes width x height, PyTorch (height, width); both write uneven
padding as left, right, top, bottom.
"""
import json
import math
import os
import re
import sys
import textwrap
import zlib

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision.ops import stochastic_depth

HERE = os.path.dirname(os.path.abspath(__file__))
BATCH = 2
MAX_FILE, MAX_ALL = 100_000, 700_000  # bytes of the npz files

cases = {}


def case(name):
    def register(module):
        cases[name] = module
        return module
    return register


# What PyTorch has no module for.

def cat(*paths):
    return torch.cat(paths, 1)


def gap(x):
    return x.mean((2, 3), keepdim=True)


def avg_of_real(x, pad, size, stride):
    """Average pooling with uneven padding, divided by the number of real values."""
    return F.avg_pool2d(F.pad(x, pad), size, stride) / F.avg_pool2d(F.pad(torch.ones_like(x), pad), size, stride)


def root_of_squares(x, size, stride):
    """L2 pooling as the sum over each window."""
    return (F.avg_pool2d(x * x, size, stride) * math.prod(size)).sqrt()


def max_pool_padded(x, pad, size, stride, dilation=1):
    """Max pooling with uneven padding, or more than PyTorch 1.13 takes; it never wins."""
    return F.max_pool2d(F.pad(x, pad, value=-math.inf), size, stride, dilation=dilation)


class FC(nn.Linear):
    """Fully connected, over a volume in the order channel, row, column; the result is 1x1."""

    def forward(self, x):
        return super().forward(x.flatten(1))[:, :, None, None]


class Local(nn.Module):
    """A convolution whose filters differ from place to place: `out` is the output's (height, width)."""

    def __init__(self, depth, filters, size, out, stride=(1, 1), pad=(0, 0, 0, 0), dilation=(1, 1), bias=True):
        super().__init__()
        self.size, self.out, self.stride, self.pad, self.dilation = size, out, stride, pad, dilation
        self.weight = nn.Parameter(torch.empty(*out, filters, depth, *size))
        self.bias = nn.Parameter(torch.empty(filters, *out)) if bias else None

    def forward(self, x):
        windows = F.unfold(F.pad(x, self.pad), self.size, self.dilation, stride=self.stride)  # [N, C*FH*FW, OH*OW]
        windows = windows.reshape(len(x), x.shape[1], *self.size, *self.out)
        y = torch.einsum("ncijhw,hwkcij->nkhw", windows, self.weight)
        return y if self.bias is None else y + self.bias


# The cases.

@case("lenet")
class LeNet(nn.Module):
    """A LeNet: convolutions, pools, a fully connected layer straight after a volume, `classes`."""
    net = """
        input: 16x16x1
        classes: 10
        layers: |
          INPUT -> CONV5-6 -> TANH -> AVGPOOL2
          -> CONV5-12 p0 -> RELU -> POOL2
          -> FC-20 -> TANH -> FC
        """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 12, 5)
        self.fc1 = FC(12 * 2 * 2, 20)
        self.fc2 = FC(20, 10)

    def forward(self, x):
        x = F.avg_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(torch.tanh(self.fc1(x)))


@case("grammar")
class Grammar(nn.Module):
    """The notes' grammar with variables, defaults, lists and a layer in the mapping form."""
    net = """
        input: 16x8x3
        vars: {N: 2, M: 3, K: 1, pool: [1, 0, 1], filters: [4, 6, 5]}
        defaults: {conv: {size: 3, filters: filters}, pool: {size: 2}, fc: {units: 12}}
        layers:
          - INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> [FC -> RELU]*K
          - fc: {units: 5, nobias: true, name: scores}
        """

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.conv3, self.conv4 = nn.Conv2d(4, 6, 3, padding=1), nn.Conv2d(6, 6, 3, padding=1)
        self.conv5, self.conv6 = nn.Conv2d(6, 5, 3, padding=1), nn.Conv2d(5, 5, 3, padding=1)
        self.fc1 = FC(5 * 2 * 4, 12)
        self.scores = FC(12, 5, bias=False)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv2(F.relu(self.conv1(x)))), 2)
        x = F.relu(self.conv4(F.relu(self.conv3(x))))
        x = F.max_pool2d(F.relu(self.conv6(F.relu(self.conv5(x)))), 2)
        return self.scores(F.relu(self.fc1(x)))


class InceptionModule(nn.Module):
    def __init__(self, depth, a, b3, c3, b5, c5, p):
        super().__init__()
        self.conv1 = nn.Conv2d(depth, a, 1)
        self.conv2, self.conv3 = nn.Conv2d(depth, b3, 1), nn.Conv2d(b3, c3, 3, padding=1)
        self.conv4, self.conv5 = nn.Conv2d(depth, b5, 1), nn.Conv2d(b5, c5, 5, padding=2)
        self.conv6 = nn.Conv2d(depth, p, 1)

    def forward(self, x):
        return cat(F.relu(self.conv1(x)),
                   F.relu(self.conv3(F.relu(self.conv2(x)))),
                   F.relu(self.conv5(F.relu(self.conv4(x)))),
                   F.relu(self.conv6(F.max_pool2d(x, 3, 1, 1))))


@case("inception")
class Inception(nn.Module):
    """GoogLeNet's module as a block, called twice: CONCAT of four paths."""
    net = """
        input: 14x12x3
        blocks:
          inception(a, b3, c3, b5, c5, p): |
            CONCAT(CONV1-a -> RELU
                 | CONV1-b3 -> RELU -> CONV3-c3 -> RELU
                 | CONV1-b5 -> RELU -> CONV5-c5 -> RELU
                 | POOL3 s1 p1 -> CONV1-p -> RELU)
        layers: |
          INPUT -> CONV3-6 -> RELU -> POOL2
          -> inception(4, 3,5, 2,3, 4) @inception3a
          -> inception(3, 4,4, p=2, b5=3, c5=5) -> GAP -> FC-6
        """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.inception1 = InceptionModule(6, 4, 3, 5, 2, 3, 4)
        self.inception2 = InceptionModule(16, 3, 4, 4, 3, 5, 2)
        self.fc1 = FC(14, 6)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        return self.fc1(gap(self.inception2(self.inception1(x))))


class Basic(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + x)


class Down(nn.Module):
    def __init__(self, depth, width, stride=2):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(depth, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(depth, width, 1, stride, bias=False), nn.BatchNorm2d(width)

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + self.bn3(self.conv3(x)))


@case("residual")
class Residual(nn.Module):
    """ResNet's blocks, with parameters and a default: BN, ADD with IDENTITY and with a projection."""
    net = """
        input: 16x14x3
        defaults: {conv: {nobias: true, rounding: floor}}
        blocks:
          basic(w): |
            ADD(CONV3-w -> BN -> RELU -> CONV3-w -> BN | IDENTITY) -> RELU
          down(w, s=2): |
            ADD(CONV3-w s(s) p1 -> BN -> RELU -> CONV3-w -> BN
              | CONV1-w s(s) -> BN) -> RELU
        layers: |
          INPUT -> CONV3-4 -> BN eps=0.1 -> RELU
          -> basic(4) -> down(7) -> basic(w=7) -> down(5, s=1) -> GAP -> FC-6
        """

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4, eps=0.1)
        self.basic1, self.down1 = Basic(4), Down(4, 7)
        self.basic2, self.down2 = Basic(7), Down(7, 5, 1)
        self.fc1 = FC(5, 6)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.fc1(gap(self.down2(self.basic2(self.down1(self.basic1(x))))))


@case("inplace")
class InPlace(nn.Module):
    """Everything that PyTorch can write over its input, as it does so."""
    net = """
        input: 6x5x3
        defaults: {add: {inplace: true}}
        layers: |
          INPUT -> CONV1-4 -> RELU inplace -> CONV1-4 -> LEAKYRELU0.2 inplace -> CONV1-4 -> RELU6 inplace
          -> CONV1-4 -> SIGMOID inplace -> CONV1-4 -> TANH inplace -> CONV1-4 -> ELU inplace
          -> CONV1-4 -> SILU inplace -> CONV1-4 -> HARDSWISH inplace -> CONV1-4 -> HARDSIGMOID inplace
          -> DROPOUT0.3 inplace -> ADD(CONV1-4 | IDENTITY) -> CONV1-4 -> SELU inplace -> CONV1-4 -> MISH inplace
          -> CONV1-4 -> CLIP min=-0.5 max=0.75 inplace -> CONV1-4 -> DROPOUT0.2 channels inplace
        """

    def __init__(self):
        super().__init__()
        for i in range(14):
            setattr(self, f"conv{i + 1}", nn.Conv2d(4 if i else 3, 4, 1))

    def forward(self, x):
        functions = [torch.relu_, lambda x: F.leaky_relu_(x, 0.2), lambda x: F.relu6(x, inplace=True), torch.sigmoid_, torch.tanh_,
                     F.elu_, lambda x: F.silu(x, inplace=True), lambda x: F.hardswish(x, inplace=True),
                     lambda x: F.hardsigmoid(x, inplace=True)]
        for i, function in enumerate(functions):
            x = function(getattr(self, f"conv{i + 1}")(x))
        x = F.dropout(x, 0.3, self.training, inplace=True)
        y = self.conv10(x)
        y += x
        x = F.mish(self.conv12(F.selu(self.conv11(y), inplace=True)), inplace=True)
        x = self.conv14(F.hardtanh(self.conv13(x), -0.5, 0.75, inplace=True))
        return F.dropout2d(x, 0.2, self.training, inplace=True)


@case("dense")
class Dense(nn.Module):
    """DenseNet's layers, each over all results so far: a list of labels, and a CONCAT of one path."""
    net = """
        input: 6x5x3
        layers: |
          INPUT -> CONV1-5 @x+ -> [CONCAT(@x) -> RELU -> CONV3-2 @x+]*3 -> CONCAT(@x) -> CONV1-4
        """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 5, 1)
        self.conv2, self.conv3, self.conv4 = (nn.Conv2d(5 + 2 * i, 2, 3, padding=1) for i in range(3))
        self.conv5 = nn.Conv2d(11, 4, 1)

    def forward(self, x):
        results = [self.conv1(x)]
        for conv in (self.conv2, self.conv3, self.conv4):
            results.append(conv(F.relu(cat(*results))))
        return self.conv5(cat(*results))


@case("tiles")
class Tiles(nn.Module):
    """Depths and planes that are not a multiple of a register's or a tile's size."""
    net = """
        input: 9x7x5
        layers: |
          INPUT -> CONV3-33 -> RELU -> DWCONV3 -> CONV1-37 -> RELU
          -> CONV5-3 s2 p2 -> RELU -> FC-65 -> RELU -> FC-17
        """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(5, 33, 3, padding=1)
        self.dwconv1 = nn.Conv2d(33, 33, 3, padding=1, groups=33)
        self.conv2 = nn.Conv2d(33, 37, 1)
        self.conv3 = nn.Conv2d(37, 3, 5, 2, 2)
        self.fc1, self.fc2 = FC(3 * 4 * 5, 65), FC(65, 17)

    def forward(self, x):
        x = F.relu(self.conv2(self.dwconv1(F.relu(self.conv1(x)))))
        return self.fc2(F.relu(self.fc1(F.relu(self.conv3(x)))))


@case("dilated")
class Dilated(nn.Module):
    """Dilation of CONV, DWCONV and LOCAL, one for both axes and one for each, with the pad that keeps the size."""
    net = """
        input: 14x12x3
        layers: |
          INPUT -> CONV3-5 d2 -> RELU
          -> CONV3-5 d2x3 p0 -> RELU
          -> DWCONV3 d2 -> RELU -> DWCONV3x1 d3x1
          -> CONV3-4 s2 d2 p1 floor -> LOCAL3-2 d2
        """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 5, 3, padding=2, dilation=2)
        self.conv2 = nn.Conv2d(5, 5, 3, dilation=(3, 2))
        self.dwconv1 = nn.Conv2d(5, 5, 3, padding=2, dilation=2, groups=5)
        self.dwconv2 = nn.Conv2d(5, 5, (1, 3), padding=(0, 3), dilation=(1, 3), groups=5)
        self.conv3 = nn.Conv2d(5, 4, 3, 2, 1, 2)
        self.local1 = Local(4, 2, (3, 3), (2, 4), pad=(2, 2, 2, 2), dilation=(2, 2))

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        return self.local1(self.conv3(self.dwconv2(F.relu(self.dwconv1(x)))))


@case("grouped")
class Grouped(nn.Module):
    """Groups of CONV, two filters for each channel, and MobileNetV2's inverted residual with DWCONV."""
    net = """
        input: 12x10x4
        layers: |
          INPUT -> CONV3-8 g2 -> RELU -> CONV1-6 groups=2 nobias
          -> CONV3-12 s2 p1 g6 floor -> RELU
          -> ADD(CONV1-18 -> BN -> RELU6 -> DWCONV3 -> BN -> RELU6 -> CONV1-12 -> BN | IDENTITY)
          -> DWCONV5 s2 p2 nobias floor -> CONV3-6 g3
        """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(4, 8, 3, padding=1, groups=2)
        self.conv2 = nn.Conv2d(8, 6, 1, groups=2, bias=False)
        self.conv3 = nn.Conv2d(6, 12, 3, 2, 1, groups=6)
        self.conv4, self.bn1 = nn.Conv2d(12, 18, 1), nn.BatchNorm2d(18)
        self.dwconv1, self.bn2 = nn.Conv2d(18, 18, 3, padding=1, groups=18), nn.BatchNorm2d(18)
        self.conv5, self.bn3 = nn.Conv2d(18, 12, 1), nn.BatchNorm2d(12)
        self.dwconv2 = nn.Conv2d(12, 12, 5, 2, 2, groups=12, bias=False)
        self.conv6 = nn.Conv2d(12, 6, 3, padding=1, groups=3)

    def forward(self, x):
        x = F.relu(self.conv3(self.conv2(F.relu(self.conv1(x)))))
        y = F.relu6(self.bn2(self.dwconv1(F.relu6(self.bn1(self.conv4(x))))))
        x = self.bn3(self.conv5(y)) + x
        return self.conv6(self.dwconv2(x))


@case("pool-ceil")
class PoolCeil(nn.Module):
    """Max and average pools that round up, first without and then with padding. In the last row the window
    that would start in the right padding is left out."""
    net = """
        input: 16x13x3
        defaults: {pool: {rounding: ceil}, avgpool: {rounding: ceil}}
        layers: |
          INPUT
          -> CONCAT(POOL3 s2 | AVGPOOL3 s2 | AVGPOOL3 s2 excludepad) -> CONV1-4
          -> CONCAT(POOL3 s2 p1 | AVGPOOL3 s2 p1 | AVGPOOL3 s2 p1 excludepad) -> CONV1-4
          -> CONCAT(POOL2 s3 p1 | AVGPOOL2 s3 p1 | AVGPOOL2 s3 p1 excludepad)
        """

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(9, 4, 1), nn.Conv2d(12, 4, 1)

    def forward(self, x):
        def pools(x, size, stride, pad):
            return cat(F.max_pool2d(x, size, stride, pad, ceil_mode=True),
                       F.avg_pool2d(x, size, stride, pad, ceil_mode=True),
                       F.avg_pool2d(x, size, stride, pad, ceil_mode=True, count_include_pad=False))
        x = self.conv1(pools(x, 3, 2, 0))  # 8x6
        x = self.conv2(pools(x, 3, 2, 1))  # 5x4
        return pools(x, 2, 3, 1)  # 2x2


@case("l2pool")
class L2Pool(nn.Module):
    """L2 pooling as LPPool2d, over signed values; pools over the whole input, which need no stride."""
    net = """
        input: 10x8x3
        layers: |
          INPUT -> L2POOL3 s1 p1 -> CONV1-4 -> L2POOL2 -> CONV1-4 -> L2POOL3x2 s2x1
          -> CONV1-4 -> CONCAT(L2POOL2x3 | AVGPOOL2x3 | POOL2x3)
        """

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)

    def forward(self, x):
        x = self.conv1(F.lp_pool2d(F.pad(x, (1, 1, 1, 1)), 2, 3, 1))
        x = self.conv2(F.lp_pool2d(x, 2, 2))
        x = self.conv3(F.lp_pool2d(x, 2, (2, 3), (1, 2)))
        return cat(F.lp_pool2d(x, 2, (3, 2)), F.avg_pool2d(x, (3, 2)), F.max_pool2d(x, (3, 2)))


@case("lrn")
class LRN(nn.Module):
    """Local response normalisation with odd and even windows, one channel and more channels than there are."""
    net = """
        input: 6x5x7
        layers: |
          INPUT
          -> CONCAT(LRN | LRN5 alpha=0.5 k=2 | LRN4 alpha=0.3 beta=0.6 | LRN2 alpha=1 beta=1 k=0.5
                  | LRN1 alpha=0.2 | LRN9 alpha=2 beta=0.5)
        """
    spread = 3

    def forward(self, x):
        return cat(F.local_response_norm(x, 5),
                   F.local_response_norm(x, 5, alpha=0.5, k=2),
                   F.local_response_norm(x, 4, alpha=0.3, beta=0.6),
                   F.local_response_norm(x, 2, alpha=1, beta=1, k=0.5),
                   F.local_response_norm(x, 1, alpha=0.2),
                   F.local_response_norm(x, 9, alpha=2, beta=0.5))


class LN(nn.LayerNorm):
    """Over the channels at each place, as ConvNeXt's LayerNorm2d."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


@case("norms")
class Norms(nn.Module):
    """Normalisations with each of their options, after convolutions and before activations, and over 1x1."""
    net = """
        input: 6x5x4
        layers: |
          INPUT -> CONV3-8 -> GN4 -> GELU -> CONV1-6 -> GN3 affine -> RELU
          -> CONCAT(LN affine eps=0.1 | LN noaffine | LN volume | LN volume noaffine eps=0.3 | GN2 noaffine | GN6 eps=0.2
                  | GN1 | IN noaffine | IN affine | IN affine eps=0.4 | BN affine eps=0.6 | CONV3-3 nobias -> BN noaffine -> TANH
                  | CONV3-4 -> LN -> GELU -> CONV1-3 | CONV1-4 -> LN volume -> SIGMOID | CONV1-2 -> IN affine -> RELU)
          -> CONV1-5 -> IN -> SILU -> FC-8 -> CONCAT(LN | GN2 -> RELU | LN volume | BN noaffine) -> FC-9
        """

    def __init__(self):
        super().__init__()
        self.conv1, self.gn1 = nn.Conv2d(4, 8, 3, padding=1), nn.GroupNorm(4, 8)
        self.conv2, self.gn2 = nn.Conv2d(8, 6, 1), nn.GroupNorm(3, 6)
        self.ln1, self.ln2 = LN(6, 0.1), LN(6, elementwise_affine=False)
        self.ln3, self.ln4 = nn.LayerNorm([6, 5, 6]), nn.LayerNorm([6, 5, 6], 0.3, False)
        self.gn3, self.gn4, self.gn5 = nn.GroupNorm(2, 6, affine=False), nn.GroupNorm(6, 6, 0.2), nn.GroupNorm(1, 6)
        self.in1, self.in2 = nn.InstanceNorm2d(6), nn.InstanceNorm2d(6, affine=True)
        self.in3 = nn.InstanceNorm2d(6, 0.4, affine=True)
        self.bn1 = nn.BatchNorm2d(6, 0.6)
        self.conv3, self.bn2 = nn.Conv2d(6, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3, affine=False)
        self.conv4, self.ln5, self.conv5 = nn.Conv2d(6, 4, 3, padding=1), LN(4), nn.Conv2d(4, 3, 1)
        self.conv6, self.ln6 = nn.Conv2d(6, 4, 1), nn.LayerNorm([4, 5, 6])
        self.conv7, self.in4 = nn.Conv2d(6, 2, 1), nn.InstanceNorm2d(2, affine=True)
        self.conv8, self.in5 = nn.Conv2d(78, 5, 1), nn.InstanceNorm2d(5)
        self.fc1, self.ln7, self.gn6, self.ln8 = FC(150, 8), LN(8), nn.GroupNorm(2, 8), nn.LayerNorm([8, 1, 1])
        self.bn3 = nn.BatchNorm2d(8, affine=False)
        self.fc2 = FC(32, 9)

    def forward(self, x):
        x = F.relu(self.gn2(self.conv2(F.gelu(self.gn1(self.conv1(x))))))
        x = cat(self.ln1(x), self.ln2(x), self.ln3(x), self.ln4(x), self.gn3(x), self.gn4(x), self.gn5(x), self.in1(x),
                self.in2(x), self.in3(x), self.bn1(x), torch.tanh(self.bn2(self.conv3(x))),
                self.conv5(F.gelu(self.ln5(self.conv4(x)))), torch.sigmoid(self.ln6(self.conv6(x))),
                F.relu(self.in4(self.conv7(x))))
        x = self.fc1(F.silu(self.in5(self.conv8(x))))
        return self.fc2(cat(self.ln7(x), F.relu(self.gn6(x)), self.ln8(x), self.bn3(x)))


@case("rectangular")
class Rectangular(nn.Module):
    """Windows, strides and pads whose width differs from their height, and different pads on all four sides."""
    net = """
        input: 13x10x3
        layers: |
          INPUT -> CONV7x1-4 -> CONV1x5-4 p0x2 -> RELU
          -> CONCAT(CONV3x2-3 s2x1 p1x0 | DWCONV3x2 s2x1 p1x0 | LOCAL3x2-2 s2x1 p1x0
                  | POOL3x2 s2x1 p1x0 | AVGPOOL3x2 s2x1 p1x0 | L2POOL3x2 s2x1 p1x0) -> CONV1-4
          -> CONCAT(CONV3x4-3 s2x3 p=2,0,0,1 | DWCONV3x4 s2x3 p=2,0,0,1 | LOCAL3x4-2 s2x3 p=2,0,0,1
                  | POOL3x4 s2x3 p=1,1,0,1 | AVGPOOL3x4 s2x3 p=1,1,0,1
                  | AVGPOOL3x4 s2x3 p=1,1,0,1 excludepad | L2POOL3x4 s2x3 p=1,1,1,0)
        """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, (1, 7), padding=(0, 3))
        self.conv2 = nn.Conv2d(4, 4, (5, 1), padding=(2, 0))
        self.conv3 = nn.Conv2d(4, 3, (2, 3), (1, 2), (0, 1))
        self.dwconv1 = nn.Conv2d(4, 4, (2, 3), (1, 2), (0, 1), groups=4)
        self.local1 = Local(4, 2, (2, 3), (9, 7), (1, 2), (1, 1, 0, 0))
        self.conv4 = nn.Conv2d(21, 4, 1)
        self.conv5 = nn.Conv2d(4, 3, (4, 3), (3, 2))
        self.dwconv2 = nn.Conv2d(4, 4, (4, 3), (3, 2), groups=4)
        self.local2 = Local(4, 2, (4, 3), (3, 4), (3, 2), (2, 0, 0, 1))

    def forward(self, x):
        x = F.relu(self.conv2(self.conv1(x)))
        size, stride, pad = (2, 3), (1, 2), (0, 1)
        x = cat(self.conv3(x), self.dwconv1(x), self.local1(x),
                F.max_pool2d(x, size, stride, pad), F.avg_pool2d(x, size, stride, pad),
                F.lp_pool2d(F.pad(x, (1, 1, 0, 0)), 2, size, stride))
        x = self.conv4(x)
        size, stride = (4, 3), (3, 2)
        uneven = F.pad(x, (2, 0, 0, 1))
        return cat(self.conv5(uneven), self.dwconv2(uneven), self.local2(x),
                   max_pool_padded(x, (1, 1, 0, 1), size, stride),
                   F.avg_pool2d(F.pad(x, (1, 1, 0, 1)), size, stride),
                   avg_of_real(x, (1, 1, 0, 1), size, stride),
                   F.lp_pool2d(F.pad(x, (1, 1, 1, 0)), 2, size, stride))


@case("padding")
class Padding(nn.Module):
    """The pads `same`, as TensorFlow has it (what is odd goes right and below), and `valid`."""
    net = """
        input: 12x10x3
        layers: |
          INPUT
          -> CONCAT(CONV3-3 s2 same | DWCONV5 s2 same | LOCAL3-2 s2 same | CONV1-2 s2 same
                  | POOL3 s2 same | AVGPOOL3 s2 same | AVGPOOL3 s2 same excludepad | L2POOL3 s2 same) -> CONV2-4 same
          -> CONCAT(CONV3-3 valid | DWCONV3 valid | LOCAL3-2 valid
                  | POOL3 s1 valid | AVGPOOL3 s1 valid | L2POOL3 s1 valid) -> CONV3x2-4 s3x2 d1x2 same
          -> POOL2 s1 same
        """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 3, 3, 2)
        self.dwconv1 = nn.Conv2d(3, 3, 5, 2, groups=3)
        self.local1 = Local(3, 2, (3, 3), (5, 6), (2, 2), (0, 1, 0, 1))
        self.conv2 = nn.Conv2d(3, 2, 1, 2)
        self.conv3 = nn.Conv2d(22, 4, 2)
        self.conv4 = nn.Conv2d(4, 3, 3)
        self.dwconv2 = nn.Conv2d(4, 4, 3, groups=4)
        self.local2 = Local(4, 2, (3, 3), (3, 4))
        self.conv5 = nn.Conv2d(21, 4, (2, 3), (2, 3), dilation=(2, 1))

    def forward(self, x):
        # 12x10 to 6x5. Windows of 3 need (6-1)*2+3-12 = 1 more column and (5-1)*2+3-10 = 1 more row, those of 5 need
        # 3 and 3, that of 1 none.
        padded = F.pad(x, (0, 1, 0, 1))
        x = cat(self.conv1(padded), self.dwconv1(F.pad(x, (1, 2, 1, 2))), self.local1(x), self.conv2(x),
                max_pool_padded(x, (0, 1, 0, 1), 3, 2), F.avg_pool2d(padded, 3, 2), avg_of_real(x, (0, 1, 0, 1), 3, 2),
                F.lp_pool2d(padded, 2, 3, 2))
        x = self.conv3(F.pad(x, (0, 1, 0, 1)))
        x = cat(self.conv4(x), self.dwconv2(x), self.local2(x),
                F.max_pool2d(x, 3, 1), F.avg_pool2d(x, 3, 1), F.lp_pool2d(x, 2, 3, 1))
        # 4x3 to 2x2: (2-1)*3+3-4 = 2 columns, (2-1)*2+3-3 = 2 rows, the window being 3 high with its dilation.
        x = self.conv5(F.pad(x, (1, 1, 1, 1)))
        return max_pool_padded(x, (0, 1, 0, 1), 2, 1)


@case("rounding")
class Rounding(nn.Module):
    """Windows that do not fit a whole number of times, rounded down and up, and `strict` where they fit."""
    net = """
        input: 14x12x2
        layers: |
          INPUT
          -> CONCAT(CONV3-2 s2 p0 floor | DWCONV3 s2 p0 floor | LOCAL3-2 s2 p0 floor
                  | POOL3 s2 floor | AVGPOOL3 s2 floor | L2POOL3 s2 floor) -> CONV1-3
          -> CONCAT(CONV2-2 s2 p0 ceil | DWCONV2 s2 p0 ceil | LOCAL2-2 s2 p0 ceil
                  | POOL2 ceil | AVGPOOL2 ceil | L2POOL2 ceil) -> CONV1-3
          -> CONCAT(CONV2-2 p1 strict | DWCONV2 p1 strict | LOCAL2-2 p1 strict nobias
                  | POOL2 s1 p1 rounding=strict | AVGPOOL2 s1 p1 strict | L2POOL2 s1 p1 strict)
        """

    def __init__(self):
        super().__init__()
        self.conv1, self.dwconv1 = nn.Conv2d(2, 2, 3, 2), nn.Conv2d(2, 2, 3, 2, groups=2)
        self.local1 = Local(2, 2, (3, 3), (5, 6), (2, 2))
        self.conv2 = nn.Conv2d(12, 3, 1)
        self.conv3, self.dwconv2 = nn.Conv2d(3, 2, 2, 2), nn.Conv2d(3, 3, 2, 2, groups=3)
        self.local2 = Local(3, 2, (2, 2), (3, 3), (2, 2), (0, 0, 0, 1))
        self.conv4 = nn.Conv2d(16, 3, 1)
        self.conv5, self.dwconv3 = nn.Conv2d(3, 2, 2, padding=1), nn.Conv2d(3, 3, 2, padding=1, groups=3)
        self.local3 = Local(3, 2, (2, 2), (4, 4), pad=(1, 1, 1, 1), bias=False)

    def forward(self, x):
        # 14x12 to 6x5: one column and one row are not read.
        x = cat(self.conv1(x), self.dwconv1(x), self.local1(x),
                F.max_pool2d(x, 3, 2), F.avg_pool2d(x, 3, 2), F.lp_pool2d(x, 2, 3, 2))
        x = self.conv2(x)
        # 6x5 to 3x3: the last windows reach one row past the input. PyTorch has no convolution that rounds up; it is one
        # over that row of zeros. PyTorch's LPPool2d that rounds up scales such windows to the size of a whole one; the
        # norm over them is meant here.
        below = F.pad(x, (0, 0, 0, 1))
        x = cat(self.conv3(below), self.dwconv2(below), self.local2(x),
                F.max_pool2d(x, 2, 2, ceil_mode=True), F.avg_pool2d(x, 2, 2, ceil_mode=True),
                root_of_squares(below, (2, 2), 2))
        x = self.conv4(x)
        return cat(self.conv5(x), self.dwconv3(x), self.local3(x),
                   F.max_pool2d(x, 2, 1, 1), F.avg_pool2d(x, 2, 1, 1), F.lp_pool2d(F.pad(x, (1, 1, 1, 1)), 2, 2, 1))


@case("local")
class LocallyConnected(nn.Module):
    """Locally connected layers, with biases that are not shared either, and without."""
    net = """
        input: 8x7x2
        layers: |
          INPUT -> LOCAL3-3 -> RELU -> LOCAL3-5 s2 p=1,0,1,1 -> RELU -> LOCAL2x3-4 p0 nobias
        """

    def __init__(self):
        super().__init__()
        self.local1 = Local(2, 3, (3, 3), (7, 8), pad=(1, 1, 1, 1))
        self.local2 = Local(3, 5, (3, 3), (4, 4), (2, 2), (1, 0, 1, 1))
        self.local3 = Local(5, 4, (3, 2), (2, 3), bias=False)

    def forward(self, x):
        return self.local3(F.relu(self.local2(F.relu(self.local1(x)))))


@case("upconv")
class UpConv(nn.Module):
    """Transposed convolutions: the default stride, output padding, groups, `valid`."""
    net = """
        input: 4x3x4
        layers: |
          INPUT -> UPCONV2-6 -> RELU -> UPCONV3-6 s2 p1 outpad=1 g2 -> RELU -> UPCONV3-4 s1 valid nobias
        """

    def __init__(self):
        super().__init__()
        self.upconv1 = nn.ConvTranspose2d(4, 6, 2, 2)
        self.upconv2 = nn.ConvTranspose2d(6, 6, 3, 2, 1, 1, groups=2)
        self.upconv3 = nn.ConvTranspose2d(6, 4, 3, bias=False)

    def forward(self, x):
        return self.upconv3(F.relu(self.upconv2(F.relu(self.upconv1(x)))))


@case("upconv-uneven")
class UpConvUneven(nn.Module):
    """Transposed convolutions with dilation, and with settings that differ between the axes and the sides."""
    net = """
        input: 4x3x4
        layers: |
          INPUT -> UPCONV3x2-4 s3x2 p1x0 outpad=2x1 d2x1 -> RELU
          -> UPCONV4-3 s2 p=0,1,2,0 outpad=1 -> RELU
          -> UPCONV3-2 s1 d2 p2 outpad=1
        """

    def __init__(self):
        super().__init__()
        self.upconv1 = nn.ConvTranspose2d(4, 4, (2, 3), (2, 3), (0, 1), (1, 2), dilation=(1, 2))
        self.upconv2 = nn.ConvTranspose2d(4, 3, 4, 2, output_padding=1)
        self.upconv3 = nn.ConvTranspose2d(3, 2, 3, 1, 2, 1, dilation=2)

    def forward(self, x):
        x = self.upconv2(F.relu(self.upconv1(x)))
        x = x[:, :, 2:, :-1]  # none cut on the left, 1 on the right, 2 above, none below
        return self.upconv3(F.relu(x))


@case("upsample")
class Upsample(nn.Module):
    """Enlarging by one factor and by two, nearest and bilinear."""
    net = """
        input: 4x3x3
        layers: |
          INPUT -> CONCAT(UPSAMPLE3x2 | UPSAMPLE3x2 bilinear) -> CONV1-3
          -> CONCAT(UPSAMPLE2 nearest | UPSAMPLE2 mode=bilinear)
        """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(6, 3, 1)

    def forward(self, x):
        def both(x, factor):
            return cat(F.interpolate(x, scale_factor=factor, mode="nearest"),
                       F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False))
        return both(self.conv1(both(x, (2, 3))), (2, 2))


@case("adaptive")
class Adaptive(nn.Module):
    """Adaptive and global average pooling, to sizes that do not divide the input's and to a larger one."""
    net = """
        input: 10x7x3
        layers: |
          INPUT @picture -> ADAPTAVG4x3 -> CONV1-4 -> ADAPTAVG6x5 -> ADAPTAVG5 -> FLATTEN
          -> CONCAT(IDENTITY | @picture -> GAP | @picture -> CONV1-4 -> ADAPTAVG1)
        """

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 1)

    def forward(self, picture):
        x = self.conv1(F.adaptive_avg_pool2d(picture, (3, 4)))
        x = F.adaptive_avg_pool2d(F.adaptive_avg_pool2d(x, (5, 6)), 5)
        return cat(x.reshape(len(x), -1, 1, 1), gap(picture), F.adaptive_avg_pool2d(self.conv2(picture), 1))


@case("max-pools")
class MaxPools(nn.Module):
    """Max pools whose windows have gaps, and adaptive and global ones."""
    net = """
        input: 11x9x3
        layers: |
          INPUT -> CONV3-4 @x
          -> CONCAT(POOL3 s1 p2 d2 | POOL3x2 s1 p=2,2,1,1 d2 | IDENTITY)
          -> POOL3 s2 d2x1 p1 ceil -> CONV1-4
          -> CONCAT(ADAPTMAX2x3 -> FLATTEN | GMP | @x -> ADAPTMAX4x13 -> FLATTEN | @x -> GMP | @x -> ADAPTMAX1)
        """

    def __init__(self):
        super().__init__()
        self.x, self.conv2 = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(12, 4, 1)

    def forward(self, picture):
        a = self.x(picture)
        x = cat(max_pool_padded(a, (2, 2, 2, 2), 3, 1, 2), max_pool_padded(a, (2, 2, 1, 1), (2, 3), 1, 2), a)
        x = self.conv2(F.max_pool2d(x, 3, 2, 1, (1, 2), ceil_mode=True))
        maps = (F.adaptive_max_pool2d(x, (3, 2)), F.adaptive_max_pool2d(x, 1), F.adaptive_max_pool2d(a, (13, 4)),
                a.amax((2, 3)), F.adaptive_max_pool2d(a, 1))
        return cat(*(y.reshape(len(y), -1, 1, 1) for y in maps))


@case("crop")
class Crop(nn.Module):
    """Parts of a plane: from the middle, rounded down, and from an offset as far as it goes."""
    net = """
        input: 11x9x3
        layers: |
          INPUT -> CONCAT(CROP6x4 | CROP6x4 offset=5,0 | CROP6x4 offset=1,5) -> CONV1-4 -> CROP3
        """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(9, 4, 1)

    def forward(self, x):
        x = cat(x[:, :, 2:6, 2:8], x[:, :, 0:4, 5:11], x[:, :, 5:9, 1:7])
        return self.conv1(x)[:, :, 0:3, 1:4]


@case("like")
class Like(nn.Module):
    """Sizes taken from a label: FPN's way down, and a skip connection cropped to a smaller map."""
    net = """
        input: 14x10x3
        layers: |
          INPUT -> CONV3-4 @fine -> POOL2 -> CONV1-6 @middle -> GAP -> CONV1-6
          -> ADD(UPSAMPLE like=@middle | @middle) -> CONV1-4
          -> ADD(UPSAMPLE bilinear like=@fine | @fine) -> CONV3-5 p0 @small
          -> CONCAT(@fine -> CROP like=@small offset=2,1 | @fine -> CROP like=@small | IDENTITY) -> CONV1-2
        """

    def __init__(self):
        super().__init__()
        self.fine, self.middle, self.conv3 = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 6, 1), nn.Conv2d(6, 6, 1)
        self.conv4, self.small, self.conv6 = nn.Conv2d(6, 4, 1), nn.Conv2d(4, 5, 3), nn.Conv2d(13, 2, 1)

    def forward(self, x):
        fine = self.fine(x)
        middle = self.middle(F.max_pool2d(fine, 2))
        x = self.conv4(F.interpolate(self.conv3(gap(middle)), middle.shape[2:]) + middle)
        x = F.interpolate(x, fine.shape[2:], mode="bilinear", align_corners=False) + fine
        x = self.small(x)
        return self.conv6(cat(fine[:, :, 1:9, 2:14], fine[:, :, 1:9, 1:13], x))


@case("share")
class Share(nn.Module):
    """RetinaNet's head: the same layers over three levels of a pyramid, in planes of different sizes."""

    net = """
        input: 24x16x3
        layers: |
          INPUT -> CONV3-8 -> RELU @p3 -> POOL2 @p4 -> POOL2 @p5
          -> @p3 -> CONV3-8 @head1 -> BN @norm -> PRELU @slope -> CONV3-4 @head2 -> FLATTEN @o3
          -> @p4 -> CONV3-8 share=@head1 -> BN share=@norm -> PRELU share=@slope -> CONV3-4 share=@head2 -> FLATTEN @o4
          -> @p5 -> CONV3-8 share=@head1 -> BN share=@norm -> PRELU share=@slope -> CONV3-4 share=@head2 -> FLATTEN @o5
          -> CONCAT(@o3 | @o4 | @o5)
        """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
        self.head1, self.norm, self.slope = nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.PReLU(8)
        self.head2 = nn.Conv2d(8, 4, 3, padding=1)

    def forward(self, x):
        p3 = F.relu(self.conv1(x))
        p4 = F.max_pool2d(p3, 2)
        levels = [p3, p4, F.max_pool2d(p4, 2)]
        heads = [self.head2(self.slope(self.norm(self.head1(p)))).flatten(1) for p in levels]
        return cat(*heads)[:, :, None, None]


@case("share-kinds")
class ShareKinds(nn.Module):
    """Two towers with the same weights, of every other kind that has some."""

    net = """
        input: 9x7x3
        layers: |
          INPUT -> CONV3-8 @x -> CHANNELS to=4 -> DWCONV3 @dw -> GN2 @gn -> LOCAL3-4 p0 @local -> UPCONV2-4 @up
          -> SCALE bias @scale -> LN @ln -> IN affine @in -> FC-5 @fc
          -> @x -> CHANNELS from=4 to=8 -> DWCONV3 share=@dw -> GN2 share=@gn -> LOCAL3-4 p0 share=@local
          -> UPCONV2-4 share=@up -> SCALE bias share=@scale -> LN share=@ln -> IN affine share=@in
          -> FC-5 share=@fc @right
          -> CONCAT(@fc | @right)
        """

    def __init__(self):
        super().__init__()
        self.x = nn.Conv2d(3, 8, 3, padding=1)
        self.dw, self.gn = nn.Conv2d(4, 4, 3, padding=1, groups=4), nn.GroupNorm(2, 4)
        self.local, self.up = Local(4, 4, (3, 3), (5, 7)), nn.ConvTranspose2d(4, 4, 2, 2)
        self.scale, self.ln, self.fc = Scale(4, bias=True), LN(4), FC(4 * 14 * 10, 5)
        setattr(self, "in", nn.InstanceNorm2d(4, affine=True))

    def tower(self, x):
        return self.fc(getattr(self, "in")(self.ln(self.scale(self.up(self.local(self.gn(self.dw(x))))))))

    def forward(self, x):
        x = self.x(x)
        return cat(self.tower(x[:, :4]), self.tower(x[:, 4:8]))


def shuffle(x, groups):
    """ShuffleNet's channel shuffle."""
    n, depth, height, width = x.shape
    return x.view(n, groups, depth // groups, height, width).transpose(1, 2).contiguous().view(n, depth, height, width)


@case("shuffle")
class Shuffle(nn.Module):
    """Slices of the depth and channel shuffles, as ShuffleNet V2 has them in its units."""
    net = """
        input: 7x6x3
        layers: |
          INPUT -> CONV1-12 @x
          -> CONCAT(@x -> CHANNELS to=6 | @x -> CHANNELS from=6 to=12 -> CONV1-6 -> RELU -> DWCONV3 -> CONV1-6 -> RELU)
          -> SHUFFLE2 @y -> CONCAT(@y -> CHANNELS from=8 -> SHUFFLE1 | @y -> CHANNELS from=1 to=10)
          -> SHUFFLE13 -> CHANNELS from=0 to=12 -> SHUFFLE3 -> CONV1-4
        """

    def __init__(self):
        super().__init__()
        # The label takes the place of the first convolution's name.
        self.x, self.conv2 = nn.Conv2d(3, 12, 1), nn.Conv2d(6, 6, 1)
        self.dwconv1, self.conv3 = nn.Conv2d(6, 6, 3, padding=1, groups=6), nn.Conv2d(6, 6, 1)
        self.conv4 = nn.Conv2d(12, 4, 1)

    def forward(self, x):
        left, right = self.x(x).chunk(2, 1)
        right = F.relu(self.conv3(self.dwconv1(F.relu(self.conv2(right)))))
        y = shuffle(cat(left, right), 2)
        y = shuffle(cat(shuffle(y[:, 8:], 1), y[:, 1:10]), 13)[:, 0:12]
        return self.conv4(shuffle(y, 3))


@case("pad")
class Pad(nn.Module):
    """Padding of each kind: on all sides, on one axis and on single sides, before convolutions and pools."""
    net = """
        input: 7x6x2
        layers: |
          INPUT -> PAD1 reflect -> CONV3-4 p0 @x
          -> CONCAT(PAD p=0,1,2,0 | PAD p=1,0,0,2 value=-0.5 | PAD pad=0,1,2,0 replicate | PAD p=0,1,2,0 zero) -> CONV1-4
          -> PAD2x0 value=1.5 -> AVGPOOL2 s2 floor -> PAD1x3 replicate -> POOL3 s2 floor
          -> PAD p=2,1,3,0 reflect -> CONV3-4 p0
        """

    def __init__(self):
        super().__init__()
        self.x, self.conv2, self.conv3 = nn.Conv2d(2, 4, 3), nn.Conv2d(16, 4, 1), nn.Conv2d(4, 4, 3)

    def forward(self, x):
        x = self.x(F.pad(x, (1, 1, 1, 1), "reflect"))
        x = cat(F.pad(x, (0, 1, 2, 0)), F.pad(x, (1, 0, 0, 2), value=-0.5), F.pad(x, (0, 1, 2, 0), "replicate"),
                F.pad(x, (0, 1, 2, 0)))
        x = F.avg_pool2d(F.pad(self.conv2(x), (2, 2, 0, 0), value=1.5), 2)
        x = F.max_pool2d(F.pad(x, (1, 1, 3, 3), "replicate"), 3, 2)
        return self.conv3(F.pad(x, (2, 1, 3, 0), "reflect"))


@case("resize")
class Resize(nn.Module):
    """Sizes and factors, larger, smaller and the same, nearest and bilinear, with and without aligned corners."""
    net = """
        input: 9x7x2
        layers: |
          INPUT @x -> CONCAT(RESIZE13x5 nearest | RESIZE13x5 bilinear | RESIZE13x5 bilinear align) -> CONV1-3
          -> CONCAT(RESIZE like=@x bilinear | RESIZE like=@x mode=bilinear align | RESIZE like=@x | @x -> CONV1-2) -> CONV1-3 @y
          -> CONCAT(RESIZE scale=1.3 | RESIZE scale=1.3 bilinear | RESIZE scale=1.3 bilinear align) -> CONV1-2 @z
          -> CONCAT(FLATTEN | @y -> RESIZE scale=1.12 bilinear -> FLATTEN | @y -> RESIZE scale=0.4 -> FLATTEN
                  | @z -> RESIZE1 bilinear | @z -> RESIZE1x4 bilinear align -> FLATTEN | @z -> RESIZE scale=0.3 bilinear -> FLATTEN)
        """

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(6, 3, 1), nn.Conv2d(2, 2, 1)
        self.y, self.z = nn.Conv2d(11, 3, 1), nn.Conv2d(9, 2, 1)

    def forward(self, x):
        def resize(x, size=None, scale=None, mode="nearest", align=None):
            return F.interpolate(x, size, scale, mode, align)

        def all_modes(x, size=None, scale=None):
            return (resize(x, size, scale), resize(x, size, scale, "bilinear"), resize(x, size, scale, "bilinear", True))
        y = self.conv1(cat(*all_modes(x, (5, 13))))
        nearest, bilinear, aligned = all_modes(y, (7, 9))
        y = self.y(cat(bilinear, aligned, nearest, self.conv2(x)))
        z = self.z(cat(*all_modes(y, scale=1.3)))
        maps = (z, resize(y, scale=1.12, mode="bilinear"), resize(y, scale=0.4), resize(z, 1, mode="bilinear"),
                resize(z, (4, 1), mode="bilinear", align=True), resize(z, scale=0.3, mode="bilinear"))
        return cat(*(a.reshape(len(a), -1, 1, 1) for a in maps))


@case("pixel-shuffle")
class PixelShuffle(nn.Module):
    """Depth to space and back, as in super-resolution and in detectors."""
    net = """
        input: 12x6x2
        layers: |
          INPUT -> PIXELUNSHUFFLE2 -> CONV3-18 -> PIXELSHUFFLE3 -> TANH -> PIXELUNSHUFFLE3 -> PIXELSHUFFLE1
          -> CONV1-8 -> PIXELSHUFFLE2 -> PIXELUNSHUFFLE1
        """

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(8, 18, 3, padding=1), nn.Conv2d(18, 8, 1)

    def forward(self, x):
        x = torch.tanh(F.pixel_shuffle(self.conv1(F.pixel_unshuffle(x, 2)), 3))
        x = self.conv2(F.pixel_shuffle(F.pixel_unshuffle(x, 3), 1))
        return F.pixel_unshuffle(F.pixel_shuffle(x, 2), 1)


class Scale(nn.Module):
    """A factor for each channel, as ConvNeXt's layer scale, and a shift, as Caffe's Scale with a bias."""

    def __init__(self, depth, bias=False):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(depth, 1, 1))
        self.bias = nn.Parameter(torch.empty(depth, 1, 1)) if bias else None

    def forward(self, x):
        y = self.weight * x
        return y if self.bias is None else y + self.bias


@case("scale")
class ScaleLayers(nn.Module):
    """Learnt factors with and without shifts, and constants, after convolutions and on their own."""
    net = """
        input: 7x6x3
        layers: |
          INPUT -> SCALE bias -> CONV3-4 @x -> SCALE -> RELU
          -> ADD(IDENTITY | CONV1-4 nobias -> SCALE0.17 | @x -> SCALE2 -> TANH) -> CONV1-5 -> SCALE bias
        """

    def __init__(self):
        super().__init__()
        self.scale1, self.x, self.scale2 = Scale(3, bias=True), nn.Conv2d(3, 4, 3, padding=1), Scale(4)
        self.conv2, self.conv3 = nn.Conv2d(4, 4, 1, bias=False), nn.Conv2d(4, 5, 1)
        self.scale5 = Scale(5, bias=True)

    def forward(self, picture):
        x = self.x(self.scale1(picture))
        y = F.relu(self.scale2(x))
        return self.scale5(self.conv3(y + self.conv2(y) * 0.17 + torch.tanh(x * 2)))


@case("squeeze-excite")
class SqueezeExcite(nn.Module):
    """MUL with gates of 1x1xD before and after the volume, between gates, and between volumes."""
    net = """
        input: 9x8x3
        layers: |
          INPUT -> CONV3-8 -> RELU
          -> MUL(IDENTITY | GAP -> FC-3 -> RELU -> FC-8 -> SIGMOID)
          -> MUL(GAP mean -> CONV1-4 -> SILU -> CONV1-8 -> HARDSIGMOID | IDENTITY)
          -> MUL(CONV3-8 -> TANH | MUL(GAP | GAP -> FC-8) | IDENTITY)
          -> MUL(CONV1-8 | IDENTITY)
        """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
        self.fc1, self.fc2 = FC(8, 3), FC(3, 8)
        self.conv2, self.conv3 = nn.Conv2d(8, 4, 1), nn.Conv2d(4, 8, 1)
        self.conv4 = nn.Conv2d(8, 8, 3, padding=1)
        self.fc3 = FC(8, 8)
        self.conv5 = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = x * torch.sigmoid(self.fc2(F.relu(self.fc1(gap(x)))))
        x = F.hardsigmoid(self.conv3(F.silu(self.conv2(x.mean([2, 3], keepdim=True))))) * x
        x = torch.tanh(self.conv4(x)) * (gap(x) * self.fc3(gap(x))) * x
        return self.conv5(x) * x


@case("attention")
class Attention(nn.Module):
    """Operands that are repeated along some axes: CBAM's gates for channels and places, scSE, coordinate attention, and
    ADD of a row, a column, a place and a single channel."""
    net = """
        input: 9x7x3
        layers: |
          INPUT -> CONV3-6 -> RELU
          -> MUL(IDENTITY | ADD(GAP -> FC-2 -> RELU -> FC-6 | GMP -> FC-6) -> SIGMOID)
          -> MUL(CONV5-1 -> SIGMOID | IDENTITY)
          -> ADD(MUL(IDENTITY | CONV1-1 -> SIGMOID) | MUL(GAP -> FC-6 -> SIGMOID | IDENTITY))
          -> MUL(IDENTITY | ADAPTAVG9x1 -> CONV1-6 -> SIGMOID | ADAPTAVG1x7 -> CONV1-6 -> SIGMOID) -> RELU
          -> ADD(CONV1-1 | GAP -> FC-6 | ADAPTAVG9x1 -> CONV1-6 | ADAPTAVG1x7 -> CONV1-1 | CONV1-6) -> TANH
        """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.fc1, self.fc2, self.fc3, self.fc4, self.fc5 = FC(6, 2), FC(2, 6), FC(6, 6), FC(6, 6), FC(6, 6)
        self.conv2, self.conv3 = nn.Conv2d(6, 1, 5, padding=2), nn.Conv2d(6, 1, 1)
        self.conv4, self.conv5 = nn.Conv2d(6, 6, 1), nn.Conv2d(6, 6, 1)
        self.conv6, self.conv7, self.conv8, self.conv9 = (nn.Conv2d(6, k, 1) for k in (1, 6, 1, 6))

    def forward(self, x):
        def row(x):
            return F.adaptive_avg_pool2d(x, (1, 9))

        def column(x):
            return F.adaptive_avg_pool2d(x, (7, 1))

        x = F.relu(self.conv1(x))
        x = x * torch.sigmoid(self.fc2(F.relu(self.fc1(F.adaptive_avg_pool2d(x, 1)))) + self.fc3(F.adaptive_max_pool2d(x, 1)))
        x = torch.sigmoid(self.conv2(x)) * x
        x = x * torch.sigmoid(self.conv3(x)) + torch.sigmoid(self.fc4(F.adaptive_avg_pool2d(x, 1))) * x
        x = F.relu(x * torch.sigmoid(self.conv4(row(x))) * torch.sigmoid(self.conv5(column(x))))
        y = self.conv6(x) + self.fc5(F.adaptive_avg_pool2d(x, 1)) + self.conv7(row(x)) + self.conv8(column(x)) + self.conv9(x)
        return torch.tanh(y)


@case("maxout")
class Maxout(nn.Module):
    """The maximum of two and of three maps, some without weights before them, of a map and a gate, and of fully connected layers."""
    net = """
        input: 8x7x3
        layers: |
          INPUT -> MAX(IDENTITY | SIGMOID | CONV1-3) -> MAX(CONV3-5 | CONV3-5) -> MAX(IDENTITY | CONV1-5 -> TANH | CONV3-5)
          -> MAX(CONV1-1 | IDENTITY | GAP) -> MAX(FC-6 | FC-6 -> RELU)
        """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 3, 1)
        self.conv2, self.conv3 = nn.Conv2d(3, 5, 3, padding=1), nn.Conv2d(3, 5, 3, padding=1)
        self.conv4, self.conv5 = nn.Conv2d(5, 5, 1), nn.Conv2d(5, 5, 3, padding=1)
        self.conv6 = nn.Conv2d(5, 1, 1)
        self.fc1, self.fc2 = FC(5 * 7 * 8, 6), FC(5 * 7 * 8, 6)

    def forward(self, x):
        x = torch.maximum(torch.maximum(x, torch.sigmoid(x)), self.conv1(x))
        x = torch.maximum(self.conv2(x), self.conv3(x))
        x = torch.maximum(torch.maximum(x, torch.tanh(self.conv4(x))), self.conv5(x))
        x = torch.maximum(torch.maximum(self.conv6(x), x), F.adaptive_avg_pool2d(x, 1))
        return torch.maximum(self.fc1(x), F.relu(self.fc2(x)))


@case("activations")
class Activations(nn.Module):
    """Every activation function over one map, wide enough to reach where each saturates."""
    net = """
        input: 7x6x3
        layers: |
          INPUT
          -> CONCAT(RELU | LEAKYRELU | LEAKYRELU0.2 | LEAKYRELU1.5 | PRELU | PRELU shared | RELU6
                  | SIGMOID | TANH | ELU | ELU alpha=0.3 | SILU | GELU | HARDSWISH | HARDSIGMOID
                  | SOFTMAX | DROPOUT | DROPOUT0.3 | SELU | MISH | GELU tanh | SOFTPLUS | SOFTPLUS beta=2 threshold=3
                  | CLIP min=-1 max=2.5 | CLIP min=-1 | CLIP max=2.5 | HARDSIGMOID slope=0.2 shift=0.4 | LOGSOFTMAX | DROPOUT0.3 channels)
        """
    spread = 4

    def __init__(self):
        super().__init__()
        self.prelu1, self.prelu2 = nn.PReLU(3), nn.PReLU()

    def forward(self, x):
        return cat(F.relu(x), F.leaky_relu(x), F.leaky_relu(x, 0.2), F.leaky_relu(x, 1.5), self.prelu1(x), self.prelu2(x),
                   F.relu6(x), torch.sigmoid(x), torch.tanh(x), F.elu(x), F.elu(x, 0.3), F.silu(x), F.gelu(x),
                   F.hardswish(x), F.hardsigmoid(x), F.softmax(x, 1),
                   F.dropout(x, 0.5, self.training), F.dropout(x, 0.3, self.training), F.selu(x), F.mish(x),
                   F.gelu(x, approximate="tanh"), F.softplus(x), F.softplus(x, 2, 3), F.hardtanh(x, -1, 2.5),
                   F.hardtanh(x, -1, math.inf), x.clamp(max=2.5),
                   (x * 0.2 + 0.4).clamp(0, 1), F.log_softmax(x, 1), F.dropout2d(x, 0.3, self.training))


@case("stochdepth")
class StochDepth(nn.Module):
    """Stochastic depth on the paths of residual blocks, by picture and for the whole batch."""
    net = """
        input: 7x6x3
        layers: |
          INPUT -> CONV1-4 -> ADD(CONV3-4 -> SILU -> STOCHDEPTH0.2 | IDENTITY)
          -> ADD(CONV3-4 -> STOCHDEPTH0.3 row | IDENTITY) -> ADD(CONV3-4 -> STOCHDEPTH0.5 batch | IDENTITY)
          -> ADD(CONV1-4 -> STOCHDEPTH0 | IDENTITY) -> GAP -> FC-5
        """

    def __init__(self):
        super().__init__()
        self.conv1, self.conv5 = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1)
        self.conv2, self.conv3, self.conv4 = (nn.Conv2d(4, 4, 3, padding=1) for _ in range(3))
        self.fc1 = FC(4, 5)

    def forward(self, x):
        x = self.conv1(x)
        x = stochastic_depth(F.silu(self.conv2(x)), 0.2, "row", self.training) + x
        x = stochastic_depth(self.conv3(x), 0.3, "row", self.training) + x
        x = stochastic_depth(self.conv4(x), 0.5, "batch", self.training) + x
        x = stochastic_depth(self.conv5(x), 0.0, "row", self.training) + x
        return self.fc1(gap(x))


@case("fused")
class Fused(nn.Module):
    """BN and activations after every kind that a program may join with them, and two that it must not join:
    BN whose input is read elsewhere too, and BN before the convolution."""
    net = """
        input: 7x6x4
        layers: |
          INPUT -> CONV3-4 @before -> BN @after
          -> CONCAT(@before | CONV3-5 -> SIGMOID | CONV3-5 -> BN -> LEAKYRELU0.3 | CONV1-6 -> PRELU
                  | CONV3-6 g2 -> ELU alpha=0.7 | CONV1-4 nobias -> SOFTMAX | BN -> RELU -> CONV1-3
                  | DWCONV3 -> HARDSWISH | DWCONV3 nobias -> BN -> RELU6 | LOCAL3-3 -> TANH | LOCAL3-2 -> BN
                  | UPCONV3-4 s1 p1 -> GELU | UPCONV3-2 s1 p1 nobias -> BN -> RELU)
          -> CONCAT(FLATTEN | GAP -> FC-9 -> PRELU shared | GAP -> FC-9 -> HARDSIGMOID | GAP -> FC-8 nobias -> BN -> SILU
                  | GAP -> FC-7 -> SOFTMAX)
        """

    def __init__(self):
        super().__init__()
        self.before, self.after = nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 5, 3, padding=1)
        self.conv3, self.bn2 = nn.Conv2d(4, 5, 3, padding=1), nn.BatchNorm2d(5)
        self.conv4, self.prelu1 = nn.Conv2d(4, 6, 1), nn.PReLU(6)
        self.conv5 = nn.Conv2d(4, 6, 3, padding=1, groups=2)
        self.conv6 = nn.Conv2d(4, 4, 1, bias=False)
        self.bn3, self.conv7 = nn.BatchNorm2d(4), nn.Conv2d(4, 3, 1)
        self.dwconv1 = nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.dwconv2, self.bn4 = nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False), nn.BatchNorm2d(4)
        self.local1 = Local(4, 3, (3, 3), (6, 7), pad=(1, 1, 1, 1))
        self.local2, self.bn5 = Local(4, 2, (3, 3), (6, 7), pad=(1, 1, 1, 1)), nn.BatchNorm2d(2)
        self.upconv1 = nn.ConvTranspose2d(4, 4, 3, 1, 1)
        self.upconv2, self.bn6 = nn.ConvTranspose2d(4, 2, 3, 1, 1, bias=False), nn.BatchNorm2d(2)
        self.fc1, self.prelu2 = FC(52, 9), nn.PReLU()
        self.fc2 = FC(52, 9)
        self.fc3, self.bn7 = FC(52, 8, bias=False), nn.BatchNorm2d(8)
        self.fc4 = FC(52, 7)

    def forward(self, x):
        before = self.before(x)
        x = self.after(before)
        x = cat(before, torch.sigmoid(self.conv2(x)), F.leaky_relu(self.bn2(self.conv3(x)), 0.3), self.prelu1(self.conv4(x)),
                F.elu(self.conv5(x), 0.7), F.softmax(self.conv6(x), 1), self.conv7(F.relu(self.bn3(x))),
                F.hardswish(self.dwconv1(x)), F.relu6(self.bn4(self.dwconv2(x))), torch.tanh(self.local1(x)),
                self.bn5(self.local2(x)), F.gelu(self.upconv1(x)), F.relu(self.bn6(self.upconv2(x))))
        y = gap(x)
        return cat(x.reshape(len(x), -1, 1, 1), self.prelu2(self.fc1(y)), F.hardsigmoid(self.fc2(y)),
                   F.silu(self.bn7(self.fc3(y))), F.softmax(self.fc4(y), 1))


@case("fused-smooth")
class FusedSmooth(nn.Module):
    """Smooth and clipped activations after the kinds that a program may join with them."""
    net = """
        input: 7x6x4
        layers: |
          INPUT -> CONV3-6 -> MISH -> DWCONV3 -> SELU -> CONV3-5 g1 nobias -> BN -> CLIP min=-0.5 max=1.5
          -> ADD(CONV1-5 | IDENTITY) -> GELU tanh -> UPCONV2-4 -> SOFTPLUS beta=1.5 -> CONV1-4 -> HARDSIGMOID -> DROPOUT channels
          -> FC-7 -> LOGSOFTMAX
        """

    def __init__(self):
        super().__init__()
        self.conv1, self.dwconv1 = nn.Conv2d(4, 6, 3, padding=1), nn.Conv2d(6, 6, 3, padding=1, groups=6)
        self.conv2, self.bn1 = nn.Conv2d(6, 5, 3, padding=1, bias=False), nn.BatchNorm2d(5)
        self.conv3, self.upconv1, self.conv4 = nn.Conv2d(5, 5, 1), nn.ConvTranspose2d(5, 4, 2, 2), nn.Conv2d(4, 4, 1)
        self.fc1 = FC(4 * 12 * 14, 7)

    def forward(self, x):
        x = F.selu(self.dwconv1(F.mish(self.conv1(x))))
        x = F.hardtanh(self.bn1(self.conv2(x)), -0.5, 1.5)
        x = F.softplus(self.upconv1(F.gelu(self.conv3(x) + x, approximate="tanh")), 1.5)
        x = F.dropout2d(F.hardsigmoid(self.conv4(x)), 0.5, self.training)
        return F.log_softmax(self.fc1(x), 1)


@case("flatten")
class Flatten(nn.Module):
    """FC after FLATTEN and directly after a volume, and layers over 1x1xN."""
    net = """
        input: 5x4x3
        layers: |
          INPUT -> CONV3-4
          -> CONCAT(FLATTEN -> FC-6 | FC-6 nobias | FLATTEN -> DROPOUT)
          -> BN -> PRELU -> LRN3 alpha=0.5 -> FLATTEN -> FC-8 -> SOFTMAX
        """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1)
        self.fc1, self.fc2 = FC(4 * 4 * 5, 6), FC(4 * 4 * 5, 6, bias=False)
        self.bn1, self.prelu1 = nn.BatchNorm2d(92), nn.PReLU(92)
        self.fc3 = FC(92, 8)

    def forward(self, x):
        x = self.conv1(x)
        x = cat(self.fc1(x.flatten(1)), self.fc2(x), x.reshape(len(x), -1, 1, 1))
        x = F.local_response_norm(self.prelu1(self.bn1(x)), 3, alpha=0.5)
        return F.softmax(self.fc3(x), 1)


@case("unet")
class UNet(nn.Module):
    """U-Net's skip connections by labels: as they are, and cropped to a smaller map."""
    net = """
        input: 16x12x2
        layers: |
          INPUT -> [CONV3-4 -> RELU]*2 @skip1
          -> POOL2 -> [CONV3-6 -> RELU]*2 @skip2
          -> POOL2 -> CONV3-8 @bottom -> RELU
          -> UPCONV2-6 -> CONCAT(@skip2 | IDENTITY) -> CONV3-6 p0 -> RELU
          -> UPCONV2-4 -> CONCAT(@skip1 -> CROP12x8 | IDENTITY) -> CONV3-4 -> RELU
          -> CONV1-2 @mask -> SIGMOID
        """

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.conv3, self.conv4 = nn.Conv2d(4, 6, 3, padding=1), nn.Conv2d(6, 6, 3, padding=1)
        self.bottom = nn.Conv2d(6, 8, 3, padding=1)
        # The label takes the place of the name, and the numbers go on: conv5 is the one called bottom.
        self.upconv1, self.conv6 = nn.ConvTranspose2d(8, 6, 2, 2), nn.Conv2d(12, 6, 3)
        self.upconv2, self.conv7 = nn.ConvTranspose2d(6, 4, 2, 2), nn.Conv2d(8, 4, 3, padding=1)
        self.mask = nn.Conv2d(4, 2, 1)

    def forward(self, x):
        skip1 = F.relu(self.conv2(F.relu(self.conv1(x))))
        skip2 = F.relu(self.conv4(F.relu(self.conv3(F.max_pool2d(skip1, 2)))))
        x = F.relu(self.bottom(F.max_pool2d(skip2, 2)))
        x = F.relu(self.conv6(cat(skip2, self.upconv1(x))))
        x = F.relu(self.conv7(cat(skip1[:, :, 2:10, 2:14], self.upconv2(x))))
        return torch.sigmoid(self.mask(x))


@case("shared")
class Shared(nn.Module):
    """Results that several layers read, the input among them: none may be overwritten before its last reader."""
    net = """
        input: 6x5x4
        layers: |
          INPUT @picture -> RELU -> ADD(IDENTITY | IDENTITY) -> CONV1-4 @a -> RELU @b -> TANH
          -> CONCAT(IDENTITY | @a | @b | @a -> SIGMOID | @a -> ELU -> RELU6 | IDENTITY) -> CONV1-4
          -> MUL(@b | IDENTITY | @b)
          -> ADD([RELU]*0 | @a | CONV3-4 -> RELU) -> TANH -> MUL(IDENTITY | IDENTITY)
          -> CONCAT(FLATTEN -> TANH | FLATTEN | @b -> FLATTEN -> SILU | @picture -> FLATTEN | @picture -> GAP)
          -> CONCAT(FC-5 | IDENTITY)
        """

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(4, 4, 1)
        self.conv2, self.conv3 = nn.Conv2d(24, 4, 1), nn.Conv2d(4, 4, 3, padding=1)
        self.fc1 = FC(4 * 120 + 4, 5)

    def forward(self, picture):
        x = F.relu(picture)
        a = self.a(x + x)
        b = F.relu(a)
        x = torch.tanh(b)
        x = self.conv2(cat(x, a, b, torch.sigmoid(a), F.relu6(F.elu(a)), x))
        x = b * x * b
        x = torch.tanh(x + a + F.relu(self.conv3(x)))
        x = x * x
        x = cat(*(y.reshape(len(y), -1, 1, 1) for y in (torch.tanh(x), x, F.silu(b), picture, gap(picture))))
        return cat(self.fc1(x), x)


# Writing.

@case("detector")
class Detector(nn.Module):
    """A detector of two scales, as YOLOv3: the finer head reads what the coarser one made of the coarser features."""

    net = """
        input: 24x16x3
        layers: |
          INPUT -> CONV3-6 s2 p1 floor nobias -> BN -> LEAKYRELU0.1 -> CONV3-8 s2 p1 floor -> RELU @fine
          -> CONV3-12 s2 p1 floor -> RELU @coarse
        heads:
          large: "@coarse -> CONV1-6 @lateral -> CONV3-9"
          small: "@fine -> CONCAT(@large.lateral -> UPSAMPLE2 | IDENTITY) -> CONV1-9"
        """
    outputs = ["large", "small"]

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 6, 3, 2, 1, bias=False), nn.BatchNorm2d(6)
        self.conv2, self.conv3 = nn.Conv2d(6, 8, 3, 2, 1), nn.Conv2d(8, 12, 3, 2, 1)
        self.large = nn.ModuleDict({"lateral": nn.Conv2d(12, 6, 1), "conv2": nn.Conv2d(6, 9, 3, padding=1)})
        self.small = nn.ModuleDict({"conv1": nn.Conv2d(14, 9, 1)})

    def forward(self, x):
        fine = F.relu(self.conv2(F.leaky_relu(self.bn1(self.conv1(x)), 0.1)))
        lateral = self.large["lateral"](F.relu(self.conv3(fine)))
        small = self.small["conv1"](cat(F.interpolate(lateral, scale_factor=2), fine))
        return self.large["conv2"](lateral), small


@case("auxiliary")
class Auxiliary(nn.Module):
    """Inception modules and an auxiliary classifier in training, as GoogLeNet."""

    net = """
        input: 20x16x3
        layers: |
          INPUT -> CONV3-8 -> RELU -> POOL2 -> CONCAT(CONV1-4 -> RELU | CONV1-3 -> RELU -> CONV3-6 -> RELU) @early
          -> POOL2 -> CONCAT(CONV1-5 -> RELU | POOL3 s1 p1 -> CONV1-7 -> RELU) -> GAP -> DROPOUT0.4 -> FC-10
        heads:
          aux:
            layers: "@early -> AVGPOOL4 s2 -> CONV1-6 @conv -> RELU -> FC-16 -> RELU -> DROPOUT0.7 -> FC-10"
            training: true
            loss: 0.3
        """
    outputs = ["output", "aux"]
    loss_weights = [1, 0.3]

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 4, 1)
        self.conv3, self.conv4 = nn.Conv2d(8, 3, 1), nn.Conv2d(3, 6, 3, padding=1)
        self.conv5, self.conv6, self.fc1 = nn.Conv2d(10, 5, 1), nn.Conv2d(10, 7, 1), nn.Linear(12, 10)
        self.aux = nn.ModuleDict({"conv": nn.Conv2d(10, 6, 1), "fc1": nn.Linear(6 * 4 * 3, 16), "fc2": nn.Linear(16, 10)})

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        early = cat(F.relu(self.conv2(x)), F.relu(self.conv4(F.relu(self.conv3(x)))))
        x = F.max_pool2d(early, 2)
        x = cat(F.relu(self.conv5(x)), F.relu(self.conv6(F.max_pool2d(x, 3, 1, 1))))
        x = F.dropout(F.adaptive_avg_pool2d(x, 1), 0.4, self.training)
        scores = self.fc1(x.flatten(1))[:, :, None, None]
        if not self.training:
            return scores
        x = F.relu(self.aux["conv"](F.avg_pool2d(early, 4, 2)))
        x = F.dropout(F.relu(self.aux["fc1"](x.flatten(1))), 0.7)
        return scores, self.aux["fc2"](x)[:, :, None, None]


@case("siamese")
class Siamese(nn.Module):
    """Two pictures of different depths, compared; the features of the first are an output too."""

    net = """
        inputs: {left: 16x12x3, right: 16x12x1}
        layers: |
          @left -> CONV3-6 -> RELU -> POOL2 @features
          -> CONCAT(IDENTITY | @right -> CONV5-4 s2 p2 floor -> TANH) -> CONV1-8 -> RELU -> GAP -> FC-3
        heads: {left_features: "@features"}
        """
    outputs = ["output", "left_features"]

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(1, 4, 5, 2, 2)
        self.conv3, self.fc1 = nn.Conv2d(10, 8, 1), nn.Linear(8, 3)

    def forward(self, left, right):
        features = F.max_pool2d(F.relu(self.conv1(left)), 2)
        x = F.relu(self.conv3(cat(features, torch.tanh(self.conv2(right)))))
        return self.fc1(gap(x).flatten(1))[:, :, None, None], features


@case("siamese-shared")
class SiameseShared(nn.Module):
    """Two pictures through the same layers, one after the other, compared by a product."""

    net = """
        inputs: {left: 16x12x3, right: 16x12x3}
        layers: |
          @left -> CONV3-6 @conv1 -> BN @bn1 -> PRELU @slope -> CONV3-8 @conv2 -> GAP -> FC-4 @embed
          -> @right -> CONV3-6 share=@conv1 -> BN share=@bn1 -> PRELU share=@slope -> CONV3-8 share=@conv2 -> GAP
          -> FC-4 share=@embed -> MUL(@embed | IDENTITY) -> FC-3 @scores
        heads: {left_embedding: "@embed"}
        """
    outputs = ["output", "left_embedding"]

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1, self.slope = nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.PReLU(6)
        self.conv2, self.embed, self.scores = nn.Conv2d(6, 8, 3, padding=1), nn.Linear(8, 4), nn.Linear(4, 3)

    def tower(self, x):
        return self.embed(gap(self.conv2(self.slope(self.bn1(self.conv1(x))))).flatten(1))

    def forward(self, left, right):
        embedding = self.tower(left)
        scores = self.scores(embedding * self.tower(right))
        return scores[:, :, None, None], embedding[:, :, None, None]


def randomise(module):
    """Draws every weight: He's deviation for filters, slopes and scales of either side of 1, and running
    statistics as if the network had been trained."""
    for name, t in module.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        if name.endswith("running_var"):
            t.uniform_(0.5, 2)
        elif name.endswith(("running_mean", "bias")):
            t.normal_(0, 0.5)
        elif t.ndim == 1:
            t.uniform_(0.25, 1.5)
        else:
            fan_in = math.prod(t.shape[3 if t.ndim == 6 else 1:])
            t.normal_(0, math.sqrt(2 / fan_in))


def shapes(net):
    """(name of the array, [C, H, W]) of every input in a file's text."""
    several = re.search(r"inputs: \{(.*)\}", net)
    texts = several[1].split(", ") if several else [re.search(r"(input: \S+)", net)[1]]
    for text in texts:
        name, size = text.split(": ")
        width, height, depth = map(int, size.split("x"))
        yield "input." + name if several else name, (depth, height, width)


def run(name, module):
    """Draws a case's weights and input and runs it; the result is what its npz file holds."""
    torch.manual_seed(zlib.crc32(name.encode()))
    model = module().eval()
    randomise(model)
    inputs = {name: torch.randn(BATCH, *shape) * getattr(module, "spread", 1) for name, shape in shapes(module.net)}
    arrays = dict(inputs)
    arrays.update((k, v.clone()) for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked"))
    with torch.no_grad():
        outputs = model.double()(*(x.double() for x in inputs.values()))
    if isinstance(outputs, torch.Tensor):
        outputs = [outputs]
    for key, output in zip(getattr(module, "outputs", ["output"]), outputs):
        assert output.ndim == 4 and output.isfinite().all() and output.std() > 1e-2, f"{name}: {output.std()}"
        arrays[key if key == "output" else "output." + key] = output.float()
    return {k: v.numpy() for k, v in arrays.items()}


def write(name, module):
    folder = os.path.join(HERE, name)
    os.makedirs(folder, exist_ok=True)
    description = " ".join(module.__doc__.split())
    with open(os.path.join(folder, "net.yaml"), "w", encoding="utf-8") as f:
        f.write("# Written by generate.py, which has the same network in PyTorch.\n")
        f.write(f"name: {name}\ndescription: {json.dumps(description)}\n")
        f.write(textwrap.dedent(module.net).strip() + "\n")
    path = os.path.join(folder, "data.npz")
    np.savez_compressed(path, **run(name, module))
    return os.path.getsize(path)


def main():
    chosen = sys.argv[1:] or cases
    total = 0
    for name in chosen:
        size = write(name, cases[name])
        print(f"{name:16} {size:7}")
        assert size <= MAX_FILE, name
        total += size
    print(f"{'all':16} {total:7}")
    assert total <= MAX_ALL


if __name__ == "__main__":
    main()
