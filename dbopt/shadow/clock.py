"""A clock that stands still. `created_at > now() - interval '7 days'` is estimated anew each day, against statistics
that stay as they were when the snapshot was taken: the same statement on the same snapshot would cost something else
every day. In a shadow the time is therefore what a session says it is.

The standard's CURRENT_DATE and its kind are no functions that could be replaced, so they give way to functions in the
statement's text. All are as cheap, as stable and as safe as those whose place they take.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dbopt.postgres.scripts import render
from dbopt.postgres.session import Session
from dbopt.shadow import dump
from dbopt.workload.lexer import Kind, Token, tokens

_WORDS = re.compile(r"\b(?:current_date|current_timestamp|localtimestamp)\b", re.IGNORECASE)
_PRECISE = {"current_timestamp": "timestamptz", "localtimestamp": "timestamp"}
_VIEWS = ("VIEW", "MATERIALIZED VIEW")
_STAND_INS = {
    "current_date": "pg_catalog.dbopt_current_date()",
    "current_timestamp": "pg_catalog.now()",
    "localtimestamp": "pg_catalog.dbopt_localtimestamp()",
}


def install(session: Session) -> None:
    """Make the time replaceable. Before anything is restored, so that views are bound to it; needs a superuser."""
    session.script(render("shadow/clock.sql"))


def stop(session: Session, at: str) -> None:
    """Let the session's time stand still at this point."""
    session.rows("shadow/stop_clock", at=at)


def asked_of_shadow(sql: str) -> str:
    """The statement's text with functions for the standard's words for the present."""
    if not _WORDS.search(sql):
        return sql
    found = list(tokens(sql))
    return "".join(_asked(found, place) for place in range(len(found)))


def with_asking_views(dump_text: str) -> str:
    """A dump, line for line, whose views ask the session what time it is, too."""
    if not _WORDS.search(dump_text):
        return dump_text
    asked = (
        asked_of_shadow(text) if entry is not None and entry.type in _VIEWS else text
        for entry, text in dump.pieces(dump_text)
    )
    return "".join(asked).removesuffix("\n")


def _asked(found: Sequence[Token], place: int) -> str:
    """A token's place in the text. The precision of CURRENT_TIMESTAMP(3) is that of a cast."""
    token = found[place]
    stand_in = _STAND_INS.get(token.folded) if token.kind is Kind.WORD else None
    if stand_in is None:
        return token.text
    following = next((one for one in found[place + 1 :] if one.is_significant), None)
    is_precise = token.folded in _PRECISE and following is not None and following.text == "("
    return f"{stand_in}::{_PRECISE[token.folded]}" if is_precise else stand_in
