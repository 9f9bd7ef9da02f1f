"""What an application does to a server whose log becomes a sample: several users, databases and protocols, and most of
what a log can hold.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import psycopg
from psycopg import ClientCursor

from tests.servers import Server
from tests.workload.logs.server import SILENT

SHOP, CRM = "shop", "crm-eu"
USERS = ("alice", "app_rw", "report-ro")
SCHEMA = """
CREATE TABLE orders (id int PRIMARY KEY, customer text, total numeric(10,2), ordered date, note text);
INSERT INTO orders
SELECT n, 'customer ' || n % 50, n % 900, date '2024-01-01' + n % 300, repeat('x', 40)
FROM generate_series(1, 2000) AS n;
CREATE FUNCTION refuse(n int) RETURNS int LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'no % today', n USING DETAIL = E'one\\ntwo', HINT = 'come back tomorrow';
END
$body$;
GRANT ALL ON orders TO PUBLIC;
GRANT SET ON PARAMETER auto_explain.log_min_duration, auto_explain.log_format TO PUBLIC;
ANALYZE;
"""
SETTINGS = {
    "log_min_duration_statement": "0",
    "log_parameter_max_length": "-1",
    "log_parameter_max_length_on_error": "-1",
    "log_temp_files": "0",
    "log_lock_waits": "on",
    "deadlock_timeout": "10ms",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_checkpoints": "on",
    "log_statement": "none",
    "log_duration": "off",
    "log_error_verbosity": "default",
}


def prepare(server: Server) -> None:
    """The users and databases. The server must accept them without a password."""
    with psycopg.connect(f"{server.dsn()} {SILENT}", autocommit=True) as session:
        for user in USERS:
            session.execute(f'CREATE ROLE "{user}" LOGIN')
        for database in (SHOP, CRM):
            session.execute(f'CREATE DATABASE "{database}"')
    for database in (SHOP, CRM):
        with psycopg.connect(f"{server.dsn(database)} {SILENT}", autocommit=True) as session:
            session.execute(SCHEMA)


@contextlib.contextmanager
def session(server: Server, user: str, database: str, application: str, host: str = "") -> Iterator[psycopg.Connection]:
    """A session of one of the users; through the socket, or over TCP where a host is given."""
    with psycopg.connect(
        server.dsn(database), user=user, application_name=application, autocommit=True, host=host or None
    ) as opened:
        yield opened


def visit(server: Server) -> None:
    """Some eighty entries: simple and extended protocol, errors, a cancelled statement, a lock wait, a plan."""
    with (
        session(server, "alice", SHOP, "psql") as alice,
        session(server, "app_rw", SHOP, "checkout-service", "127.0.0.1") as app,
        session(server, "report-ro", CRM, "DBeaver 23.1.0 - SQLEditor <Script-1.sql>", "::1") as report,
    ):
        _simple(alice)
        _extended(app)
        _reports(report)
        _failures(alice, app)
        _lock_wait(alice, app)
    with contextlib.suppress(psycopg.OperationalError), session(server, "alice", "nowhere", "psql"):
        raise AssertionError("there is such a database")


def long_statement(server: Server) -> None:
    """One of more than a syslog message holds: PostgreSQL divides it."""
    columns = ", ".join(f"id AS column_number_{number}" for number in range(100))
    with session(server, "alice", SHOP, "psql") as alice:
        alice.execute(f"SELECT {columns} FROM orders LIMIT 1".encode())


def _simple(alice: psycopg.Connection) -> None:
    alice.execute("SELECT count(*) FROM orders WHERE customer = 'customer 7'")
    alice.execute(
        "SELECT id,\n       total\nFROM orders\n\nWHERE total > 100\n\tAND note LIKE '%LOG:  duration: 1 ms%'"
    )
    with ClientCursor(alice) as cursor:
        cursor.execute("SELECT * FROM orders WHERE customer = %s AND id < %s", ("O'Hara", 10))
    alice.execute("BEGIN")
    alice.execute("UPDATE orders SET note = 'seen — größer' WHERE id = 3")
    alice.execute("COMMIT")
    alice.execute("SELECT 'a \\ b', E'tab\\t', $$dollar 'quoted'$$ FROM orders LIMIT 1 -- a comment")


def _extended(app: psycopg.Connection) -> None:
    for number in range(4):
        app.execute("SELECT * FROM orders WHERE id = %s", (number,), prepare=True)
    app.execute("INSERT INTO orders VALUES (%s, %s, %s, %s, %s)", (9000, "O'Hara\nSons", 12.5, "2024-05-01", None))
    app.execute("SELECT sum(total)\nFROM orders\nWHERE customer = ANY(%s)", (["customer 1", "customer 2"],))
    app.execute("DELETE FROM orders WHERE id = %s", (9000,))


def _reports(report: psycopg.Connection) -> None:
    report.execute("SELECT customer, sum(total) FROM orders GROUP BY customer ORDER BY 2 DESC LIMIT 5")
    report.execute("SET work_mem = '64kB'")
    report.execute("SELECT count(*) FROM (SELECT * FROM orders a, generate_series(1, 3) ORDER BY a.note, 2, 1) AS big")
    for form in ("text", "json"):
        report.execute(f"SET auto_explain.log_format = {form}")
        report.execute("SET auto_explain.log_min_duration = 0")
        report.execute("SELECT id FROM orders WHERE note = 'a plan'\n  AND id < %s", (70,))
        report.execute("RESET auto_explain.log_min_duration")


def _failures(alice: psycopg.Connection, app: psycopg.Connection) -> None:
    for text in (
        "SELECT nothing FROM orders",
        "INSERT INTO orders VALUES (3, 'twice')",
        "SELEC 1",
        "SELECT refuse(7)",
        "COMMIT AND CHAIN",
    ):
        with contextlib.suppress(psycopg.Error):
            alice.execute(text)
    with contextlib.suppress(psycopg.Error):
        app.execute("SELECT 10 / %s::int FROM orders", (0,))
    app.execute("SET statement_timeout = '5ms'")
    with contextlib.suppress(psycopg.errors.QueryCanceled):
        app.execute("SELECT pg_sleep(%s)", (1,))
    app.execute("RESET statement_timeout")
    with contextlib.suppress(psycopg.Error), alice.cursor().copy("COPY orders FROM STDIN") as copy:
        copy.write("1\tcustomer\tnot a number\n")


def _lock_wait(alice: psycopg.Connection, app: psycopg.Connection) -> None:
    alice.execute("BEGIN")
    alice.execute("LOCK TABLE orders")
    waiting = threading.Thread(target=app.execute, args=("SELECT count(*) FROM orders WHERE id > %s", (1,)))
    waiting.start()
    waiting.join(0.05)
    alice.execute("COMMIT")
    waiting.join()
