"""What became of each index of an advice, and why. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dbopt.index.advice import CreateAdvice, DropAdvice
from dbopt.index.run import Outcome
from dbopt.tune import judge
from dbopt.tune.judge import Effect, Index
from dbopt.tune.model import Change, End, Tuned


def tuned(
    entry: CreateAdvice | DropAdvice,
    index: Index,
    outcome: Outcome,
    changes: Sequence[Change],
    seen: Sequence[Effect],
    *,
    ours: bool,
) -> Tuned:
    """The end of one item; `ours`: this run carried it out, or a part of it before it was killed."""
    state, reason = _end(index, outcome, changes, seen, ours=ours)
    kept = state == "kept"
    return Tuned(
        action=index.action,
        index=index.name,
        state=state,
        reason=reason,
        sql=entry.sql,
        undo_sql=entry.undo_sql,
        size_bytes=entry.size_bytes if outcome.size_bytes is None else outcome.size_bytes,
        saved_ms=judge.saved_by(index, seen) if kept else None,
        statements=tuple(effect.id for effect in judge.concerned(index, seen)) if kept else (),
    )


def _end(
    index: Index, outcome: Outcome, changes: Sequence[Change], seen: Sequence[Effect], *, ours: bool
) -> tuple[End, str]:
    if outcome.state == "failed":
        return "failed", outcome.remark
    if not ours:
        return "unchanged", outcome.remark
    own = [change for change in changes if change.index == index.name]
    if not own:
        return "kept", _why(index, seen)
    return ("undone" if own[-1].action == "undo" else "kept"), own[-1].reason


def _why(index: Index, seen: Sequence[Effect]) -> str:
    if index.action == "drop":
        return "no statement became slower without it"
    faster = [effect for effect in judge.concerned(index, seen) if effect.outcome == "faster"]
    if not faster:
        return "what it is for was not run, and shows in no plan"
    run = "" if any(effect.was_run for effect in faster) else ", by the planner's cost: it was not run"
    return f"{judge.labels(faster)} became faster{run}"
