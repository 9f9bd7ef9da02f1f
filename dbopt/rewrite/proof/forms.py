"""What of a statement's text matters for comparing its results. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from dbopt.rewrite.analyse import analyse
from dbopt.rewrite.facts import Facts
from dbopt.rewrite.scope import Block, Compound, Reference
from dbopt.rewrite.text import parse, text


@dataclass(frozen=True)
class Forms:
    """Both texts. `ordered_by` are the columns of the result that both are ordered by; `without_limit` both texts
    without LIMIT and OFFSET, where they have some: what LIMIT takes of rows that are equal in the order is left open.
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
    return Forms(before, after, _ordered_by(old, facts), _without_limit(old, new), adds)


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


def _ordered_by(tree: exp.Expr, facts: Facts) -> tuple[int, ...]:
    """The leading items of ORDER BY that are columns of the result."""
    order = tree.args.get("order")
    analysis = analyse(tree, facts)
    query = analysis.query
    outputs = query.outputs if isinstance(query, (Block, Compound)) else None
    if order is None or outputs is None:
        return ()
    places = []
    for item in order.expressions:
        node = item.this if isinstance(item, exp.Ordered) else item
        meaning = analysis.meaning(node)
        if isinstance(node, exp.Literal) and node.name.isdigit():
            meaning = int(node.name) - 1
        if isinstance(meaning, Reference):
            shown = [
                output.reference or (analysis.reference(output.node) if output.node is not None else None)
                for output in outputs
            ]
            meaning = shown.index(meaning) if meaning in shown else None
        if not isinstance(meaning, int) or meaning >= len(outputs):
            break
        places.append(meaning)
    return tuple(places)
