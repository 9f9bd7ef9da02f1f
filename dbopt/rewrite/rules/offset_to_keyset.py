"""A template, no equivalent rewrite: OFFSET reads and throws away all pages before the one that is wanted. The page
that begins behind the last row of the one before needs that row's values, which only the application has: they are
further parameters here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlglot import exp

from dbopt.rewrite import keys, shapes, surgery
from dbopt.rewrite.question import Move, Question, Refuse
from dbopt.rewrite.scope import Block, Reference
from dbopt.rewrite.text import text
from dbopt.rewrite.types import number

NAME = "offset-to-keyset"


def find(question: Question) -> Iterator[Move]:
    block = question.analysis.query
    if not isinstance(block, Block) or block.node is not question.tree:
        return
    offset = block.node.args.get("offset")
    if offset is not None and block.node.args.get("order") is not None and number(offset.expression) != 0:
        yield partial(_change, question, block)


def _change(question: Question, block: Block) -> str:
    if block.node.args.get("limit") is None or not isinstance(block.node.args["limit"], exp.Limit):
        raise Refuse("there is no LIMIT, so that it is no page")
    others = shapes.clauses(block, without=("order", "limit", "offset", "with_"))
    if others or not _is_row_by_row(question, block):
        raise Refuse(f"with {(others or ['aggregates or window functions'])[0]}, a condition would change the rows")
    items = list(block.node.args["order"].expressions)
    columns = [_column(question, block, item) for item in items]
    known = {(id(one.source), one.name) for one in columns}
    added = [] if keys.determines_all(question, block, known) else _tie_break(question, block, known)
    columns += added
    for one in columns:
        if not (question.inference.column(one).not_null or question.inference.proven(one, block)):
            raise Refuse(f"{one.name} may be NULL, and NULLs are before or behind no value")
    descending = [bool(item.args.get("desc")) for item in items] + [_is_descending(items)] * len(added)
    first = _next_number(question)
    seen = [exp.Parameter(this=exp.Literal.number(first + place)) for place in range(len(columns))]
    shown = [surgery.column(one.source.alias, one.name) for one in columns]
    surgery.add_conditions(block.node, [_behind(shown, seen, descending)])
    block.node.set("offset", None)
    for one, is_descending in zip(added, [_is_descending(items)] * len(added), strict=True):
        ordered = exp.Ordered(this=surgery.column(one.source.alias, one.name), nulls_first=is_descending)
        if is_descending:
            ordered.set("desc", True)
        block.node.args["order"].append("expressions", ordered)
    values = ", ".join(f"${first + place} = {text(one)}" for place, one in enumerate(shown))
    return f"not the same statement: {values} of the last row of the page before"


def _is_row_by_row(question: Question, block: Block) -> bool:
    return not (
        shapes.has_aggregates(block, question)
        or shapes.has_windows(block)
        or shapes.returns_sets(block, question)
        or block.is_opaque
    )


def _column(question: Question, block: Block, item: exp.Expr) -> Reference:
    """The column that the rows are ordered by. Raises Refuse for anything else."""
    ordered = item.this if isinstance(item, exp.Ordered) else item
    meaning = question.analysis.meaning(ordered)
    if isinstance(ordered, exp.Literal) and ordered.name.isdigit():
        meaning = int(ordered.name) - 1
    if isinstance(meaning, int):
        outputs = block.outputs
        output = outputs[meaning] if outputs is not None and meaning < len(outputs) else None
        node = shapes.meant(output.node) if output is not None and output.node is not None else None
        meaning = output.reference if output is not None and node is None else None
        meaning = question.analysis.meaning(node) if node is not None else meaning
    if not isinstance(meaning, Reference) or meaning.source.block is not block:
        raise Refuse(f"it is ordered by {text(ordered)}, which is no column of a table")
    return meaning


def _tie_break(question: Question, block: Block, known: set[tuple[int, str]]) -> list[Reference]:
    """Columns of a primary key that, behind the others, leave no ties."""
    for source in block.sources.values():
        for key in source.table.keys if source.table is not None else ():
            names = [source.known_as(column) for column in key.columns]
            found = [Reference(source, name) for name in names if name is not None]
            more = known | {(id(source), one.name) for one in found}
            if key.is_primary and len(found) == len(names) and keys.determines_all(question, block, more):
                return [one for one in found if (id(source), one.name) not in known]
    raise Refuse("its ORDER BY leaves ties, and no primary key breaks them")


def _is_descending(items: list[exp.Expr]) -> bool:
    return bool(items[-1].args.get("desc"))


def _next_number(question: Question) -> int:
    """The number of the first new parameter: that of OFFSET's own is free again."""
    rest = question.tree.copy()
    rest.set("offset", None)
    numbers = {int(name) for name in surgery.parameters_in(rest) if name.isdigit()}
    if numbers != set(range(1, len(numbers) + 1)):
        raise Refuse("OFFSET has a parameter that is not the last, and its number would be gone")
    return len(numbers) + 1


def _behind(columns: list[exp.Column], seen: list[exp.Parameter], descending: list[bool]) -> exp.Expr:
    """The rows that come behind these values."""
    if len(set(descending)) == 1:
        kind = exp.LT if descending[0] else exp.GT
        if len(columns) == 1:
            return kind(this=columns[0].copy(), expression=seen[0].copy())
        rows = [exp.Tuple(expressions=[one.copy() for one in side]) for side in (columns, seen)]
        return kind(this=rows[0], expression=rows[1])
    parts: list[exp.Expr] = []
    for place, is_descending in enumerate(descending):
        equal = [exp.EQ(this=columns[n].copy(), expression=seen[n].copy()) for n in range(place)]
        kind = exp.LT if is_descending else exp.GT
        last = kind(this=columns[place].copy(), expression=seen[place].copy())
        part = surgery.and_all([*equal, last])
        parts.append(exp.Paren(this=part) if equal else part)
    joined = parts[0]
    for part in parts[1:]:
        joined = exp.Or(this=joined, expression=part)
    return joined
