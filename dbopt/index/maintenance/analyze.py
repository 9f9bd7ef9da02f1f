"""Tables whose statistics are missing, or older than most of what changed."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.index.advice import Maintain
from dbopt.index.maintenance.context import Context
from dbopt.index.maintenance.facts import Counts, TableFacts
from dbopt.postgres.schema import Relation

CHANGED = 0.2  # of the rows: twice the share at which autovacuum analyses a table,
LEAST_CHANGED = 1000  # so that it is switched off, or far behind; fewer rows move no plan


def examine(context: Context) -> Iterator[Maintain]:
    for relation, facts in context.tables():
        why = _why(relation, facts)
        if why:
            yield Maintain(
                sql=f"ANALYZE {relation.sql_name}",
                undo_sql="",
                table=relation.sql_name,
                kind="analyze",
                reason=f"{why} What plans cost afterwards depends on the rows, and is not known.",
                statements=context.unjudged(context.reading(relation)),
            )


def _was_analysed_as_loaded(facts: TableFacts, counts: Counts) -> bool:
    """Whether rows were inserted and analysed in one transaction: at its end they count as changed since."""
    same = counts.live == facts.rows and facts.blocks == facts.bytes >> 13
    return same and counts.modified <= counts.inserted


def _why(relation: Relation, facts: TableFacts) -> str:
    if relation.kind == "p":
        if facts.has_statistics is False and facts.rows < 0:
            return (
                "It was never analysed as a whole, which autovacuum never does: it looks at partitions alone. Joins "
                "and groups over several partitions are planned with guesses."
            )
        return ""
    if not facts.bytes:
        return ""
    if facts.has_statistics is False:
        return f"It was never analysed: its {facts.bytes >> 13:,.0f} pages are planned with guesses."
    counts = facts.counts
    if counts is None or counts.modified <= max(CHANGED * max(facts.rows, 0.0), LEAST_CHANGED):
        return ""
    if _was_analysed_as_loaded(facts, counts):
        return ""
    share = f", {counts.modified / facts.rows:.0%} of" if facts.rows > 0 else " of"
    return (
        f"{counts.modified:,} rows changed since it was last analysed{share} the {max(facts.rows, 0):,.0f} it then had."
    )
