"""The format of a log, told from its first lines. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby, pairwise

from dbopt.workload.logs import wrappers
from dbopt.workload.logs.csvlog import Csvlog, is_record
from dbopt.workload.logs.infer import inferred
from dbopt.workload.logs.jsonlog import Jsonlog, is_object
from dbopt.workload.logs.prefix import start_of_entry
from dbopt.workload.logs.stderr import Stderr

Reader = Stderr | Csvlog | Jsonlog
_ENOUGH = 0.5
_LINES = 4000
# how a further line of a statement or a plan often begins
_FURTHER = re.compile(
    rb" +(?:(?:select|from|where|and|or|(?:(?:left|right|full|inner|cross|natural) )?(?:outer )?join|on|using|"
    rb"group by|order by|having|limit|offset|union|intersect|except|values|set|insert|update|delete|into|returning|"
    rb"with|case|when|then|else|end)\b|[()]|->  |query text: |[^:]*  \(cost=)",
    re.IGNORECASE,
)
_FEW = 100
_MOST_OTHERS = 4
_MOST_TRIES = 2  # to find out further prefixes, for each block


@dataclass(frozen=True)
class Format:
    """`kind` is stderr, csv or json. `prefix` is the log_line_prefix of stderr, `wrapper` what stands around it.
    `is_given`: the prefix was not found out, and no other is looked for; `others` are prefixes that the log had before
    or has later. `has_blanks`: something made blanks of the tabs before further lines.
    """

    kind: str
    prefix: str = ""
    wrapper: str | None = None
    is_given: bool = False
    has_blanks: bool = False
    others: tuple[str, ...] = ()

    @property
    def is_marked(self) -> bool:
        """Whether pid and time come with the wrapping."""
        return self.kind == "stderr" and self.wrapper is not None and self.wrapper != wrappers.JSON

    def changed(self, prefix: str) -> Format:
        """The same with another prefix."""
        return replace(self, prefix=prefix, others=(self.prefix, *self.others)[:_MOST_OTHERS])

    @property
    def name(self) -> str:
        """For people: `stderr with prefix '%m [%p] ' in syslog`."""
        prefixes = " and ".join(f"'{text}'" for text in dict.fromkeys((self.prefix, *self.others)))
        inner = f"stderr with the prefix {prefixes}" if self.kind == "stderr" else f"{self.kind}log"
        return f"{inner} in {self.wrapper}" if self.wrapper else inner


@cache
def reader(form: Format) -> Reader:
    if form.kind == "csv":
        return Csvlog()
    if form.kind == "json":
        return Jsonlog()
    tries = 0 if form.is_given else _MOST_TRIES
    return Stderr(form.prefix, form.is_marked, form.has_blanks, form.others, tries)


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
        guessed = prefix.lstrip(" ") if prefix is not None else _guessed(inner)
        if guessed is not None and (prefix is None or _fits(inner, guessed)):
            return _stderr(guessed, wrapper, inner, is_given=prefix is not None)
    guessed = prefix if prefix is not None else _guessed(lines)
    return None if guessed is None else _stderr(guessed, None, lines, is_given=prefix is not None)


def _guessed(lines: list[bytes]) -> str | None:
    """Where no prefix fits the most of them, it was changed more than once: the one at the beginning."""
    return inferred(lines) or inferred(lines[:_FEW])


def _stderr(prefix: str, wrapper: str | None, lines: list[bytes], *, is_given: bool) -> Format:
    has_tabs = any(line[:1] == b"\t" for line in lines)
    has_blanks = not has_tabs and prefix[:1] != " " and _go_on_with_blanks(lines, prefix)
    return Format("stderr", prefix, wrapper, is_given=is_given, has_blanks=has_blanks)


def _go_on_with_blanks(lines: list[bytes], prefix: str) -> bool:
    """Whether what stands behind entries, moved in by blanks, mostly reads like SQL or a plan: something made blanks of
    the server's tabs. Other programs move lines in, too.
    """
    starts = start_of_entry(prefix).match
    groups = [(is_moved, list(group)) for is_moved, group in groupby(lines, lambda line: line[:1] == b" ")]
    behind = [
        any(_FURTHER.match(line) for line in group)
        for (_, before), (is_moved, group) in pairwise(groups)
        if is_moved and starts(before[-1]) is not None
    ]
    return sum(behind) > _ENOUGH * len(behind)


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
