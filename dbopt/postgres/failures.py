"""psycopg's exceptions as dbopt's errors, each with a hint that says what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from dbopt.errors import (
    ConnectionFailed,
    FeatureMissing,
    LockNotAvailable,
    PrivilegeMissing,
    QueryFailed,
    ServerError,
    StatementTimeout,
)

_CONNECTION_HINTS = (
    (
        "password authentication failed",
        "check the user and password; ~/.pgpass or PGPASSFILE keeps it off the command line",
    ),
    ("no password supplied", "give a password through ~/.pgpass, PGPASSWORD or a service file"),
    ("Connection refused", "is the server running, and are host and port right? (-d, PGHOST, PGPORT)"),
    ("No such file or directory", "no server listens on that socket; name the host with -d or PGHOST"),
    ("could not translate host name", "check the host name (-d, PGHOST)"),
    ("definition of service", "check the service name and ~/.pg_service.conf (PGSERVICEFILE)"),
    ("no pg_hba.conf entry", "the server does not admit this user from here; ask for a pg_hba.conf entry"),
    ("timeout expired", "the server did not answer; check host, port and firewall"),
    ("role ", "that role does not exist; choose one with -d user=... or PGUSER"),
    ("database ", "choose a database with -d dbname=... or PGDATABASE"),
)

_QUERY_HINTS = {
    "42501": "connect as a role with that privilege, or have it granted; `dbopt doctor` lists what is missing",
    "55P03": "another session holds the lock; try again when it is done",
    "40P01": "another session and this one waited for each other; try again",
    "57014": "raise the limit with --timeout",
    "42P01": "is the table in this database and on the role's search_path?",
    "42601": "check the statement's syntax",
    "25006": "the statement writes; dbopt runs workload statements read-only",
}

_CLASSES: dict[str, type[ServerError]] = {
    "42501": PrivilegeMissing,
    "55P03": LockNotAvailable,
    "40P01": LockNotAvailable,
    "57014": StatementTimeout,
    "58P01": FeatureMissing,
    "0A000": FeatureMissing,
}


@contextmanager
def translated(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Raise dbopt's errors in place of psycopg's."""
    try:
        yield
    except psycopg.Error as error:
        raise as_error(error, is_open=not connection.closed) from error


def as_error(error: psycopg.Error, *, is_open: bool) -> ServerError:
    """The error that dbopt reports for one of psycopg's. What libpq itself refuses leaves the connection open."""
    if error.sqlstate is None and isinstance(error, psycopg.OperationalError) and not is_open:
        return ConnectionFailed(f"the connection was lost: {_one_line(error)}", hint="is the server still running?")
    sqlstate = error.sqlstate or ""
    kind = class_of(sqlstate)
    position = error.diag.statement_position
    return kind(
        _server_message(error),
        hint=_server_hint(error, sqlstate),
        sqlstate=error.sqlstate,
        position=None if position is None else int(position),
    )


def class_of(sqlstate: str) -> type[ServerError]:
    """The class of dbopt's error for a state that the server names."""
    return _CLASSES.get(sqlstate, QueryFailed)


def connection_failure(error: psycopg.Error) -> ConnectionFailed:
    """The error for a connection that was not made. A conninfo string never becomes part of it."""
    if isinstance(error, psycopg.ProgrammingError):
        return ConnectionFailed(
            "the connection string cannot be read", hint='write "host=... dbname=..." or postgresql://host/database'
        )
    message = _one_line(error)
    if "@" in message:  # a password with an unescaped @ ends up in what libpq takes for the host
        return ConnectionFailed("there is no such host", hint="write an @ in a password as %40")
    hint = next((hint for mark, hint in _CONNECTION_HINTS if mark in message), "check -d/--dsn and the PG* variables")
    return ConnectionFailed(message, hint=hint)


def _server_message(error: psycopg.Error) -> str:
    detail = error.diag.message_detail
    message = error.diag.message_primary or _one_line(error)
    return f"{message} ({detail})" if detail else message


def _server_hint(error: psycopg.Error, sqlstate: str) -> str | None:
    return error.diag.message_hint or _QUERY_HINTS.get(sqlstate)


def _one_line(error: psycopg.Error) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (
        lines[-1] if len(lines) > 1 and lines[0].endswith("errors:") else (lines[0] if lines else type(error).__name__)
    )
