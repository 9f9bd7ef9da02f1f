"""Plans for people: a tree with the expensive nodes marked, and a table over a workload."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbopt.output import findings
from dbopt.output.report import Column, Report, Table
from dbopt.output.units import cost, count, factor, milliseconds, one_line, percent, size
from dbopt.plan import effort
from dbopt.plan.effort import Effort
from dbopt.plan.explain import Explained, Plans
from dbopt.plan.tree import Node, Plan
from dbopt.postgres.identifiers import qualified, quoted

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text
    from rich.tree import Tree

_HOT, _WARM = 0.5, 0.2  # share of the whole plan from which a node is marked
_WRONG = 10.0  # estimates off by less are daily life


@dataclass(frozen=True)
class Line:
    """One node as it is drawn. `share` is the node's own part of the plan's time, or of its cost where nothing was
    measured.
    """

    depth: int
    title: str
    share: float
    self_ms: float | None
    self_cost: float
    rows: float | None
    planned_rows: float
    misjudged: float | None
    remarks: tuple[str, ...]
    conditions: tuple[str, ...]
    executed: bool


def report(plans: Plans) -> Report:
    """A table over the workload first, then one per plan; on a terminal the trees, then the table."""
    tables = [_summary(plans), *(table for one in plans.statements for table in _tables(one))]
    if len(plans.statements) == 1 and plans.statements[0].plan is not None:
        tables = tables[1:]
    return Report(tables=tuple(tables), document=plans, html=lambda: _page(plans), terminal=lambda: _drawn(plans))


def _page(plans: Plans) -> str:
    from dbopt.output.html.explained import html

    return html(plans)


def lines(plan: Plan) -> list[Line]:
    """The nodes of a plan, parents first."""
    efforts = effort.of(plan)
    measured = any(one.self_ms for one in efforts)
    whole = sum((one.self_ms or 0.0) if measured else one.self_cost for one in efforts) or 1.0
    drawn = []
    for depth, node in _depths(plan.root):
        own = efforts[node.number]
        part = (own.self_ms or 0.0) if measured else own.self_cost
        drawn.append(_line(depth, node, own, part / whole))
    return drawn


def title(node: Node) -> str:
    """What the node does, on what."""
    words = (f"{node.subplan_name}:" if node.subplan_name else "", kind(node), target(node))
    return " ".join(word for word in words if word)


def kind(node: Node) -> str:
    """What the node does: Parallel Hash Join (Semi)."""
    return " ".join(_kind(node))


def target(node: Node, *, schema: bool = True) -> str:
    """On what it does it: using orders_pkey on public.orders o."""
    words = [f"using {quoted(node.index)}" if node.index else ""]
    if node.relation:
        name = qualified(node.schema, node.relation) if node.schema and schema else quoted(node.relation)
        words.append(f"on {name}" + (f" {quoted(node.alias)}" if node.alias and node.alias != node.relation else ""))
    words.append(str(node.raw.get("CTE Name") or node.raw.get("Function Name") or ""))
    return " ".join(word for word in words if word)


def _kind(node: Node) -> Iterator[str]:
    raw = node.raw
    if raw.get("Parallel Aware"):
        yield "Parallel"
    yield str(raw.get("Operation") or node.node_type)
    if raw.get("Join Type", "Inner") != "Inner":
        yield f"({raw['Join Type']})"
    if raw.get("Strategy") in ("Hashed", "Mixed"):
        yield f"({raw['Strategy'].lower()})"
    if raw.get("Partial Mode", "Simple") != "Simple":
        yield f"({raw['Partial Mode'].lower()})"
    if raw.get("Scan Direction") == "Backward":
        yield "backward"


def _line(depth: int, node: Node, own: Effort, share: float) -> Line:
    off = effort.misjudged(node, own)
    return Line(
        depth=depth,
        title=title(node),
        share=share,
        self_ms=own.self_ms,
        self_cost=own.self_cost,
        rows=node.total_rows,
        planned_rows=node.plan_rows * max(1, node.loops or 1),
        misjudged=off if off is not None and off >= _WRONG else None,
        remarks=tuple(_remarks(node, own)),
        conditions=tuple(f"{name}: {text}" for name, text in conditions(node).items()),
        executed=node.loops != 0,
    )


def _remarks(node: Node, own: Effort) -> Iterator[str]:
    if node.loops == 0:
        yield "never executed"
    if (node.loops or 0) > 1:
        yield f"{count(node.loops or 0)} loops"
    if node.rows_removed:
        yield f"{count(node.rows_removed)} rows read for nothing"
    if node.spilled:
        yield f"spilled to disk ({size(node.spilled_kb * 1024)})" if node.spilled_kb else "spilled to disk"
    if own.self_buffers.shared_read:
        yield f"{size(own.self_buffers.shared_read * 8192)} read"
    if node.raw.get("Lossy Heap Blocks"):
        yield "bitmap lossy: work_mem is small"
    if "Workers Launched" in node.raw and node.raw["Workers Launched"] < node.raw.get("Workers Planned", 0):
        yield f"{node.raw['Workers Launched']} of {node.raw['Workers Planned']} workers"


def conditions(node: Node) -> dict[str, str]:
    """What decides about rows, and their order, by EXPLAIN's name for it."""
    found = dict(node.conditions)
    for name in ("Sort Key", "Group Key"):
        if node.raw.get(name):
            found[name] = ", ".join(str(key) for key in node.raw[name])
    return found


def _depths(node: Node, depth: int = 0) -> Iterator[tuple[int, Node]]:
    yield depth, node
    for child in node.children:
        yield from _depths(child, depth + 1)


# -- tables ------------------------------------------------------------------------------------------------------------


def _summary(plans: Plans) -> Table:
    columns = (
        Column("id"),
        Column("name"),
        Column("cost", cost, right=True),
        Column("time", milliseconds, right=True),
        Column("most expensive node", wrap=True),
        Column("findings", wrap=True),
        Column("remark", wrap=True),
    )
    rows = tuple(_summary_row(one) for one in plans.statements)
    explained = sum(one.plan is not None for one in plans.statements)
    footer = f"{explained} of {len(plans.statements)} statements explained on PostgreSQL {plans.server_version}"
    styles = tuple("red" if one.error else "" for one in plans.statements)
    return Table(columns, rows, title="Workload", footer=footer, styles=styles)


def _summary_row(one: Explained) -> tuple[object, ...]:
    tree = one.tree
    remark = one.error or one.note
    if tree is None:
        return (one.id, one.name, None, None, None, None, remark)
    top = max(lines(tree), key=lambda line: line.share)
    found = findings.names(one) or None
    return (one.id, one.name, one.cost, tree.execution_ms, f"{percent(top.share)} {top.title}", found, remark)


def _tables(one: Explained) -> Iterator[Table]:
    if one.plan is not None:
        yield _table(one)
    if one.findings:
        yield findings.table(one, title)


def _table(one: Explained) -> Table:
    tree = one.tree
    drawn = lines(tree) if tree else []
    measured = any(line.self_ms is not None for line in drawn)
    columns = (
        Column("node"),
        Column("self time", milliseconds, right=True) if measured else Column("self cost", cost, right=True),
        Column("share", percent, right=True),
        Column("rows", count, right=True),
        Column("planned", count, right=True),
        Column("off by", factor, right=True),
        Column("remark", wrap=True),
    )
    rows = tuple(
        (
            "  " * line.depth + ("-> " if line.depth else "") + line.title,
            line.self_ms if measured else line.self_cost,
            line.share,
            line.rows,
            line.planned_rows,
            line.misjudged,
            "; ".join((*line.remarks, *line.conditions)),
        )
        for line in drawn
    )
    return Table(columns, rows, title=f"{one.label}: {one_line(one.sql)}", footer=_footer(one))


def _footer(one: Explained) -> str:
    tree = one.tree
    parts = [f"cost {cost(one.cost)}" if one.cost is not None else ""]
    if tree is not None and tree.execution_ms is not None:
        parts.append(f"execution {milliseconds(tree.execution_ms)}")
    if tree is not None and tree.planning_ms is not None:
        parts.append(f"planning {milliseconds(tree.planning_ms)}")
    return ", ".join(part for part in (*parts, one.note or "", one.error or "") if part)


# -- on a terminal -----------------------------------------------------------------------------------------------------


def _drawn(plans: Plans) -> Group:
    from rich.console import Group, RenderableType
    from rich.text import Text

    from dbopt.output.terminal import rich_table

    parts: list[RenderableType] = []
    for one in plans.statements:
        if one.plan is not None:
            parts += [_tree(one), Text(_footer(one), style="dim"), *findings.drawn(one, title), Text()]
    if len(plans.statements) > 1 or not parts:
        summary = _summary(plans)
        parts += [rich_table(summary), Text(summary.footer, style="bold")]
    return Group(*parts)


def _tree(one: Explained) -> Tree:
    from rich.text import Text
    from rich.tree import Tree

    top = Tree(Text.assemble((one.label, "bold cyan"), "  ", (one_line(one.sql, 100), "dim")), guide_style="dim")
    branches = [top]
    for line in lines(one.tree) if one.tree else []:
        branches = branches[: line.depth + 1]
        branches.append(branches[-1].add(_label(line)))
    return top


def _label(line: Line) -> Text:
    from rich.text import Text

    colour = "dim" if not line.executed else style(line.share)
    filled = round(line.share * 10)
    label = Text()
    label.append("█" * filled, colour).append("░" * (10 - filled), "dim")
    label.append(f" {100 * line.share:3.0f} % ", colour).append(line.title, f"bold {colour}".strip())
    label.append(f"  {_effort_text(line)}", "dim" if not line.executed else "")
    if line.misjudged:
        label.append(f"  rows misjudged {factor(line.misjudged)}", "magenta")
    for remark in line.remarks:
        label.append(f"  {remark}", "dim" if not line.executed else "yellow" if "loops" not in remark else "")
    for condition in line.conditions:
        label.append(f"\n{' ' * 17}{one_line(condition, 120)}", "dim")
    return label


def _effort_text(line: Line) -> str:
    own = milliseconds(line.self_ms) if line.self_ms is not None else f"cost {cost(line.self_cost)}"
    if line.rows is None:
        return f"{own}, {count(line.planned_rows)} rows planned"
    return f"{own}, {count(line.rows)} rows of {count(line.planned_rows)} planned"


def style(share: float) -> str:
    """The colour of a node by its part of the plan."""
    return "red" if share >= _HOT else "yellow" if share >= _WARM else ""
