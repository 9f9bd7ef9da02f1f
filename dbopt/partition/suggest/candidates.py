"""Which columns a table could be partitioned by. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dbopt.partition.key import Kind, kinds_of
from dbopt.partition.suggest.uses import Use
from dbopt.postgres.schema import Catalog, Relation

MOST_CANDIDATES = 4
MOST_UPDATED = 0.01  # of a table's calls may set its partition key: each moves a row to another partition
LEAST_EQUAL = 0.8  # of a table's calls name the key of a partitioning by hash
LARGE_TIMES = 10  # how many times the least size a table has that hash is tried for
_FEW_VALUES = 50
_IN_ORDER = 0.9  # correlation of a column whose rows came in its order


@dataclass(frozen=True)
class Wish:
    """Old rows of a table are to go: those older than `keep` (an interval as text) by `control`, None where the column
    is not named. `source` is --keep or archive.
    """

    keep: str
    control: str | None
    source: str


@dataclass(frozen=True)
class Key:
    """A column and a strategy. `weight` are the calls whose conditions name it."""

    column: str
    strategy: str
    weight: float


def keys_of(
    relation: Relation, uses: Sequence[Use], wish: Wish | None, *, is_large: bool = False
) -> tuple[list[Key], dict[str, str]]:
    """The keys to try, the likeliest first, and columns that are out, with the reason. By range: columns that can be
    counted, in conditions, or in a wish; by list: columns of few values that statements compare; by hash, for large
    tables: columns that most statements compare.
    """
    total = sum(use.statement.weight for use in uses) or 1.0
    refused: dict[str, str] = {}
    found: list[Key] = []
    for name in _columns(relation, uses, wish):
        updated = sum(use.statement.weight for use in uses if name in use.sets)
        if updated > MOST_UPDATED * total:
            refused[name] = f"{updated:,.0f} of {total:,.0f} calls set it, and would move rows between partitions"
            continue
        found += _strategies(relation, name, uses, total, is_large=is_large)
    found.sort(key=lambda key: (not _is_wished(key, relation, wish), -key.weight, key.column))
    return found[:MOST_CANDIDATES], refused


def wished_column(relation: Relation, wish: Wish | None) -> str | None:
    """The column by which rows grow old: the one that the wish names, else the time in whose order the rows lie best,
    one that is never NULL if there is such a one.
    """
    if wish is None:
        return None
    if wish.control is not None:
        return wish.control
    times = [
        (not column.not_null, -abs(column.correlation), column.name)
        for column in relation.columns
        if (kinds := kinds_of(column.type)) and kinds[0] in (Kind.TIMESTAMPTZ, Kind.TIMESTAMP, Kind.DATE)
        if column.correlation is not None and abs(column.correlation) >= _IN_ORDER
    ]
    return min(times)[-1] if times else None


def is_identifier(relation: Relation, column: str, catalog: Catalog) -> bool:
    """Whether each value of the column occurs once."""
    return any(index.is_unique and index.columns == (column,) for index in catalog.indexes_of(relation))


def _columns(relation: Relation, uses: Iterable[Use], wish: Wish | None) -> list[str]:
    named = {name for use in uses for name in use.equal | use.ranges}
    wished = wished_column(relation, wish)
    return [column.name for column in relation.columns if column.name in named or column.name == wished]


def _strategies(relation: Relation, name: str, uses: Sequence[Use], total: float, *, is_large: bool) -> list[Key]:
    column = relation.column(name)
    if column is None:
        return []
    by_order = sum(use.statement.weight for use in uses if name in use.ranges)
    by_value = sum(use.statement.weight for use in uses if name in use.equal)
    found = []
    if kinds_of(column.type):
        found.append(Key(name, "range", by_order + by_value))
    if column.n_distinct is not None and 2 <= column.n_distinct <= _FEW_VALUES and by_value and column.indexable:
        found.append(Key(name, "list", by_value))
    elif is_large and by_value >= LEAST_EQUAL * total and column.indexable:
        found.append(Key(name, "hash", by_value / 2))  # it only prunes what an index finds as well
    return found


def _is_wished(key: Key, relation: Relation, wish: Wish | None) -> bool:
    return key.strategy == "range" and key.column == wished_column(relation, wish)
