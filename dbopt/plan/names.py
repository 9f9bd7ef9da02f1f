"""Expressions of a plan, written so that two plans of the same strategy have the same text: tables by their own names
instead of aliases, values as `?`, conjuncts in alphabetical order. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dbopt.plan.tree import Plan
from dbopt.postgres.identifiers import quoted

Parents = Mapping[tuple[str, str], tuple[str, str]]
"""(schema, name) of a partition or of a partition's index -> (schema, name) of the topmost one above it."""

# text, pg_catalog.int4, "Mine".status, character varying(10)[], timestamp(3) without time zone
_TYPE = r"""(?:"(?:[^"]|"")+"|\w+)(?:\.(?:"(?:[^"]|"")+"|\w+))?(?:\ varying|\ precision)?
            (?:\(\d+(?:,\s?\d+)?\))?(?:\ with(?:out)?\ time\ zone)?(?:\[\])*"""
_VALUE = re.compile(
    rf"""'(?:[^']|'')*'(?:::{_TYPE})?         # 'x'::text
      | \$\d+                               # a parameter, or an InitPlan's value before PostgreSQL 17
      | \(InitPlan\ \d+\)\.col\d+           # the latter since
      | (?<![\w"])\d+(?:\.\d+)?\b""",
    re.VERBOSE,
)
_PREFIX = re.compile(r'(?<![\w."])("(?:[^"]|"")+"|[^\W\d][\w$]*)\.(?=["\w])')


@dataclass(frozen=True)
class Names:
    """What the aliases of a plan stand for, as they are written in its expressions: the table's name, or nothing for a
    subquery, a function or a list of values.
    """

    tables: Mapping[str, str]

    @staticmethod
    def of(plan: Plan, parents: Parents | None = None) -> Names:
        tables = {}
        for node in plan.nodes:
            if node.alias is not None:
                schema, name = node.schema or "", node.relation
                tables[quoted(node.alias)] = (
                    "" if name is None else quoted((parents or {}).get((schema, name), (schema, name))[1])
                )
        return Names(tables)

    def text(self, expression: str) -> str:
        """The expression with tables for aliases and `?` for values."""
        return _PREFIX.sub(self._replaced, _VALUE.sub("?", expression))

    def condition(self, expression: str) -> str:
        """The same for a condition: its conjuncts sorted."""
        return " AND ".join(sorted(self.text(part) for part in conjuncts(expression)))

    def _replaced(self, match: re.Match[str]) -> str:
        table = self.tables.get(match[1])
        if table is None:
            return match[0]
        return f"{table}." if table else ""


def conjuncts(condition: str) -> list[str]:
    """The parts that AND holds together, as PostgreSQL writes them: `((a = 1) AND (b = 2))`."""
    inner = condition[1:-1] if _is_wrapped(condition) else condition
    parts, depth, start, position = [], 0, 0, 0
    quote = ""
    while position < len(inner):
        character = inner[position]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif depth == 0 and inner.startswith(" AND ", position) and not _closes_between(inner[start:position]):
            parts.append(inner[start:position])
            start = position + len(" AND ")
        position += 1
    return [*parts, inner[start:]] if parts else [condition]


def _closes_between(text: str) -> bool:
    """`x BETWEEN SYMMETRIC a AND b` is one condition; plain BETWEEN has become two comparisons by then."""
    return "BETWEEN" in text.rpartition(" AND ")[2]


def _is_wrapped(condition: str) -> bool:
    """Whether one pair of parentheses holds it all."""
    if not condition.startswith("("):
        return False
    depth, quote = 0, ""
    for position, character in enumerate(condition):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
            if depth == 0:
                return position == len(condition) - 1
    return False
