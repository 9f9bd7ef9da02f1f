"""Which new value each value gets: one for all columns of a kind, so that equal values of joined columns stay equal.

Nothing but the order of the values goes into the new ones (and for numbers the rough place), so there is no key that
could be tried out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from dbopt.shadow.redact import numbers, spread, texts
from dbopt.shadow.redact.kinds import Collation, Scalar
from dbopt.shadow.redact.texts import Known

Sort = Callable[[Collection[str], Collation | None, bool], list[str]]
"""Texts in the order of a collation of the source; the flag folds case, as the type citext does."""

_LINES: dict[str, Callable[[], numbers.Line]] = {
    "integer": numbers.integers,
    "float4": lambda: numbers.floats(4),
    "float8": lambda: numbers.floats(8),
    "money": numbers.money,
    "date": numbers.dates,
    "timestamp": lambda: numbers.timestamps(zone=False),
    "timestamptz": lambda: numbers.timestamps(zone=True),
    "time": numbers.times,
    "interval": numbers.intervals,
}


@dataclass
class Values:
    """The values found, by kind and column."""

    columns: dict[Scalar, dict[object, set[str]]] = field(default_factory=dict)

    def add(self, scalar: Scalar, column: object, text: str) -> None:
        self.columns.setdefault(scalar, {}).setdefault(column, set()).add(text)


@dataclass(frozen=True)
class Pseudonyms:
    """New values by the old ones. Of kinds that are not here, no value may be shown."""

    ordered: Mapping[Scalar, Mapping[str, str]]
    known: Known

    def in_order(self, scalar: Scalar, text: str) -> str:
        """The new value where order counts, as in histograms."""
        return self.ordered[scalar][text]

    def single(self, scalar: Scalar, text: str) -> str:
        """The new value where each stands for itself, as in lists of most common values: what is known stays."""
        return text if _plain(scalar, text) in self.known.constants else self.ordered[scalar][text]


def made(values: Values, sort: Sort, known: Known) -> Pseudonyms:
    """New values for all that were found. A kind with a value that cannot be read is left out."""
    ordered = {}
    for scalar, columns in values.columns.items():
        try:
            ordered[scalar] = _replaced(scalar, list(columns.values()), sort, known)
        except (ValueError, ArithmeticError):
            continue
    return Pseudonyms(ordered, known)


def _replaced(scalar: Scalar, columns: list[set[str]], sort: Sort, known: Known) -> Mapping[str, str]:
    if scalar.family == "kept":
        return {text: text for column in columns for text in column}
    if scalar.family in ("text", "citext"):
        return _texts(scalar, columns, sort, known)
    if scalar.family == "numeric":
        return numbers.moved(columns, numbers.decimals(_scale(scalar, columns)), known.constants)
    if scalar.family == "bit":
        return numbers.moved(columns, numbers.bits(scalar.limit or 1), ())
    if scalar.family in _LINES:
        return numbers.moved(columns, _LINES[scalar.family](), known.constants)
    return spread.replaced(columns, scalar.family)


def _texts(scalar: Scalar, columns: list[set[str]], sort: Sort, known: Known) -> Mapping[str, str]:
    """Trailing blanks of a character(n) do not count."""
    plain = [{_plain(scalar, text) for text in column} for column in columns]

    def sorted_by_source(found: Collection[str]) -> list[str]:
        return sort(found, scalar.collation, scalar.family == "citext")

    news = texts.replaced(plain, sorted_by_source, known, scalar.limit)
    return {text: news[_plain(scalar, text)] for column in columns for text in column}


def _plain(scalar: Scalar, text: str) -> str:
    return text.rstrip(" ") if scalar.family == "text" else text


def _scale(scalar: Scalar, columns: list[set[str]]) -> int:
    if scalar.limit is not None:
        return scalar.limit
    return max((len(text.partition(".")[2]) for column in columns for text in column), default=0)
