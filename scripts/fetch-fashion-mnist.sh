#!/bin/sh
# Puts the four files of Fashion-MNIST into data/fashion-mnist of this project.
#
# They come from Debian's package dataset-fashion-mnist (MIT licence, data included). The package
# is only downloaded and unpacked, not installed; no root rights are needed. Running the script
# again does nothing when the files are there and whole.
set -eu

package=dataset-fashion-mnist
checksum=39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0
project=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
target=$project/data/fashion-mnist
files="train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz
t10k-images-idx3-ubyte.gz t10k-labels-idx1-ubyte.gz"

fail() {
    echo "fetch-fashion-mnist: $1" >&2
    echo "hint: $2" >&2
    exit 1
}

complete() {
    for file in $files; do
        gzip -t "$1/$file" 2>/dev/null || return 1
    done
}

if complete "$target"; then
    echo "Fashion-MNIST is already in data/fashion-mnist"
    exit 0
fi

for tool in apt-get dpkg-deb sha256sum; do
    command -v "$tool" >/dev/null || fail "$tool is not on this machine" \
        "on a Debian or Ubuntu machine this script works; elsewhere put the four files $(echo $files) into data/fashion-mnist by hand"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

(cd "$work" && apt-get -q download "$package" >apt.log 2>&1) || {
    cat "$work/apt.log" >&2
    fail "apt-get could not download $package" \
        "run 'apt-get update' as root and try again, or put the four files into data/fashion-mnist by hand"
}
archive=$(find "$work" -name "$package*.deb")
echo "$checksum  $archive" | sha256sum --check --quiet - >/dev/null 2>&1 ||
    fail "$package: expected SHA-256 $checksum, found $(sha256sum "$archive" | cut -d ' ' -f 1)" \
        "the package has changed or the download is damaged; try again, and report it if it stays"

dpkg-deb -x "$archive" "$work/unpacked"
source=$work/unpacked/usr/share/datasets/fashion-mnist
complete "$source" || fail "$package does not hold the four files" "report it: the package has changed"
mkdir -p "$target"
for file in $files; do
    # A rename within one folder, so that an interrupted run leaves no half file under a final name.
    cp "$source/$file" "$target/.$file.part"
    mv "$target/.$file.part" "$target/$file"
done
echo "Fashion-MNIST is in data/fashion-mnist"
