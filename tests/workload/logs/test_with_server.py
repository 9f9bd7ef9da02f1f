"""dbopt capture logs where a server is named, too."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dbopt.postgres.identifiers import SQL
from dbopt.postgres.session import Session
from dbopt.workload.fingerprint import fingerprint
from tests.servers import Database

Dbopt = Callable[..., tuple[int, str, str]]
BY_STATUS = "SELECT count(*) FROM orders WHERE status = $1"
TYPELESS = "SELECT $1 + $2 FROM orders"


@pytest.fixture
def log(tmp_path: Path) -> Callable[..., Path]:
    """A log of these executions: database, text, parameters."""

    def write(*executions: tuple[str, str, str]) -> Path:
        lines = []
        for number, (database, sql, values) in enumerate(executions):
            start = f"2026-01-01 00:00:0{number}.000 UTC [7] u@{database} "
            lines.append(f"{start}LOG:  duration: 1.00{number} ms  execute <unnamed>: {sql}\n")
            lines += [f"{start}DETAIL:  Parameters: {values}\n"] if values else []
        file = tmp_path / "pg.log"
        file.write_text("".join(lines))
        return file

    return write


def play(shop: Database) -> None:
    shop.session.fetch_workload("SELECT pg_stat_statements_reset()")
    with psycopg.connect(shop.dsn, autocommit=True) as application:
        for status in ("open", "done", "done"):
            application.execute(f"/* from {status} */ {BY_STATUS.replace('$1', '%s')}".encode(), (status,))
        application.execute("SELECT max(total) FROM orders")


def captured(dbopt: Dbopt, *arguments: object) -> tuple[dict[str, Any], str]:
    code, out, err = dbopt("capture", "logs", *arguments, "--format", "json")
    assert code == 0, err
    return json.loads(out), err


def test_numbers_from_pg_stat_statements_and_values_from_the_log(
    shop: Database, dbopt: Dbopt, log: Callable[..., Path]
) -> None:
    play(shop)
    file = log((shop.name, BY_STATUS, "$1 = 'open'"), (shop.name, BY_STATUS, "$1 = 'shipped'"))
    found, err = captured(dbopt, file, "-d", shop.dsn)
    assert (found["source"]["kind"], found["source"]["merged_from"]) == ("merged", ["pg_stat_statements", "logs"])
    [one] = [one for one in found["statements"] if "status" in one["sql"]]
    assert (one["calls"], one["numbers_from"], one["log"]["max_ms"]) == (3, "pg_stat_statements", 1.001)
    assert (one["parameters"], one["parameters_from"]) == ([["open"], ["shipped"]], "captured")
    assert any("max(total)" in one["sql"] for one in found["statements"])
    assert found["log"]["executions"] == 2
    assert "merged: 1 statements are in pg_stat_statements and in the logs" in err


def test_limits_are_those_of_the_whole(shop: Database, dbopt: Dbopt, log: Callable[..., Path]) -> None:
    play(shop)
    file = log((shop.name, BY_STATUS, "$1 = 'open'"))
    found, _ = captured(dbopt, file, "-d", shop.dsn, "--min-calls", "3", "--parameters", "0")
    [one] = [one for one in found["statements"] if one["tables"] == ["orders"]]
    assert (one["calls"], one["parameters"]) == (3, [])
    assert len(captured(dbopt, file, "-d", shop.dsn, "--top", "1")[0]["statements"]) == 1


def test_types_and_values_that_the_log_does_not_have(shop: Database, dbopt: Dbopt, log: Callable[..., Path]) -> None:
    file = log((shop.name, TYPELESS, "$1 = '3', $2 = '-4'"), (shop.name, BY_STATUS, "$1 = 'only the begin...'"))
    found, _ = captured(dbopt, file, "-d", shop.dsn)
    by_sql = {one["sql"]: one for one in found["statements"]}
    assert by_sql["SELECT $1::integer + $2 FROM orders"]["parameters"] == [["3", "-4"]]
    assert by_sql[BY_STATUS]["parameters"][0] == ["done"]
    assert by_sql[BY_STATUS]["parameters_from"] == "statistics"
    assert by_sql[BY_STATUS]["log"]["truncated_parameters"] == 1


def test_redacted_there_are_no_values_of_the_server_either(
    shop: Database, dbopt: Dbopt, log: Callable[..., Path]
) -> None:
    play(shop)
    by_quarter = "SELECT date_trunc('quarter', placed_at) FROM orders GROUP BY date_trunc('quarter', placed_at)"
    shop.session.fetch_workload(by_quarter)
    file = log((shop.name, BY_STATUS, "$1 = 'open'"), (shop.name, by_quarter, ""))
    assert "quarter" in json.dumps(captured(dbopt, file, "-d", shop.dsn)[0])
    found, _ = captured(dbopt, file, "-d", shop.dsn, "--redact")
    assert "quarter" not in json.dumps(found)
    assert any("date_trunc" in one["sql"] and one["log"] for one in found["statements"])
    [one] = [one for one in found["statements"] if "status" in one["sql"]]
    assert (one["sql"], one["parameters"], one["calls"]) == (BY_STATUS, [], 3)
    assert "from open" not in json.dumps(found)


def test_without_pg_stat_statements_it_is_said(database: Database, dbopt: Dbopt, log: Callable[..., Path]) -> None:
    found, err = captured(dbopt, log((database.name, "SELECT b FROM t WHERE a = $1", "$1 = '5'")), "-d", database.dsn)
    assert (found["source"]["kind"], found["statements"][0]["parameters"]) == ("logs", [["5"]])
    assert "calls and times are those of the logs alone" in err


def test_other_databases_are_told(shop: Database, dbopt: Dbopt, log: Callable[..., Path]) -> None:
    file = log((shop.name, BY_STATUS, "$1 = 'open'"), ("billing", BY_STATUS, "$1 = 'x'"))
    assert f"statements of billing too: --database {shop.name} leaves" in captured(dbopt, file, "-d", shop.dsn)[1]
    assert "billing" not in captured(dbopt, file, "-d", shop.dsn, "--database", shop.name)[1]


def test_a_server_that_cannot_be_reached_is_an_error_before_anything_is_read(
    dbopt: Dbopt, log: Callable[..., Path], tmp_path: Path
) -> None:
    file = log(("d", BY_STATUS, "$1 = 'open'"))
    code, out, err = dbopt("capture", "logs", file, "-d", f"host={tmp_path}")
    assert (code, out) == (3, "")
    assert "read 1 file" not in err


def test_what_was_followed_outlives_the_server(shop: Database, dbopt: Dbopt, log: Callable[..., Path]) -> None:
    file = log((shop.name, BY_STATUS, "$1 = 'open'"))
    door = threading.Thread(target=shut_after_a_session, args=(shop,))
    door.start()
    try:
        found, err = captured(dbopt, file, "-d", shop.dsn, "--follow", "--for", "5s")
    finally:
        door.join()
        allow_connections(shop, allowed=True)
    assert "numbers and values are those of the logs alone: " in err
    assert [(one["calls"], one["parameters"]) for one in found["statements"]] == [(1, [["open"]])]


def shut_after_a_session(database: Database) -> None:
    """Let one session come and go, or time pass, and no other one in."""
    with database.server.connect() as session:
        before = sessions(session, database)
        for _ in range(30):
            if sessions(session, database) > before:
                break
            time.sleep(0.1)
    allow_connections(database, allowed=False)


def sessions(session: Session, database: Database) -> int:
    query = SQL("SELECT sessions FROM pg_stat_database WHERE datname = %(name)s")
    return int(session.fetch(query, {"name": database.name})[0]["sessions"])


def allow_connections(database: Database, *, allowed: bool) -> None:
    with database.server.connect() as session:
        session.script(f"ALTER DATABASE {database.name} WITH ALLOW_CONNECTIONS {allowed}")


def test_a_statement_with_more_literals_than_can_be_bound_is_planned_as_it_stands(
    shop: Database, dbopt: Dbopt, log: Callable[..., Path], tmp_path: Path
) -> None:
    long = f"SELECT count(*) FROM orders WHERE id IN ({', '.join(map(str, range(70_000)))})"
    file, workload = log((shop.name, long, ""), (shop.name, BY_STATUS, "$1 = 'open'")), tmp_path / "workload.json"
    code, _, err = dbopt("capture", "logs", file, "-d", shop.dsn, "-o", workload)
    assert code == 0, err
    assert {one["sql"] for one in json.loads(workload.read_text())["statements"]} >= {long, BY_STATUS}
    for command in ("explain", "measure"):
        code, out, err = dbopt(command, workload, "-d", shop.dsn, "--format", "json")
        assert code == 0, err
        assert [one["error"] for one in json.loads(out)["statements"] if one["sql"] in (long, BY_STATUS)] == [None] * 2


def test_of_a_very_long_text_only_the_beginning_is_kept_and_that_is_said(
    shop: Database, dbopt: Dbopt, log: Callable[..., Path], tmp_path: Path
) -> None:
    long = f"SELECT count(*) FROM orders WHERE status IN ('open', '{'x' * 900_000}', '{'y' * 900_000}') AND id > 5"
    file, workload = log((shop.name, long, ""), (shop.name, BY_STATUS, "$1 = 'open'")), tmp_path / "workload.json"
    code, _, err = dbopt("capture", "logs", file, "-o", workload)
    assert code == 0, err
    assert "without a plan: 1 x text longer than 1,000,000 bytes" in err
    [cut] = [one for one in json.loads(workload.read_text())["statements"] if one.get("truncated")]
    assert cut["id"] == fingerprint(long)
    code, out, err = dbopt("explain", workload, "-d", shop.dsn, "--format", "json")
    assert code == 0, err
    errors = {one["id"]: one["error"] for one in json.loads(out)["statements"]}
    assert errors == {cut["id"]: "only the beginning of its text is known", fingerprint(BY_STATUS): None}
