"""Other numbers, dates and times, in the same order and near the true ones. Pure.

Every value is a whole number on a line: a date counts days, a timestamp microseconds, a floating-point number is its
bits, which sort as it does. Each is moved within the gap to its neighbours, so that a condition with a true constant
still meets about the right place of a histogram. Where neighbours are next to each other there is no room, and the
value stays: numbers that small and dense (codes, counts, keys) tell nothing.
"""

from __future__ import annotations

import hashlib
import re
import struct
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, InvalidOperation

_DAY = 86_400_000_000  # microseconds
_EPOCH = date(2000, 1, 1).toordinal()
_EXACT = Context(prec=20000, Emax=10**6, Emin=-(10**6))
_CANDIDATES = 8
_TELLING = 6  # so many digits in a row may tell whose number it was
_LONG = 12  # digits of a number that must not stay near itself: cards, accounts, telephones
_TIMESTAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?: (.+?))?")
_CLOCK = re.compile(r"(-?)(\d+):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?([+-]\d\d(?::\d\d){0,2})?")
_SPAN = re.compile(r"(-?\d+) (year|mon|day)s?")


@dataclass(frozen=True)
class Line:
    """How values of a kind are read and written. `reach` is how far a value may move that has no neighbours; digits of
    `is_number` may be telling in themselves, those of dates are not.
    """

    parse: Callable[[str], int | None]
    render: Callable[[int], str]
    reach: Callable[[int], int]
    is_number: bool = True


def moved(columns: Sequence[Collection[str]], line: Line, known: Iterable[str]) -> dict[str, str]:
    """New texts by the old ones, for the values of all columns of a kind; those that are known, and what is no number
    (NaN, infinity), stay. Raises ValueError for a text that cannot be read.
    """
    places = {text: _read(line, text) for column in columns for text in column}
    anchors = {place for text in known if (place := _quietly(line, text)) is not None}
    anchors |= {0} if line.is_number else set()
    here = sorted({place for place in places.values() if place is not None})
    edges = _Edges.of([[place for text in column if (place := places[text]) is not None] for column in columns])
    seed = hashlib.sha256("\0".join(sorted(places)).encode()).digest()
    fixed = sorted(anchors | set(here))
    news = {place: place if place in anchors else _placed(place, fixed, edges, line, seed) for place in here}
    _relocate(here, news, seed)
    return {text: text if place is None or news[place] == place else line.render(news[place] or 0)
            for text, place in places.items()}  # fmt: skip


def _read(line: Line, text: str) -> int | None:
    if text.strip().lower() in ("nan", "infinity", "-infinity"):
        return None
    place = line.parse(text)
    if place is None:
        raise ValueError("not a value of its type")
    return place


def _quietly(line: Line, text: str) -> int | None:
    try:
        return line.parse(text)
    except (ValueError, OverflowError, InvalidOperation):
        return None


@dataclass(frozen=True)
class _Edges:
    """The least and greatest values of columns: those move inward only, so that no column grows."""

    least: frozenset[int]
    greatest: frozenset[int]

    @staticmethod
    def of(columns: Iterable[Sequence[int]]) -> _Edges:
        filled = [column for column in columns if column]
        return _Edges(frozenset(map(min, filled)), frozenset(map(max, filled)))


def _placed(place: int, fixed: Sequence[int], edges: _Edges, line: Line, seed: bytes) -> int | None:
    """A place in the value's own part of the line; the old one where there is no other; None where all there is would
    still tell a long number.
    """
    low, high = _room(place, fixed, edges, line)
    old = line.render(place)
    near = None
    for attempt in range(_CANDIDATES):
        share = _share(seed, place, attempt)
        candidate = low + 1 + int(share * (high - low - 1))
        if not low < candidate < high or candidate == place:
            continue
        if not line.is_number or not _tells(line.render(candidate), old):
            return candidate
        near = candidate
    if line.is_number and len(_digits(old)) >= _LONG:
        return None
    return place if near is None else near


def _room(place: int, fixed: Sequence[int], edges: _Edges, line: Line) -> tuple[int, int]:
    """The open interval around the value that no other value enters."""
    at = bisect_left(fixed, place)
    below = (fixed[at - 1] + place) // 2 if at else place - line.reach(place)
    above = (place + fixed[at + 1] + 1) // 2 if at + 1 < len(fixed) else place + line.reach(place)
    low = place if place in edges.least else below
    high = place if place in edges.greatest else above
    if low < high - 1 and (low < place - 1 or place + 1 < high):
        return low, high
    low, high = max(below, place - line.reach(place)), place
    if place < 0:  # toward zero, so that no type overflows
        low, high = place, min(above, place + line.reach(place))
    return low, high


def _relocate(here: Sequence[int], news: dict[int, int | None], seed: bytes) -> None:
    """Long numbers too close to each other, as those of one bank are, move away together: in their order, all over
    the gap between the last value before them and their own greatest.
    """
    at = 0
    while at < len(here):
        end = at
        while end < len(here) and news[here[end]] is None:
            end += 1
        run = here[at:end]
        if run:
            low, high = _gap(run, news[here[at - 1]] if at else None, here[end] if end < len(here) else None)
            step = (high - low) // (len(run) + 1)
            for number, place in enumerate(run, 1):
                shift = int(_share(seed, place, 0) * step / 2)
                news[place] = low + number * step - shift if step > 1 else place
        at = max(end, at + 1)


def _gap(run: Sequence[int], before: int | None, after: int | None) -> tuple[int, int]:
    """From what is before the run to its own greatest; below zero, from its least to what is after it."""
    if run[-1] > 0:
        low = run[0] - 1 if before is None and run[0] <= 0 else before or 0
        return (max(low, 0) if run[0] > 0 else low), run[-1] + 1
    return run[0] - 1, 0 if after is None or after >= 0 else (run[-1] + after) // 2


def _share(seed: bytes, place: int, attempt: int) -> float:
    """Between 0 and 1, by the whole content: it cannot be tried out value by value."""
    digest = hashlib.sha256(seed + str((place, attempt)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def _tells(new: str, old: str) -> bool:
    known, shown = _digits(old), _digits(new)
    return any(known[at : at + _TELLING] in shown for at in range(len(known) - _TELLING + 1))


# -- kinds of lines ---------------------------------------------------------------------------------------------------


def _half(place: int) -> int:
    return abs(place) // 2


def _days(_: int) -> int:
    return 180


def _half_year(_: int) -> int:
    return 180 * _DAY


def _an_hour(_: int) -> int:
    return 3_600_000_000


def integers() -> Line:
    return Line(lambda text: int(text) if re.fullmatch(r"-?\d+", text) else None, str, _half)


def decimals(scale: int) -> Line:
    """Numbers with that many digits after the point."""

    def parse(text: str) -> int | None:
        scaled = Decimal(text).scaleb(scale, _EXACT)
        return int(scaled) if scaled.is_finite() else None

    def render(place: int) -> str:
        return f"{Decimal(place).scaleb(-scale, _EXACT):f}"

    return Line(parse, render, _half)


def money() -> Line:
    """In hundredths; written without a currency, which every locale reads."""

    def parse(text: str) -> int | None:
        match = re.fullmatch(r"(-|\()?\D{0,4}(-)?(\d[\d ,.']*?)[.,](\d\d)\D{0,4}", text)
        if match is None:
            return None
        place = int(_digits(match[3]) + match[4])
        return -place if match[1] or match[2] else place

    return Line(parse, lambda place: f"{Decimal(place).scaleb(-2):f}", _half)


def floats(size: int) -> Line:
    """IEEE 754 numbers of 4 or 8 bytes: their bits, as whole numbers, have the order of the numbers."""
    real, whole = ("=f", "=i") if size == 4 else ("=d", "=q")
    top = 1 << (8 * size - 1)

    def parse(text: str) -> int | None:
        bits: int = struct.unpack(whole, struct.pack(real, float(text)))[0]
        return bits if bits >= 0 else -(bits + top)

    def render(place: int) -> str:
        (number,) = struct.unpack(real, struct.pack(whole, place if place >= 0 else -place - top))
        return f"{number:.9g}" if size == 4 else repr(number)

    binade = 1 << (23 if size == 4 else 52)
    return Line(parse, render, lambda place: min(binade, abs(place)))


def bits(length: int) -> Line:
    """Bit strings of one length, read as numbers."""

    def parse(text: str) -> int | None:
        return int(text, 2) if re.fullmatch("[01]+", text) else None

    return Line(parse, lambda place: f"{place:0{length}b}", _half, is_number=False)


def dates() -> Line:
    def parse(text: str) -> int | None:
        match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text)
        return date(*map(int, match.groups())).toordinal() - _EPOCH if match else None

    return Line(parse, lambda place: date.fromordinal(place + _EPOCH).isoformat(), _days, is_number=False)


def timestamps(*, zone: bool) -> Line:
    """Microseconds since 2000; with a zone they are written in UTC."""

    def parse(text: str) -> int | None:
        match = _TIMESTAMP.fullmatch(text)
        if match is None:
            return None
        day = date(*map(int, match.groups()[:3])).toordinal() - _EPOCH
        clock = 0 if match[4] is None else _clock(match[4])
        return None if clock is None else day * _DAY + clock

    def render(place: int) -> str:
        day, clock = divmod(place, _DAY)
        return f"{date.fromordinal(day + _EPOCH).isoformat()} {_clock_text(clock)}{'+00' if zone else ''}"

    return Line(parse, render, _half_year, is_number=False)


def times() -> Line:
    return Line(_clock, _clock_text, _an_hour, is_number=False)


def intervals() -> Line:
    """Microseconds, months of 30 days, as PostgreSQL compares them."""

    def parse(text: str) -> int | None:
        days, rest = 0, text
        for number, unit in _SPAN.findall(text):
            days += int(number) * {"year": 360, "mon": 30, "day": 1}[unit]
        rest = _SPAN.sub("", text).strip()
        clock = _clock(rest) if rest else 0
        return None if clock is None else days * _DAY + clock

    def render(place: int) -> str:
        days, clock = divmod(place, _DAY)
        return f"{days} days {_clock_text(clock)}"

    return Line(parse, render, _half, is_number=False)


def _clock(text: str) -> int | None:
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    sign, hours, minutes, seconds, fraction, zone = match.groups()
    micros = (int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)) * 1_000_000 + int(
        (fraction or "0").ljust(6, "0")
    )
    return (-micros if sign else micros) - (_offset(zone) if zone else 0)


def _offset(zone: str) -> int:
    parts = [int(part) for part in zone[1:].split(":")] + [0, 0]
    micros = (parts[0] * 3600 + parts[1] * 60 + parts[2]) * 1_000_000
    return -micros if zone[0] == "-" else micros


def _clock_text(micros: int) -> str:
    seconds, fraction = divmod(micros, 1_000_000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{fraction:06}" if fraction else text
