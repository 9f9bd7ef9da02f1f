"""Which rows cannot be there twice. Pure.

Columns determine others: a constant, a column that equals another, and a key all columns of its table. Where the
columns of a result determine every source of a query that only joins and filters, no row of the result is there twice
(the closure under functional dependencies, as in Paulley and Larson, "Exploiting uniqueness in query optimization",
ICDE 1994).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from sqlglot import exp

from dbopt.rewrite import joins, shapes
from dbopt.rewrite.question import Question
from dbopt.rewrite.scope import Block, Compound, Condition, Query, Reference, Source
from dbopt.rewrite.types import COMPARABLE, INTEGERS, TEXTS, type_name

Known = set[tuple[int, str]]
"""Columns, each as its source's identity and name, of which two equal rows have the same values."""


def unique_by(source: Source, columns: Collection[str]) -> str | None:
    """What proves that no two rows of the source have the same values, none NULL, in these of the table's columns: an
    index.
    """
    if source.table is None or not source.keys_hold or source.is_sampled:
        return None
    for key in source.table.keys:
        if set(key.columns) <= set(columns):
            return f"the unique index {key.name}" if key.name else "a unique index"
    return None


def is_distinct(question: Question, query: Query) -> bool:
    """Whether no row of the query's result is there twice."""
    if isinstance(query, Compound):
        return _is_distinct_compound(query)
    if not isinstance(query, Block):
        return False
    if isinstance(query.node.args.get("distinct"), exp.Distinct) and query.node.args["distinct"].args.get("on") is None:
        return True
    return has_unique_rows(question, query)


def _is_distinct_compound(query: Compound) -> bool:
    return bool(query.node.args.get("distinct"))


def has_unique_rows(question: Question, block: Block) -> bool:
    """Whether its rows are all different, its own DISTINCT aside."""
    if block.is_opaque or shapes.has_windows(block) or shapes.returns_sets(block, question):
        return False
    references = [
        _reference(question, output.node) if output.node is not None else output.reference
        for output in block.outputs or ()
    ]
    if shapes.has_aggregates(block, question):
        return groups_are_shown(question, block, [one for one in references if one is not None])
    known = {(id(one.source), one.name) for one in references if one is not None and one.source.block is block}
    return determines_all(question, block, known)


def groups_are_shown(question: Question, block: Block, shown: list[Reference]) -> bool:
    """Whether every column of GROUP BY is in the result; without GROUP BY there is one row."""
    group = block.node.args.get("group")
    if group is None:
        return True
    if shapes.has_grouping_sets(block) or group.args.get("all"):
        return False
    for item in group.expressions:
        if isinstance(item, exp.Literal):
            continue  # the number of an output
        if isinstance(question.analysis.meaning(item), int):
            continue
        if _reference(question, item) not in shown:
            return False
    return True


def determines_all(question: Question, block: Block, known: Known) -> bool:
    """Whether these columns determine the row of every source of the block."""
    if block.has_right or block.has_merged or not block.sources:
        return False
    known = set(known)
    settled: set[int] = set()
    growing = True
    while growing:
        before = len(known) + len(settled)
        for condition in block.conditions:
            chosen = _joined_left(condition.join, block)
            known |= set(_implied(question, block, condition, chosen, known))
        for source in block.sources.values():
            if (
                id(source) not in settled
                and _may_settle(block, source, settled)
                and (_is_settled(question, block, source, known))
            ):
                settled.add(id(source))
                known |= {(id(source), name) for name in source.columns or ()}
        growing = len(known) + len(settled) > before
    return len(settled) == len(block.sources)


def _may_settle(block: Block, source: Source, settled: set[int]) -> bool:
    """The rows of a LATERAL query depend on those of the sources before it."""
    if not source.is_lateral:
        return True
    before = list(block.sources.values())
    return all(id(one) in settled for one in before[: before.index(source)])


def _joined_left(join: exp.Join | None, block: Block) -> Source | None:
    """The source that a LEFT JOIN's ON chooses rows of."""
    if join is None or join.side != "LEFT":
        return None
    found = [source for source in block.sources.values() if source.join is join]
    return found[0] if len(found) == 1 else None


def _implied(
    question: Question, block: Block, condition: Condition, chosen: Source | None, known: Known
) -> Iterator[tuple[int, str]]:
    """Columns that the condition makes known. The ON of a LEFT JOIN says something of what it joins alone."""
    if not condition.is_certain and chosen is None:
        return
    for column, other in _equalities(question, condition.node, block):
        if chosen is not None and column.source is not chosen:
            continue
        if other is None or (id(other.source), other.name) in known:
            yield id(column.source), column.name


def _equalities(question: Question, condition: exp.Expr, block: Block) -> Iterator[tuple[Reference, Reference | None]]:
    """Columns of the block that equal another, or (None) a constant, in such a way that their values are the same. For
    a subquery, what the row around it has is a constant.
    """
    pair = joins.equal_columns(question, condition)
    if pair is not None and all(one.source.block is block for one in pair):
        if joins.compares_exactly(question, *pair):
            yield pair
            yield pair[::-1]
        return
    if isinstance(condition, exp.EQ):
        for side, other in ((condition.this, condition.expression), (condition.expression, condition.this)):
            reference = _reference(question, side)
            if reference is None or reference.source.block is not block:
                continue
            if _is_exact(question, reference) and _is_constant(question, reference, other, block):
                yield reference, None


def _is_exact(question: Question, reference: Reference) -> bool:
    info = question.inference.column(reference)
    return info.is_exact and info.type in COMPARABLE and "=" not in question.facts.operators


def _is_constant(question: Question, own: Reference, node: exp.Expr, block: Block) -> bool:
    """Whether one value of the column at most equals this one: not so if a float or another collation compares."""
    if isinstance(node, exp.Paren):
        return _is_constant(question, own, node.this, block)
    if isinstance(node, exp.Cast):
        kinds = {type_name(node.args.get("to")), question.inference.column(own).type}
        if isinstance(node.this, (exp.Literal, exp.Parameter)):
            return len(kinds) == 1 or kinds <= {*INTEGERS, "numeric"} or kinds <= {*TEXTS}
        return len(kinds) == 1 and not kinds & {*TEXTS} and _around(question, node.this, block) is not None
    if isinstance(node, exp.Column):
        other = _around(question, node, block)
        return other is not None and joins.compares_exactly(question, own, other)
    return isinstance(node, (exp.Literal, exp.Parameter))


def _around(question: Question, node: exp.Expr, block: Block) -> Reference | None:
    """The column of the row around the block."""
    reference = question.analysis.reference(node) if isinstance(node, exp.Column) else None
    return reference if reference is not None and _is_around(reference.source.block, block) else None


def _is_around(one: Block, block: Block) -> bool:
    current = block.parent
    while current is not None and current is not one:
        current = current.parent
    return current is one


def _reference(question: Question, node: exp.Expr) -> Reference | None:
    inner = shapes.meant(node)
    return question.analysis.reference(inner) if isinstance(inner, exp.Column) else None


def _is_settled(question: Question, block: Block, source: Source, known: Known) -> bool:
    """Whether the known columns determine the row of the source."""
    own = {name for number, name in known if number == id(source)}
    if source.query is not None and not source.is_sampled:
        return any(key <= own for key in query_keys(question, source.query, source))
    if source.table is None or not source.keys_hold:
        return False
    for key in source.table.keys:
        names = [source.known_as(column) for column in key.columns]
        if all(name in own for name in names) and _has_no_null(question, block, source, key.nulls_are_equal, names):
            return True
    return False


def _has_no_null(
    question: Question, block: Block, source: Source, nulls_are_equal: bool, names: Iterable[str | None]
) -> bool:
    """Whether the key holds for all rows: none has a NULL in it, but for those that an outer join puts in place."""
    if nulls_are_equal:
        return True
    table = source.table
    for name in names:
        column = table.column(source.table_column(name or "") or "") if table is not None else None
        proven = question.inference.proven(Reference(source, name or ""), block)
        if not (column is not None and column.not_null) and not proven:
            return False
    return True


def query_keys(question: Question, query: Query, source: Source) -> Iterator[set[str]]:
    """Sets of columns of a subquery, as they are known outside, by which its rows are unique."""
    names = source.columns
    if names is None:
        return
    if is_distinct(question, query):
        yield set(names)
    if not isinstance(query, Block):
        return
    if shapes.has_aggregates(query, question):
        keys = _group_places(question, query)
        if keys is not None:
            yield {names[place] for place in keys}
        return
    outputs = query.outputs or []
    for place, output in enumerate(outputs):
        reference = output.reference or (_reference(question, output.node) if output.node is not None else None)
        if reference is None or reference.source.block is not query or not shapes.is_plain(query, question):
            continue
        if determines_all(question, query, {(id(reference.source), reference.name)}):
            yield {names[place]}


def _group_places(question: Question, block: Block) -> list[int] | None:
    """Where the columns of GROUP BY are in the result; None where one is not there."""
    group = block.node.args.get("group")
    if group is None:
        return []
    if shapes.has_grouping_sets(block) or group.args.get("all") or shapes.returns_sets(block, question):
        return None
    outputs = block.outputs or []
    shown = [_reference(question, output.node) if output.node is not None else output.reference for output in outputs]
    places = []
    for item in group.expressions:
        meaning = question.analysis.meaning(item)
        if isinstance(item, exp.Literal) and item.name.isdigit():
            places.append(int(item.name) - 1)
        elif isinstance(meaning, int):
            places.append(meaning)
        else:
            reference = _reference(question, item)
            if reference is None or reference not in shown:
                return None
            places.append(shown.index(reference))
    return places


def gives_one_row(question: Question, query: Query) -> bool:
    """Whether a subquery that stands for a value gives one row at most, for each row around it."""
    if not isinstance(query, Block):
        return False
    limit = query.node.args.get("limit")
    if isinstance(limit, exp.Limit) and isinstance(limit.expression, exp.Literal) and limit.expression.name in "01":
        return True
    if query.is_opaque or shapes.returns_sets(query, question):
        return False
    if shapes.has_aggregates(query, question):
        return query.node.args.get("group") is None
    return not query.sources or determines_all(question, query, set())
