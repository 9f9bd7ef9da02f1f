"""dbopt partition create"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli import change
from dbopt.cli.change import DryRun, LockTimeout, Retries, Yes
from dbopt.cli.command import TABULAR, Format, Run, command, require_place
from dbopt.cli.partition import shared

if TYPE_CHECKING:
    from dbopt.partition.create.make import Creation
    from dbopt.partition.create.options import Request
    from dbopt.partition.settings import Settings
    from dbopt.postgres.patience import Limits
    from dbopt.postgres.session import Session


def register(app: typer.Typer) -> None:
    @command(app, formats=(*TABULAR, Format.SQL))
    def create(
        run: Run,
        table: Annotated[str, typer.Argument(metavar="TABLE", help="Partitioned, empty, or (with --like) new.")],
        control: Annotated[
            str | None, typer.Option("--control", metavar="COLUMN", help="The column to partition by.")
        ] = None,
        strategy: Annotated[
            str | None, typer.Option("--strategy", metavar="<range|list|hash>", help="Default: range.")
        ] = None,
        interval: Annotated[
            str | None,
            typer.Option(
                "--interval", metavar="I", help='What a partition holds: "1 month", 1000000; default: as now.'
            ),
        ] = None,
        key: Annotated[
            str | None,
            typer.Option(
                "--key",
                metavar="KIND",
                help="What the column holds: epoch-s, epoch-ms, epoch-us, epoch-ns; default: by its type.",
            ),
        ] = None,
        premake: Annotated[
            int | None, typer.Option("--premake", min=0, metavar="N", help="Partitions ahead; default: 4.")
        ] = None,
        start: Annotated[
            str | None,
            typer.Option("--start", metavar="X", help='The oldest: a time (UTC), "6 months" back, or a number.'),
        ] = None,
        values: Annotated[
            list[str] | None,
            typer.Option("--values", metavar="V", help='Partitions of a list: "eu:de,fr;us:us;none:NULL".'),
        ] = None,
        modulus: Annotated[int | None, typer.Option("--modulus", metavar="N", help="How many, by hash.")] = None,
        sub: Annotated[
            list[str] | None,
            typer.Option(
                "--sub",
                metavar="STRATEGY:COLUMN:HOW",
                help='How partitions are cut: "hash:user_id:4", "list:region:eu:de,fr;us:us", "range:at:1 day".',
            ),
        ] = None,
        default: Annotated[
            bool | None,
            typer.Option("--default/--no-default", help="A default partition; default: in new sets, not of hash."),
        ] = None,
        template_table: Annotated[
            str | None,
            typer.Option("--template-table", metavar="T", help="Indexes and storage parameters for partitions."),
        ] = None,
        storage: Annotated[
            list[str] | None,
            typer.Option("--storage", metavar="NAME=VALUE", help="A storage parameter of partitions; may be repeated."),
        ] = None,
        tablespace: Annotated[
            str | None, typer.Option("--tablespace", metavar="T", help="Where partitions are to lie.")
        ] = None,
        like: Annotated[str | None, typer.Option("--like", metavar="OTHER", help="Make TABLE like this one.")] = None,
        flavour: Annotated[
            str | None, typer.Option("--flavour", metavar="<native|pg_partman>", help="Default: native.")
        ] = None,
        partman_version: Annotated[
            str | None,
            typer.Option("--partman-version", metavar="V", help="4.7, 5.2, 5.x; default: the installed one's."),
        ] = None,
        time_encoder: Annotated[
            str | None, typer.Option("--time-encoder", metavar="F", help="pg_partman 5: a time as a key of text.")
        ] = None,
        time_decoder: Annotated[
            str | None, typer.Option("--time-decoder", metavar="F", help="pg_partman 5: the time in a key of text.")
        ] = None,
        take_over: Annotated[bool, typer.Option("--take-over", help="Hand a set's partitions to pg_partman.")] = False,
        undo_script: Annotated[
            Path | None, typer.Option("--undo-script", metavar="FILE", help="Write what takes it back, for psql.")
        ] = None,
        dry_run: DryRun = False,
        yes: Yes = False,
        lock_timeout: LockTimeout = "5s",
        retries: Retries = 5,
    ) -> int:
        """Make a partition set, or the partitions that one lacks, without an extension or for pg_partman.

        What is left out is taken from the section [[partition]] of the configuration, and from the set.
        """
        from dbopt.partition.create.options import Request, flavour_of, level_of, sub_level, version_of

        change.check_format(run, dry_run)
        require_place(undo_script, "--undo-script")
        limits = change.limits(lock_timeout, None, retries)

        def asked(settings: Settings) -> Request:
            own = level_of(settings, strategy, control, interval, key, values or (), modulus)
            return Request(
                table,
                (own, *(sub_level(text) for text in sub or ())),
                premake=settings.premake if premake is None else premake,
                start=start,
                default=default,
                template=template_table,
                tablespace=tablespace,
                storage=tuple(storage or ()),
                like=like,
                flavour=flavour_of(flavour, settings),
                partman_version=version_of(partman_version) if partman_version is not None else None,
                take_over=take_over,
                time_encoder=time_encoder,
                time_decoder=time_decoder,
            )

        with run.connect() as session:
            request = asked(_settings(run, session, table))
            if dry_run:
                return _show(run, session, request, limits, undo_script)
            return _make(run, session, request, limits, undo_script, yes)


def _settings(run: Run, session: Session, table: str) -> Settings:
    from dbopt import config
    from dbopt.partition.read import name_of
    from dbopt.partition.settings import of_table

    return of_table(config.load(run.config), name_of(session, table))


def _show(run: Run, session: Session, request: Request, limits: Limits, undo_script: Path | None) -> int:
    from dbopt.output.report import Report
    from dbopt.partition.create.make import document, nothing, plan

    creation = plan(session, request, will_run=False)
    if not creation.changes:
        run.note(nothing(creation))
    _keep_undo(run, creation, limits, undo_script)
    dataclasses.replace(run, format=Format.SQL).emit(Report(sql=document(creation, limits)))
    return 0


def _make(run: Run, session: Session, request: Request, limits: Limits, undo_script: Path | None, yes: bool) -> int:
    from dbopt.output import partition_create as output
    from dbopt.partition.create import make
    from dbopt.partition.read import name_of

    with make.alone(session, name_of(session, request.table)):
        creation = make.plan(session, request, will_run=True)
        if not creation.changes:
            run.note(make.nothing(creation))
        if not shared.agreed(run, creation.changes, session.database, yes):
            return 0
        _keep_undo(run, creation, limits, undo_script)
        created = make.perform_all(session, creation, limits, run.note)
    run.emit(output.report(created))
    return 0


def _keep_undo(run: Run, creation: Creation, limits: Limits, undo_script: Path | None) -> None:
    from dbopt import documents
    from dbopt.partition.create.make import undo_document

    if undo_script is not None and creation.changes:
        documents.write_atomically(undo_script, undo_document(creation, limits))
        run.note(f"to take it back: psql -v ON_ERROR_STOP=1 -f {undo_script}")
