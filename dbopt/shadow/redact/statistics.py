"""The values in statistics, found and replaced: in the calls that pg_dump writes, and in extended statistics. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from dbopt.shadow import dump
from dbopt.shadow.redact import literals
from dbopt.shadow.redact.kinds import DROPPED, Kind, Scalar, Shape
from dbopt.shadow.redact.pseudonyms import Pseudonyms, Values
from dbopt.shadow.snapshot import CommonCombination, ExpressionStatistics, ExtendedStatistics

Change = Callable[[Scalar, str], str]

# Arguments that hold values, with those that tell nothing without them.
_VALUES = {
    "most_common_vals": ("most_common_vals", "most_common_freqs"),
    "histogram_bounds": ("histogram_bounds",),
    "most_common_elems": ("most_common_elems", "most_common_elem_freqs"),
    "range_bounds_histogram": ("range_bounds_histogram",),
}
_LENGTHS = "range_length_histogram"
_HARMLESS = frozenset(
    {
        "version", "schemaname", "relname", "attname", "attnum", "inherited", "null_frac", "avg_width", "n_distinct",
        "correlation", "most_common_freqs", "most_common_elem_freqs", "elem_count_histogram", "range_empty_frac",
    }
)  # fmt: skip
_FLOATS = Kind(Scalar("float8"), Shape.ARRAY)
_ARGUMENT = re.compile(r"\s*'(?P<name>\w+)', '(?P<value>[^']*(?:''[^']*)*)'(?P<cast>::[a-z]+(?:\[\])?)?(?:,|\Z)")
_CALL = "SELECT * FROM pg_catalog.pg_restore_attribute_stats("


@dataclass(frozen=True)
class AttributeStatistics:
    """A call of pg_restore_attribute_stats: its arguments by name, and their casts."""

    values: Mapping[str, str]
    casts: Mapping[str, str]

    @property
    def column(self) -> tuple[str, str, str]:
        """Schema and relation, and the name or the number of the attribute."""
        return self.values["schemaname"], self.values["relname"], self.values.get("attname") or self.values["attnum"]


def parsed(statement: str, *, backslashes: bool) -> AttributeStatistics | None:
    """The call, or None for another statement. `backslashes` says that literals have them doubled. Raises ValueError
    for a call of another form than is known.
    """
    if not statement.startswith(_CALL):
        return None
    inner, position = statement[len(_CALL) :].rstrip().removesuffix(";").removesuffix(")").rstrip(), 0
    values, casts = {}, {}
    while position < len(inner):
        match = _ARGUMENT.match(inner, position)
        if match is None:
            raise ValueError("statistics of an unknown form")
        value = match["value"].replace("''", "'")
        values[match["name"]] = value.replace("\\\\", "\\") if backslashes else value
        casts[match["name"]] = match["cast"] or ""
        position = match.end()
    return AttributeStatistics(values, casts)


def written(call: AttributeStatistics, *, backslashes: bool) -> str:
    """The call as pg_dump writes it."""
    lines = [
        f"\t'{name}', {dump.quoted(value, backslashes=backslashes)}{call.casts[name]}"
        for name, value in call.values.items()
    ]
    return _CALL + "\n" + ",\n".join(lines) + "\n);"


# -- finding ----------------------------------------------------------------------------------------------------------


def collect(values: Values, column: object, kind: Kind, found: Mapping[str, str]) -> None:
    """Add the values of one column's statistics, pg_stats' columns by name."""
    for name, text in found.items():
        for scalar, value, part in _scalars(name, kind, text):
            values.add(scalar, (column, part), value)


def _scalars(name: str, kind: Kind, text: str) -> Iterator[tuple[Scalar, str, str]]:
    seen: list[tuple[Scalar, str]] = []

    def note(scalar: Scalar, value: str) -> str:
        seen.append((scalar, value))
        return value

    try:
        _changed(name, kind, text, note)
    except ValueError:
        return
    yield from ((scalar, value, "lengths" if name == _LENGTHS else "values") for scalar, value in seen)


# -- replacing --------------------------------------------------------------------------------------------------------


def redacted(found: Mapping[str, str], kind: Kind, pseudonyms: Pseudonyms) -> dict[str, str]:
    """The same statistics with other values; what cannot be replaced is left out."""
    news = {name: text for name, text in found.items() if name in _HARMLESS or name in _VALUES or name == _LENGTHS}
    for name in (*_VALUES, _LENGTHS):
        if name not in found:
            continue
        change = pseudonyms.single if name == "most_common_vals" else pseudonyms.in_order
        try:
            news[name] = _changed(name, kind, found[name], change)
        except (ValueError, KeyError):
            for part in _VALUES.get(name, (_LENGTHS, "range_empty_frac")):
                news.pop(part, None)
    return news


def _changed(name: str, kind: Kind, text: str, change: Change) -> str:
    """The array with its values changed. Raises ValueError where they cannot be, KeyError where `change` cannot."""
    if name == _LENGTHS:
        return _array(_FLOATS, text, change)
    if name not in _VALUES:
        return text
    if name == "most_common_elems":
        if kind.shape is Shape.LEXEMES:
            return _lexemes(text)
        return _array(replace(kind, shape=Shape.SCALAR), text, change)
    items = literals.mapped_items(literals.array_items(text), lambda value: changed_value(kind, value, change))
    return literals.array_text(items)


def _array(kind: Kind, text: str, change: Change) -> str:
    items = literals.array_items(text)
    return literals.array_text(literals.mapped_items(items, lambda value: _changed_scalar(kind.scalar, value, change)))


def changed_value(kind: Kind, text: str, change: Change) -> str:
    """One value of a column, changed."""
    if kind.shape is Shape.LEXEMES:
        raise ValueError("lexemes are no values")
    if kind.shape is Shape.RANGE:
        return literals.mapped_range(text, lambda bound: _changed_scalar(kind.scalar, bound, change))
    if kind.shape is Shape.ARRAY:
        return _array(kind, text, change)
    return _changed_scalar(kind.scalar, text, change)


def _changed_scalar(scalar: Scalar, text: str, change: Change) -> str:
    if scalar == DROPPED.scalar:
        raise ValueError("values of this type are left out")
    return change(scalar, text)


def _lexemes(text: str) -> str:
    """Words of one length in the order of the true ones: shorter ones come first, then bytes decide."""
    items = literals.array_items(text)
    width = len(str(len(items)))
    return literals.array_text([f"w{number:0{width}}" for number in range(len(items))])


# -- extended statistics ----------------------------------------------------------------------------------------------


def columns_of(item: ExtendedStatistics) -> list[tuple[str, str, str]]:
    """What the values of a combination belong to: the table's columns in the order of their numbers."""
    return [(item.table_schema, item.table, item.attributes[n]) for n in sorted(item.attributes, key=int)]


def redacted_extended(
    item: ExtendedStatistics, kinds: list[Kind], expressions: list[Kind], pseudonyms: Pseudonyms
) -> ExtendedStatistics:
    """The same statistics with other values. `kinds` are those of the columns, then of the expressions."""
    try:
        common = tuple(_combination(found, [*kinds, *expressions], pseudonyms) for found in item.most_common)
    except (ValueError, KeyError):
        common = ()
    pairs = zip(item.expressions, expressions, strict=True)
    return replace(
        item,
        most_common=common,
        expressions=tuple(
            ExpressionStatistics(one.expression, redacted(one.values, kind, pseudonyms)) for one, kind in pairs
        ),
    )


def _combination(found: CommonCombination, kinds: list[Kind], pseudonyms: Pseudonyms) -> CommonCombination:
    values = (
        None if text is None else changed_value(kind, text, pseudonyms.single)
        for text, kind in zip(found.values, kinds, strict=True)
    )
    return replace(found, values=tuple(values))


def collect_extended(values: Values, item: ExtendedStatistics, kinds: list[Kind], expressions: list[Kind]) -> None:
    """Add the values of extended statistics to those of their columns."""
    columns: list[object] = [*columns_of(item), *((item.schema, item.name, n) for n in range(len(expressions)))]
    for column, kind, number in zip(columns, [*kinds, *expressions], range(len(columns)), strict=True):
        for found in item.most_common:
            text = found.values[number] if number < len(found.values) else None
            if text is not None:
                collect(values, column, kind, {"most_common_vals": literals.array_text([text])})
    for number, (one, kind) in enumerate(zip(item.expressions, expressions, strict=True)):
        collect(values, (item.schema, item.name, number), kind, one.values)
