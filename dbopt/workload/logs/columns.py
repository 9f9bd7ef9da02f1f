"""Which escapes wrote the changing parts of a prefix: told by form, by a word before them, by what they do from line to
line, and by what the log says of connections. Pure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from dbopt.workload.logs.languages import severities

Row = list[tuple[str, str]]
"""The parts of one line's prefix: the kind and the text of each."""

_APPLICATIONS = re.compile(
    r"psql|pgbench|pg_dump(?:all)?|pg_restore|PostgreSQL JDBC Driver|pgAdmin 4.*|DBeaver.*|Navicat|dbopt|PgBouncer|"
    r".*\.(?:py|rb)"
)
_KEYS = {
    "u": "u user usr username uname role", "d": "d db database datname dbname",
    "a": "a app application appname application_name program", "p": "p pid process procpid proc",
    "h": "h host client ip client_ip remote_host", "r": "r remote connection_source client_addr addr from source",
    "l": "l line log_line session_line num line_num seq", "x": "x xid txid tid tx transaction", "v": "v vxid vtid vtx",
    "c": "c session sess session_id sid", "e": "e state sqlstate code sql_error_code error err errcode",
    "b": "b type backend backend_type btype", "i": "i tag cmd command ps command_tag",
    "Q": "q qid query_id queryid query",
    "s": "s start started session_start proc_start_time start_time", "P": "leader leader_pid",
    "t": "t time ts timestamp time_ms log_time",
}  # fmt: skip
_LETTER_OF = {word: letter for letter, words in _KEYS.items() for word in words.split()}


@dataclass
class Column:
    """One changing part of the prefix: its kind, a word that names it, and what stood there line by line."""

    kind: str
    key: str
    values: list[str]
    letter: str = ""


@dataclass
class Known:
    """Names that the log itself tells."""

    names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def named(rows: list[Row], known: Known) -> str:
    """The prefix that wrote these lines, which are alike in form."""
    columns: list[Column | str] = []
    for place, (kind, text) in enumerate(rows[0]):
        values = [row[place][1] for row in rows]
        if kind == "other":
            columns.append(text.replace("%", "%%"))
        elif kind == "int" and set(values) == {"1"} and [one for one, _ in rows[0][:place]][-2:] == ["int", "other"]:
            columns.append(text)  # the 1 of [%l-1]
        elif kind == "word" and (_is_label(rows[0], place, values) or _is_severity(values)):
            columns.append(text)
        else:
            columns.append(Column(kind, _key(rows[0], place), values))
    _name([one for one in columns if isinstance(one, Column) and one.kind != "gap"], known)
    return "".join(_written(columns, place) for place in range(len(columns)))


def _written(columns: list[Column | str], place: int) -> str:
    """One part of the prefix; blanks that fill a value up to a width become its padding."""
    part = columns[place]
    if isinstance(part, str):
        return part
    if part.kind == "gap":
        return part.values[0] if _is_between(columns, place) else " "
    before, after = (columns[other] if 0 <= other < len(columns) else "" for other in (place - 1, place + 1))
    for gap, sign in ((after, "-"), (before, "")):
        if isinstance(gap, Column) and gap.kind == "gap":
            widths = {len(value) + len(blanks) for value, blanks in zip(part.values, gap.values, strict=True)}
            if len(widths) == 1 and part.letter in ("u", "d", "a", "h", "r", "b", "i", "p", "l"):
                return f"%{sign}{widths.pop() - 1}{part.letter}"
    return f"%{part.letter}"


def _is_between(columns: list[Column | str], place: int) -> bool:
    """Whether blanks are the same in every line, and the parts beside them have no one width: what stands between them
    is empty.
    """
    gap, beside = columns[place], columns[max(0, place - 1) : place + 2 : 2]
    widths = [{len(value) for value in one.values} for one in beside if isinstance(one, Column) and one.letter != "m"]
    return isinstance(gap, Column) and len(set(gap.values)) == 1 and all(len(one) > 1 for one in widths)


def _is_label(row: Row, place: int, values: list[str]) -> bool:
    """Whether a word is the prefix's own: it never changes, and a sign of what follows stands behind it."""
    if len(set(values)) != 1:
        return False
    following = [text for _, text in row[place + 1 : place + 3]]
    if following[:1] == ["="] or following[:2] in ([" ", "="], ['"', ":"]):
        return True
    return values[0].lower() in _LETTER_OF and following[:1] == [":"]


def _is_severity(values: list[str]) -> bool:
    """Whether a word is always the same severity: no name, and not the line's own, which changes."""
    return len(set(values)) == 1 and values[0].encode() in severities()


def _key(row: Row, place: int) -> str:
    """The letter that the word before this part stands for, as in `user=` or `pid: `."""
    before = [text for _, text in row[max(0, place - 6) : place]]
    while before and before[-1] in (" ", '"', "'", "[", "(", "<"):
        before.pop()
    if len(before) >= 2 and before[-1] in "=:":
        before.pop()
        while before and before[-1] == " ":
            before.pop()
        return _LETTER_OF.get(before[-1].lower(), "") if before else ""
    return ""


def _name(columns: list[Column], known: Known) -> None:
    taken: set[str] = {one.kind for one in columns if one.kind in ("m", "n")}
    for column in columns:
        column.letter = _certain(column, taken)
        taken.add(column.letter)
    _name_numbers([one for one in columns if not one.letter and one.kind == "int"], columns, taken)
    _name_words([one for one in columns if not one.letter and one.kind in ("word", "i", "b")], known, taken)
    for column in columns:
        if not column.letter:
            column.letter = {"int": "x", "word": "a"}.get(column.kind, column.kind)


def _certain(column: Column, taken: set[str]) -> str:
    """The letter where the form of a part, or the word before it, leaves no doubt."""
    match column.kind:
        case "m":
            return "m"
        case "t":
            return "s" if taken & {"m", "t", "n"} or column.key == "s" else "t"
        case "n" | "c" | "v":
            return column.kind
        case "r":
            with_port = any("(" in value for value in column.values)
            return "r" if with_port or column.key == "r" else "h"
        case "int" | "word":
            if _are_states(column.values) and column.key in ("", "e"):
                return "e"
            return column.key if column.key not in taken and column.key not in ("t", "s", "v", "c") else ""
        case "i" | "b":
            return column.key or column.kind
    return column.key


def _are_states(values: list[str]) -> bool:
    return "00000" in values and all(re.fullmatch(r"[0-9A-Z]{5}", value) for value in values)


def _name_numbers(numbers: list[Column], columns: list[Column], taken: set[str]) -> None:
    """pid, line number, transaction, query id: by the session they belong to and how they grow."""
    sessions = next((one.values for one in columns if one.letter == "c"), None)
    for column in numbers:
        if sessions and all(_pid_of(session) == value for session, value in zip(sessions, column.values, strict=True)):
            column.letter = "p"
        elif any(abs(int(value)) > 2**32 for value in column.values):
            column.letter = "Q"
    rest = [one for one in numbers if not one.letter] if sessions is None else []
    if "p" not in taken and not any(one.letter == "p" for one in numbers) and rest:
        chosen = max(rest, key=lambda one: (_likeness_to_pid(one, rest), -rest.index(one)))
        if any(value != "0" for value in chosen.values):
            chosen.letter = "p"
    pids = next((one.values for one in columns if one.letter == "p"), None) or sessions
    for column in [one for one in numbers if not one.letter]:
        column.letter = "l" if "l" not in taken and _counts(column.values, pids) else "x"
        taken.add(column.letter)


def _pid_of(session: str) -> str:
    return str(int(session.partition(".")[2], 16))


def _likeness_to_pid(column: Column, others: list[Column]) -> float:
    """A pid comes again, is not small, and beside it the line number counts."""
    if all(value == "0" for value in column.values):
        return -1
    counted = any(other is not column and _counts(other.values, column.values) for other in others)
    return 2 * counted + (min(int(value) for value in column.values) > 1) - 2 * _counts(column.values, None)


def _counts(values: list[str], within: list[str] | None) -> bool:
    """Whether a number grows by one from line to line of a process; one that wrote a single line shows nothing."""
    last: dict[str, int] = {}
    steps: list[int] = []
    for number, value in enumerate(values):
        key = within[number] if within else ""
        if key in last:
            steps.append(int(value) - last[key])
        last[key] = int(value)
    if not steps:
        return all(0 < int(value) < 100 for value in values)
    return all(step >= 0 for step in steps) and sum(0 < step <= 3 for step in steps) > 0.5 * len(steps)


def _name_words(words: list[Column], known: Known, taken: set[str]) -> None:
    """user, database, application, host, type of backend, command tag."""
    for column in words:
        for letter in ("u", "d", "a"):
            values = set(column.values) - {"[unknown]"}
            if letter not in taken and values and values <= known.names[letter] and _is_alone(letter, values, known):
                column.letter = letter
                taken.add(letter)
                break
    for column in [one for one in words if not one.letter]:
        if "a" not in taken and any(_APPLICATIONS.fullmatch(value) for value in column.values):
            column.letter = "a"
        else:
            column.letter = next((letter for letter in "udah" if letter not in taken), "a")
        taken.add(column.letter)


def _is_alone(letter: str, values: set[str], known: Known) -> bool:
    """Whether no other kind of name explains the values as well."""
    return not any(values <= known.names[other] for other in "uda" if other != letter)
