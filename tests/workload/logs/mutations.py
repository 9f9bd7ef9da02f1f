"""Damage to logs: each mutation takes a draw and bytes and gives bytes."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import zstandard

SAMPLES = sorted((Path(__file__).parent / "prefixes").glob("*.*"))
LOGS = [path for path in SAMPLES if path.name != "expected.json"]
Mutation = Callable[[random.Random, bytes], bytes]


def sample(draw: random.Random) -> bytes:
    """A piece of a real log, of whole lines."""
    lines = draw.choice(LOGS).read_bytes().splitlines(keepends=True)
    start = draw.randrange(len(lines))
    return b"".join(lines[start : start + draw.randrange(1, 60)])


def cut_short(draw: random.Random, data: bytes) -> bytes:
    return data[: draw.randrange(len(data) + 1)]


def beheaded(draw: random.Random, data: bytes) -> bytes:
    return data[draw.randrange(len(data) + 1) :]


def holed(draw: random.Random, data: bytes) -> bytes:
    start, end = sorted(draw.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + data[end:]


def repeated(draw: random.Random, data: bytes) -> bytes:
    start, end = sorted(draw.randrange(len(data) + 1) for _ in range(2))
    return data[:end] + data[start:end] + data[end:]


def noisy(draw: random.Random, data: bytes) -> bytes:
    damaged = bytearray(data)
    for _ in range(draw.randrange(1, 30)):
        if damaged:
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
    return bytes(damaged)


def sprinkled(draw: random.Random, data: bytes) -> bytes:
    """Bytes that mean something to a parser, put in anywhere."""
    bits = (b"\0", b"\0" * 512, b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b"\n", b"\r\n", b"\t",
            b'"', b"'", b"\\", b"{", b"}", b"[", b"$$", b"/*", b",", b"\x1b[31m", b"\x85", b"\xe2\x80\xa8", b"\x0b",
            b"\x0c", b"LOG:  ", b"ERROR:  ", b"duration: ", b" ms  statement: ",
            b"DETAIL:  parameters: $1 = '")  # fmt: skip
    for _ in range(draw.randrange(1, 8)):
        place = draw.randrange(len(data) + 1)
        data = data[:place] + draw.choice(bits) + data[place:]
    return data


def shuffled(draw: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    draw.shuffle(lines)
    return b"".join(lines)


def interleaved(draw: random.Random, data: bytes) -> bytes:
    """With another log, line by line: often of another format."""
    one, other = data.splitlines(keepends=True), sample(draw).splitlines(keepends=True)
    mixed: list[bytes] = []
    while one or other:
        source = one if one and (not other or draw.random() < 0.5) else other
        mixed.append(source.pop(0))
    return b"".join(mixed)


def followed(draw: random.Random, data: bytes) -> bytes:
    return data + sample(draw)


def carriage_returns(draw: random.Random, data: bytes) -> bytes:
    return data.replace(b"\n", draw.choice((b"\r\n", b"\r", b"\r\r\n", b"\n\r")))


def without_newlines(draw: random.Random, data: bytes) -> bytes:
    return data.replace(b"\n", b"") if draw.random() < 0.5 else data.rstrip(b"\n")


def long_line(draw: random.Random, data: bytes) -> bytes:
    place = draw.randrange(len(data) + 1)
    filling = draw.choice((b"x", b"'", b"(", b'"', b"\t", b"1,", b"$1 = 'a', ", b"[", b'{"a":', b"/*", b" "))
    return data[:place] + filling * draw.choice((1000, 5000, 20_000, 70_000)) + data[place:]


def other_numbers(draw: random.Random, data: bytes) -> bytes:
    """Numbers and dates that no server writes."""
    wrong = draw.choice((b"9" * 40, b"-1", b"1e400", b"nan", b"0x10", b"", b"99", b"2026-13-45", b"\xd9\xa1\xd9\xa2"))
    return data.replace(str(draw.randrange(10)).encode(), wrong, draw.randrange(1, 20))


def utf_16(draw: random.Random, data: bytes) -> bytes:
    return data.decode("utf-8", "replace").encode(draw.choice(("utf-16", "utf-16-be", "utf-8-sig")))


def latin_1(draw: random.Random, data: bytes) -> bytes:
    return data.decode("utf-8", "replace").encode("latin-1", "replace")


def rubbish(draw: random.Random, data: bytes) -> bytes:
    return draw.choice((b"", b"\n", b"\0" * 4096, draw.randbytes(3000), data[::-1], b"hello world\n" * 50))


BYTES: tuple[Mutation, ...] = (
    cut_short,
    beheaded,
    holed,
    repeated,
    noisy,
    sprinkled,
    shuffled,
    interleaved,
    followed,
    carriage_returns,
    without_newlines,
    long_line,
    other_numbers,
    utf_16,
    latin_1,
    rubbish,
)


def damaged(draw: random.Random) -> bytes:
    """A piece of a real log with one to four mutations."""
    data = sample(draw)
    for mutation in draw.choices(BYTES, k=draw.randrange(1, 5)):
        data = mutation(draw, data)
    return data


def gzipped(draw: random.Random, data: bytes) -> bytes:
    """In one member or several."""
    place = draw.randrange(len(data) + 1)
    pieces = [data] if draw.random() < 0.5 else [data[:place], data[place:]]
    return b"".join(gzip.compress(piece, compresslevel=1, mtime=0) for piece in pieces)


def zstandard_packed(draw: random.Random, data: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=1).compress(data)
