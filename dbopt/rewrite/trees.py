"""Looking at sqlglot's trees. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

_WRAPPING = ("with_", "order", "limit", "offset", "locks", "sample")


def unwrapped(node: exp.Expr) -> exp.Expr:
    """The query inside parentheses that add nothing to it."""
    while isinstance(node, exp.Subquery) and not any(node.args.get(name) for name in _WRAPPING):
        node = node.this
    return node


def is_star(column: exp.Expr) -> bool:
    """`t.*`"""
    return isinstance(column, exp.Column) and isinstance(column.this, exp.Star)


def is_query(node: exp.Expr) -> bool:
    """Whether this is a query, in parentheses or not, and not a join in parentheses."""
    inner = unwrapped(node)
    return isinstance(inner, (exp.Select, exp.SetOperation, exp.Subquery)) and not is_nested_join(inner)


def is_nested_join(node: exp.Expr) -> bool:
    """Whether this is a join in parentheses."""
    return isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table)


def conjuncts(node: exp.Expr | None) -> Iterator[exp.Expr]:
    """The conditions that AND connects, through parentheses."""
    if isinstance(node, exp.And):
        yield from conjuncts(node.this)
        yield from conjuncts(node.expression)
    elif isinstance(node, exp.Paren) and isinstance(node.this, (exp.And, exp.Paren)):
        yield from conjuncts(node.this)
    elif node is not None:
        yield node


def own_nodes(node: exp.Expr) -> Iterator[exp.Expr]:
    """This node and what is below it, down to nested queries, which are given but not entered."""
    stack = [node]
    while stack:
        part = stack.pop()
        yield part
        if part is node or not is_query(part):
            stack += reversed(list(part.iter_expressions()))


def asks_all(comparison: exp.Expr) -> bool:
    """`x <> ALL (...)`, which is true for a NULL as well if there is nothing to compare it with."""
    sides = list(comparison.iter_expressions())
    return any(
        isinstance(one, exp.All) or (isinstance(one, exp.Anonymous) and one.name.lower() == "all") for one in sides
    )


def is_comma(join: exp.Join) -> bool:
    """Whether the item is connected by a comma."""
    return not (join.side or join.kind or join.method or join.args.get("on") or join.args.get("using"))
