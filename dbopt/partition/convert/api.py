"""`partition convert` and `partition undo`: begin, or go on where an earlier run was ended."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

from dbopt.errors import NothingToDo, UsageError
from dbopt.partition.convert import ledger
from dbopt.partition.convert.abandon import abandon
from dbopt.partition.convert.attaching import Attacher
from dbopt.partition.convert.copying import Converter
from dbopt.partition.convert.ledger import Conversion
from dbopt.partition.convert.plan import Plan, start
from dbopt.partition.convert.work import Manner
from dbopt.partition.model import Name
from dbopt.postgres.patience import patiently
from dbopt.postgres.session import Session

_KINDS = {"convert": "p", "undo": "r"}
_STATES = {"convert": "converted", "undo": "undone"}


@dataclass(frozen=True)
class Converted:
    """What became of a table. `state` is converted, undone or abandoned; `former` the table that it was, None where it
    was dropped or there was none; `verified_rows` is null where rows were not compared.
    """

    SCHEMA: ClassVar[str] = "dbopt.conversion/1"
    WRITTEN_BY: ClassVar[str] = "dbopt partition convert --format json"

    server_version: str
    database: str
    table: str
    state: str
    partitions: int
    copied_rows: int
    verified_rows: int | None
    former: str | None
    elapsed_ms: float


def unfinished(session: Session, table: Name, direction: str) -> Conversion | None:
    """What an earlier run of this direction left. Raises UsageError where it was the other direction."""
    found = ledger.newest(session, table)
    if found is None or found.stage == ledger.DONE:
        return None
    if found.direction != direction:
        hint = f"dbopt partition {found.direction} {table} goes on with it"
        raise UsageError(f"{table} has an unfinished {found.direction}", hint=hint)
    return found


def done(session: Session, table: Name, direction: str) -> Converted | None:
    """What an earlier run of this direction made of the table, if the table still is that."""
    found = ledger.newest(session, table)
    kind = session.row("partition/table", table=str(table))["kind"]
    if found is None or (found.stage, found.direction) != (ledger.DONE, direction) or kind != _KINDS[direction]:
        return None
    return _result(session, found, _STATES[direction], None, time.monotonic())


def begin(session: Session, direction: str, manner: Manner, plan: Plan) -> Conversion:
    """Make the new table, empty, and write down that it is begun. Raises ServerError, with nothing done."""
    return patiently(manner.limits, lambda: start(session, plan, direction, manner.limits.lock_timeout_ms))


def carry_out(session: Session, begun: Conversion, manner: Manner) -> Converted:
    """Go on with a conversion until it is done. Raises Obstructed, ServerError."""
    began = time.monotonic()
    ended = {"copy": Converter, "attach": Attacher}[begun.way](session, begun, manner).run()
    former = None if manner.drop_old or ended.way == "attach" else str(ended.old)
    return _result(session, ended, _STATES[ended.direction], former, began)


def give_up(session: Session, table: Name, manner: Manner) -> Converted:
    """Throw an unfinished conversion away. Raises NothingToDo where there is none, or it cannot be any more."""
    began = time.monotonic()
    found = ledger.newest(session, table)
    if found is None or found.stage == ledger.DONE:
        raise NothingToDo(f"{table} has no unfinished conversion")
    if found.is_swapped:
        raise NothingToDo(
            f"the new {table} is in its place already",
            hint=f"dbopt partition {found.direction} {table} finishes it; undo then goes back",
        )
    abandon(session, found, manner.limits)
    return _result(session, found, "abandoned", None, began)


def _result(session: Session, done: Conversion, state: str, former: str | None, began: float) -> Converted:
    return Converted(
        server_version=session.server_version,
        database=session.database,
        table=str(done.table),
        state=state,
        partitions=len(done.target.parts),
        copied_rows=done.copied_rows,
        verified_rows=done.verified_rows,
        former=former,
        elapsed_ms=(time.monotonic() - began) * 1000,
    )
