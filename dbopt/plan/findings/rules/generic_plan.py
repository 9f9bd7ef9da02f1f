"""The generic plan of a prepared statement is far worse for some values than the plan that is made for them, and other
values bring PostgreSQL to take it.

It takes the generic plan where that costs no more than the plans of the first executions did on average, planning
included (choose_custom_plan() in src/backend/utils/cache/plancache.c).
"""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings.context import LEAST_COST, Context
from dbopt.plan.findings.facts import GenericPlans, WithValues
from dbopt.plan.findings.model import Finding
from dbopt.plan.shape import shape

NAME = "generic-plan"
LEAST_FACTOR = 10.0  # so many times the cost of the plan for the values
_PLANNING_COST = 1000 * 0.0025  # for each table and one, as cached_plan_cost() in plancache.c has it


def check(context: Context) -> Iterator[Finding]:
    generic = context.generic
    taken = _taken_after(context, generic) if generic is not None else None
    if generic is None or taken is None:
        return
    worst = max(generic.sets, key=_factor)
    cost = _under_generic(worst)
    if cost is None or _factor(worst) < LEAST_FACTOR or cost < LEAST_COST:
        return
    yield Finding(
        NAME,
        f"a prepared statement's generic plan, {shape(generic.plan)}, costs {cost:,.0f} with the values of parameter "
        f"set {generic.sets.index(worst) + 1}, {_factor(worst):,.0f} times the {worst.custom.cost:,.0f} of a plan "
        f"made for them; PostgreSQL takes it {taken}",
        "Have it planned for its values each time, which costs little beside what it saves; or write two "
        "statements, one for the common values and one for the others.",
        ("SET plan_cache_mode = force_custom_plan",),
    )


def _taken_after(context: Context, generic: GenericPlans) -> str | None:
    """When PostgreSQL takes the generic plan; None where it does not, with these values."""
    mode = context.settings.get("plan_cache_mode", "auto")
    if mode != "auto":
        return "always, by plan_cache_mode" if mode == "force_generic_plan" else None
    tables = sum(1 for node in generic.plan.nodes if node.relation is not None)
    dearest = max(generic.sets, key=lambda one: one.custom.cost, default=None)
    if dearest is None or generic.plan.cost >= dearest.custom.cost + _PLANNING_COST * (tables + 1):
        return None
    return f"after five executions with values such as those of set {generic.sets.index(dearest) + 1}"


def _under_generic(one: WithValues) -> float | None:
    return one.generic.cost if one.generic is not None else None


def _factor(one: WithValues) -> float:
    cost = _under_generic(one)
    return 1.0 if cost is None or one.custom.cost <= 0 else cost / one.custom.cost
