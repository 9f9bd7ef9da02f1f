"""dbopt check"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli.command import Run, command
from dbopt.errors import CorruptDocument, FileMissing, UsageError

if TYPE_CHECKING:
    from dbopt.check.baseline import Baseline
    from dbopt.check.gate import Gate
    from dbopt.check.model import Check
    from dbopt.check.sources import Source
    from dbopt.plan.execution import Limits
    from dbopt.workload.model import Workload


@dataclass(frozen=True)
class Places:
    """Where the plans come from, before and after."""

    baseline: Path | None
    snapshot: Path | None
    old_snapshot: Path | None
    migrations: tuple[Path, ...]
    pg_bin: Path | None
    plan_only: bool

    def check(self, update: bool) -> None:
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


def register(app: typer.Typer) -> None:
    @command(app)
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
            typer.Option("--old-snapshot", metavar="FILE", help="Compare with the plans under this one."),
        ] = None,
        explain_change: Annotated[
            bool,
            typer.Option("--explain-change", help="Say what moved a plan: schema, statistics, a setting, the version."),
        ] = False,
        tolerance: Annotated[
            str, typer.Option("--tolerance", metavar="PERCENT", help="By how much cost and blocks may grow.")
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
        from dbopt.output import progress
        from dbopt.plan.execution import Limits
        from dbopt.units import milliseconds, share

        places = Places(baseline, snapshot, old_snapshot, tuple(migration or ()), pg_bin, plan_only)
        places.check(update)
        chosen = choose(_workload(run, workload), ignore or ())
        for remark in chosen.remarks:
            run.note(remark)
        limits = Limits(milliseconds(timeout))
        with progress.bar(quiet=run.quiet) as on_progress:
            gate = Gate(chosen.workload, share(tolerance), on_progress)
            found, present, old = _compare(run, gate, places, limits, update)
        if update:
            assert baseline is not None  # noqa: S101 - places.check()
            return _update(run, baseline, old, present, found)
        return _show(run, found)


def _workload(run: Run, path: str) -> Workload:
    """A workload file, or the statements of .sql files."""
    from dbopt.workload import files, sql_files

    if path == "-" or not (Path(path).is_dir() or path.endswith(".sql")):
        return files.load(path)
    captured = sql_files.capture([path])
    for note in captured.notes:
        run.detail(note)
    return captured.workload


def _compare(
    run: Run, gate: Gate, places: Places, limits: Limits, update: bool
) -> tuple[Check, Baseline, Baseline | None]:
    """The verdicts, the present, and the baseline if there was one."""
    old = _baseline(run, places.baseline, update)
    with _sources(run, places, limits) as (before, after):
        if before is None:
            present = _observed(run, gate, after)
            found = gate.check(old if old is not None else present, present)
        else:
            compared = _observed(run, gate, before)
            present = _observed(run, gate, after)
            found = gate.check(compared, present)
    return replace(found, baseline=_name(places.baseline), snapshot=_name(places.snapshot)), present, old


def _name(path: Path | None) -> str | None:
    return None if path is None else str(path)


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


@contextmanager
def _sources(run: Run, places: Places, limits: Limits) -> Iterator[tuple[Source | None, Source]]:
    """Where the plans before come from, None where it is the baseline, and those of the present."""
    from dbopt.check.sources import Source
    from dbopt.shadow import migration, snapshot
    from dbopt.shadow.take import take

    with ExitStack() as stack:
        session = None
        if places.snapshot is None or (run.names_a_server and not places.plan_only):
            session = stack.enter_context(run.connect())
        taken = snapshot.load(places.snapshot) if places.snapshot is not None else None
        if taken is None and places.migrations and session is not None:
            taken = take(session, bin_dir=places.pg_bin)
        applied = migration.read(places.migrations) if places.migrations else None
        data = None if places.plan_only else session
        after = Source(limits, taken, session, data, applied, places.pg_bin)
        before = None
        if places.old_snapshot is not None:
            before = replace(after, snapshot=snapshot.load(places.old_snapshot), data=None, migration=None)
        elif applied is not None and places.baseline is None:
            before = replace(after, migration=None)
        yield before, after


def _observed(run: Run, gate: Gate, source: Source) -> Baseline:
    with source.observer() as observer:
        for remark in observer.remarks:
            run.note(remark)
        return gate.observe(observer)


def _show(run: Run, found: Check) -> int:
    from dbopt.output.check import report

    run.emit(report(found, verbose=run.verbose))
    return found.exit_code


def _update(run: Run, path: Path, old: Baseline | None, present: Baseline, found: Check) -> int:
    """Write the baseline, whole or not at all, and only where something changed."""
    from dbopt import documents
    from dbopt.check.gate import require_plans
    from dbopt.check.update import updated

    require_plans(present)
    update = updated(old, present, found)
    if old is not None:
        _show(run, found)
    if update.baseline == old:
        run.note(f"{path} stays as it is: nothing changed")
    else:
        documents.write_atomically(path, documents.dump(update.baseline))
        run.note(f"wrote {path}: {update.new} new, {update.changed} changed, {update.removed} removed")
    failed = [one for one in present.statements if one.error]
    for one in failed:
        run.note(f"{one.label} does not plan, and will be an error in every check: {one.error}")
    return 0
