"""Networks of torchvision as darknet's .cfg files. They run with random weights, on which the time does not depend."""


def section(kind, **fields):
    return "\n".join([f"[{kind}]"] + [f"{key}={value}" for key, value in fields.items()])


def conv(filters, size, stride=1, activation="relu", **more):
    """A convolution whose padding is half the window unless `padding` says otherwise."""
    if "padding" not in more:
        more["pad"] = 1
    return section("convolutional", filters=filters, size=size, stride=stride, activation=activation, **more)


def pool(size, stride, padding):
    """A max pool; padding is the sum of both sides."""
    return section("maxpool", size=size, stride=stride, padding=padding)


def fc(units, activation="relu"):
    return section("connected", output=units, activation=activation)


def alexnet():
    return [
        conv(64, 11, 4, padding=2), pool(3, 2, 0),
        conv(192, 5), pool(3, 2, 0),
        conv(384, 3), conv(256, 3), conv(256, 3), pool(3, 2, 0),
        fc(4096), fc(4096), fc(1000, "linear"),
    ]


def vgg16():
    layers = []
    for filters, repeats in (64, 2), (128, 2), (256, 3), (512, 3), (512, 3):
        layers += [conv(filters, 3)] * repeats + [pool(2, 2, 0)]
    return layers + [fc(4096), fc(4096), fc(1000, "linear")]


def resnet50():
    layers = [conv(64, 7, 2, batch_normalize=1), pool(3, 2, 2)]
    for width, repeats, stride in (64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2):
        for turn in range(repeats):
            layers += bottleneck(width, stride if turn == 0 else 1, project=turn == 0)
    return layers + [section("avgpool"), fc(1000, "linear")]


def bottleneck(width, stride, project):
    """Three convolutions, and a shortcut from the layer before them, four back."""
    layers = [
        conv(width, 1, batch_normalize=1),
        conv(width, 3, stride, batch_normalize=1),
        conv(4 * width, 1, activation="linear", batch_normalize=1),
    ]
    if not project:
        return layers + [section("shortcut", **{"from": -4, "activation": "relu"})]
    return layers + [
        section("route", layers=-4),
        conv(4 * width, 1, stride, "linear", batch_normalize=1),
        section("shortcut", **{"from": -3, "activation": "relu"}),
    ]


NETWORKS = {"alexnet": alexnet, "vgg16": vgg16, "resnet50": resnet50}


def config(name):
    """The .cfg file of a network for pictures of 224x224."""
    net = section("net", batch=1, subdivisions=1, height=224, width=224, channels=3)
    return "\n\n".join([net, *NETWORKS[name]()]) + "\n"
