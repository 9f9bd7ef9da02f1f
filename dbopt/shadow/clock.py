"""A clock that stands still. `created_at > now() - interval '7 days'` is estimated anew each day, against statistics
that stay as they were when the snapshot was taken: the same statement on the same snapshot would cost something else
every day. In a shadow the time is therefore what a session says it is.

The standard's CURRENT_DATE and its kind are no functions that could be replaced, so they give way to functions in the
statement's text. All are as cheap, as stable and as safe as those whose place they take.
"""

from __future__ import annotations

from dbopt.postgres.scripts import render
from dbopt.postgres.session import Session
from dbopt.workload.lexer import Token, tokens

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
    found = list(tokens(sql))
    following = [*(token.text for token in found[1:]), ""]
    return "".join(_asked(token, after) for token, after in zip(found, following, strict=True))


def _asked(token: Token, after: str) -> str:
    """CURRENT_TIMESTAMP(3), which is rare, stays as it is."""
    return token.text if after == "(" else _STAND_INS.get(token.folded, token.text)
