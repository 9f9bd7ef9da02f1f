"""What a tuning knows: the file format dbopt.tune/1, in which an unfinished one stands on disk, and dbopt.tuned/1, its
result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from dbopt.index.advice import Advice, Maintain, NotAdvised
from dbopt.index.run import Outcome
from dbopt.timing.model import Comparison, Timings

Action = Literal["create", "drop"]
End = Literal["kept", "undone", "unchanged", "failed"]
Stage = Literal["measured", "advised", "applied", "judged", "done"]


@dataclass(frozen=True)
class Use:
    """What the server plans for a statement: the total cost, a mean over its parameter sets, and the indexes that any
    of these plans reads, quoted and qualified; of a partition's index, the one of the partitioned table. `cost` is None
    where it does not plan.
    """

    id: str
    name: str | None
    cost: float | None
    indexes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Observation:
    """A workload as it was measured and planned at one time."""

    timings: Timings
    uses: tuple[Use, ...]


@dataclass(frozen=True)
class Change:
    """Something that is done after the advice was applied: `undo` takes back what the advice did to an index, `redo`
    does it again after all. `trial_ms` is what the statements `affected` took together before a change that is made to
    see what comes of it: time times weight; None for one that needs no trial. `trial_blocks` are the blocks that they
    touched, times weight.
    """

    index: str
    action: Literal["undo", "redo"]
    reason: str
    affected: tuple[str, ...] = ()
    trial_ms: float | None = None
    trial_blocks: float = 0.0


@dataclass(frozen=True)
class State:
    """A tuning on its way. `stage` is the last one that has ended; `changes` are done, `pending` are begun. `asked` is
    a digest of the workload and of the options: what is continued must be the same. `outcomes` are
    what became of the items of the advice when it was applied, in their order.
    """

    SCHEMA: ClassVar[str] = "dbopt.tune/1"
    WRITTEN_BY: ClassVar[str] = "dbopt tune"

    database: str
    asked: str
    undo_file: str
    stage: Stage
    before: Observation
    advice: Advice | None = None
    outcomes: tuple[Outcome, ...] = ()
    after: Observation | None = None
    pending: tuple[Change, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Tuned:
    """What became of one index of the advice. `state` is kept, undone, unchanged (the server had it so before) or
    failed. `saved_ms` is what the statements that read it, or read it before it was dropped, save together: time times
    weight, below zero where they lose; None where that was not measured.
    """

    action: Action
    index: str
    state: End
    reason: str
    sql: str
    undo_sql: str
    size_bytes: int
    saved_ms: float | None
    statements: tuple[str, ...]


@dataclass(frozen=True)
class Tuning:
    """`undo_file` takes back what was kept, None where nothing was changed. `maintain` is advised besides, and was not
    carried out.
    """

    SCHEMA: ClassVar[str] = "dbopt.tuned/1"
    WRITTEN_BY: ClassVar[str] = "dbopt tune --format json"

    server_version: str
    database: str
    undo_file: str | None
    indexes: tuple[Tuned, ...]
    comparison: Comparison
    maintain: tuple[Maintain, ...] = ()
    not_advised: tuple[NotAdvised, ...] = ()

    @property
    def kept(self) -> tuple[Tuned, ...]:
        return tuple(one for one in self.indexes if one.state == "kept")
