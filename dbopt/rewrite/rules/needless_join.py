"""A table that is joined and not used: a foreign key gives every row one match in it, so that the join changes nothing
but to leave out rows whose foreign key is NULL; or it is joined by LEFT JOIN through a unique key, which changes
nothing at all. The key's own columns may be used: they equal those of the foreign key.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlglot import exp

from dbopt.rewrite import joins, keys, surgery
from dbopt.rewrite.facts import Column, ForeignKey
from dbopt.rewrite.question import Move, Question, Refuse
from dbopt.rewrite.scope import Block, Reference, Source, name_of
from dbopt.rewrite.trees import is_star

NAME = "needless-join"


def find(question: Question) -> Iterator[Move]:
    for block in question.blocks:
        if len(block.sources) < 2 or block.is_opaque or block.has_merged:
            continue
        for source in block.sources.values():
            if source.kind != "table" or source.is_nested or _gives_columns(question, block, source):
                continue
            if source.join is not None and source.join.side == "LEFT":
                yield partial(_drop_left, question, block, source)
            elif not (source.join is not None and source.join.side):
                yield partial(_drop_inner, question, block, source)


def _joining(block: Block, source: Source, question: Question) -> list[exp.Expr]:
    """The conditions that connect it with others: those of its ON; for an inner join, those of WHERE too."""
    if source.join is not None and source.join.side == "LEFT":
        return joins.on_conditions(block, source)
    found = []
    for condition in block.conditions:
        mentioned = {id(r.source) for r in question.analysis.references(condition.node) if r is not None}
        if condition.is_certain and id(source) in mentioned:
            found.append(condition.node)
    return found


def _uses(question: Question, source: Source, conditions: list[exp.Expr]) -> list[exp.Column]:
    """Where its columns are used, apart from those conditions."""
    apart = {id(node) for condition in conditions for node in condition.find_all(exp.Column)}
    return [
        column
        for column in question.tree.find_all(exp.Column)
        if id(column) not in apart
        and (reference := question.analysis.reference(column)) is not None
        and reference.source is source
    ]


def _gives_columns(question: Question, block: Block, source: Source) -> bool:
    """Whether it is used for more than to be joined: then the pattern is not there."""
    if any(isinstance(expression, exp.Star) for expression in block.node.expressions):
        return True
    if any(is_star(one) and name_of(one.args["table"]) == source.alias for one in block.node.find_all(exp.Column)):
        return True
    conditions = _joining(block, source, question)
    pairs = list(joins.pairs(question, conditions, source))
    linked = {name for name, _ in pairs}
    if len(pairs) != len(linked) or len({id(other.source) for _, other in pairs}) != 1:
        return True
    is_left = source.join is not None and source.join.side == "LEFT"
    others = [one for one in conditions if joins.equal_columns(question, one) is None]
    asks_more = any(_present(question, source, one) not in linked for one in others)
    if (asks_more and not is_left) or not _has_key(source, linked):
        return True
    used = {source.table_column(question.analysis.reference(use).name) for use in _uses(question, source, conditions)}  # type: ignore[union-attr]
    return not used <= linked


def _present(question: Question, source: Source, condition: exp.Expr) -> str | None:
    """The column of the table of which the condition only asks that it is not NULL."""
    if isinstance(condition, exp.Is) and isinstance(condition.expression, exp.Null) and condition.args.get("negate"):
        reference = question.analysis.reference(condition.this)
        if reference is not None and reference.source is source:
            return source.table_column(reference.name)
    return None


def _has_key(source: Source, columns: set[str]) -> bool:
    """Whether it is joined by a key of its own, whatever that proves."""
    return source.table is not None and any(set(key.columns) <= columns for key in source.table.keys)


def _require_gone(question: Question, block: Block, source: Source) -> None:
    """Raise Refuse where leaving it out could change more than its rows."""
    if block.node.args.get("locks"):
        raise Refuse("the query locks rows of its tables")
    if source.is_sampled:
        raise Refuse("TABLESAMPLE takes some of its rows")
    if block.has_right:
        raise Refuse("its FROM has RIGHT or FULL JOIN")
    for column in question.tree.find_all(exp.Column):
        if question.analysis.meaning(column) is None and not is_star(column):
            raise Refuse(f"it is not certain what {column.sql('postgres')} means")


# -- inner joins -------------------------------------------------------------------------------------------------------


def _drop_inner(question: Question, block: Block, source: Source) -> str:
    _require_gone(question, block, source)
    conditions = _joining(block, source, question)
    table = source.table
    assert table is not None  # noqa: S101 - asked before
    if table.is_policed:
        raise Refuse(f"row security may hide rows of {table.name} that foreign keys point to")
    if not source.keys_hold:
        raise Refuse(f"other tables inherit from {table.name}, and their rows are joined as well")
    key, others = _foreign_key(question, source, conditions)
    for column in _uses(question, source, conditions):
        _use_other(question, source, column, others)
    present = [
        exp.Is(this=surgery.column(one.source.alias, one.name), expression=exp.Null(), negate=True)
        for one in others.values()
        if not question.inference.column(one).not_null
    ]
    for condition in conditions:
        surgery.drop_condition(condition)
    _take_out(block, source)
    surgery.add_conditions(block.node, present)
    return f"the foreign key {key.name} gives each row exactly one match in {table.name}"


def _foreign_key(
    question: Question, source: Source, conditions: list[exp.Expr]
) -> tuple[ForeignKey, dict[str, Reference]]:
    """The foreign key that the conditions follow, and the columns that point, by those that they point to."""
    chosen = dict(joins.pairs(question, conditions, source))
    links = [condition for condition in conditions if _present(question, source, condition) is None]
    if len(links) != len(chosen):
        raise Refuse("it is joined by values that are not compared exactly")
    origin = next(iter(chosen.values())).source
    if origin.table is None:
        raise Refuse("no table points to it")
    if not origin.keys_hold:
        raise Refuse(f"other tables inherit from {origin.table.name}, and its foreign keys do not hold for their rows")
    for key in origin.table.foreign_keys:
        if key.referenced == source.table.id and set(key.referenced_columns) == set(chosen):  # type: ignore[union-attr]
            wanted = dict(zip(key.referenced_columns, key.columns, strict=True))
            if wanted == {name: one.source.table_column(one.name) for name, one in chosen.items()}:
                return key, chosen
    raise Refuse(
        f"no foreign key from {origin.table.name} is proven to hold: one that is validated, enforced and not deferrable"
    )


def _use_other(question: Question, source: Source, column: exp.Column, others: dict[str, Reference]) -> None:
    """The column that points, in place of the one that it points to."""
    reference = question.analysis.reference(column)
    assert reference is not None  # noqa: S101 - asked before
    other = others[source.table_column(reference.name) or ""]
    if question.inference.column(reference).type != question.inference.column(other).type:
        raise Refuse(f"{reference.name} and {other.name} are of different types")
    if not _look_alike(_known(reference), _known(other)):
        raise Refuse(f"{reference.name} and {other.name} are equal, but not written or not sorted alike")
    if other.source.is_nullable:
        raise Refuse(f"{other.source.alias} is on the nullable side of an outer join")
    surgery.replace_column(column, surgery.column(other.source.alias, other.name))


def _known(reference: Reference) -> Column | None:
    source = reference.source
    return source.table.column(source.table_column(reference.name) or "") if source.table is not None else None


def _look_alike(one: Column | None, other: Column | None) -> bool:
    """Whether equal values of both columns are written and sorted alike: not so 1.0 and 1.00, a text with more blanks,
    or one of another collation.
    """
    if one is None or other is None or one.collation != other.collation:
        return False
    return one.declared == other.declared or one.type not in ("numeric", "bpchar")


def _take_out(block: Block, source: Source) -> None:
    """Remove it from FROM. The first gives its place to the one behind it."""
    joined = block.node.args.get("joins") or []
    if source.join is not None:
        source.join.pop()
        return
    following = joined[0]
    if following.side or following.method:
        raise Refuse("what is joined to it would have nothing to be joined to")
    if following.args.get("on") is not None:
        surgery.add_conditions(block.node, [following.args["on"].copy()])
    block.node.args["from_"].set("this", following.this.pop())
    following.pop()


# -- outer joins -------------------------------------------------------------------------------------------------------


def _drop_left(question: Question, block: Block, source: Source) -> str:
    _require_gone(question, block, source)
    conditions = joins.on_conditions(block, source)
    question.require_stable(*conditions)
    if _uses(question, source, conditions):
        raise Refuse(f"columns of {source.alias} are used, which are NULL where there is no match")
    name = keys.unique_by(source, {name for name, _ in joins.pairs(question, conditions, source)})
    if name is None:
        raise Refuse(f"nothing proves that a row has at most one match in {source.alias}")
    _take_out(block, source)
    return f"{name} gives each row at most one match in {source.alias}, of which nothing is used"
