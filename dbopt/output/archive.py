"""What `dbopt archive` found and did, for people."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from dbopt.archive.expire import Due, Expired
from dbopt.archive.plan import ArchivePlan, PlannedPolicy, PlannedUnit
from dbopt.archive.policy import Policy
from dbopt.archive.restored import RestoredRows
from dbopt.archive.run import Hooks, Ran
from dbopt.archive.status import PolicyStatus, Status
from dbopt.archive.verify import Verified
from dbopt.output import units
from dbopt.output.report import Column, Report, Table

OnNote = Callable[[str], None]

_MINUTE = re.compile(r"(\d\d:\d\d):\d\d$")


def plan(found: ArchivePlan) -> Report:
    """A table for each policy."""
    return Report(tuple(map(_planned, found.policies)), document=found, sql=script(found))


def script(found: ArchivePlan) -> str:
    """The statements that a run would send; a batch at a time where it says so."""
    return "\n".join(
        f"-- {policy.name}: {_done_to(unit, policy.destination.startswith('schema:'))}\n{joined(unit.statements)}"
        for policy in found.policies
        for unit in policy.units
    )


def joined(statements: Sequence[str]) -> str:
    return "".join(f"{statement.strip().rstrip(';')};\n" for statement in statements)


def remarks(found: ArchivePlan) -> Iterator[str]:
    """What stands in the way, and what is worth knowing."""
    for policy in found.policies:
        for text in (*policy.obstacles, *policy.notes):
            yield f"{policy.name}: {text}"
        if policy.unfinished:
            yield f"{policy.name}: a run was killed; the next one finishes or removes {policy.unfinished} batch(es)"


def question(found: ArchivePlan) -> str:
    """What is about to be done, before somebody is asked."""
    lines = [f"{one.name}: {_sum(one)}" for one in found.policies]
    return "\n".join([*lines, *remarks(found)])


def status(found: Status) -> Report:
    columns = (
        Column("policy"),
        Column("table", wrap=True),
        Column("hot rows", units.count, right=True),
        Column("archived", units.count, right=True),
        Column("size", units.size, right=True),
        Column("boundary"),
        Column("behind"),
        Column("last run", wrap=True),
        Column("next"),
    )
    rows = tuple(
        (
            one.name,
            one.table,
            one.hot_rows,
            one.archived_rows,
            one.bytes,
            _minute(one.boundary),
            one.behind,
            _last(one),
            one.schedule or None,
        )
        for one in found.policies
    )
    shown = len(columns) if any(one.schedule for one in found.policies) else len(columns) - 1
    table = Table(columns[:shown], tuple(row[:shown] for row in rows), styles=tuple(map(_style, found.policies)))
    return Report((table,), document=found)


def ran(done: Sequence[Ran], found: Status) -> Report:
    """What runs did; the document is the status after them."""
    columns = (
        Column("policy"),
        Column("rows", units.count, right=True),
        Column("batches", units.count, right=True),
        Column("size", units.size, right=True),
        Column("time", units.milliseconds, right=True),
        Column("rows/s", units.count, right=True),
        Column("ended"),
    )
    rows = tuple(
        (
            one.policy,
            one.rows,
            one.batches,
            one.bytes,
            one.seconds * 1000,
            round(one.rows / one.seconds) if one.rows and one.seconds else None,
            one.why_quit,
        )
        for one in done
    )
    styles = tuple("red" if one.error else "" for one in done)
    return Report((Table(columns, rows, styles=styles),), document=found)


def failures(done: Sequence[Ran]) -> Iterator[str]:
    """The errors of policies that failed."""
    for one in done:
        if one.error is not None:
            yield f"{one.policy}: {one.error.message}" + (f"\nhint: {one.error.hint}" if one.error.hint else "")


def verified(found: Verified) -> Report:
    columns = (
        Column("policy"),
        Column("batches", units.count, right=True),
        Column("read", units.count, right=True),
        Column("files", units.count, right=True),
        Column("rows", units.count, right=True),
        Column("size", units.size, right=True),
        Column("damaged", units.count, right=True),
    )
    rows = tuple(
        (one.name, one.batches, one.checked, one.files, one.rows, one.bytes, one.damaged) for one in found.policies
    )
    styles = tuple("red" if one.damaged else "" for one in found.policies)
    damage = Table(
        (Column("policy"), Column("batch", right=True), Column("file", wrap=True), Column("problem", wrap=True)),
        tuple((one.policy, one.batch, one.file, one.problem) for one in found.damage),
        title="Damage",
    )
    summary = Table(columns, rows, styles=styles)
    return Report((summary, damage) if damage.rows else (summary,), document=found)


def restored(done: RestoredRows) -> Report:
    columns = (
        Column("policy"),
        Column("table"),
        Column("from"),
        Column("to"),
        Column("rows", units.count, right=True),
        Column("files", units.count, right=True),
        Column("size", units.size, right=True),
    )
    row = (done.policy, done.table, _short(done.lower), _short(done.upper), done.rows, done.files, done.bytes)
    return Report((Table(columns, (row,)),), document=done)


def differences(lost: Sequence[str], gained: Sequence[str]) -> Iterator[str]:
    """How the table differs from what was archived."""
    if lost:
        yield f"the table has no column {', '.join(lost)} any more: those values are not restored"
    if gained:
        yield f"the archive has no column {', '.join(gained)}: they get their defaults"


def expiry(due: Sequence[Due]) -> str:
    """What --expire is about to do."""
    return "\n".join(map(_expiry, due))


def expiry_script(due: Sequence[Due]) -> str:
    """What --expire would change in the ledger; files are named as comments."""
    return "".join(f"{line}\n" for one in due for line in _expiry_lines(one))


def _expiry(one: Due) -> str:
    if not one.policy.destination.is_files:
        return f"{one.policy.name}: {one.rows:,} rows are deleted from the archive table"
    rows = sum(batch.rows or 0 for batch in one.expiring)
    return (
        f"{one.policy.name}: {len(one.expiring)} batches ({rows:,} rows) begin to expire, and are kept until"
        f" {one.until:%Y-%m-%d %H:%M} UTC; the files of {len(one.over)} are removed"
    )


def _expiry_lines(one: Due) -> Iterator[str]:
    change = "UPDATE dbopt.archive_batch SET state = '{}' WHERE id = {};"
    yield from (change.format("expiring", batch.id) for batch in one.expiring)
    for batch in one.over:
        yield from (f"-- remove {path}" for path in batch.paths)
        yield change.format("expired", batch.id)
    yield from joined(one.statements).splitlines()


def expired(found: Expired) -> Report:
    columns = (
        Column("policy"),
        Column("expiring", units.count, right=True),
        Column("removed", units.count, right=True),
        Column("rows", units.count, right=True),
        Column("size", units.size, right=True),
    )
    rows = tuple((one.policy, one.expiring, one.expired, one.rows, one.bytes) for one in found.policies)
    return Report((Table(columns, rows),), document=found)


@contextmanager
def listening(quiet: bool, on_note: OnNote, statistics: bool) -> Iterator[Hooks]:
    """Show how a run goes: a bar on a terminal, else a line for each batch; and in the end where the time went."""
    clock = _Clock()
    with _batches(quiet, on_note) as on_batch:
        yield Hooks(on_note, on_batch, clock.step)
    if statistics:
        for line in clock.lines():
            print(line, file=sys.stderr)


class _Clock:
    """How long the steps took together."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._sums: dict[str, list[float]] = {}

    def step(self, name: str) -> None:
        now = time.monotonic()
        self._sums.setdefault(name, []).append(now - self._last)
        self._last = now

    def lines(self) -> Iterator[str]:
        total = sum(map(sum, self._sums.values())) or 1.0
        yield f"{'step':<12}{'times':>8}{'seconds':>10}{'share':>7}"
        for name, spent in self._sums.items():
            yield f"{name:<12}{len(spent):>8,}{sum(spent):>10.2f}{sum(spent) / total:>7.0%}"


@contextmanager
def _batches(quiet: bool, on_note: OnNote) -> Iterator[Callable[[Policy, int, int], None]]:
    if quiet or not sys.stderr.isatty():
        yield _Lines(on_note)
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("archiving", total=None)
        started = time.monotonic()

        def on_batch(policy: Policy, rows: int, size_bytes: int) -> None:
            rate = rows / max(time.monotonic() - started, 0.001)
            text = f"{policy.name}: {rows:,} rows, {units.size(size_bytes)}, {rate:,.0f} rows/s"
            progress.update(task, description=text)

        yield on_batch


class _Lines:
    """A line for each batch, as a log wants it."""

    def __init__(self, on_note: OnNote) -> None:
        self._on_note, self._before = on_note, dict[str, tuple[int, int]]()

    def __call__(self, policy: Policy, rows: int, size_bytes: int) -> None:
        rows_before, bytes_before = self._before.get(policy.name, (0, 0))
        self._before[policy.name] = rows, size_bytes
        self._on_note(
            f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {policy.name}: {rows - rows_before:,} rows,"
            f" {units.size(size_bytes - bytes_before)}; {rows:,} in all"
        )


def _planned(one: PlannedPolicy) -> Table:
    columns = (
        Column("what", wrap=True),
        Column("how"),
        Column("rows", units.count, right=True),
        Column("size", units.size, right=True),
        Column("batches", units.count, right=True),
        Column("locks", wrap=True),
    )
    rows = tuple((unit.relation, unit.way, unit.rows, unit.bytes, unit.batches, unit.locks) for unit in one.units)
    return Table(columns, rows, title=f"{one.name}: {one.table} to {one.destination}", footer=_sum(one))


def _sum(one: PlannedPolicy) -> str:
    if one.obstacles:
        return "cannot be archived"
    if not one.units:
        return f"nothing to do: no row is older than {one.keep_hot}"
    seconds = f", about {units.duration(one.seconds * 1000)}" if one.seconds is not None else ""
    return f"about {one.rows:,} rows with {one.control} before {_short(one.boundary)}, {units.size(one.bytes)}{seconds}"


def _done_to(unit: PlannedUnit, is_kept: bool) -> str:
    if unit.way == "detach":
        return f"{unit.relation} " + (
            "goes below the archive table" if is_kept else "is exported, verified, detached and dropped"
        )
    return f"old rows of {unit.relation}, in {unit.batches:,} batches, each cut by the control column"


def _last(one: PolicyStatus) -> str:
    run = one.last_run
    if run is None:
        return "never"
    why = f" ({run.why_quit})" if run.why_quit and run.state != "finished" else ""
    return f"{run.started_at[:16].replace('T', ' ')} {run.state}{why}"


def _style(one: PolicyStatus) -> str:
    if one.last_run is not None and one.last_run.state == "failed":
        return "red"
    return "yellow" if one.unfinished or one.problem else ""


def _short(value: str | None) -> str | None:
    """Without microseconds and the zone, which is UTC."""
    return None if value is None else value.removesuffix("+00").split(".")[0]


def _minute(value: str | None) -> str | None:
    """A time without its seconds; a number as it is."""
    return None if value is None else _MINUTE.sub(r"\1", _short(value) or "")
