"""One fuzzed input at a time: for the tests, and in numbers for the benchmark logs_fuzz."""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from pathlib import Path

import zstandard

from tests.workload.logs import mutations, planted
from tests.workload.logs.entries import FORMATS, Entry
from tests.workload.logs.reading import Reading, accounted, read

NAMES = ("fuzzed.log", "fuzzed.csv", "fuzzed.json", "fuzzed")


def wrong_with_damaged(draw: random.Random, folder: Path) -> str:
    """What is wrong with the reading of a damaged log; empty if nothing. The input stays in the folder."""
    data = mutations.damaged(draw)
    path = folder / draw.choice(NAMES)
    whole = _text_bytes(data)
    if draw.random() < 0.15:
        kind = draw.choice(("gz", "zst"))
        packed = (mutations.gzipped if kind == "gz" else mutations.zstandard_packed)(draw, data)
        data = packed[: draw.randrange(len(packed) + 1)] if draw.random() < 0.5 else packed
        path = path.with_name(f"{path.name}.{kind}")
        whole = _text_bytes(_unpacked(data, kind))
    path.write_bytes(data)
    files = [path]
    if draw.random() < 0.1:
        second = folder / "second.log"
        second.write_bytes(mutations.damaged(draw))
        files.append(second)
        whole += _text_bytes(second.read_bytes())
    prefix = draw.choice(("%m [%p] ", "%t:%r:%u@%d:[%p]:", "", "%q")) if draw.random() < 0.1 else None
    found = read(folder, *files, *(("--prefix", prefix) if prefix is not None else ()))
    return _wrong(found, whole, found.accounted if found.written else accounted(*files, prefix=prefix))


def _wrong(found: Reading, whole: int, account: tuple[int, int]) -> str:
    if found.code not in (0, 3) or "Traceback" in found.err:
        return f"it ended with {found.code}: {found.err}"
    return "" if account == (whole, whole) else f"of {whole} bytes it says {account[0]}, and accounts for {account[1]}"


def _text_bytes(data: bytes) -> int:
    """How many it has in UTF-8: a text in UTF-16 is read as such."""
    return len(data.decode("utf-16", "replace").encode() if data.startswith((b"\xff\xfe", b"\xfe\xff")) else data)


def _unpacked(data: bytes, kind: str) -> bytes:
    """As much of it as is there to be unpacked; what has less than what marks such a file, as it is."""
    if not data.startswith(b"\x1f\x8b" if kind == "gz" else b"\x28\xb5\x2f\xfd"):
        return data
    if kind == "zst":
        return zstandard.ZstdDecompressor().decompressobj().decompress(data)
    unpacked = b""
    while data:
        unpacking = zlib.decompressobj(wbits=31)
        unpacked += unpacking.decompress(data)
        data = unpacking.unused_data
    return unpacked


def leaks(draw: random.Random, folder: Path) -> list[str]:
    """The pieces of planted secrets that survive --redact, in a log of some thirty entries cut anywhere."""
    secrets = [planted.planted(draw) for _ in range(draw.randrange(1, 12))]
    entries = [entry for one in secrets for entry in one.entries]
    entries += [Entry(f"duration: 1.000 ms  statement: SELECT {number} FROM t") for number in range(20)]
    draw.shuffle(entries)
    data = _written(draw, entries)
    path = folder / draw.choice(NAMES)
    path.write_bytes(data)
    spellings = tuple(spelling for one in secrets for spelling in one.spellings)
    shown = ("--format", draw.choice(("table", "json", "csv", "markdown")))
    found = read(folder, path, "--redact", *(shown if draw.random() < 0.3 else ()))
    if found.code not in (0, 3):
        return [f"it ended with {found.code}: {found.err}"]
    return planted.survivors(found.text, spellings)


def _written(draw: random.Random, entries: Sequence[Entry]) -> bytes:
    """In one format, or the first half in one and the second in another; then perhaps damaged where damage cannot turn
    a literal into a name: cut at either end, in parts twice, with the line ends of Windows.
    """
    first, second = draw.choice(list(FORMATS.values())), draw.choice(list(FORMATS.values()))
    half = len(entries) // 2 if draw.random() < 0.1 else len(entries)
    data = first(entries[:half]) + second(entries[half:])
    if draw.random() < 0.1:
        data += first(entries[: draw.randrange(len(entries))])
    for mutation in (mutations.cut_short, mutations.beheaded):
        if draw.random() < 0.2:
            data = mutation(draw, data)
    if draw.random() < 0.1:
        data = data.replace(b"\n", b"\r\n")
    return data
