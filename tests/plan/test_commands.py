"""dbopt explain, from arguments to output."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from dbopt.output import terminal
from dbopt.output.plan import report
from dbopt.plan.explain import explain_workload
from dbopt.workload import files
from tests.files import written
from tests.servers import Database

Dbopt = Callable[..., tuple[int, str, str]]

OPEN_ORDERS = "SELECT * FROM orders WHERE status = 'open' ORDER BY total"


def test_a_typed_statement_is_shown_as_a_tree(shop: Database, dbopt: Dbopt) -> None:
    code, out, err = dbopt("explain", "-d", shop.dsn, "--sql", OPEN_ORDERS)
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert any(line.startswith("Sort ") for line in lines)
    assert any(line.startswith("  -> Seq Scan on public.orders ") and "Filter: " in line for line in lines)


def test_a_typed_statement_takes_values(shop: Database, dbopt: Dbopt) -> None:
    sql = "SELECT * FROM orders WHERE status = $1 AND id < $2"
    _, out, _ = dbopt(
        "explain", "-d", shop.dsn, "--analyze", "--format", "json", "--sql", sql, "-p", "open", "-p", "100"
    )
    (one,) = json.loads(out)["statements"]
    assert one["executed"]
    assert one["plan"][0]["Plan"]["Actual Rows"] == 3


def test_the_file_has_the_promised_keys_in_order(shop: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    target = tmp_path / "plans.json"
    code, _, err = dbopt("explain", written(tmp_path, OPEN_ORDERS), "-d", shop.dsn, "--analyze", "-o", str(target))
    document = json.loads(target.read_text())
    assert (code, err) == (0, f"wrote {target}\n")
    assert list(document) == ["schema", "server_version", "settings", "statements"]
    assert document["schema"] == "dbopt.plans/1"
    (one,) = document["statements"]
    assert list(one)[:9] == ["id", "name", "sql", "plan", "shape", "cost", "executed", "error", "note"]
    assert one["shape"] == "Sort by orders.total(Seq Scan public.orders)"
    assert one["cost"] == one["plan"][0]["Plan"]["Total Cost"]


def test_a_workload_may_come_from_standard_input(
    shop: Database, dbopt: Dbopt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(Path(written(tmp_path, OPEN_ORDERS)).read_text()))
    assert dbopt("explain", "-", "-d", shop.dsn)[0] == 0


def test_a_workload_has_a_table_and_its_errors_do_not_stop_it(shop: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    bad = ["SELEC 1", "SELECT * FROM nowhere", "SELECT 1; SELECT 2", "SELECT pg_sleep(60)"]
    workload = written(tmp_path, *bad, 'SELECT * FROM "we""ird; Täble"', {"sql": OPEN_ORDERS, "name": "open orders"})
    code, out, _ = dbopt("explain", workload, "-d", shop.dsn, "--analyze", "--timeout", "100ms")
    assert code == 0
    for expected in (
        "SELEC",
        "nowhere",
        "multiple commands",
        "timeout after 100 ms",
        "open orders",
        "3 of 6 statements",
    ):
        assert expected in out
    assert 'Seq Scan on public."we""ird; Täble"' in out


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELEC 1", 'syntax error at or near "SELEC"'),
        ("SELECT * FROM nowhere", 'relation "nowhere" does not exist'),
        ("SELECT 1; SELECT 2", "multiple commands"),
        ("VACUUM", "has no plan"),
    ],
)
def test_a_statement_that_cannot_be_planned_is_one_error_with_a_hint(
    shop: Database, dbopt: Dbopt, sql: str, message: str
) -> None:
    code, out, err = dbopt("explain", "-d", shop.dsn, "--sql", sql)
    error, hint = err.splitlines()
    assert (code, out) == (3, "")
    assert error.startswith("dbopt: error: ")
    assert message in error
    assert hint.startswith("hint: ")


def test_a_missing_privilege_is_named(shop: Database, dbopt: Dbopt) -> None:
    shop.session.script("CREATE ROLE reader_of_nothing LOGIN")
    try:
        code, _, err = dbopt("explain", "-d", f"{shop.dsn} user=reader_of_nothing", "--sql", OPEN_ORDERS)
    finally:
        shop.session.script("DROP ROLE reader_of_nothing")
    assert code == 3
    assert "permission denied for table orders" in err
    assert "hint: " in err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["workload.json", "--sql", "SELECT 1"],
        ["workload.json", "-p", "1"],
        ["--sql", "SELECT 1", "--allow-dml"],
        ["--sql", "SELECT 1", "--timeout", "soon"],
    ],
)
def test_arguments_that_make_no_sense_are_usage_errors(dbopt: Dbopt, arguments: list[str]) -> None:
    code, out, err = dbopt("explain", *arguments, "-d", "host=/nowhere")
    assert (code, out) == (2, "")
    assert err.startswith("dbopt: error: ")


def test_an_empty_workload_or_statement_is_nothing_to_do(dbopt: Dbopt, tmp_path: Path) -> None:
    for arguments in ([written(tmp_path)], ["--sql", " ; -- nothing"]):
        code, out, err = dbopt("explain", *arguments, "-d", "host=/nowhere")
        assert (code, out) == (3, "")
        assert "statement" in err


def test_no_server_is_one_error(dbopt: Dbopt) -> None:
    code, _, err = dbopt("explain", "-d", "host=/nowhere", "--sql", "SELECT 1")
    assert code == 3
    assert err.count("\n") == 2


def test_on_a_terminal_expensive_nodes_are_marked(shop: Database, tmp_path: Path) -> None:
    workload = files.load(written(tmp_path, OPEN_ORDERS, "SELECT 1", "SELEC 1"))
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=160, color_system="standard", highlight=False)
    terminal.draw(report(explain_workload(shop.session, workload, analyze=True)), console)
    drawn = screen.getvalue()
    assert "█" in drawn
    assert "\x1b[31m" in drawn  # red
    assert "48,500 rows read for nothing" in drawn
    assert "2 of 3 statements explained" in drawn


def test_plans_are_kept_as_a_page_too(shop: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    target = tmp_path / "plans.html"
    code, out, err = dbopt("explain", "-d", shop.dsn, "--analyze", "--sql", OPEN_ORDERS, "--html", str(target))
    page = target.read_text()
    assert (code, err) == (0, f"wrote {target}\n")
    assert "Seq Scan on public.orders" in out
    for shown in ("<b>Seq Scan</b> on orders", "<b>Sort</b>", "48,500 rows removed", "<b>SELECT</b>"):
        assert shown in page
    assert dbopt("explain", "-d", shop.dsn, "--sql", OPEN_ORDERS, "--format", "html")[1].startswith("<!DOCTYPE html>")


def test_a_page_that_could_not_be_written_is_refused_before_any_work(dbopt: Dbopt, tmp_path: Path) -> None:
    code, _, err = dbopt(
        "explain", "-d", "host=/nowhere", "--sql", "SELECT 1", "--html", str(tmp_path / "a" / "b.html")
    )
    assert code == 3
    assert f"there is no directory {tmp_path / 'a'}" in err
    assert "another --html" in err


def test_what_a_change_wrote_is_told(shop: Database, dbopt: Dbopt) -> None:
    sql = "UPDATE orders SET total = total + 1 WHERE id < 100"
    arguments = ("explain", "-d", shop.dsn, "--analyze", "--allow-dml", "--sql", sql, "--format", "json")
    (one,) = json.loads(dbopt(*arguments)[1])["statements"]
    assert one["plan"][0]["Plan"]["WAL Records"] > 0
