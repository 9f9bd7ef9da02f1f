"""What several logs tell, as one. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields

from dbopt.workload.model import Logged, LoggedError, LoggedPlan, LogSummary, Statement

_SORTABLE = re.compile(r"\d{4}-\d\d-\d\d[ T]")  # times as logs write them: syslog's months do not sort
_OWN_RULE = ("max_ms", "errors_by_state", "plan")
_SUMS_OF_LOGGED = tuple(field.name for field in fields(Logged) if field.name not in _OWN_RULE)
_SUMS_OF_SUMMARY = tuple(
    field.name for field in fields(LogSummary) if field.name not in ("entries_by_kind", "first", "last")
)


def added(all_: Sequence[Logged]) -> Logged | None:
    """Of one statement: numbers added up, the slowest execution's time and plan. None of none."""
    if len(all_) < 2:
        return all_[0] if all_ else None
    return Logged(
        **{name: sum(getattr(one, name) for one in all_) for name in _SUMS_OF_LOGGED},
        max_ms=max((one.max_ms for one in all_ if one.max_ms is not None), default=None),
        errors_by_state=_errors(error for one in all_ for error in one.errors_by_state),
        plan=_slowest([one.plan for one in all_ if one.plan is not None]),
    )


def _errors(errors: Iterable[LoggedError]) -> tuple[LoggedError, ...]:
    """By sqlstate, with the first message that is known."""
    found: dict[str | None, LoggedError] = {}
    for error in errors:
        known = found.get(error.sqlstate, LoggedError(error.sqlstate, 0, None))
        message = error.message if known.message is None else known.message
        found[error.sqlstate] = LoggedError(error.sqlstate, known.count + error.count, message)
    return tuple(sorted(found.values(), key=lambda one: one.sqlstate or ""))


def _slowest(plans: Sequence[LoggedPlan]) -> LoggedPlan | None:
    return max(plans, key=lambda plan: plan.duration_ms, default=None)


def summary(summaries: Sequence[LogSummary]) -> LogSummary | None:
    """How the logs were read, from the first entry to the last. None of none."""
    if len(summaries) < 2:
        return summaries[0] if summaries else None
    kinds = Counter[str]()
    for one in summaries:
        kinds.update(one.entries_by_kind)
    first = [one.first for one in summaries if one.first is not None]
    last = [one.last for one in summaries if one.last is not None]
    are_sortable = all(_SORTABLE.match(time) for time in (*first, *last))
    return LogSummary(
        **{name: sum(getattr(one, name) for one in summaries) for name in _SUMS_OF_SUMMARY},
        entries_by_kind=dict(sorted(kinds.items())),
        first=(min(first) if are_sortable else first[0]) if first else None,
        last=(max(last) if are_sortable else last[-1]) if last else None,
    )


def rank_of_failed(one: Statement) -> tuple[int, str]:
    """What failed or was cancelled most often comes first."""
    return -(one.log.errors + one.log.cancelled if one.log is not None else 0), one.id
