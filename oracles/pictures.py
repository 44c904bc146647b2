"""Images as Pillow writes them, and the pixels that Pillow reads from them.

Writes crates/data/tests/pictures/: one image for each format and kind of pixel, and pictures.json with
their pixels, the channels first. `fit` is `ImageOps.fit` with Pillow's bilinear filter, which is a triangle
as wide as the reduction: the shorter side to 6 pixels, then the middle 6x6.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

FOLDER = Path(__file__).parent.parent / "crates/data/tests/pictures"
expected = {}


def note(name, image, fitted=True):
    pixels = np.atleast_3d(np.asarray(image))
    entry = {"shape": list(np.moveaxis(pixels, 2, 0).shape), "pixels": np.moveaxis(pixels, 2, 0).ravel().tolist()}
    if fitted:
        fit = np.atleast_3d(np.asarray(ImageOps.fit(image, (6, 6), Image.Resampling.BILINEAR)))
        entry["fit"] = np.moveaxis(fit, 2, 0).ravel().tolist()
    expected[name] = entry


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[0:12, 0:20]
    smooth = np.stack([10 * x + 3 * y, 200 - 7 * x, 100 + 60 * np.sin(x / 4 + y / 5)], axis=2)
    rgb = Image.fromarray(smooth.astype(np.uint8))
    grey = Image.fromarray(smooth[..., 0].astype(np.uint8))
    noise = Image.fromarray(np.random.default_rng(3).integers(0, 256, (12, 20, 3)).astype(np.uint8))
    images = {
        "rgb.png": (noise, {}),
        "grey.png": (grey, {}),
        "palette.png": (rgb.quantize(16), {}),
        "lossless.webp": (noise, {"lossless": True}),
        "photo.jpg": (rgb, {"quality": 95, "subsampling": 0}),
        "progressive.jpeg": (rgb, {"quality": 95, "subsampling": 0, "progressive": True}),
        "grey.jpg": (grey, {"quality": 95}),
        "lossy.webp": (rgb, {"quality": 95}),
    }
    for name, (image, options) in images.items():
        image.save(FOLDER / name, **options)
        read = Image.open(FOLDER / name)
        note(name, read.convert("RGB") if read.mode == "P" else read, name != "palette.png")
    noise.convert("RGBA").save(FOLDER / "transparent.png")
    note("transparent.png", noise, False)
    # Of moving images the first is read.
    for name in ["moving.png", "moving.webp"]:
        noise.save(FOLDER / name, save_all=True, append_images=[rgb, rgb], duration=100, lossless=True)
        note(name, noise, False)
    (FOLDER / "pictures.json").write_text(json.dumps(expected) + "\n")


main()
