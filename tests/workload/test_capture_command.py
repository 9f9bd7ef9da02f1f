"""dbopt capture, as it is typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import psycopg

from tests.servers import Database

Dbopt = Callable[..., tuple[int, str, str]]


def test_statements_as_a_document_with_values(shop: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    with psycopg.connect(shop.dsn, autocommit=True) as application:
        application.execute("SELECT count(*) FROM orders WHERE status = 'open'")
        application.execute("SELECT 1")
    file = tmp_path / "w.json"
    code, _, err = dbopt("capture", "statements", "-d", shop.dsn, "--min-calls", "1", "-o", file)
    document = json.loads(file.read_text("utf-8"))
    assert (code, document["schema"], document["source"]["database"]) == (0, "dbopt.workload/1", shop.name)
    [one] = [one for one in document["statements"] if one["tables"] == ["orders"] and one["kind"] == "select"]
    assert list(one)[:10] == [
        "id",
        "name",
        "sql",
        "kind",
        "calls",
        "total_ms",
        "mean_ms",
        "rows",
        "parameters",
        "tables",
    ]
    assert one["parameters"] == [["done"], ["shipped"], ["open"]]
    assert "left out: " in err


def test_statements_as_a_table(shop: Database, dbopt: Dbopt) -> None:
    with psycopg.connect(shop.dsn, autocommit=True) as application:
        application.execute("SELECT count(*) FROM orders WHERE status = 'open'")
    code, out, err = dbopt("capture", "statements", "-d", shop.dsn, "--parameters", "0", "-q")
    assert (code, err) == (0, "")
    assert "SELECT count(*) FROM orders WHERE status = $1" in out
    assert out.splitlines()[0].split() == ["id", "calls", "total", "mean", "rows", "parameters", "from", "statement"]


def test_a_missing_extension_ends_with_its_cure(database: Database, dbopt: Dbopt) -> None:
    code, out, err = dbopt("capture", "statements", "-d", database.dsn)
    assert (code, out) == (3, "")
    assert "hint: CREATE EXTENSION pg_stat_statements" in err


def test_nothing_captured_is_an_error(shop: Database, dbopt: Dbopt) -> None:
    with psycopg.connect(shop.dsn, autocommit=True) as application:
        application.execute("SELECT pg_stat_statements_reset()")
        application.execute("SELECT count(*) FROM orders")
    code, _, err = dbopt("capture", "statements", "-d", shop.dsn, "--min-calls", "1000000")
    assert code == 3
    assert "dbopt: error: not a single statement was captured" in err
    assert "hint: lower --min-calls and --min-mean-ms: they leave out one statement" in err


def test_nothing_but_what_is_left_out_is_named(shop: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    with psycopg.connect(shop.dsn, autocommit=True) as application:
        application.execute("SELECT pg_stat_statements_reset()")
        application.execute("SELECT 1")
        application.execute("CHECKPOINT")
    code, _, err = dbopt("capture", "statements", "-d", shop.dsn)
    assert code == 3
    hint = next(line for line in err.splitlines() if line.startswith("hint: "))
    assert hint.startswith("hint: all that was found is left out: ")
    assert "x ping" in hint
    assert "x utility command" in hint
    file = tmp_path / "export.csv"
    file.write_text("query,calls\nBEGIN,7\nSELECT 1,7\n")
    code, _, err = dbopt("capture", "export", file)
    assert (code, "hint: all that was found is left out: 1 x ping, 1 x utility command" in err) == (3, True)


def test_sql_files(dbopt: Dbopt, tmp_path: Path) -> None:
    file = tmp_path / "q.sql"
    file.write_text('-- name: one\n-- params: {"id": 42}\nSELECT * FROM t WHERE id = :id;')
    code, out, _ = dbopt("capture", "sql", file, "--format", "json")
    [one] = json.loads(out)["statements"]
    assert (code, one["name"], one["parameters"]) == (0, "one", [["42"]])


def test_sql_files_get_values_from_a_server_that_is_named(dbopt: Dbopt, shop: Database, tmp_path: Path) -> None:
    file = tmp_path / "q.sql"
    file.write_text("SELECT * FROM orders WHERE status = :status;")
    _, out, _ = dbopt("capture", "sql", file, "-d", shop.dsn, "--format", "json")
    [one] = json.loads(out)["statements"]
    assert one["parameters"][0] == ["done"]
    assert one["parameters_from"] == "statistics"


def test_files_without_a_statement(dbopt: Dbopt, tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_text("-- nothing\n")
    code, _, err = dbopt("capture", "sql", tmp_path)
    assert code == 3
    assert "not a single statement" in err


def test_a_wrong_option_is_a_usage_error(dbopt: Dbopt) -> None:
    assert dbopt("capture", "statements", "--top", "0")[0] == 2
    assert dbopt("capture", "sql")[0] == 2
