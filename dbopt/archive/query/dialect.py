"""A statement of PostgreSQL as one of the engine that means the same. Pure.

sqlglot knows most of the differences once it knows the types of columns; the rest is here. Functions that it does not
know pass only where both servers mean the same by them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlglot import exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from dbopt.archive.query.types import Type, enum_name
from dbopt.errors import QueryFailed

_T = exp.DataType.Type
_INTEGERS = frozenset({_T.SMALLINT, _T.INT, _T.BIGINT})
_FLOATS = frozenset({_T.FLOAT, _T.DOUBLE})
_UNKNOWN = frozenset({_T.UNKNOWN, _T.NULL})
_TIMES = {_T.DATE: "date", _T.TIMESTAMP: "timestamp", _T.TIMESTAMPTZ: "timestamptz", _T.TIME: "time"}
_TEXTS = frozenset({_T.TEXT, _T.VARCHAR, _T.CHAR, _T.BPCHAR})
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between)
Constants = Callable[[Sequence[tuple[str, str]]], Sequence[str | None]]
"""Of pairs of a type and a text, how PostgreSQL writes the value."""
_SAME_WORDS = """
    ascii bit_length btrim cbrt char_length character_length cot date_part degrees div every gcd isfinite lcm ltrim
    make_date make_time make_timestamp nullif octet_length pi radians reverse rtrim starts_with strpos substr translate
    trunc bool_and bool_or bit_and bit_or bit_xor array_position array_append array_cat array_prepend array_to_string
    cardinality generate_series unnest regexp_like regr_slope regr_intercept regr_r2 regr_count corr covar_pop
    covar_samp stddev stddev_pop stddev_samp variance var_pop var_samp percent_rank cume_dist ntile first_value
    last_value nth_value atan2 sinh cosh tanh asinh acosh atanh initcap to_hex factorial json_array_length
    jsonb_array_length json_typeof jsonb_typeof age"""
_SAME = frozenset(_SAME_WORDS.split())
_CALLED = {
    "btrim": "trim",
    "cardinality": "len",
    "char_length": "length",
    "character_length": "length",
    "every": "bool_and",
    "jsonb_array_length": "json_array_length",
    "json_build_object": "json_object",
    "jsonb_build_object": "json_object",
    "json_build_array": "json_array",
    "jsonb_build_array": "json_array",
    "jsonb_object_agg": "json_group_object",
    "json_object_agg": "json_group_object",
    "to_jsonb": "to_json",
    "to_json": "to_json",
    "array_to_json": "to_json",
    "initcap": "_dbopt_initcap",
    "json_typeof": "_dbopt_typeof",
    "jsonb_typeof": "_dbopt_typeof",
    "to_hex": "_dbopt_hex",
    "octet_length": "strlen",
    "div": "_dbopt_div",
}
_DIFFERENT: tuple[type[Any], ...] = tuple(
    found
    for name in (
        *("RegexpExtract", "RegexpExtractAll", "RegexpSplit", "ToNumber", "Encode", "Decode", "Format"),
        *("SHA", "SHA2", "WidthBucket", "ToChar", "Overlay", "JustifyDays", "JustifyHours", "JustifyInterval"),
        *("XMLElement", "XMLTable", "MatchAgainst", "ToArray", "Randn", "Uuid"),
    )
    if (found := getattr(exp, name, None)) is not None
)
MACROS = (
    "CREATE MACRO _dbopt_initcap(t) AS array_to_string(list_transform(regexp_extract_all(t,"
    " '[[:alnum:]]+|[^[:alnum:]]+'), lambda w: upper(w[1]) || lower(w[2:])), '')",
    "CREATE MACRO _dbopt_typeof(j) AS CASE json_type(j) WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array'"
    " WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null'"
    " WHEN NULL THEN NULL ELSE 'number' END",
    "CREATE MACRO _dbopt_text(f) AS CASE WHEN isnan(f) THEN 'NaN' WHEN isinf(f) AND f > 0 THEN 'Infinity'"
    " WHEN isinf(f) THEN '-Infinity' ELSE regexp_replace(CAST(f AS VARCHAR), '[.]0$', '') END",
    "CREATE MACRO _dbopt_hex(n) AS lower(to_hex(n))",
    "CREATE MACRO _dbopt_div(a, b) AS trunc(a / b)",
    "CREATE MACRO _dbopt_slash(a, b) AS CASE WHEN typeof(a) IN ('SMALLINT', 'INTEGER', 'BIGINT')"
    " AND typeof(b) IN ('SMALLINT', 'INTEGER', 'BIGINT') THEN a // b ELSE a / b END",
)


def qualified(tree: Any, schema: Mapping[str, Mapping[str, str]]) -> Any:
    """The tree with each column's table named, stars spread out; as it is where sqlglot cannot do that. The schema has
    types of columns by table.
    """
    try:
        return qualify(
            tree.copy(),
            schema=MappingSchema(dict(schema), dialect="postgres", normalize=False),
            dialect="postgres",
            validate_qualify_columns=False,
            quote_identifiers=True,
        )
    except (SqlglotError, ValueError, KeyError, AttributeError, TypeError):
        return tree


def translated(
    tree: Any,
    schema: Mapping[str, Mapping[str, str]],
    column_type: Callable[[Any], Type | None],
    enums: Mapping[str, Type],
    now: str,
    constants: Constants,
) -> str:
    """The engine's SQL of a qualified tree. `column_type` tells the type of a column of a table, `enums` are by name,
    `now` is the time of the transaction. Raises QueryFailed for what the engine has no word for.
    """
    for select in tree.find_all(exp.Select):
        if not select.expressions:
            select.set("expressions", [exp.Literal.number(1)])
    tree = _rewritten(_rewritten(tree, lambda node: _timeless(node, now)), _floating_extract)
    with suppress(SqlglotError, ValueError, KeyError, AttributeError, TypeError):  # without types, less is seen
        tree = annotate_types(
            tree,
            schema=MappingSchema(dict(schema), dialect="postgres", normalize=False),
            expression_metadata=_metadata(),
            dialect="postgres",
        )
    _settle_times(tree, constants)
    return str(_rewritten(tree, _Rules(column_type, enums).apply).sql("duckdb"))


def _settle_times(tree: Any, constants: Constants) -> None:
    """Dates and times as PostgreSQL writes them: it reads them in many more forms than the engine."""
    found = list(_time_literals(tree))
    values = constants([(kind, node.name) for kind, node in found]) if found else ()
    for (kind, node), value in zip(found, values, strict=True):
        if value is not None:
            text = exp.Literal.string(value)
            node.replace(text if isinstance(node.parent, exp.Cast) else exp.cast(text, kind))


def _time_literals(tree: Any) -> Iterator[tuple[str, Any]]:
    for node in tree.find_all(exp.Cast, *_COMPARISONS):
        if isinstance(node, exp.Cast):
            if node.this.is_string and node.to.this in _TIMES:
                yield _TIMES[node.to.this], node.this
            continue
        operands = _operands(node)
        kind = next((_TIMES[_kind(one)] for one in operands if _kind(one) in _TIMES), None)
        if kind is not None:
            yield from ((kind, one) for one in operands if one.is_string)


def _operands(node: Any) -> list[Any]:
    parts = [node.this, node.args.get("expression"), node.args.get("low"), node.args.get("high")]
    return [one for one in (*parts, *(node.expressions or ())) if isinstance(one, exp.Expression)]


def _rewritten(tree: Any, rule: Callable[[Any], Any]) -> Any:
    """The tree with each node replaced, those within it first."""
    for node in reversed(list(tree.walk(bfs=True))):
        kind, new = node.type, rule(node)
        if new is not node:
            if new.type is None and kind is not None:
                new.type = kind
            if node is tree:
                tree = new
            else:
                node.replace(new)
    return tree


def _metadata() -> Any:
    """How PostgreSQL's types differ from what sqlglot takes them for."""

    def sums(annotator: Any, node: Any) -> Any:
        kind = node.this.type.this if node.this.type else _T.UNKNOWN
        result = {_T.SMALLINT: _T.BIGINT, _T.INT: _T.BIGINT, _T.BIGINT: _T.DECIMAL}.get(kind, kind)
        annotator._set_type(node, result)  # noqa: SLF001 - the only way in
        return node

    def rounded(annotator: Any, node: Any) -> Any:
        kind = node.this.type.this if node.this.type else _T.UNKNOWN
        annotator._set_type(node, _T.DECIMAL if kind is _T.DECIMAL else _T.DOUBLE)  # noqa: SLF001
        return node

    def literals(annotator: Any, node: Any) -> Any:
        number = _T.INT if node.name.isdigit() and len(node.name) < 10 else _T.BIGINT
        kind = _T.VARCHAR if node.is_string else number if node.name.isdigit() else _T.DECIMAL
        annotator._set_type(node, kind)  # noqa: SLF001
        return node

    return {
        **Postgres.EXPRESSION_METADATA,
        exp.Literal: {"annotator": literals},
        exp.Sum: {"annotator": sums},
        exp.Ceil: {"annotator": rounded},
        exp.Floor: {"annotator": rounded},
        exp.Round: {"annotator": rounded},
        exp.Trunc: {"annotator": rounded},
        exp.Avg: {"annotator": rounded},
    }


def _timeless(node: Any, now: str) -> Any:
    """The time of the transaction in place of what asks for it."""
    moment = exp.cast(exp.Literal.string(now), "timestamptz")
    name = node.name.lower() if isinstance(node, exp.Anonymous) else ""
    if isinstance(node, exp.CurrentTimestamp) or name in (
        *("clock_timestamp", "transaction_timestamp", "statement_timestamp"),
    ):
        return moment
    if name == "age" and len(node.expressions) == 1:
        today = exp.cast(exp.Literal.string(now[:10]), "timestamptz")
        return exp.Anonymous(this="age", expressions=[today, exp.cast(node.expressions[0].copy(), "timestamptz")])
    if isinstance(node, exp.CurrentDate):
        return exp.cast(exp.Literal.string(now[:10]), "date")
    if isinstance(node, exp.Localtimestamp):
        return exp.cast(exp.Literal.string(now.removesuffix("+00")), "timestamp")
    return node


def _floating_extract(node: Any) -> Any:
    """EXTRACT is numeric in PostgreSQL, with the fractions of seconds."""
    if isinstance(node, exp.Anonymous) and node.name.lower() == "date_part" and node.expressions[0].is_string:
        node = exp.Extract(this=exp.var(node.expressions[0].name.upper()), expression=node.expressions[1])
    if not isinstance(node, exp.Extract):
        return node
    part = node.name.upper()
    divisor = {"SECOND": 10**6, "SECONDS": 10**6, "MILLISECONDS": 10**3}.get(part)
    if divisor is None:
        return exp.cast(node.copy(), "double")
    whole = exp.Extract(this=exp.var("MICROSECONDS"), expression=node.expression.copy())
    return exp.Paren(this=exp.Div(this=exp.cast(whole, "double"), expression=exp.Literal.number(divisor)))


class _Rules:
    """Differences that sqlglot leaves."""

    def __init__(self, column_type: Callable[[Any], Type | None], enums: Mapping[str, Type]) -> None:
        self._column_type, self._enums = column_type, enums

    def apply(self, node: Any) -> Any:
        for kinds, rule in self._table():
            if isinstance(node, kinds):
                node = rule(node)
        return node

    def _table(self) -> tuple[tuple[Any, Callable[[Any], Any]], ...]:
        return (
            (_DIFFERENT, _refuse),
            (exp.Div, _divided),
            (exp.Round, _rounded),
            (exp.TableColumn, _whole_row),
            ((exp.JSONExtract, exp.JSONExtractScalar), _extracted),
            ((exp.Add, exp.Sub, exp.Mul, exp.Div), _widened),
            (exp.DPipe, _joined),
            (exp.DateTrunc, _truncated),
            (exp.TimestampTrunc, _truncated),
            (exp.NEQ, _not_all),
            (exp.Any, _any),
            (_COMPARISONS, self._compared),
            (exp.Like, self._like),
            ((exp.ArrayContainsAll, exp.ArrayContainedBy), _contains),
            (exp.JSONBContainsTopKey, _has_key),
            ((exp.JSONBExtract, exp.JSONBExtractScalar), _at_path),
            (exp.Cast, self._cast),
            (exp.TimeToStr, _to_char),
            (exp.Anonymous, _anonymous),
            (exp.JSONArrayAgg, _json_agg),
            (exp.Filter, _filtered),
        )

    def _compared(self, node: Any) -> Any:
        """A literal beside an enum is one of its labels, not a text; one beside a char(n) may have blanks behind."""
        operands = _operands(node)
        known = [found for one in operands if isinstance(one, exp.Column) and (found := self._column_type(one))]
        enum = next((one for one in known if one.is_enum), None)
        is_binary = any(one.base == "bytea" for one in known)
        is_blank_padded = any(one.base == "bpchar" for one in known)
        for one in operands:
            if isinstance(one, exp.Literal) and one.is_string:
                if enum is not None:
                    one.replace(exp.cast(one.copy(), _user_type(enum_name(enum)[1:-1].replace('""', '"'))))
                elif is_binary:
                    one.replace(_binary(one.name))
                elif is_blank_padded:
                    one.replace(exp.Literal.string(one.name.rstrip(" ")))
        return node

    def _like(self, node: Any) -> Any:
        found = self._column_type(node.this) if isinstance(node.this, exp.Column) else None
        if found is not None and found.base == "citext":
            return exp.ILike(this=node.this, expression=node.expression)
        return node

    def _cast(self, node: Any) -> Any:
        to = node.to
        for inner in to.find_all(exp.DataType):
            self._map(inner)
        if to.this is _T.ARRAY and node.this.is_string:
            return _array(node)
        if to.this is _T.MONEY:
            text = exp.Literal.string(node.this.name.replace("$", "").replace(",", ""))
            return exp.cast(text if node.this.is_string else node.this, "decimal(19, 2)")
        if to.this is _T.VARBINARY and node.this.is_string:
            return _binary(node.this.name)
        if to.this is _T.TIME and _kind(node.this) is _T.TIMESTAMPTZ:
            node.set("this", exp.cast(node.this.copy(), "timestamp"))
        if to.this is _T.DECIMAL and not to.expressions:
            return _numeric(node)
        if to.this in _TEXTS:
            return self._as_text(node)
        return node

    def _map(self, to: Any) -> None:
        if to.this in (_T.USERDEFINED, _T.UNKNOWN, _T.INET, _T.NAME, _T.XML, _T.HSTORE):
            known = self._enums.get(to.sql("postgres").replace('"', ""))
            to.set("this", _T.USERDEFINED if known else _T.TEXT)
            name = None if known is None else enum_name(known)[1:-1].replace('""', '"')
            to.set("kind", exp.to_identifier(name, quoted=True) if name else None)

    def _as_text(self, node: Any) -> Any:
        """How PostgreSQL writes a value, as far as the engine writes it so."""
        known = self._column_type(node.this) if isinstance(node.this, exp.Column) else None
        if _kind(node.this) in (_T.INTERVAL, _T.ARRAY, _T.VARBINARY) or (known and known.is_open_numeric):
            raise _untranslatable("text out of a value of this type")
        text = _written(node.this)
        if node.to.this in (_T.VARCHAR, _T.CHAR, _T.BPCHAR) and node.to.expressions:
            length = node.to.expressions[0].this.copy()
            return exp.Left(this=exp.cast(text.copy(), "text"), expression=length)
        return exp.cast(text.copy(), "text")


def _user_type(name: str) -> Any:
    return exp.DataType(this=_T.USERDEFINED, kind=exp.to_identifier(name, quoted=True))


def _written(node: Any) -> Any:
    if _kind(node) in _FLOATS:
        return exp.Anonymous(this="_dbopt_text", expressions=[node.copy()])
    return node


def _joined(node: Any) -> Any:
    if _kind(node.left) in _FLOATS or _kind(node.right) in _FLOATS:
        return exp.DPipe(this=_written(node.left).copy(), expression=_written(node.right).copy())
    return node


def _widened(node: Any) -> Any:
    """A real number beside any other is a double one."""
    for one, other in ((node.left, node.right), (node.right, node.left)):
        if _kind(one) is _T.FLOAT and _kind(other) in _INTEGERS | {_T.DECIMAL}:
            one.replace(exp.cast(one.copy(), "double"))
    return node


def _numeric(node: Any) -> Any:
    """As exact as can be without digits that are given."""
    kind = _kind(node.this)
    if kind is _T.DECIMAL:
        return exp.Paren(this=node.this.copy())
    whole = kind in _INTEGERS or (node.this.is_string and node.this.name.strip().isdigit())
    return exp.cast(node.this.copy(), "decimal(19, 0)" if whole else "double")


def _binary(text: str) -> Any:
    if not text.startswith("\\x"):
        raise _untranslatable("bytea that is not written in hex")
    return exp.Anonymous(this="from_hex", expressions=[exp.Literal.string(text[2:])])


def _whole_row(node: Any) -> Any:
    if isinstance(node.parent, exp.Count):
        return node
    raise _untranslatable("a whole row as one value")


def _kind(node: Any) -> Any:
    return node.type.this if node is not None and node.type is not None else _T.UNKNOWN


def _divided(node: Any) -> Any:
    left, right = _kind(node.left), _kind(node.right)
    if left in _INTEGERS and right in _INTEGERS:
        return exp.Paren(this=exp.IntDiv(this=node.left, expression=node.right))
    if (left in _UNKNOWN or left in _INTEGERS) and (right in _UNKNOWN or right in _INTEGERS):
        return exp.Anonymous(this="_dbopt_slash", expressions=[node.left, node.right])
    node.set("typed", False)
    return node


def _rounded(node: Any) -> Any:
    """Halves of floating numbers go to the even neighbour."""
    if _kind(node.this) in _FLOATS and node.args.get("decimals") is None:
        return exp.Anonymous(this="round_even", expressions=[node.this, exp.Literal.number(0)])
    return node


def _truncated(node: Any) -> Any:
    if _kind(node.this) is _T.DATE:
        node.set("this", exp.cast(node.this.copy(), "timestamptz"))
    return node


def _contains(node: Any) -> Any:
    whole, part = node.left, node.right
    if isinstance(node, exp.ArrayContainedBy):
        whole, part = part, whole
    if _T.JSON in (_kind(whole), _kind(part)) or _T.JSONB in (_kind(whole), _kind(part)):
        return exp.Anonymous(this="json_contains", expressions=[whole, part])
    if _T.ARRAY in (_kind(whole), _kind(part)):
        return node
    raise _untranslatable("@> of these types")


def _has_key(node: Any) -> Any:
    keys = exp.Anonymous(this="json_keys", expressions=[node.left])
    return exp.Anonymous(this="list_contains", expressions=[keys, node.right])


def _extracted(node: Any) -> Any:
    """As functions: an arrow among arguments would begin a lambda."""
    if not isinstance(node.expression, exp.JSONPath):
        return exp.Paren(this=node.copy())
    name = "json_extract" if isinstance(node, exp.JSONExtract) else "json_extract_string"
    return exp.Anonymous(this=name, expressions=[node.this.copy(), node.expression.copy()])


def _at_path(node: Any) -> Any:
    if not node.right.is_string or not node.right.name.startswith("{"):
        raise _untranslatable("a path that is no literal")
    steps = [step.strip().strip('"') for step in node.right.name.strip("{}").split(",")]
    pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
    name = "json_extract" if isinstance(node, exp.JSONBExtract) else "json_extract_string"
    return exp.Anonymous(this=name, expressions=[node.left, exp.Literal.string(pointer)])


def _to_char(node: Any) -> Any:
    layout = node.args.get("format")
    if _kind(node.this) not in _TIMES or layout is None or not layout.is_string:
        raise _untranslatable("to_char of what is no time")
    if re.search('[A-Za-z"%]', re.sub("%-?[YmdHIMSyjbfp]", "", layout.name)):
        raise _untranslatable("to_char with such a format")
    return node


def _not_all(node: Any) -> Any:
    """Other than all is equal to none."""
    right = node.right
    if isinstance(right, exp.Anonymous) and right.name.lower() == "all":
        same = exp.EQ(this=node.left, expression=exp.Any(this=right.expressions[0]))
        return exp.Paren(this=exp.Not(this=same))
    return node


def _any(node: Any) -> Any:
    inner = node.this.unnest()
    if inner.is_string:
        node.set("this", _items(inner.name))
    return node


def _array(node: Any) -> Any:
    return exp.Cast(this=_items(node.this.name), to=node.to)


def _items(written: str) -> Any:
    """An array that is written as a text."""
    text = written.strip()
    if not text.startswith("{") or "{" in text[1:] or '"' in text or "\\" in text:
        raise _untranslatable(f"the array {text}")
    items = [item.strip() for item in text[1:-1].split(",")] if text != "{}" else []
    values = [exp.null() if item.upper() == "NULL" else exp.Literal.string(item) for item in items]
    return exp.Array(expressions=values)


def _json_agg(node: Any) -> Any:
    inner = node.expressions[0] if isinstance(node, exp.Anonymous) else node.this
    return exp.Anonymous(this="to_json", expressions=[exp.ArrayAgg(this=inner)])


def _filtered(node: Any) -> Any:
    """The filter belongs to the aggregate within."""
    if isinstance(node.this, exp.Anonymous) and node.this.name == "to_json":
        whole, inner = node.this, node.this.expressions[0]
        node.set("this", inner.copy())
        return exp.Anonymous(this="to_json", expressions=[node.copy()]) if whole else node
    return node


def _anonymous(node: Any) -> Any:
    name = node.name.lower()
    if name.startswith("_dbopt") or name in ("round_even", "json_contains", "list_contains", "json_keys", "from_hex"):
        return node
    if name in ("json_agg", "jsonb_agg"):
        return _json_agg(node)
    if name == "all" and not isinstance(node.parent, exp.NEQ):
        raise _untranslatable("ALL of this form")
    if name in _CALLED:
        node.set("this", _CALLED[name])
    elif name not in _SAME | {"all"} and name not in set(_CALLED.values()) | {"json_extract", "json_extract_string"}:
        raise _untranslatable(f"the function {name}")
    return node


def _refuse(node: Any) -> Any:
    raise _untranslatable(f"the function {str(node.sql('postgres')).partition('(')[0].lower()}")


def _untranslatable(what: str) -> QueryFailed:
    return QueryFailed(
        f"{what} has no counterpart in the engine that reads the archive",
        hint="leave it out of the statement, or put the rows back with dbopt archive restore and ask the server",
    )
