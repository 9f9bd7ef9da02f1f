"""Tables whose visibility map lags behind, so that an index alone does not answer; and those full of dead rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dbopt.index.advice import Affected, Maintain
from dbopt.index.maintenance.context import Context
from dbopt.index.maintenance.facts import TableFacts
from dbopt.postgres.schema import Relation

VISIBLE = 0.9  # share of a table's pages: with more there is little to win
LEAST_BLOCKS = 128  # 1 MB: smaller tables are in memory anyway
LEAST_SAVED = 0.05  # of the cost of some statement
LEAST_SAVED_BY_MORE = 0.2  # where another index is needed as well,
LEAST_COST = 100.0  # of a statement that is worth one
DEAD = 0.4  # of the live rows: twice the share at which autovacuum vacuums a table, so that something hinders it
LEAST_DEAD = 10_000


def examine(context: Context) -> Iterator[Maintain]:
    for relation in context.catalog.relations:
        if relation.parent is not None or not context.reading(relation):
            continue
        leaves = [
            facts
            for leaf in context.catalog.partitions_of(relation)
            if (facts := context.facts.tables.get(leaf.key)) is not None and facts.kind in "rm"
        ]
        found = (
            _by_visibility(context, relation, leaves)
            or _by_indexes_to_come(context, relation, leaves)
            or _by_dead_rows(context, relation, leaves)
        )
        if found is not None:
            yield found


def _by_visibility(context: Context, relation: Relation, leaves: Sequence[TableFacts]) -> Maintain | None:
    behind = [leaf for leaf in leaves if leaf.blocks and _lags(leaf)]
    if not behind:
        return None
    judge = _judged if context.visible is not None else _unjudged
    gaining = judge(context, relation, behind)
    if not gaining:
        return None
    before = [context.weights[n] * one.cost_before for n, one in gaining.items() if one.cost_before is not None]
    after = [context.weights[n] * one.cost_after for n, one in gaining.items() if one.cost_after is not None]
    pages, visible = sum(leaf.bytes >> 13 for leaf in leaves), sum(leaf.visible_blocks for leaf in leaves)
    proof = "planned again as if all were" if before else "which the planner of this server cannot be asked to foresee"
    return Maintain(
        sql=f"VACUUM {relation.sql_name}",
        undo_sql="",
        table=relation.sql_name,
        kind="vacuum",
        reason=f"Only {visible:,} of its {pages:,} pages are known to be all visible, so that scans of indexes alone "
        f"visit the others ({proof}).{_dead(leaves)}",
        cost_before=sum(before) if before else None,
        cost_after=sum(after) if before else None,
        statements=tuple(gaining.values()),
    )


def _lags(leaf: TableFacts) -> bool:
    blocks = leaf.bytes >> 13
    return blocks >= LEAST_BLOCKS and leaf.visible_blocks < VISIBLE * blocks


def _judged(context: Context, relation: Relation, behind: Sequence[TableFacts]) -> dict[int, Affected]:
    """The statements that become cheaper when every page is visible, by number."""
    if context.visible is None:
        return {}
    numbers = context.reading(relation)
    before = {number: context.trials.now(number).cost for number in numbers}
    with context.visible([leaf.key for leaf in behind]):
        after = {number: context.trials.again(number).cost for number in numbers}
    return {
        number: Affected(context.asked[number].statement.id, before[number], after[number])
        for number in numbers
        if after[number] < before[number] * (1 - LEAST_SAVED)
    }


def _unjudged(context: Context, relation: Relation, behind: Sequence[TableFacts]) -> dict[int, Affected]:
    """The statements whose plan spares the table even so."""
    names = {leaf.name for leaf in behind}
    numbers = [number for number in context.reading(relation) if context.trials.again(number).spared & names]
    return dict(zip(numbers, context.unjudged(numbers), strict=True))


def _by_indexes_to_come(context: Context, relation: Relation, leaves: Sequence[TableFacts]) -> Maintain | None:
    """An index that covers a statement is not advised while it would not spare the table: the pages come first."""
    behind = [leaf for leaf in leaves if leaf.blocks and _lags(leaf)]
    numbers = [number for number in context.reading(relation) if context.asked[number].candidates]
    if context.visible is None or not behind or not numbers:
        return None
    without = {n: min(context.trials.now(n).cost, context.trials.best(n).cost) for n in numbers}
    with context.visible([leaf.key for leaf in behind]):
        after = {number: context.trials.best(number).cost for number in numbers}
    gaining = [n for n in numbers if after[n] < without[n] * (1 - LEAST_SAVED_BY_MORE) and without[n] > LEAST_COST]
    if not gaining:
        return None
    most = max(gaining, key=lambda n: context.weights[n] * (without[n] - after[n]))
    pages, visible = sum(leaf.bytes >> 13 for leaf in leaves), sum(leaf.visible_blocks for leaf in leaves)
    return Maintain(
        sql=f"VACUUM {relation.sql_name}",
        undo_sql="",
        table=relation.sql_name,
        kind="vacuum",
        reason=f"Only {visible:,} of its {pages:,} pages are known to be all visible, so that an index with all "
        f"columns of a statement spares no visit to the table. If all were, such an index would bring "
        f"{context.asked[most].statement.label} from a cost of {without[most]:,.0f} to {after[most]:,.0f}: "
        f"ask for indexes again after it.{_dead(leaves)}",
        statements=context.unjudged(gaining),
    )


def _by_dead_rows(context: Context, relation: Relation, leaves: Sequence[TableFacts]) -> Maintain | None:
    if not any(_is_full_of_dead_rows(leaf) for leaf in leaves):
        return None
    return Maintain(
        sql=f"VACUUM {relation.sql_name}",
        undo_sql="",
        table=relation.sql_name,
        kind="vacuum",
        reason=f"Scans pass over rows that are dead, and autovacuum did not come to them.{_dead(leaves)} If that "
        "lasts, look for an old transaction, a replication slot, or autovacuum switched off.",
        statements=context.unjudged(context.reading(relation)),
    )


def _is_full_of_dead_rows(leaf: TableFacts) -> bool:
    counts = leaf.counts
    return counts is not None and counts.dead > max(DEAD * counts.live, LEAST_DEAD)


def _dead(leaves: Sequence[TableFacts]) -> str:
    counts = [leaf.counts for leaf in leaves if leaf.counts is not None]
    dead, live = sum(one.dead for one in counts), sum(one.live for one in counts)
    return f" It has {dead:,} dead rows beside {live:,} live ones." if dead else ""
