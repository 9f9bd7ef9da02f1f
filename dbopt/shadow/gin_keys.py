"""What the shadow's statistics say of the keys in GIN indexes, and of the signatures in GiST indexes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dbopt.index import keys
from dbopt.index.inverted import Keys
from dbopt.index.keys import EXTRACTED, Width
from dbopt.postgres.session import Row, Session

_TSVECTOR_HEADER, _PER_LEXEME = 8, 7.6  # bytes: of a tsvector, and of a lexeme besides its key
_ARRAY_HEADER = 20
_WORD = 7.0  # bytes, where nothing is known
_ARRAYS = frozenset({"array_ops", "gin__int_ops"})

Place = tuple[int, int]
"""An index by its oid, and the number of its attribute."""


def read(session: Session, opclasses: Mapping[Place, str], rows: Mapping[int, float]) -> dict[Place, Keys]:
    """The keys of these attributes, by their operator classes and their indexes' tables' rows."""
    if not opclasses:
        return {}
    found = session.rows("index/element_statistics", indexes=sorted({index for index, _ in opclasses}))
    places = {(row["index"], row["attribute"]): row for row in found}
    return {place: _keys(opclass, places[place], rows[place[0]]) for place, opclass in opclasses.items()}


def _keys(opclass: str, row: Row, rows: float) -> Keys:
    width = _width(row)
    if opclass == "tsvector_ops" or opclass in _ARRAYS:
        return _of_elements(opclass, row, rows, width)
    if opclass in EXTRACTED:
        sample = keys.of_sample(opclass, _sample(row), rows)
        return sample or keys.guessed(opclass, row["avg_width"], rows, width)
    if row["n_distinct"]:
        distinct = row["n_distinct"] if row["n_distinct"] > 0 else -row["n_distinct"] * rows
        return keys.of_scalars(row["frequencies"], distinct, _scalar_width(row))
    return keys.guessed(opclass, row["avg_width"], rows, width)


def _of_elements(opclass: str, row: Row, rows: float, width: Width) -> Keys:
    frequencies = row["element_frequencies"][: len(row["elements"])]  # behind them, their ends
    per_row = row["elements_per_row"]
    if per_row is None:
        header, beside = (_TSVECTOR_HEADER, _PER_LEXEME) if opclass == "tsvector_ops" else (_ARRAY_HEADER, 3)
        per_row = max(((row["avg_width"] or 100) - header) / (width.bytes + beside), 1.0)
    return keys.of_elements(frequencies, per_row, rows, width)


def _width(row: Row) -> Width:
    """Of an element."""
    if row["length"] > 0:
        return Width(float(row["length"]), varies=False)
    letters = [len(element.encode()) for element in row["elements"]]
    return Width(1 + (sum(letters) / len(letters) if letters else _WORD), varies=True)


def _scalar_width(row: Row) -> Width:
    return (
        Width(float(row["length"]), varies=False) if row["length"] > 0 else Width(float(row["avg_width"]), varies=True)
    )


def _sample(row: Row) -> Sequence[tuple[str, float]]:
    """Values, and the shares of the rows with a value that they stand for."""
    present = max(1 - row["null_fraction"], 1e-6)
    common = [(value, share / present) for value, share in zip(row["common"], row["frequencies"], strict=True)]
    rest = max(0.0, 1 - sum(share for _, share in common))
    bounds = row["bounds"]
    return [*common, *((value, rest / len(bounds)) for value in bounds)]
