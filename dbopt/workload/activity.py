"""Capturing a workload by sampling pg_stat_activity of PostgreSQL 14 to 18: for servers without pg_stat_statements, and
for what it does not know, the waits.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dbopt.errors import FeatureMissing, PrivilegeMissing
from dbopt.postgres.protocol import MOST_PARAMETERS
from dbopt.postgres.session import Session
from dbopt.workload.captured import Captured, notes_on
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.kinds import kind_of
from dbopt.workload.mend import mended
from dbopt.workload.merge import summed
from dbopt.workload.model import Sampling, Source, Statement, Workload
from dbopt.workload.noise import noise
from dbopt.workload.normalise import normalised
from dbopt.workload.observed import literals
from dbopt.workload.parameter_sets import DEFAULT_LIMIT, Set
from dbopt.workload.sampling import Samples, Seen, Tally, estimate, moment, shares
from dbopt.workload.sql import tables_of
from dbopt.workload.statements import grant, texts, why_not

Progress = Callable[[int, int, str], None]


@dataclass
class _Watch:
    """The samples, and what they do not show. `elapsed_ms` is the time that they stand for."""

    samples: Samples = field(default_factory=Samples)
    elapsed_ms: float = 0.0
    hidden: set[int] = field(default_factory=set)
    unknown: set[int] = field(default_factory=set)

    @property
    def interval_ms(self) -> float:
        return self.elapsed_ms / self.samples.count if self.samples.count else 0.0


def capture(
    session: Session,
    *,
    for_ms: float,
    every_ms: float = 100,
    databases: Sequence[str] = (),
    everywhere: bool = False,
    parameters: int = DEFAULT_LIMIT,
    stop: threading.Event | None = None,
    on_progress: Progress | None = None,
) -> Captured:
    """What the sessions of applications run, in the session's database, those named, or `everywhere`: sampled `for_ms`,
    `every_ms`, or until `stop` is set. Calls and times are estimates and have their errors beside them. Statements that
    pg_stat_statements knows have their whole text from there, and the values in the observed texts as parameters.

    Raises PrivilegeMissing where nothing but sessions of other roles was seen and these are not readable.
    """
    wanted = [] if everywhere else sorted(set(databases) or {session.database})
    watch = _watched(session, wanted, for_ms, every_ms, stop or threading.Event(), on_progress)
    if watch.hidden and not watch.samples.tallies:
        raise PrivilegeMissing(
            f"{session.role} may not see what the sessions of other roles run, and there are none of its own",
            hint=grant(session),
        )
    sampling = Sampling(watch.elapsed_ms, watch.interval_ms, watch.samples.count, shares(watch.samples.waits))
    captured_at = datetime.now(UTC).isoformat("T", "seconds")
    source = Source("activity", session.server_version, ",".join(wanted) or None, captured_at, sampling)
    whole, remarks = _whole_texts(session, watch)
    statements, left_out = _statements(session, watch, whole, parameters)
    notes = [*_notes(session, watch, for_ms, statements), *remarks, *notes_on(left_out)]
    return Captured(Workload(source, statements), tuple(notes), left_out=left_out)


# -- watching ---------------------------------------------------------------------------------------------------------


def _watched(
    session: Session,
    databases: Sequence[str],
    for_ms: float,
    every_ms: float,
    stop: threading.Event,
    on_progress: Progress | None,
) -> _Watch:
    """Sample once in every interval. An interval that passed while the server was slow to answer has no sample."""
    watch = _Watch()
    count = max(1, round(for_ms / every_ms))
    start = time.monotonic()
    number = 0
    while number < count:
        due = start + (number + moment(number)) * every_ms / 1000
        if stop.wait(max(0.0, due - time.monotonic())):
            break
        _sample(session, databases, watch)
        if on_progress:
            on_progress(number + 1, count, f"{len(watch.samples.tallies)} statements")
        number = max(number + 1, int((time.monotonic() - start) * 1000 / every_ms))
        watch.elapsed_ms = min(number, count) * every_ms
    watch.samples.finish()
    return watch


def _sample(session: Session, databases: Sequence[str], watch: _Watch) -> None:
    seen = []
    for row in session.rows("workload/sessions", databases=databases):
        if row["hidden"]:
            watch.hidden.add(row["pid"])
        elif row["unknown"]:
            watch.unknown.add(row["pid"])
        elif row["query"] and row["started"] is not None:
            fields = ("pid", "query", "queryid", "runs", "wait", "started", "age_ms", "took_ms", "cut")
            seen.append(Seen(**{name: row[name] for name in fields}))
    watch.samples.add(seen)


# -- the workload -----------------------------------------------------------------------------------------------------


def _running(watch: _Watch) -> list[Tally]:
    return [one for one in watch.samples.tallies.values() if one.samples]


def _whole_texts(session: Session, watch: _Watch) -> tuple[dict[int, str], list[str]]:
    """Of the running statements those that pg_stat_statements knows, and a remark where it is there and of no use."""
    try:
        return texts(session, [one.queryid for one in _running(watch) if one.queryid is not None]), []
    except FeatureMissing:
        return {}, []
    except PrivilegeMissing as error:
        return {}, [f"texts are as pg_stat_activity has them: {why_not(error)}"]


def _statements(
    session: Session, watch: _Watch, whole: Mapping[int, str], parameters: int
) -> tuple[tuple[Statement, ...], Counter[str]]:
    """The statements that were seen running, the dearest first, and how many were left out for which reason."""
    names = frozenset(row["name"] for row in session.rows("workload/catalog_names"))
    found: dict[str, Statement] = {}
    left_out = Counter[str]()
    for tally in _running(watch):
        known = whole.get(tally.queryid or 0)
        reason = noise(known or tally.text, names, truncated=tally.cut and known is None)
        if reason is not None:
            left_out[reason] += 1
            continue
        new = _statement(tally, known, watch.interval_ms, parameters)
        before = found.get(new.id)  # another entry of one statement, as of texts with lists of different length
        found[new.id] = new if before is None else summed(before, new, parameters)
    ordered = sorted(found.values(), key=lambda one: (-(one.total_ms or 0.0), one.id))
    return tuple(ordered), left_out


def _statement(tally: Tally, whole: str | None, interval_ms: float, parameters: int) -> Statement:
    sql = _text(tally, whole)
    numbers = estimate(tally, interval_ms)
    sets = _sets(tally, sql)[-parameters:] if parameters else ()
    return Statement(
        id=fingerprint(sql),
        name=None,
        sql=sql,
        kind=kind_of(sql),
        calls=numbers.calls,
        total_ms=numbers.total_ms,
        mean_ms=numbers.mean_ms,
        parameters=sets,
        tables=tables_of(sql),
        parameters_from="captured" if sets else None,
        samples=tally.samples,
        executions=tally.executions,
        missed=numbers.missed,
        error_ms=numbers.error_ms,
        mean_error_ms=numbers.mean_error_ms,
        waits=shares(tally.waits),
        truncated=tally.cut and whole is None,
    )


def _text(tally: Tally, whole: str | None) -> str:
    """The statement without literals, as pg_stat_statements has it or would have; what was cut is left as it is."""
    if whole is not None or tally.cut:
        return mended(whole or tally.text)
    return normalised(tally.text, most=MOST_PARAMETERS).sql


def _sets(tally: Tally, sql: str) -> tuple[Set, ...]:
    """The values in the observed texts, the slowest last."""
    found = [literals(sql, text) for (text,) in tally.texts.chosen if text is not None]
    return tuple(dict.fromkeys(values for values in found if values))


def _notes(session: Session, watch: _Watch, for_ms: float, statements: Sequence[Statement]) -> Iterator[str]:
    count, interval = watch.samples.count, watch.interval_ms
    yield f"{count} samples, one in {interval:.0f} ms: calls and times are estimates, with standard errors"
    if watch.elapsed_ms < for_ms:
        yield f"ended early, after {watch.elapsed_ms / 1000:.1f} s of {for_ms / 1000:g} s"
    missed = sum(one.missed or 0 for one in statements)
    if missed:
        yield f"of the calls, some {missed} shorter than {2 * interval:.0f} ms were not met by a sample"
    if watch.hidden:
        yield (
            f"not readable: {len(watch.hidden)} x session of another role; pg_read_all_stats is missing"
            f" ({grant(session)})"
        )
    if watch.unknown:
        yield f"not seen: {len(watch.unknown)} x session with track_activities off"
    truncated = sum(one.truncated for one in statements)
    if truncated:
        yield (
            f"without a plan: {truncated} x only the beginning of the text is known; raise track_activity_query_size,"
            " or install pg_stat_statements"
        )
