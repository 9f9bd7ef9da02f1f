"""Triggers take most of the time of a change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dbopt.plan.findings.context import Context
from dbopt.plan.findings.model import Finding
from dbopt.postgres.identifiers import quoted

NAME = "trigger"
LEAST_SHARE = 0.3  # of the execution
LEAST_MS = 10.0
LEAST_CALLS = 100  # a trigger that is called once is for the statement


def check(context: Context) -> Iterator[Finding]:
    whole = context.plan.execution_ms or 0.0
    for trigger in context.plan.raw.get("Triggers") or ():
        spent = float(trigger.get("Time", 0.0))
        if spent < max(LEAST_MS, LEAST_SHARE * whole) or int(trigger.get("Calls", 0)) < LEAST_CALLS:
            continue
        if "Constraint Name" in trigger:  # what can be done about a foreign key, foreign-key-index says
            continue
        yield Finding(
            NAME,
            f"the trigger {_named(trigger)} took {spent:,.0f} ms of {whole:,.0f} ms in {trigger['Calls']:,} calls",
            "Let it run once for the statement (FOR EACH STATEMENT, with REFERENCING ... TABLE for the changed "
            "rows), or keep it from rows that do not matter by WHEN. Which statements in it are slow, auto_explain "
            "tells with log_nested_statements.",
            (),
            None,
            min(1.0, spent / whole),
        )


def _named(trigger: Mapping[str, Any]) -> str:
    on = f" of {trigger['Relation']}" if trigger.get("Relation") else ""
    return f"{quoted(str(trigger['Trigger Name']))}{on}"
