"""PostgreSQL's types, as far as rules ask for them. Pure."""

from __future__ import annotations

from decimal import Decimal

from sqlglot import exp

_TYPES = {
    exp.DType.SMALLINT: "int2",
    exp.DType.INT: "int4",
    exp.DType.BIGINT: "int8",
    exp.DType.DECIMAL: "numeric",
    exp.DType.FLOAT: "float4",
    exp.DType.DOUBLE: "float8",
    exp.DType.TEXT: "text",
    exp.DType.VARCHAR: "varchar",
    exp.DType.CHAR: "bpchar",
    exp.DType.BPCHAR: "bpchar",
    exp.DType.BOOLEAN: "bool",
    exp.DType.DATE: "date",
    exp.DType.TIMESTAMP: "timestamp",
    exp.DType.TIMESTAMPTZ: "timestamptz",
    exp.DType.TIME: "time",
    exp.DType.UUID: "uuid",
    exp.DType.INTERVAL: "interval",
}
INTEGERS = ("int2", "int4", "int8")
FLOATS = ("float4", "float8")
TEXTS = ("text", "varchar", "bpchar")
EXACT = frozenset(("int2", "int4", "int8", "bool", "date", "timestamp", "timestamptz", "time", "uuid"))
COMPARABLE = frozenset(
    (
        *(*INTEGERS, *FLOATS, *TEXTS, "numeric", "bool", "date", "timestamp", "timestamptz", "time", "uuid", "enum"),
        *("interval", "oid", "bytea", "name", "timetz", "inet", "cidr", "macaddr"),
    )
)
"""Types whose `=` is PostgreSQL's own, total, and NULL for NULL alone."""


def type_name(node: exp.Expr | None) -> str | None:
    """PostgreSQL's name of a type that is written in the text; None for one that is not built in or of several."""
    if not isinstance(node, exp.DataType) or node.args.get("nested"):
        return None
    return _TYPES.get(node.this)


def number(node: exp.Expr) -> Decimal | None:
    """The value of a number that is written in the text, with its sign."""
    if isinstance(node, exp.Paren):
        return number(node.this)
    if isinstance(node, exp.Neg):
        inner = number(node.this)
        return None if inner is None else -inner
    if isinstance(node, exp.Literal) and not node.is_string:
        try:
            return Decimal(node.name)
        except ArithmeticError:
            return None
    return None


def number_type(written: str) -> str:
    """The type of a number that is written in the text."""
    if not written.isdigit():
        return "numeric"
    value = int(written)
    return "int4" if value < 2**31 else "int8" if value < 2**63 else "numeric"


def aggregate_type(node: exp.Expr, of: str | None) -> str | None:
    """The type of a sum or an average."""
    if isinstance(node, exp.Sum):
        return {"int2": "int8", "int4": "int8", "int8": "numeric", "numeric": "numeric"}.get(of or "")
    return {"int2": "numeric", "int4": "numeric", "int8": "numeric", "numeric": "numeric"}.get(of or "")


def arithmetic_type(left: str | None, right: str | None) -> str | None:
    """The type of a sum, a product or a quotient of numbers."""
    if left in INTEGERS and right in INTEGERS:
        return max(left, right, key=INTEGERS.index)
    numbers = (*INTEGERS, "numeric")
    if left in numbers and right in numbers:
        return "numeric"
    return None
