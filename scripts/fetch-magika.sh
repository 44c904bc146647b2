#!/bin/sh
# Puts Google's Magika and lists of files to learn from into data/magika of this project:
#
#   scripts/fetch-magika.sh [FOLDER...]      # files below these folders, /usr if none is named
#
#   data/magika/model.onnx     the model standard_v3_3: 2,048 bytes of a file in, 214 types out
#   data/magika/labelled.csv   at most 300 files of each type whose ending belongs to that type alone
#   data/magika/transfer.csv   other files, without a label
#
# The model comes from the Python package magika (Apache-2.0 licence), which is only downloaded and unpacked. Files
# whose bytes look the same to the model are listed once, and at most 2,500 with the same ending, so that no kind of file
# drowns the others; 26,000 files in all, drawn by a hash of their names. Running the script again makes the lists anew.
set -eu

script=fetch-magika
. "$(dirname -- "$0")/fetching.sh"

[ $# -gt 0 ] || set -- /usr
for folder in "$@"; do
    [ -d "$folder" ] || fail "$folder is not a folder" "name folders with files to learn from"
done
fetch_wheel magika 1.0.3 3e9b49134e8116ee40b431664dcbed9e199413efddcce1a173c734b4e0521529
cat >"$work/list.py" <<'PROGRAM'
import collections
import csv
import hashlib
import json
import os
import pathlib
import sys

package, out, folders = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
IN_ALL, OF_AN_ENDING, OF_A_TYPE, AT_LEAST, BLOCK = 26_000, 2_500, 300, 25, 4_096

known = json.loads((package / "config/content_types_kb.min.json").read_text())
model = json.loads((package / "models/standard_v3_3/config.min.json").read_text())
types = collections.defaultdict(list)
for kind, facts in known.items():
    for ending in facts["extensions"]:
        types[ending].append(kind)


def kind_of(ending):
    kinds = types.get(ending, [])
    return kinds[0] if len(kinds) == 1 and kinds[0] in model["target_labels_space"] else ""


def regular(folders):
    for folder in folders:
        for place, inside, names in os.walk(folder):
            inside.sort()
            for name in names:
                path = os.path.abspath(os.path.join(place, name))
                text = path == path.strip() and path.isprintable()
                if text and os.path.isfile(path) and not os.path.islink(path):
                    yield path


def ends(path):
    """A hash of both ends of a file; none for one that is tiny or cannot be read."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            first = file.read(BLOCK)
            file.seek(max(0, size - BLOCK))
            # Below 8 bytes Magika does not ask its model.
            return hashlib.sha256(first + file.read(BLOCK)).digest() if len(first.strip()) >= 8 else None
    except OSError:
        return None


paths = sorted(set(regular(folders)), key=lambda path: hashlib.sha256(path.encode()).digest())
chosen, seen, counts = [], set(), collections.Counter()
for path in paths:
    ending = pathlib.Path(path).suffix[1:].lower()
    if len(chosen) == IN_ALL or counts[ending] == OF_AN_ENDING:
        continue
    content = ends(path)
    if content is not None and content not in seen:
        seen.add(content)
        counts[ending] += 1
        chosen.append((path, kind_of(ending)))

of_type = collections.Counter(kind for _, kind in chosen)
labelled, transfer, taken = [], [], collections.Counter()
for path, kind in chosen:
    if kind and of_type[kind] >= AT_LEAST and taken[kind] < OF_A_TYPE:
        taken[kind] += 1
        labelled.append((path, kind))
    else:
        transfer.append((path,))
for name, header, rows in [("labelled", ("file", "type"), labelled), ("transfer", ("file",), transfer)]:
    with open(out / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
print(f"{len(labelled)} files of {len(taken)} types with a label, {len(transfer)} without")
PROGRAM
python3 "$work/list.py" "$work/magika" "$work" "$@"
for file in labelled.csv transfer.csv; do
    put magika "$file" <"$work/$file"
done
put magika model.onnx <"$work/magika/models/standard_v3_3/model.onnx"
echo "the model and the lists are in data/magika"
