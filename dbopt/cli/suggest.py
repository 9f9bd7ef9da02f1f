"""dbopt suggest"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli.command import TABULAR, Format, Run, command
from dbopt.cli.planner import Backend, Planner, counted, planner_of
from dbopt.errors import UsageError

if TYPE_CHECKING:
    from dbopt.index.advice import Advice
    from dbopt.index.search import Search
    from dbopt.output.progress import OnProgress
    from dbopt.output.report import Report
    from dbopt.postgres.session import Session
    from dbopt.workload.model import Workload


def register(app: typer.Typer) -> None:
    @command(app, formats=(*TABULAR, Format.SQL, Format.HTML))
    def suggest(
        run: Run,
        workload: Annotated[str, typer.Argument(metavar="WORKLOAD", help="A file of `dbopt capture`; - is stdin.")],
        snapshot: Annotated[
            Path | None,
            typer.Option("--snapshot", metavar="FILE", help="Advise from a file of `dbopt snapshot`, with no server."),
        ] = None,
        what_if: Annotated[
            Backend, typer.Option("--what-if", help="Where to try indexes: a shadow, or HypoPG on the server.")
        ] = Backend.SHADOW,
        budget: Annotated[
            str | None, typer.Option("--budget", metavar="SIZE", help="Storage for new indexes, as in 2GB.")
        ] = None,
        max_columns: Annotated[
            int, typer.Option("--max-columns", min=1, max=8, metavar="N", help="Most key columns of an index.")
        ] = 3,
        max_included: Annotated[
            int, typer.Option("--max-included", min=0, max=31, metavar="N", help="Most columns in an INCLUDE; 0: none.")
        ] = 4,
        max_per_table: Annotated[
            int | None, typer.Option("--max-per-table", min=1, metavar="N", help="Most new indexes of one table.")
        ] = None,
        repeat_keys: Annotated[
            bool,
            typer.Option("--repeat-keys", help="Also indexes that begin like a primary key or another index."),
        ] = False,
        no_drop: Annotated[bool, typer.Option("--no-drop", help="Do not look for indexes to drop.")] = False,
        replica: Annotated[
            list[str] | None,
            typer.Option("--replica", metavar="CONNINFO", help="Count reads of indexes there, too; may be repeated."),
        ] = None,
        sample: Annotated[
            bool, typer.Option("--sample/--no-sample", help="Whether to look at some rows for columns that depend.")
        ] = True,
        pg_bin: Annotated[
            Path | None,
            typer.Option("--pg-bin", metavar="DIR", help="Programs of a PostgreSQL 18 to use, not the packaged ones."),
        ] = None,
        self_check: Annotated[
            bool, typer.Option("--self-check", help="Also compare the shadow's plans with the server's.")
        ] = False,
        explain: Annotated[
            int | None,
            typer.Option("--explain", metavar="N", help="Show item N in full: costs, plans, why no other."),
        ] = None,
        advice: Annotated[
            Path | None,
            typer.Option(
                "--advice", metavar="FILE", help="With --explain: of this file of advice; nothing is planned."
            ),
        ] = None,
        pareto: Annotated[
            bool,
            typer.Option(
                "--pareto",
                help="Show what storage buys: the cost under budgets up to all that helps; the only one with html.",
            ),
        ] = False,
        confirm: Annotated[
            bool, typer.Option("--confirm", help="Plan the advice once more on the server, which needs HypoPG.")
        ] = False,
    ) -> int:
        """Say which indexes help a workload and which are needless, without touching the server."""
        from dbopt.index.advise import advice_of, search
        from dbopt.output import progress
        from dbopt.units import bytes_of
        from dbopt.workload import files

        wanted = _Wanted(explain, advice, pareto, confirm)
        wanted.check_format(run.format)
        wanted.check(budget=budget, replica=replica, snapshot=snapshot, self_check=self_check, what_if=what_if)
        budget_bytes = bytes_of(budget) if budget is not None else None
        asked = files.load(workload)
        if snapshot is not None and (run.dsn or run.db) and not (confirm or self_check):
            run.note("the advice is from the snapshot alone: nothing is asked of the server without --confirm")
        if advice is not None:
            run.emit(_explained_from_file(advice, explain or 0, asked))
            return 0
        with (
            _confirming(run, wanted=confirm) as server,
            planner_of(run, what_if, snapshot, pg_bin, asked if self_check else None) as planner,
            progress.bar(quiet=run.quiet) as on_progress,
        ):
            started = monotonic()
            found = search(
                asked,
                counted(run, planner.catalog, replica or []),
                planner.what_if,
                budget_bytes=budget_bytes,
                max_columns=max_columns,
                max_included=max_included,
                max_per_table=max_per_table,
                repeat_keys=repeat_keys,
                drop=not (no_drop or pareto),
                on_progress=on_progress,
            )
            if pareto:
                run.emit(_curve(found, planner, on_progress))
                return 0
            made = advice_of(
                found,
                drop=not no_drop,
                snapshot_name=planner.snapshot_name,
                memory_bytes=planner.memory_bytes,
                condition=planner.condition if sample else replace(planner.condition, sampler=None),
            )
            # the same input gives the same bytes, so the time is written only where it was asked for
            made = replace(made, elapsed_ms=1000 * (monotonic() - started) if run.verbose else None)
            made = _confirmed(made, found, server)
            report = _report(made, found, explain)
        run.emit(report)
        return _remark_confirmation(run, made)


@dataclass(frozen=True)
class _Wanted:
    """What is to be shown besides the list, and whether these go together."""

    explain: int | None
    advice: Path | None
    pareto: bool
    confirm: bool

    def check_format(self, chosen: Format | None) -> None:
        """Raises UsageError for a format that goes with other options."""
        if (chosen is Format.HTML and not self.pareto) or (chosen is Format.SQL and self.pareto):
            hint = "--pareto has one" if chosen is Format.HTML else "leave out --pareto"
            raise UsageError(f"this command has no {chosen} output", hint=hint)

    def check(self, *, budget: str | None, replica: object, snapshot: object, self_check: bool, what_if: str) -> None:
        """Raises UsageError."""
        wrong = {
            "--snapshot and --self-check go with --what-if shadow": what_if == Backend.HYPOPG
            and (snapshot or self_check),
            "--replica adds to the counts of a server, and --snapshot has none": replica and snapshot,
            "--advice goes with --explain": self.advice and self.explain is None,
            "--advice has been made: there is nothing to confirm": self.advice and self.confirm,
            "--pareto tries all budgets by itself": self.pareto and budget is not None,
            "--pareto goes without --explain and --confirm": self.pareto and (self.explain is not None or self.confirm),
        }
        for message, applies in wrong.items():
            if applies:
                raise UsageError(message)


def _report(advice: Advice, found: Search, number: int | None) -> Report:
    """The list, or one item of it in full."""
    from dbopt.index.explain import explain
    from dbopt.output import advice as output
    from dbopt.output import advice_item

    if number is None:
        return output.report(advice, found.workload)
    return advice_item.report(explain(found, advice, number))


def _explained_from_file(path: Path, number: int, workload: Workload) -> Report:
    from dbopt import documents
    from dbopt.index.advice import Advice
    from dbopt.index.explain import explain_saved
    from dbopt.output import advice_item

    statements = {statement.id: statement for statement in workload.statements}
    return advice_item.report(explain_saved(documents.read(Advice, str(path)), number, statements))


def _curve(found: Search, planner: Planner, on_progress: OnProgress | None) -> Report:
    from dbopt.index.pareto import pareto
    from dbopt.output import pareto as output

    tell = on_progress or (lambda *_: None)
    return output.report(pareto(found, snapshot_name=planner.snapshot_name, on_progress=tell))


@contextmanager
def _confirming(run: Run, *, wanted: bool) -> Iterator[Session | None]:
    """A session on the server, on which the advice can be confirmed: that is known before the search begins."""
    if not wanted:
        yield None
        return
    from dbopt.index.confirm import require

    with run.connect() as session:
        require(session)
        yield session


def _confirmed(advice: Advice, found: Search, server: Session | None) -> Advice:
    if server is None:
        return advice
    from dbopt.index.advise import in_order
    from dbopt.index.confirm import confirm

    return replace(advice, confirmed=confirm(found, advice, in_order(advice, found), server))


def _remark_confirmation(run: Run, advice: Advice) -> int:
    """Say what could not be confirmed. The exit code is 3 where that is everything."""
    from dbopt.index.confirm import is_impossible

    if advice.confirmed is None:
        return 0
    for one in advice.confirmed.failed:
        run.note(f"statement {one.id} does not plan on the server: {one.reason}")
    for index in advice.confirmed.indexes:
        if index.taken is None:
            run.note(f"{index.index} cannot be confirmed: {index.note}")
    return 3 if is_impossible(advice.confirmed) else 0
