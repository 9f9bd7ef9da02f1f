"""The format of a log, told from its first lines. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from dbopt.workload.logs import wrappers
from dbopt.workload.logs.csvlog import Csvlog, is_record
from dbopt.workload.logs.infer import inferred
from dbopt.workload.logs.jsonlog import Jsonlog, is_object
from dbopt.workload.logs.stderr import Stderr

Reader = Stderr | Csvlog | Jsonlog
_ENOUGH = 0.5
_LINES = 4000


@dataclass(frozen=True)
class Format:
    """`kind` is stderr, csv or json. `prefix` is the log_line_prefix of stderr, `wrapper` what stands around it."""

    kind: str
    prefix: str = ""
    wrapper: str | None = None

    @property
    def is_marked(self) -> bool:
        """Whether pid and time come with the wrapping."""
        return self.kind == "stderr" and self.wrapper is not None and self.wrapper != wrappers.JSON

    @property
    def name(self) -> str:
        """For people: `stderr with prefix '%m [%p] ' in syslog`."""
        inner = f"stderr with the prefix '{self.prefix}'" if self.kind == "stderr" else f"{self.kind}log"
        return f"{inner} in {self.wrapper}" if self.wrapper else inner


@cache
def reader(form: Format) -> Reader:
    if form.kind == "csv":
        return Csvlog()
    return Jsonlog() if form.kind == "json" else Stderr(form.prefix, form.is_marked)


def detect(sample: bytes, prefix: str | None = None) -> Format | None:
    """The format of a log that starts like this; None where it is none. A prefix that is given is taken at its word
    where the lines are neither csvlog nor jsonlog.
    """
    lines = _lines(sample)
    plain = _plain(lines)
    if plain is not None:
        return plain
    for wrapper in wrappers.NAMES:
        inner = _inside(lines, sample, wrapper)
        if inner is None:
            continue
        found = _plain(inner)
        if found is not None:
            return Format(found.kind, wrapper=wrapper)
        guessed = prefix.lstrip(" ") if prefix is not None else inferred(inner)
        if guessed is not None and (prefix is None or _fits(inner, guessed)):
            return Format("stderr", guessed, wrapper)
    guessed = prefix if prefix is not None else inferred(lines)
    return None if guessed is None else Format("stderr", guessed)


def _lines(sample: bytes) -> list[bytes]:
    return sample.removeprefix(b"\xef\xbb\xbf").splitlines()[:_LINES]


def _plain(lines: list[bytes]) -> Format | None:
    """csvlog or jsonlog, where one of the first lines says so."""
    for line in [line for line in lines if line.strip()][:20]:
        if is_record(line):
            return Format("csv")
        if line.startswith(b"{") and is_object(line):
            return Format("json")
    return None


def _inside(lines: list[bytes], sample: bytes, wrapper: str) -> list[bytes] | None:
    """The lines without that wrapping; None where they have another."""
    unwrapper = wrappers.Unwrapper(wrapper, is_marked=False)
    if wrapper == wrappers.JSON:
        if not sample.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"[")):
            return None
        return unwrapper.unwrapped(sample[: sample.rfind(b"\n") + 1] or sample).splitlines()[:_LINES]
    match = wrappers.pattern(wrapper).match
    first = [line for line in lines if line.strip()]
    if sum(match(line) is not None for line in first) < _ENOUGH * len(first) or not first:
        return None
    text = unwrapper.unwrapped(b"\n".join(first) + b"\n") + unwrapper.rest()
    return text.splitlines()[:_LINES]


def _fits(lines: list[bytes], prefix: str) -> bool:
    header = Stderr(prefix)
    return header.matches(lines)
