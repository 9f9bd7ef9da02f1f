"""A condition of HAVING that asks of the group's own columns is true for all rows of a group or for none: in WHERE, it
keeps rows from being grouped at all. PostgreSQL moves simple ones itself, but none with a subquery.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlglot import exp

from dbopt.rewrite import shapes, surgery
from dbopt.rewrite.question import Move, Question, Refuse
from dbopt.rewrite.scope import Block
from dbopt.rewrite.text import text
from dbopt.rewrite.trees import conjuncts, own_nodes

NAME = "having-to-where"


def find(question: Question) -> Iterator[Move]:
    for block in question.blocks:
        having = block.node.args.get("having")
        if having is None:
            continue
        for condition in list(conjuncts(having.this)):
            if _asks_of_columns(question, condition):
                yield partial(_change, question, block, condition)


def _asks_of_columns(question: Question, condition: exp.Expr) -> bool:
    """Whether it has columns and no aggregate of its own."""
    has_columns = condition.find(exp.Column) is not None
    return has_columns and not any(shapes.is_aggregate(node, question) for node in own_nodes(condition))


def _change(question: Question, block: Block, condition: exp.Expr) -> str:
    group = block.node.args.get("group")
    if group is None:
        raise Refuse("without GROUP BY there is one group, even of no rows")
    plain = [item for item in group.expressions if not isinstance(item, (exp.GroupingSets, exp.Rollup, exp.Cube))]
    if shapes.has_grouping_sets(block):
        raise Refuse("with grouping sets, the column is NULL in some of the groups")
    question.require_stable(condition)
    if shapes.asks_aggregates_around(condition, block, question):
        raise Refuse("a subquery in it uses an aggregate of the groups")
    reason = question.purity.why_fails(condition)
    if reason is not None:
        raise Refuse(f"{reason}, and the rows that WHERE leaves out would be asked")
    grouped = [_key(question, item, block) for item in plain]
    for node in shapes.outer_nodes(question, condition, block):
        if not _is_of_group(question, node, grouped):
            raise Refuse(f"{text(node)} is not one of the columns of GROUP BY")
        info = question.inference.info(node)
        if not info.is_exact:
            raise Refuse(f"values of {text(node)} that fall into one group need not be the same")
    surgery.drop_condition(condition)
    surgery.add_conditions(block.node, [condition])
    return "it asks of the columns of GROUP BY alone, which all rows of a group share"


def _key(question: Question, item: exp.Expr, block: Block) -> exp.Expr:
    """The expression that an item of GROUP BY means: by number, by an output's name, or itself."""
    outputs = block.node.expressions
    if isinstance(item, exp.Literal) and item.name.isdigit() and 0 < int(item.name) <= len(outputs):
        return shapes.meant(outputs[int(item.name) - 1])
    meaning = question.analysis.meaning(item)
    return shapes.meant(outputs[meaning]) if isinstance(meaning, int) else item


def _is_of_group(question: Question, column: exp.Expr, grouped: list[exp.Expr]) -> bool:
    wanted = question.analysis.reference(column)
    for key in grouped:
        found = question.analysis.reference(key) if isinstance(key, exp.Column) else None
        if wanted is not None and found == wanted:
            return True
    return False
