"""What an expression does besides giving a value: whether it gives the same each time, whether it depends on the order
of rows, whether it can fail. Pure. Only what is known to be harmless counts as harmless.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from dbopt.rewrite.analyse import Analysis
from dbopt.rewrite.facts import Function
from dbopt.rewrite.infer import Inference, called
from dbopt.rewrite.scope import name_of
from dbopt.rewrite.text import parse, text
from dbopt.rewrite.types import FLOATS, INTEGERS, type_name

# Nodes that only build an expression or a query. Everything else has to be a function that the catalog knows.
_STRUCTURE: tuple[type[exp.Expr], ...] = (
    exp.Select, exp.Subquery, exp.SetOperation, exp.From, exp.Join, exp.Table, exp.TableAlias, exp.Where, exp.Group,
    exp.Having, exp.Order, exp.Ordered, exp.Distinct, exp.Limit, exp.Offset, exp.Fetch, exp.LimitOptions, exp.With,
    exp.CTE, exp.Values, exp.Lateral, exp.GroupingSets, exp.Rollup, exp.Cube, exp.Filter, exp.Window, exp.WindowSpec,
    exp.WithinGroup, exp.Alias, exp.Column, exp.Identifier, exp.Star, exp.Literal, exp.RawString, exp.ByteString,
    exp.Boolean, exp.Null, exp.Parameter, exp.Paren, exp.Tuple, exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.LT,
    exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Is, exp.In, exp.Between, exp.Like, exp.ILike,
    exp.Escape, exp.SimilarTo, exp.RegexpLike, exp.RegexpILike, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg,
    exp.Pow, exp.DPipe, exp.Case, exp.If, exp.Coalesce, exp.Greatest, exp.Least, exp.Nullif, exp.Cast, exp.DataType,
    exp.DataTypeParam, exp.Collate, exp.Interval, exp.Var, exp.Exists, exp.Any, exp.All, exp.Array, exp.Bracket,
    exp.Slice, exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Extract, exp.Substring, exp.Trim, exp.StrPosition,
    exp.Overlay, exp.AtTimeZone, exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentTime, exp.Localtime,
    exp.Localtimestamp, exp.CurrentUser, exp.SessionUser, exp.CurrentRole, exp.CurrentSchema, exp.Unnest,
    exp.JSONExtract, exp.JSONExtractScalar, exp.JSONBExtract, exp.JSONBExtractScalar, exp.JSONPath, exp.JSONPathRoot,
    exp.JSONPathKey, exp.JSONPathSubscript, exp.JSONBContains, exp.ArrayContainsAll, exp.ArrayContainedBy,
    exp.ArrayOverlaps, exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseNot, exp.BitwiseLeftShift,
    exp.BitwiseRightShift,
)  # fmt: skip
# What cannot fail on any value of its types. Divisions, casts of texts and computations on integers can.
_SAFE: tuple[type[exp.Expr], ...] = (
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Parameter, exp.Paren, exp.Tuple, exp.And,
    exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Is,
    exp.In, exp.Between, exp.Like, exp.ILike, exp.Case, exp.If, exp.Coalesce, exp.Greatest, exp.Least, exp.Exists,
    exp.Any, exp.Array, exp.Interval, exp.Var, exp.DataType, exp.DataTypeParam, exp.Count, exp.Min, exp.Max,
    exp.CurrentDate, exp.CurrentTimestamp, exp.Select, exp.Subquery, exp.From, exp.Where, exp.Table, exp.TableAlias,
    exp.Join, exp.Alias, exp.Star, exp.Extract, exp.Filter, exp.Distinct,
)  # fmt: skip
_SAFE_CALLS = frozenset(
    ("lower", "upper", "date", "date_trunc", "length", "char_length", "btrim", "ltrim", "rtrim", "now")
)
_SYNTAX = frozenset(("all", "some", "row"))  # what only looks like a call
# Aggregates whose result does not depend on the order of the rows, floats aside.
_UNORDERED = frozenset(("bool_and", "bool_or", "every", "bit_and", "bit_or", "count", "sum", "avg", "min", "max"))
_OWN_TYPES = frozenset(("tsvector", "tsquery", "varbit", "macaddr", "macaddr8", "pg_lsn", "char"))
_WIDENING = {
    "int4": ("int2", "int4"),
    "int8": INTEGERS,
    "numeric": (*INTEGERS, "numeric"),
    "date": ("date", "timestamp", "timestamptz"),
    "timestamp": ("timestamp", "timestamptz"),
}


class Purity:
    """The questions, of one statement."""

    def __init__(self, analysis: Analysis, inference: Inference) -> None:
        self._analysis = analysis
        self._facts = analysis.facts
        self._inference = inference
        self._views: dict[tuple[str, str], str | None] = {}

    # -- the same value each time -------------------------------------------------------------------------------------

    def why_volatile(self, node: exp.Expr) -> str | None:
        """What in it may give another value, or do something, each time; None where nothing can."""
        for part in node.walk():
            reason = self._why_part(part)
            if reason is not None:
                return reason
        return None

    def _why_part(self, part: exp.Expr) -> str | None:
        if part.args.get("sample"):
            return "TABLESAMPLE takes other rows each time"
        if isinstance(part, exp.Lock) or part.args.get("locks"):
            return "it locks rows"
        if isinstance(part, exp.Table):
            return self._why_table(part)
        if isinstance(part, _STRUCTURE):
            return self._why_operator(part)
        if isinstance(part, exp.Anonymous):
            return self._why_call(part)
        if isinstance(part, exp.Dot):
            return None  # the call behind the schema is a node of its own
        return f"it is not known what {_short(part)} does"

    def _why_operator(self, part: exp.Expr) -> str | None:
        if isinstance(part, exp.Cast) and not self._is_known_type(part.args["to"]):
            return f"it is not known what the cast to {text(part.args['to'])} does"
        return None

    def _is_known_type(self, node: exp.Expr) -> bool:
        """One of PostgreSQL's own types, or an enum: a domain's constraint may call any function."""
        if not isinstance(node, exp.DataType):
            return True  # regclass and its kind
        if node.args.get("nested"):
            return all(self._is_known_type(part) for part in node.expressions)
        kind = node.args.get("kind")
        if node.this is not exp.DType.USERDEFINED or not isinstance(kind, exp.Expr):
            return node.this is not exp.DType.UNKNOWN
        names = [name_of(part) or "" for part in (kind.this, kind.expression)] if isinstance(kind, exp.Dot) else []
        schema, name = names or (None, name_of(kind) or "")
        return name in _OWN_TYPES or self._facts.is_enum(schema, name)

    def _why_call(self, call: exp.Anonymous) -> str | None:
        if called(call) in _SYNTAX:
            return None
        known = self.functions(call)
        if not known:
            return f"the function {_called_text(call)} is not known"
        if any(function.volatility == "volatile" for function in known):
            return f"the function {_called_text(call)} is volatile"
        return None

    def functions(self, call: exp.Anonymous) -> tuple[Function, ...]:
        """The functions that the call may mean."""
        name = call.this.lower() if isinstance(call.this, str) else name_of(call.this)
        schema = name_of(call.parent.this) if isinstance(call.parent, exp.Dot) else None
        if isinstance(call.parent, exp.Dot) and schema is None:
            return ()
        return self._facts.named(schema, name or "")

    def _why_table(self, node: exp.Table) -> str | None:
        if not isinstance(node.this, exp.Identifier):
            return None  # a function, whose call is a node of its own
        schema, name = name_of(node.args.get("db")), name_of(node.this) or ""
        table = self._facts.table(schema, name)
        if schema is None and any(cte.name == name for cte in self._analysis.ctes):
            return None
        if table is None:
            return f"{name} is not known"
        if table.kind == "f":
            return f"{name} is a foreign table, which may change between two reads"
        if table.kind == "v":
            return self._why_view(table.id, table.definition)
        return None

    def _why_view(self, key: tuple[str, str], definition: str | None) -> str | None:
        if key not in self._views:
            self._views[key] = f"the view {key[1]} contains itself"
            self._views[key] = self._why_definition(key[1], definition)
        return self._views[key]

    def _why_definition(self, name: str, definition: str | None) -> str | None:
        tree = parse(definition) if definition else None
        if tree is None:
            return f"it is not known what the view {name} does"
        reason = self.why_volatile(tree) or self.why_ordered(tree)
        return None if reason is None else f"the view {name}: {reason}"

    # -- the order of rows --------------------------------------------------------------------------------------------

    def why_ordered(self, node: exp.Expr, total: Callable[[exp.Expr], bool] = lambda _: False) -> str | None:
        """What in it depends on the order in which rows are read, so that equal plans may give different results; None
        where nothing does. `total` tells whether a query's ORDER BY leaves no ties.
        """
        for part in node.walk():
            if isinstance(part, (exp.Select, exp.SetOperation, exp.Subquery)) and _cuts(part) and not total(part):
                return "LIMIT, OFFSET or DISTINCT ON takes some of the rows, and their order leaves open which"
            if isinstance(part, exp.Window) and not total(part):
                return "the value of a window function depends on the order of rows"
            reason = self._why_ordered_aggregate(part)
            if reason is not None:
                return reason
        return None

    def _why_ordered_aggregate(self, part: exp.Expr) -> str | None:
        if not isinstance(part, exp.Anonymous):
            return None
        if isinstance(part.parent, exp.WithinGroup):
            return None
        name = _called_text(part)
        aggregate = any(function.is_aggregate for function in self.functions(part))
        if aggregate and name not in _UNORDERED:
            return f"the result of {name} depends on the order of rows"
        return None

    def why_floats(self, node: exp.Expr) -> str | None:
        """Sums of floats depend on the order in which they are added."""
        for part in node.find_all(exp.Sum, exp.Avg):
            if self._inference.info(part.this).type in (*FLOATS, None):
                return f"{text(part)} may add floats, whose sum depends on the order of rows"
        return None

    # -- failing ------------------------------------------------------------------------------------------------------

    def why_fails(self, node: exp.Expr, but: Callable[[exp.Expr], bool] = lambda _: False) -> str | None:
        """What in it may fail for some value; None where nothing can. It matters where a condition would be asked of
        rows that the statement, as it is written, may never ask it of; `but` tells what is asked of the same rows.
        """
        for part in node.walk():
            if not self._is_safe(part) and not but(part):
                return f"{_short(part)} may fail for some values"
        return None

    def _is_safe(self, part: exp.Expr) -> bool:
        if isinstance(part, exp.Cast):
            return self._is_safe_cast(part)
        if isinstance(part, (exp.Add, exp.Sub, exp.Mul, exp.Neg)):
            return self._is_safe_arithmetic(part)
        if isinstance(part, (exp.Sum, exp.Avg)):
            return self._inference.info(part.this).type in ("int2", "int4", "numeric")
        if isinstance(part, exp.Anonymous):
            name = called(part)
            return name in _SAFE_CALLS and self._facts.is_built_in(name)
        if isinstance(part, exp.Any):
            return True
        return isinstance(part, _SAFE) and not part.args.get("sample")

    def _is_safe_cast(self, cast: exp.Cast) -> bool:
        to = cast.args.get("to")
        wanted = type_name(to)
        if isinstance(cast.this, (exp.Literal, exp.Null)):
            return True  # evaluated once, when the statement is planned
        if to is not None and to.args.get("expressions"):
            return False
        known = self._inference.info(cast.this).type
        if wanted in ("text", "varchar"):
            return known is not None
        return known is not None and known in _WIDENING.get(wanted or "", ())

    def _is_safe_arithmetic(self, part: exp.Expr) -> bool:
        """Numerics, and times to which a constant is added: they reach far beyond what is ever stored."""
        types = [self._inference.info(side).type for side in part.iter_expressions()]
        constants = [_is_constant_span(side) for side in part.iter_expressions()]
        if len(types) == 2 and types[0] in ("date", "timestamp", "timestamptz") and constants[1]:
            return True
        return "numeric" in types and all(kind in (*INTEGERS, "numeric") for kind in types)


def _is_constant_span(node: exp.Expr) -> bool:
    """A number of days or an interval that is written in the text."""
    if isinstance(node, exp.Cast):
        return isinstance(node.this, exp.Literal) and type_name(node.args.get("to")) == "interval"
    return isinstance(node, exp.Interval) or (isinstance(node, exp.Literal) and not node.is_string)


def _cuts(query: exp.Expr) -> bool:
    distinct = query.args.get("distinct")
    on = isinstance(distinct, exp.Distinct) and distinct.args.get("on") is not None
    return bool(query.args.get("limit") or query.args.get("offset") or on)


def _called_text(call: exp.Anonymous) -> str:
    return call.this.lower() if isinstance(call.this, str) else call.this.name


def _short(node: exp.Expr, width: int = 60) -> str:
    written = " ".join(text(node).split())
    return written if len(written) <= width else written[: width - 1] + "…"
