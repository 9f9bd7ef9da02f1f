"""What a condition can come to when all columns of some sources are NULL: three-valued logic, with constants. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from dbopt.rewrite.analyse import Analysis
from dbopt.rewrite.infer import Inference, called
from dbopt.rewrite.scope import Source
from dbopt.rewrite.trees import asks_all
from dbopt.rewrite.types import COMPARABLE, number

_STRICT_CALLS = frozenset(("lower", "upper", "date", "date_trunc", "length", "char_length", "abs", "btrim", "round"))
_COMPARE: dict[type[exp.Expr], Callable[[Decimal, Decimal], bool]] = {
    exp.EQ: lambda a, b: a == b,
    exp.NEQ: lambda a, b: a != b,
    exp.LT: lambda a, b: a < b,
    exp.LTE: lambda a, b: a <= b,
    exp.GT: lambda a, b: a > b,
    exp.GTE: lambda a, b: a >= b,
}


@dataclass(frozen=True)
class Value:
    """What a value may be. A condition may be true, false or NULL; another value is NULL, a known constant, or anything
    (`may_be_null` and `may_be_true` both).
    """

    may_be_true: bool = True
    may_be_false: bool = True
    may_be_null: bool = True
    constant: Decimal | str | None = None

    @property
    def is_null(self) -> bool:
        return self.may_be_null and not self.may_be_true and not self.may_be_false


ANYTHING = Value()
NULL = Value(False, False, True)
TRUE = Value(True, False, False)
FALSE = Value(False, True, False)
SOMETHING = Value(True, True, False)  # whatever it is, it is not NULL


class Nulls:
    """Conditions with the columns of these sources NULL."""

    def __init__(self, analysis: Analysis, inference: Inference, sources: Collection[Source]) -> None:
        self._analysis = analysis
        self._inference = inference
        self._sources = sources

    def rejects(self, condition: exp.Expr) -> bool:
        """Whether the condition cannot be true then."""
        return not self.value(condition).may_be_true

    def value(self, node: exp.Expr) -> Value:
        if isinstance(node, exp.Paren):
            return self.value(node.this)
        if isinstance(node, exp.Column):
            reference = self._analysis.reference(node)
            if reference is not None and reference.source in self._sources:
                return NULL
            return SOMETHING if self._inference.never_null(node) else ANYTHING
        if isinstance(node, exp.Null):
            return NULL
        if isinstance(node, exp.Boolean):
            return TRUE if node.this else FALSE
        if isinstance(node, exp.Literal) or number(node) is not None:
            constant = node.name if isinstance(node, exp.Literal) and node.is_string else number(node)
            return Value(True, True, False, constant)
        return self._connected(node)

    def _connected(self, node: exp.Expr) -> Value:
        if isinstance(node, exp.And):
            return _and(self.value(node.this), self.value(node.expression))
        if isinstance(node, exp.Or):
            return _not(_and(_not(self.value(node.this)), _not(self.value(node.expression))))
        if isinstance(node, exp.Not):
            return _not(self.value(node.this))
        if isinstance(node, exp.Is):
            return self._is(node)
        if isinstance(node, exp.Coalesce):
            return self._coalesce([node.this, *node.expressions])
        if isinstance(node, exp.Case):
            return self._case(node)
        if isinstance(node, (exp.NullSafeEQ, exp.NullSafeNEQ)):
            return self._null_safe(node)
        return self._strict(node)

    def _is(self, node: exp.Is) -> Value:
        inner = self.value(node.this)
        if isinstance(node.expression, exp.Null):
            found = TRUE if inner.is_null else SOMETHING if inner.may_be_null else FALSE
        elif isinstance(node.expression, exp.Boolean):
            wanted = inner.may_be_true if node.expression.this else inner.may_be_false
            others = inner.may_be_null or (inner.may_be_false if node.expression.this else inner.may_be_true)
            found = Value(wanted, others, False)
        else:
            return SOMETHING
        return _not(found) if node.args.get("negate") else found

    def _coalesce(self, parts: list[exp.Expr]) -> Value:
        found = NULL
        for part in parts:
            value = self.value(part)
            if found.is_null:
                found = value
            elif found.may_be_null:
                found = _either(found, value)
        return found

    def _case(self, node: exp.Case) -> Value:
        """The branches whose condition may be true, up to the first that is."""
        subject = node.this
        found: Value | None = None
        for branch in node.args.get("ifs") or ():
            condition = self.value(branch.this) if subject is None else self._equal(subject, branch.this)
            if condition.may_be_true:
                result = self.value(branch.args["true"])
                found = result if found is None else _either(found, result)
            if condition == TRUE:
                return found or ANYTHING
        default = node.args.get("default")
        rest = NULL if default is None else self.value(default)
        return rest if found is None else _either(found, rest)

    def _equal(self, subject: exp.Expr, value: exp.Expr) -> Value:
        left, right = self.value(subject), self.value(value)
        return NULL if left.is_null or right.is_null else ANYTHING

    def _null_safe(self, node: exp.Expr) -> Value:
        left, right = self.value(node.this), self.value(node.expression)
        distinct = SOMETHING
        if left.is_null and right.is_null:
            distinct = FALSE
        elif (left.is_null and not right.may_be_null) or (right.is_null and not left.may_be_null):
            distinct = TRUE
        return distinct if isinstance(node, exp.NullSafeNEQ) else _not(distinct)

    def _strict(self, node: exp.Expr) -> Value:
        """Operators and functions that give NULL for NULL."""
        if asks_all(node):
            return ANYTHING
        if type(node) in _COMPARE:
            return self._comparison(node)
        if isinstance(node, exp.Between):
            return self._between(node)
        if isinstance(node, (exp.Like, exp.ILike, exp.Add, exp.Sub, exp.Mul, exp.Neg)):
            known = self._is_own(node)
        elif isinstance(node, exp.Cast):
            known = self._inference.info(node).type is not None
        elif isinstance(node, exp.In):
            is_null = self.value(node.this).is_null and node.args.get("query") is None
            return NULL if is_null and self._is_own(node) else ANYTHING
        else:
            name = called(node)
            known = name in _STRICT_CALLS and self._analysis.facts.is_built_in(name)
        parts = [self.value(part) for part in node.iter_expressions() if not isinstance(part, exp.DataType)]
        return NULL if known and any(part.is_null for part in parts) else ANYTHING

    def _between(self, node: exp.Between) -> Value:
        """Two comparisons: with one bound NULL, the other may still be false, and NOT BETWEEN true."""
        if not self._is_own(node):
            return ANYTHING
        inner = self.value(node.this)
        bounds = [self.value(node.args[name]) for name in ("low", "high")]
        return _and(*(NULL if inner.is_null or bound.is_null else ANYTHING for bound in bounds))

    def _comparison(self, node: exp.Expr) -> Value:
        left, right = self.value(node.this), self.value(node.expression)
        if left.is_null or right.is_null:
            return NULL if self._is_own(node) else ANYTHING
        a, b = left.constant, right.constant
        if isinstance(a, Decimal) and isinstance(b, Decimal) and self._numeric(node):
            return TRUE if _COMPARE[type(node)](a, b) else FALSE
        if isinstance(a, str) and isinstance(b, str) and isinstance(node, (exp.EQ, exp.NEQ)):
            return self._texts(node, a, b)
        return ANYTHING if left.may_be_null or right.may_be_null else SOMETHING

    def _texts(self, node: exp.Expr, a: str, b: str) -> Value:
        """Different texts of a type that is compared exactly are different, blanks at their ends aside."""
        sides = [side for side in (*_values(node.this), *_values(node.expression)) if not isinstance(side, exp.Literal)]
        types = [self._inference.info(side) for side in sides]
        exact = all(info.type in ("text", "varchar") and info.is_exact for info in types)
        if not (types and exact) or a == b or self._analysis.facts.operators:
            return SOMETHING
        return TRUE if isinstance(node, exp.NEQ) else FALSE

    def _numeric(self, node: exp.Expr) -> bool:
        """Whether everything that is compared is an integer or a numeric, by PostgreSQL's own operators."""
        numbers = ("int2", "int4", "int8", "numeric")
        types = [self._inference.info(side).type for side in (*_values(node.this), *_values(node.expression))]
        return all(one in numbers for one in types) and not self._analysis.facts.operators

    def _is_own(self, node: exp.Expr) -> bool:
        """Whether the operator is PostgreSQL's own, which is told by the type of one side."""
        types = [self._inference.info(side).type for side in node.iter_expressions()]
        types += [self._inference.info(part).type for side in node.iter_expressions() for part in _values(side)]
        return any(one in COMPARABLE for one in types) and not self._analysis.facts.operators


def _values(node: exp.Expr) -> list[exp.Expr]:
    """What a value may be taken from: the parts of coalesce."""
    if isinstance(node, exp.Paren):
        return _values(node.this)
    if isinstance(node, exp.Coalesce):
        return [inner for part in (node.this, *node.expressions) for inner in _values(part)]
    return [node]


def _not(value: Value) -> Value:
    return Value(value.may_be_false, value.may_be_true, value.may_be_null)


def _and(left: Value, right: Value) -> Value:
    return Value(
        left.may_be_true and right.may_be_true,
        left.may_be_false or right.may_be_false,
        (left.may_be_null and (right.may_be_null or right.may_be_true)) or (right.may_be_null and left.may_be_true),
    )


def _either(one: Value, other: Value) -> Value:
    same = one.constant == other.constant
    return Value(
        one.may_be_true or other.may_be_true,
        one.may_be_false or other.may_be_false,
        one.may_be_null or other.may_be_null,
        one.constant if same else None,
    )
