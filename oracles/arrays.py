"""Arrays as NumPy writes them, and what they hold, standardised by NumPy in float64.

Writes crates/data/tests/arrays/: one NPY file for each type, byte order, element order and version of
the format, arrays of images in both layouts, two NPZ archives, and arrays.json with the samples that
each must give: vectors standardised place by place, images channel by channel, the channels first.
"""

import json
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

FOLDER = Path(__file__).parent.parent / "crates/data/tests/arrays"
GENERATOR = np.random.default_rng(7)
LABELS = np.array([0, 1, 0, 1, 2, 2])
expected = {}


def standardised(array, axes):
    array = array.astype(np.float64)
    # The mean of equal numbers may be rounded, which leaves a tiny deviation.
    constant = np.ptp(array, axis=axes, keepdims=True) == 0
    deviation = np.where(constant, 1, array.std(axis=axes, keepdims=True))
    return (array - array.mean(axis=axes, keepdims=True)) / deviation


def note(name, array, axes):
    values = standardised(array, axes)
    expected[name] = {"shape": list(values.shape[1:]), "values": values.ravel().tolist()}


def vectors(name, array, version=None):
    with open(FOLDER / f"{name}.npy", "wb") as file:
        npy.write_array(file, array, version=version)
    note(name, array, 0)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for kind in ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"]:
        low = 0 if kind[0] == "u" else -100
        numbers = GENERATOR.integers(low, 120, (6, 4))
        if kind[0] == "f":
            numbers = numbers + GENERATOR.random((6, 4))
        for order, byte_order in [("little", "<"), ("big", ">")]:
            vectors(f"{kind}-{order}", numbers.astype(byte_order + kind))
    vectors("bool", GENERATOR.integers(0, 2, (6, 4)).astype(bool))
    fortran = np.asfortranarray(GENERATOR.normal(size=(6, 4)))
    vectors("f8-fortran", fortran)
    vectors("f4-version-2", GENERATOR.normal(size=(6, 4)).astype("<f4"), (2, 0))
    vectors("f4-version-3", GENERATOR.normal(size=(6, 4)).astype("<f4"), (3, 0))
    vectors("constant", np.column_stack([np.full(6, 0.1), np.arange(6.0)]))
    np.save(FOLDER / "labels.npy", LABELS)
    np.save(FOLDER / "labels-column.npy", LABELS.astype(np.uint8)[:, None])

    images = GENERATOR.integers(0, 256, (6, 2, 4, 3)).astype(np.uint8)
    first = np.moveaxis(images, 3, 1)
    np.save(FOLDER / "images-last.npy", images)
    np.save(FOLDER / "images-first.npy", np.ascontiguousarray(first))
    np.save(FOLDER / "images-fortran.npy", np.asfortranarray(images))
    np.save(FOLDER / "images-float.npy", images.astype(np.float32) / 255)
    np.save(FOLDER / "images-grey.npy", images[..., 0])
    for name in ["images-last", "images-first", "images-fortran", "images-float"]:
        note(name, first, (0, 2, 3))
    note("images-grey", first[:, :1], (0, 2, 3))

    samples = GENERATOR.normal(size=(6, 3)).astype(np.float32)
    np.savez(FOLDER / "stored.npz", x=samples, y=LABELS, more=images)
    np.savez_compressed(
        FOLDER / "compressed.npz", x_train=samples, y_train=LABELS, x_test=samples[::-1], y_test=LABELS[::-1]
    )
    note("stored", samples, 0)
    note("compressed", samples, 0)
    text = json.dumps(expected, indent=1)
    (FOLDER / "arrays.json").write_text(text + "\n")


main()
