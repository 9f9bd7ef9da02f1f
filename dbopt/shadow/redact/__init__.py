"""Snapshots without values out of the data: `dbopt snapshot --redact`.

What statistics say about a column stays: how many values, how often the most common ones, how wide, in which order on
disk. The values themselves give way to others in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from dbopt.shadow.dump import doubles_backslashes
from dbopt.shadow.redact import schema, statistics
from dbopt.shadow.redact.kinds import DROPPED, Kind
from dbopt.shadow.redact.pseudonyms import Pseudonyms, Sort, Values, made
from dbopt.shadow.redact.statistics import AttributeStatistics
from dbopt.shadow.redact.texts import Known
from dbopt.shadow.snapshot import ExtendedStatistics, Snapshot
from dbopt.workload.lexer import Kind as TokenKind
from dbopt.workload.lexer import tokens
from dbopt.workload.literal import string_value

_LONGEST_CONSTANT = 100
_TABLE_STATISTICS = f"{schema.STATISTICS}relation_stats("

NOTHING = Known()

__all__ = ["NOTHING", "Known", "Source", "redacted", "without_secrets"]


@dataclass(frozen=True)
class Source:
    """What the source's catalog tells: the kind of each attribute, by schema, relation and name or number; those of
    the expressions of extended statistics, by schema and name; and the order of texts.
    """

    attributes: Mapping[tuple[str, str, str], Kind]
    expressions: Mapping[tuple[str, str], tuple[Kind, ...]]
    sort: Sort


def without_secrets(dump: str) -> str:
    """The dump without recognisable passwords and the ways to foreign servers; for snapshots of every sort."""
    return _rewritten(dump, schema.without_secrets)


def redacted(snapshot: Snapshot, source: Source, known: Known = NOTHING) -> Snapshot:
    """The snapshot with other values in its statistics, and without bodies of functions. `known` are constants that
    are no secret, and so may stay; those that the schema spells are known, too.
    """
    backslashes = doubles_backslashes(snapshot.dump)
    dump = _rewritten(snapshot.dump, schema.without_bodies)
    calls = {}
    for statement in schema.statements(dump):
        if (call := statistics.parsed(statement, backslashes=backslashes)) is not None:
            calls[statement] = call
    known = replace(known, constants=known.constants | _spelled(dump))
    pseudonyms = made(_values(calls.values(), snapshot.extended_statistics, source), source.sort, known)

    def change(statement: str) -> str:
        if statement in calls:
            return _changed(calls[statement], source, pseudonyms, backslashes=backslashes)
        foreign = statement.startswith(schema.STATISTICS) and not statement.startswith(_TABLE_STATISTICS)
        return "" if foreign else statement

    return replace(
        snapshot,
        dump=_rewritten(dump, change),
        extended_statistics=tuple(
            statistics.redacted_extended(item, *_kinds(item, source), pseudonyms)
            for item in snapshot.extended_statistics
        ),
        redacted=True,
    )


def _rewritten(dump: str, change: Callable[[str], str]) -> str:
    return "".join(change(statement) for statement in schema.statements(dump))


def _values(calls: Collection[AttributeStatistics], extended: Collection[ExtendedStatistics], source: Source) -> Values:
    values = Values()
    for call in calls:
        statistics.collect(values, call.column, source.attributes.get(call.column, DROPPED), call.values)
    for item in extended:
        statistics.collect_extended(values, item, *_kinds(item, source))
    return values


def _changed(call: AttributeStatistics, source: Source, pseudonyms: Pseudonyms, *, backslashes: bool) -> str:
    kind = source.attributes.get(call.column, DROPPED)
    news = replace(call, values=statistics.redacted(call.values, kind, pseudonyms))
    return statistics.written(news, backslashes=backslashes)


def _kinds(item: ExtendedStatistics, source: Source) -> tuple[list[Kind], list[Kind]]:
    columns = [source.attributes.get(column, DROPPED) for column in statistics.columns_of(item)]
    count = len(item.expressions)
    return columns, list(source.expressions.get((item.schema, item.name), (DROPPED,) * count))[:count]


def _spelled(dump: str) -> frozenset[str]:
    """The constants in the schema itself: of checks, defaults, predicates, views and bounds."""
    found = set()
    for statement in schema.statements(dump):
        if statement.startswith((schema.STATISTICS, "SET ", "--")):
            continue
        for token in tokens(statement):
            if token.kind is TokenKind.STRING and not token.text.startswith("$"):
                value = string_value(token.text)
                if value and len(value) <= _LONGEST_CONSTANT:
                    found.add(value)
    return frozenset(found)
