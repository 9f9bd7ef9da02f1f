"""dbopt measure and dbopt compare, from file to file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.files import written
from tests.servers import Database

Dbopt = Callable[..., tuple[int, str, str]]

TIMING = {
    "sql": "SELECT '<b>' FROM orders",
    "rows": 1,
    "shared_hit_blocks": 1,
    "shared_read_blocks": 0,
    "temp_blocks": 0,
    "plan_shape": "Seq Scan public.orders",
    "error": None,
}


def timings(path: Path, **runs: list[float]) -> str:
    """A file of `dbopt measure` with these runs by statement."""
    statements = [
        {**TIMING, "id": name, "runs_ms": times, "median_ms": sorted(times)[len(times) // 2] if times else None}
        for name, times in runs.items()
    ]
    path.write_text(
        json.dumps({"schema": "dbopt.timings/1", "server_version": "18.1", "settings": {}, "statements": statements})
    )
    return str(path)


def test_a_measurement_is_the_same_as_itself_everywhere(shop: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    workload = written(tmp_path, "SELECT count(*) FROM orders", "SELECT * FROM items WHERE quantity = 2")
    measured = str(tmp_path / "before.json")
    assert dbopt("measure", workload, "-d", shop.dsn, "--runs", "3", "-o", measured)[0] == 0
    code, out, _ = dbopt("compare", measured, measured, "--format", "json")
    comparison = json.loads(out)
    assert code == 0
    assert [one["verdict"] for one in comparison["statements"]] == ["same", "same"]
    assert comparison["total"]["speedup"] == 1


def test_an_index_is_seen_as_faster(shop: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    workload = written(tmp_path, {"sql": "SELECT * FROM orders WHERE customer_id = $1", "parameters": [["7"], ["8"]]})
    before, after = str(tmp_path / "before.json"), str(tmp_path / "after.json")
    assert dbopt("measure", workload, "-d", shop.dsn, "-o", before)[0] == 0
    shop.session.script("CREATE INDEX orders_customer ON orders (customer_id)")
    assert dbopt("measure", workload, "-d", shop.dsn, "-o", after)[0] == 0
    code, out, _ = dbopt("compare", before, after, "--format", "json")
    (one,) = json.loads(out)["statements"]
    assert (code, one["verdict"], one["plan_changed"]) == (0, "faster", True)


def test_the_file_has_the_promised_keys_in_order(shop: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    _, out, _ = dbopt("measure", written(tmp_path, "SELECT 1"), "-d", shop.dsn, "--runs", "1", "--format", "json")
    document = json.loads(out)
    assert list(document) == ["schema", "server_version", "settings", "statements"]
    assert document["schema"] == "dbopt.timings/1"
    assert list(document["statements"][0])[:10] == [
        "id",
        "sql",
        "runs_ms",
        "median_ms",
        "rows",
        "shared_hit_blocks",
        "shared_read_blocks",
        "temp_blocks",
        "plan_shape",
        "error",
    ]


def test_bad_statements_do_not_stop_the_others(shop: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    bad = ["SELEC 1", "SELECT * FROM nowhere", "SELECT 1; SELECT 2", "DELETE FROM items", "SELECT pg_sleep(60)"]
    workload = written(tmp_path, *bad, 'SELECT count(*) FROM "we""ird; Täble"')
    arguments = ("measure", workload, "-d", shop.dsn, "--runs", "1", "--timeout", "200ms")
    code, _, err = dbopt(*arguments, "-o", str(tmp_path / "timings.json"))
    found = json.loads((tmp_path / "timings.json").read_text())["statements"]
    assert code == 0
    assert [one["error"] is None for one in found] == [False] * 5 + [True]
    for reason in ("SELEC", "nowhere", "multiple commands", "it is a DELETE", "timeout after 200 ms"):
        assert reason in err


def test_nothing_measured_is_an_error_and_writes_no_file(shop: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    target = tmp_path / "timings.json"
    workload = written(tmp_path, "DELETE FROM items", "TRUNCATE items")
    code, _, err = dbopt("measure", workload, "-d", shop.dsn, "-o", str(target))
    assert code == 3
    assert "not one of the 2 statements could be measured" in err
    assert not target.exists()


@pytest.mark.parametrize("option", [["--runs", "0"], ["--timeout", "soon"], ["--max-time", "1 month"]])
def test_wrong_options_are_usage_errors(dbopt: Dbopt, tmp_path: Path, option: list[str]) -> None:
    assert dbopt("measure", written(tmp_path, "SELECT 1"), "-d", "host=/nowhere", *option)[0] == 2


def test_an_empty_workload_is_nothing_to_do(dbopt: Dbopt, tmp_path: Path) -> None:
    code, _, err = dbopt("measure", written(tmp_path), "-d", "host=/nowhere")
    assert code == 3
    assert "there is no statement in" in err
    assert "hint:" in err


@pytest.mark.parametrize("content", ["{", '{"schema": "dbopt.advice/1"}', '{"schema": "dbopt.timings/9"}', "\x00"])
def test_a_corrupt_file_is_a_clear_error(dbopt: Dbopt, tmp_path: Path, content: str) -> None:
    path = tmp_path / "corrupt.json"
    path.write_text(content)
    code, out, err = dbopt("compare", str(path), str(path))
    assert (code, out) == (3, "")
    assert err.startswith("dbopt: error: ")


def test_the_exit_code_tells_the_verdict(dbopt: Dbopt, tmp_path: Path) -> None:
    steady = timings(tmp_path / "a.json", a=[100, 101, 99, 100, 102], b=[10, 11, 10, 11, 10])
    slower = timings(tmp_path / "b.json", a=[200, 201, 199, 200, 202], b=[1, 1.1, 1, 1.1, 1])
    other = timings(tmp_path / "c.json", x=[1, 2, 3])
    assert dbopt("compare", steady, slower)[0] == 1
    assert dbopt("compare", slower, slower)[0] == 0
    assert dbopt("compare", steady, other)[0] == 4
    nothing = timings(tmp_path / "d.json")
    assert dbopt("compare", nothing, nothing)[0] == 3


def test_the_table_ends_in_totals(dbopt: Dbopt, tmp_path: Path) -> None:
    before = timings(tmp_path / "a.json", a=[100, 101, 99, 100, 102])
    after = timings(tmp_path / "b.json", a=[10, 10.1, 9.9, 10, 10.2])
    _, out, _ = dbopt("compare", before, after)
    assert out.splitlines()[-1] == ("total (sum of medians): 100 ms before, 10.0 ms after, 10x, 90.0 % less; 1 faster")


def test_the_page_is_self_contained_and_escaped(dbopt: Dbopt, tmp_path: Path) -> None:
    before = timings(tmp_path / "a.json", a=[100, 101, 99, 100, 102], b=[], c=[5, 5, 5])
    after = timings(tmp_path / "b.json", a=[10, 10.1, 9.9, 10, 10.2], b=[], d=[5, 5, 5])
    target = tmp_path / "report.html"
    code, _, err = dbopt("compare", before, after, "--html", str(target))
    page = target.read_text()
    assert code == 0
    assert f"wrote {target}" in err
    assert "&lt;b&gt;" in page
    assert "<b>'" not in page
    assert not re.search(r"<script|<link|https?://|@import|url\(", page)
    assert "90.0 % less" in page
    piped = dbopt("compare", before, after, "--format", "html")[1]
    assert piped.strip() == page.strip()


def test_both_plans_are_in_the_report(shop: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    workload = written(tmp_path, {"sql": "SELECT * FROM orders WHERE customer_id = $1", "parameters": [["7"], ["8"]]})
    before, after, target = (str(tmp_path / name) for name in ("before.json", "after.json", "report.html"))
    assert dbopt("measure", workload, "-d", shop.dsn, "-o", before)[0] == 0
    shop.session.script("CREATE INDEX orders_customer ON orders (customer_id)")
    assert dbopt("measure", workload, "-d", shop.dsn, "-o", after)[0] == 0
    assert dbopt("compare", before, after, "--html", target)[0] == 0
    page = Path(target).read_text()
    assert "<b>Seq Scan</b> on orders" in page
    assert page.count("<b>seq-scan</b>") == 1
    assert "orders_customer" in page
    markdown = dbopt("compare", before, after, "--format", "markdown")[1]
    assert "-Seq Scan on public.orders\n" in markdown
    assert "using orders_customer on public.orders\n" in markdown or "using orders_customer\n" in markdown


def test_plans_are_left_out_on_demand(shop: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    arguments = ("measure", written(tmp_path, "SELECT count(*) FROM orders"), "-d", shop.dsn, "--runs", "1")
    with_plan = json.loads(dbopt(*arguments, "--format", "json")[1])["statements"][0]
    without = json.loads(dbopt(*arguments, "--format", "json", "--no-plans")[1])["statements"][0]
    assert list(with_plan)[-1] == "plan"
    assert "plan" not in without


def test_the_advice_stands_in_the_page(dbopt: Dbopt, tmp_path: Path) -> None:
    before = timings(tmp_path / "a.json", a=[100, 101, 99, 100, 102])
    after = timings(tmp_path / "b.json", a=[10, 10.1, 9.9, 10, 10.2])
    advice, target = tmp_path / "advice.json", tmp_path / "report.html"
    advice.write_text(json.dumps(ADVICE))
    assert dbopt("compare", before, after, "--advice", str(advice), "--html", str(target))[0] == 0
    page = target.read_text()
    assert "CREATE INDEX CONCURRENTLY t_x ON t (x)" in page
    assert "<a href=#i1>public.t (x)</a>, cost 90.00 to 10.00" in page


def test_markdown_is_short_and_nothing_in_it_is_markup(dbopt: Dbopt, tmp_path: Path) -> None:
    before = timings(tmp_path / "a.json", a=[100, 101, 99, 100, 102], b=[5, 5, 5])
    after = timings(tmp_path / "b.json", a=[10, 10.1, 9.9, 10, 10.2], b=[5, 5, 5])
    assert dbopt("compare", before, after, "--format", "markdown")[1] == MARKDOWN


ADVICE = {
    "schema": "dbopt.advice/1",
    "what_if": "shadow",
    "server_version": "18.1",
    "snapshot": None,
    "budget_bytes": None,
    "planner_calls": 1,
    "elapsed_ms": None,
    "cost_before": 90.0,
    "cost_after": 10.0,
    "storage_bytes": 8192,
    "create": [
        {
            "sql": "CREATE INDEX CONCURRENTLY t_x ON t (x)",
            "undo_sql": "DROP INDEX CONCURRENTLY t_x",
            "table": "public.t",
            "access_method": "btree",
            "columns": ["x"],
            "include": [],
            "predicate": "",
            "size_bytes": 8192,
            "cost_saved": 80.0,
            "write_cost": 0.0,
            "statements": [{"id": "a", "cost_before": 90.0, "cost_after": 10.0}],
            "reason": "It serves one statement.",
        }
    ],
    "drop": [],
    "not_advised": [],
}

MARKDOWN = """\
## 105 ms before, 15.0 ms after: 85.7 % less

1 faster, 1 same. Medians of the execution time on PostgreSQL 18.1.

| | statement | before | after | speedup | |
| --- | --- | ---: | ---: | ---: | --- |
| 🟢 faster | <code>SELECT &#39;&#60;b&#62;&#39; FROM orders</code> | 100 ms | 10.0 ms | 10x |  |
| ⚪ same | <code>SELECT &#39;&#60;b&#62;&#39; FROM orders</code> | 5.00 ms | 5.00 ms | 1.00x |  |
"""
