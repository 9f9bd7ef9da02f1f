"""B-trees that are far larger than they would be if they were built now.

After random inserts pages are half to fully filled: right after a wave of splits an index is 1.8 times as large as a
fresh one, whose pages are filled to 90 %, and that is not bloat: the next inserts fill it. The estimate of a fresh one
is within 15 % on the data that it was tested with. So less than LEAST_SHARE of excess is never called bloat; and unless
deletes and updates that left dead entries are counted, less than LEAST_SHARE_UNSEEN.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dbopt.errors import FeatureMissing
from dbopt.index.advice import Affected, Maintain
from dbopt.index.existing import as_new
from dbopt.index.maintenance.context import Context
from dbopt.index.maintenance.facts import BtreeFacts, Counts
from dbopt.index.redundancy import enforces
from dbopt.index.size import BLOCK_SIZE, Attribute, btree_blocks
from dbopt.postgres.identifiers import qualified
from dbopt.postgres.schema import ExistingIndex

LEAST_SHARE = 0.47
LEAST_SHARE_UNSEEN = 0.6
LEAST_BYTES = 8 << 20  # 8 MB: less is read in milliseconds and lost in any cache
DEAD_ENTRIES = 0.2  # of the rows, deleted or updated and not HOT: fewer leave no such excess
WIDEST = 400  # bytes of a key: wider ones are compressed, by how much is not known
KNOWN_VALUES = 1000  # as many different values ANALYZE counts well; of more, its count is far too low at times


def examine(context: Context) -> Iterator[Maintain]:
    gone = set(context.trials.hidden)
    indexes = {(index.schema, index.name): index for index in context.catalog.indexes}
    for btree in context.facts.btrees:
        index = indexes.get((btree.schema, btree.name))
        relation = context.catalog.find(*btree.table)
        if index is None or relation is None or index.sql_name in gone:
            continue
        facts = context.facts.tables.get(btree.table)
        rows = _rows(btree, facts.rows if facts else 0.0, facts.blocks if facts else 0, relation.bytes)
        fresh = fresh_bytes(btree, rows)
        if fresh is None or not is_bloated(btree.bytes, fresh, facts.counts if facts else None, rows):
            continue
        yield _advice(context, index, btree, fresh, rows)


def fresh_bytes(btree: BtreeFacts, rows: float) -> int | None:
    """Bytes of the index if it were built now, rather too many; None where that cannot be told."""
    if rows < 1 or any(_is_unknown(attribute) for attribute in btree.attributes):
        return None
    shares = btree.deduplicates and all(_is_counted(attribute) for attribute in btree.attributes)
    blocks = btree_blocks(
        rows,
        btree.attributes,
        is_unique=btree.is_unique,
        deduplicates=shares,
        fillfactor=btree.fillfactor,
    )
    return blocks * BLOCK_SIZE


def is_bloated(actual: int, fresh: int, counts: Counts | None, rows: float) -> bool:
    """Whether the excess is beyond what splits and the estimate's error explain."""
    seen = counts is not None and counts.deleted + counts.updated - counts.updated_hot >= DEAD_ENTRIES * rows
    return actual - fresh > max(LEAST_BYTES, (LEAST_SHARE if seen else LEAST_SHARE_UNSEEN) * actual)


def _is_unknown(attribute: Attribute) -> bool:
    width = attribute.length if attribute.length > 0 else attribute.avg_width
    return not 0 < width <= WIDEST


def _is_counted(attribute: Attribute) -> bool:
    """Whether so much is known of its different values that deduplication can be foreseen."""
    return 0 < attribute.n_distinct <= KNOWN_VALUES or attribute.n_distinct == -1


def _rows(btree: BtreeFacts, table_rows: float, table_blocks: int, table_bytes: int) -> float:
    """Entries by now: those when pg_class was last told, and as many more as the table has grown since."""
    if btree.rows < 0 or table_rows < 0 or not table_blocks:
        return 0.0
    return max(btree.rows, 0.0) * max(table_bytes / BLOCK_SIZE / table_blocks, 1.0)


def _advice(context: Context, index: ExistingIndex, btree: BtreeFacts, fresh: int, rows: float) -> Maintain:
    judged = _judged(context, index)
    names = {btree.name}
    numbers = [n for n in range(len(context.asked)) if names & context.trials.now(n).indexes]
    return Maintain(
        sql=f"REINDEX INDEX CONCURRENTLY {index.sql_name}",
        undo_sql="",
        table=qualified(*btree.table),
        kind="reindex",
        reason=f"{index.sql_name} takes {btree.bytes >> 20:,} MB; built now for its {rows:,.0f} rows it would take "
        f"about {fresh >> 20:,} MB, by an estimate that may be 15 % off: {1 - fresh / btree.bytes:.0%} of it is empty "
        "room or dead entries.",
        cost_before=_sum(context, {n: one.cost_before for n, one in judged.items()}),
        cost_after=_sum(context, {n: one.cost_after for n, one in judged.items()}),
        statements=tuple(judged.values()) or context.unjudged(numbers),
    )


def _sum(context: Context, costs: Mapping[int, float | None]) -> float | None:
    """Costs of statements by number, weighted; None where there are none."""
    return sum(context.weights[number] * (cost or 0.0) for number, cost in costs.items()) if costs else None


def _judged(context: Context, index: ExistingIndex) -> dict[int, Affected]:
    """The statements that read the index, planned with a fresh one in its place, by number; none where that cannot be
    asked, as of one on whose uniqueness plans rely.
    """
    trials = context.trials
    if enforces(index) or index.options:
        return {}
    fresh = as_new(index)
    try:
        refused = trials.what_if.prepare([fresh])
        changed = trials.without([index], frozenset((fresh,))) if not refused else {}
    except FeatureMissing:
        return {}
    return {
        number: Affected(context.asked[number].statement.id, trials.now(number).cost, planned.cost)
        for number, planned in sorted(changed.items())
        if index.name in trials.now(number).indexes and planned.cost <= trials.now(number).cost
    }
