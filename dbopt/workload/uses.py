"""What the parameters of a statement are for: which column each is compared with, and how. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from dbopt.workload.lexer import Kind, Token, significant
from dbopt.workload.relations import Relation, name_of, relations
from dbopt.workload.roles import Column, Role, Use
from dbopt.workload.scopes import base_relations, column_relations
from dbopt.workload.sql import identifier_name, parse

_UNIT_FUNCTIONS = frozenset(("date_trunc", "date_part", "extract", '"extract"', "date_bin"))
_COMPARISONS: tuple[tuple[tuple[type[exp.Expr], ...], Role], ...] = (
    ((exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ), Role.EQUAL),
    ((exp.GT, exp.GTE), Role.LOWER),
    ((exp.LT, exp.LTE), Role.UPPER),
    ((exp.Like, exp.ILike, exp.SimilarTo), Role.PREFIX),
    ((exp.RegexpLike, exp.RegexpILike), Role.REGEX),
    ((exp.ArrayContainsAll, exp.ArrayContainedBy, exp.ArrayOverlaps), Role.CONTAINED),
)
_FLIPPED = {Role.LOWER: Role.UPPER, Role.UPPER: Role.LOWER}
# what may stand between a parameter and its comparison without changing much what kind of value it is; an interval that
# is added to a date is told apart by its type
_TRANSPARENT = (exp.Paren, exp.Cast, exp.Lower, exp.Upper, exp.Trim, exp.Coalesce, exp.Add, exp.Sub)
_JSON_PATHS = (exp.JSONExtract, exp.JSONExtractScalar, exp.JSONBExtract, exp.JSONBExtractScalar)


def uses(sql: str) -> tuple[Use, ...]:
    """Every use of a parameter that says something about its values."""
    tree = parse(sql)
    words = significant(sql)
    plain = list(_by_tokens(words))
    if tree is None:
        found = tuple(relations(sql))
        return (*plain, *_compared_by_tokens(words, found))
    return (*plain, *_by_tree(tree))


# -- by tokens --------------------------------------------------------------------------------------------------------


def _by_tokens(words: list[Token]) -> Iterator[Use]:
    for place, token in enumerate(words):
        if token.kind is Kind.PARAMETER:
            before = [word.folded for word in words[max(0, place - 2) : place]]
            role = _role_by_words(["", "", *before][-2:])
            if role is not None:
                yield Use(int(token.text[1:]), role)


def _role_by_words(before: list[str]) -> Role | None:
    match before:
        case [_, "limit"] | ["fetch", "first" | "next"]:
            return Role.LIMIT
        case [_, "offset"]:
            return Role.OFFSET
        case ["time", "zone"]:
            return Role.ZONE
        case [function, "("] if function in _UNIT_FUNCTIONS:
            return Role.UNIT
    return None


_OPERATORS = {
    "=": Role.EQUAL,
    "<>": Role.EQUAL,
    ">": Role.LOWER,
    ">=": Role.LOWER,
    "<": Role.UPPER,
    "<=": Role.UPPER,
    "like": Role.PREFIX,
    "ilike": Role.PREFIX,
}


def _compared_by_tokens(words: list[Token], found: tuple[Relation, ...]) -> Iterator[Use]:
    """`column operator $n`: the best that can be told without a tree."""
    for name, operator, parameter in zip(words, words[1:], words[2:], strict=False):
        is_comparison = parameter.kind is Kind.PARAMETER and operator.folded in _OPERATORS
        if is_comparison and name.kind in (Kind.WORD, Kind.QUOTED):
            yield Use(int(parameter.text[1:]), _OPERATORS[operator.folded], Column(name_of(name), found))


# -- by the tree ------------------------------------------------------------------------------------------------------


def _by_tree(tree: exp.Expression) -> Iterator[Use]:
    everywhere = base_relations(tree)
    for parameter in tree.find_all(exp.Parameter):
        if parameter.name.isdigit():
            use = _use(parameter, int(parameter.name), everywhere)
            if use is not None:
                yield use


def _use(parameter: exp.Expr, number: int, everywhere: tuple[Relation, ...]) -> Use | None:
    node = _climbed(parameter)
    parent = node.parent
    if parent is None:
        return None
    inserted = _inserted_column(node)
    if inserted is not None:
        return Use(number, Role.EQUAL, inserted)
    if isinstance(parent, _JSON_PATHS) and node is parent.expression:
        return _with_column(number, Role.JSON_KEY, parent.this, parent, everywhere)
    return _compared(node, parent, number, everywhere)


def _climbed(node: exp.Expr) -> exp.Expr:
    while isinstance(node.parent, _TRANSPARENT):
        node = node.parent
    return node


def _compared(node: exp.Expr, parent: exp.Expr, number: int, everywhere: tuple[Relation, ...]) -> Use | None:
    """The use of an operand of a comparison, however deep in a list, row or concatenation it stands."""
    if isinstance(parent, (exp.DPipe, exp.Concat)):
        return _fragment(parent, number, everywhere)
    if isinstance(parent, exp.Between):
        role = Role.LOWER if node is parent.args.get("low") else Role.UPPER
        return _with_column(number, role, parent.this, parent, everywhere) if node is not parent.this else None
    if isinstance(parent, exp.In) and node is not parent.this:
        return _with_column(number, Role.EQUAL, parent.this, parent, everywhere, _place(node, parent))
    if isinstance(parent, exp.Tuple):
        return _in_row(node, parent, number, everywhere)
    if isinstance(parent, exp.Array):
        return _in_array(node, parent, number, everywhere)
    if isinstance(parent, exp.Any):
        return _compared_with_any(parent, number, everywhere)
    if isinstance(parent, exp.MatchAgainst) and parent.expressions:
        return _with_column(number, Role.LEXEME, parent.expressions[0], parent, everywhere)
    if isinstance(parent, exp.Anonymous) and isinstance(parent.parent, exp.MatchAgainst):
        return _searched(node, parent, parent.parent, number, everywhere)
    return _operand(node, parent, number, everywhere)


def _operand(node: exp.Expr, parent: exp.Expr, number: int, everywhere: tuple[Relation, ...]) -> Use | None:
    """column operator $n, or turned round."""
    role = next((role for kinds, role in _COMPARISONS if isinstance(parent, kinds)), None)
    if role is None:
        return None
    on_the_left = node is parent.this
    other = parent.expression if on_the_left else parent.this
    if on_the_left and isinstance(other, exp.Any):
        return _with_column(number, Role.ELEMENT, other.this, parent, everywhere)
    if isinstance(_unwrapped(other), _JSON_PATHS) and role is Role.EQUAL:
        role = Role.JSON_VALUE
    return _with_column(number, _FLIPPED.get(role, role) if on_the_left else role, other, parent, everywhere)


def _fragment(concatenation: exp.Expr, number: int, everywhere: tuple[Relation, ...]) -> Use | None:
    node: exp.Expr = concatenation
    while isinstance(node.parent, (exp.DPipe, exp.Concat, *_TRANSPARENT)):
        node = node.parent
    if isinstance(node.parent, (exp.Like, exp.ILike)) and node is node.parent.expression:
        return _with_column(number, Role.FRAGMENT, node.parent.this, node.parent, everywhere)
    return None


def _in_row(node: exp.Expr, row: exp.Expr, number: int, everywhere: tuple[Relation, ...]) -> Use | None:
    """(a, b) > ($1, $2); (a, b) IN (($1, $2), ...)"""
    place = _place(node, row)
    comparison = row.parent
    if comparison is None or comparison.this is row:
        return None
    other = comparison.this
    if not isinstance(other, exp.Tuple) or place >= len(other.expressions):
        return None
    if isinstance(comparison, exp.In):
        position = _place(row, comparison)
        return _with_column(number, Role.EQUAL, other.expressions[place], row, everywhere, position)
    role = next((role for kinds, role in _COMPARISONS if isinstance(comparison, kinds)), None)
    return _with_column(number, role, other.expressions[place], row, everywhere) if role else None


def _in_array(node: exp.Expr, array: exp.Expr, number: int, everywhere: tuple[Relation, ...]) -> Use | None:
    """column = ANY (ARRAY[$1, $2]); column @> ARRAY[$1]"""
    outer = _climbed(array)
    comparison = outer.parent
    if isinstance(comparison, exp.Any) and comparison.parent is not None:
        return _with_column(number, Role.EQUAL, comparison.parent.this, array, everywhere, _place(node, array))
    if isinstance(comparison, (exp.ArrayContainsAll, exp.ArrayOverlaps, exp.ArrayContainedBy)):
        return _with_column(number, Role.ELEMENT, comparison.this, array, everywhere, _place(node, array))
    return None


def _compared_with_any(any_: exp.Expr, number: int, everywhere: tuple[Relation, ...]) -> Use | None:
    comparison = any_.parent
    if comparison is None or comparison.this is any_:
        return None
    return _with_column(number, Role.ARRAY, comparison.this, any_, everywhere)


def _searched(
    node: exp.Expr, function: exp.Expr, match: exp.Expr, number: int, everywhere: tuple[Relation, ...]
) -> Use | None:
    """column @@ to_tsquery([configuration,] $1)"""
    if function.expressions[-1] is not node:
        return None
    columns = match.expressions or [match.this]
    return _with_column(number, Role.LEXEME, columns[0], match, everywhere)


def _place(node: exp.Expr, parent: exp.Expr) -> int:
    return next((number for number, one in enumerate(parent.expressions) if one is node), 0)


def _unwrapped(node: exp.Expr) -> exp.Expr:
    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    return node


def _with_column(
    number: int, role: Role, other: exp.Expr, inside: exp.Expr, everywhere: tuple[Relation, ...], position: int = 0
) -> Use | None:
    """The use, if there is a column on the other side that is no argument of an aggregate."""
    column = other.find(exp.Column)
    if column is None or other.find(exp.AggFunc) is not None or other.find(exp.Query) is not None:
        return None
    folding = "lower" if other.find(exp.Lower) else "upper" if other.find(exp.Upper) else ""
    found = column_relations(column, inside, everywhere)
    return Use(number, role, Column(identifier_name(column.this), found), position, folding)


def _inserted_column(node: exp.Expr) -> Column | None:
    """The column of INSERT INTO t (a, b) that a value of VALUES or of the SELECT list goes to."""
    row = node.parent
    values = row.parent if isinstance(row, exp.Tuple) else row
    insert = values.parent if isinstance(values, (exp.Values, exp.Select)) else None
    if row is None or not isinstance(insert, exp.Insert) or not isinstance(insert.this, exp.Schema):
        return None
    columns = insert.this.expressions
    place = next((number for number, one in enumerate(row.expressions) if one is node), len(columns))
    table = insert.this.this
    if place >= len(columns) or not isinstance(table, exp.Table):
        return None
    schema = table.args.get("db")
    relation = (identifier_name(schema) if schema else None, identifier_name(table.this))
    return Column(identifier_name(columns[place]), (relation,))
