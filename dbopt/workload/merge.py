"""Workloads of several sources as one, statement by statement. Pure.

Each source is taken at its best: calls, times and rows from the one that counts everything, parameters from the one
that saw them. The numbers of two workloads of the same kind are added up: logs of several days, or of two servers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import MISSING, Field, fields, replace
from functools import reduce
from typing import Any

from dbopt.workload import logged
from dbopt.workload.lexer import has_too_many, is_same, parameter_numbers
from dbopt.workload.model import Source, Statement, Workload
from dbopt.workload.observed import literals
from dbopt.workload.parameter_sets import DEFAULT_LIMIT, Set
from dbopt.workload.sampling import added

KIND = "merged"

# the more complete its numbers, the earlier; what is not listed comes last
_BY_COMPLETENESS = ("pg_stat_statements", "export", "logs", "demo", "activity")
_REAL = ("captured", "file", "typed")
_NUMBERS = ("calls", "total_ms", "rows")
_DECIDED = frozenset(
    (*_NUMBERS, "id", "sql", "kind", "mean_ms", "parameters", "parameters_from", "tables", "numbers_from", "log")
)


def merge(workloads: Sequence[Workload], limit: int = DEFAULT_LIMIT) -> Workload:
    """One workload with every statement that is in any of them, the dearest first. A statement keeps up to `limit`
    parameter sets; its text is the one that these fit. What only some sources know (waits, names, ...) is kept, and
    what several logs tell is added up; what failed in one log and ran elsewhere has not only failed. There is at least
    one workload.
    """
    by_kind: dict[str, list[Workload]] = {}
    for workload in workloads:
        by_kind.setdefault(workload.source.kind, []).append(workload)
    found: dict[str, list[tuple[str, Statement]]] = {}
    for kind in sorted(by_kind, key=_rank):
        for one in _added(by_kind[kind], limit):
            found.setdefault(one.id, []).append((one.numbers_from or kind, one))
    merged = [_merged(sorted(same, key=lambda pair: _rank(pair[0])), limit) for same in found.values()]
    merged.sort(key=lambda one: (-(one.total_ms or 0.0), one.id))
    executed = {one.id for workload in workloads for one in workload.statements}
    return Workload(
        _source([workload.source for workload in workloads]),
        tuple(one for one in merged if one.id in executed),
        tuple(sorted((one for one in merged if one.id not in executed), key=logged.rank_of_failed)),
        logged.summary([workload.log for workload in workloads if workload.log is not None]),
    )


def _rank(kind: str) -> tuple[int, str]:
    known = kind in _BY_COMPLETENESS
    return (_BY_COMPLETENESS.index(kind) if known else len(_BY_COMPLETENESS)), kind


def _source(sources: Sequence[Source]) -> Source:
    kinds = [kind for source in sources for kind in (source.merged_from or (source.kind,))]
    databases = {name for source in sources for name in (source.database or "").split(",") if name}
    return Source(
        KIND,
        _newest(source.server_version for source in sources),
        ",".join(sorted(databases)) or None,
        _newest(source.captured_at for source in sources),
        next((source.sampling for source in sources if source.sampling is not None), None),
        tuple(sorted(dict.fromkeys(kinds), key=_rank)),
    )


def _newest(texts: Iterable[str | None]) -> str | None:
    """The last version or time, part by part as numbers where it has such."""
    return max((text for text in texts if text), key=_parts, default=None)


def _parts(text: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in text.split("."))


# -- workloads of one kind --------------------------------------------------------------------------------------------


def _added(workloads: Sequence[Workload], limit: int) -> Iterable[Statement]:
    """Their statements, each once with its numbers added up."""
    found: dict[str, Statement] = {}
    for workload in workloads:
        for one in (*workload.statements, *workload.failed):
            known = found.get(one.id)
            found[one.id] = one if known is None else summed(known, one, limit)
    return found.values()


def summed(one: Statement, other: Statement, limit: int) -> Statement:
    """A statement as two workloads of one kind have it."""
    if one.numbers_from != other.numbers_from:
        return _merged(
            sorted(((s.numbers_from or KIND, s) for s in (one, other)), key=lambda pair: _rank(pair[0])), limit
        )
    first, second = sorted((one, other), key=lambda each: -(each.total_ms or 0.0))
    numbers: dict[str, Any] = {name: _plus(getattr(first, name), getattr(second, name)) for name in _NUMBERS}
    calls, total_ms = numbers["calls"], numbers["total_ms"]
    whole = _filled(first, [second], limit)
    timed = (calls or 0) - (whole.log.untimed_calls if whole.log is not None else 0)
    mean_ms = total_ms / timed if timed and total_ms is not None else first.mean_ms
    if first.samples is not None and second.samples is not None:
        whole = added(whole, second)
    return replace(whole, **numbers, mean_ms=mean_ms)


def _plus(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else one + other


# -- one statement of several kinds -----------------------------------------------------------------------------------


def _merged(same: Sequence[tuple[str, Statement]], limit: int) -> Statement:
    """`same` are the statement's forms with the kinds of their sources, that with the most complete numbers first."""
    kind, best = next((pair for pair in same if pair[1].calls), same[0])
    others = [one for _, one in same if one is not best]
    return replace(_filled(best, others, limit), numbers_from=kind if best.calls is not None else None)


def _filled(best: Statement, others: Sequence[Statement], limit: int) -> Statement:
    """The best one's numbers, the text and values of whichever has real values, and what only others know."""
    statement = reduce(_completed, others, best)
    everyone = [best, *others]
    text, sets, origin = _values(everyone, limit)
    return replace(
        statement,
        sql=text.sql,
        truncated=text.truncated,
        tables=text.tables,
        parameters=sets,
        parameters_from=origin,
        log=logged.added([one.log for one in everyone if one.log is not None]),
    )


def _completed(known: Statement, other: Statement) -> Statement:
    """With the other's value for each field that has none."""
    news = {
        field.name: getattr(other, field.name)
        for field in fields(Statement)
        if field.name not in _DECIDED and field.name != "truncated" and getattr(known, field.name) == _default(field)
    }
    return replace(known, **news)


def _default(field: Field[Any]) -> Any:
    return None if field.default is MISSING else field.default


def _values(everyone: Sequence[Statement], limit: int) -> tuple[Statement, tuple[Set, ...], str | None]:
    """Whose text it is, and the parameter sets that fit it: real values before those made from statistics, whole texts
    before truncated ones, and those before what cannot be sent with values. Texts with literals give values to the text
    with parameters.
    """
    owner = min(everyone, key=_unfit)
    if not owner.truncated and owner.parameters_from not in _REAL:
        read = _read_off(everyone)
        if read is not None:
            return read[0], read[1][:limit], "captured"
    sets = [
        values
        for one in [owner, *everyone]
        if is_same(one.sql, owner.sql) and (one.parameters_from in _REAL) == (owner.parameters_from in _REAL)
        for values in one.parameters
    ]
    return owner, tuple(dict.fromkeys(sets))[:limit], owner.parameters_from


def _unfit(one: Statement) -> tuple[bool, ...]:
    return one.truncated, has_too_many(one.sql), one.parameters_from not in _REAL, not one.parameters


def _read_off(everyone: Sequence[Statement]) -> tuple[Statement, tuple[Set, ...]] | None:
    """A text with parameters, and their values as others have them for literals."""
    for one in everyone:
        if not one.truncated and not has_too_many(one.sql) and parameter_numbers(one.sql):
            found = [literals(one.sql, other.sql) for other in everyone if other is not one]
            sets = tuple(dict.fromkeys(values for values in found if values))
            if sets:
                return one, sets
    return None
