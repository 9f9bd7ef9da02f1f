"""Values that bring out differences: NULL's companions. Pure: types and the constants of a statement in, texts out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from dbopt.rewrite.facts import Column

_INTEGERS = {"int2": 2**15, "int4": 2**31, "int8": 2**63}
_SMALL = ("0", "1", "2", "3", "-1")
_POOLS: dict[str, tuple[str, ...]] = {
    "bool": ("true", "false"),
    "numeric": ("0", "1", "1.0", "1.00", "2", "-1", "0.5", "NaN"),
    "float4": ("0", "-0", "1", "0.5", "NaN", "Infinity", "-Infinity"),
    "float8": ("0", "-0", "1", "0.5", "NaN", "Infinity", "-Infinity"),
    "text": ("", " ", "a", "a ", "A", "b", "ä", "ab", "%"),
    "bpchar": ("", "a", "A", "b", "ab"),
    "name": ("a", "A", "b"),
    "date": ("2024-02-29", "2024-03-31", "2024-12-31", "1999-12-31", "infinity", "-infinity", "0044-03-15 BC"),
    "time": ("00:00", "23:59:59.999999", "24:00", "12:00"),
    "timetz": ("00:00+00", "12:00+02", "23:59:59.999999-05"),
    "interval": ("0", "1 day", "24:00:00", "1 month", "30 days", "-1 day"),
    "uuid": ("00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    "bytea": ("", "\\x00", "\\xff"),
    "json": ("{}", "null", "[]", '{"a": 1}'),
    "jsonb": ("{}", "null", "[]", '{"a": 1}', '{"a": 1.0}'),
    "inet": ("127.0.0.1", "10.0.0.1/8", "::1"),
    "cidr": ("10.0.0.0/8", "::/0"),
    "macaddr": ("00:00:00:00:00:00", "08:00:2b:01:02:03"),
    "bit": ("0", "1"),
    "varbit": ("", "0", "01"),
    "oid": ("0", "1", "2"),
    "money": ("0", "1"),
    "xml": ("<a/>",),
    "tsvector": ("", "a b"),
    "public.citext": ("a", "A", "b", ""),
    "public.hstore": ("", "a=>1"),
    "public.ltree": ("a", "a.b"),
}
# Around changes of the clock and of the day: midnight, the last microsecond, spring and autumn in Europe and America,
# the first hour of days that begin twice (Azores, Havana).
_TIMES = (
    "2024-02-29 00:00:00",
    "2024-02-29 23:59:59.999999",
    "2024-03-10 02:30:00",
    "2024-03-31 02:30:00",
    "2024-10-27 02:30:00",
    "2024-11-03 00:00:30",
    "2024-10-27 00:30:00+00",
    "2024-11-03 04:30:00+00",
    "2024-11-03 01:30:00",
    "2018-11-04 00:00:00",
    "1999-12-31 23:59:59.999999",
    "infinity",
    "-infinity",
)
_LITERAL = re.compile(r"'((?:[^']|'')*)'|(?<![\w.$])(-?\d+(?:\.\d+)?)(?![\w.])")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?))?.*")


def constants(*texts: str) -> tuple[str, ...]:
    """Strings and numbers that are written in SQL, each once, in order."""
    found = [match for text in texts for match in _LITERAL.finditer(text)]
    return tuple(dict.fromkeys(m[1].replace("''", "'") if m[1] is not None else m[2] for m in found))


def pool(kind: str, written: Iterable[str], *, labels: tuple[str, ...] = (), length: int | None = None) -> list[str]:
    """Values of a type, the written constants and their neighbours first; empty for a type that is not known."""
    if kind == "enum":
        return list(labels)
    if kind.startswith("_"):
        inner = pool(kind[1:], written, labels=labels)
        return ["{}", "{NULL}", *(f"{{{_quoted(value)}}}" for value in inner[:4])] if inner else []
    near = [value for constant in written for value in _near(kind, constant)]
    basic = _basic(kind)
    found = [value for value in dict.fromkeys((*near, *basic)) if length is None or len(value) <= length]
    return found if basic else []


def _basic(kind: str) -> tuple[str, ...]:
    if kind in _INTEGERS:
        return _SMALL
    if kind in ("timestamp", "timestamptz"):
        return _TIMES
    return _POOLS.get("text" if kind == "varchar" else kind, ())


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _near(kind: str, constant: str) -> list[str]:
    if kind in _INTEGERS:
        return _near_integer(constant, _INTEGERS[kind])
    if kind in ("numeric", "float4", "float8", "money"):
        number = _number(constant)
        return [] if number is None else [str(number), str(number + 1), str(number - 1), f"{number}"]
    if kind in ("text", "varchar", "bpchar", "public.citext", "name"):
        pattern = constant.replace("%", "").replace("_", "a")
        return list(dict.fromkeys((constant, pattern, constant.upper(), constant.lower(), f"{pattern} ")))
    if kind in ("date", "timestamp", "timestamptz"):
        return _near_time(kind, constant)
    return _near_other(kind, constant)


def _near_other(kind: str, constant: str) -> list[str]:
    if kind == "uuid" and re.fullmatch(r"[0-9a-fA-F-]{36}", constant):
        return [constant]
    if kind == "bool" and constant.lower() in ("true", "false"):
        return [constant]
    return []


def _number(constant: str) -> Decimal | None:
    try:
        number = Decimal(constant)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**15 else None


def _near_integer(constant: str, bound: int) -> list[str]:
    number = _number(constant)
    if number is None:
        return []
    whole = int(number)
    return [str(value) for value in (whole, whole + 1, whole - 1) if -bound <= value < bound]


def _near_time(kind: str, constant: str) -> list[str]:
    match = _TIME.fullmatch(constant)
    if match is None:
        return _near_year(kind, constant)
    try:
        moment = datetime.fromisoformat(f"{match[1]} {match[2] or '00:00'}")
        days = [moment + timedelta(days=offset) for offset in (0, 1, -1)]
        if kind == "date":
            return [f"{day:%Y-%m-%d}".rjust(10, "0") for day in days]
        tick = timedelta(microseconds=1)
        moments = [moment, moment - tick, moment + timedelta(hours=13), days[1], days[1] - tick, days[2]]
        return [value.isoformat(" ") for value in moments]
    except (ValueError, OverflowError):
        return []


def _near_year(kind: str, constant: str) -> list[str]:
    """`extract(year from t) = 2024`"""
    if not re.fullmatch(r"[12]\d{3}", constant):
        return []
    year = int(constant)
    if kind == "date":
        return [f"{year}-01-01", f"{year - 1}-12-31", f"{year}-12-31", f"{year + 1}-01-01"]
    return [f"{year}-01-01 00:00:00", f"{year - 1}-12-31 23:59:59.999999", f"{year}-12-31 23:59:59.999999"]


def of_column(column: Column, written: Iterable[str]) -> list[str]:
    """Values for a column."""
    match = re.fullmatch(r"(?:character varying|character|bit|bit varying)\((\d+)\)", column.declared)
    return pool(column.type, written, labels=column.labels, length=int(match[1]) if match else None)
