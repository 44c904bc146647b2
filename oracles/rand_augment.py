"""The operations of RandAugment as Pillow carries them out.

Writes crates/data/tests/oracle/rand_augment.json: for pictures of several shapes and for several magnitudes
out of 30 what each of the 14 operations makes of the picture, in both directions where it has one. The
magnitudes mean what they mean in torchvision's RandAugment with 31 bins.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

FILE = Path(__file__).parent.parent / "crates/data/tests/oracle/rand_augment.json"


def affine(image, matrix):
    return image.transform(image.size, Image.Transform.AFFINE, matrix, Image.Resampling.NEAREST)


def operations(image, magnitude):
    """Name and both directions; one picture where an operation has no direction."""
    m = magnitude / 30
    width, height = image.size
    both = {
        "rotate": lambda s: image.rotate(s * 30 * m, Image.Resampling.NEAREST),
        "color": lambda s: ImageEnhance.Color(image).enhance(1 + s * 0.9 * m),
        "contrast": lambda s: ImageEnhance.Contrast(image).enhance(1 + s * 0.9 * m),
        "brightness": lambda s: ImageEnhance.Brightness(image).enhance(1 + s * 0.9 * m),
        "sharpness": lambda s: ImageEnhance.Sharpness(image).enhance(1 + s * 0.9 * m),
        "shear-x": lambda s: affine(image, (1, s * 0.3 * m, 0, 0, 1, 0)),
        "shear-y": lambda s: affine(image, (1, 0, 0, s * 0.3 * m, 1, 0)),
        "translate-x": lambda s: affine(image, (1, 0, s * int(150 / 331 * width * m), 0, 1, 0)),
        "translate-y": lambda s: affine(image, (1, 0, 0, 0, 1, s * int(150 / 331 * height * m))),
    }
    one = {
        "identity": image,
        "auto-contrast": ImageOps.autocontrast(image),
        "equalize": ImageOps.equalize(image),
        "solarize": ImageOps.solarize(image, 255 * (1 - m)),
        "posterize": ImageOps.posterize(image, 8 - round(4 * m)),
    }
    found = {name: [make(1), make(-1)] for name, make in both.items()}
    found |= {name: [made] for name, made in one.items()}
    return {name: [planes(picture) for picture in made] for name, made in found.items()}


def planes(image):
    return np.moveaxis(np.atleast_3d(np.asarray(image)), 2, 0).ravel().tolist()


def main():
    random = np.random.default_rng(8)
    y, x = np.mgrid[0:16, 0:18]
    smooth = np.stack([40 + 6 * x + 2 * y, 230 - 5 * x, 120 + 70 * np.sin(x / 4 + y / 5)], axis=2)
    noisy = np.clip(smooth + random.normal(0, 12, smooth.shape), 0, 255).astype(np.uint8)
    grey = (10 + random.integers(0, 200, (9, 7))).astype(np.uint8)
    cases = []
    for picture in [Image.fromarray(noisy), Image.fromarray(noisy[..., 0].copy()), Image.fromarray(grey)]:
        for magnitude in [9, 30]:
            shape = [len(picture.getbands()), picture.height, picture.width]
            cases.append({
                "shape": shape,
                "magnitude": magnitude,
                "picture": planes(picture),
                "operations": operations(picture, magnitude),
            })
    FILE.write_text(json.dumps(cases, separators=(",", ":")) + "\n")


main()
