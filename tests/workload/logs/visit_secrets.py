"""What makes a real server write secrets into its log, in every way that can be asked of it."""

from __future__ import annotations

import contextlib

import psycopg
from psycopg import ClientCursor

from tests.servers import Server
from tests.workload.logs import planted
from tests.workload.logs.visit import SHOP

SECRET, NUMBER = "zk7qx4wn2mvb9tdh", "7193846251736482"
SETTINGS = {
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_verbose": "on",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_settings": "on",
    "log_statement": "all",
    "log_min_messages": "notice",
}
_TABLES = """
CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE, password text, token text NOT NULL, data jsonb DEFAULT '{}');
CREATE TABLE cards (number numeric, id int DEFAULT 1);
CREATE INDEX ON users (token);
CREATE FUNCTION login(name text, password text DEFAULT '') RETURNS int LANGUAGE plpgsql AS $body$
BEGIN
    RAISE NOTICE 'login of %', name;
    UPDATE users SET password = login.password WHERE email = name;
    RETURN 1;
END
$body$;
CREATE FUNCTION broken(name text) RETURNS int LANGUAGE plpgsql AS $body$
BEGIN
    EXECUTE format('SELECT nothing FROM users WHERE email = %L', name);
    RETURN 1;
END
$body$;
CREATE FUNCTION refuse(name text) RETURNS int LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'no login for %', name USING DETAIL = name, HINT = 'not ' || name;
END
$body$;
"""
_WITH_VALUES = (
    "SELECT * FROM users WHERE email = %s AND token <> %s",
    "INSERT INTO users VALUES (3, %s, %s, 'x')",
    "SELECT %s::int",
    "SELECT 1 / length(left(%s, 0))",
    "SELECT login(%s)",
    "SELECT broken(%s)",
    "SELECT refuse(%s)",
    "SELECT * FROM users WHERE email = ANY(ARRAY[%s, 'b']) ORDER BY token || %s",
)


def visit(server: Server) -> None:
    """Every text of planted.py as it stands, with plans in two formats, then values in both protocols, and COPY."""
    with psycopg.connect(server.dsn(SHOP), autocommit=True, application_name="psql") as session:
        session.execute(_TABLES)
        for form in ("text", "json", "xml", "yaml"):
            session.execute(f"SET auto_explain.log_format = {form}")
            if form in ("text", "json"):
                _texts(session)
            for text in _WITH_VALUES:
                values = (SECRET,) * text.count("%s")
                with contextlib.suppress(psycopg.Error):
                    session.execute(text, values)
                with contextlib.suppress(psycopg.Error), ClientCursor(session) as cursor:
                    cursor.execute(text, values)
        for line in (
            f"1\t{SECRET}\n",
            f"1\t{SECRET}\tb\t\\N\t{{}}\n",
            f"{SECRET}\ta\tb\tc\t{{}}\n",
            f"4\ta\tb\tc\t{SECRET}\n",
        ):
            with contextlib.suppress(psycopg.Error), session.cursor().copy("COPY users FROM STDIN") as copy:
                copy.write(line)
    with contextlib.suppress(psycopg.OperationalError):
        psycopg.connect(server.dsn(SHOP), user=SECRET)


def _texts(session: psycopg.Connection) -> None:
    """Also where the server refuses them: then they are in the log as a statement that failed."""
    for texts, secret in (
        (planted.STATEMENTS, SECRET),
        (planted.INVALID, SECRET),
        (planted.TRUNCATED, SECRET),
        (planted.NUMBERS, NUMBER),
    ):
        for text in texts.values():
            with contextlib.suppress(psycopg.Error):
                session.execute(planted.filled(text, secret).encode())
