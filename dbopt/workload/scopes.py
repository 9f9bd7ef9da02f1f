"""Which table a column of a statement may belong to, told from its names alone. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from dbopt.workload.relations import Relation
from dbopt.workload.sql import identifier_name, is_with_query


def base_relations(tree: exp.Expr) -> tuple[Relation, ...]:
    """All tables and views of the statement, each once, in the order of the text."""
    found = [relation for table in tree.find_all(exp.Table) if (relation := _relation(table)) is not None]
    return tuple(dict.fromkeys(found))


def column_relations(column: exp.Column, inside: exp.Expr, everywhere: tuple[Relation, ...]) -> tuple[Relation, ...]:
    """Where to look for the column, the likeliest first: the table its alias names, else the tables of the query
    around it, from the inside out, then all others (a subquery or WITH query may hand a column through).
    """
    qualifier = column.args.get("table")
    nearest: list[Relation] = []
    node: exp.Expr | None = inside
    while node is not None:
        for table in _tables_of_query(node):
            relation = _relation(table)
            if relation is None:
                continue
            if qualifier is not None and identifier_name(qualifier) == _known_as(table):
                return (relation,)
            nearest.append(relation)
        node = node.parent
    return tuple(dict.fromkeys([*nearest, *everywhere] if qualifier is None else everywhere))


def _tables_of_query(node: exp.Expr) -> Iterator[exp.Table]:
    """The tables of this query's own FROM, USING, INTO."""
    if not isinstance(node, (exp.Select, exp.Update, exp.Delete, exp.Insert, exp.Merge)):
        return
    parts = [node.this, node.args.get("from_"), node.args.get("using"), *(node.args.get("joins") or [])]
    for part in parts:
        for one in part if isinstance(part, list) else [part]:
            if isinstance(one, exp.Expr):
                yield from one.find_all(exp.Table)


def _known_as(table: exp.Table) -> str:
    alias = table.args.get("alias")
    named = alias.this if alias is not None and alias.this is not None else table.this
    return identifier_name(named)


def _relation(table: exp.Table) -> Relation | None:
    if not isinstance(table.this, exp.Identifier) or is_with_query(table):
        return None
    schema = table.args.get("db")
    return (identifier_name(schema) if schema else None), identifier_name(table.this)
