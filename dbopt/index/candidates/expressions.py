"""Expressions that an index could have for a key, and their SQL over the table's own columns. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from dbopt.index.candidates.scopes import Block, Occurrence
from dbopt.postgres.identifiers import quoted

_NEVER = (exp.Query, exp.AggFunc, exp.Window, exp.Parameter, exp.Placeholder, exp.Star, exp.Collate, exp.Subquery)
_CONDITIONS = (exp.Predicate, exp.Connector, exp.Not, exp.Distance, exp.Operator)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg)
_TEXTS = (
    *(
        exp.Lower,
        exp.Upper,
        exp.Trim,
        exp.Substring,
        exp.Left,
        exp.Right,
        exp.Concat,
        exp.MD5,
        exp.Replace,
        exp.Initcap,
    ),
    *(exp.JSONExtractScalar, exp.JSONBExtractScalar, exp.Reverse),
    *(exp.RegexpReplace, exp.SplitPart, exp.Translate, exp.Pad, exp.ConcatWs, exp.TimeToStr, exp.Overlay, exp.Format),
    *(exp.ArrayToString, exp.Repeat, exp.Host),
)
_ARRAYS = (exp.Array, exp.ArrayAppend, exp.ArrayPrepend, exp.ArrayConcat, exp.ArrayRemove)
_TYPES_OF_FUNCTIONS = {
    "hstore": "hstore",
    "text2ltree": "ltree",
    **dict.fromkeys(("string_to_array", "regexp_split_to_array", "regexp_match", "akeys", "avals"), "text[]"),
    **dict.fromkeys(("to_tsvector", "jsonb_to_tsvector", "array_to_tsvector", "setweight", "strip"), "tsvector"),
    **dict.fromkeys(("to_jsonb", "jsonb_build_object", "jsonb_build_array", "jsonb_object"), "jsonb"),
    **dict.fromkeys(("jsonb_extract_path", "jsonb_path_query_array", "jsonb_path_query_first"), "jsonb"),
    **dict.fromkeys(("jsonb_extract_path_text", "json_extract_path_text", "unaccent", "immutable_unaccent"), "text"),
    **dict.fromkeys(("encode", "quote_ident", "ltree2text"), "text"),
    **dict.fromkeys(("box", "circle", "point", "polygon"), "geometry"),
    **{name: name for name in ("int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange")},
}
_POINTS = frozenset(("box", "circle", "point", "polygon"))


@dataclass(frozen=True)
class Rendered:
    """An expression in SQL over `columns` of one mention of a table."""

    owner: Occurrence
    sql: str
    columns: tuple[str, ...]


def is_key(node: exp.Expression) -> bool:
    """Whether an index on this is worth a thought: something computed from columns alone. A column with a constant
    added, and a number written as text, are not: the statement should compare the column itself.
    """
    node = bare(node)
    if isinstance(node, (exp.Column, *_CONDITIONS)) or _is_cast_to_text(node) or node.find(*_NEVER) is not None:
        return False
    columns = {column.sql() for column in node.find_all(exp.Column)}
    return bool(columns) and not (isinstance(node, _ARITHMETIC) and len(columns) == 1 and not node.find(exp.Func))


def _is_cast_to_text(node: exp.Expression) -> bool:
    is_cast = isinstance(node, exp.Cast) and node.to.this in exp.DataType.TEXT_TYPES
    return is_cast and isinstance(bare(node.this), exp.Column)


def bare(node: exp.Expression) -> exp.Expression:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def rendered(node: exp.Expression, block: Block) -> Rendered | None:
    """The expression in the words of the one table whose columns it reads; None where they are of several, or computed
    by a query below.
    """
    owners: dict[Occurrence, None] = {}
    columns: dict[str, None] = {}

    def base(part: exp.Expression) -> exp.Expression:
        if not isinstance(part, exp.Column):
            return part
        bases = block.resolve(part)
        if len(bases) != 1:
            raise _Unknown
        owner, name = bases[0]
        owners[owner] = columns[name] = None
        return exp.Column(this=exp.to_identifier(name, quoted=quoted(name) != name))

    try:
        own = node.transform(base).transform(_as_postgres)
    except _Unknown:
        return None
    if len(owners) != 1:
        return None
    sql = own.sql("postgres", normalize_functions="lower", comments=False)
    return Rendered(next(iter(owners)), sql, tuple(columns))


class _Unknown(Exception):
    """A column that is not one of a table."""


def _as_postgres(node: exp.Expression) -> exp.Expression:
    """sqlglot writes units in capitals: for PostgreSQL 'DAY' and 'day' are two expressions. A view's definition has
    parentheses around its columns, which only a composite one needs before its field.
    """
    if isinstance(node, exp.Paren) and isinstance(node.this, exp.Column) and not isinstance(node.parent, exp.Dot):
        return node.this
    if isinstance(node, exp.Substring) and "start" in node.meta:  # written substr(): two functions for PostgreSQL
        parts = (node.this, node.args.get("start"), node.args.get("length"))
        return exp.Anonymous(this="substr", expressions=[part for part in parts if part is not None])
    if isinstance(node, exp.TimestampTrunc):
        unit = exp.Literal.string(node.args["unit"].name.lower())
        zone = node.args.get("zone")
        return exp.Anonymous(this="date_trunc", expressions=[unit, node.this, *([zone] if zone is not None else [])])
    return node


def type_of(node: exp.Expression) -> str:
    """The expression's type as far as its outermost part tells; empty where it does not."""
    node = bare(node)
    if isinstance(node, exp.Cast):
        return str(node.to.sql("postgres")).lower()
    if isinstance(node, _TEXTS):
        return "text"
    if isinstance(node, exp.StringToArray):
        return "text[]"
    if isinstance(node, _ARRAYS):
        return "anyarray[]"
    if isinstance(node, (exp.JSONExtract, exp.JSONBExtract)):
        return "jsonb"
    if isinstance(node, exp.DPipe):
        return type_of(node.this) or type_of(node.expression) or "text"
    if isinstance(node, (exp.Coalesce, exp.Greatest, exp.Least)):
        return type_of(node.this) or next((found for part in node.expressions if (found := type_of(part))), "")
    if isinstance(node, exp.Nullif):
        return type_of(node.this) or type_of(node.expression)
    if isinstance(node, exp.Literal):
        return "text" if node.is_string else ""
    name = node.name.lower() if isinstance(node, exp.Anonymous) else ""
    return name if name in _POINTS else _TYPES_OF_FUNCTIONS.get(name, "")
