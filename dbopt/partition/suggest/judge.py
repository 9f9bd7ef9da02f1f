"""Whether a table should be partitioned, from what was tried. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from dbopt.partition.key import Kind, kinds_of
from dbopt.partition.suggest.advice import Obstacle, Proposal, Retention, StatementChange, Tried
from dbopt.partition.suggest.candidates import Wish
from dbopt.partition.suggest.layout import Layout
from dbopt.partition.suggest.obstacles import UNIQUE
from dbopt.partition.suggest.uses import Use
from dbopt.postgres.schema import Relation
from dbopt.units import size_text

LEAST_GAIN = 0.1  # of the statements' cost: less is not worth the change
SMALL_BYTES = 100 * 2**20  # a DELETE of old rows in a smaller table is done in seconds
LEAST_DELETED = 0.01  # of a table's rows, for DELETE statements to count as a wish that old rows go


@dataclass(frozen=True)
class Outcome:
    """A layout that was tried."""

    layout: Layout
    proposal: Proposal

    @property
    def gain(self) -> float:
        before = self.proposal.cost_before
        return 1 - self.proposal.cost_after / before if before else 0.0


@dataclass(frozen=True)
class Verdict:
    verdict: str
    why: str
    reason: str


def proposal(layout: Layout, relation: Relation, changes: Sequence[StatementChange]) -> Proposal:
    """The layout with its costs."""
    weighed = [(1 if one.calls is None else one.calls, one) for one in changes if one.cost_after is not None]
    rows, bytes_ = max(relation.rows, 0.0), relation.bytes
    full = layout.full
    return Proposal(
        control=layout.control,
        strategy=layout.strategy,
        key=layout.kind,
        interval=None if layout.step is None else str(layout.step),
        modulus=len(layout.parts) if layout.strategy == "hash" else None,
        partitions=full,
        partitions_ahead=layout.ahead,
        partitions_kept=layout.kept,
        partitions_expected=layout.filled + layout.ahead,
        partitions_tried=len(layout.all_parts),
        needs_default=layout.needs_default,
        average_rows=round(rows / full),
        average_bytes=round(bytes_ / full),
        largest_bytes=round(bytes_ * layout.largest),
        cost_before=sum(calls * one.cost_before for calls, one in weighed),
        cost_after=sum(calls * (one.cost_after or 0.0) for calls, one in weighed),
        pruning=sum(one.prunes for one in changes),
        faster=sum(one.change == "faster" for one in changes),
        slower=sum(one.change == "slower" for one in changes),
        failing=sum(one.change == "fails" for one in changes),
        unknown=sum(one.change == "unknown" for one in changes),
        statements=tuple(changes),
    )


def retention(relation: Relation, layout: Layout, wish: Wish | None, uses: Sequence[Use]) -> Retention | None:
    """The wish that old rows go by this key, if there is one: somebody's, or that of the workload's DELETE statements
    which choose their rows by the key alone, where these are no small part of the table.
    """
    if layout.strategy != "range":
        return None
    deletes = [use.statement for use in uses if use.deletes_by == {layout.control}]
    counted = [one.rows for one in deletes if one.rows is not None]
    calls = sum(one.calls or 0 for one in deletes)
    deleted = sum(counted) if counted else None
    rows = max(relation.rows, 0.0)
    if wish is not None and Kind(layout.kind or Kind.ID).is_time:
        return Retention(wish.keep, wish.source, round(rows * layout.expired), deleted, calls)
    if deleted is not None and deleted >= LEAST_DELETED * rows:
        return Retention(None, "workload", 0, deleted, calls)
    return None


def best(outcomes: Sequence[Outcome], wished: str | None) -> Outcome:
    """The one by the column that a retention needs, else the one that saves most."""
    ranked = sorted(outcomes, key=lambda one: (_rank(one, wished), one.proposal.cost_after, one.layout.control))
    return ranked[0]


def _rank(outcome: Outcome, wished: str | None) -> int:
    return 0 if wished is not None and (outcome.layout.strategy, outcome.layout.control) == ("range", wished) else 1


def verdict(outcome: Outcome, relation: Relation, wish: Retention | None, min_bytes: int) -> Verdict:
    """Yes for a retention that is worth it, or for statements that prune and gain; else no."""
    made, gain = outcome.proposal, outcome.gain
    if wish is not None:
        return Verdict("yes", "retention", f"{_retention_words(wish, made)}; {_gain_words(made, gain)}")
    if relation.bytes < min_bytes:
        return small(relation, min_bytes)
    if made.pruning and gain >= LEAST_GAIN:
        by_hand = "" if made.strategy == "range" else "; dbopt partition convert is by range only: make a set, and copy"
        return Verdict("yes", "pruning", _gain_words(made, gain) + by_hand)
    if not made.pruning:
        reason = f"no statement would leave out a partition: {_gain_words(made, gain)}"
        return Verdict("no", "no_pruning", reason)
    return Verdict("no", "no_gain", f"too little is won: {_gain_words(made, gain)}")


def _retention_words(wish: Retention, made: Proposal) -> str:
    deleted = ""
    if wish.deleted_rows is not None:
        deleted = f" (the workload deleted {wish.deleted_rows:,} rows in {wish.delete_calls:,} calls)"
    each = f"about {made.average_rows:,} rows for each {made.interval}"
    if wish.keep is None:
        return f"old rows go by DROP TABLE of a partition, {each}, instead of by DELETE{deleted}"
    expired = f", {wish.expired_rows:,} of them now" if wish.expired_rows else ""
    return (
        f"rows older than {wish.keep} go by DROP TABLE of a partition, {each}{expired}, instead of by DELETE{deleted}"
    )


def _gain_words(made: Proposal, gain: float) -> str:
    total = len(made.statements)
    if not total:
        return "the workload has no statement on it"
    parts = [f"{made.pruning} of {total} statements prune"]
    parts += [f"{made.slower} become slower"] if made.slower else []
    parts += [f"{made.failing} fail"] if made.failing else []
    parts += [f"{made.unknown} cannot be judged"] if made.unknown else []
    costs = f"cost {made.cost_before:,.0f} -> {made.cost_after:,.0f} ({-100 * gain:+.1f} %)"
    return f"{', '.join(parts)}; {costs}"


def in_short(outcome: Outcome) -> Tried:
    made = outcome.proposal
    return Tried(made.control, made.strategy, made.interval, made.cost_after, _gain_words(made, outcome.gain))


def small(relation: Relation, min_bytes: int) -> Verdict:
    size, least = size_text(relation.bytes), size_text(min_bytes)
    return Verdict("no", "small", f"it is small: {size} are less than {least} (--min-size)")


def is_small(relation: Relation, min_bytes: int, *, is_wished: bool) -> bool:
    """A wish that old rows go counts for smaller tables, too."""
    return relation.bytes < (min(min_bytes, SMALL_BYTES) if is_wished else min_bytes)


def command(relation: Relation, made: Proposal, obstacles: Sequence[Obstacle]) -> str | None:
    """What would convert the table, for a shell; None for a strategy that conversion does not have."""
    if made.strategy != "range" or made.interval is None:
        return None
    words = ["dbopt", "partition", "convert", relation.sql_name, "--control", made.control, "--interval", made.interval]
    column = relation.column(made.control)
    if made.key is not None and column is not None and made.key != kinds_of(column.type)[0]:
        words += ["--key", made.key]
    if any(one.kind in UNIQUE for one in obstacles):
        words.append("--widen-keys")
    return " ".join(_shell(word) for word in words)


def _shell(word: str) -> str:
    """In double quotes where that suffices, as people write it."""
    quoted = shlex.quote(word)
    return f'"{word}"' if quoted != word and not set(word) & set('"$`\\!') else quoted
