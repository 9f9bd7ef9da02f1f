"""dbopt suggest"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dbopt import documents
from dbopt.index.advice import Advice
from dbopt.postgres import programs
from dbopt.postgres.catalog import read_catalog
from tests.conftest import SHOP
from tests.files import written
from tests.index.advising import workload
from tests.servers import Database, Server

Run = Callable[..., tuple[int, str, str]]

LOOKUP = "SELECT * FROM orders WHERE customer_id = 17"
KEYS = [
    "schema", "what_if", "server_version", "snapshot", "budget_bytes", "planner_calls", "elapsed_ms", "cost_before",
    "cost_after", "storage_bytes", "create", "drop", "not_advised", "freed_bytes", "freed_write_cost", "maintain",
    "confirmed", "cost_bound",
]  # fmt: skip


@pytest.fixture
def captured(tmp_path: Path) -> Callable[..., Path]:
    """A workload file of these statements."""

    def write(*statements: str) -> Path:
        path = tmp_path / "workload.json"
        path.write_text(documents.dump(workload(*statements)), "utf-8")
        return path

    return write


def test_advice_is_a_file_that_apply_reads(
    dbopt: Run, shop: Database, captured: Callable[..., Path], tmp_path: Path
) -> None:
    advice = tmp_path / "advice.json"
    code, out, err = dbopt("suggest", captured(LOOKUP, "SELECT * FROM nowhere"), "-d", shop.dsn, "-o", advice)
    assert (code, out) == (0, "")
    assert err.endswith(f"wrote {advice}\n")
    data = json.loads(advice.read_text())
    assert list(data) == KEYS
    assert (data["schema"], data["what_if"], data["elapsed_ms"]) == ("dbopt.advice/1", "shadow", None)
    assert list(data["create"][0]) == [
        "sql", "undo_sql", "table", "access_method", "columns", "include", "predicate", "size_bytes", "cost_saved",
        "write_cost", "statements", "reason", "build_ms", "plan_change", "alternatives",
    ]  # fmt: skip
    assert documents.read(Advice, str(advice)).create[0].columns == ("customer_id",)
    assert dbopt("apply", advice, "-d", shop.dsn, "--yes", "--undo-file", tmp_path / "undo.json")[0] == 0
    again = dbopt("suggest", captured(LOOKUP), "-d", shop.dsn)[1]
    assert "No index is worth building" in again


def test_the_table_says_what_for_and_what_not(dbopt: Run, shop: Database, captured: Callable[..., Path]) -> None:
    code, out, _ = dbopt("suggest", captured(LOOKUP, "SELECT * FROM nowhere"), "-d", shop.dsn)
    assert code == 0
    assert "public.orders (customer_id)" in out
    assert "cost of the workload" in out
    assert "above the best possible" in out
    assert "Statements without an index" in out
    assert '"nowhere" does not exist' in out


def test_a_statement_without_a_name_is_shown_by_the_start_of_its_text(
    dbopt: Run, shop: Database, captured: Callable[..., Path]
) -> None:
    code, out, _ = dbopt("suggest", captured(LOOKUP, "SELECT * FROM nowhere"), "-d", shop.dsn, "--format", "markdown")
    assert code == 0
    assert re.search(r"\| [0-9a-f]{4}… SELECT \* FROM nowhere +\|", out)
    assert f"… {LOOKUP[:29]}…" in out


def test_a_snapshot_needs_no_server_and_gives_the_same_bytes(
    dbopt: Run, shop: Database, captured: Callable[..., Path], tmp_path: Path
) -> None:
    snapshot = tmp_path / "shop.dbsnap"
    assert dbopt("snapshot", "-d", shop.dsn, "-o", snapshot)[0] == 0
    first = dbopt("suggest", captured(LOOKUP), "--snapshot", snapshot, "--format", "json")[1]
    second = dbopt("suggest", captured(LOOKUP), "--snapshot", snapshot, "--format", "json")[1]
    assert first == second
    assert json.loads(first)["snapshot"] == "shop.dbsnap"
    assert len(json.loads(first)["create"]) == 1
    code, third, err = dbopt(
        "suggest", captured(LOOKUP), "--snapshot", snapshot, "-d", "host=/nowhere", "--format", "json"
    )
    assert (code, third) == (0, first)
    assert "the advice is from the snapshot alone" in err


def test_the_script_runs_in_psql(
    dbopt: Run, pg18: Server, new_database: Callable[..., Database], captured: Callable[..., Path]
) -> None:
    """Every name that SQL allows comes through."""
    script = """CREATE SCHEMA "o;dd"; CREATE TABLE "o;dd"."T%s" ("a b" integer, "c""d" integer);
                INSERT INTO "o;dd"."T%s" SELECT n, n FROM generate_series(1, 20000) AS n; ANALYZE;
                CREATE INDEX one ON "o;dd"."T%s" ("c""d"); CREATE INDEX two ON "o;dd"."T%s" ("c""d");"""
    database = new_database(pg18, script)
    sql = 'SELECT * FROM "o;dd"."T%s" WHERE "a b" = 7'
    code, out, _ = dbopt("suggest", captured(sql), "-d", database.dsn, "--format", "sql")
    assert code == 0
    psql = subprocess.run(
        [programs.readable_programs() / "psql", "-X", "-q", "-d", database.dsn],
        input=out,
        text=True,
        capture_output=True,
    )
    assert (psql.returncode, psql.stderr) == (0, "")
    left = {index.name for index in read_catalog(database.session).indexes}
    assert left == {"T%s_a b_idx", "one"}


def test_what_helps_besides_indexes_is_in_the_script_and_not_applied(
    dbopt: Run, shop: Database, captured: Callable[..., Path], tmp_path: Path
) -> None:
    shop.session.script(
        """CREATE TABLE "C;ars" (make text, model text, "--x" integer, id integer);
           INSERT INTO "C;ars" SELECT 'make ' || n % 30, 'model ' || n % 90, 1, n FROM generate_series(1, 30000) AS n;
           CREATE TABLE fresh (a integer); INSERT INTO fresh SELECT generate_series(1, 20000)"""
    )
    shop.session.script("SELECT pg_stat_force_next_flush()")  # else the rows would count as changed since
    shop.session.script('ANALYZE "C;ars"')
    workload = captured(
        """SELECT * FROM "C;ars" WHERE make = 'make 7' AND model = 'model 37'""",
        "SELECT * FROM fresh WHERE a = 7",
        "SELECT sum(total) FROM orders WHERE customer_id BETWEEN 100 AND 200",
    )
    code, out, _ = dbopt("suggest", workload, "-d", shop.dsn)
    assert code == 0
    assert "Besides indexes" in out
    script, advice = tmp_path / "advice.sql", tmp_path / "advice.json"
    assert dbopt("suggest", workload, "-d", shop.dsn, "-o", script, "-o", advice)[0] == 0
    kinds = [one.kind for one in documents.read(Advice, str(advice)).maintain]
    assert kinds == ["analyze", "statistics", "vacuum"]
    undo = '-- undo: DROP STATISTICS IF EXISTS public."C;ars_make_model_stat";'
    assert undo in script.read_text()
    assert "-- there is nothing to undo" in script.read_text()
    psql = [str(programs.readable_programs() / "psql"), "-X", "-q", "-d", shop.dsn, "-f", str(script)]
    done = subprocess.run(psql, text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert dbopt("suggest", workload, "-d", shop.dsn, "--no-sample", "-o", advice)[0] == 0
    left = {one.kind for one in documents.read(Advice, str(advice)).maintain}
    assert left <= {"vacuum"}  # a page whose hint bits could not be set yet waits for the next


def test_the_self_check_compares_with_the_server(dbopt: Run, shop: Database, captured: Callable[..., Path]) -> None:
    code, _, err = dbopt("suggest", captured(LOOKUP), "-d", shop.dsn, "--self-check")
    assert code == 0
    assert "self-check: 1 of 1 plans have the server's shape" in err


def test_hypopg_is_asked_on_the_server(
    dbopt: Run, pg15: Server, new_database: Callable[..., Database], captured: Callable[..., Path]
) -> None:
    database = new_database(pg15, SHOP + "CREATE EXTENSION hypopg;")
    code, out, _ = dbopt("suggest", captured(LOOKUP), "-d", database.dsn, "--what-if", "hypopg", "--format", "json")
    assert code == 0
    assert json.loads(out)["what_if"] == "hypopg"
    assert json.loads(out)["create"][0]["columns"] == ["customer_id"]


def test_indexes_include_as_many_columns_as_are_allowed(
    dbopt: Run, shop: Database, captured: Callable[..., Path]
) -> None:
    shop.session.script("VACUUM orders")
    workload = captured("SELECT sum(total) FROM orders WHERE customer_id BETWEEN 10 AND 300")
    included = []
    for most in ("0", "1"):
        code, out, _ = dbopt("suggest", workload, "-d", shop.dsn, "--max-included", most, "--format", "json")
        assert code == 0
        included.append([one["include"] for one in json.loads(out)["create"]])
    assert included == [[[]], [["total"]]]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--budget", "much"), 2, '"much" is not a size'),
        (("--budget", "9223372036854775808"), 2, "too large"),
        (("--max-included", "32"), 2, "--max-included"),
        (("--max-columns", "0"), 2, "--max-columns"),
        (("--max-per-table", "0"), 2, "--max-per-table"),
        (("--what-if", "guess"), 2, "--what-if"),
        (("--what-if", "hypopg", "--snapshot", "x.dbsnap"), 2, "go with --what-if shadow"),
        (
            ("--format", "junit"),
            2,
            "this command has no junit output\nhint: one of table, json, csv, markdown, sql, html",
        ),
        (("--format", "html"), 2, "this command has no html output\nhint: --pareto"),
        (("--format", "sql", "--pareto"), 2, "this command has no sql output"),
        (("--snapshot", "nowhere.dbsnap"), 3, "there is no file nowhere.dbsnap"),
        (("-d", "host=/nowhere"), 3, "/nowhere"),
    ],
)
def test_wrong_options_are_a_clear_error(
    dbopt: Run, captured: Callable[..., Path], options: tuple[str, ...], code: int, message: str
) -> None:
    returned, out, err = dbopt("suggest", captured(LOOKUP), *options)
    assert (returned, out) == (code, "")
    assert message in err


def test_limits_that_nothing_reaches_are_as_good_as_none(
    dbopt: Run, shop: Database, captured: Callable[..., Path]
) -> None:
    limits = ("--budget", str(2**63 - 1), "--max-per-table", str(10**400))
    code, out, _ = dbopt("suggest", captured(LOOKUP), "-d", shop.dsn, *limits, "--format", "json")
    assert code == 0
    advice = json.loads(out)
    assert (advice["budget_bytes"], advice["create"][0]["columns"]) == (2**63 - 1, ["customer_id"])


def test_the_most_calls_that_a_server_counts_give_numbers(dbopt: Run, shop: Database, tmp_path: Path) -> None:
    calls = {"calls": 2**63 - 1, "tables": ["orders"]}
    workload = written(tmp_path, {"sql": LOOKUP, **calls}, {"sql": "UPDATE orders SET total = 1", **calls})
    code, out, _ = dbopt("suggest", workload, "-d", shop.dsn, "--format", "json")
    assert code == 0
    assert not re.search("NaN|Infinity", out)
    assert json.loads(out)["cost_before"] > 1e20


def test_what_was_never_called_gets_no_index(dbopt: Run, shop: Database, tmp_path: Path) -> None:
    workload = written(tmp_path, {"sql": LOOKUP, "calls": 0})
    code, out, _ = dbopt("suggest", workload, "-d", shop.dsn, "--format", "json")
    assert code == 0
    advice = json.loads(out)
    assert (advice["create"], advice["cost_before"]) == ([], 0)
    assert advice["not_advised"][0]["reason"] == "It was not called: nothing that it costs counts."


def test_a_workload_in_which_nothing_plans_is_an_error(
    dbopt: Run, database: Database, captured: Callable[..., Path]
) -> None:
    code, out, err = dbopt("suggest", captured(LOOKUP), "-d", database.dsn)
    assert (code, out) == (3, "")
    assert '"orders" does not exist' in err
    assert "hint: " in err


def test_what_is_not_a_workload_is_an_error(dbopt: Run, tmp_path: Path) -> None:
    path = tmp_path / "workload.json"
    path.write_text("[]")
    code, _, err = dbopt("suggest", path)
    assert code == 3
    assert "workload.json" in err


def test_a_snapshot_tells_of_invalid_indexes(
    dbopt: Run, shop: Database, captured: Callable[..., Path], tmp_path: Path
) -> None:
    shop.session.script(
        """CREATE INDEX broken ON orders (customer_id);
           UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass"""
    )
    snapshot = tmp_path / "shop.dbsnap"
    assert dbopt("snapshot", "-d", shop.dsn, "-o", snapshot)[0] == 0
    advice = json.loads(dbopt("suggest", captured(LOOKUP), "--snapshot", snapshot, "--format", "json")[1])
    assert [(one["index"], one["kind"]) for one in advice["drop"]] == [("public.broken", "invalid")]
    assert "REINDEX INDEX CONCURRENTLY public.broken would repair it" in advice["drop"][0]["reason"]
    assert len(advice["create"]) == 1
