"""Rows that the planner misjudged where it reads a table or counts groups, and the statistics that would tell it. Pure.

A node above that is off because one below it is, is not looked at; neither is a join: no statistics of PostgreSQL up to
18 mend the estimate of a join.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from dbopt.plan.effort import misjudged
from dbopt.plan.findings.conditions import EQUAL, RANGE, Condition
from dbopt.plan.findings.context import Context, counted
from dbopt.plan.findings.facts import TableFacts
from dbopt.plan.findings.immutable import index_key
from dbopt.plan.findings.scans import Scan
from dbopt.plan.tree import Node
from dbopt.postgres.identifiers import qualified, quoted
from dbopt.postgres.naming import statistics_name
from dbopt.postgres.schema import Column, Relation

LEAST_FACTOR = 10.0  # estimates off by less are daily life
LEAST_ROWS = 100.0  # fewer rows change hardly a plan
CHANGED = 0.2  # of the rows: twice the share at which autovacuum analyses a table, so that it is off or far behind
LEAST_CHANGED = 1000
RAISED, MOST_TARGET = 10, 1000  # a target by this factor, up to this: each planning reads the list
_JOINS = ("Nested Loop", "Hash Join", "Merge Join", "Hash", "Memoize", "Materialize")
_DECIDED = frozenset((*_JOINS, "Sort", "Incremental Sort", "WindowAgg", "Unique", "SetOp"))
_ESTIMATED = EQUAL | RANGE | {"<>", "<> all", "is not null"}


@dataclass(frozen=True)
class Misjudged:
    """Rows of one pass, in truth and as planned."""

    actual: float
    planned: float

    @property
    def factor(self) -> float:
        low, high = sorted((max(self.actual, 1.0), max(self.planned, 1.0)))
        return high / low

    @property
    def in_words(self) -> str:
        less = "fewer" if self.actual < self.planned else "more"
        than = f"{self.factor:,.0f} times {less} than the {self.planned:,.0f} that were planned"
        return f"{counted(self.actual, 'rows')}, {than}"


def of_scan(scan: Scan) -> Misjudged | None:
    """By how much the rows of a scan were misjudged, where that is much."""
    context = scan.context
    ran = [node for node in scan.nodes if node.executed]
    if not ran or any(misjudged(node, context.effort(node)) is None for node in ran):
        return None
    found = Misjudged(sum(map(context.rows, ran)), sum(map(context.planned_rows, ran)))
    much = abs(found.actual - found.planned) * scan.passes >= LEAST_ROWS
    return found if found.factor >= LEAST_FACTOR and much else None


def matters(context: Context, node: Node) -> bool:
    """Whether the planner decided something by the rows of a node, and that is worth a finding: how to join, sort or
    group them; or to read them by an index.
    """
    deciding = [one for one in context.above(node) if one.node_type in _DECIDED or one.raw.get("Group Key")]
    if not deciding and node.node_type == "Seq Scan":
        return False
    return context.weighs(context.share_with_children(deciding[0] if deciding else node))


def is_stale(table: TableFacts | None) -> bool:
    """Whether there are no statistics, or very many rows changed since they were made."""
    if table is None:
        return False
    if table.rows < 0 or table.has_statistics is False:
        return table.bytes > 0
    changed = table.modified > max(CHANGED * table.rows, LEAST_CHANGED)
    return changed and not table.is_loaded_and_analysed


# -- statistics for a scan --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Remedy:
    """`why` the planner errs, in a sentence; SQL that tells it better."""

    why: str
    sql: tuple[str, ...]


def remedy(scan: Scan) -> Remedy | None:
    """The statistics that would mend the estimate of a scan; None where nothing is known to."""
    relation = scan.relation
    if scan.context.facts is None or relation.kind not in "rm" or len(scan.nodes) > 1:
        return None
    found = _conditions(scan)
    unknown = [one for one in found if one.column is None]
    if any(not _is_estimated(one) for one in found):
        return None
    if unknown:
        return _of_expressions(scan, unknown)
    names = list(dict.fromkeys(one.column[1] for one in found if one.column is not None))
    columns = [column for name in names if (column := relation.column(name)) is not None]
    if len(columns) != len(names) or not columns:
        return None
    if len(columns) == 1:
        return _of_column(scan, columns[0])
    return _of_columns(scan, columns, found)


def _conditions(scan: Scan) -> list[Condition]:
    """All that decides which rows the scan gives, each once."""
    names = ("Index Cond", "Recheck Cond", "Filter")
    below = [one for node in scan.first.walk() for one in ((node,) if node.node_type == "Bitmap Index Scan" else ())]
    found = {one.text: one for name in names for one in scan.conditions(name)}
    if scan.first.node_type == "Bitmap Heap Scan" and len(below) != 1:
        return [Condition("several indexes", "")]
    return list(found.values())


def _is_estimated(condition: Condition) -> bool:
    """Whether the planner has a way to estimate such a condition by statistics of its left operand."""
    return condition.operator in _ESTIMATED and condition.compares_with_value


def _of_expressions(scan: Scan, unknown: list[Condition]) -> Remedy | None:
    keys = {index_key(scan.context, scan.relation, one.left) for one in unknown}
    return of_expression(scan.context, scan.relation, key) if len(keys) == 1 and (key := keys.pop()) else None


def of_expression(context: Context, relation: Relation, key: str) -> Remedy | None:
    """Statistics on an expression, as `index_key` writes it; None where there are some."""
    if _has_statistics(context, relation, key):
        return None
    create = _create(context, relation, ["expr"], key if key[0] == "(" else f"({key})")
    return Remedy(
        f"Of {key} there are no statistics, so that the planner guesses.", (create, f"ANALYZE {relation.sql_name}")
    )


def _has_statistics(context: Context, relation: Relation, key: str) -> bool:
    plain = _bare(key)
    extended = context.facts.extended_of(relation.key) if context.facts is not None else ()
    indexes = context.catalog.indexes_of(relation) if context.catalog is not None else ()
    known = [text for one in extended for text in one.expressions]
    known += [one.sql for index in indexes for one in index.keys if one.column is None]
    return any(_bare(text) == plain for text in known)


def _bare(text: str) -> str:
    return text.replace("(", "").replace(")", "").replace(" ", "")


def _of_columns(scan: Scan, columns: list[Column], found: list[Condition]) -> Remedy | None:
    """Columns that are compared together: the planner multiplies, as if they were independent."""
    context, relation = scan.context, scan.relation
    names = [column.name for column in columns]
    extended = context.facts.extended_of(relation.key) if context.facts is not None else ()
    if len(columns) > 8 or any(set(names) <= set(one.columns) for one in extended):  # STATS_MAX_DIMENSIONS
        return None
    distinct = [_distinct(relation, column) for column in columns]
    target = context.number("default_statistics_target", 100)
    only_equal = all(one.operator in EQUAL for one in found)
    many = any(number is None or number > target for number in distinct)
    kinds = " (ndistinct, dependencies)" if only_equal and many else ""
    written = [quoted(name) for name in names]
    create = _create(context, relation, names, ", ".join(written), kinds)
    return Remedy(
        f"{_listed(written)} are compared together and not independent, as the planner takes them to be.",
        (create, f"ANALYZE {relation.sql_name}"),
    )


def _of_column(scan: Scan, column: Column) -> Remedy | None:
    """A single column: ANALYZE keeps too few of its values. A value that so many rows have is one of the most common,
    of which there cannot be more than such rows fit into the table.
    """
    context, relation = scan.context, scan.relation
    facts = context.facts.column(relation.key, column.name) if context.facts is not None else None
    if facts is None or facts.target >= MOST_TARGET or column.n_distinct is None:
        return None
    full = facts.common_values >= facts.target or facts.bounds > facts.target
    off = of_scan(scan)
    if not full or off is None:
        return None
    name, table = quoted(column.name), relation.sql_name
    listed = math.ceil(scan.rows / off.actual / 100) * 100 if off.actual > off.planned else 0
    target = max(min(facts.target * RAISED, MOST_TARGET), listed)
    if target > MOST_TARGET:
        return None
    return Remedy(
        f"ANALYZE keeps {facts.target} values of {name}, which are too few to tell how often the others occur.",
        (f"ALTER TABLE {table} ALTER COLUMN {name} SET STATISTICS {target}", f"ANALYZE {table} ({name})"),
    )


def _distinct(relation: Relation, column: Column) -> float | None:
    if column.n_distinct is None:
        return None
    return column.n_distinct if column.n_distinct > 0 else -column.n_distinct * max(relation.rows, 0.0)


def create_statistics(context: Context, relation: Relation, names: list[str], kinds: str = "") -> str:
    """CREATE STATISTICS on these columns."""
    return _create(context, relation, names, ", ".join(quoted(name) for name in names), kinds)


def _create(context: Context, relation: Relation, names: list[str], on: str, kinds: str = "") -> str:
    taken = context.facts.statistics_names if context.facts is not None else set()
    name = qualified(relation.schema, statistics_name(relation, names, taken))
    return f"CREATE STATISTICS {name}{kinds} ON {on} FROM {relation.sql_name}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
