"""The log that a server writes to stderr, line by line with a log_line_prefix. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from dbopt.workload.logs import changes, prefix
from dbopt.workload.logs.assemble import Assembler
from dbopt.workload.logs.entries import UNSURE, Entry
from dbopt.workload.logs.languages import labels, severities

# Entries of the extended protocol that only prepare an execution are most of a log, and say nothing that counts.
_PREPARATION = re.compile(rb"duration: \d+\.\d+ ms  (?:bind|parse) ")

# what log_error_verbosity = verbose puts before a message
_STATE = re.compile(rb"[0-9A-Z]{5}: ")


@dataclass(frozen=True)
class Stderr:
    """A reader for one log_line_prefix. What it does not fit is read with one of the `others` that does, or is found
    out in so many `tries`.
    """

    prefix: str
    is_marked: bool = False
    has_blanks: bool = False
    others: tuple[str, ...] = ()
    tries: int = 0

    @cached_property
    def _header(self) -> re.Pattern[bytes]:
        return prefix.header(self.prefix, is_marked=self.is_marked, has_blanks=self.has_blanks)

    @cached_property
    def _groups(self) -> tuple[int, ...]:
        """The groups of prefix.WANTED in its order, then severity, first and rest. Group 0 stands for one that the
        prefix lacks, and is put right by `_without`.
        """
        index = self._header.groupindex
        return tuple(index.get(name, 0) for name in (*prefix.WANTED, "severity", "first", "rest"))

    @cached_property
    def _instead(self) -> tuple[int, ...]:
        """The groups that tell sessions apart where there is no better."""
        index = self._header.groupindex
        has_session = "pid" in index or "session" in index
        return () if has_session else tuple(index[name] for name in prefix.INSTEAD if name in index)

    @cached_property
    def _mark(self) -> bytes:
        """What the names of processes begin with, where sessions are told apart by what several may have."""
        return b"" if prefix.TELLING & self._header.groupindex.keys() else UNSURE

    def read(self, block: bytes, into: Assembler) -> None:
        """Read a block that starts with an entry and ends with the last line of one."""
        account, known_labels, known_severities = into.account, labels(), severities()
        position = recognised = continued = entries = 0
        take = self._taker(into)
        gaps = _Gaps(self, block)
        for match in self._header.finditer(block):
            start, end = match.span()
            if start != position:
                gaps.read(position, start, into)
            position = end
            entries += 1
            rest_start = match.start("rest")
            recognised += rest_start - start
            continued += end - rest_start
            take(match, known_labels, known_severities)
        gaps.read(position, len(block), into)
        account.recognised += recognised
        account.continued += continued
        account.entries += entries

    def _taker(self, into: Assembler) -> Callable[[re.Match[bytes], dict[bytes, str], dict[bytes, str]], None]:
        groups, missing = self._groups, [number for number, group in enumerate(self._groups) if group == 0]
        seen, kinds = into.totals.seen, into.account.kinds
        instead, mark = self._instead, self._mark

        def take(match: re.Match[bytes], known_labels: dict[bytes, str], known_severities: dict[bytes, str]) -> None:
            found = match.group(*groups)
            time, pid, session, user, database, sqlstate, line, word, first, rest = (
                _without(found, missing) if missing else found
            )
            process = session or pid or mark + b"|".join([match[group] or b"" for group in instead])
            text = first + b"\n" + _untabbed(rest) if rest else first
            if b"\r" in text:  # of a server on Windows
                text = text.replace(b"\r\n", b"\n").removesuffix(b"\r")
            if text[5:7] == b": " and _STATE.match(text):
                sqlstate, text = text[:5], text[7:]
            severity = known_severities.get(word)
            if severity is None:
                into.label(process, known_labels[word], text)
            elif _PREPARATION.match(text):
                kinds["parse or bind"] += 1
                into.passed(process)
            else:
                seen(time or b"")
                entry = Entry(
                    process,
                    severity,
                    text,
                    time or b"",
                    user.strip(b" ") if user else b"",  # padded to a width
                    database.strip(b" ") if database else b"",
                    sqlstate or b"",
                    is_first=line == b"1",
                )
                into.open(entry)

        return take

    def matches(self, lines: list[bytes]) -> bool:
        """Whether any of these lines starts an entry."""
        return any(self._header.match(line) is not None for line in lines)

    def cut(self, data: bytes) -> int:
        """Where the last entry starts, so that what is before can be read alone; 0 where there is but one."""
        pattern = prefix.start_of_entry(self.prefix, is_marked=self.is_marked)
        end = len(data)
        while end > 0:
            start = data.rfind(b"\n", 0, end) + 1
            if start > 0 and pattern.match(data, start):
                return start
            end = start - 1
        return 0


class _Gaps:
    """What lies between the entries of a block that a prefix fits: perhaps entries with other prefixes."""

    def __init__(self, reader: Stderr, block: bytes) -> None:
        self._reader = reader
        self._block = block
        self._others = list(reader.others)
        self._tries = reader.tries

    def read(self, start: int, end: int, into: Assembler) -> None:
        gap = self._block[start:end]
        other = self._other(gap, start) if b":  " in gap and (self._others or self._tries) else None
        if other is None:
            into.account.skip(gap)
            return
        before = into.account.entries
        other.read(gap, into)
        into.account.other_prefixes[other.prefix] += into.account.entries - before

    def _other(self, gap: bytes, start: int) -> Stderr | None:
        """A reader of some of its lines."""
        found = next((text for text in self._others if self._starts(text).search(gap) is not None), None)
        if found is None and self._tries and changes.starts(gap, 1):
            self._tries -= 1
            found = changes.next_prefix(self._reader.prefix, self._block, start)
            if found is not None:
                self._others.append(found)
        if found is None:
            return None
        rest = tuple(text for text in self._others if text != found)
        return replace(self._reader, prefix=found, others=rest, tries=max(0, self._reader.tries - 1))

    def _starts(self, text: str) -> re.Pattern[bytes]:
        return prefix.start_of_entry(text, is_marked=self._reader.is_marked)


def _without(found: tuple[bytes, ...], missing: list[int]) -> tuple[bytes, ...]:
    values = list(found)
    for number in missing:
        values[number] = b""
    return tuple(values)


def _untabbed(rest: bytes) -> bytes:
    """The further lines of a text without the tab that the server puts before each."""
    text = rest[1:] if rest[:1] == b"\t" else rest
    return text.replace(b"\n\t", b"\n").removesuffix(b"\n")
