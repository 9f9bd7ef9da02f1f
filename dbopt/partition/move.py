"""Rows that have piled up in a default partition get partitions of their own, while the table is in use.

A partition cannot be attached while the default holds rows of its range, and rows that were taken out of the default
cannot be seen until it is attached: the two must be one moment. Moving all rows in that moment would keep the table
locked for as long as that takes. So the rows are *copied* first, in batches of blocks that each commit, into tables
that nobody sees, while a trigger on the default writes down what changes. Each batch notes its snapshot, so that of
each change it is known whether the copy has it already. The changes are applied (only then is no changed row there
twice), the copies get their indexes, what changed meanwhile is applied in rounds, and then a short transaction locks
the table, applies the last changes, empties the default by TRUNCATE, which is quick for any number of rows, puts back
what stays in it, and attaches the new partitions, whose bounds a CHECK has proved.

What was weighed: DELETE of the copied rows in that transaction locks the longer the more there are (0.4 seconds of CPU
per million rows on PostgreSQL 15, and a scan of the default for ATTACH), and leaves the default as large as
it was; to detach the default and attach a new one loses what depends on it; DETACH CONCURRENTLY is refused where there
is a default.
The lock lasts a few milliseconds per partition, and as long as it takes to write the rows that stay, and to check
foreign keys of the table, which cannot stand on the copies earlier: they would refuse changes that the table allows.

Like any TRUNCATE, the last step is not for transactions that still look at an older state: it waits until none is
found. A run that was killed leaves the default as it was; the next one drops what it left.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dbopt.errors import LockNotAvailable, QueryFailed, ServerError
from dbopt.partition.change import Change, perform
from dbopt.partition.make import Maker, New
from dbopt.partition.model import Name
from dbopt.postgres.identifiers import SQL, Composable, Identifier, qualified, quoted
from dbopt.postgres.patience import Limits, patiently
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Session

MARK = "dbopt partition maintain: rows under way for "
"""Begins the comment of a table that an ended run may leave; the oid of the set's table follows."""

_ROUNDS = 20
_FEW_CHANGES = 200


@dataclass(frozen=True)
class Manner:
    """How rows are moved: at most some `batch_rows` at a time, with a rest between."""

    batch_rows: int = 10_000
    sleep_ms: float = 0
    limits: Limits = field(default_factory=Limits)
    on_wait: Callable[[str], None] | None = None
    on_batch: Callable[[int, int], None] | None = None  # blocks copied, of how many


@dataclass(frozen=True)
class Moved:
    """Rows that have partitions of their own now, those that stay, and how long the table was locked."""

    rows: int
    staying: int
    locked_ms: float


@dataclass(frozen=True)
class Mover:
    """The statements of one move; `triggers` are the default's own."""

    maker: Maker
    default: Name
    news: tuple[New, ...]
    triggers: tuple[dict[str, str], ...] = ()

    @property
    def names(self) -> dict[str, str]:
        schema, oid = self.maker.set.table.schema, self.maker.oid
        found = {one: qualified(schema, f"dbopt_{one}_{oid}") for one in ("moving", "staying", "changed", "copied")}
        return {**found, "table": str(self.maker.set.table), "default": str(self.default)}

    @property
    def columns(self) -> list[str]:
        return [quoted(name) for name in self.maker.parent["columns"]]

    def begin(self) -> str:
        moving = Name(self.maker.set.table.schema, f"dbopt_moving_{self.maker.oid}")
        return self._render(
            "begin",
            partition_by=self.maker.parent["partition_by"],
            comment=f"{MARK}{self.maker.oid}",
            create=[text for new in self.news for text in self.maker.create(new, moving)],
            news=[str(new.name) for new in self.news],
        )

    def copy(self, first: int, end: int) -> str:
        return self._render("copy", first=first, end=end)

    def settle(self) -> tuple[str, ...]:
        """The indexes of the filled tables."""
        return tuple(text for new in self.news for text in self.maker.index(new.name))

    def apply(self) -> str:
        """By the primary key where there is one, else by the columns of the partition key that are columns."""
        key = self.maker.parent["primary_key"]
        told_by = key or [column.name for column in self.maker.set.key if column.name is not None]
        variants = [False] if key else [False, True] if told_by else [False]
        return self._render("apply", told_by=[quoted(name) for name in told_by], variants=variants)

    def end(self) -> str:
        news = [
            {"name": str(new.name), "attach": self.maker.attach(new), "hand_on": self.maker.hand_on(new)}
            for new in self.news
        ]
        return self._render("end", news=news, triggers=self.triggers)

    def lock(self) -> str:
        return f"LOCK TABLE ONLY {self.maker.set.table}, ONLY {self.default} IN ACCESS EXCLUSIVE MODE"

    def changes(self, blocks: int) -> tuple[Change, ...]:
        """What it does, as a script: one batch in place of many."""
        said = f"rows out of {self.default}"
        return (
            Change(f"{said}: tables for their copies, and a trigger that notes what changes", (self.begin(),)),
            Change(f"{said}: the copy, done in batches of blocks", (self.copy(0, max(blocks, 1)),)),
            Change(f"{said}: what changed", (self.apply(),)),
            *(Change(f"{said}: indexes", (text,), alone=True) for text in self.settle()),
            Change(f"{said}: under the lock", (self.lock(), self.apply(), self.end())),
        )

    def _render(self, step: str, **values: Any) -> str:
        return render(f"partition/moving_{step}.sql", **self.names, columns=self.columns, **values).strip()


def move(session: Session, mover: Mover, rows: int, manner: Manner) -> Moved:
    """Move them. Whatever happens, the default has its rows or the new partitions have them. `rows` are those that the
    default holds, as counted before. Raises ServerError, with nothing left behind.
    """
    limits = manner.limits
    try:
        patiently(limits, lambda: _locked(session, limits, mover.begin()), manner.on_wait)
        _copy(session, mover, rows, manner)
        _catch_up(session, mover, 1)  # a row that was changed may have been copied twice: no unique index yet
        for text in mover.settle():
            session.script(text)
        _catch_up(session, mover, _ROUNDS)
        total, staying = (session.fetch(_count(mover, which))[0]["rows"] for which in ("moving", "staying"))
        locked_ms = patiently(limits, lambda: _end(session, mover, limits), manner.on_wait)
    except BaseException:
        clean(session, mover.maker.set.table.schema, mover.maker.oid, limits)
        raise
    return Moved(total - staying, staying, locked_ms)


def clean(session: Session, schema: str, oid: int, limits: Limits) -> None:
    """Drop what a move needs for itself, if it is there. A connection that was lost leaves it to the next run."""
    names = {one: qualified(schema, f"dbopt_{one}_{oid}") for one in ("moving", "changed", "copied")}
    try:
        perform(session, Change("left over", (render("partition/moving_undo.sql", **names).strip(),)), limits)
    except ServerError:
        if session.is_open:
            raise


def left_over(session: Session) -> list[tuple[str, int]]:
    """The schema and the oid of the set for each move that ended early."""
    return [(row["schema"], row["parent"]) for row in session.rows("partition/left_over", mark=MARK)]


def _locked(session: Session, limits: Limits, text: str) -> None:
    with session.transaction():
        session.script(f"SET LOCAL lock_timeout = {limits.lock_timeout_ms}")
        session.script(text)


def _copy(session: Session, mover: Mover, rows: int, manner: Manner) -> None:
    """Batches of blocks, which hold about as many rows as asked for. The blocks are counted once the trigger is there:
    what comes after them, it notes.
    """
    blocks = session.row("partition/default_obstacles", table=str(mover.default))["blocks"]
    at_once = max(1, round(manner.batch_rows * blocks / max(rows, 1)))
    for first in range(0, blocks, at_once):
        end = min(first + at_once, blocks)
        with session.transaction():
            session.script(mover.copy(first, end))
        if manner.on_batch is not None:
            manner.on_batch(end, blocks)
        if manner.sleep_ms and end < blocks:
            time.sleep(manner.sleep_ms / 1000)


def _catch_up(session: Session, mover: Mover, rounds: int) -> None:
    """Apply changes in rounds until few are left; a table that changes quicker than that is locked for what is left."""
    for _ in range(rounds):
        with session.transaction():
            session.script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            found = session.fetch(_changes(mover))[0]["changes"]
            if found:
                session.script(mover.apply())
        if found < _FEW_CHANGES:
            return


def _end(session: Session, mover: Mover, limits: Limits) -> float:
    """The short transaction; returns its milliseconds with the lock. Raises LockNotAvailable where another session
    still looks at an older state, QueryFailed where the default was emptied meanwhile.
    """
    with session.transaction():
        session.script(f"SET LOCAL lock_timeout = {limits.lock_timeout_ms}")
        session.script(mover.lock())
        begun = time.monotonic()
        if session.rows("partition/old_snapshots"):
            raise LockNotAvailable("a transaction in REPEATABLE READ or with an open cursor still looks at older rows")
        for trigger in ("zz_dbopt_changed", "zz_dbopt_emptied"):
            if not session.row("partition/trigger", table=str(mover.default), trigger=trigger)["is_on"]:
                raise QueryFailed(f"triggers of {mover.default} were disabled meanwhile", hint="run it again")
        if session.fetch(_emptied(mover)):
            raise QueryFailed(f"{mover.default} was emptied by TRUNCATE meanwhile", hint="run it again")
        if session.fetch(_changes(mover))[0]["changes"]:
            session.script(mover.apply())
        session.script(mover.end())
    return 1000 * (time.monotonic() - begun)


def _changes(mover: Mover) -> Composable:
    return _from(mover, "SELECT count(*) AS changes FROM {}", "changed")


def _emptied(mover: Mover) -> Composable:
    return _from(mover, "SELECT true AS emptied FROM {} WHERE first_block IS NULL", "copied")


def _count(mover: Mover, which: str) -> Composable:
    return _from(mover, "SELECT count(*) AS rows FROM {}", which)


def _from(mover: Mover, text: str, which: str) -> Composable:
    name = (mover.maker.set.table.schema, f"dbopt_{which}_{mover.maker.oid}")
    return SQL(text).format(Identifier(*name))
