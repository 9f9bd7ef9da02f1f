"""What of a statement's text matters for comparing its results. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from dbopt.rewrite import surgery
from dbopt.rewrite.analyse import Analysis, analyse
from dbopt.rewrite.facts import Facts
from dbopt.rewrite.scope import Block, Compound, Output, Reference
from dbopt.rewrite.text import parse, text

_KEY = "dbopt_order"


@dataclass(frozen=True)
class Forms:
    """Both texts. `ordered_by` are the columns of the result that both are ordered by; what they are ordered by and do
    not show is added to both. `without_limit` are both texts without LIMIT and OFFSET, where they have some: what LIMIT
    takes of rows that are equal in the order is left open.
    """

    before: str
    after: str
    ordered_by: tuple[int, ...] = ()
    without_limit: tuple[str, str] | None = None
    adds_floats: bool = False


def forms(before: str, after: str, facts: Facts) -> Forms:
    """The forms of a statement and of what it was rewritten to."""
    old, new = parse(before), parse(after)
    if old is None or new is None:
        return Forms(before, after)
    adds = any(tree.find(exp.Sum, exp.Avg, exp.Anonymous) is not None for tree in (old, new))
    shown, others = _show_order(old, facts), _show_order(new, facts)
    if shown and len(shown) == len(others):
        return Forms(text(old), text(new), shown, _without_limit(old, new), adds)
    old, new = parse(before), parse(after)
    assert old is not None  # noqa: S101 - it was read before
    assert new is not None  # noqa: S101
    return Forms(before, after, (), _without_limit(old, new), adds)


def _without_limit(before: exp.Expr, after: exp.Expr) -> tuple[str, str] | None:
    if not (before.args.get("limit") or before.args.get("offset")):
        return None
    if any(before.args.get(name) != after.args.get(name) for name in ("limit", "offset")):
        return None
    cut = [before.copy(), after.copy()]
    for tree in cut:
        tree.set("limit", None)
        tree.set("offset", None)
    return text(cut[0]), text(cut[1])


def _show_order(tree: exp.Expr, facts: Facts) -> tuple[int, ...]:
    """The columns of the result that the statement is ordered by, by place; those that were not there are added to the
    tree. None at all where one can neither be found nor added.
    """
    order = tree.args.get("order")
    analysis = analyse(tree, facts)
    query = analysis.query
    outputs = query.outputs if isinstance(query, (Block, Compound)) else None
    if order is None or outputs is None:
        return ()
    places: list[int] = []
    added = 0
    for item in order.expressions:
        node = item.this if isinstance(item, exp.Ordered) else item
        place = _place(analysis, node, outputs)
        if place is None:
            if not isinstance(tree, exp.Select) or tree.args.get("distinct"):
                return ()
            place = len(outputs) + added
            added += 1
            tree.append("expressions", exp.Alias(this=node.copy(), alias=surgery.identifier(f"{_KEY}_{added}")))
        places.append(place)
    return tuple(places)


def _place(analysis: Analysis, node: exp.Expr, outputs: list[Output]) -> int | None:
    """Where the result has what an item of ORDER BY means."""
    meaning = analysis.meaning(node)
    if isinstance(node, exp.Literal) and node.name.isdigit():
        meaning = int(node.name) - 1
    if isinstance(meaning, int):
        return meaning if 0 <= meaning < len(outputs) else None
    for place, output in enumerate(outputs):
        shown = output.reference or (analysis.reference(output.node) if output.node is not None else None)
        if isinstance(meaning, Reference) and shown == meaning:
            return place
        if meaning is None and output.node is not None and output.node == node:
            return place
    return None
