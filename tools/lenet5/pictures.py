#!/usr/bin/env python3
"""Writes testdata/digits: a picture of each digit, and heldout.npz. All in fonts that were not trained with.

    python3 pictures.py
"""
import io
import os
import zipfile

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import fonts
import render
from train import DIGITS, NAMES, SEED

HELD_OUT_PICTURES = 240  # 20 of each family, 24 of each digit


# The pictures: font file, size of the picture, size of the font, degrees counterclockwise, ink, paper, mode of the PNG.
PICTURES = [
    ("opentype/inter/Inter-Regular.otf", (64, 64), 60, 0, "black", "white", "L"),
    ("opentype/cabin/Cabin-Medium.otf", (64, 64), 64, 0, "black", "white", "RGB"),
    ("opentype/courier-prime/Courier Prime.otf", (96, 96), 90, 0, "#222222", "#f4ecd8", "RGB"),
    ("opentype/comic-neue/ComicNeue-Bold.otf", (80, 80), 72, -8, "#1b3fa0", "#ffe14d", "RGB"),
    ("opentype/linux-libertine/LinLibertine_R.otf", (72, 72), 80, 0, "white", "black", "L"),
    ("truetype/jetbrains-mono/JetBrainsMono-Bold.ttf", (128, 128), 110, 10, "black", "white", "1"),
    ("opentype/quattrocento/Quattrocento-Regular.otf", (120, 80), 80, 0, "#7a1f1f", "white", "P"),
    ("truetype/clear-sans/ClearSans-Regular.ttf", (64, 64), 64, 0, "black", "white", "L"),
    ("opentype/b612/B612Mono-Bold.otf", (100, 100), 70, 0, "#f2f2f2", "#14532d", "RGB"),
    ("truetype/manrope/Manrope-ExtraBold.ttf", (200, 200), 130, 6, "#666666", "#b0b0b0", "L"),
]


def picture(digit):
    file, size, points, angle, ink, paper, mode = PICTURES[digit]
    font = ImageFont.truetype(os.path.join(fonts.ROOT, file), points, layout_engine=ImageFont.Layout.BASIC)
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).text((size[0] / 2, size[1] / 2), str(digit), font=font, fill=255, anchor="mm")
    mask = mask.rotate(angle, Image.BICUBIC)
    out = Image.new("RGB", size, paper)
    out.paste(ink, mask=mask)
    return out.convert(mode, dither=Image.Dither.NONE, palette=Image.Palette.ADAPTIVE)


def held_out():
    """pictures, [N, 1, 28, 28] of 0..255, and labels, [N]; float16, in which both are exact."""
    rng = np.random.default_rng(SEED + 2)
    shapes, digits, _ = render.shapes(rng, fonts.HELD_OUT, HELD_OUT_PICTURES)
    return {"pictures": render.photographs(rng, shapes)[:, None].astype("<f2"), "labels": digits.astype("<f2")}


def save_npz(path, arrays):
    """numpy.savez_compressed, but with a fixed date and the best compression."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, a in arrays.items():
            data = io.BytesIO()
            np.save(data, a)
            entry = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, data.getvalue(), zipfile.ZIP_DEFLATED, 9)


def main():
    os.makedirs(DIGITS, exist_ok=True)
    for digit, name in enumerate(NAMES):
        picture(digit).save(os.path.join(DIGITS, name + ".png"), optimize=True)
    save_npz(os.path.join(DIGITS, "heldout.npz"), held_out())


if __name__ == "__main__":
    main()
