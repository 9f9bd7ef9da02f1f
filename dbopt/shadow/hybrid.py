"""A snapshot of parts of others: the schema of one, the statistics of another, the settings of a third. Pure.

What has no counterpart keeps what its own snapshot knows: a new index its size, a new column its statistics.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from dbopt.shadow import dump
from dbopt.shadow.dump import STATISTICS_DATA, Entry
from dbopt.shadow.snapshot import ExtendedStatistics, Relation, Snapshot

_COLUMN = re.compile(r'^    ("(?:[^"]|"")+"|[^\s"]+) (.+?),?$', re.MULTILINE)
_AFTER_TYPE = re.compile(r" (?:DEFAULT|NOT NULL|GENERATED|CONSTRAINT|COMPRESSION|STORAGE)\b.*$")
_WITH_ROWS = ("r", "m", "p", "f")


class ObjectKey(NamedTuple):
    type: str
    schema: str
    name: str


def combined(schema: Snapshot, statistics: Snapshot, settings: Snapshot) -> Snapshot:
    """The schema, locale included, of one snapshot, the statistics and sizes of another for what it has too, and the
    settings and search_path of a third.
    """
    if statistics is not schema:
        schema = _with_statistics(_Parts(schema), _Parts(statistics))
    return replace(schema, settings=settings.settings, search_path=settings.search_path)


def differing(old: Snapshot, new: Snapshot) -> tuple[str, ...]:
    """Which of schema, statistics and settings are not the same; statistics as far as both have the objects."""
    parts = {
        "schema": schema_of(old) != schema_of(new),
        "statistics": combined(new, old, new) != new,
        "settings": (old.settings, old.search_path) != (new.settings, new.search_path),
    }
    return tuple(name for name, differs in parts.items() if differs)


def schema_of(snapshot: Snapshot) -> tuple[object, ...]:
    """What makes up the schema, to be compared."""
    relations = frozenset(replace(relation, blocks=0, toast_blocks=None) for relation in snapshot.relations)
    locale = (snapshot.encoding, snapshot.locale_provider, snapshot.collate, snapshot.ctype)
    return definitions(snapshot), relations, locale, frozenset(snapshot.extension_functions)


def definitions(snapshot: Snapshot) -> dict[ObjectKey, str]:
    """The text of every object of the dump, without statistics."""
    return {key: text for key, text in _Parts(snapshot).texts.items() if key.type != STATISTICS_DATA}


def statistics_texts(snapshot: Snapshot) -> dict[tuple[str, str], str]:
    """The statistics of every relation that has some, by schema and name, as the dump has them."""
    return {(key.schema, key.name): text for key, text in _Parts(snapshot).texts.items() if key.type == STATISTICS_DATA}


@dataclass(frozen=True)
class _Parts:
    """A snapshot and its dump, cut into its objects."""

    snapshot: Snapshot

    @cached_property
    def pieces(self) -> list[tuple[Entry | None, str]]:
        return dump.pieces(self.snapshot.dump)

    @cached_property
    def texts(self) -> dict[ObjectKey, str]:
        """Several objects of one name and type, such as functions, are one text."""
        found: dict[ObjectKey, str] = {}
        for entry, text in self.pieces:
            if entry is not None:
                key = _key(entry)
                found[key] = found.get(key, "") + text
        return found

    @cached_property
    def relations(self) -> dict[tuple[str, str], Relation]:
        return {relation.key: relation for relation in self.snapshot.relations}

    @cached_property
    def of_indexes(self) -> dict[tuple[str, str], str]:
        """What defines an index, by its own schema and name."""
        found = {}
        for key, text in self.texts.items():
            if key.type == "INDEX":
                found[key.schema, key.name] = text
            elif key.type == "CONSTRAINT":  # named "table constraint", and the index is named as the constraint
                for relation in self._indexes_of_constraint(key):
                    found[relation.key] = text
        return found

    def _indexes_of_constraint(self, key: ObjectKey) -> Iterator[Relation]:
        _, _, name = key.name.rpartition(" ")
        relation = self.relations.get((key.schema, name))
        if relation is not None and relation.is_index and key.name == f"{relation.table} {name}":
            yield relation

    def columns(self, key: tuple[str, str]) -> dict[str, str]:
        """The types of a table's columns, by name."""
        text = next((self.texts[k] for t in ("TABLE", "FOREIGN TABLE") if (k := ObjectKey(t, *key)) in self.texts), "")
        return {_unquoted(name): _AFTER_TYPE.sub("", rest) for name, rest in _COLUMN.findall(text)}


def _key(entry: Entry) -> ObjectKey:
    return ObjectKey(entry.type, entry.schema, entry.name)


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _with_statistics(schema: _Parts, other: _Parts) -> Snapshot:
    shared = {key: relation for key, relation in schema.relations.items() if _is_same(relation, schema, other)}
    return replace(
        schema.snapshot,
        dump=_dump(schema, other, shared),
        relations=tuple(_sized(relation, schema, other, shared) for relation in schema.snapshot.relations),
        extended_statistics=_extended(schema, other),
        as_of=other.snapshot.as_of,
    )


def _is_same(relation: Relation, schema: _Parts, other: _Parts) -> bool:
    """Whether statistics of the other's relation fit this one: an index must be over the same columns."""
    there = other.relations.get(relation.key)
    if there is None or relation.is_index != there.is_index:
        return False
    if not relation.is_index:
        return relation.kind in _WITH_ROWS and there.kind in _WITH_ROWS
    return there.table == relation.table and _index(relation, schema) == _index(there, other)


def _index(relation: Relation, parts: _Parts) -> str | None:
    return parts.of_indexes.get(relation.key)


def _sized(relation: Relation, schema: _Parts, other: _Parts, shared: Mapping[tuple[str, str], Relation]) -> Relation:
    """The relation with the other's size. An index that it lacks grows or shrinks as its table does."""
    if relation.key in shared:
        there = other.relations[relation.key]
        return replace(relation, blocks=there.blocks, toast_blocks=there.toast_blocks)
    table = (relation.schema, relation.table or "")
    if not relation.is_index or table not in shared or not schema.relations[table].blocks:
        return relation
    scale = other.relations[table].blocks / schema.relations[table].blocks
    return replace(relation, blocks=max(1, round(relation.blocks * scale)))


# -- the dump's statistics --------------------------------------------------------------------------------------------


def _dump(schema: _Parts, other: _Parts, shared: Mapping[tuple[str, str], Relation]) -> str:
    written = []
    done = set()
    for entry, text in schema.pieces:
        key = (entry.schema, entry.name) if entry else ("", "")
        if entry is not None and entry.type == STATISTICS_DATA and key in shared:
            done.add(key)
            text = _merged(key, schema, other)
        written.append(text)
    theirs = [(key.schema, key.name) for key in other.texts if key.type == STATISTICS_DATA]
    written += [_merged(key, schema, other) for key in theirs if key in shared and key not in done]
    return "".join(written).removesuffix("\n")


def _merged(key: tuple[str, str], schema: _Parts, other: _Parts) -> str:
    """The other's statistics of a relation for the columns that are the same in both, its own for the rest."""
    data = ObjectKey(STATISTICS_DATA, *key)
    own, theirs = _Calls.of(schema.texts.get(data, "")), _Calls.of(other.texts.get(data, ""))
    is_index = schema.relations[key].is_index
    here, there = ({}, {}) if is_index else (schema.columns(key), other.columns(key))
    taken = []
    for column in dict.fromkeys([*own.attributes, *theirs.attributes]):
        same = is_index or _same_column(column, here, there, column in own.attributes, column in theirs.attributes)
        if column in here or column in own.attributes or is_index:
            taken.append((theirs if same else own).attributes.get(column, ""))
    return "".join([theirs.head or own.head, theirs.relation, *taken])


def _same_column(column: str, here: dict[str, str], there: dict[str, str], own: bool, theirs: bool) -> bool:
    """Whether the other's statistics are those of this column; a table may also get columns from where it inherits."""
    if column in here and column in there:
        return here[column] == there[column]
    if column in here or column in there:
        return False
    return own and theirs


@dataclass(frozen=True)
class _Calls:
    """An object of statistics: its head, the call for the relation, and those for its columns by name."""

    head: str
    relation: str
    attributes: dict[str, str]

    @staticmethod
    def of(text: str) -> _Calls:
        head, calls = dump.statistics_calls(text)
        attributes: dict[str, str] = {}
        for call in calls:
            if call.column is not None:
                attributes[call.column] = attributes.get(call.column, "") + call.text
        return _Calls(head, "".join(call.text for call in calls if call.column is None), attributes)


# -- extended statistics ----------------------------------------------------------------------------------------------


def _extended(schema: _Parts, other: _Parts) -> tuple[ExtendedStatistics, ...]:
    """The other's for objects that are defined alike, its own for those that the other lacks."""
    own = {(item.schema, item.name, item.inherited): item for item in schema.snapshot.extended_statistics}
    theirs = {(item.schema, item.name, item.inherited): item for item in other.snapshot.extended_statistics}
    found = []
    for place in (*own, *sorted(theirs.keys() - own.keys())):
        key = ObjectKey("STATISTICS", *place[:2])
        if key not in schema.texts:
            continue
        same = schema.texts[key] == other.texts.get(key)
        chosen = theirs.get(place) if same else own.get(place)
        if chosen is not None:
            found.append(chosen)
    return tuple(found)
