"""The networks of the benchmark as torchvision builds them, with seeded weights, and the picture that all programs get."""
import os

import numpy as np
import torch
import torchvision
from PIL import Image
from torch import nn
from torchvision import transforms

SEED = 1

RESIZED = {224: 256, 299: 342}  # the short side before the middle is cut out, by the size of the input

PHOTO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "testdata", "pictures", "photo.jpg")

# The variants of the weights. Under torchvision's initialisation alone some networks hardly see the picture: their
# volumes shrink from layer to layer until the logits are the last bias, and BN is the identity but for eps. "calibrated"
# scales every layer to unit deviation on the picture, gives BN the picture's statistics and draws its weight and bias.
INITIALISED, CALIBRATED = "initialised", "calibrated"


def size(name):
    """The width and height of the input."""
    return 299 if name == "inception_v3" else 224


def build(name, variant=INITIALISED):
    """The network, ready for inference. The same name and variant give the same weights in every process."""
    torch.manual_seed(SEED)
    options = {"weights": None}
    if name in ("googlenet", "inception_v3"):
        # The auxiliary heads serve training only. init_weights is what torchvision falls back to, with a warning.
        options.update(aux_logits=False, init_weights=True)
    net = getattr(torchvision.models, name)(**options).eval()
    if variant == CALIBRATED:
        calibrate(net, torch.from_numpy(picture(name)))
    return net


def calibrate(net, image):
    """Changes the layers one by one, in the course of a forward pass that goes on with what they give then."""
    hooks = [module.register_forward_hook(calibrated) for module in net.modules()]
    with torch.no_grad():
        net(image)
    for hook in hooks:
        hook.remove()


def calibrated(module, inputs, output):
    """A forward hook. What it returns takes the place of the output."""
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        deviation = output.std()
        module.weight /= deviation
        if module.bias is not None:
            module.bias /= deviation
        return output / deviation
    if isinstance(module, nn.BatchNorm2d):
        module.running_mean.copy_(inputs[0].mean((0, 2, 3)))
        module.running_var.copy_(inputs[0].var((0, 2, 3), unbiased=False))
        module.weight.uniform_(0.8, 1.2)
        module.bias.normal_(0, 0.1)
        return module.forward(inputs[0])
    return None


def picture(name):
    """The photo as float32 [1, 3, H, W] for a network, prepared as torchvision's evaluation does it."""
    prepare = transforms.Compose([
        transforms.Resize(RESIZED[size(name)]),
        transforms.CenterCrop(size(name)),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ])
    return np.ascontiguousarray(prepare(Image.open(PHOTO).convert("RGB")).unsqueeze(0).numpy())
