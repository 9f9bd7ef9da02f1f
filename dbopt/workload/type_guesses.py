"""The types that a parameter may have had, told from how the server wrote its values in the log. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

TEXT = "text"

_NUMBER = r"-?\d+(\.\d+)?"
_DATE = r"\d{4,}-\d\d-\d\d"
_TIME = r"\d\d:\d\d:\d\d(\.\d+)?"
_ZONE = r"[+-]\d\d(:\d\d){0,2}"
_ERA = r"( BC)?"
_IP4 = r"\d{1,3}(\.\d{1,3}){3}(/\d{1,2})?"
_IP6 = r"(?=[0-9a-f.:]*:[0-9a-f.:]*:)[0-9a-f.:]+(/\d{1,3})?"
_PART = r"[+-]?\d+ (years?|mons?|days?)"
_SPAN = r"[+-]?\d+:\d\d:\d\d(\.\d+)?"
_FLOAT = r"-?\d+(\.\d+)?e[+-]\d+"
_RANGE = re.compile(r'([\[(])("(?:[^"\\]|\\.|"")*"|[^,"]*),("(?:[^"\\]|\\.|"")*"|[^,"]*)([\])])', re.DOTALL)
_ELEMENT = re.compile(r'"((?:[^"\\]|\\.)*)"|([^{},"]+)', re.DOTALL)
_ARRAY = re.compile(r'\{(?:[^"]|"(?:[^"\\]|\\.)*")*\}', re.DOTALL)
_WHOLE_RANGES = {"integer": "int4range", "bigint": "int8range", "numeric": "numrange", "date": "daterange"}
_TIME_RANGES = {"timestamp without time zone": "tsrange", "timestamp with time zone": "tstzrange"}
_RANGES = _WHOLE_RANGES | _TIME_RANGES


def _written(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


def _is_integer(value: str, bits: int) -> bool:
    whole = re.fullmatch(r"-?\d{1,19}", value) is not None and (value == "0" or value.lstrip("-")[0] != "0")
    return whole and -(2 ** (bits - 1)) <= int(value) < 2 ** (bits - 1)


def _is_json(value: str) -> bool:
    if value[:1] not in ("{", "["):
        return False
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True


# as the output functions write them, the narrowest type first; a leading zero is kept by texts alone
_FORMS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("integer", lambda value: _is_integer(value, 32)),
    ("bigint", lambda value: _is_integer(value, 64)),
    ("numeric", _written(r"(?!-?0\d)" + _NUMBER + "|NaN")),
    ("double precision", _written(f"(?!-?0\\d)({_NUMBER}|{_FLOAT})|NaN|-?Infinity")),
    ("boolean", _written("[tf]")),
    ("uuid", _written("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")),
    ("date", _written(_DATE + _ERA)),
    ("timestamp without time zone", _written(f"{_DATE} {_TIME}{_ERA}|-?infinity")),
    ("timestamp with time zone", _written(f"{_DATE} {_TIME}{_ZONE}{_ERA}|-?infinity")),
    # before a time, which is written alike: times are compared with columns, while intervals are added and subtracted
    ("interval", _written(rf"{_PART}( {_PART})*( {_SPAN})?|{_SPAN}")),
    ("time without time zone", _written(_TIME)),
    ("time with time zone", _written(_TIME + _ZONE)),
    ("bytea", _written(r"\\x([0-9a-f]{2})*")),
    ("macaddr", _written("[0-9a-f]{2}(:[0-9a-f]{2}){5}")),  # before inet, which may look alike
    ("inet", _written(f"{_IP4}|{_IP6}")),
    ("jsonb", _is_json),
    ("point", _written(rf"\(({_NUMBER}|{_FLOAT}),({_NUMBER}|{_FLOAT})\)")),  # ranges begin with [ as a rule
)


def guesses(values: Sequence[str | None]) -> tuple[str, ...]:
    """The types whose written form all of the values have, the likeliest first; the last is text, and it is the only
    one where all are NULL.
    """
    known = [value for value in values if value is not None]
    if not known:
        return (TEXT,)
    found = [name for name, fits in _FORMS if all(map(fits, known))]
    return (*found, *_range_types(known), *_array_types(known), TEXT)


def _range_types(values: Sequence[str]) -> tuple[str, ...]:
    matches = [match for value in values if value != "empty" and (match := _RANGE.fullmatch(value))]
    if not matches or len(matches) != sum(value != "empty" for value in values):
        return ()
    bounds = [bound.strip('"') for match in matches for bound in match.group(2, 3) if bound]
    return tuple(_RANGES[name] for name in guesses(bounds or [None]) if name in _RANGES)


def _array_types(values: Sequence[str]) -> tuple[str, ...]:
    """Arrays of what all elements may be, and multiranges, which are written alike."""
    if not all(_ARRAY.fullmatch(value) for value in values):
        return ()
    inner = [value[1:-1] for value in values]
    ranges = [match[0] for text in inner for match in _RANGE.finditer(text)]
    if ranges and all(not _RANGE.sub("", text).strip(",") for text in inner):
        return tuple(name.replace("range", "multirange") for name in _range_types(ranges))
    return tuple(f"{name}[]" for name in guesses(list(_elements(inner))))


def _elements(texts: Sequence[str]) -> list[str | None]:
    found: list[str | None] = []
    for text in texts:
        for quoted, plain in _ELEMENT.findall(text):
            found.append(None if plain == "NULL" else plain or re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL))
    return found
