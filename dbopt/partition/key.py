"""How a partition key's values are counted: a position is a whole number, of microseconds since 1970 in UTC for a key
that carries a time, else the number itself. Bounds are written from positions, and read back to them. Pure.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from dbopt.errors import UsageError
from dbopt.partition.interval import DAY_US, EPOCH, MICROSECOND, SECOND_US, microseconds_of, moment_of

MILLISECOND_US = 1000
MOST_MILLISECONDS = 2**48 - 1  # both uuidv7 and ULID have 48 bits for them

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID_TIME_LENGTH = 10
_TIMESTAMP = re.compile(
    r"(\d{4,})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?([+-]\d\d(?::\d\d(?::\d\d)?)?|Z)?( BC)?"
)


class Kind(StrEnum):
    """What the values of a key are."""

    TIMESTAMPTZ = "timestamptz"
    TIMESTAMP = "timestamp"
    DATE = "date"
    ID = "id"
    EPOCH_S = "epoch-s"
    EPOCH_MS = "epoch-ms"
    EPOCH_US = "epoch-us"
    EPOCH_NS = "epoch-ns"
    UUIDV7 = "uuidv7"
    ULID = "ulid"

    @property
    def is_time(self) -> bool:
        """Whether positions are times."""
        return self is not Kind.ID


DATETIMES = frozenset({Kind.TIMESTAMPTZ, Kind.TIMESTAMP, Kind.DATE})
"""The kinds that have an infinity."""

_EPOCH_UNITS = {  # units per second
    Kind.EPOCH_S: 1,
    Kind.EPOCH_MS: 1000,
    Kind.EPOCH_US: SECOND_US,
    Kind.EPOCH_NS: 1000 * SECOND_US,
}
INTEGERS = frozenset({"smallint", "integer", "bigint", "numeric"})
TEXTS = frozenset({"text", "character varying", "character"})
_OF_TYPE = {
    "timestamp with time zone": (Kind.TIMESTAMPTZ,),
    "timestamp without time zone": (Kind.TIMESTAMP,),
    "date": (Kind.DATE,),
    "uuid": (Kind.UUIDV7,),
    **dict.fromkeys(INTEGERS, (Kind.ID, *_EPOCH_UNITS)),
    **dict.fromkeys(TEXTS, (Kind.ULID,)),
}


def kinds_of(type_name: str) -> tuple[Kind, ...]:
    """What values of a column of this type may be, the likeliest first; none for a type that cannot be counted."""
    return _OF_TYPE.get(re.sub(r"\(.*?\)", "", type_name), ())


def kind_of(type_name: str, asked: str | None = None) -> Kind:
    """The kind for a column, the one that is asked for if the type allows it. Raises UsageError."""
    kinds = kinds_of(type_name)
    if not kinds:
        raise UsageError(
            f"a key of type {type_name} cannot be partitioned by intervals",
            hint="--strategy hash or list takes any type",
        )
    if asked is None:
        return kinds[0]
    if asked not in [kind.value for kind in kinds]:
        raise UsageError(f"a column of type {type_name} does not hold {asked}", hint=f"one of {', '.join(kinds)}")
    return Kind(asked)


@dataclass(frozen=True)
class Infinity:
    """A timestamp or date that no interval reaches: infinity or -infinity."""

    sign: int


def literal(kind: Kind, position: int) -> str:
    """The value at a position as a bound is written: unquoted, times explicitly in UTC, identifiers with zeros after
    their time. Raises UsageError for a position that the kind cannot express.
    """
    if kind is Kind.ID:
        return str(position)
    if kind in _EPOCH_UNITS:
        return str(position * _EPOCH_UNITS[kind] // SECOND_US)
    if kind is Kind.UUIDV7:
        return _uuid(_milliseconds(kind, position))
    if kind is Kind.ULID:
        return _ulid_time(_milliseconds(kind, position))
    moment = _moment(kind, position)
    if kind is Kind.DATE:
        return f"{moment:%Y-%m-%d}"
    text = moment.replace(tzinfo=None).isoformat(" ")
    return f"{text}+00" if kind is Kind.TIMESTAMPTZ else text


def is_exact(kind: Kind, position: int) -> bool:
    """Whether a bound can stand at just this position."""
    if kind is Kind.DATE:
        return position % DAY_US == 0
    if kind in (Kind.UUIDV7, Kind.ULID, Kind.EPOCH_MS):
        return position % MILLISECOND_US == 0
    return kind is not Kind.EPOCH_S or position % SECOND_US == 0


def position(kind: Kind, text: str) -> int | Infinity | None:
    """The position of a value as PostgreSQL writes it in UTC and ISO style; None for one that is none: an identifier
    with more than a time in it, a number with a fraction, a year before 1.
    """
    if kind in DATETIMES:
        return Infinity(-1 if text.startswith("-") else 1) if text.endswith("infinity") else _of_timestamp(text)
    if kind is Kind.UUIDV7:
        digits = text.replace("-", "").lower()
        return int(digits[:12], 16) * MILLISECOND_US if re.fullmatch(r"[0-9a-f]{12}0{20}", digits) else None
    if kind is Kind.ULID:
        return _of_ulid(text)
    if not re.fullmatch(r"-?\d+", text):
        return None
    number = int(text)
    return number if kind is Kind.ID else number * SECOND_US // _EPOCH_UNITS[kind]


def position_of_row(kind: Kind, text: str) -> int | Infinity | None:
    """The position of a row by its key's value: also of an identifier with more than a time in it, and of a number with
    a fraction.
    """
    if kind is Kind.UUIDV7:
        return position(kind, text.replace("-", "")[:12].ljust(32, "0"))
    if kind is Kind.ULID:
        return position(kind, text[:_ULID_TIME_LENGTH])
    if kind is Kind.ID or kind in _EPOCH_UNITS:
        whole = re.fullmatch(r"(-?)(\d+)(\.\d+)?", text)
        return position(kind, str(math.floor(Decimal(text)))) if whole else None
    return position(kind, text)


def _of_timestamp(text: str) -> int | None:
    match = _TIMESTAMP.fullmatch(text)
    if match is None or match[9] or int(match[1]) > 9999:
        return None
    zone = {None: "+00:00", "Z": "+00:00"}.get(match[8], match[8])
    clock = f"{match[4] or '00'}:{match[5] or '00'}:{match[6] or '00'}.{(match[7] or '').ljust(6, '0')}"
    return microseconds_of(datetime.fromisoformat(f"{match[1]}-{match[2]}-{match[3]}T{clock}{zone}"))


def _moment(kind: Kind, position: int) -> datetime:
    try:
        return moment_of(position)
    except OverflowError:
        raise UsageError(
            f"{position // SECOND_US} seconds after 1970 is outside the years 1 to 9999 of {kind}"
        ) from None


def _milliseconds(kind: Kind, position: int) -> int:
    milliseconds = position // MILLISECOND_US
    if not 0 <= milliseconds <= MOST_MILLISECONDS:
        raise UsageError(f"{kind} has no value for {EPOCH + position * MICROSECOND:%Y-%m-%d}")
    return milliseconds


def _uuid(milliseconds: int) -> str:
    digits = f"{milliseconds:012x}".ljust(32, "0")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _ulid_time(milliseconds: int) -> str:
    """The ten characters of a ULID that are its time (https://github.com/ulid/spec): no ULID of that time is less."""
    digits = ""
    for _ in range(_ULID_TIME_LENGTH):
        milliseconds, digit = divmod(milliseconds, len(_CROCKFORD))
        digits = _CROCKFORD[digit] + digits
    return digits


def _of_ulid(text: str) -> int | None:
    head, rest = text[:_ULID_TIME_LENGTH].upper(), text[_ULID_TIME_LENGTH:]
    if len(head) < _ULID_TIME_LENGTH or rest.strip("0 ") or any(digit not in _CROCKFORD for digit in head):
        return None
    number = 0
    for digit in head:
        number = number * len(_CROCKFORD) + _CROCKFORD.index(digit)
    return number * MILLISECOND_US if number <= MOST_MILLISECONDS else None
