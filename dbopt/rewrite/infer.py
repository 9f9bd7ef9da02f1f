"""Types of values and whether they can be NULL. Pure, and careful: what is not certain is unknown."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from dbopt.rewrite.analyse import Analysis
from dbopt.rewrite.scope import UNKNOWN, Block, Compound, Info, Output, Query, Reference, Source
from dbopt.rewrite.trees import asks_all, is_query
from dbopt.rewrite.types import COMPARABLE, EXACT, TEXTS, aggregate_type, arithmetic_type, number_type, type_name

_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
_STRICT = (*_COMPARISONS, exp.Between, exp.Like, exp.ILike, exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.Paren, exp.Not)
_BOOLEAN = (*_COMPARISONS, exp.Between, exp.Like, exp.ILike, exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.Exists)
_NULL_SAFE = (exp.NullSafeEQ, exp.NullSafeNEQ)
_COUNTS = (exp.Count,)
_DEFAULT = "pg_catalog.default"  # the collation of constants


class Inference:
    """What is known of the values in a statement."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._depth = 0

    # -- columns ------------------------------------------------------------------------------------------------------

    def column(self, reference: Reference) -> Info:
        """A column of a source, as the block sees it."""
        info = self._column(reference.source, reference.name)
        return replace(info, not_null=False) if reference.source.is_nullable else info

    def _column(self, source: Source, name: str) -> Info:
        place = source.place(name)
        if place is None:
            return UNKNOWN
        if source.table is not None:
            column = source.table.columns[place]
            known = column.type if column.is_built_in else None
            return Info(known, column.not_null and source.keys_hold, column.is_exact, column.collation)
        return self.output(source.query, place) if source.query is not None else UNKNOWN

    def output(self, query: Query | None, place: int) -> Info:
        """A column of a query's result."""
        if self._depth > 30:
            return UNKNOWN
        self._depth += 1
        try:
            return self._output(query, place)
        finally:
            self._depth -= 1

    def _output(self, query: Query | None, place: int) -> Info:
        if isinstance(query, Compound):
            left, right = self.output(query.left, place), self.output(query.right, place)
            if left.type != right.type or left.type is None:
                return UNKNOWN
            collation = left.collation if left.collation == right.collation else None
            return Info(left.type, left.not_null and right.not_null, left.is_exact and right.is_exact, collation)
        outputs = query.outputs if isinstance(query, Block) else None
        if not isinstance(query, Block) or outputs is None or place >= len(outputs):
            return UNKNOWN
        return self._of_output(outputs[place], query)

    def _of_output(self, output: Output, block: Block) -> Info:
        if _has_grouping_sets(block):
            found = self._plain_output(output, block)
            return replace(found, not_null=False)
        return self._plain_output(output, block)

    def _plain_output(self, output: Output, block: Block) -> Info:
        if output.reference is not None:
            known = self.column(output.reference)
            proven = known.not_null or self.proven(output.reference, block)
            return replace(known, not_null=proven)
        if output.node is None:
            return UNKNOWN
        if isinstance(output.node, exp.Literal) and output.node.is_string:
            return Info("text", True, True, _DEFAULT)
        return self.info(output.node, block)

    # -- expressions --------------------------------------------------------------------------------------------------

    def info(self, node: exp.Expr, block: Block | None = None) -> Info:
        """A value. In `block`, its conditions count as proof that a column is not NULL."""
        return Info(self._type(node), self.never_null(node, block), self._is_exact(node), self._collation(node))

    def _type(self, node: exp.Expr) -> str | None:
        if isinstance(node, exp.Paren):
            return self._type(node.this)
        if isinstance(node, exp.Column):
            reference = self._analysis.reference(node)
            return None if reference is None else self.column(reference).type
        if isinstance(node, exp.Cast):
            return type_name(node.args.get("to"))
        if isinstance(node, (*_BOOLEAN, *_NULL_SAFE, exp.Boolean)):
            return "bool"
        if isinstance(node, exp.Literal):
            return None if node.is_string else number_type(node.name)
        return self._computed_type(node)

    def _computed_type(self, node: exp.Expr) -> str | None:
        if isinstance(node, exp.Neg):
            return self._type(node.this)
        if isinstance(node, _COUNTS):
            return "int8"
        if isinstance(node, (exp.Min, exp.Max)):
            return self._type(node.this)
        if isinstance(node, (exp.Sum, exp.Avg)):
            return aggregate_type(node, self._type(node.this))
        if isinstance(node, exp.Coalesce):
            types = {self._type(part) for part in (node.this, *node.expressions) if not _is_unknown_literal(part)}
            return types.pop() if len(types) == 1 else None
        if isinstance(node, (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)):
            return arithmetic_type(self._type(node.this), self._type(node.expression))
        if isinstance(node, exp.CurrentDate):
            return "date"
        if isinstance(node, exp.Anonymous):
            return self._call_type(node)
        if is_query(node):
            query = self._analysis.query_of(node)
            return self.output(query, 0).type
        return None

    def _call_type(self, node: exp.Anonymous) -> str | None:
        name = called(node)
        if name is None or not self._analysis.facts.is_built_in(name):
            return None
        if name in ("lower", "upper"):
            return "text"
        if name == "date" and len(node.expressions) == 1:
            return "date"
        if name == "now":
            return "timestamptz"
        if name == "date_trunc" and len(node.expressions) == 2:
            of = self._type(node.expressions[1])
            return {"date": "timestamptz"}.get(of or "", of)
        return None

    def _is_exact(self, node: exp.Expr) -> bool:
        if isinstance(node, exp.Paren):
            return self._is_exact(node.this)
        if isinstance(node, exp.Column):
            reference = self._analysis.reference(node)
            return reference is not None and self.column(reference).is_exact
        return self._type(node) in EXACT

    def _collation(self, node: exp.Expr) -> str | None:
        if isinstance(node, exp.Paren):
            return self._collation(node.this)
        if isinstance(node, exp.Column):
            reference = self._analysis.reference(node)
            return None if reference is None else self.column(reference).collation
        is_constant = isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal)
        return _DEFAULT if is_constant and self._type(node) in TEXTS else None

    # -- NULL ---------------------------------------------------------------------------------------------------------

    def never_null(self, node: exp.Expr, block: Block | None = None) -> bool:
        """Whether the value is proven not to be NULL, for every row that the block's conditions let pass."""
        if isinstance(node, exp.Column):
            reference = self._analysis.reference(node)
            if reference is None:
                return False
            return self.column(reference).not_null or self.proven(reference, block)
        if isinstance(node, (exp.Literal, exp.Boolean, exp.Interval, exp.CurrentDate, exp.Exists, exp.Count)):
            return True
        if isinstance(node, exp.Cast):
            return type_name(node.args.get("to")) is not None and self.never_null(node.this, block)
        if isinstance(node, exp.Coalesce):
            return any(self.never_null(part, block) for part in (node.this, *node.expressions))
        if isinstance(node, exp.Is):
            return True
        if isinstance(node, (*_STRICT, exp.And, exp.Or)):
            known = self._is_plain(node)
            return known and all(self.never_null(part, block) for part in node.iter_expressions())
        return False

    def _is_plain(self, node: exp.Expr) -> bool:
        """Whether a strict operator is PostgreSQL's own, on types of its own: only NULL then gives NULL."""
        if isinstance(node, (exp.And, exp.Or, exp.Not, exp.Paren)):
            return True
        parts = [part for part in node.iter_expressions() if not isinstance(part, exp.Literal)]
        return all(self._type(part) in COMPARABLE for part in parts)

    def proven(self, reference: Reference, block: Block | None) -> bool:
        """Whether a condition of the block can only be true where the column is not NULL."""
        if block is None or reference.source.block is not block:
            return False
        return any(
            condition.is_certain and self.rejects_null(condition.node, reference) for condition in block.conditions
        )

    def rejects_null(self, condition: exp.Expr, reference: Reference) -> bool:
        """Whether the condition, true, shows by itself that the column is not NULL: it is compared by a strict
        operator. `dbopt.rewrite.nulls` knows more, of whole rows.
        """
        if isinstance(condition, exp.Paren):
            return self.rejects_null(condition.this, reference)
        if isinstance(condition, exp.Is):
            negated, inner = bool(condition.args.get("negate")), condition.this
            return negated and isinstance(condition.expression, exp.Null) and self._is(inner, reference)
        if isinstance(condition, exp.Not):
            inner = condition.this.this if isinstance(condition.this, exp.Paren) else condition.this
            is_null = isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null)
            return is_null and not inner.args.get("negate") and self._is(inner.this, reference)
        if isinstance(condition, (*_COMPARISONS, exp.Between, exp.Like, exp.ILike)) and not asks_all(condition):
            return any(self._is(side, reference) for side in condition.iter_expressions()) and self._strict(condition)
        if isinstance(condition, exp.In):
            return self._is(condition.this, reference) and self.column(reference).type in COMPARABLE
        return False

    def _strict(self, condition: exp.Expr) -> bool:
        """Comparisons of built-in types are strict, whatever is on the other side."""
        return any(self._type(side) in COMPARABLE for side in condition.iter_expressions())

    def _is(self, node: exp.Expr, reference: Reference) -> bool:
        while isinstance(node, exp.Paren):
            node = node.this
        if not isinstance(node, exp.Column):
            return False
        found = self._analysis.reference(node)
        return found is not None and found.source is reference.source and found.name == reference.name


def called(node: exp.Expr) -> str | None:
    """The name of the function in a plain call, without a schema: `lower`, `Date`; None for any other node."""
    if isinstance(node, exp.Anonymous) and not isinstance(node.parent, exp.Dot):
        return str(node.this).lower() if isinstance(node.this, str) else None
    return None


def _is_unknown_literal(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_string


def _has_grouping_sets(block: Block) -> bool:
    group = block.node.args.get("group")
    return group is not None and any(
        isinstance(item, (exp.GroupingSets, exp.Rollup, exp.Cube)) for item in group.iter_expressions()
    )
