"""dbopt partition convert"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from dbopt.cli import change
from dbopt.cli.change import DryRun, Yes
from dbopt.cli.command import TABULAR, Format, Run, command
from dbopt.cli.partition import conversion
from dbopt.cli.partition.conversion import (
    BatchTime,
    DropOld,
    MaxActive,
    MaxLag,
    MaxLock,
    NoVerify,
    Retries,
    ShortLockTimeout,
    Sleep,
)

if TYPE_CHECKING:
    from dbopt.partition.convert.plan import Wish
    from dbopt.partition.model import Name


def register(app: typer.Typer) -> None:
    @command(app, formats=(*TABULAR, Format.SQL))
    def convert(
        run: Run,
        table: Annotated[str, typer.Argument(metavar="TABLE", help="A table with rows, with or without its schema.")],
        control: Annotated[
            str | None, typer.Option("--control", metavar="COLUMN", help="The column of the partition key.")
        ] = None,
        interval: Annotated[
            str | None,
            typer.Option("--interval", metavar="INTERVAL", help="As in '1 month', or 1000000 for a key of numbers."),
        ] = None,
        key: Annotated[
            str | None,
            typer.Option("--key", metavar="KIND", help="id, epoch-ms, uuidv7, ulid, ...; default: by the type."),
        ] = None,
        strategy: Annotated[
            str | None, typer.Option("--strategy", metavar="range|list|hash", help="Default: range.")
        ] = None,
        values: Annotated[
            list[str] | None,
            typer.Option("--values", metavar="GROUPS", help="Partitions of a list, as in 'eu:de,fr;us:us'."),
        ] = None,
        modulus: Annotated[
            int | None, typer.Option("--modulus", min=1, metavar="N", help="How many partitions by hash.")
        ] = None,
        premake: Annotated[
            int | None, typer.Option("--premake", min=0, metavar="N", help="Partitions ahead; default: 4.")
        ] = None,
        no_default: Annotated[bool, typer.Option("--no-default", help="Without a default partition.")] = False,
        widen_keys: Annotated[
            bool, typer.Option("--widen-keys", help="Add the column to unique keys that lack it: (id) to (id, ts).")
        ] = False,
        attach: Annotated[
            bool,
            typer.Option("--attach", help="Copy nothing: the table itself becomes the first partition, up to a bound."),
        ] = False,
        drop_old: DropOld = False,
        no_verify: NoVerify = False,
        batch_time: BatchTime = "200ms",
        sleep: Sleep = "0ms",
        max_lag: MaxLag = "10s",
        max_active: MaxActive = None,
        dry_run: DryRun = False,
        yes: Yes = False,
        lock_timeout: ShortLockTimeout = "500ms",
        max_lock: MaxLock = "1s",
        retries: Retries = 50,
    ) -> int:
        """Make a table that is in use a partition set, by a copy that is kept up, compared and put in its place.

        A run that was ended early is continued by the same command; dbopt partition undo goes back.
        """
        from dbopt.partition.convert.plan import for_conversion
        from dbopt.partition.read import resolve
        from dbopt.units import milliseconds

        change.check_format(run, dry_run)
        pace = conversion.throttle(batch_time, sleep, max_lag, max_active)
        with run.connect() as session:
            name = resolve(session, table)
            wish = _wish(run, name, (strategy, control, interval, key, values or (), modulus), premake)
            wish = replace(wish, default=not no_default, widen=widen_keys, attach=attach)
            options = conversion.Options(
                "convert",
                pace,
                not no_verify,
                drop_old,
                change.limits(lock_timeout, None, retries),
                milliseconds(max_lock),
                dry_run,
                yes,
            )
            conversion.check_same(session, name, control)
            return conversion.carry_out(run, session, name, options, lambda: for_conversion(session, name, wish))


def _wish(
    run: Run,
    table: Name,
    asked: tuple[str | None, str | None, str | None, str | None, Sequence[str], int | None],
    premake: int | None,
) -> Wish:
    """The options before what the configuration says of the table. Raises UsageError."""
    from dbopt import config
    from dbopt.partition.convert.plan import Wish
    from dbopt.partition.create.options import level_of
    from dbopt.partition.settings import of_table

    own = of_table(config.load(run.config), table)
    return Wish(level_of(own, *asked), own.premake if premake is None else premake)
