#!/bin/sh
# Puts the four files of Fashion-MNIST into data/fashion-mnist of this project.
#
# They come from Debian's package dataset-fashion-mnist (MIT licence, data included). The package
# is only downloaded and unpacked, not installed; no root rights are needed. Running the script
# again does nothing when the files are there and whole.
set -eu

script=fetch-fashion-mnist
. "$(dirname -- "$0")/fetching.sh"

package=dataset-fashion-mnist
files="train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz
t10k-images-idx3-ubyte.gz t10k-labels-idx1-ubyte.gz"
by_hand="put the four files $(echo $files) into data/fashion-mnist by hand"

complete() {
    for file in $files; do
        gzip -t "$1/$file" 2>/dev/null || return 1
    done
}

if complete "$data/fashion-mnist"; then
    echo "Fashion-MNIST is already in data/fashion-mnist"
    exit 0
fi

for tool in apt-get dpkg-deb sha256sum; do
    command -v "$tool" >/dev/null || fail "$tool is not on this machine" \
        "on a Debian or Ubuntu machine this script works; elsewhere $by_hand"
done

cd "$work"
quietly "apt-get could not download $package" "run 'apt-get update' as root and try again, or $by_hand" \
    apt-get -q download "$package"
archive=$(find "$work" -name "$package*.deb")
verify "$archive" 39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0
dpkg-deb -x "$archive" "$work/unpacked"
source=$work/unpacked/usr/share/datasets/fashion-mnist
complete "$source" || fail "$package does not hold the four files" "report it: the package has changed"
for file in $files; do
    put fashion-mnist "$file" <"$source/$file"
done
echo "Fashion-MNIST is in data/fashion-mnist"
