"""The statement that is asked for: that it only reads, and which tables it names where. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from dbopt.errors import QueryFailed, UsageError
from dbopt.workload.sql import identifier_name, is_with_query, parse

_WRITING = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Into, exp.Lock, exp.Command, exp.DDL)
_HINT = "one SELECT, WITH ... SELECT or VALUES that only reads"


@dataclass(frozen=True)
class Named:
    """A table where the statement names it; `alias` is what its columns are qualified with there."""

    node: Any
    schema: str | None
    name: str
    alias: str

    @property
    def is_renamed(self) -> bool:
        """Whether its columns have other names there."""
        alias = self.node.args.get("alias")
        return bool(alias is not None and alias.args.get("columns"))


def read(sql: str) -> Any:
    """The statement's tree. Raises UsageError where it is not a single one that only reads, QueryFailed where it cannot
    be read.
    """
    tree = parse(sql)
    if tree is None:
        if len(_parts(sql)) > 1:
            raise UsageError("this is more than one statement", hint=_HINT)
        if not sql.strip():
            raise UsageError("there is no statement", hint=_HINT)
        if _begins(sql) not in ("select", "with", "values", "table", "("):
            raise UsageError(f"{_begins(sql).upper()} is nothing that an archive can be asked", hint=_HINT)
        raise QueryFailed("the statement cannot be read", hint="check its syntax")
    if not isinstance(tree, (exp.Query, exp.Values)):
        raise UsageError(f"{_begins(sql).upper()} is nothing that an archive can be asked", hint=_HINT)
    if tree.find(*_WRITING) is not None or any(select.args.get("into") for select in tree.find_all(exp.Select)):
        raise UsageError("the statement writes or locks", hint=_HINT)
    _mend_arrows(tree)
    return tree


def _mend_arrows(tree: Any) -> None:
    """`f(doc -> 'key')` is an operator in PostgreSQL, which has no lambdas."""
    for node in list(tree.find_all(exp.Lambda)):
        if len(node.expressions) == 1 and isinstance(node.expressions[0], exp.Identifier):
            read_again = parse(f"SELECT {node.expressions[0].sql('postgres')} -> {node.this.sql('postgres')}")
            if isinstance(read_again, exp.Select):
                node.replace(read_again.expressions[0].copy())


def tables(tree: Any) -> tuple[Named, ...]:
    """Each table that is named, wherever it is; WITH queries and functions are none."""
    found = []
    for node in tree.find_all(exp.Table):
        if isinstance(node.this, exp.Identifier) and not is_with_query(node):
            schema = node.args.get("db")
            alias = node.args.get("alias")
            name = identifier_name(node.this)
            known_as = identifier_name(alias.this) if alias is not None and alias.this is not None else name
            found.append(Named(node, identifier_name(schema) if schema else None, name, known_as))
    return tuple(found)


def name_columns(tree: Any) -> None:
    """Give columns of subqueries that have no name of their own the name that PostgreSQL would give them."""
    for select in list(tree.find_all(exp.Select)):
        for column in list(select.expressions):
            inner = column.unnest()
            if not isinstance(inner, (exp.Alias, exp.Aliases, exp.Column, exp.Star)) and not column.is_star:
                select.set("expressions", [_aliased(one) if one is column else one for one in select.expressions])


def rename(named: Named, name: str) -> None:
    """Put another table in its place, under the name that its columns are qualified with."""
    node = named.node
    alias = node.args.get("alias") or exp.TableAlias()
    if alias.this is None:
        alias.set("this", exp.to_identifier(named.alias, quoted=True))
    node.set("alias", alias)
    for part, value in (
        ("this", exp.to_identifier(name, quoted=True)),
        ("db", None),
        ("catalog", None),
        ("only", None),
    ):
        node.set(part, value)
    for column in node.root().find_all(exp.Column):
        column.set("db", None)


def with_queries(tree: Any, queries: Mapping[int, str]) -> str:
    """The statement with queries in place of some of its tables, by their numbers."""
    copy = tree.copy()
    for number, one in enumerate(tables(copy)):
        if number in queries:
            alias = one.node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(one.alias, quoted=True))
            one.node.replace(exp.Subquery(this=parse(queries[number]), alias=alias.copy()))
    for column in copy.find_all(exp.Column):
        column.set("db", None)
    return str(copy.sql("postgres"))


def needed(tree: Any, named: Iterable[Named], columns: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    """Which columns of each table the statement needs, rather too many than too few; `columns` are all of them, both by
    the table's name.
    """
    places = tuple(named)
    found: dict[str, set[str]] = {name: set() for name in columns}
    for one in places:
        found[one.name] |= set(columns[one.name]) if one.is_renamed else set()
    for node in tree.find_all(exp.Column, exp.Star):
        if isinstance(node, exp.Star) and isinstance(node.parent, (exp.Count, exp.Column)):
            continue
        table, name = (node.table, node.name) if isinstance(node, exp.Column) else ("", "*")
        for one in places:
            if table in ("", one.alias):
                is_whole = name == "*" or (not table and name == one.alias)
                found[one.name] |= set(columns[one.name]) if is_whole else {name} & set(columns[one.name])
    return {name: frozenset(some) for name, some in found.items()}


def passed_on(tree: Any) -> tuple[Any, ...]:
    """The columns of a qualified statement's result that are columns of tables and nothing more is done with them, so
    that how they are written can differ from what they are computed with.
    """
    if not isinstance(tree, exp.Select) or tree.args.get("distinct") or tree.args.get("group"):
        return ()
    columns = [one.unalias() for one in tree.expressions]
    return tuple(column for column in columns if isinstance(column, exp.Column) and column.table)


def write_otherwise(tree: Any, column: Any, name: str) -> None:
    """Let another column of the table stand for one of the result; what sorts by it goes on to do so."""
    alias = column.parent.alias if isinstance(column.parent, exp.Alias) else column.name
    for ordered in tree.args["order"].expressions if tree.args.get("order") else ():
        if isinstance(ordered.this, exp.Column) and not ordered.this.table and ordered.this.name == alias:
            ordered.set("this", column.copy())
    column.set("this", exp.to_identifier(name, quoted=True))


def rename_column(tree: Any, alias: str, name: str, new: str) -> None:
    for column in tree.find_all(exp.Column):
        if (column.table, column.name) == (alias, name):
            column.set("this", exp.to_identifier(new, quoted=True))


def sorts(tree: Any, texts: frozenset[str]) -> bool:
    """Whether it sorts by, or compares for order, a column of one of these names."""
    kinds = (exp.Ordered, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.Min, exp.Max)
    return any(column.name in texts for node in tree.find_all(*kinds) for column in node.find_all(exp.Column))


def _aliased(column: Any) -> Any:
    return exp.Alias(this=column.copy(), alias=exp.to_identifier(_name(column), quoted=True))


def _name(node: Any) -> str:
    """See FigureColname in PostgreSQL's parse_target.c."""
    if isinstance(node, exp.Column):
        return identifier_name(node.this)
    if isinstance(node, exp.Cast):
        inner = _name(node.this)
        return inner if inner != "?column?" else str(node.to.sql("postgres")).partition("(")[0].lower()
    if isinstance(node, (exp.Paren, exp.Bracket, exp.Filter, exp.Window, exp.WithinGroup, exp.Collate)):
        return _name(node.this)
    if isinstance(node, exp.Subquery):
        selects = node.selects
        return (selects[0].alias_or_name or _name(selects[0])) if selects else "?column?"
    if isinstance(node, exp.Anonymous):
        return str(node.name).lower()
    if isinstance(node, exp.CurrentTimestamp):
        return "now"
    if isinstance(node, (exp.Func, exp.Case)) and not isinstance(node, (exp.Binary, exp.Connector)):
        return str(node.sql("postgres")).partition("(")[0].split()[0].lower()
    return "?column?"


def _begins(sql: str) -> str:
    words = [word for part in _parts(sql)[:1] for word in part]
    return words[0].lower() if words else ""


def _parts(sql: str) -> list[list[str]]:
    """The significant tokens of each statement."""
    from dbopt.workload.lexer import significant

    found: list[list[str]] = [[]]
    for token in significant(sql):
        if token.text == ";":
            found.append([])
        else:
            found[-1].append(token.text)
    return [one for one in found if one]
