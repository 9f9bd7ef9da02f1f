"""dbopt check"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli.command import TABULAR, Format, Run, command
from dbopt.errors import CorruptDocument, FileMissing, UsageError

if TYPE_CHECKING:
    from dbopt.check.baseline import Baseline
    from dbopt.check.evidence import Evidence
    from dbopt.check.gate import Gate
    from dbopt.check.model import Check
    from dbopt.check.sources import Source
    from dbopt.plan.execution import Limits
    from dbopt.postgres.session import Session
    from dbopt.workload.model import Statement, Workload


@dataclass(frozen=True)
class Wanted:
    """The options: with what to compare, and what to ask for beside the verdicts."""

    baseline: Path | None
    snapshot: Path | None
    old_snapshot: Path | None
    migrations: tuple[Path, ...]
    explain_change: bool
    timing: bool
    old_dsn: str | None
    max_time_ms: float | None
    plan_only: bool
    pg_bin: Path | None

    def check(self, run: Run, update: bool) -> None:
        """Refuse what does not go together. Raises UsageError."""
        if self.baseline is None and not (self.migrations or self.old_snapshot):
            raise UsageError(
                "there is nothing to compare with: name a --baseline",
                hint="dbopt check WORKLOAD --baseline baseline.json --update writes the first one",
            )
        if self.baseline is None and update:
            raise UsageError("--update writes the --baseline: name it")
        if self.old_snapshot is not None and self.snapshot is None:
            raise UsageError("--old-snapshot is compared with a --snapshot: name that too")
        if self.explain_change and not (self.migrations or self.old_snapshot):
            raise UsageError("--explain-change needs the former state", hint="name it with --old-snapshot")
        if self.timing and (self.plan_only or (self.snapshot is not None and not run.names_a_server)):
            raise UsageError("--timing runs the statements: name a database with data", hint="--dsn or --db")
        if (self.old_dsn is not None or self.max_time_ms is not None) and not self.timing:
            raise UsageError("--old-dsn and --max-time go with --timing")


def register(app: typer.Typer) -> None:
    @command(app, formats=(*TABULAR, Format.JUNIT, Format.SARIF, Format.GITHUB))
    def check(
        run: Run,
        workload: Annotated[
            str, typer.Argument(metavar="WORKLOAD", help="A file of `dbopt capture`, a .sql file or a folder of them.")
        ],
        baseline: Annotated[
            Path | None, typer.Option("--baseline", metavar="FILE", help="The plans that were accepted last.")
        ] = None,
        snapshot: Annotated[
            Path | None,
            typer.Option("--snapshot", metavar="FILE", help="Plan with a file of `dbopt snapshot`, with no server."),
        ] = None,
        update: Annotated[bool, typer.Option("--update", help="Accept the plans: write the baseline.")] = False,
        migration: Annotated[
            list[Path] | None,
            typer.Option("--migration", metavar="FILE", help="Apply a schema migration to the shadow first."),
        ] = None,
        old_snapshot: Annotated[
            Path | None,
            typer.Option("--old-snapshot", metavar="FILE", help="The state before: to compare with, or to explain."),
        ] = None,
        explain_change: Annotated[
            bool,
            typer.Option("--explain-change", help="Say what moved a plan: schema, statistics, a setting, the version."),
        ] = False,
        timing: Annotated[
            bool, typer.Option("--timing", help="Also run former and present texts in turns, and judge their times.")
        ] = False,
        old_dsn: Annotated[
            str | None,
            typer.Option("--old-dsn", metavar="CONNINFO", help="With --timing: the database before the change."),
        ] = None,
        max_time: Annotated[
            str | None,
            typer.Option("--max-time", metavar="INTERVAL", help="With --timing: time for all runs; default: no limit."),
        ] = None,
        tolerance: Annotated[
            str, typer.Option("--tolerance", metavar="PERCENT", help="By how much cost, blocks and time may grow.")
        ] = "10%",
        ignore: Annotated[
            list[str] | None,
            typer.Option("--ignore", metavar="NAME", help="Leave out statements by name or id, as in 'report_*'."),
        ] = None,
        plan_only: Annotated[
            bool, typer.Option("--plan-only", help="Run no statement where a database is given.")
        ] = False,
        timeout: Annotated[
            str, typer.Option("--timeout", metavar="INTERVAL", help="Time limit per statement; 0: none.")
        ] = "60s",
        pg_bin: Annotated[
            Path | None,
            typer.Option("--pg-bin", metavar="DIR", help="Programs of a PostgreSQL 18 to use, not the packaged ones."),
        ] = None,
    ) -> int:
        """Compare the plans of a workload with a baseline; exit code 1 where one got worse."""
        from dbopt.check.gate import Gate, choose
        from dbopt.check.ignored import without
        from dbopt.output import progress
        from dbopt.plan.execution import Limits
        from dbopt.units import milliseconds, share

        wanted = Wanted(
            baseline,
            snapshot,
            old_snapshot,
            tuple(migration or ()),
            explain_change,
            timing,
            old_dsn,
            milliseconds(max_time) if max_time is not None else None,
            plan_only,
            pg_bin,
        )
        wanted.check(run, update)
        run.spare(workload, baseline, snapshot, old_snapshot, *wanted.migrations)
        limits, allowed = Limits(milliseconds(timeout)), share(tolerance)
        chosen = choose(_workload(run, workload), ignore or ())
        old = _baseline(run, baseline, update)
        compared = None if old is None else without(old, ignore or ())[0]
        for remark in chosen.remarks:
            run.note(remark)
        with progress.bar(quiet=run.quiet) as on_progress:
            gate = Gate(chosen.workload, allowed, on_progress)
            found, present = _checked(run, gate, wanted, limits, compared)
        if update:
            assert baseline is not None  # noqa: S101 - wanted.check() has seen to it
            return _update(run, baseline, old, present, found, ignore or ())
        return _show(run, found)


def _workload(run: Run, path: str) -> Workload:
    """A workload file, or the statements of .sql files."""
    if path == "-" or not (Path(path).is_dir() or path.endswith(".sql")):
        from dbopt.workload import files

        return files.load(path)
    from dbopt.workload import sql_files

    captured = sql_files.capture([path])
    if captured.commands:
        kinds = ", ".join(sorted(set(captured.commands)))
        run.note(f"left out: {len(captured.commands)} utility commands ({kinds}), which are not planned")
    for note in captured.notes:
        run.detail(note)
    return captured.workload


def _baseline(run: Run, path: Path | None, update: bool) -> Baseline | None:
    """The baseline. --update makes one that is missing and replaces one that is damaged; else both are errors."""
    from dbopt.check.gate import load_baseline

    if path is None:
        return None
    try:
        return load_baseline(path)
    except FileMissing:
        if not update:
            raise
    except CorruptDocument as error:
        if not update:
            raise
        run.note(f"written anew: {error.message}")
    return None


# -- planning and comparing -------------------------------------------------------------------------------------------


def _checked(run: Run, gate: Gate, wanted: Wanted, limits: Limits, old: Baseline | None) -> tuple[Check, Baseline]:
    """The verdicts and the present."""
    from dbopt.check.cause import Side
    from dbopt.check.evidence import Evidence

    with _sources(run, wanted, limits) as (former, source):
        before = old
        if before is None and wanted.baseline is None and former is not None:
            before, _ = _observed(run, gate, former)
        present, statements = _observed(run, gate, source)
        before = present if before is None else before
        comparison = gate.compare(before, present, accepted=old is not None)
        found = Evidence(comparison.run(), comparison.pairs, statements)
        if wanted.explain_change and former is not None and former.snapshot and source.snapshot:
            then = Side(former.snapshot, before, former.migration)
            now = Side(source.snapshot, present, source.migration)
            found = replace(found, check=found.explained(then, now, source))
        if wanted.timing and source.session is not None:
            found = replace(found, check=_timed(found, wanted, source.session, limits, gate))
    names = {"baseline": _name(wanted.baseline), "snapshot": _name(wanted.snapshot)}
    return replace(found.check, baseline=names["baseline"], snapshot=names["snapshot"]), present


@contextmanager
def _sources(run: Run, wanted: Wanted, limits: Limits) -> Iterator[tuple[Source | None, Source]]:
    """Where the plans of the former state come from, if one was named, and those of the present."""
    from dbopt.check.sources import Source
    from dbopt.shadow import migration, snapshot
    from dbopt.shadow.take import take

    with ExitStack() as stack:
        taken = snapshot.load(wanted.snapshot) if wanted.snapshot is not None else None
        applied = migration.read(wanted.migrations) if wanted.migrations else None
        session = None
        if taken is None or (run.names_a_server and not wanted.plan_only):
            session = stack.enter_context(run.connect())
            if taken is None and applied is not None:
                taken = take(session, bin_dir=wanted.pg_bin)
        data = None if wanted.plan_only or applied is not None else session
        source = Source(limits, taken, session, data, applied, wanted.pg_bin)
        former = None
        if wanted.old_snapshot is not None:
            former = replace(source, snapshot=snapshot.load(wanted.old_snapshot), data=None, migration=None)
        elif applied is not None:
            former = replace(source, data=None, migration=None)
        yield former, source


def _observed(run: Run, gate: Gate, source: Source) -> tuple[Baseline, Sequence[Statement]]:
    """What is planned, and the statements with the values that they are planned with."""
    with source.observer() as observer:
        completed = gate.completed(observer)
        for remark in observer.remarks:
            run.note(remark)
        return completed.observe(observer), completed.workload.statements


def _timed(found: Evidence, wanted: Wanted, session: Session, limits: Limits, gate: Gate) -> Check:
    from dbopt.check.observe import Observer
    from dbopt.check.timing import time_pairs
    from dbopt.postgres.session import connect

    found = replace(found, statements=gate.completed(Observer(session, session.server_version)).workload.statements)
    with ExitStack() as stack:
        before = session if wanted.old_dsn is None else stack.enter_context(connect(wanted.old_dsn))
        outcomes = time_pairs(
            before,
            session,
            found.timeable(),
            tolerance=gate.tolerance,
            timeout_ms=limits.timeout_ms,
            total_ms=wanted.max_time_ms,
            on_progress=gate.on_progress,
        )
    return found.timed(outcomes)


def _name(path: Path | None) -> str | None:
    return None if path is None else str(path)


# -- what comes of it -------------------------------------------------------------------------------------------------


def _show(run: Run, found: Check) -> int:
    from dbopt.output.check import report

    run.emit(report(found, verbose=run.verbose))
    return found.exit_code


def _update(run: Run, path: Path, old: Baseline | None, present: Baseline, found: Check, ignored: Sequence[str]) -> int:
    """Write the baseline, whole or not at all, and only where something changed."""
    from dbopt import documents
    from dbopt.check.gate import require_plans
    from dbopt.check.update import updated

    require_plans(present)
    update = updated(old, present, found, ignored)
    if old is not None:
        _show(run, found)
    if update.baseline == old:
        run.note(f"{path} stays as it is: nothing changed")
    else:
        documents.write_atomically(path, documents.dump(update.baseline))
        run.note(f"wrote {path}: {update.new} new, {update.changed} changed, {update.removed} removed")
    if update.ignored and found.stale:
        run.note(f"{update.ignored} ignored statements keep plans that the present does not fit: accept them soon too")
    for one in present.statements:
        if one.error:
            run.note(f"{one.label} does not plan, and will be an error in every check: {one.error}")
    return 0
