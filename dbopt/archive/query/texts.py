"""Values of the engine as PostgreSQL writes them, with the session's time zone UTC. Pure."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dbopt.errors import QueryFailed

if TYPE_CHECKING:
    import pyarrow as pa

_INT64_MOST, _INT32_MOST = 2**63 - 1, 2**31 - 1
_DAY_US = 86_400_000_000
_GREGORIAN_DAYS, _GREGORIAN_YEARS = 146_097, 400
_JSON_PARTS = re.compile(r'("(?:[^"\\]|\\.)*")|([,:])\s*')
_PLAIN_ELEMENT = re.compile(r'[^\s{},"\\]+')
_MOST_FIXED = 15  # the exponent from which floats are written with one

Writer = Callable[[Any], str]


def texts(values: pa.Array, type_name: str, modifier: int) -> list[str | None]:
    """The values of a column that PostgreSQL would give this type."""
    import pyarrow as pa

    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    write = _writer(values.type, type_name, modifier)
    return [None if value is None else write(value) for value in _plain(values).to_pylist()]


def _plain(values: pa.Array) -> pa.Array:
    """Times as whole numbers, which have no end at the year 9999."""
    import pyarrow as pa

    kind = values.type
    if pa.types.is_timestamp(kind) or pa.types.is_time64(kind):
        return values.cast(pa.int64())
    if pa.types.is_date32(kind):
        return values.cast(pa.int32())
    if pa.types.is_list(kind):
        inner = values.flatten()
        if pa.types.is_dictionary(inner.type):
            inner = inner.dictionary_decode()
        plain = _plain(inner)
        offsets = pa.array([0, *_ends(values)], pa.int32())
        return pa.ListArray.from_arrays(offsets, plain, mask=values.is_null()) if len(values) else values
    return values


def _ends(values: pa.Array) -> list[int]:
    ends, total = [], 0
    for length in values.value_lengths().to_pylist():
        total += length or 0
        ends.append(total)
    return ends


def _writer(kind: pa.DataType, type_name: str, modifier: int) -> Writer:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_list(kind):
        element = _writer(kind.value_type, type_name.removesuffix("[]"), -1)
        return lambda values: _array(values, element)
    if type_name == "money":
        return _money
    for is_kind, write in (
        (pa.types.is_boolean, lambda value: "t" if value else "f"),
        (pa.types.is_floating, _float_writer(kind, type_name)),
        (pa.types.is_decimal, lambda value: f"{value:f}"),
        (pa.types.is_date, lambda days: _date_writer(type_name)(days)),
        (pa.types.is_timestamp, _moment_writer(kind, type_name)),
        (pa.types.is_time, _clock),
        (pa.types.is_binary, lambda value: f"\\x{value.hex()}"),
        (pa.types.is_interval, lambda value: interval(value.months, value.days, value.nanoseconds // 1000)),
        (pa.types.is_struct, _row),
    ):
        if is_kind(kind):
            return write
    if type_name == "jsonb":
        return _jsonb
    if type_name == "character" and modifier > 0:
        return lambda value: str(value).ljust(modifier - 4)
    return str


def _money(value: Any) -> str:
    number = Decimal(value)
    return f"{'-' if number < 0 else ''}${abs(number):,.2f}"


def _float_writer(kind: Any, type_name: str) -> Writer:
    import pyarrow as pa

    if type_name in ("smallint", "integer", "bigint"):
        return lambda value: str(int(value))
    if type_name == "numeric":
        return lambda value: _special(value) or f"{Decimal(repr(value)).normalize() + 0:f}"
    return lambda value: floating(value, is_single=pa.types.is_float32(kind))


def _special(value: float) -> str | None:
    return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(repr(value))


def floating(value: float, *, is_single: bool = False) -> str:
    """The shortest text that is read back as the same number, as PostgreSQL lays it out."""
    special = _special(value)
    if special is not None:
        return special
    sign, digits, exponent = Decimal(_shortest(value) if is_single else repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    power = int(exponent) + len(digits) - 1  # of the first digit
    if text == "0":
        return "-0" if sign else "0"
    if -4 <= power < (6 if is_single else _MOST_FIXED):
        return ("-" if sign else "") + f"{Decimal(text).scaleb(power - len(text) + 1):f}"
    fraction = f".{text[1:]}" if len(text) > 1 else ""
    return f"{'-' if sign else ''}{text[0]}{fraction}e{'-' if power < 0 else '+'}{abs(power):02d}"


def _shortest(value: float) -> str:
    packed = struct.pack("f", value)
    return next(text for digits in range(1, 18) if struct.pack("f", float(text := f"{value:.{digits}g}")) == packed)


def _date_writer(type_name: str) -> Writer:
    suffix = {"timestamp without time zone": " 00:00:00", "timestamp with time zone": " 00:00:00+00"}.get(type_name, "")

    def write(days: int) -> str:
        if abs(days) == _INT32_MOST:
            return "infinity" if days > 0 else "-infinity"
        text, era = _calendar(days)
        return f"{text}{suffix}{era}"

    return write


def _moment_writer(kind: Any, type_name: str) -> Writer:
    zone = "+00" if getattr(kind, "tz", None) else ""
    if type_name == "timestamp with time zone":
        zone = "+00"

    def write(moment: int) -> str:
        if abs(moment) == _INT64_MOST:
            return "infinity" if moment > 0 else "-infinity"
        days, rest = divmod(moment, _DAY_US)
        text, era = _calendar(days)
        return f"{text}{era}" if type_name == "date" else f"{text} {_clock(rest)}{zone}{era}"

    return write


def _calendar(days: int) -> tuple[str, str]:
    """The date so many days after 1970, and its era."""
    cycles, rest = divmod(days, _GREGORIAN_DAYS)
    one = date(1970, 1, 1) + timedelta(days=rest)
    year = one.year + cycles * _GREGORIAN_YEARS
    return f"{year if year > 0 else 1 - year:04d}-{one:%m-%d}", "" if year > 0 else " BC"


def _clock(microseconds: int) -> str:
    seconds, fraction = divmod(microseconds, 1_000_000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    rest = f".{fraction:06d}".rstrip("0") if fraction else ""
    return f"{hours:02d}:{minute:02d}:{second:02d}{rest}"


def interval(months: int, days: int, microseconds: int) -> str:
    """In the style `postgres`."""
    sign = -1 if months < 0 else 1
    parts, is_negative = [], False
    for number, one, many in (
        (sign * (abs(months) // 12), "year", "years"),
        (sign * (abs(months) % 12), "mon", "mons"),
        (days, "day", "days"),
    ):
        if number:
            parts.append(f"{'+' if is_negative and number > 0 else ''}{number} {one if number == 1 else many}")
            is_negative = number < 0
    if microseconds or not parts:
        before = "-" if microseconds < 0 else "+" if is_negative else ""
        parts.append(before + _clock(abs(microseconds)))
    return " ".join(parts)


def _array(values: list[Any], write: Writer) -> str:
    return "{" + ",".join("NULL" if value is None else _element(value, write) for value in values) + "}"


def _element(value: Any, write: Writer) -> str:
    text = write(value)
    if isinstance(value, list) or (_PLAIN_ELEMENT.fullmatch(text) and text.upper() != "NULL"):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _row(_: object) -> str:
    raise QueryFailed("a row as one value has no counterpart in the engine", hint="name its columns")


def _jsonb(text: str) -> str:
    """With the blanks that PostgreSQL puts."""
    return _JSON_PARTS.sub(lambda match: match[1] or f"{match[2]} ", text)
