"""dbopt rewrite, from arguments to output."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from dbopt import documents
from dbopt.output import terminal
from dbopt.output.rewrite import changes, report
from dbopt.rewrite.model import Refused, Rewrite, Rewrites
from dbopt.workload.files import single
from dbopt.workload.model import Source, Workload
from tests.servers import Database, Server

Dbopt = Callable[..., tuple[int, str, str]]
NewDatabase = Callable[[Server, str], Database]

DAY = "SELECT id FROM orders WHERE placed_at::date = '2024-01-20'"
COUNT = "SELECT name FROM customers AS c WHERE (SELECT count(*) FROM orders AS o WHERE o.customer_id = c.id) > 0"
TRAP = "SELECT id FROM customers WHERE id NOT IN (SELECT id FROM orders WHERE shipped_at IS NULL UNION SELECT NULL)"
INDEX = "CREATE INDEX ON orders (placed_at); CREATE INDEX ON orders (customer_id); ANALYZE orders"


@pytest.fixture
def indexed(shop: Database) -> Database:
    shop.session.script(INDEX)
    return shop


def captured(tmp_path: Path, *statements: str) -> Path:
    """A workload file of these statements."""
    found = tuple(single(sql).statements[0] for sql in statements)
    path = tmp_path / "workload.json"
    path.write_text(documents.dump(Workload(Source("sql", None, None, None), found)), "utf-8")
    return path


def test_the_file_has_the_promised_keys_in_order(indexed: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    target = tmp_path / "rewrites.json"
    code, out, err = dbopt("rewrite", captured(tmp_path, DAY, COUNT, TRAP), "-d", indexed.dsn, "-o", target)
    assert (code, out, err) == (0, "", f"wrote {target}\n")
    document = json.loads(target.read_text())
    assert list(document)[:3] == ["schema", "rewrites", "refused"]
    assert document["schema"] == "dbopt.rewrites/1"
    assert [one["rules"] for one in document["rewrites"]] == [["function-to-range"], ["count-to-exists"]]
    one = document["rewrites"][0]
    assert list(one)[:8] == [
        "id", "rules", "before_sql", "after_sql", "cost_before", "cost_after", "verified", "evidence",
    ]  # fmt: skip
    assert one["before_sql"] == DAY
    assert one["cost_after"] < one["cost_before"]
    assert one["verified"] is False
    (refused,) = document["refused"]
    assert list(refused)[:3] == ["id", "rule", "reason"]
    assert refused["rule"] == "not-in-to-not-exists"
    assert document["planner_calls"] > 0


def test_verified_rewrites_say_on_what(indexed: Database, dbopt: Dbopt) -> None:
    verify = ("--verify", "--databases", "20", "--format", "json")
    code, out, _ = dbopt("rewrite", "--sql", COUNT, "-d", indexed.dsn, *verify)
    (one,) = json.loads(out)["rewrites"]
    assert (code, one["verified"]) == (0, True)
    assert one["evidence"].startswith("the same 5,000 rows on the data; the same on 20 made-up databases")


def test_a_snapshot_is_enough(pg18: Server, new_database: NewDatabase, dbopt: Dbopt, tmp_path: Path) -> None:
    from tests.conftest import SHOP

    shop = new_database(pg18, SHOP + INDEX)
    snapshot = tmp_path / "shop.dbsnap"
    assert dbopt("snapshot", "-d", shop.dsn, "-o", snapshot)[0] == 0
    code, out, err = dbopt(
        "rewrite", "--sql", DAY, "--snapshot", snapshot, "--verify", "--databases", "10", "--format", "json"
    )
    document = json.loads(out)
    (one,) = document["rewrites"]
    assert (code, err) == (0, "")
    assert (document["what_if"], document["snapshot"]) == ("shadow", str(snapshot))
    assert one["rules"] == ["function-to-range"]
    assert one["evidence"].startswith("the same on 10 made-up databases")


def test_a_snapshot_and_a_server_plan_on_the_one_and_run_on_the_other(
    pg18: Server, new_database: NewDatabase, dbopt: Dbopt, tmp_path: Path
) -> None:
    from tests.conftest import SHOP

    shop = new_database(pg18, SHOP + INDEX)
    snapshot = tmp_path / "shop.dbsnap"
    dbopt("snapshot", "-d", shop.dsn, "-o", snapshot)
    shop.session.script("DROP INDEX orders_placed_at_idx")
    both = ("--snapshot", snapshot, "-d", shop.dsn)
    code, out, _ = dbopt("rewrite", "--sql", DAY, *both, "--verify", "--databases", "5", "--format", "json")
    (one,) = json.loads(out)["rewrites"]
    assert code == 0
    assert "rows on the data" in one["evidence"]
    assert "the snapshot alone is asked" in dbopt("rewrite", "--sql", DAY, *both)[2]


def test_parameters_keep_their_numbers(indexed: Database, dbopt: Dbopt) -> None:
    sql = "SELECT $2::text, id FROM orders WHERE placed_at::date = $1"
    _, out, _ = dbopt("rewrite", "--sql", sql, "-p", "2024-01-20", "-p", "x", "-d", indexed.dsn, "--format", "json")
    (one,) = json.loads(out)["rewrites"]
    assert "CAST($2 AS TEXT)" in one["after_sql"]
    assert one["after_sql"].count("CAST($1 AS DATE)") == 2
    assert one["parameter_sets"] == 1


def test_an_index_for_a_function_is_a_hint(shop: Database, dbopt: Dbopt) -> None:
    sql = "SELECT id FROM customers WHERE lower(email) = 'user7@example.com'"
    _, out, _ = dbopt("rewrite", "--sql", sql, "-d", shop.dsn, "--format", "json")
    (one,) = json.loads(out)["rewrites"]
    assert (one["kind"], one["rules"], one["verified"]) == ("hint", ["function-to-index"], False)
    assert one["index_sql"] == "CREATE INDEX CONCURRENTLY ON public.customers (lower(email))"
    shop.session.script("CREATE INDEX ON customers (lower(email)); ANALYZE customers")
    assert json.loads(dbopt("rewrite", "--sql", sql, "-d", shop.dsn, "--format", "json")[1])["rewrites"] == []


def test_the_script_runs_in_psql(indexed: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    page = "SELECT id FROM orders ORDER BY id LIMIT 5 OFFSET 40000"
    typed = "SELECT count(*) FROM orders WHERE placed_at::date = $1"
    code, out, _ = dbopt("rewrite", captured(tmp_path, DAY, typed, page), "-d", indexed.dsn, "--format", "sql")
    assert code == 0
    assert "-- 1. " in out
    assert "PREPARE rewritten_2 AS\nSELECT" in out
    assert "-- WHERE" in out, "a template is a comment"
    done = subprocess.run(
        ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", indexed.dsn], input=out, text=True, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_csv_has_the_raw_values(indexed: Database, dbopt: Dbopt) -> None:
    _, out, _ = dbopt("rewrite", "--sql", DAY, "-d", indexed.dsn, "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(out))
    assert row["rules"] == "('function-to-range',)"
    assert row["becomes"].startswith("SELECT\n  id\nFROM orders")


def test_markdown_shows_a_diff(indexed: Database, dbopt: Dbopt) -> None:
    _, out, _ = dbopt("rewrite", "--sql", DAY, "-d", indexed.dsn, "--format", "markdown")
    assert "function-to-range\n\ncost " in out
    assert "```diff\n  SELECT\n    id\n  FROM orders\n  WHERE\n" in out
    assert "\n+   placed_at >= '2024-01-20' AND placed_at < '2024-01-21'\n```" in out


def test_only_the_rules_that_were_named(indexed: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    workload = captured(tmp_path, DAY, COUNT)
    _, out, _ = dbopt("rewrite", workload, "-d", indexed.dsn, "--rule", "count-to-exists", "--format", "json")
    assert [one["rules"] for one in json.loads(out)["rewrites"]] == [["count-to-exists"]]


def test_what_saves_too_little_is_not_offered(indexed: Database, dbopt: Dbopt) -> None:
    _, out, _ = dbopt("rewrite", "--sql", DAY, "-d", indexed.dsn, "--min-gain", "99.9%", "--format", "json")
    document = json.loads(out)
    assert document["rewrites"] == []
    assert [one["rules"] for one in document["not_worthwhile"]] == [["function-to-range"]]


def test_planner_calls_are_bounded(indexed: Database, dbopt: Dbopt) -> None:
    conditions = " AND ".join(f"id <> {number}.0" for number in range(30))
    sql = f"SELECT id FROM orders WHERE {conditions}"
    many = " OR ".join(f"(id = {number}.0 AND status = '{number}')" for number in range(12))
    _, out, _ = dbopt(
        "rewrite", "--sql", f"{sql} AND ({many})", "-d", indexed.dsn, "--max-planner-calls", "10", "--format", "json"
    )
    assert json.loads(out)["planner_calls"] <= 10 + 3


def test_a_statement_that_changes_data_is_not_looked_at(indexed: Database, dbopt: Dbopt) -> None:
    sql = "DELETE FROM items WHERE order_id IN (SELECT id FROM orders WHERE placed_at::date = '2024-01-20')"
    code, out, _ = dbopt("rewrite", "--sql", sql, "-d", indexed.dsn, "--format", "json")
    assert code == 0
    assert json.loads(out)["rewrites"] == []
    assert json.loads(out)["planner_calls"] == 0


def test_what_dbopt_cannot_write_as_it_is_is_left_alone(indexed: Database, dbopt: Dbopt) -> None:
    """`IS UNKNOWN` is read as IS NULL."""
    sql = f"{DAY} AND (total > 5) IS UNKNOWN"
    _, out, _ = dbopt("rewrite", "--sql", sql, "-d", indexed.dsn, "--format", "json")
    document = json.loads(out)
    assert document["rewrites"] == []
    assert [(one["rule"], one["reason"].split(":")[0]) for one in document["refused"]] == [
        ("function-to-range", "not printable")
    ]


def test_one_statement_that_does_not_plan_does_not_stop_the_others(
    indexed: Database, dbopt: Dbopt, tmp_path: Path
) -> None:
    wrong = "SELECT nothing FROM orders WHERE placed_at::date = '2024-01-20'"
    code, out, err = dbopt("rewrite", captured(tmp_path, wrong, DAY), "-d", indexed.dsn, "--format", "json")
    assert code == 0
    assert len(json.loads(out)["rewrites"]) == 1
    assert 'column "nothing" does not exist' in err
    assert dbopt("rewrite", "--sql", wrong, "-d", indexed.dsn)[0] == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give either a workload file or --sql"),
        (("x.json", "--sql", "SELECT 1"), "give either a workload file or --sql"),
        (("x.json", "-p", "1"), "--parameter goes with --sql"),
        (("--sql", "SELECT 1", "--rule", "nonsense"), "there is no rule nonsense"),
        (("--sql", "SELECT 1", "--format", "html"), "this command has no html output"),
    ],
)
def test_what_makes_no_sense_together(dbopt: Dbopt, arguments: tuple[str, ...], message: str) -> None:
    code, out, err = dbopt("rewrite", *arguments)
    assert (code, out) == (2, "")
    assert message in err


# -- how it looks ------------------------------------------------------------------------------------------------------


def made(**options: object) -> Rewrites:
    one = Rewrite(
        "0123456789abcdef",
        ("count-to-exists",),
        "SELECT a FROM t WHERE (SELECT count(*) FROM u) > 0",
        "SELECT\n  a\nFROM t\nWHERE\n  EXISTS(\n    SELECT\n      1\n    FROM u\n  )",
        100.0,
        20.0,
        True,
        "the same 3 rows on the data",
        reasons=("whether there is a row does not need the count of all",),
    )
    withdrawn = Refused(
        "0123456789abcdef", "needless-distinct", "it differs", "q", after_sql="SELECT 1", counterexample="t: (1)"
    )
    return Rewrites((one,), (withdrawn,), "18.1", "server", statements=2, planner_calls=7, **options)  # type: ignore[arg-type]


def test_the_terminal_shows_both_forms_with_the_changes_marked() -> None:
    out = io.StringIO()
    terminal.draw(report(made()), Console(file=out, width=100, highlight=False))
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    assert lines[0] == "0123456789abcdef  count-to-exists"
    assert lines[1] == "cost 100 -> 20.00, 80.0 % saved"
    assert "verified: the same 3 rows on the data" in lines
    assert "-       count(*)" in lines
    assert "+       1" in lines
    assert "  FROM t" in lines
    assert any("it differs: t: (1)" in line for line in lines)
    assert lines[-1] == "1 of 2 statements rewritten, 1 refused; 7 calls of the planner of the server (18.1)"


def test_unchanged_lines_are_shown_once_and_changed_words_are_marked() -> None:
    lines = changes("SELECT\n  a\nFROM t", "SELECT\n  b\nFROM t")
    assert [line.mark for line in lines] == ["  ", "- ", "+ ", "  "]
    assert lines[1].parts == (("  ", False), ("a", True))
    assert lines[2].parts == (("  ", False), ("b", True))


def test_both_texts_can_be_read_from_the_changes() -> None:
    before, after = (
        "SELECT\n  a,\n  b\nFROM t\nWHERE\n  a = 1",
        "SELECT\n  b\nFROM t\nJOIN u\n  ON true\nWHERE\n  a = 2",
    )
    lines = changes(before, after)
    for marks, whole in (("- ", before), ("+ ", after)):
        kept = [line for line in lines if line.mark in ("  ", marks)]
        assert "\n".join("".join(text for text, _ in line.parts) for line in kept) == whole
