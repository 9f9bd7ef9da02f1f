"""Scripts run in the real psql, and what a database then looks like."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from typing import Any

from psycopg.sql import SQL

from dbopt.postgres.session import Session
from tests.servers import Database

Command = Callable[..., tuple[int, str, str]]

FAR_ZONES = ("America/New_York", "Asia/Kolkata")
"""An application's time zones, west and east of UTC."""


def psql(database: Database, script: str, zone: str = FAR_ZONES[0]) -> subprocess.CompletedProcess[str]:
    """Run a script as a person does, in a time zone that is not UTC, with no schema on the search_path."""
    line = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", database.dsn]
    environment = {**os.environ, "PGTZ": zone, "PGOPTIONS": "-c client_min_messages=warning -c search_path=pg_catalog"}
    return subprocess.run(line, input=script, env=environment, capture_output=True, text=True, check=False)


def run(database: Database, script: str, zone: str = FAR_ZONES[0]) -> None:
    """Run a script that must not fail."""
    done = psql(database, script, zone)
    assert done.returncode == 0, done.stderr


def script_of(dbopt: Command, database: Database, table: str, *options: str) -> str:
    """What --dry-run prints."""
    code, out, err = dbopt("partition", "create", table, *options, "--dry-run", "-d", database.dsn)
    assert code == 0, err
    return out


def undo_of(script: str) -> str:
    """The comments at the end of a script, as a script."""
    _, _, undo = script.partition("-- To take it back:\n")
    assert undo
    return "".join(re.sub(r"^-- ?", "", line) + "\n" for line in undo.splitlines())


def partitions(session: Session, table: str) -> list[str]:
    """The names of all partitions beneath a table."""
    query = SQL("SELECT relid::regclass::text AS name FROM pg_partition_tree({}::regclass) WHERE level > 0 ORDER BY 1")
    return [row["name"] for row in session.fetch(query.format(table))]


def home(session: Session, table: str, column: str, value: str) -> str:
    """The partition in which a row with a value, an expression of SQL, is put."""
    statement = f"INSERT INTO {table} ({column}) VALUES ({value}) RETURNING tableoid::regclass::text AS name"
    with session.transaction():
        return str(session.fetch(SQL(statement))[0]["name"])


def shape(session: Session) -> dict[str, list[dict[str, Any]]]:
    """What there is outside the system's schemas: relations, columns, constraints, indexes, comments."""
    own = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
    queries = {
        "relations": f"""
            SELECT n.nspname, c.relname, c.relkind, c.reloptions, c.relreplident,
                   ARRAY(SELECT acl::text FROM unnest(c.relacl) AS acl ORDER BY 1) AS acl,
                   pg_get_userbyid(c.relowner) AS owner, obj_description(c.oid, 'pg_class') AS comment
            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE {own} ORDER BY 1, 2""",
        "columns": f"""
            SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                   pg_get_expr(d.adbin, d.adrelid) AS expression, col_description(c.oid, a.attnum) AS comment
            FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE {own} AND a.attnum > 0 AND c.relkind IN ('r', 'p') ORDER BY 1, 2, a.attnum""",
        "constraints": f"""
            SELECT n.nspname, c.conname, pg_get_constraintdef(c.oid), obj_description(c.oid, 'pg_constraint') AS comment
            FROM pg_constraint AS c JOIN pg_namespace AS n ON n.oid = c.connamespace WHERE {own} ORDER BY 1, 2, 3""",
        "indexes": f"""
            SELECT i.schemaname, i.indexname, i.indexdef FROM pg_indexes AS i
            JOIN pg_namespace AS n ON n.nspname = i.schemaname WHERE {own} ORDER BY 1, 2""",
        "sequences": f"""
            SELECT s.schemaname, s.sequencename, s.last_value FROM pg_sequences AS s
            JOIN pg_namespace AS n ON n.nspname = s.schemaname WHERE {own} ORDER BY 1, 2""",
        "statistics": "SELECT stxname, pg_get_statisticsobjdef(oid) FROM pg_statistic_ext ORDER BY 1",
    }
    return {name: session.fetch(SQL(query)) for name, query in queries.items()}
