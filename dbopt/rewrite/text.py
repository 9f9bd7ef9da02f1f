"""A statement's tree as the rules see it, and a tree's text. sqlglot turns many functions into others that mean about
the same (`date_part` into EXTRACT, which gives another type); here they stay as they are written.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.generators.postgres import PostgresGenerator
from sqlglot.parsers.postgres import PostgresParser

from dbopt.workload.sql import parse as parsed

_KEPT_FUNCTIONS = ("COUNT", "SUM", "AVG", "MIN", "MAX", "COALESCE", "GREATEST", "LEAST", "NULLIF", "ARRAY")
_KEPT_SYNTAX = ("CAST", "EXTRACT", "OVERLAY", "POSITION", "SUBSTRING", "TRIM", "XMLELEMENT")


class AsWritten(Postgres):
    """PostgreSQL's dialect, in which a function call is a call of a function by its name."""

    class Parser(PostgresParser):
        FUNCTIONS: ClassVar[dict[str, Any]] = {name: PostgresParser.FUNCTIONS[name] for name in _KEPT_FUNCTIONS}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: PostgresParser.FUNCTION_PARSERS[name] for name in _KEPT_SYNTAX
        }

    class Generator(PostgresGenerator):
        TRANSFORMS: ClassVar[dict[Any, Any]] = {
            **PostgresGenerator.TRANSFORMS,
            exp.Pow: lambda self, node: self.binary(node, "^"),
        }
        TYPE_MAPPING: ClassVar[dict[Any, str]] = {**PostgresGenerator.TYPE_MAPPING, exp.DType.DECIMAL: "NUMERIC"}

        def not_sql(self, expression: exp.Not) -> str:
            """`x IS NOT TRUE`, which sqlglot reads as NOT (x IS TRUE)."""
            inner = expression.this
            if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Boolean):
                return f"{self.sql(inner, 'this')} IS NOT {self.sql(inner, 'expression')}"
            return str(super().not_sql(expression))

        def normalize_func(self, name: str) -> str:
            return name if name.startswith('"') else name.lower()


def parse(sql: str) -> exp.Expr | None:
    """The statement's tree; None where it cannot be read."""
    return parsed(sql, AsWritten)


def text(node: exp.Expr, *, pretty: bool = False) -> str:
    """The node's text, on one line or arranged for people."""
    return str(node.sql(dialect=AsWritten, pretty=pretty, max_text_width=100))
