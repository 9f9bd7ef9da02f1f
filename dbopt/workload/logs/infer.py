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

from dbopt.workload.logs import prefix as prefixes
from dbopt.workload.logs.columns import Known, Row, named
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
_CONNECTED = re.compile(
    r"connection authorized: user=(?P<u>\S+)(?: database=(?P<d>\S+))?(?: application_name=(?P<a>.*?))?(?: SSL.*)?$"
)
_LEFT = re.compile(r"disconnection: session time: \S+ user=(?P<u>\S+) database=(?P<d>\S+)")
_MOST_PREFIX = 500
_MOST_FORMS = 16
_ENOUGH = 0.5
_MANY = 0.3
_TIMES = r"%-?\d*[mtns]"
_MOST_PARTS = 40  # there are 20 escapes; words of the prefix's own are parts, too


def inferred(lines: Sequence[bytes], *, has_blanks: bool | None = None) -> str | None:
    """The log_line_prefix; None where no line has a severity, or nothing fits. `has_blanks`: what starts with a blank
    goes on with an entry; not where the lines show the tabs that do.
    """
    if has_blanks is None:
        has_blanks = not any(line[:1] == b"\t" for line in lines)
    instances, known = _instances(lines, has_blanks=has_blanks)
    if not instances:  # a prefix may begin with a blank, too
        instances, known = _instances((line.removeprefix(b" ") for line in lines), has_blanks=True)
        found = _inferred(instances, known)
        return f" {found}" if found else None
    return _inferred(instances, known)


def _inferred(instances: list[str], known: Known) -> str | None:
    """Where many lines have a time, those without one are another program's."""
    timed = [instance for instance in instances if any(kind in ("m", "t", "n") for kind, _ in _atoms(instance))]
    found = _best(timed, known) if len(timed) > _MANY * len(instances) else None
    return found if found is not None and re.search(_TIMES, found) else _best(instances, known)


def _best(instances: list[str], known: Known) -> str | None:
    if not instances:
        return None
    if not any(instance.strip() for instance in instances):
        return ""
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for instance in instances:
        atoms = _atoms(instance)
        groups[tuple(kind if kind != "other" else text for kind, text in atoms)].append(atoms)
    ranked = sorted(groups.values(), key=lambda rows: (-len(rows) * len(rows[0]), len(rows[0])))
    written = (named(rows, known) for rows in ranked[:_MOST_FORMS] if _is_plausible(rows[0]))
    candidates = dict.fromkeys(_with_q(text, instances) for text in written)
    if not candidates:
        return None
    best = max(candidates, key=lambda text: _merit(text, instances))
    return best if _share(best, instances) >= _ENOUGH else None


def _is_plausible(row: Row) -> bool:
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


def _instances(lines: Iterable[bytes], *, has_blanks: bool) -> tuple[list[str], Known]:
    """What stands before the severities, and the names in messages about connections."""
    found: list[str] = []
    known = Known()
    for line in lines:
        match = instance_of(line, has_blanks=has_blanks)
        if match is None:
            continue
        found.append(line[: match.start()].decode("utf-8", "replace"))
        message = line[match.end() :].decode("utf-8", "replace")
        told = _CONNECTED.match(message) or _LEFT.match(message)
        for letter, name in (told.groupdict() if told else {}).items():
            if name:
                known.names[letter].add(name)
    return found, known


def instance_of(line: bytes, *, has_blanks: bool = False) -> re.Match[bytes] | None:
    """The severity of a line that may start an entry."""
    return None if line[:1] == b"\t" or (has_blanks and line[:1] == b" ") else _SEVERITY.search(line, 0, _MOST_PREFIX)


def _atoms(instance: str) -> Row:
    return [(match.lastgroup or "other", match[0]) for match in _ATOM.finditer(instance)]


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
