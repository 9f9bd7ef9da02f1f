"""Synthetic texts in the order of the true ones. Pure.

A text becomes a code that tells its rank and nothing else: digits and single letters in turn, which every collation
sorts alike (no two letters meet that some language takes for one), filled up to the old length. Constants that are
known anyway divide the order: what sorts after one begins with it, so that conditions with that constant, LIKE 'x%'
included, meet the right place of a histogram.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dbopt.shadow.redact.kinds import SHORT

_DIGITS = "0123456789"
_LETTERS = "abcdefghjkmnpqrstux"  # without those that some language sorts elsewhere
_SINGLE = _DIGITS + _LETTERS
_COMMON_PREFIX = 3  # characters
_COMMON_SHARE = 0.05
_COMMON_VALUES = 5
_PLAIN = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True)
class Known:
    """Constants that are no secret, and parts of patterns: what stands between the wildcards of LIKE '%x%'."""

    constants: frozenset[str] = frozenset()
    fragments: tuple[str, ...] = ()


Sort = Callable[[Collection[str]], list[str]]
"""Puts texts in the order of a collation of the source."""


def replaced(columns: Sequence[Collection[str]], sort: Sort, known: Known, limit: int | None) -> dict[str, str]:
    """New texts by the old ones, for the values of all columns of a kind. Where `limit` characters are too few for so
    many values (flags of one letter), they stay.
    """
    values = {text for column in columns for text in column}
    weights = _weights(values, {prefix for column in columns for prefix in _common_prefixes(column)} | known.constants)
    width = _width(len(values | weights.keys()), limit) or _width(len(values), limit)
    if width is None:
        return {text: text for text in values}
    if weights and (limit is None or width < limit):
        width += 1  # room for the zero with which codes begin
    else:
        weights.clear()
    fitting = {text: weight for text, weight in weights.items() if limit is None or len(text) + width <= limit}
    order = sort(values | fitting.keys())
    return _numbered(order, values, _accepted(order, fitting), width, limit, known.fragments)


def _weights(values: Collection[str], candidates: Collection[str]) -> Counter[str]:
    """How many values begin with a candidate, for those with which any does."""
    longest = max(map(len, candidates), default=0)
    prefixes = (text[:length] for text in values for length in range(1, min(len(text), longest) + 1))
    return Counter(prefix for prefix in prefixes if prefix in candidates)


def _common_prefixes(column: Collection[str]) -> list[str]:
    """The first characters that many of a column's values share: enough for LIKE, and nobody's in particular."""
    counts = Counter(text[:n] for text in set(column) for n in range(1, _COMMON_PREFIX + 1) if len(text) > n)
    least = max(_COMMON_VALUES, _COMMON_SHARE * len(column))
    return [prefix for prefix, count in counts.items() if count >= least]


def _numbered(
    order: Sequence[str],
    values: Collection[str],
    anchors: Sequence[str],
    width: int,
    limit: int | None,
    fragments: Sequence[str],
) -> dict[str, str]:
    news = {}
    bytewise = _is_bytewise(order)
    anchor, fixed, following = "", set(anchors), dict(pairwise(anchors))
    for rank, text in enumerate(order):
        if text in fixed or not text:
            anchor = text
            news[text] = text
            continue
        start = anchor if text.startswith(anchor) else _after(anchor, following.get(anchor), bytewise=bytewise)
        room = max(len(text), SHORT - 1) if limit is None else limit
        news[text] = _filled(start[: room - width] + code_of(rank, width, is_after=bool(fixed)), text, room, fragments)
    return {text: news[text] for text in values}


def _filled(code: str, text: str, room: int, fragments: Sequence[str]) -> str:
    """The code with what the text is known to contain, as long as the text was if that is possible."""
    told = "".join(sorted((part for part in fragments if part in text and part not in code), key=text.index))
    if len(code) + len(told) > room:
        told = ""
    return code + "0" * (len(text) - len(code) - len(told)) + told


def _after(anchor: str, following: str | None, *, bytewise: bool) -> str:
    """What sorts after everything that begins with the anchor, and before the next anchor; else the anchor itself."""
    start = anchor
    while start:
        last, start = start[-1], start[:-1]
        if last in "zZ9" or not _PLAIN.fullmatch(last):
            continue
        successor = start + chr(ord(last) + 1)
        if following is None or _precedes(successor, following, bytewise=bytewise):
            return successor
        break
    return anchor


def _accepted(order: Sequence[str], weights: Mapping[str, int]) -> list[str]:
    """Those of the anchors whose order every collation agrees on, those of many values first."""
    places = {text: place for place, text in enumerate(order) if text in weights}
    found: list[int] = []
    bytewise = _is_bytewise(order)
    for anchor in sorted(weights, key=lambda text: (-weights[text], text)):
        if not (_PLAIN.match(anchor) and anchor.isascii()):
            continue
        at = bisect_left(found, places[anchor])
        before = order[found[at - 1]] if at else ""
        above = order[found[at]] if at < len(found) else None
        if _precedes(before, anchor, bytewise=bytewise) and (
            above is None or _precedes(anchor, above, bytewise=bytewise)
        ):
            found.insert(at, places[anchor])
    return [order[place] for place in found]


def _precedes(first: str, second: str, *, bytewise: bool) -> bool:
    """Whether the first, and codes that begin with it, sort before the second: by bytes, and where the source does not
    sort so, by language, too. Its shadow sorts alike, or by bytes where this machine lacks the locale.
    """
    return _has_room(first, second) and (bytewise or _has_room(_primary(first), _primary(second)))


def _is_bytewise(order: Sequence[str]) -> bool:
    return all(one <= other for one, other in pairwise(order))


def _has_room(first: str, second: str) -> bool:
    if second.startswith(first):
        following = second[len(first) : len(first) + 1]
        return following.isalnum() and following > "0"  # with which codes begin
    return first < second


def _primary(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


# -- codes ------------------------------------------------------------------------------------------------------------


def _width(count: int, limit: int | None) -> int | None:
    """The number of characters that many codes need; None where there are not as many."""
    if limit == 1:
        return 1 if count <= len(_SINGLE) else None
    width, capacity = 0, 1
    while capacity < count:
        capacity *= len(_LETTERS) if width % 2 else len(_DIGITS)
        width += 1
    return width if limit is None or width <= limit else None


def code_of(rank: int, width: int, *, is_after: bool = False) -> str:
    """The rank as a code: codes of one width sort as their ranks. One that is to stand before anything that an anchor
    may go on with begins with a zero.
    """
    if is_after:
        return "0" + code_of(rank, width - 1)
    if width == 1:
        return _SINGLE[rank]
    characters = []
    for place in reversed(range(width)):
        alphabet = _LETTERS if place % 2 else _DIGITS
        rank, digit = divmod(rank, len(alphabet))
        characters.append(alphabet[digit])
    return "".join(reversed(characters))
