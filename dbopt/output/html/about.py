"""What EXPLAIN says of a plan as a whole: figures above it, and planning, JIT, triggers, settings below. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.output import units
from dbopt.output.html import buffers, methods
from dbopt.output.html.values import Detail, amount, kilobytes, listed, mapping, objects, plain
from dbopt.plan import effort
from dbopt.plan.tree import Plan

_SHOWN = frozenset(("Planning", "Planning Time", "Execution Time", "Triggers", "JIT", "Settings", "Query Text"))
_IDENTIFIERS = frozenset(("Query Identifier",))  # numbers that count nothing


def facts(plan: Plan) -> Iterator[Detail]:
    """The figures that stand above the plan."""
    touched = effort.buffers(plan.root)
    read = touched.shared_read + touched.local_read
    all_blocks = touched.shared_hit + touched.local_hit + read
    compiled = methods.jit_ms(plan.raw)
    candidates = (
        ("execution", units.milliseconds(plan.execution_ms) if plan.execution_ms is not None else ""),
        ("planning", units.milliseconds(plan.planning_ms) if plan.planning_ms is not None else ""),
        ("JIT", units.milliseconds(compiled) if compiled else ""),
        ("rows", units.count(plan.root.total_rows) if plan.root.total_rows is not None else ""),
        ("cost", units.cost(plan.cost)),
        ("buffers", units.blocks(all_blocks) if all_blocks else ""),
        ("read", units.blocks(read) if read else ""),
        ("temporary files", units.blocks(touched.temp_written) if touched.temp_written else ""),
    )
    return ((name, text) for name, text in candidates if text)


def about(plan: Plan, *, brief: bool = False) -> Iterator[Detail]:
    """The rest, by name; in `brief` what took time."""
    if brief:
        return ((name, text) for name, text in (("JIT", methods.jit(plan.raw)), *_triggers(plan)) if text)
    candidates = (
        ("Planning", _planning(plan)),
        ("JIT", methods.jit(plan.raw)),
        *_triggers(plan),
        ("Settings", listed(*(f"{name} = {value}" for name, value in plan.settings.items()))),
        *(
            (name, str(value) if name in _IDENTIFIERS else plain(value))
            for name, value in plan.raw.items()
            if name not in _SHOWN
        ),
    )
    return ((name, text) for name, text in candidates if text)


def _planning(plan: Plan) -> str:
    raw = mapping(plan.raw, "Planning")
    memory = (
        f"{kilobytes(amount(raw, f'Memory {what}'))} of memory {what.lower()}"
        for what in ("Used", "Allocated")
        if f"Memory {what}" in raw
    )
    return listed(buffers.buffers(raw), buffers.times(raw), *memory, by="; ")


def _triggers(plan: Plan) -> Iterator[Detail]:
    for one in objects(plan.raw, "Triggers"):
        name = one.get("Constraint Name") or one.get("Trigger Name") or ""
        on = f" on {one['Relation']}" if "Relation" in one else ""
        took = f"{units.milliseconds(amount(one, 'Time'))} in " if "Time" in one else ""
        yield f"Trigger {name}{on}", f"{took}{units.count(amount(one, 'Calls'))} calls"
