"""Constants that are no secret, since the statements of a workload spell them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbopt.shadow.redact.texts import Known
from dbopt.workload.lexer import Kind, tokens
from dbopt.workload.literal import string_value
from dbopt.workload.model import Workload

_WILDCARD = re.compile(r"[%_]")
_SHORTEST_FRAGMENT = 3


def constants(workload: Workload) -> Known:
    """Literals and parameters of the statements; of patterns, what stands between the wildcards."""
    found: set[str] = set()
    fragments: set[str] = set()
    for statement in workload.statements:
        values = [value for values in statement.parameters for value in values if value]
        for text in (*_literals(statement.sql), *values):
            first, *others = _WILDCARD.split(text)
            found |= {text, first}
            fragments.update(part for part in others if len(part) >= _SHORTEST_FRAGMENT)
    return Known(frozenset(found - {""}), tuple(sorted(fragments)))


def _literals(sql: str) -> Iterator[str]:
    for token in tokens(sql):
        if token.kind is Kind.NUMBER:
            yield token.text
        elif token.kind is Kind.STRING and (value := string_value(token.text)):
            yield value
