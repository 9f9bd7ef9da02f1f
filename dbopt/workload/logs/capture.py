"""Capturing a workload from the logs of a server."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dbopt.errors import FileError, NothingToDo
from dbopt.postgres.session import Session
from dbopt.units import size_text
from dbopt.workload.captured import Captured
from dbopt.workload.counted import with_statements
from dbopt.workload.logs.aggregate import Totals
from dbopt.workload.logs.build import Limits, limited, redacted, workload
from dbopt.workload.logs.follow import OnReady, follow
from dbopt.workload.logs.infer import inferred
from dbopt.workload.logs.messages import Kind
from dbopt.workload.logs.processes import Filter
from dbopt.workload.logs.reading import OnBytes, ReadFile, Reading
from dbopt.workload.logs.sources import Source, found, in_order, stem
from dbopt.workload.model import Workload

WORTH_SEVERAL = 32 << 20  # bytes from which on a second process is worth its start
_SETTINGS = "log_min_duration_statement = 0 logs each statement with its time"


@dataclass(frozen=True)
class Wanted:
    """What to read out of the logs: whose statements, which of them, and how the lines are written."""

    limits: Limits = field(default_factory=Limits)
    databases: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    prefix: str | None = None
    jobs: int | None = None

    @property
    def whose(self) -> Filter:
        return Filter(frozenset(map(str.encode, self.databases)), frozenset(map(str.encode, self.users)))


@dataclass(frozen=True)
class Read:
    """The workload, and how each file was read."""

    captured: Captured
    files: tuple[ReadFile, ...]


def sources_of(paths: Sequence[str]) -> list[Source]:
    """The files in the order of their first entries. Raises FileError."""
    return in_order(found(paths))


def capture(sources: Sequence[Source], wanted: Wanted, on_bytes: OnBytes, cores: int = 1) -> Read:
    """The statements of these logs. Raises FileError where nothing in them is a log, and NothingToDo where the log
    tells of no statement.
    """
    size = sum(source.size or 0 for source in sources)
    jobs = wanted.jobs or (cores if size >= WORTH_SEVERAL else 1)
    with Reading(wanted.whose, prefix=wanted.prefix, jobs=jobs, parameters=wanted.limits.parameters) as reading:
        reading.read(sources, on_bytes)
        return _result(reading, wanted)


def capture_following(
    paths: Sequence[str], wanted: Wanted, stop: threading.Event, on_ready: OnReady, seconds: float | None = None
) -> Read:
    """The statements of logs that are being written, until `stop` is set or time is over. Raises as capture."""
    with Reading(wanted.whose, prefix=wanted.prefix, parameters=wanted.limits.parameters) as reading:
        follow(reading, paths, stop, on_ready, seconds)
        return _result(reading, wanted)


def with_server(session: Session, workload: Workload, limits: Limits) -> Captured:
    """A workload read without limits on statements, merged with pg_stat_statements of the session's database where that
    is to be had, and then limited.
    """
    met = with_statements(session, workload, limits.parameters)
    whole = limited(redacted(met.workload) if limits.is_redacted else met.workload, limits)
    others = sorted(set((workload.source.database or "").split(",")) - {"", session.database})
    notes = [f"the log has statements of {', '.join(others)} too: --database {session.database} leaves them out"]
    return Captured(whole.workload, (*met.notes, *whole.notes, *(notes if others else ())))


def _result(reading: Reading, wanted: Wanted) -> Read:
    files = reading.files
    if not any(file.account.entries for file in files):
        message = f"nothing in {_names(files)} was recognised as a PostgreSQL log{_skipped(files)}"
        raise FileError(message, hint=_hint(files, wanted))
    totals = reading.assembler.totals
    captured = workload(totals, [file.account for file in files], wanted.limits)
    if not totals.executions and not totals.statements:
        raise NothingToDo(f"the log tells of no statement{_skipped(files)}", hint=_hint_on_settings(files, totals))
    return Read(captured, tuple(files))


def _skipped(files: Sequence[ReadFile]) -> str:
    """How much could not be read, for the end of a message."""
    skipped, size = (sum(getattr(file.account, name) for file in files) for name in ("skipped", "size"))
    return f": skipped {skipped:,} of {size:,} bytes" if skipped else ""


def _names(files: Sequence[ReadFile]) -> str:
    return files[0].name if len(files) == 1 else f"{len(files)} files"


def _hint(files: Sequence[ReadFile], wanted: Wanted) -> str:
    """What stood in the way of reading, and what the lines look like where a wrong prefix was given."""
    trouble = next((file.trouble for file in files if file.trouble is not None), None)
    if trouble is not None:
        return trouble
    if not any(file.account.size for file in files):
        return "there is nothing in it" if len(files) == 1 else "they are empty"
    if all(file.sample.count(b"\0") > len(file.sample) / 4 for file in files):
        return "it looks like UTF-16 without the mark at its start: iconv -f UTF-16LE -t UTF-8"
    guess = next((text for file in files if (text := inferred(file.sample.splitlines())) is not None), None)
    if wanted.prefix is not None and guess is not None and guess != wanted.prefix:
        return f"the lines look as if --prefix '{guess}' had written them"
    return "give --prefix as SHOW log_line_prefix prints it, where the file is a log of PostgreSQL"


def _hint_on_settings(files: Sequence[ReadFile], totals: Totals) -> str:
    """What stands in the way: a filter, or what the server was told to log."""
    names = sorted(name.decode("utf-8", "replace") for name in totals.filtered if name not in (b"", b"[unknown]"))
    if totals.filtered and not names:
        return "the log does not tell the database of its entries: leave out --database and --user"
    if totals.filtered:
        return f"it has statements in {', '.join(names)}, which --database and --user leave out"
    kinds = Counter[str]()
    for file in files:
        kinds.update(file.account.kinds)
    return _textless(kinds) or _SETTINGS


def _textless(kinds: Mapping[str, int]) -> str:
    """What there is to say of times that surely are of no text in the log; empty without. In the extended protocol, a
    text has up to three: parse and bind have their own.
    """
    count = kinds.get(Kind.DURATION, 0) - 3 * kinds.get(Kind.STATEMENT, 0)
    return f"{count:,} entries have a time and no text (log_duration): {_SETTINGS}" if count > 0 else ""


def remarks(read: Read) -> list[str]:
    """What there is to say of the files, for people: one line on all, one on each that was not read as a whole."""
    summary = read.captured.workload.log
    if summary is None:
        return []
    period = f", {summary.first} to {summary.last}" if summary.first else ""
    count = len(read.captured.workload.statements)
    lines = [
        f"read {summary.files} file{'' if summary.files == 1 else 's'}, {size_text(summary.bytes)}, "
        f"{summary.lines:,} lines: {summary.entries:,} entries, {summary.executions:,} executions, "
        f"{count} statements captured{period}"
    ]
    lines += _twice(read.files)
    lines += [f"{', '.join(file.other_names)}: the same file as {file.name}" for file in read.files if file.other_names]
    for file in read.files:
        lines += [file.trouble] if file.trouble else []
        account = file.account
        if account.skipped:
            places = f"{account.gaps} place{'' if account.gaps == 1 else 's'}"
            lines.append(f"{file.name}: skipped {account.skipped:,} of {account.size:,} bytes in {places}")
    if summary.skipped_bytes > summary.bytes / 2:
        guess = inferred(read.files[0].sample.splitlines())
        known = read.files[0].form.prefix if read.files[0].form is not None else None
        if guess is not None and guess != known:
            lines.append(f"most of it was skipped: the lines look as if --prefix '{guess}' had written them")
    unsure = sum(file.account.unsure for file in read.files)
    if unsure:
        lines.append(
            f"the log names neither process nor session (%p, %c): {unsure:,} times, plans and temporary files on lines"
            " of their own may be given to statements of other sessions"
        )
    lines += [textless] if (textless := _textless(summary.entries_by_kind)) else []
    errors, failed = summary.entries_by_kind.get(Kind.ERROR, 0), len(read.captured.workload.failed)
    if errors:
        lines.append(f"errors: {errors:,}; statements that only failed or were cancelled: {failed}")
    return lines


def _twice(files: Sequence[ReadFile]) -> Iterator[str]:
    """A remark on files that are probably one log in several formats, or copies."""
    by_stem: dict[str, list[ReadFile]] = defaultdict(list)
    for file in files:
        by_stem[stem(Path(file.name))].append(file)
    for same in by_stem.values():
        if len({file.form.kind for file in same if file.form is not None}) > 1:
            names = ", ".join(file.name for file in same)
            yield f"{names}: if they are one log in several formats, its statements count several times; name one"
    by_content: dict[tuple[int, bytes], list[str]] = defaultdict(list)
    for file in files:
        by_content[file.account.size, file.sample].append(file.name)
    for (size, _), same_names in by_content.items():
        if size and len(same_names) > 1:
            yield f"{', '.join(same_names)}: they look like one file, whose statements count several times; name one"
