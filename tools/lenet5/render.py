"""Draws digits: a clean shape first, then what a picture of it looks like.

A shape is a picture of 28x28 in which 0 is paper and 255 is ink. The slow part
(the outline, its size, rotation, slant and thickness) is drawn once for each
shape, the quick part (brightness, contrast, shading, noise; dark on light or
light on dark) anew whenever the shape is used.
"""
import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

import fonts

SIDE = 28  # pixels of the network's input
GLYPH = 96  # pixels of the higher side of a glyph before it is placed
OVER = 3  # shapes are drawn larger by this factor and reduced with the filter that cnncalc reduces pictures with


def glyph(file, digit):
    """The digit as the font has it, cut to its ink."""
    # The basic layout needs no library beside FreeType, whose version Pillow states.
    font = ImageFont.truetype(file, 2 * GLYPH, layout_engine=ImageFont.Layout.BASIC)
    left, top, right, bottom = font.getbbox(str(digit))
    mask = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(mask).text((-left, -top), str(digit), font=font, fill=255)
    mask = mask.crop(mask.getbbox())
    scale = GLYPH / max(mask.size)
    return mask.resize([max(round(s * scale), 1) for s in mask.size], Image.BILINEAR)


def alphabet(families):
    """For each family its faces, each a list of ten glyphs."""
    return [[[glyph(file, d) for d in range(10)] for file in fonts.files(f)] for f in families]


def thickened(rng, mask):
    """A third of the glyphs gains weight and a sixth loses some, unless little would be left."""
    u = rng.random()
    margin = 4
    out = Image.new("L", (mask.width + 2 * margin, mask.height + 2 * margin))
    out.paste(mask, (margin, margin))
    if u < 1 / 3:
        return out.filter(ImageFilter.MaxFilter(rng.choice([3, 5, 7])))
    if u < 1 / 2:
        thin = out.filter(ImageFilter.MinFilter(3))
        if np.asarray(thin, np.int64).sum() > 0.6 * np.asarray(mask, np.int64).sum():
            return thin
    return out


def shape(rng, mask):
    """A glyph turned by up to 15 degrees, slanted, stretched, 11 to 26 pixels high or wide, somewhere in the square."""
    mask = thickened(rng, mask)
    angle = math.radians(rng.uniform(-15, 15))
    slant = rng.uniform(-0.2, 0.2)
    stretch = math.exp(rng.uniform(-0.2, 0.2))
    # Columns of the matrix: where the glyph's x and y axes go.
    c, s = math.cos(angle), math.sin(angle)
    m = np.array([[c, -s], [s, c]]) @ np.array([[1, slant], [0, 1]]) @ np.diag([stretch, 1 / stretch])
    reach = np.abs(m) @ np.array(mask.size)
    m *= rng.uniform(11, 26) / reach.max()
    room = (SIDE - np.abs(m) @ np.array(mask.size)) / 2
    centre = SIDE / 2 + room * rng.triangular(-1, 0, 1, 2)
    # Pillow wants the way back: from the result's pixel to the glyph's.
    back = np.linalg.inv(m * OVER)
    offset = np.array(mask.size) / 2 - back @ (centre * OVER)
    drawn = mask.transform((SIDE * OVER, SIDE * OVER), Image.AFFINE, (*back[0], offset[0], *back[1], offset[1]), Image.BILINEAR)
    if rng.random() < 0.5:
        drawn = drawn.filter(ImageFilter.GaussianBlur(rng.uniform(0, 0.7) * OVER))
    return np.asarray(drawn.resize((SIDE, SIDE), Image.BILINEAR))


def shapes(rng, families, count):
    """count shapes, their digits and the number of each one's family.

    Families turn, so that a large one does not outweigh the others; digits turn within a family.
    """
    letters = alphabet(families)
    pictures = np.zeros((count, SIDE, SIDE), np.uint8)
    digits = np.zeros(count, np.int64)
    of = np.arange(count) % len(families)
    for i in range(count):
        faces = letters[of[i]]
        digits[i] = i // len(families) % 10
        pictures[i] = shape(rng, faces[rng.integers(len(faces))][digits[i]])
    return pictures, digits, of


def photographs(rng, pictures):
    """Pictures of shapes, [N, 28, 28] of whole numbers 0..255 in float32, as a PNG would hold them.

    Paper and ink are any two greys at least a quarter of the range apart, either the lighter one. Half of the
    pictures are shaded and half have noise, both at most a part of the contrast.
    """
    n = len(pictures)

    def column(values):
        return values.astype(np.float32).reshape(n, 1, 1)

    contrast = rng.uniform(0.25, 1, n)
    low = rng.uniform(0, 1 - contrast)
    lighter = rng.random(n) < 0.5
    paper = column(np.where(lighter, low, low + contrast))
    ink = column(np.where(lighter, low + contrast, low))
    x = paper + (ink - paper) * (pictures.astype(np.float32) / 255)
    ramp = np.linspace(-0.5, 0.5, SIDE, dtype=np.float32)
    turn = rng.uniform(0, 2 * math.pi, n)
    shade = column(contrast * rng.uniform(0, 0.4, n) * (rng.random(n) < 0.5))
    x += shade * (column(np.cos(turn)) * ramp[None, None, :] + column(np.sin(turn)) * ramp[None, :, None])
    noise = column(contrast * rng.uniform(0, 0.15, n) * (rng.random(n) < 0.5))
    x += noise * rng.standard_normal(x.shape, np.float32)
    return np.round(np.clip(x, 0, 1) * 255)
