"""Which changes of an advice helped, told from what was measured before and after. Pure.

A statement is faster or slower by the verdict of `dbopt.timing.compare`. Where that is neither, the blocks of 8 kB
that it touches decide: these do not depend on the machine. A statement that may not be run is judged by the
planner's cost. Sums over statements are of time times weight (calls, where they are known).

- A new index that no plan reads is taken back, and one whose readers did not become faster, or lose more than they
  gain.
- A dropped index comes back where a statement that read it became slower.
- A new index that some reader clearly loses by, for more than a tenth of what the others gain, is taken back on trial:
  what its readers take without it decides whether it is built again. So is one whose work other new indexes could do,
  since its readers read them as well or they are on the same table; where building it again takes long, only if the
  planner promised no reader much of this one alone. One at a time, and each once; built again, it goes for good where
  no plan reads it any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from dbopt.index.advice import StatementCost
from dbopt.timing.compare import compare, keyed
from dbopt.timing.model import Compared, Timing
from dbopt.tune.model import Change, Observation, Use

NOTICEABLE = 1.1  # a change by less is daily life: for costs and blocks, and for what may become slower
FEWER_BLOCKS = 0.9  # a statement that touches so many of its former blocks, and is not slower, became faster
NOT_SLOWER = 1.05
ALLOWED_LOSS = 0.1  # of what an index saves: what it may cost other statements without a trial
QUICK_MS = 60_000  # building an index for so long is no reason to trust the planner
TRUSTED = 1 / 3  # a cost that one index brings down to so little: then the planner need not be right to the point
MORE_BLOCKS = 1.05  # a trial that touches so many more is given up: noise does not move them
BETTER = 0.8  # unless it is clearly faster
CLEARLY_WORSE = 1.25  # so much slower, it is given up whatever it touches


@dataclass(frozen=True)
class Index:
    """An index of the advice that is now created, or dropped. `promised` is what it alone does to statements beside all
    others, by the planner; `table` is that of a new one, `build_ms` what building it takes, None where that is not
    known.
    """

    name: str
    action: Literal["create", "drop"]
    promised: tuple[StatementCost, ...] = ()
    table: str = ""
    build_ms: float | None = None


@dataclass(frozen=True)
class Effect:
    """What became of one statement. `before` and `after` are its fastest run times weight in ms; where it was not run,
    the planner's cost times weight. `blocks` are those of 8 kB that it touches after, times weight; 0 where it was not
    run.
    """

    id: str
    label: str
    outcome: Literal["faster", "slower", "same"]
    before: float
    after: float
    was_run: bool
    read_before: frozenset[str]
    read_after: frozenset[str]
    blocks: float = 0.0

    @property
    def saved(self) -> float:
        return self.before - self.after


def effects(before: Observation, after: Observation, weights: Mapping[str, float]) -> list[Effect]:
    """One for each statement that both observations know, in the order of the first; `weights` are by id."""
    compared = keyed(compare(before.timings, after.timings).statements)
    old, new = keyed(before.timings.statements), keyed(after.timings.statements)
    used, using = keyed(before.uses), keyed(after.uses)
    return [
        _effect(one, (old[key], new[key]), (used[key], using[key]), weights.get(one.id, 1.0))
        for key, one in compared.items()
        if key in old and key in new and key in used and key in using
    ]


def decide(indexes: Sequence[Index], seen: Sequence[Effect], done: Sequence[Change]) -> tuple[Change, ...]:
    """What to do next, after the changes `done`; nothing where all that is left may stay."""
    again = _given_up(done[-1], seen) if done else None
    if again is not None:
        return (again,)
    last = {change.index: change.action for change in done}
    untried = [index for index in indexes if index.name not in last]
    left = [index for index in indexes if last.get(index.name) == "redo" and not concerned(index, seen)]
    needless = tuple(Change(index.name, "undo", why) for index in untried + left if (why := _why_not(index, seen)))
    created = [index for index in untried if index.action == "create"]
    present = [index for index in indexes if index.action == "create" and last.get(index.name) != "undo"]
    return needless or _trial(created, seen) or _doubted(created, seen, present)


def saved_by(index: Index, seen: Sequence[Effect]) -> float | None:
    """What the statements that the index concerns save together; None where none of them was run."""
    found = [effect.saved for effect in concerned(index, seen) if effect.was_run]
    return sum(found) if found else None


def _given_up(last: Change, seen: Sequence[Effect]) -> Change | None:
    """A trial that made things worse is taken back."""
    if last.trial_ms is None:
        return None
    readers_now = [effect for effect in seen if effect.id in last.affected and effect.was_run]
    now, blocks = sum(one.after for one in readers_now), sum(one.blocks for one in readers_now)
    limit = BETTER if blocks > last.trial_blocks * MORE_BLOCKS else CLEARLY_WORSE
    if now <= last.trial_ms * limit:
        return None
    readers = f"its {len(last.affected)} readers" if len(last.affected) > 1 else "its reader"
    return Change(last.index, "redo", f"without it, {readers} took {now / max(last.trial_ms, 0.001):.3g} times as long")


def _trial(indexes: Sequence[Index], seen: Sequence[Effect]) -> tuple[Change, ...]:
    """To take back the index that costs most of what it saves, if that is much."""
    shares = [(share, index) for index in indexes if (share := _lost_share(index, seen)) > ALLOWED_LOSS]
    if not shares:
        return ()
    _, index = max(shares, key=lambda pair: (pair[0], pair[1].name))
    return (_on_trial(index, seen, f"{labels(_losers(index, seen))} became slower by it"),)


def _doubted(indexes: Sequence[Index], seen: Sequence[Effect], present: Sequence[Index]) -> tuple[Change, ...]:
    """To take back the index that is needed least, if it is perhaps not needed at all. `present` are all new ones."""
    left = [(best, index) for index in indexes if (best := _promise(index, seen, present)) > _trusted(index)]
    if not left:
        return ()
    _, index = max(left, key=lambda pair: (pair[0], pair[1].name))
    return (_on_trial(index, seen, "other new indexes do its work: its readers are as fast without it"),)


def _trusted(index: Index) -> float:
    return 0.0 if index.build_ms is not None and index.build_ms <= QUICK_MS else TRUSTED


def _promise(index: Index, seen: Sequence[Effect], present: Sequence[Index]) -> float:
    """To which part of its cost the planner says that the index alone brings the statement that it does most for; 0
    where only this index can have made a statement faster.
    """
    faster = [one for one in concerned(index, seen) if one.outcome == "faster" and one.was_run]
    others = frozenset(one.name for one in present if one.name != index.name)
    has_substitute = any(one.table == index.table for one in present if one.name != index.name)
    if not faster or (not has_substitute and any(not one.read_after & others for one in faster)):
        return 0.0
    ids = {one.id for one in faster}
    parts = [one.cost_after / one.cost_before for one in index.promised if one.id in ids and one.cost_before]
    return min(parts, default=1.0)


def _on_trial(index: Index, seen: Sequence[Effect], why: str) -> Change:
    readers = [effect for effect in concerned(index, seen) if effect.was_run]
    sums = sum(one.after for one in readers), sum(one.blocks for one in readers)
    return Change(index.name, "undo", why, tuple(one.id for one in readers), *sums)


def _lost_share(index: Index, seen: Sequence[Effect]) -> float:
    gained = sum(effect.saved for effect in concerned(index, seen) if effect.outcome == "faster")
    lost = -sum(effect.saved for effect in _losers(index, seen))
    return lost / gained if gained > 0 else 0.0


def _losers(index: Index, seen: Sequence[Effect]) -> list[Effect]:
    found = concerned(index, seen)
    return [one for one in found if one.outcome == "slower" and one.was_run and one.after > one.before * NOTICEABLE]


def _why_not(index: Index, seen: Sequence[Effect]) -> str:
    """Why a change is to be taken back, empty where it is not."""
    found = concerned(index, seen)
    faster = [effect for effect in found if effect.outcome == "faster"]
    slower = [effect for effect in found if effect.outcome == "slower"]
    if index.action == "drop":
        return f"{labels(slower)} became slower without it" if slower else ""
    if not found:
        return "" if _shows_nowhere(index, seen) else "no plan reads it"
    if not faster:
        return f"{labels(found)} did not become faster by it"
    if sum(effect.saved for effect in found if effect.was_run) < 0:
        return f"{labels(slower)} lost more by it than {labels(faster)} gained"
    return ""


def concerned(index: Index, seen: Sequence[Effect]) -> list[Effect]:
    """The statements that read the index: a new one now, a dropped one before."""
    if index.action == "drop":
        return [effect for effect in seen if index.name in effect.read_before]
    return [effect for effect in seen if index.name in effect.read_after]


def _shows_nowhere(index: Index, seen: Sequence[Effect]) -> bool:
    """Whether the index is for statements that were not run, whose plans need not show it: the look-ups of foreign keys
    do not.
    """
    ids = {one.id for one in index.promised}
    advised = [effect for effect in seen if effect.id in ids]
    return bool(advised) and not any(effect.was_run for effect in advised)


def labels(found: Sequence[Effect]) -> str:
    """The first of them by name or id: "a, b, c and 2 more"."""
    names = list(dict.fromkeys(effect.label for effect in found))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


# -- one statement ----------------------------------------------------------------------------------------------------


def _effect(one: Compared, sides: tuple[Timing, Timing], plans: tuple[Use, Use], weight: float) -> Effect:
    old, new = sides
    read = [frozenset(use.indexes) for use in plans]
    ran = _ran(old) and _ran(new)
    if ran:
        earlier, later = _time(old), _time(new)
        outcome = _measured(one, old, new)
    else:
        earlier, later = (use.cost or 0.0 for use in plans)
        outcome = _by_cost(earlier, later)
    touched = weight * _blocks(new) if ran else 0.0
    return Effect(one.id, one.label, outcome, weight * earlier, weight * later, ran, read[0], read[1], touched)


def _ran(timing: Timing) -> bool:
    return timing.median_ms is not None or timing.timeout_ms is not None


def _time(timing: Timing) -> float:
    """The fastest run, which other load on the machine moves least; or the time limit that was hit."""
    return min(timing.runs_ms) if timing.runs_ms else timing.median_ms or timing.timeout_ms or 0.0


def _blocks(timing: Timing) -> float:
    return (timing.shared_hit_blocks or 0.0) + (timing.shared_read_blocks or 0.0)


def _measured(one: Compared, old: Timing, new: Timing) -> Literal["faster", "slower", "same"]:
    if one.verdict in ("faster", "slower"):
        return one.verdict
    fewer = _blocks(new) <= FEWER_BLOCKS * _blocks(old)
    return "faster" if fewer and _time(new) <= NOT_SLOWER * _time(old) else "same"


def _by_cost(before: float, after: float) -> Literal["faster", "slower", "same"]:
    if after * NOTICEABLE < before:
        return "faster"
    return "slower" if before * NOTICEABLE < after else "same"
