"""A clock that stands still. `created_at > now() - interval '7 days'` is estimated anew each day, against statistics
that stay as they were when the snapshot was taken: the same statement on the same snapshot would cost something else
every day. In a shadow the time is therefore what a session says it is.

The standard's CURRENT_DATE and its kind are no functions that could be replaced, nor are `'today'::date` and its kind,
so they give way to functions in the statement's text. All are as cheap, as stable and as safe as those whose place they
take, and a column that is named after one keeps its name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dbopt.postgres.identifiers import literal, quoted
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Session
from dbopt.shadow import dump
from dbopt.workload.lexer import Kind, Token, tokens
from dbopt.workload.literal import string_value

# The standard's words and their types.
_PRESENT = {
    "current_date": "date",
    "current_time": "timetz",
    "current_timestamp": "timestamptz",
    "localtime": "time",
    "localtimestamp": "timestamp",
}
_SPECIAL = frozenset({"now", "today", "yesterday", "tomorrow"})
_ASKING = re.compile(rf"\b(?:{'|'.join(_PRESENT)})\b|['$]\s*(?:{'|'.join(_SPECIAL)})\s*['$]", re.IGNORECASE)
_VIEWS = ("VIEW", "MATERIALIZED VIEW")
# Types as significant tokens with spaces between them.
_PRECISION = r"(?: \( \d+ \))?"
_TYPE = (
    rf"(?P<type>date|timestamptz{_PRECISION}|timestamp{_PRECISION}(?P<zone> with time zone)?(?: without time zone)?)"
)
_TYPE_BEFORE = re.compile(rf"(?<!\S){_TYPE} \Z")
_TYPE_BEHIND = re.compile(rf"(?:pg_catalog \. )?{_TYPE}(?!\S)")
_LONGEST_TYPE = 9  # tokens: pg_catalog.timestamp(3) with time zone


def install(session: Session) -> None:
    """Make the time replaceable. Before anything is restored, so that views are bound to it; needs a superuser."""
    session.script(render("shadow/clock.sql", words=_PRESENT))


def stop(session: Session, at: str) -> None:
    """Let the session's time stand still at this point."""
    session.rows("shadow/stop_clock", at=at)


def asked_of_shadow(sql: str) -> str:
    """The statement's text with functions for the standard's words for the present, and for 'now', 'today' and their
    kind where they are cast to a point in time.
    """
    if not _ASKING.search(sql):
        return sql
    found = [token for token in tokens(sql) if token.is_significant]
    parts: list[str] = []
    position = 0
    for place in range(len(found)):
        start, text = _word(found, place) or _special(found, place) or (0, None)
        if text is not None:
            parts += [sql[position : found[start].start], text]
            position = found[place].end
    return "".join([*parts, sql[position:]])


def with_asking_views(dump_text: str) -> str:
    """A dump, line for line, whose views ask the session what time it is, too."""
    if not _ASKING.search(dump_text):
        return dump_text
    asked = (
        asked_of_shadow(text) if entry is not None and entry.type in _VIEWS else text
        for entry, text in dump.pieces(dump_text)
    )
    return "".join(asked).removesuffix("\n")


def _word(found: Sequence[Token], place: int) -> tuple[int, str] | None:
    """Where a word for the present begins, and what takes its place; None for any other token and for a name. The
    precision of CURRENT_TIMESTAMP(3) is that of a cast.
    """
    token = found[place]
    type_name = _PRESENT.get(token.folded) if token.kind is Kind.WORD else None
    if type_name is None or (place and found[place - 1].folded in (".", "as")):
        return None
    stand_in = f"pg_catalog.{quoted(token.folded)}()"
    is_precise = place + 1 < len(found) and found[place + 1].text == "("
    return place, f"{stand_in}::{type_name}" if is_precise else stand_in


def _special(found: Sequence[Token], place: int) -> tuple[int, str] | None:
    """Where `'today'` begins that is cast, together with the type in front of it, and what takes its place; None for
    any other token.
    """
    token = found[place]
    value = (string_value(token.text) or "").strip().lower() if token.kind is Kind.STRING else ""
    if value not in _SPECIAL:
        return None
    before = _spelled(found[max(0, place - _LONGEST_TYPE) : place])
    if match := _TYPE_BEFORE.search(f"{before} "):
        start = place - len(match[0].split())
        return (
            None if start and found[start - 1].text == "." else (start, f"{_constant(match, value)}::{match['type']}")
        )
    behind = found[place + 1 : place + 2 + _LONGEST_TYPE]
    is_cast = behind[:1] and (behind[0].text == "::" or (behind[0].folded == "as" and before.endswith("cast (")))
    match = _TYPE_BEHIND.match(_spelled(behind[1:])) if is_cast else None
    return (place, _constant(match, value)) if match else None


def _spelled(found: Sequence[Token]) -> str:
    return " ".join(token.folded for token in found)


def _constant(match: re.Match[str], value: str) -> str:
    """The function that is the special value of the type."""
    base = "timestamptz" if match["zone"] else match["type"].split()[0]
    return f"pg_catalog.dbopt_{base}({literal(value)})"
