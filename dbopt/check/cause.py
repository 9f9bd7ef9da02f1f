"""What changed a plan: one thing at a time is moved from old to new, and the plan is asked for again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from dbopt.check import cause_details
from dbopt.check.baseline import Baseline, Expected
from dbopt.check.model import Cause
from dbopt.shadow import hybrid
from dbopt.shadow.migration import Migration
from dbopt.shadow.snapshot import Snapshot
from dbopt.workload.model import Statement
from dbopt.workload.parameters import FROM_STATISTICS

STATISTICS, QUERY, VERSION = "statistics", "query", "server version"
_ORDER = ("schema", STATISTICS, "settings", QUERY)
_DRAWN_ANEW = (
    "the statistics moved it: they changed, and the values that its parameters are planned with are drawn from them; "
    "planned with the new values, the old state gives this plan too"
)
_AS_NEW = 0.01
"""A cost this close to the new one is the new one."""
_MOVED = 0.10
"""A cost this far from the old one, towards the new, has moved."""

Factors = frozenset[str]
PlanUnder = Callable[[Snapshot, Migration | None, Sequence[Statement]], Sequence[Expected]]
"""Plans statements, in their order, in a shadow of this snapshot with this migration."""


@dataclass(frozen=True)
class Side:
    """The old or the new state: what was planned with, and what was planned. A `migration` belongs to the schema."""

    snapshot: Snapshot
    planned: Baseline
    migration: Migration | None = None


@dataclass(frozen=True)
class Asked:
    """A statement whose plan differs: its text and parameters then and now, and the plans. Where the workload has no
    values for the parameters, both sides have those that the new one was planned with; the old plan may be of others.
    """

    id: str
    old: Statement
    new: Statement
    before: Expected
    after: Expected

    @property
    def has_drawn_values(self) -> bool:
        return self.new.parameters_from == FROM_STATISTICS


def causes(old: Side, new: Side, asked: Sequence[Asked], plan_under: PlanUnder) -> dict[str, Cause]:
    """Why each plan differs, by the statement's id. A shadow is opened for each combination of old and new parts that
    is needed (none where a single part differs), once for all statements. Raises what `plan_under` does.
    """
    trials = _Trials(old, new, plan_under)
    for one in asked:
        trials.want(one, _first(trials.factors(one)))
        trials.want(one, [frozenset()])
    trials.run()
    for one in asked:
        if not _movers(trials, one) and not _needed(trials, one):
            trials.want(one, _pairs(trials.factors(one)))
    trials.run()
    return {one.id: _cause(trials, one) for one in asked}


# -- trials -----------------------------------------------------------------------------------------------------------


@dataclass
class _Trials:
    """Plans under combinations of old and new. A trial is the set of factors that are new."""

    old: Side
    new: Side
    plan_under: PlanUnder
    differing: tuple[str, ...] = ()
    _wanted: dict[tuple[str, Factors], Asked] = field(default_factory=dict)
    _plans: dict[tuple[str, Factors], Expected] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = hybrid.differing(self.old.snapshot, self.new.snapshot)
        if self.old.migration != self.new.migration and "schema" not in found:
            found = ("schema", *found)
        self.differing = found

    @property
    def other_planner(self) -> bool:
        """Whether another major version planned the old side: a shadow, which plans now, may plan it otherwise."""
        return self.old.planned.planner.major != self.new.planned.planner.major

    def _plans_anew(self, one: Asked) -> bool:
        """Whether the old side's plan may be another one when it is asked for now."""
        return self.other_planner or one.has_drawn_values

    def factors(self, one: Asked) -> Factors:
        return frozenset(self.differing) | (frozenset({QUERY}) if one.old.sql != one.new.sql else frozenset())

    def want(self, one: Asked, trials: Iterable[Factors]) -> None:
        for trial in trials:
            known = trial == self.factors(one) or (not trial and not self._plans_anew(one))
            if not known and (one.id, trial) not in self._plans:
                self._wanted[one.id, trial] = one

    def run(self) -> None:
        """Ask for everything that is wanted, shadow by shadow."""
        parts = sorted({tuple(sorted(trial - {QUERY})) for _, trial in self._wanted})
        for part in parts:
            here = {key: one for key, one in self._wanted.items() if tuple(sorted(key[1] - {QUERY})) == part}
            snapshot, migration = self._under(frozenset(part))
            statements = [one.new if self._is_new_text(one, trial) else one.old for (_, trial), one in here.items()]
            self._plans.update(zip(here, self.plan_under(snapshot, migration, statements), strict=True))
        self._wanted.clear()

    def _is_new_text(self, one: Asked, trial: Factors) -> bool:
        return QUERY in trial or one.old.sql == one.new.sql

    def _under(self, trial: Factors) -> tuple[Snapshot, Migration | None]:
        schema, statistics, settings = (self.new if name in trial else self.old for name in _ORDER[:3])
        return hybrid.combined(schema.snapshot, statistics.snapshot, settings.snapshot), schema.migration

    def plan(self, one: Asked, trial: Factors) -> Expected:
        if trial == self.factors(one):
            return one.after
        return self._plans.get((one.id, trial), one.before)

    def has_moved(self, one: Asked, trial: Factors) -> bool:
        """Whether the plan is then the new one rather than the old."""
        return _is_new(self.plan(one, trial), self.plan(one, frozenset()), one.after)


def _is_new(plan: Expected, old: Expected, new: Expected) -> bool:
    if _strategy(old) != _strategy(new):
        return _strategy(plan) == _strategy(new)
    if _strategy(plan) != _strategy(new) or plan.cost is None or old.cost is None or new.cost is None:
        return False
    moved = (plan.cost - old.cost) * (1 if new.cost > old.cost else -1)
    return abs(plan.cost - new.cost) <= _AS_NEW * new.cost or moved > _MOVED * old.cost


def _strategy(plan: Expected) -> str | None:
    return plan.shape or plan.error


def _first(factors: Factors) -> list[Factors]:
    """Each factor alone new, and each alone old."""
    return [trial for name in factors for trial in (frozenset({name}), factors - {name})]


def _pairs(factors: Factors) -> list[Factors]:
    return [frozenset(pair) for pair in combinations(sorted(factors), 2)]


def _movers(trials: _Trials, one: Asked) -> tuple[str, ...]:
    """What alone moves the plan."""
    return tuple(name for name in _ordered(trials.factors(one)) if trials.has_moved(one, frozenset({name})))


def _needed(trials: _Trials, one: Asked) -> tuple[str, ...]:
    """What the plan would not have moved without."""
    factors = trials.factors(one)
    return tuple(name for name in _ordered(factors) if not trials.has_moved(one, factors - {name}))


def _together(trials: _Trials, one: Asked) -> tuple[str, ...]:
    factors = trials.factors(one)
    if needed := _needed(trials, one):
        return needed
    return next((_ordered(pair) for pair in _pairs(factors) if trials.has_moved(one, pair)), _ordered(factors))


def _ordered(factors: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(factors, key=_ORDER.index))


# -- sentences --------------------------------------------------------------------------------------------------------


def _cause(trials: _Trials, one: Asked) -> Cause:
    factors = trials.factors(one)
    if trials.other_planner and _was_new_already(trials, one):
        old, new = (side.planned.planner.major for side in (trials.old, trials.new))
        return Cause((VERSION,), f"the server version moved it: PostgreSQL {old} planned it, and now {new} does")
    if one.has_drawn_values and STATISTICS in factors and _was_new_already(trials, one):
        return Cause((STATISTICS,), _DRAWN_ANEW)
    if not factors:
        return Cause((), "nothing that is known of changed it: was the baseline written with another snapshot?")
    movers = _movers(trials, one)
    moved_by = movers or _together(trials, one)
    message = "; ".join([_sentence(trials, one, movers, moved_by), *_details(trials, one, moved_by)])
    return Cause(moved_by, message + _versions(trials))


def _was_new_already(trials: _Trials, one: Asked) -> bool:
    """Whether what now plans gives the old state the new plan already."""
    then = trials.plan(one, frozenset())
    return _is_new(then, one.before, one.after)


def _sentence(trials: _Trials, one: Asked, movers: Sequence[str], moved_by: Sequence[str]) -> str:
    factors = trials.factors(one)
    rest = [name for name in _ordered(factors) if name not in moved_by]
    names = _listed([_the(name) for name in moved_by])
    if len(factors) == 1:
        return f"{names} moved it: nothing else changed"
    if not movers and len(moved_by) == 1:
        return f"{names} moved it, though not alone: with the old {_plain(moved_by[0])} the plan is still the old one"
    if not movers:
        return f"{names} moved it together: none of them does alone"
    if len(movers) > 1:
        return f"{names} moved it, each of them alone too"
    others = _listed([_the(name) for name in rest])
    if movers[0] in _needed(trials, one):
        return f"{names} moved it: with the old {_plain(movers[0])} and {_new(rest)} the plan is still the old one"
    return f"{names} moved it, and {others} would have moved it without"


def _the(name: str) -> str:
    return "the query's text" if name == QUERY else f"the {name}"


def _plain(name: str) -> str:
    return "text" if name == QUERY else name


def _new(names: Sequence[str]) -> str:
    return f"the new {_listed([_plain(name) for name in names])}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _details(trials: _Trials, one: Asked, moved_by: Sequence[str]) -> list[str]:
    old, new = trials.old, trials.new
    read = one.before.relations | one.after.relations
    found: Mapping[str, Callable[[], str | None]] = {
        "schema": lambda: cause_details.schema(old.snapshot, new.snapshot, new.migration, one.before, one.after),
        "statistics": lambda: cause_details.statistics(old.snapshot, new.snapshot, old.planned, new.planned, read),
        "settings": lambda: cause_details.settings(old.snapshot, new.snapshot),
    }
    details = [found[name]() for name in moved_by if name in found]
    return [detail for detail in details if detail]


def _versions(trials: _Trials) -> str:
    old, new = (side.snapshot.server_version for side in (trials.old, trials.new))
    if old.partition(".")[0] == new.partition(".")[0]:
        return ""
    return f" (the snapshots are of PostgreSQL {old} and {new}; both were planned by the same version)"
