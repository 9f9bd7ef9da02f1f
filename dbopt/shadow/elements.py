"""Statistics of the elements of arrays and the lexemes of tsvectors, from a sample of values. Pure.

As ANALYZE would have them (src/backend/tsearch/ts_typanalyze.c, src/backend/utils/adt/array_typanalyze.c): how often
the most common ones are met, and from what frequency on they are listed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from dbopt.shadow.mapped import array

LISTED = 1000  # ten times the statistics target
_SEEN_OFTEN = 3


def statistics(sample: Sequence[tuple[float, Sequence[str]]], *, of_text_search: bool) -> dict[str, Any]:
    """`sample` are shares of the rows and the different elements of their values, of arrays in their order."""
    total = sum(share for share, _ in sample)
    shares: defaultdict[str, float] = defaultdict(float)
    times: defaultdict[str, int] = defaultdict(int)
    for share, elements in sample:
        for element in elements:
            shares[element] += share / total
            times[element] += 1
    listed = sorted((e for e in shares if times[e] >= _SEEN_OFTEN), key=lambda e: (-shares[e], e))[:LISTED]
    if not listed:
        return {}
    least = shares[listed[-1]] if len(listed) == len(shares) else _least_listed([shares[e] for e in listed])
    ends = [least, shares[listed[0]]]
    ordered = sorted(listed, key=lambda e: (len(e.encode()), e.encode())) if of_text_search else listed
    return {
        "most_common_elems": array(ordered),
        "most_common_elem_freqs": [shares[e] for e in ordered] + ends + ([] if of_text_search else [0.0]),
    }


def _least_listed(seen: Sequence[float]) -> float:
    """Frequency of the last element of ANALYZE's list, which is longer than a sample's: by Zipf's law, its weight from
    all that are listed.
    """
    return sum(seen) / sum(1 / rank for rank in range(1, len(seen) + 1)) / max(LISTED, len(seen))
