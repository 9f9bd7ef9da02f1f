"""Compiling expressions takes more time than it can save."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.plan.findings.context import Context
from dbopt.plan.findings.model import Finding

NAME = "jit"
LEAST_SHARE = 0.25  # of the execution: what is left would have to run a third faster, which it hardly ever does
LEAST_MS = 20.0


def check(context: Context) -> Iterator[Finding]:
    compiled = context.plan.raw.get("JIT") or {}
    spent = float((compiled.get("Timing") or {}).get("Total", 0.0)) / _processes(context)
    whole = context.plan.execution_ms or 0.0
    if spent < LEAST_MS or spent < LEAST_SHARE * whole:
        return
    cost, limit = context.plan.cost, context.number("jit_above_cost", 100_000)
    yield Finding(
        NAME,
        f"compiling {compiled.get('Functions', 0)} functions took {spent:,.0f} ms of {whole:,.0f} ms: the plan's "
        f"cost of {cost:,.0f} is above jit_above_cost, {limit:,.0f}",
        "Switch JIT off for the sessions or the role that run this statement, or raise jit_above_cost. Where the "
        "cost is far too high because rows are misjudged, mend that first.",
        ("SET jit = off",),
        None,
        min(1.0, spent / whole) if whole else None,
    )


def _processes(context: Context) -> int:
    """The time is the sum over the leader and its workers, which compile at the same time."""
    launched = [int(node.raw.get("Workers Launched", 0)) for node in context.plan.nodes]
    return 1 + max(launched, default=0)
