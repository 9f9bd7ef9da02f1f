"""How far apart two times are, as logs write them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CLOCK = re.compile(rb"(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,6}))?")
_EPOCH = re.compile(rb"(\d{9,11})(?:\.(\d{1,6}))?\Z")
_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Apart:
    """How much earlier one time is than the other, in microseconds. Both were cut to a multiple of `resolution`."""

    us: int
    resolution: int

    def is_surely_within(self, us: int) -> bool:
        """Whether the earlier one was less than that before the later one, however they were cut."""
        return self.us <= us - self.resolution

    def may_be_within(self, us: int) -> bool:
        return self.us < us + self.resolution


def apart(earlier: bytes, later: bytes) -> Apart | None:
    """None where one of them is no time of day and no number of seconds since 1970."""
    first, second = _parsed(earlier), _parsed(later)
    if first is None or second is None:
        return None
    difference = second.us - first.us
    if difference < -_DAY // 2:  # midnight is between them
        difference += _DAY
    return Apart(difference, max(first.resolution, second.resolution))


_PARSING = 50_000  # microseconds: a text is logged when it is read and parsed, which its time includes


def began_before(announced: bytes, ended: bytes, time_us: int) -> bool:
    """Whether what ended then, and took that long, began before that text was announced."""
    since = apart(announced, ended)
    return since is not None and not since.us + since.resolution + _PARSING >= time_us


def _parsed(time: bytes) -> Apart | None:
    """Since midnight, or since 1970."""
    if match := _EPOCH.match(time):
        seconds, fraction = int(match[1]), match[2]
    elif match := _CLOCK.search(time):
        seconds, fraction = (int(match[1]) * 60 + int(match[2])) * 60 + int(match[3]), match[4]
    else:
        return None
    digits = len(fraction or b"")
    resolution = int(10 ** (6 - digits))
    return Apart(seconds * 1_000_000 + int(fraction or b"0") * resolution, resolution)
