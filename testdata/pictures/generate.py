#!/usr/bin/env python3
"""Writes the pictures of this folder and what Pillow and torchvision make of them.

Last run with Python 3.11, Pillow 9.4.0 (libjpeg-turbo 2.1.5, libwebp 1.2.4),
torchvision 0.14.1, torch 1.13.0 and NumPy 1.24.2:

    python3 generate.py [chelsea.png]

With chelsea.png (scikit-image 0.19.3, skimage/data/chelsea.png) photo.jpg is
written too; without it the photo.jpg that is there is used.
"""
import io
import json
import os
import struct
import sys
import zlib

import numpy as np
import torch
from PIL import Image, ImageOps
from torchvision import transforms
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
W, H = 24, 16


def path(*parts):
    p = os.path.join(HERE, *parts)
    os.makedirs(os.path.dirname(p), exist_ok=True)
    return p


def gradient():
    """A smooth picture, so that subsampled chroma costs little. [H, W, 3] of 0..1."""
    x = np.linspace(0, 1, W)[None, :].repeat(H, 0)
    y = np.linspace(0, 1, H)[:, None].repeat(W, 1)
    return np.stack([x, y, (1 - x + y) / 2], -1)


def eight(a):
    return np.round(a * 255).astype(np.uint8)


def vivid(w, h):
    """Patches of pure colours and edges in between, where chroma matters most. [h, w, 3] bytes."""
    x, y = np.meshgrid(np.arange(w), np.arange(h))
    a = np.stack([(x // 3 + y // 4) % 2, (x // 2 + y // 5) % 3 // 2, (x + 2 * y) // 7 % 2], -1) * 255
    return a.astype(np.uint8)


# --- JPEG kinds that Pillow does not write -----------------------------------

def segments(jpeg):
    """The segments of a baseline JPEG of one scan as (marker, payload), and its entropy-coded data."""
    at, out = 2, []
    while True:
        marker, size = jpeg[at + 1], struct.unpack(">H", jpeg[at + 2:at + 4])[0]
        out.append((marker, jpeg[at + 4:at + 2 + size]))
        at += 2 + size
        if marker == 0xda:
            return out, jpeg[at:-2]


def jpeg_of_planes(planes, factors, w, h, transform=None):
    """A JPEG of w x h whose components are given, each in a scan of its own.

    planes: [rows, columns] of bytes, each of the size that its pair of sampling
    factors (horizontal, vertical) makes it. A scan of one component is coded as
    a grey picture, so that Pillow codes it.
    """
    def segment(marker, payload):
        return bytes([0xff, marker]) + struct.pack(">H", len(payload) + 2) + payload

    # The tables of the first serve all: at one quality they are equal.
    out, frame = b"\xff\xd8", struct.pack(">BHHB", 8, h, w, len(planes))
    if transform is not None:
        out += segment(0xee, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, transform))
    for c, (across, down) in enumerate(factors):
        frame += bytes([c + 1, across << 4 | down, 0])
    for c, plane in enumerate(planes):
        buffer = io.BytesIO()
        Image.fromarray(plane).save(buffer, "JPEG", quality=95)
        parts, data = segments(buffer.getvalue())
        if c == 0:
            out += b"".join(segment(m, p) for m, p in parts if m in (0xdb, 0xc4)) + segment(0xc0, frame)
        out += segment(0xda, bytes([1, c + 1, 0, 0, 63, 0])) + data
    return out + b"\xff\xd9"


def reduced(plane, across, down):
    """The means of across x down values; the last ones are repeated where they are missing."""
    h, w = plane.shape
    p = np.pad(plane.astype(float), ((0, -h % down), (0, -w % across)), "edge")
    p = p.reshape(p.shape[0] // down, down, p.shape[1] // across, across)
    return np.round(p.mean((1, 3))).astype(np.uint8)


def subsampled():
    """Every way to subsample that package image/jpeg reads, with sizes that fill no block."""
    w, h = 35, 27
    rgb = Image.fromarray(vivid(w, h))
    rgb.save(path("kinds", "420-odd.jpg"), quality=95, subsampling=2)
    rgb.save(path("kinds", "420-progressive.jpg"), quality=95, subsampling=2, progressive=True)
    rgb.save(path("kinds", "422-odd.jpg"), quality=95, subsampling=1)
    rgb.save(path("kinds", "lossy-odd.webp"), quality=95)
    for iw, ih in ((1, 1), (2, 3), (3, 2), (4, 5), (5, 1)):  # libjpeg's filter starts at a width of 5
        small = Image.fromarray(vivid(16, 16)[3:3 + ih, 2:2 + iw])
        for name, sampling in (("422", 1), ("420", 2)):
            small.save(path("kinds", "%s-%dx%d.jpg" % (name, iw, ih)), quality=95, subsampling=sampling)
        small.save(path("kinds", "lossy-%dx%d.webp" % (iw, ih)), quality=95)

    ycc = np.asarray(rgb.convert("YCbCr"))
    for name, across, down in (("440", 1, 2), ("411", 4, 1), ("410", 4, 2)):
        planes = [ycc[..., 0]] + [reduced(ycc[..., c], across, down) for c in (1, 2)]
        write(name + "-odd.jpg", jpeg_of_planes(planes, [(across, down), (1, 1), (1, 1)], w, h))
    black = np.linspace(255, 90, w)[None, :].repeat(h, 0).astype(np.uint8)  # stored inverted
    for name, channels, transform in (("cmyk", np.asarray(rgb), 0), ("ycck", ycc, 2)):
        full = [channels[..., c] for c in range(3)]
        write(name + "-444.jpg", jpeg_of_planes(full + [black], [(1, 1)] * 4, w, h, transform))
        half = [full[0], reduced(full[1], 2, 2), reduced(full[2], 2, 2), black]
        write(name + "-420.jpg", jpeg_of_planes(half, [(2, 2), (1, 1), (1, 1), (2, 2)], w, h, transform))


def with_restarts(im, width, height, **options):
    """A JPEG with a restart marker before each piece of width x height pixels but the first.

    A piece is a whole minimum coded unit, or a row of them. Each is coded by Pillow as a picture of its own.
    """
    pieces = []
    for y in range(0, im.height, height):
        for x in range(0, im.width, width):
            buffer = io.BytesIO()
            im.crop((x, y, min(x + width, im.width), min(y + height, im.height))).save(buffer, "JPEG", **options)
            pieces.append(segments(buffer.getvalue()))
    head, out = pieces[0][0], b"\xff\xd8"
    units = -(-width // (head_sampling(head) * 8))
    for marker, payload in head:
        if marker == 0xc0:
            payload = payload[:1] + struct.pack(">HH", im.height, im.width) + payload[5:]
        if marker == 0xda:
            out += struct.pack(">HHH", 0xffdd, 4, units)
        out += struct.pack(">BBH", 0xff, marker, len(payload) + 2) + payload
    for i, (_, data) in enumerate(pieces):
        out += (struct.pack(">H", 0xffd0 + (i - 1) % 8) if i > 0 else b"") + data
    return out + b"\xff\xd9"


def head_sampling(head):
    """The horizontal sampling factor of the first component; 1 for a grey picture."""
    frame = dict(head)[0xc0]
    return frame[7] >> 4 if frame[5] > 1 else 1


def baseline():
    """Baseline JPEGs as they come: of all qualities, with tables of their own, and with restart markers."""
    rgb, small = Image.fromarray(vivid(40, 40)), Image.fromarray(vivid(33, 21))
    rgb.save(path("kinds", "420-quality10.jpg"), quality=10, subsampling=2)
    rgb.save(path("kinds", "444-quality100.jpg"), quality=100, subsampling=0)
    rgb.save(path("kinds", "422-optimized.jpg"), quality=75, subsampling=1, optimize=True)
    write("420-restarts.jpg", with_restarts(rgb, 16, 16, quality=75, subsampling=2))
    write("422-restarts.jpg", with_restarts(small, small.width, 8, quality=95, subsampling=1))
    write("444-restarts.jpg", with_restarts(small, small.width, 8, quality=95, subsampling=0))
    write("grey-restarts.jpg", with_restarts(small.convert("L"), 8, 8, quality=50))


# --- PNG kinds that Pillow does not write ------------------------------------

ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png(samples, depth, colour_type, interlaced=False, extra=()):
    """samples: [H, W, channels] of whole numbers below 2**depth."""
    def rows(s):
        out = b""
        for row in s:
            bits = "".join(format(int(v), "0%db" % depth) for v in row.reshape(-1))
            bits += "0" * (-len(bits) % 8)
            out += b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")
        return out

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    h, w = samples.shape[:2]
    if interlaced:
        raw = b"".join(rows(samples[y::dy, x::dx]) for x, y, dx, dy in ADAM7 if samples[y::dy, x::dx].size)
    else:
        raw = rows(samples)
    head = struct.pack(">IIBBBBB", w, h, depth, colour_type, 0, 0, int(interlaced))
    body = b"".join(chunk(k, d) for k, d in extra)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")


def write(name, data):
    with open(path("kinds", name), "wb") as f:
        f.write(data)


def kinds():
    g = gradient()
    rgb8, grey = eight(g), g.mean(-1, keepdims=True)
    alpha = gradient()[..., :1]
    alpha = (alpha + np.linspace(0, 1, H)[:, None, None]) / 2
    rgb = Image.fromarray(rgb8)
    rgba = Image.fromarray(np.concatenate([rgb8, eight(alpha)], -1))
    la = Image.fromarray(np.concatenate([eight(grey), eight(alpha)], -1), "LA")
    paletted = rgb.quantize(64)

    for depth in (1, 2, 4, 8, 16):
        write("grey%d.png" % depth, png(np.round(grey * (2**depth - 1)), depth, 0))
    rgb.save(path("kinds", "rgb8.png"))
    rgba.save(path("kinds", "rgba8.png"))
    la.save(path("kinds", "greyalpha8.png"))
    sixteen = np.round(np.concatenate([g, alpha], -1) * 65535)
    write("rgb16.png", png(sixteen[..., :3], 16, 2))
    write("rgba16.png", png(sixteen, 16, 6))
    write("greyalpha16.png", png(np.round(np.concatenate([grey, alpha], -1) * 65535), 16, 4))
    write("rgb8-interlaced.png", png(rgb8, 8, 2, interlaced=True))
    write("grey4-interlaced.png", png(np.round(grey * 15), 4, 0, interlaced=True))
    write("rgb8-transparent.png", png(rgb8, 8, 2, extra=[(b"tRNS", struct.pack(">HHH", *map(int, rgb8[3, 5])))]))
    write("grey8-transparent.png", png(eight(grey), 8, 0, extra=[(b"tRNS", struct.pack(">H", int(eight(grey)[3, 5, 0])))]))
    for bits, colours in ((1, 2), (2, 4), (4, 16), (8, 64)):
        rgb.quantize(colours).save(path("kinds", "palette%d.png" % bits), bits=bits)
    paletted.save(path("kinds", "palette8-transparent.png"), transparency=bytes(range(0, 256, 4)))
    rgb.save(path("kinds", "animated.png"), save_all=True, append_images=[rgb.rotate(180)], duration=100)

    paletted.save(path("kinds", "plain.gif"), interlace=0)
    paletted.save(path("kinds", "interlaced.gif"), interlace=1)
    corner = paletted.getpixel((0, 0))
    paletted.save(path("kinds", "transparent.gif"), transparency=corner, optimize=False)
    paletted.save(path("kinds", "animated.gif"), save_all=True, append_images=[paletted.rotate(180)], duration=100)
    # A canvas of 30x20 with the frame at (4, 3).
    for name in ("plain", "transparent"):
        with open(path("kinds", name + ".gif"), "rb") as f:
            d = bytearray(f.read())
        d[6:10] = struct.pack("<HH", 30, 20)
        at = d.index(b"\x2c\0\0\0\0" + struct.pack("<HH", W, H)) + 1
        d[at:at + 4] = struct.pack("<HH", 4, 3)
        write("canvas-%s.gif" % name, bytes(d))

    for name, sampling in (("444", 0), ("422", 1), ("420", 2)):
        rgb.save(path("kinds", name + ".jpg"), quality=95, subsampling=sampling)
    rgb.save(path("kinds", "progressive.jpg"), quality=95, subsampling=0, progressive=True)
    Image.fromarray(eight(grey)[..., 0]).save(path("kinds", "grey.jpg"), quality=95)
    ink = np.concatenate([1 - g, alpha * 0.7], -1)
    Image.fromarray(eight(ink), "CMYK").save(path("kinds", "cmyk.jpg"), quality=95)

    rgb.save(path("kinds", "lossless.webp"), lossless=True)
    rgba.save(path("kinds", "lossless-alpha.webp"), lossless=True, exact=True)
    rgb.save(path("kinds", "lossy.webp"), quality=95)
    rgba.save(path("kinds", "lossy-alpha.webp"), quality=95, exact=True)
    flipped = ImageOps.mirror(rgb)
    rgb.save(path("kinds", "animated-lossless.webp"), save_all=True, append_images=[flipped], lossless=True, duration=100)
    rgb.save(path("kinds", "animated-lossy.webp"), save_all=True, append_images=[flipped], quality=95, duration=100)
    # A canvas of 30x20 with the first frame at (4, 2).
    with open(path("kinds", "animated-lossless.webp"), "rb") as f:
        d = bytearray(f.read())
    d[24:30] = struct.pack("<I", 30 - 1)[:3] + struct.pack("<I", 20 - 1)[:3]
    at = d.index(b"ANMF") + 8
    d[at:at + 6] = struct.pack("<I", 4 // 2)[:3] + struct.pack("<I", 2 // 2)[:3]
    write("canvas.webp", bytes(d))

    subsampled()
    baseline()

    rgb.save(path("kinds", "rgb24.bmp"))
    rgba.save(path("kinds", "rgba32.bmp"))
    Image.fromarray(eight(grey)[..., 0]).save(path("kinds", "grey8.bmp"))
    Image.fromarray(eight(grey)[..., 0]).convert("1").save(path("kinds", "mono1.bmp"))
    paletted.save(path("kinds", "palette8.bmp"))
    with open(path("kinds", "rgb24.bmp"), "rb") as f:
        d = bytearray(f.read())
    d[22:26] = struct.pack("<i", -H)  # rows from the top: the picture stands on its head
    write("topdown24.bmp", bytes(d))

    for name in sorted(os.listdir(path("kinds", ""))):
        if os.path.isdir(path("kinds", name)):
            continue
        im = Image.open(path("kinds", name))
        if name == "grey16.png":  # Pillow clips 16-bit grey at 255; the upper byte is wanted
            upper = (np.asarray(im).astype(np.int64) >> 8).astype(np.uint8)
            im = Image.fromarray(upper)
        plain = Image.fromarray(np.asarray(im.convert("RGB")))  # without a transparent colour
        plain.save(path("kinds", "want", name + ".png"), optimize=True)


def orientations():
    rgb = Image.fromarray(eight(gradient()))
    for value in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = value
        name = "%d.jpg" % value
        rgb.save(path("orientation", name), quality=95, subsampling=0, exif=exif)
        shown = ImageOps.exif_transpose(Image.open(path("orientation", name)))
        shown.convert("RGB").save(path("orientation", "want", name + ".png"), optimize=True)


def photo():
    if len(sys.argv) > 1:
        Image.open(sys.argv[1]).convert("RGB").save(path("photo.jpg"), quality=88, subsampling=2, optimize=True)
    return Image.open(path("photo.jpg")).convert("RGB")


# width, height, resize (None: the short side itself), mode
FITS = [
    (40, 40, 46, "crop"),
    (32, 32, None, "crop"),
    (28, 28, 32, "crop"),
    (27, 27, 32, "crop"),
    (50, 30, None, "crop"),
    (30, 50, 36, "crop"),
    (60, 60, 66, "crop"),
    (32, 32, None, "stretch"),
    (20, 60, None, "stretch"),
    (100, 20, None, "stretch"),
]


def fit(im, w, h, resize, mode):
    """torchvision's Resize and CenterCrop; a box that isn't square is covered in the same way."""
    if mode == "stretch":
        return F.resize(im, [h, w], InterpolationMode.BILINEAR)
    short = min(w, h)
    resize = resize or short
    if w == h:
        im = F.resize(im, resize, InterpolationMode.BILINEAR)
    else:
        box_w, box_h = w * resize // short, h * resize // short
        pw, ph = im.size
        if pw * box_h > ph * box_w:
            size = (box_h, int(box_h * pw / ph))
        else:
            size = (int(box_w * ph / pw), box_w)
        im = F.resize(im, list(size), InterpolationMode.BILINEAR)
    return F.center_crop(im, [h, w])


def fits(im):
    rows = []
    source = im.resize((81, 54), Image.BICUBIC)
    source.save(path("fit", "wide.png"), optimize=True)
    source.rotate(90, expand=True).crop((0, 5, 54, 73)).save(path("fit", "tall.png"), optimize=True)
    for name in ("wide", "tall"):
        source = Image.open(path("fit", name + ".png"))
        for w, h, resize, mode in FITS:
            want = "%s-%s-%dx%d-%d.png" % (name, mode, w, h, resize or 0)
            fit(source, w, h, resize, mode).save(path("fit", "want", want), optimize=True)
            rows.append(dict(source=name + ".png", width=w, height=h, resize=resize or 0, mode=mode, want=want))
    return rows


def geometry():
    """Sizes and offsets of torchvision's Resize and CenterCrop on blank pictures."""
    rows = []
    for pw, ph in [(451, 300), (300, 451), (224, 224), (500, 375), (1, 1), (3, 1000), (4000, 3000), (225, 256), (257, 256)]:
        for side, resize in [(224, 256), (227, 256), (299, 342), (28, 28), (32, 37)]:
            im = F.resize(Image.new("L", (pw, ph)), resize)
            # center_crop's own arithmetic (torchvision 0.14, functional.py).
            top, left = int(round((im.height - side) / 2.0)), int(round((im.width - side) / 2.0))
            rows.append([pw, ph, side, resize, im.width, im.height, left, top])
    return rows


def photo_rows(im):
    """Every 13th row of photo.jpg, and of the picture that VGG-16 gets from it."""
    resized = F.center_crop(F.resize(im, 256, InterpolationMode.BILINEAR), 224)
    for name, a in (("photo-rows.png", im), ("photo-224-rows.png", resized)):
        Image.fromarray(np.asarray(a)[::13]).save(path("fit", "want", name), optimize=True)


def bits(t):
    return [struct.unpack("<I", struct.pack("<f", v))[0] for v in t.tolist()]


def normalise():
    """Every pixel value through ToTensor and Normalize, as float32 bit patterns."""
    ramp = np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, 2)
    t = transforms.ToTensor()(Image.fromarray(ramp))
    n = transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])(t)
    return dict(scaled=bits(t[0, 0]), imagenet=[bits(n[c, 0]) for c in range(3)])


def grey():
    colours = [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (12, 200, 99), (1, 2, 3), (250, 128, 7), (77, 150, 29)]
    return [list(c) + [Image.new("RGB", (1, 1), c).convert("L").getpixel((0, 0))] for c in colours]


def tiles(im):
    """The tensor that VGG-16 gets from photo.jpg, as means of its 16x16 tiles: [3, 14, 14]."""
    t = transforms.Compose([
        transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ])(im)
    return torch.nn.functional.avg_pool2d(t[None].double(), 16)[0].numpy().round(4).reshape(-1).tolist()


def main():
    kinds()
    orientations()
    photograph = photo()
    photo_rows(photograph)
    want = dict(fits=fits(photograph), geometry=geometry(), normalise=normalise(), grey=grey(), tiles=tiles(photograph))
    lines = ['"%s": %s' % (k, json.dumps(v, separators=(",", ":"))) for k, v in want.items()]
    with open(path("want.json"), "w") as f:
        f.write("{\n" + ",\n".join(lines) + "\n}\n")


main()
