"""What the engine sees of a table: its archived rows and those that are in it still, as one view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dbopt.archive.columns import Column
from dbopt.archive.query import types
from dbopt.archive.query.cold import ColdFile, Layout, Range, dataset
from dbopt.archive.query.engine import Engine
from dbopt.archive.query.positions import outside
from dbopt.archive.query.types import FLOATING, TEXT, Type, Widest, identifier, string
from dbopt.partition.key import Kind


@dataclass(frozen=True)
class Stored:
    """A column as a source has it: the field's name, and the type that it was written with."""

    field: str
    type: Type
    is_text: bool


@dataclass(frozen=True)
class Source:
    """A table of the engine with stored rows, of which those at `hidden` positions of `control` do not count."""

    table: str
    columns: Mapping[str, Stored]
    exact: str | None
    control: str = ""
    kind: Kind | None = None
    hidden: tuple[Range, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """A column of the view: its name there, and what it is on the server. As `text` it is there as well, under the name
    `as_written`, if it is a numeric: how many digits it has behind the point is part of it.
    """

    column: Column
    type: Type
    name: str
    is_shown: bool = False

    @property
    def as_written(self) -> str:
        return f"{self.name} as written"


def of_files(
    engine: Engine, table: str, layout: Layout, files: Sequence[ColdFile], wanted: Iterable[str], known: Any
) -> Source:
    """Give the engine files, of which it needs these columns."""
    needed = {*wanted, *((layout.control,) if layout.restored else ())}
    fields = [field for field in layout.columns if field.name in needed] or list(layout.columns[:1])
    engine.register(table, dataset(files, fields, layout.exact))
    columns = {field.name: Stored(field.field, known(field), field.is_text) for field in fields}
    return Source(table, columns, layout.exact, layout.control, layout.kind, layout.restored)


def make(engine: Engine, view: str, wanted: Sequence[Wanted], sources: Sequence[Source], label: str) -> tuple[str, ...]:
    """Make the view. What it says of columns whose values have no exact place in the engine."""
    notes, targets = [], []
    for one in wanted:
        target, note = _target(engine, one, sources)
        targets.append(target)
        if note:
            notes.append(f"{label}.{one.column.name}: {note}")
    selects = [_select(source, wanted, targets) for source in sources] or [_nothing(wanted, targets)]
    engine.execute(f"CREATE VIEW {identifier(view)} AS {' UNION ALL '.join(selects)}")
    return tuple(notes)


def _select(source: Source, wanted: Sequence[Wanted], targets: Sequence[str]) -> str:
    columns = [
        f"{_value(source, one, target)} AS {identifier(one.name)}" for one, target in zip(wanted, targets, strict=True)
    ]
    columns += [f"{_shown(source, one)} AS {identifier(one.as_written)}" for one in wanted if one.is_shown]
    text = f"SELECT {', '.join(columns)} FROM {identifier(source.table)}"  # noqa: S608 - names of ours
    if source.hidden and source.kind is not None:
        stored = source.columns[source.control]
        control = _own_value(source, stored, types.engine_type(stored.type, Widest()))
        text += " WHERE " + " AND ".join(outside(source.kind, control, *one) for one in source.hidden)
    return text


def _nothing(wanted: Sequence[Wanted], targets: Sequence[str]) -> str:
    columns = [f"CAST(NULL AS {target}) AS {identifier(one.name)}" for one, target in zip(wanted, targets, strict=True)]
    columns += [f"CAST(NULL AS {TEXT}) AS {identifier(one.as_written)}" for one in wanted if one.is_shown]
    return f"SELECT {', '.join(columns)} WHERE false"


def _shown(source: Source, wanted: Wanted) -> str:
    stored = source.columns.get(wanted.column.name)
    if stored is None:
        return f"CAST(NULL AS {TEXT})"
    text, digits = _text(source, stored), wanted.type.digits
    if digits is None or digits == stored.type.digits:
        return text
    return f"coalesce(CAST(TRY_CAST({text} AS DECIMAL({digits[0]}, {digits[1]})) AS {TEXT}), {text})"


def _value(source: Source, wanted: Wanted, target: str) -> str:
    stored = source.columns.get(wanted.column.name)
    if stored is None:
        return f"CAST(NULL AS {target})"
    if (stored.type.base, stored.type.element, stored.type.labels) == (
        wanted.type.base,
        wanted.type.element,
        wanted.type.labels,
    ) and (stored.is_text or stored.type.digits == wanted.type.digits):
        return _own_value(source, stored, target)
    return types.converted(_before(source, stored), wanted.type, target)


def _before(source: Source, stored: Stored) -> str:
    """The value in the type that it had."""
    if stored.is_text and (stored.type.base == "numeric" or stored.type.element is not None):
        return identifier(stored.field)
    return _own_value(source, stored, types.engine_type(stored.type))


def _own_value(source: Source, stored: Stored, target: str) -> str:
    field = identifier(stored.field)
    has_exact = source.exact is not None and not stored.is_text and stored.type.base in _CAN_BE_EXACT
    return types.value(field, _exact(source, stored) if has_exact else None, stored.type, stored.is_text, target)


_CAN_BE_EXACT = frozenset({"date", "timestamp", "timestamptz", "time", "numeric"})


def _exact(source: Source, stored: Stored) -> str:
    """PostgreSQL's text of a value that has no place in its column."""
    pointer = "/" + stored.field.replace("~", "~0").replace("/", "~1")
    return f"json_extract_string({identifier(source.exact or '')}, {string(pointer)})"


def _target(engine: Engine, wanted: Wanted, sources: Sequence[Source]) -> tuple[str, str | None]:
    """The type of a column in the engine, for which its values may have to be looked at, and a note."""
    known = wanted.type
    if known.base == "numeric":
        widest = _widest(engine, wanted, sources)
        target = types.engine_type(known, widest)
        why = "values that are no numbers" if widest.is_special else "more than 38 digits"
        return target, f"{why}: computed with as floating numbers" if target == FLOATING else None
    target = types.engine_type(known)
    if types.has_limits(known) and _are_beyond(engine, wanted, sources, target):
        return TEXT, "values that the engine lacks: taken as texts"
    if known.element is None or target == TEXT:
        return target, None
    if _has_dimensions(engine, wanted, sources):
        return TEXT, "arrays of more than one dimension: taken as texts"
    is_rounded = FLOATING in target and known.element.base == "numeric"
    return target, "numbers in arrays: computed with as floating numbers" if is_rounded else None


def _widest(engine: Engine, wanted: Wanted, sources: Sequence[Source]) -> Widest:
    found = Widest()
    for source in sources:
        stored = source.columns.get(wanted.column.name)
        if stored is None or (stored.type.digits == wanted.type.digits is not None and source.exact is None):
            continue
        text = _text(source, stored)
        before = f"max(strlen(ltrim(split_part({text}, '.', 1), '-')))"
        behind = f"max(strlen(split_part({text}, '.', 2)))"
        special = f"bool_or({text} IN ('NaN', 'Infinity', '-Infinity'))"
        row = engine.row(f"SELECT {before}, {behind}, {special} FROM {identifier(source.table)}")  # noqa: S608
        found = Widest(max(found.before, row[0] or 0), max(found.behind, row[1] or 0), found.is_special or bool(row[2]))
    return found


def _are_beyond(engine: Engine, wanted: Wanted, sources: Sequence[Source], target: str) -> bool:
    """Whether values that are stored as texts cannot be read."""
    for source in sources:
        stored = source.columns.get(wanted.column.name)
        if stored is None or stored.type.base != wanted.type.base or not (stored.is_text or source.exact):
            continue
        text = identifier(stored.field) if stored.is_text else _exact(source, stored)
        tried = types.from_text(text, stored.type, target, "TRY_CAST")
        found = f"SELECT bool_or({text} IS NOT NULL AND {tried} IS NULL) FROM {identifier(source.table)}"  # noqa: S608
        if engine.row(found)[0]:
            return True
    return False


def _has_dimensions(engine: Engine, wanted: Wanted, sources: Sequence[Source]) -> bool:
    for source in sources:
        stored = source.columns.get(wanted.column.name)
        if stored is not None and stored.is_text:
            field = identifier(stored.field)
            found = f"SELECT bool_or({field} LIKE '{{{{%' OR {field} LIKE '[%') FROM {identifier(source.table)}"  # noqa: S608
            if engine.row(found)[0]:
                return True
    return False


def _text(source: Source, stored: Stored) -> str:
    field = identifier(stored.field)
    if stored.is_text:
        return field
    plain = f"CAST({field} AS {TEXT})"
    return plain if source.exact is None else f"coalesce({_exact(source, stored)}, {plain})"
