"""UNION looks for rows that are there twice. UNION ALL does where there can be none - both sides have different rows by
themselves, and a column has other values on each side - or where whoever reads the result does not care how often a row
is there: IN, EXISTS, another UNION around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlglot import exp

from dbopt.rewrite import disjoint, keys
from dbopt.rewrite.question import Move, Question, Refuse
from dbopt.rewrite.scope import Block, Compound, Query

NAME = "union-to-union-all"


def find(question: Question) -> Iterator[Move]:
    for query in question.analysis.queries:
        if isinstance(query, Compound) and isinstance(query.node, exp.Union) and query.node.args.get("distinct"):
            yield partial(_change, question, query)


def _change(question: Question, query: Compound) -> str:
    if any(cte.is_recursive and cte.query is query for cte in question.analysis.ctes):
        raise Refuse("in a recursive query, UNION is what ends the recursion")
    why = _who_does_not_care(query)
    if why is None:
        why = _disjoint(question, query)
    query.node.set("distinct", False)
    return why


def _who_does_not_care(query: Compound) -> str | None:
    """What is around the UNION that makes nothing of rows that are there twice."""
    if query.node.args.get("limit") or query.node.args.get("offset"):
        return None
    node, parent = query.node, query.node.parent
    while isinstance(parent, exp.Subquery) and not any(parent.args.get(n) for n in ("limit", "offset", "alias")):
        node, parent = parent, parent.parent
    if isinstance(parent, (exp.In, exp.Binary)) and parent.find(exp.Collate) is not None:
        return None  # it may tell apart what UNION takes for equal
    if isinstance(parent, exp.In) and node.arg_key == "query":
        return "IN asks whether a value is there, not how often"
    if isinstance(parent, (exp.Exists, exp.Any, exp.All)):
        return "whether a row is there does not depend on how often it is"
    if isinstance(parent, exp.Union) and parent.args.get("distinct"):
        return "the UNION around it takes out what is there twice"
    return None


def _disjoint(question: Question, query: Compound) -> str:
    for side, name in ((query.left, "left"), (query.right, "right")):
        if not _has_different_rows(question, side):
            raise Refuse(f"nothing proves that the {name} side has no row twice")
    for left in _terms(query.left):
        for right in _terms(query.right):
            if not disjoint.are_disjoint(question, left, right, query):
                raise Refuse("nothing proves that no row is on both sides")
    return "both sides have different rows, and no row is on both"


def _has_different_rows(question: Question, query: Query) -> bool:
    if isinstance(query, Compound) and not query.node.args.get("distinct"):
        return False
    return keys.is_distinct(question, query)


def _terms(query: Query) -> list[Block]:
    """The SELECTs of a side. Raises Refuse where there is something else."""
    if isinstance(query, Block):
        return [query]
    if isinstance(query, Compound) and isinstance(query.node, exp.Union):
        return [*_terms(query.left), *_terms(query.right)]
    raise Refuse("one side is not made of SELECTs alone")
