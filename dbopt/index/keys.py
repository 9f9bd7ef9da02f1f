"""The keys that GIN operator classes make of values: of jsonb documents, and trigrams of texts. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dbopt.index.inverted import Keys, zipf_rest

_SEEN_OFTEN = 3
_NAMES = "\0names"  # where the keys of objects are from
_HASH = 4.0  # bytes of a key that is a number
_MOST_LISTED = 1000
_OVERLOOKED = 0.02  # of the elements: so few that they may be rounding
_TRIGRAMS = 5000.0  # that texts of one language use
_BYTES_PER_KEY, _BYTES_PER_PATH = 12, 20  # of jsonb
_DISTINCT = 0.1  # of the values, where nothing is known
_LONGEST = 125  # of a jsonb key; longer ones are hashed
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Width:
    """Bytes of a key, on average if it varies."""

    bytes: float
    varies: bool


def jsonb_keys(text: str) -> dict[str, str]:
    """As jsonb_ops has them (src/backend/utils/adt/jsonb_gin.c): keys and values, strings in arrays as keys."""
    return dict(_walked(json.loads(text), "", in_array=True))


def _walked(value: Any, path: str, *, in_array: bool) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield "k" + key, _NAMES
            yield from _walked(item, f"{path}\0{key}", in_array=False)
    elif isinstance(value, list):
        for item in value:
            yield from _walked(item, path, in_array=True)
    else:
        yield ("k" if in_array and isinstance(value, str) else "v") + str(value), path


def jsonb_paths(text: str) -> dict[str, str]:
    """As jsonb_path_ops has them: each value with the keys that lead to it, hashed together."""
    return {
        f"{path}\0\0{value}": path for value, path in _walked(json.loads(text), "", in_array=True) if path != _NAMES
    }


def trigrams(text: str) -> dict[str, str]:
    """As pg_trgm has them: of each word, in lower case, with two blanks before it and one behind."""
    padded = (f"  {word} " for word in _WORD.findall(text.lower().replace("_", " ")))
    return {word[at : at + 3]: "" for word in padded for at in range(len(word) - 2)}


EXTRACTED: dict[str, Callable[[str], dict[str, str]]] = {
    "jsonb_ops": jsonb_keys,
    "jsonb_path_ops": jsonb_paths,
    "gin_trgm_ops": trigrams,
    "gist_trgm_ops": trigrams,
}
"""The keys of a value; and where in it each is from, as what is in one place is alike."""


def of_sample(opclass: str, values: Sequence[tuple[str, float]], rows: float) -> Keys | None:
    """Keys of all rows, from values and their shares of the rows with a value; None where there is no sample."""
    extract = EXTRACTED[opclass]
    shares: defaultdict[str, float] = defaultdict(float)
    times: Counter[str] = Counter()
    origins: dict[str, str] = {}
    total = 0.0
    for value, share in values:
        try:
            found = extract(value)
        except (ValueError, RecursionError):
            continue
        total += share
        for key, origin in found.items():
            shares[key] += share
            times[key] += 1
            origins[key] = origin
    if not times or total <= 0:
        return None
    common = sorted((shares[key] / total for key in times if times[key] >= _SEEN_OFTEN), reverse=True)
    scale = rows / len(values)
    rest = {origin: _distinct(group, scale) for origin, group in _by_origin(times, origins).items()}
    width = (
        Width(_HASH, varies=False) if opclass != "jsonb_ops" else Width(_jsonb_width(times, origins, rest), varies=True)
    )
    return Keys(tuple(common), sum(shares.values()) / total, sum(rest.values()), width.bytes, varies=width.varies)


def _by_origin(times: Mapping[str, int], origins: Mapping[str, str]) -> dict[str, list[int]]:
    """How often the rare keys of each origin were seen."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for key, count in times.items():
        if count < _SEEN_OFTEN:
            groups[origins[key]].append(count)
    return groups


def _distinct(times: Sequence[int], scale: float) -> float:
    """Different keys among all rows by those of a sample (Haas and Stokes 1998, as in ANALYZE)."""
    seen, once = sum(times), times.count(1)
    return seen * len(times) / max(seen - once + once / max(scale, 1.0), 1e-9)


def _jsonb_width(times: Mapping[str, int], origins: Mapping[str, str], rest: Mapping[str, float]) -> float:
    """Bytes of a key, on average: those of an origin stand for as many as there are."""
    sizes, weights = 0.0, 0.0
    rare = Counter(origins[key] for key, count in times.items() if count < _SEEN_OFTEN)
    for key, count in times.items():
        origin = origins[key]
        weight = 1.0 if count >= _SEEN_OFTEN else rest[origin] / rare[origin]
        sizes += weight * _jsonb_bytes(key)
        weights += weight
    return sizes / weights


def _jsonb_bytes(key: str) -> float:
    length = len(key.encode())
    return 1 + (length if length <= _LONGEST else 9)


def of_elements(frequencies: Sequence[float], per_row: float, rows: float, width: Width) -> Keys:
    """Keys by the frequencies of the most common elements, of which ANALYZE lists at most a thousand."""
    common = tuple(sorted(frequencies, reverse=True))
    left = max(0.0, per_row - sum(common))
    if not common:
        return Keys((), per_row, per_row * rows, width.bytes, varies=width.varies)
    if len(common) < _MOST_LISTED and left < _OVERLOOKED * per_row:
        return Keys(common, sum(common), 0.0, width.bytes, varies=width.varies)
    rest = zipf_rest(common[-1], len(common), left, rows)
    return Keys(common, per_row, rest, width.bytes, zipf=True, varies=width.varies)


def of_scalars(frequencies: Sequence[float], distinct: float, width: Width) -> Keys:
    """Keys that are the values themselves."""
    rest = max(distinct - len(frequencies), 0.0)
    return Keys(tuple(frequencies), 1.0, rest, width.bytes, varies=width.varies)


def guessed(opclass: str, avg_width: int, rows: float, width: Width) -> Keys:
    """Keys where only the values' width is known: half of a document's keys are in all, texts share some thousands of
    trigrams.
    """
    if opclass.endswith("trgm_ops"):
        return Keys((), max(avg_width * 0.9, 3.0), _TRIGRAMS, _HASH, varies=False)
    per_row = max(avg_width / (_BYTES_PER_PATH if opclass == "jsonb_path_ops" else _BYTES_PER_KEY), 1.0)
    if opclass == "jsonb_path_ops":
        return Keys((), per_row, per_row * rows * _DISTINCT, _HASH, varies=False)
    shared = int(per_row / 2) if opclass == "jsonb_ops" else 0
    return Keys((1.0,) * shared, per_row, (per_row - shared) * rows * _DISTINCT, width.bytes, varies=width.varies)
