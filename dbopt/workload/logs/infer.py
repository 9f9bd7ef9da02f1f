"""A log_line_prefix found out from the lines that it wrote. Pure.

Before a severity and its colon stands what the prefix wrote. Its parts that can only be one thing (times, sessions,
addresses, ...) are recognised by their form. Numbers are told apart by what they do from line to line, names by what
the log says of connections, by a word before them (`user=`), and last by the usual order. The prefix that comes out
must match the lines that it was made from.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dbopt.workload.logs import prefix as prefixes
from dbopt.workload.logs.languages import severities

_ZONE = r" (?:[A-Z][A-Za-z]{1,5}|[+-]\d{2,4}|<[+-]\d+>)"
_SECONDS = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
_BACKENDS = r"""client backend|autovacuum launcher|autovacuum worker|background worker|background writer|checkpointer|
postmaster|startup|walreceiver|walsender|walwriter|wal writer|wal receiver|wal sender|archiver|stats collector|logger|
not initialized|slotsync worker|standalone backend|logical replication launcher|logical replication worker|
logical replication apply worker|logical replication tablesync worker|parallel worker|io worker|walsummarizer"""
_TAGS = r"""SELECT|INSERT|UPDATE|DELETE|MERGE|BEGIN|COMMIT|ROLLBACK|PARSE|BIND|EXECUTE|FETCH|DECLARE CURSOR|SET|SHOW|
COPY|TRUNCATE TABLE|CREATE [A-Z ]+|ALTER [A-Z ]+|DROP [A-Z ]+|VACUUM|ANALYZE|EXPLAIN|DO|CALL|PREPARE|DEALLOCATE|
DISCARD ALL|DISCARD|idle in transaction \(aborted\)|idle in transaction|idle|authentication|startup|LOCK TABLE|
CHECKPOINT|SAVEPOINT"""
_APPLICATIONS = re.compile(
    r"psql|pgbench|pg_dump(?:all)?|pg_restore|PostgreSQL JDBC Driver|pgAdmin 4.*|DBeaver.*|Navicat|dbopt|PgBouncer|"
    r".*\.(?:py|rb)"
)
_HEX = "(?:[0-9a-fA-F]{1,4})"
_ATOM = re.compile(
    rf"""(?P<m>{_SECONDS}\.\d{{3}}{_ZONE}?(?=[^A-Za-z0-9]|$))|(?P<t>{_SECONDS}{_ZONE}?(?=[^A-Za-z0-9]|$))
|(?P<n>(?<![\w.])1\d{{9}}\.\d{{3}}(?![\w.]))|(?P<c>(?<![\w.])[0-9a-f]{{8}}\.[0-9a-f]+(?![\w.]))
|(?P<r>\[local\]|(?:\d+\.){{3}}\d+(?:\(\d+\))?|(?<![\w:])(?:::|{_HEX}:)(?:{_HEX}?:){{1,7}}[0-9a-fA-F.]+(?:\(\d+\))?)
|(?P<v>(?<![\w.])-?\d+/\d+(?![\w.]))|(?P<b>(?<![\w.])(?:{_BACKENDS})(?![\w]))|(?P<i>(?<![\w.=])(?:{_TAGS})(?![\w=]))
|(?P<word>\[unknown\]|[^\W\d][\w.$]*|(?:\d+[A-Za-z_][\w.$]*))|(?P<int>(?:(?<!\w)-)?\d+)|(?P<gap>[ ]{{2,}})
|(?P<other>.)""".replace("\n", ""),
    re.DOTALL,
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
_CONNECTED = re.compile(
    r"connection authorized: user=(?P<u>\S+)(?: database=(?P<d>\S+))?(?: application_name=(?P<a>.*?))?(?: SSL.*)?$"
)
_LEFT = re.compile(r"disconnection: session time: \S+ user=(?P<u>\S+) database=(?P<d>\S+)")
_MOST_PREFIX = 500
_MOST_FORMS = 16
_ENOUGH = 0.5
_MOST_PARTS = 40  # there are 20 escapes; words of the prefix's own are parts, too


@dataclass
class _Column:
    """One changing part of the prefix: its kind, a word that names it, and what stood there line by line."""

    kind: str
    key: str
    values: list[str]
    letter: str = ""


@dataclass
class _Known:
    """Names that the log itself tells."""

    names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def inferred(lines: Sequence[bytes]) -> str | None:
    """The log_line_prefix; None where no line has a severity, or nothing fits."""
    instances, known = _instances(lines)
    if not instances:  # a prefix may begin with a blank, as further lines of an entry do
        instances, known = _instances(line.removeprefix(b" ") for line in lines)
        found = _inferred(instances, known)
        return f" {found}" if found else None
    return _inferred(instances, known)


def _inferred(instances: list[str], known: _Known) -> str | None:
    if not instances:
        return None
    if not any(instance.strip() for instance in instances):
        return ""
    groups: dict[tuple[str, ...], list[list[tuple[str, str]]]] = defaultdict(list)
    for instance in instances:
        atoms = _atoms(instance)
        groups[tuple(kind if kind != "other" else text for kind, text in atoms)].append(atoms)
    ranked = sorted(groups.values(), key=lambda rows: (-len(rows) * len(rows[0]), len(rows[0])))
    named = (_named(rows, known) for rows in ranked[:_MOST_FORMS] if _is_plausible(rows[0]))
    candidates = dict.fromkeys(_with_q(text, instances) for text in named)
    if not candidates:
        return None
    best = max(candidates, key=lambda text: _merit(text, instances))
    return best if _share(best, instances) >= _ENOUGH else None


def _is_plausible(row: list[tuple[str, str]]) -> bool:
    """Whether somebody may have configured that: no control characters, and not much more than all there is to say."""
    changing = sum(kind not in ("other", "gap") for kind, _ in row)
    return changing <= _MOST_PARTS and not any(sign < " " and sign != "\t" for _, text in row for sign in text)


def _merit(text: str, instances: Sequence[str]) -> tuple[float, int, int]:
    """How well a prefix explains the lines; of several, the one that says nothing twice, and the shortest."""
    letters = re.findall(r"%-?\d*([a-zA-Z])", text)
    return round(_share(text, instances), 2), len(set(letters)) - len(letters), -len(text)


_SEVERITY = re.compile(
    rb"(?<![\w\x80-\xff])(?:"
    + b"|".join(re.escape(word) for word in sorted(severities(), key=len, reverse=True))
    + rb"):(?:  |$)"
)


def _instances(lines: Iterable[bytes]) -> tuple[list[str], _Known]:
    """What stands before the severities, and the names in messages about connections."""
    found: list[str] = []
    known = _Known()
    for line in lines:
        match = instance_of(line)
        if match is None:
            continue
        found.append(line[: match.start()].decode("utf-8", "replace"))
        message = line[match.end() :].decode("utf-8", "replace")
        told = _CONNECTED.match(message) or _LEFT.match(message)
        for letter, name in (told.groupdict() if told else {}).items():
            if name:
                known.names[letter].add(name)
    return found, known


def instance_of(line: bytes) -> re.Match[bytes] | None:
    """The severity of a line that may start an entry."""
    return None if line[:1] in (b"\t", b" ") else _SEVERITY.search(line, 0, _MOST_PREFIX)


def _atoms(instance: str) -> list[tuple[str, str]]:
    return [(match.lastgroup or "other", match[0]) for match in _ATOM.finditer(instance)]


# -- naming the columns -----------------------------------------------------------------------------------------------


def _named(rows: list[list[tuple[str, str]]], known: _Known) -> str:
    """The prefix that wrote these lines, which are alike in form."""
    columns: list[_Column | str] = []
    for place, (kind, text) in enumerate(rows[0]):
        values = [row[place][1] for row in rows]
        if kind == "other":
            columns.append(text.replace("%", "%%"))
        elif kind == "int" and set(values) == {"1"} and [one for one, _ in rows[0][:place]][-2:] == ["int", "other"]:
            columns.append(text)  # the 1 of [%l-1]
        elif kind == "word" and (_is_label(rows[0], place, values) or _is_severity(values)):
            columns.append(text)
        else:
            columns.append(_Column(kind, _key(rows[0], place), values))
    _name([one for one in columns if isinstance(one, _Column) and one.kind != "gap"], known)
    return "".join(_written(columns, place) for place in range(len(columns)))


def _written(columns: list[_Column | str], place: int) -> str:
    """One part of the prefix; blanks that fill a value up to a width become its padding."""
    part = columns[place]
    if isinstance(part, str):
        return part
    if part.kind == "gap":
        return part.values[0] if _is_between(columns, place) else " "
    before, after = (columns[other] if 0 <= other < len(columns) else "" for other in (place - 1, place + 1))
    for gap, sign in ((after, "-"), (before, "")):
        if isinstance(gap, _Column) and gap.kind == "gap":
            widths = {len(value) + len(blanks) for value, blanks in zip(part.values, gap.values, strict=True)}
            if len(widths) == 1 and part.letter in ("u", "d", "a", "h", "r", "b", "i", "p", "l"):
                return f"%{sign}{widths.pop() - 1}{part.letter}"
    return f"%{part.letter}"


def _is_between(columns: list[_Column | str], place: int) -> bool:
    """Whether blanks are the same in every line, and the parts beside them have no one width: what stands between them
    is empty.
    """
    gap, beside = columns[place], columns[max(0, place - 1) : place + 2 : 2]
    widths = [{len(value) for value in one.values} for one in beside if isinstance(one, _Column) and one.letter != "m"]
    return isinstance(gap, _Column) and len(set(gap.values)) == 1 and all(len(one) > 1 for one in widths)


def _is_label(row: list[tuple[str, str]], place: int, values: list[str]) -> bool:
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


def _key(row: list[tuple[str, str]], place: int) -> str:
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


def _name(columns: list[_Column], known: _Known) -> None:
    taken: set[str] = {one.kind for one in columns if one.kind in ("m", "n")}
    for column in columns:
        column.letter = _certain(column, taken)
        taken.add(column.letter)
    _name_numbers([one for one in columns if not one.letter and one.kind == "int"], columns, taken)
    _name_words([one for one in columns if not one.letter and one.kind in ("word", "i", "b")], known, taken)
    for column in columns:
        if not column.letter:
            column.letter = {"int": "x", "word": "a"}.get(column.kind, column.kind)


def _certain(column: _Column, taken: set[str]) -> str:
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


def _name_numbers(numbers: list[_Column], columns: list[_Column], taken: set[str]) -> None:
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


def _likeness_to_pid(column: _Column, others: list[_Column]) -> float:
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


def _name_words(words: list[_Column], known: _Known, taken: set[str]) -> None:
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


def _is_alone(letter: str, values: set[str], known: _Known) -> bool:
    """Whether no other kind of name explains the values as well."""
    return not any(values <= known.names[other] for other in "uda" if other != letter)


# -- does it fit ------------------------------------------------------------------------------------------------------


def _share(text: str, instances: Sequence[str]) -> float:
    """How many of the lines it matches as a whole."""
    found = re.compile(prefixes.parsed(text).pattern + rb"\Z")
    counts = Counter(instances)
    matched = sum(number for instance, number in counts.items() if found.match(instance.encode()))
    return matched / len(instances)


def _with_q(text: str, instances: Sequence[str]) -> str:
    """The prefix with %q where processes without a session stop: as far right as they allow, but not behind a name,
    which may be empty as well.
    """
    found = re.compile(prefixes.parsed(text).pattern + rb"\Z")
    others = [instance for instance in dict.fromkeys(instances) if not found.match(instance.encode())]
    best = (len(others), True, 0)
    for cut in range(1, len(text) if others else 0):
        if _is_inside(text, cut):
            continue
        start = re.compile(prefixes.parsed(text[:cut]).pattern + rb"\Z")
        left = sum(start.match(other.encode()) is None for other in others)
        is_behind_name = re.search(r"%-?\d*[udahrbi]\Z", text[:cut]) is not None
        best = min(best, (left, is_behind_name, -cut))
    return text if best[2] == 0 else f"{text[: -best[2]]}%q{text[-best[2] :]}"


def _is_inside(text: str, cut: int) -> bool:
    """Whether an escape would be cut in two."""
    return any(match.start() < cut < match.end() for match in re.finditer(r"%-?\d*.", text))
