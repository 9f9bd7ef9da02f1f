"""The log that a server writes to stderr, line by line with a log_line_prefix. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from dbopt.workload.logs import prefix
from dbopt.workload.logs.assemble import Assembler
from dbopt.workload.logs.entries import Entry
from dbopt.workload.logs.languages import labels, severities

# Entries of the extended protocol that only prepare an execution are most of a log, and say nothing that counts.
_PREPARATION = re.compile(rb"duration: \d+\.\d+ ms  (?:bind|parse) ")

# what log_error_verbosity = verbose puts before a message
_STATE = re.compile(rb"[0-9A-Z]{5}: ")


@dataclass(frozen=True)
class Stderr:
    """A reader for one log_line_prefix."""

    prefix: str
    is_marked: bool = False

    @cached_property
    def _header(self) -> re.Pattern[bytes]:
        return prefix.header(self.prefix, is_marked=self.is_marked)

    @cached_property
    def _groups(self) -> tuple[int, ...]:
        """The groups of prefix.WANTED in its order, then severity, first and rest. Group 0 stands for one that the
        prefix lacks, and is put right by `_without`.
        """
        index = self._header.groupindex
        return tuple(index.get(name, 0) for name in (*prefix.WANTED, "severity", "first", "rest"))

    def read(self, block: bytes, into: Assembler) -> None:
        """Read a block that starts with an entry and ends with the last line of one."""
        account, known_labels, known_severities = into.account, labels(), severities()
        position = recognised = continued = entries = 0
        take = self._taker(into)
        for match in self._header.finditer(block):
            start, end = match.span()
            if start != position:
                account.skip(block[position:start])
            position = end
            entries += 1
            rest_start = match.start("rest")
            recognised += rest_start - start
            continued += end - rest_start
            take(match, known_labels, known_severities)
        account.skip(block[position:])
        account.recognised += recognised
        account.continued += continued
        account.entries += entries

    def _taker(self, into: Assembler) -> Callable[[re.Match[bytes], dict[bytes, str], dict[bytes, str]], None]:
        groups, missing = self._groups, [number for number, group in enumerate(self._groups) if group == 0]
        seen, kinds = into.totals.seen, into.account.kinds

        def take(match: re.Match[bytes], known_labels: dict[bytes, str], known_severities: dict[bytes, str]) -> None:
            found = match.group(*groups)
            time, pid, session, user, database, sqlstate, line, word, first, rest = (
                _without(found, missing) if missing else found
            )
            process = session or pid or b""
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


def _without(found: tuple[bytes, ...], missing: list[int]) -> tuple[bytes, ...]:
    values = list(found)
    for number in missing:
        values[number] = b""
    return tuple(values)


def _untabbed(rest: bytes) -> bytes:
    """The further lines of a text without the tab that the server puts before each."""
    text = rest[1:] if rest[:1] == b"\t" else rest
    return text.replace(b"\n\t", b"\n").removesuffix(b"\n")
