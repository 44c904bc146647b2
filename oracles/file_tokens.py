"""Tokens of files by Magika's own code, for crates/data/tests/file_tokens.rs."""

import json
import pathlib
import random

from magika import Magika

BYTES = 8
SPACES = b" \t\n\r\x0b\x0c"


class Content:
    """What Magika reads from: a size, and bytes at a place."""

    def __init__(self, content):
        self.content, self.size = content, len(content)

    def read_at(self, offset, size):
        return self.content[offset : offset + size]


def tokens(content):
    features = Magika._extract_features_from_seekable(Content(content), BYTES, 0, BYTES, 256, 4 * BYTES, False)
    return features.beg + features.end


def contents():
    yield b""
    yield b"a"
    yield SPACES * 20
    yield SPACES + b"head" + SPACES
    yield bytes(range(256))
    yield b"\xa0\x85\x1c\x1d\x1e\x1f\x00 kept: no white space of C"
    draw = random.Random(0)
    for size in [7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 500]:
        yield bytes(draw.choice(SPACES + b"xyz\x00\xff") for _ in range(size))
        yield SPACES * (size // 6) + bytes(draw.randrange(256) for _ in range(size)) + SPACES * (size // 7)


path = pathlib.Path(__file__).parent.parent / "crates/data/tests/oracle/file_tokens.json"
cases = [{"content": list(content), "tokens": tokens(content)} for content in contents()]
path.write_text(json.dumps({"bytes": BYTES, "cases": cases}, separators=(",", ":")) + "\n")
