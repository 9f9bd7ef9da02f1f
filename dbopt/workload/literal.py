"""What literals say: their values as the server's input functions read them. Pure.

Strings, E'', U&'' and dollar-quoted ones are what they stand for. B'' and X'' are the digits of a bit string, or the
number where they are cast to one. Numbers are decimal, without what PostgreSQL 16 admits to make them readable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dbopt.workload.lexer import Kind, Token

_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ESCAPE = re.compile(
    r"(?P<bytes>(?:\\(?:[0-7]{1,3}|x[0-9A-Fa-f]{1,2}))+)|\\(?:u(?P<short>[0-9A-Fa-f]{4})|U(?P<long>[0-9A-Fa-f]{8})|(?P<one>.))",
    re.DOTALL,
)
_BYTE = re.compile(r"\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3}))")
_LONGEST_NUMBER = 300  # digits of one that is written without its exponent
_INTEGERS = frozenset(("int", "int2", "int4", "int8", "integer", "smallint", "bigint"))


@dataclass(frozen=True)
class Value:
    """None is NULL."""

    text: str | None


def value_of(literal: Sequence[Token], cast_to: str = "") -> Value | None:
    """The value of a literal: one token, or several strings that SQL joins into one, perhaps with UESCAPE. `cast_to` is
    the type that it is cast to right there. None where it is no literal, or none that a server would accept.
    """
    token = literal[0]
    if token.kind is Kind.NUMBER:
        return Value(_number(token.text))
    if token.kind is Kind.STRING:
        text = _string(literal)
        if text and token.text[0] in "bBxX" and cast_to in _INTEGERS:
            return Value(str(int(text, 2))) if len(text) <= _LONGEST_NUMBER else None
        return None if text is None else Value(text)
    if token.folded in ("true", "false", "null"):
        return Value(None if token.folded == "null" else token.folded)
    return None


def string_value(text: str) -> str | None:
    """What a string literal says, None where it says nothing."""
    return _string([Token(Kind.STRING, text, 0)])


def end_of_literal(found: Sequence[Token], place: int) -> int:
    """The place of the last token of the literal that starts there, among the significant ones."""
    end = place
    if found[place].kind is Kind.STRING:
        while end + 1 < len(found) and found[end + 1].kind is Kind.STRING:
            end += 1
        if end + 2 < len(found) and found[end + 1].folded == "uescape":
            end += 2
    return end


def cast_of(found: Sequence[Token], place: int, end: int) -> str:
    """The first word of the type to which the literal between these places is cast: `x::type`, `CAST(x AS type)`."""
    texts = [token.folded for token in found[end + 1 : end + 3]]
    if len(texts) < 2:
        return ""
    before = [token.folded for token in found[max(0, place - 2) : place]]
    return texts[1] if texts[0] == "::" or (texts[0] == "as" and before == ["cast", "("]) else ""


# -- numbers ----------------------------------------------------------------------------------------------------------


def _number(text: str) -> str:
    """As numeric's output function writes it, and with a fraction what SQL does not take for an integer: it is its form
    that tells the type.
    """
    plain = text.replace("_", "").lower()
    if len(plain) > _LONGEST_NUMBER:
        return plain
    if plain[:2] in ("0x", "0o", "0b"):
        return str(int(plain, 0))
    number = Decimal(plain)
    if abs(number.adjusted()) > _LONGEST_NUMBER:
        return plain
    written = f"{number:f}"
    return written if "." in written or plain.isdigit() else f"{written}.0"


# -- strings ----------------------------------------------------------------------------------------------------------


def _string(literal: Sequence[Token]) -> str | None:
    """How it begins decides how all its parts are read."""
    first = literal[0].text
    if first.startswith("$"):
        tag = first[: first.index("$", 1) + 1]
        return first[len(tag) :].removesuffix(tag)
    prefix = first.partition("'")[0].lower()
    parts = [token.text for token in literal if token.kind is Kind.STRING]
    has_escape = len(literal) > 1 and literal[-2].folded == "uescape"
    inner = "".join(part.partition("'")[2].removesuffix("'") for part in (parts[:-1] if has_escape else parts))
    inner = inner.replace("''", "'")
    match prefix:
        case "e":
            return _joined(_ESCAPE, inner, _unescaped)
        case "u&":
            return _of_unicode(inner, parts[-1].strip("'") if has_escape else "\\")
        case "b":
            return inner if not inner.strip("01") else None
        case "x":
            return _bits(inner)
    return inner


def _bits(hexadecimal: str) -> str | None:
    if not re.fullmatch("[0-9a-fA-F]*", hexadecimal):
        return None
    return "".join(f"{int(digit, 16):04b}" for digit in hexadecimal)


def _of_unicode(text: str, escape: str) -> str | None:
    if len(escape) != 1:
        return None
    mark, digit = re.escape(escape), "[0-9A-Fa-f]"
    pattern = re.compile(rf"{mark}(?:(?P<one>{mark})|(?P<short>{digit}{{4}})|\+(?P<long>{digit}{{6}})|)")
    return _joined(pattern, text, _of_code)


def _of_code(match: re.Match[str]) -> str:
    return match["one"] or chr(int(match["short"] or match["long"], 16))  # nothing at all is no number


def _unescaped(match: re.Match[str]) -> str:
    if match["bytes"]:
        codes = [
            int(hexadecimal, 16) if hexadecimal else int(octal, 8) for hexadecimal, octal in _BYTE.findall(match[0])
        ]
        return bytes(codes).decode("utf-8")
    code = match["short"] or match["long"]
    return chr(int(code, 16)) if code else _ESCAPES.get(match["one"], match["one"])


def _joined(pattern: re.Pattern[str], text: str, unescaped: Callable[[re.Match[str]], str]) -> str | None:
    """With its escapes replaced, two halves of a character as one; None where that is no text."""
    try:
        found = pattern.sub(unescaped, text)
        whole = found.encode("utf-16", "surrogatepass").decode("utf-16")
    except (ValueError, TypeError, OverflowError):
        return None
    return None if "\0" in whole else whole
