"""Exports small networks from PyTorch as ONNX models, with an input and the output that PyTorch computes for it.

Needs python3-torch (written with PyTorch 1.13). Run it in this folder: python3 generate.py. Each network becomes
NAME-OPSET.onnx, and NAME.npz with x and y. The test in internal/onnxnet says which layers each must be read as.
"""

import warnings

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore")


class Function(nn.Module):
    """A module of a function of the input."""

    def __init__(self, f, *modules):
        super().__init__()
        self.f = f
        self.modules_ = nn.ModuleList(modules)

    def forward(self, x):
        return self.f(x, *self.modules_)


class Scale(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(shape) + 0.5)

    def forward(self, x):
        return x * self.weight


class LayerNorm2d(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def conv(c=3, k=4, f=3, **more):
    return nn.Conv2d(c, k, f, **more)


def shuffle(x):
    n, c, h, w = x.shape
    return x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)


def chunks(x, c):
    a, b = c(x).chunk(2, dim=1)
    return torch.cat([b, a * 2], 1)


def cnext(x, stem, norm, depth, first, second, scale):
    y = norm(stem(x).permute(0, 2, 3, 1))
    y = second(F.gelu(first(y)))
    return stem(x) + scale(y.permute(0, 3, 1, 2))


NETWORKS = {
    "windows": nn.Sequential(
        conv(f=(3, 5), stride=(1, 2), padding=(1, 2)), nn.ReLU(), nn.Conv2d(4, 6, 3, padding=2, dilation=2, groups=2, bias=False),
        nn.Conv2d(6, 6, 3, groups=6, padding=1), nn.ConvTranspose2d(6, 4, 3, stride=2, padding=1, output_padding=1),
        nn.MaxPool2d(3, 2, 1)),
    "ceil": nn.Sequential(conv(), nn.MaxPool2d(3, 2, ceil_mode=True), nn.ReLU()),
    "averages": nn.Sequential(
        conv(), nn.AvgPool2d(3, 1, 1), nn.AvgPool2d(3, 1, 1, count_include_pad=False), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(1)),
    "zeros": nn.Sequential(nn.ZeroPad2d((1, 0, 2, 0)), conv(stride=2), nn.ReLU()),
    "dense": nn.Sequential(conv(), nn.BatchNorm2d(4), nn.Flatten(), nn.Dropout(), nn.Linear(144, 5, bias=False), nn.Tanh(),
                           nn.Linear(5, 3), nn.Softmax(1)),
    "activations": nn.Sequential(
        conv(f=1), nn.LeakyReLU(0.2), conv(4, f=1), nn.ELU(0.5), conv(4, f=1), nn.SiLU(), conv(4, f=1), nn.GELU(), conv(4, f=1),
        nn.Hardswish(), conv(4, f=1), nn.Hardsigmoid(), conv(4, f=1), nn.ReLU6(), conv(4, f=1), nn.PReLU(4), conv(4, f=1),
        nn.PReLU(), nn.Sigmoid()),
    "squeeze": Function(lambda x, c, a, b: F.relu(c(x) * torch.sigmoid(b(F.relu(a(c(x).mean((2, 3), keepdim=True)))))),
                        conv(), nn.Conv2d(4, 2, 1), nn.Conv2d(2, 4, 1)),
    "residual": Function(lambda x, a, b: torch.cat([F.relu(a(x) + b(x)), b(x)], 1), conv(), conv()),
    "shuffled": Function(lambda x, c: shuffle(c(x)), conv()),
    "chunks": Function(chunks, conv()),
    "pixels": nn.Sequential(conv(k=8), nn.PixelShuffle(2), conv(2, f=3), nn.PixelUnshuffle(2)),
    "norms": nn.Sequential(conv(), nn.GroupNorm(2, 4), conv(4, f=1), nn.InstanceNorm2d(4, affine=True), conv(4, f=1),
                           LayerNorm2d(4, eps=1e-6), conv(4, f=1), nn.LayerNorm([4, 6, 6])),
    "convnext": Function(cnext, conv(), nn.LayerNorm(4), nn.Identity(), nn.Linear(4, 8), nn.Linear(8, 4), Scale((4, 1, 1))),
    "upsampled": nn.Sequential(conv(), nn.Upsample(scale_factor=2), conv(4), nn.Upsample(scale_factor=2, mode="bilinear")),
    "cropped": Function(lambda x, c: c(x)[:, :, 1:4, 0:5], conv()),
    "means": Function(lambda x, c, f: f(c(x).mean([2, 3])), conv(), nn.Linear(4, 2)),
    "views": Function(lambda x, c, f: f(c(x).view(x.size(0), -1)), conv(), nn.Linear(144, 2)),
}


def main():
    for name, net in NETWORKS.items():
        torch.manual_seed(1)
        for p in net.parameters():
            nn.init.uniform_(p, -0.5, 0.5)
        for m in net.modules():
            if isinstance(m, nn.BatchNorm2d):
                nn.init.uniform_(m.running_mean, -0.5, 0.5)
                nn.init.uniform_(m.running_var, 0.5, 1.5)
        net.eval()
        x = torch.randn(1, 3, 8, 8)
        with torch.no_grad():
            np.savez(f"{name}.npz", x=x.numpy(), y=net(x).numpy())
        for opset in (9, 11, 13, 17):
            options = {}
            if opset == 9:
                options["keep_initializers_as_inputs"] = True
            if opset == 11:
                options.update(training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
            if opset == 13:
                options.update(input_names=["x"], dynamic_axes={"x": {0: "batch"}})
            try:
                torch.onnx.export(net, x, f"{name}-{opset}.onnx", opset_version=opset, **options)
            except Exception as error:  # an operator that the opset lacks
                print(name, opset, str(error).splitlines()[0])


main()
