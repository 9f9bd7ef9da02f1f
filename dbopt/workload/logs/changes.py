"""A log_line_prefix that is changed while a server runs: what comes behind the one that is known. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dbopt.workload.logs import prefix as prefixes
from dbopt.workload.logs.infer import inferred, instance_of
from dbopt.workload.logs.prefix import unmarked

ENOUGH = 0.5
_AS_GOOD = 0.9
_LEAST = 3  # lines
_MOST = 400
_WITHIN = 1 << 20  # bytes that are searched for such lines
_WHEN_OR_WHO = frozenset(("time", "session"))


def share(text: str, lines: Sequence[bytes]) -> float:
    """How many of the lines a prefix fits."""
    match = prefixes.start_of_entry(text).match
    return sum(match(line) is not None for line in lines) / len(lines) if lines else 1.0


def is_as_good(text: str, other: str | None, lines: Sequence[bytes]) -> bool:
    """Whether it fits as many of the lines as another one, but for a few."""
    return share(text, lines) >= (ENOUGH if other is None else max(ENOUGH, _AS_GOOD * share(other, lines)))


def may_follow(former: str, now: str) -> bool:
    """Whether a server may have changed the one into the other. What other programs say of their errors has no time,
    and in syslog nothing at all.
    """
    told, tells = prefixes.parsed(former).fields, prefixes.parsed(now).fields
    return bool(tells & _WHEN_OR_WHO) or not (told & _WHEN_OR_WHO or ("%" in former and "%" not in now))


def starts(data: bytes, most: int = _MOST) -> list[bytes]:
    """The lines that may start an entry, without what was put before them."""
    found: list[bytes] = []
    for line in data.split(b"\n"):
        if b":  " in line and instance_of(line) is not None:
            found.append(unmarked(line))
            if len(found) == most:
                break
    return found


def next_prefix(former: str, block: bytes, start: int) -> str | None:
    """The prefix of lines that come behind this place and do not fit the former one; None where there is no other."""
    fits = prefixes.start_of_entry(former).match
    lines = [line for line in starts(block[start : start + _WITHIN], len(block)) if fits(line) is None][:_MOST]
    found = inferred(lines, has_blanks=False) if len(lines) >= _LEAST else None
    return found if found is not None and may_follow(former, found) else None
