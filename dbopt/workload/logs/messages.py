"""What a message says, in any language. Pure."""

from __future__ import annotations

import re
from functools import cache

from dbopt.workload.logs.languages import alternatives, messages, words

Meaning = tuple[str, int, bytes]
"""The kind, a time in microseconds or a size in bytes, and the text of a statement or plan."""


class Kind:
    """What an entry is; plain strings, for an enumeration's members are slow to look up by the million."""

    CALL = "execution"  # its time and text
    FETCH = "fetch"  # the rest of an execution that was cut into several by its client
    PREPARATION = "parse or bind"
    STATEMENT = "statement"  # a text without its time
    DURATION = "duration"  # a time without its text
    PLAN = "plan"
    TEMPORARY_FILE = "temporary file"
    WAITING = "lock wait"
    ACQUIRED = "lock acquired"
    CONNECTION = "connection"
    CHECKPOINT = "checkpoint"
    AUTOVACUUM = "autovacuum"
    ERROR = "error"
    OTHER = "other"


_DURATION = re.compile(
    rb"duration: (\d+)\.(\d{3}) ms"
    rb"(?:  (?:statement: |(execute fetch from|execute|parse|bind) [^\n]*?: |(plan):\n)(.*))?\Z",
    re.DOTALL,
)
_STATEMENT = re.compile(rb"(?:statement: |(execute fetch from|execute) (?!\d)[^\n]*?: )(.*)\Z", re.DOTALL)
_TEMPORARY = re.compile(rb'temporary file: path "[^\n]*", size (\d+)')
_LOCK = re.compile(rb"process \d+ (still waiting for|acquired) .*? after (\d+)\.(\d{3}) ms", re.DOTALL)
_KNOWN = (
    (re.compile(rb"(?:connection (?:received|auth|ready)|disconnection|replication connection auth)"), Kind.CONNECTION),
    (re.compile(rb"(?:checkpoint|restartpoint) "), Kind.CHECKPOINT),
    (re.compile(rb"automatic (?:aggressive )?(?:vacuum|analyze) "), Kind.AUTOVACUUM),
)
_KINDS = {None: Kind.CALL, b"execute": Kind.CALL, b"execute fetch from": Kind.FETCH}
# behind a time, a single word that no catalog knows can only be that for `statement`: the others have a name with them
_ONE_WORD = re.compile(rb"[^\s:]+ ?: (?P<text>.*)\Z", re.DOTALL)
_NUMBERS = re.compile(rb"\d+")


def meaning(message: bytes) -> Meaning:
    """What the message of severity LOG says."""
    if message.startswith(b"duration: "):
        match = _DURATION.match(message)
        if match is not None:
            return _of_duration(match)
    match = _STATEMENT.match(message)
    if match is not None:
        return Kind.FETCH if match[1] == b"execute fetch from" else Kind.STATEMENT, 0, match[2]
    return _of_event(message) or _translated(message) or _known(message)


def _of_duration(match: re.Match[bytes]) -> Meaning:
    whole, thousandths, verb, plan, text = match.groups()
    time_us = int(whole + thousandths)
    if text is None:
        return Kind.DURATION, time_us, b""
    return Kind.PLAN if plan else _KINDS.get(verb, Kind.PREPARATION), time_us, text


def _of_event(message: bytes) -> Meaning | None:
    if match := _TEMPORARY.match(message):
        return Kind.TEMPORARY_FILE, int(match[1]), b""
    if match := _LOCK.match(message):
        kind = Kind.ACQUIRED if match[1] == b"acquired" else Kind.WAITING
        return kind, int(match[2] + match[3]), b""
    return None


def _known(message: bytes) -> Meaning:
    for pattern, kind in _KNOWN:
        if pattern.match(message) or message.startswith(words(kind)):
            return kind, 0, b""
    return Kind.OTHER, 0, b""


# -- other languages --------------------------------------------------------------------------------------------------


@cache
def _translated_duration() -> re.Pattern[bytes]:
    """The words for milliseconds and the comma behind them differ; the number is written alike everywhere."""
    return re.compile(
        rb"(?:%s)[ :]*(\d+)\.(\d{3}) ?(?:%s)(?:[, ]+(?P<rest>.*))?\Z"
        % (alternatives("duration"), alternatives("milliseconds")),
        re.DOTALL,
    )


@cache
def _translated_text() -> re.Pattern[bytes]:
    """The label of a text: `statement:`, or a verb with the name of a prepared statement, before or behind it."""
    verbs = b"|".join(
        rb"(?P<%s>%s)" % (name.encode(), alternatives(name)) for name in ("fetch", "execute", "parse", "bind")
    )
    name = rb"[^\n:]*?"
    return re.compile(
        rb"(?:(?:%s)|%s(?:%s)%s ?:) ?(?P<text>.*)\Z" % (alternatives("statement"), name, verbs, name), re.DOTALL
    )


def _translated(message: bytes) -> Meaning | None:
    if match := _translated_duration().match(message):
        time_us = int(match[1] + match[2])
        if match["rest"] is None:
            return Kind.DURATION, time_us, b""
        if labelled := _translated_text().match(match["rest"]):
            return _kind(labelled, Kind.CALL), time_us, labelled["text"]
        unknown = _ONE_WORD.match(match["rest"])
        return (Kind.CALL, time_us, unknown["text"]) if unknown else None
    if labelled := _translated_text().match(message):
        kind = _kind(labelled, Kind.STATEMENT)
        return None if kind is Kind.PREPARATION else (kind, 0, labelled["text"])
    return _translated_event(message)


def _kind(labelled: re.Match[bytes], otherwise: str) -> str:
    if labelled["fetch"]:
        return Kind.FETCH
    return Kind.PREPARATION if labelled["parse"] or labelled["bind"] else otherwise


def _translated_event(message: bytes) -> Meaning | None:
    if messages("temporary file").match(message):
        return Kind.TEMPORARY_FILE, int(_NUMBERS.findall(message)[-1]), b""
    for name, kind in (("still waiting", Kind.WAITING), ("acquired", Kind.ACQUIRED)):
        if messages(name).match(message):
            milliseconds = re.findall(rb"(\d+)[.,](\d{3})", message)[-1]
            return kind, int(b"".join(milliseconds)), b""
    return None


# -- errors -----------------------------------------------------------------------------------------------------------


def is_cancelled(message: bytes, sqlstate: bytes) -> bool:
    """Whether a statement was ended from outside: by its user, a timeout, an administrator or a recovery conflict."""
    if sqlstate == b"57014":
        return True
    if message.startswith((b"canceling statement due to", b"terminating connection due to")):
        return True
    return message.startswith(words("cancelled"))


def is_end_of_worker(message: bytes) -> bool:
    """Whether a parallel worker ended because the one that it worked for did, which says why."""
    return messages("worker ended").match(message) is not None


def is_of_worker(context: bytes) -> bool:
    """Whether an error was raised in a parallel worker, which has told of it itself."""
    return bool(context) and not set(words("parallel worker")).isdisjoint(context.split(b"\n"))


def is_deadlock(message: bytes, sqlstate: bytes) -> bool:
    return sqlstate == b"40P01" or message.startswith((b"deadlock detected", *words("deadlock")))


@cache
def parameters_label() -> re.Pattern[bytes]:
    """What stands in a DETAIL before the values of `$1`, `$2`, ..."""
    return re.compile(rb"(?:%s) ?(?=\$1 = )" % alternatives("parameters"))


@cache
def prepare_label() -> re.Pattern[bytes]:
    """What stands in a DETAIL before the PREPARE of a statement that EXECUTE ran."""
    return re.compile(rb"(?:%s) ?" % alternatives("prepare"))
