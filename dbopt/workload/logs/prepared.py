"""SQL's own prepared statements: EXECUTE, whose log entry says in its DETAIL what was prepared. Pure."""

from __future__ import annotations

import re

from dbopt.workload.lexer import Token, significant
from dbopt.workload.literal import value_of

_PREPARE = re.compile(
    rb'\s*prepare\s+(?:"[^"]*"|[^\s("]+)\s*(?:\([^)]*\))?\s*as\s+(?P<text>.*)\Z', re.IGNORECASE | re.DOTALL
)


def prepared(text: bytes) -> bytes:
    """The statement inside a PREPARE; any other text as it is."""
    match = _PREPARE.match(text)
    return text if match is None else match["text"]


def executed(text: bytes, prepare: bytes) -> tuple[bytes, bytes]:
    """The statement inside the PREPARE, and the arguments of the EXECUTE as a DETAIL with parameters shows them: empty
    where one of them is no literal. The EXECUTE itself where the PREPARE cannot be read.
    """
    match = _PREPARE.match(prepare)
    if match is None:
        return text, b""
    arguments = _arguments(significant(text.decode("utf-8", "replace")))
    return match["text"], b"" if arguments is None else _detail(arguments)


def _arguments(words: list[Token]) -> list[str | None] | None:
    """The literals in the parentheses of `EXECUTE name (a, b)`; None where there is anything else."""
    opening = next((place for place, word in enumerate(words) if word.text == "("), len(words))
    values: list[str | None] = []
    inside: list[Token] = []
    for word in words[opening + 1 :]:
        if word.text not in (",", ")"):
            inside.append(word)
            continue
        sign = "-" if inside and inside[0].text == "-" else ""
        literal = inside[1:] if sign else inside
        known = value_of(literal) if len(literal) == 1 else None
        if known is None:
            return None
        values.append(known.text if known.text is None else sign + known.text)
        inside = []
    return values


def _detail(values: list[str | None]) -> bytes:
    shown = ("NULL" if value is None else "'" + value.replace("'", "''") + "'" for value in values)
    text = ", ".join(f"${number} = {value}" for number, value in enumerate(shown, 1))
    return f"parameters: {text}".encode() if text else b""
