"""One item of an advice in full, for people: what it is, what it brings, what it costs, and why not another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbopt.index.advice import Alternative, CreateAdvice, DropAdvice
from dbopt.index.explain import Explanation, Served
from dbopt.output import plan as plans
from dbopt.output import units
from dbopt.output.advice import definition, on_the_server
from dbopt.output.report import Column, Report, Table
from dbopt.plan.tree import Plan

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table as RichTable
    from rich.text import Text
    from rich.tree import Tree

_SIDE_BY_SIDE = 120  # columns from which two plans have room beside each other
_BAR = 12
_INDENT = " " * 6  # below a node's share


def report(explanation: Explanation) -> Report:
    """Tables when piped; a page of its own on a terminal."""
    tables = [_facts(explanation)]
    if explanation.statements:
        tables.append(_statements(explanation))
    for title, tree in _sides(explanation):
        tables.append(_plan(title, tree))
    if explanation.create is not None and explanation.create.alternatives:
        tables.append(_alternatives(explanation.create.alternatives))
    return Report(
        tables=tuple(tables),
        document=explanation,
        sql=_script(explanation),
        terminal=lambda: _drawn(explanation),
    )


def _script(explanation: Explanation) -> str:
    item = explanation.item
    if item is None:
        return ""
    return f"-- {units.comment(item.reason)}\n{item.sql};\n-- undo: {units.comment(item.undo_sql)};\n"


# -- facts ------------------------------------------------------------------------------------------------------------


def facts(explanation: Explanation) -> list[tuple[str, str]]:
    """What is said of the item beside its statements: a name and a text each."""
    if explanation.create is not None:
        return _facts_of_create(explanation, explanation.create)
    return _facts_of_drop(explanation.drop) if explanation.drop is not None else []


def _facts_of_drop(drop: DropAdvice) -> list[tuple[str, str]]:
    return [
        ("drop", drop.index),
        ("why", drop.reason),
        ("kind", drop.kind),
        ("becomes free", units.size(drop.size_bytes)),
        ("SQL", f"{drop.sql};"),
        ("undo", f"{drop.undo_sql};"),
    ]


def _facts_of_create(explanation: Explanation, one: CreateAdvice) -> list[tuple[str, str]]:
    found = [
        ("index", definition(one)),
        ("why", one.reason),
        ("saves", f"{_share(one.cost_saved, explanation)} of the workload's cost"),
        ("size", units.size(one.size_bytes)),
        ("writes", _writes(one, explanation)),
        ("build", _build(one)),
        ("SQL", f"{one.sql};"),
        ("undo", f"{one.undo_sql};"),
    ]
    if explanation.confirmed is not None:
        found.insert(6, ("on the server", on_the_server(explanation.confirmed)))
    return found


def _share(cost: float, explanation: Explanation) -> str:
    return units.percent(cost / explanation.cost_before if explanation.cost_before else 0.0)


def _writes(one: CreateAdvice, explanation: Explanation) -> str:
    if not one.write_cost:
        return "none known: the workload does not write to this table"
    return f"cost {units.cost(one.write_cost)} more, {_share(one.write_cost, explanation)} of the workload"


def _build(one: CreateAdvice) -> str:
    if one.build_ms is None:
        return "not known: the table was never analysed"
    return f"about {units.duration(one.build_ms)}, other work and its locks aside"


# -- tables -----------------------------------------------------------------------------------------------------------


def _facts(explanation: Explanation) -> Table:
    columns = (Column(f"item {explanation.number}"), Column("", wrap=True))
    return Table(columns, tuple(facts(explanation)))


def _statements(explanation: Explanation) -> Table:
    columns = (
        Column("statement", wrap=True),
        Column("before", units.cost, right=True),
        Column("after", units.cost, right=True),
        Column("saves", units.percent, right=True),
        Column("of the workload", units.percent, right=True),
        Column("change", wrap=True),
    )
    rows = tuple(
        (
            one.label,
            one.cost_before,
            one.cost_after,
            _own_share(one),
            _share_of_workload(one, explanation),
            one.plan_change,
        )
        for one in explanation.statements
    )
    return Table(columns, rows, title="Statements that it serves")


def _own_share(one: Served) -> float:
    return 1 - one.cost_after / one.cost_before if one.cost_before else 0.0


def _share_of_workload(one: Served, explanation: Explanation) -> float | None:
    """What the statement saves of the cost of the whole workload."""
    if one.weight is None or not explanation.cost_before:
        return None
    return one.weight * (one.cost_before - one.cost_after) / explanation.cost_before


def _sides(explanation: Explanation) -> list[tuple[str, Plan]]:
    if explanation.trees is None or not explanation.statements:
        return []
    label = explanation.statements[0].label
    before, after = explanation.trees
    return [(f"Plan of {label} without it", before), (f"Plan of {label} with it", after)]


def _plan(title: str, tree: Plan) -> Table:
    columns = (
        Column("node"),
        Column("cost", units.cost, right=True),
        Column("share", units.percent, right=True),
        Column("rows", units.count, right=True),
        Column("condition", wrap=True),
    )
    rows = tuple(
        (
            "  " * line.depth + ("-> " if line.depth else "") + line.title,
            line.self_cost,
            line.share,
            line.planned_rows,
            "; ".join(line.conditions),
        )
        for line in plans.lines(tree)
    )
    return Table(columns, rows, title=title, footer=f"cost {units.cost(tree.cost)}")


def _alternatives(others: tuple[Alternative, ...]) -> Table:
    columns = (
        Column("index", wrap=True),
        Column("size", units.size, right=True),
        Column("why not", wrap=True),
    )
    rows = tuple((_in_short(one), one.size_bytes, one.reason) for one in others)
    return Table(columns, rows, title="Others that were not taken")


def _in_short(one: Alternative) -> str:
    """The keys and what belongs to them; the table is that of the item."""
    method = "" if one.access_method == "btree" else f"USING {one.access_method} "
    include = f" INCLUDE ({', '.join(one.include)})" if one.include else ""
    predicate = f" WHERE {one.predicate}" if one.predicate else ""
    return f"{method}({', '.join(one.columns)}){include}{predicate}"


# -- on a terminal ----------------------------------------------------------------------------------------------------


def _drawn(explanation: Explanation) -> Group:
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = [_heading(explanation), Text(), _drawn_facts(explanation)]
    if explanation.statements:
        parts += [Text(), _drawn_statements(explanation)]
    if _sides(explanation):
        parts += [_Plans(explanation), Text()]
    if explanation.create is not None and explanation.create.alternatives:
        from dbopt.output.terminal import rich_table

        parts.append(rich_table(_alternatives(explanation.create.alternatives)))
    return Group(*parts)


def _heading(explanation: Explanation) -> Text:
    from rich.text import Text

    item = explanation.create
    name = definition(item) if item is not None else explanation.drop.index if explanation.drop is not None else ""
    word = "Create" if item is not None else "Drop"
    return Text.assemble((f"{explanation.number}  {word} ", "bold"), (name, "bold cyan"))


def _drawn_facts(explanation: Explanation) -> RichTable:
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in facts(explanation):
        if name not in ("index", "drop"):
            grid.add_row(name, Text(text, "green" if name == "SQL" else "dim" if name == "undo" else ""))
    return grid


def _drawn_statements(explanation: Explanation) -> RichTable:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    table = RichTable(
        title="Statements that it serves",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        header_style="bold",
        pad_edge=False,
    )
    table.add_column("statement", overflow="fold", ratio=1)
    table.add_column("before", justify="right", no_wrap=True)
    table.add_column("after", justify="right", no_wrap=True)
    table.add_column("cost left", no_wrap=True)
    table.add_column("of all", justify="right", no_wrap=True)
    for one in explanation.statements:
        share = _share_of_workload(one, explanation)
        words = Text(one.label, "bold")
        if one.plan_change:
            words.append(f"\n{one.plan_change}", "not bold")
        if one.sql:
            words.append(f"\n{units.one_line(one.sql, 200)}", "dim not bold")
        table.add_row(
            words,
            units.cost(one.cost_before),
            Text(units.cost(one.cost_after), "green"),
            _left(one.cost_after / one.cost_before if one.cost_before else 1.0),
            "" if share is None else units.percent(share),
        )
    return table


def _left(part: float) -> Text:
    """What is left of the cost, as a bar."""
    from rich.text import Text

    filled = min(_BAR, max(1, round(part * _BAR)))
    return Text.assemble(("█" * filled, "green"), ("░" * (_BAR - filled), "dim"), f" {100 * part:3.0f} %")


class _Plans:
    """The two plans, beside each other where the terminal is wide enough."""

    def __init__(self, explanation: Explanation) -> None:
        self._explanation = explanation

    def __rich_console__(self, _: Any, options: Any) -> Any:
        from rich.table import Table as RichTable
        from rich.text import Text

        sides = [
            (Text(f"{title}: cost {units.cost(tree.cost)}", "bold"), _tree(tree))
            for title, tree in _sides(self._explanation)
        ]
        if options.max_width < _SIDE_BY_SIDE:
            for heading, tree in sides:
                yield from (Text(), heading, tree)
            return
        grid = RichTable.grid(padding=(0, 3), expand=True)
        for _side in sides:
            grid.add_column(ratio=1)
        grid.add_row(*(heading for heading, _ in sides))
        grid.add_row(*(tree for _, tree in sides))
        yield from (Text(), grid)


def _tree(plan: Plan) -> Tree:
    from rich.tree import Tree

    lines = plans.lines(plan)
    top = Tree(_label(lines[0]), guide_style="dim")
    branches = [top]
    for line in lines[1:]:
        branches = branches[: line.depth]
        branches.append(branches[-1].add(_label(line)))
    return top


def _label(line: plans.Line) -> Text:
    from rich.text import Text

    style = plans.style(line.share)
    label = Text.assemble((f"{100 * line.share:3.0f} % ", style or "dim"), (line.title, f"bold {style}".strip()))
    label.append(f"\n{_INDENT}cost {units.cost(line.self_cost)}, {units.count(line.planned_rows)} rows", "dim")
    for condition in line.conditions:
        label.append(f"\n{_INDENT}{units.one_line(condition, 160)}", "dim")
    return label
