"""dbopt suggest --explain, --pareto and --confirm."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from dbopt import documents
from dbopt.index.explain import Explanation
from dbopt.index.pareto import Pareto
from dbopt.plan import tree
from tests.conftest import SHOP
from tests.index.advising import statement, workload
from tests.servers import Database, Server

Run = Callable[..., tuple[int, str, str]]
Capture = Callable[..., Path]

STATEMENTS = {
    "orders_of": "SELECT * FROM orders WHERE customer_id = 17",
    "totals": "SELECT count(*), sum(total) FROM orders WHERE customer_id BETWEEN 10 AND 200",
    "by_email": "SELECT * FROM customers WHERE email = 'user7@example.com'",
    "latest": "SELECT * FROM orders ORDER BY placed_at DESC LIMIT 10",
}
TWINS = "CREATE INDEX twin_a ON items (sku); CREATE INDEX twin_b ON items (sku);"


@pytest.fixture
def captured(tmp_path: Path) -> Path:
    named = [replace(statement(sql), name=name) for name, sql in STATEMENTS.items()]
    path = tmp_path / "workload.json"
    path.write_text(documents.dump(workload(*named)), "utf-8")
    return path


@pytest.fixture
def shop18(pg18: Server, new_database: Callable[..., Database]) -> Database:
    return new_database(pg18, SHOP + TWINS)


@pytest.fixture
def shop15(pg15: Server, new_database: Callable[..., Database]) -> Database:
    return new_database(pg15, SHOP + "CREATE EXTENSION hypopg;")


# -- --explain --------------------------------------------------------------------------------------------------------


def test_an_item_is_shown_in_full(dbopt: Run, shop18: Database, captured: Path) -> None:
    code, out, _ = dbopt("suggest", captured, "-d", shop18.dsn, "--explain", "2")
    assert code == 0
    assert "public.orders (customer_id)" in out
    assert "CREATE INDEX CONCURRENTLY orders_customer_id_idx" in out
    assert "Seq Scan on orders -> Bitmap Heap Scan using orders_customer_id_idx" in out
    assert "Plan of orders_of without it" in out
    assert "Plan of orders_of with it" in out
    assert "Bitmap Index Scan using orders_customer_id_idx" in out
    assert "build     about " in out


def test_an_explanation_is_a_document(dbopt: Run, shop18: Database, captured: Path, tmp_path: Path) -> None:
    path = tmp_path / "explained.json"
    assert dbopt("suggest", captured, "-d", shop18.dsn, "--explain", "2", "-o", path)[0] == 0
    written = json.loads(path.read_text())
    assert (written["schema"], written["number"], written["drop"]) == ("dbopt.explanation/1", 2, None)
    first = written["statements"][0]
    assert list(first) == ["id", "name", "sql", "weight", "cost_before", "cost_after", "plan_change"]
    assert first["cost_after"] < first["cost_before"]
    assert tree.parse(written["plan_before"]).cost == first["cost_before"]
    assert tree.parse(written["plan_after"]).indexes == {"orders_customer_id_idx"}
    explanation = documents.read(Explanation, str(path))
    assert explanation.trees is not None
    assert all(one.plan_change for one in explanation.statements)


def test_drops_are_numbered_after_the_new_indexes(dbopt: Run, shop18: Database, captured: Path) -> None:
    items = json.loads(dbopt("suggest", captured, "-d", shop18.dsn, "--format", "json")[1])
    number = len(items["create"]) + 1
    assert [one["index"] for one in items["drop"]] == ["public.twin_b"]
    out = dbopt("suggest", captured, "-d", shop18.dsn)[1]
    assert f"\n  {number}  public.twin_b" in out
    out = dbopt("suggest", captured, "-d", shop18.dsn, "--explain", str(number))[1]
    assert "public.twin_a is the same index" in out
    assert "DROP INDEX CONCURRENTLY IF EXISTS public.twin_b;" in out


def test_a_script_of_one_item(dbopt: Run, shop18: Database, captured: Path) -> None:
    code, out, _ = dbopt("suggest", captured, "-d", shop18.dsn, "--explain", "2", "--format", "sql")
    assert code == 0
    shop18.session.script(out)
    again = json.loads(dbopt("suggest", captured, "-d", shop18.dsn, "--format", "json")[1])
    assert not any("orders_customer_id_idx" in one["sql"] for one in again["create"])


def test_a_wrong_number_is_a_clear_error(dbopt: Run, shop18: Database, captured: Path) -> None:
    code, out, err = dbopt("suggest", captured, "-d", shop18.dsn, "--explain", "9")
    assert (code, out) == (2, "")
    assert "there is no item 9 in this advice" in err
    assert "hint: it has 1 to " in err


def test_a_file_of_advice_is_explained_without_a_server(
    dbopt: Run, shop18: Database, captured: Path, tmp_path: Path
) -> None:
    advice = tmp_path / "advice.json"
    assert dbopt("suggest", captured, "-d", shop18.dsn, "-o", advice)[0] == 0
    code, out, _ = dbopt("suggest", captured, "--explain", "2", "--advice", advice, "-d", "host=/nowhere")
    assert code == 0
    assert "Seq Scan on orders -> Bitmap Heap Scan using orders_customer_id_idx" in out
    assert "orders_of" in out
    assert "Plan of" not in out


def test_on_a_terminal_the_plans_are_drawn(dbopt: Run, shop18: Database, captured: Path, tmp_path: Path) -> None:
    from rich.console import Console

    from dbopt.output.advice_item import report
    from dbopt.output.terminal import draw

    path = tmp_path / "explained.json"
    dbopt("suggest", captured, "-d", shop18.dsn, "--explain", "2", "-o", path)
    explanation = documents.read(Explanation, str(path))
    for width in (80, 140):
        with (tmp_path / "screen").open("w+", encoding="utf-8") as screen:
            draw(report(explanation), Console(file=screen, width=width, force_terminal=True, color_system=None))
            screen.seek(0)
            lines = screen.read().splitlines()
        assert max(map(len, lines)) <= width
        heads = [line for line in lines if line.startswith("Plan of orders_of without it")]
        assert len(heads) == 1
        assert ("with it" in heads[0].replace("without it", "")) is (width == 140)


# -- --pareto ---------------------------------------------------------------------------------------------------------


def test_the_curve_falls_from_nothing_to_all_that_helps(
    dbopt: Run, shop18: Database, captured: Path, tmp_path: Path
) -> None:
    path = tmp_path / "curve.json"
    assert dbopt("suggest", captured, "-d", shop18.dsn, "--pareto", "-o", path)[0] == 0
    curve = documents.read(Pareto, str(path))
    assert (curve.SCHEMA, curve.points[0].relative_cost, curve.points[0].indexes) == ("dbopt.pareto/1", 1.0, ())
    assert all(one.storage_bytes <= one.budget_bytes for one in curve.points)
    assert all(later.relative_cost < earlier.relative_cost for earlier, later in pairwise(curve.points))
    advice = json.loads(dbopt("suggest", captured, "-d", shop18.dsn, "--format", "json")[1])
    assert curve.points[-1].relative_cost == pytest.approx(advice["cost_after"] / advice["cost_before"], rel=1e-4)
    assert curve.points[-1].storage_bytes == advice["storage_bytes"]


def test_the_budget_of_a_point_gives_its_set(dbopt: Run, shop18: Database, captured: Path) -> None:
    curve = json.loads(dbopt("suggest", captured, "-d", shop18.dsn, "--pareto", "--format", "json")[1])
    for point in curve["points"][1:]:
        options = ("--budget", str(point["budget_bytes"]), "--format", "json")
        advice = json.loads(dbopt("suggest", captured, "-d", shop18.dsn, *options)[1])
        assert advice["storage_bytes"] == point["storage_bytes"]


def test_piped_it_is_plain_text_and_the_same_each_time(dbopt: Run, shop18: Database, captured: Path) -> None:
    code, first, _ = dbopt("suggest", captured, "-d", shop18.dsn, "--pareto")
    assert code == 0
    assert first.isascii()
    assert "cost of the workload against storage" in first
    assert "What storage buys" in first
    assert dbopt("suggest", captured, "-d", shop18.dsn, "--pareto")[1] == first


@pytest.mark.parametrize(
    ("variables", "drawn"), [({}, "●"), ({"NO_COLOR": "1"}, "*"), ({"TERM": "dumb"}, "*")], ids=["", "no_color", "dumb"]
)
def test_on_a_terminal_it_is_drawn_unless_that_is_not_wanted(
    dbopt: Run,
    shop18: Database,
    captured: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    drawn: str,
) -> None:
    from rich.console import Console

    from dbopt.output.pareto import report
    from dbopt.output.terminal import draw

    path = tmp_path / "curve.json"
    dbopt("suggest", captured, "-d", shop18.dsn, "--pareto", "-o", path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with (tmp_path / "screen").open("w+", encoding="utf-8") as screen:
        draw(report(documents.read(Pareto, str(path))), Console(file=screen, width=80, force_terminal=True))
        screen.seek(0)
        plot = screen.read().partition("What storage buys")[0]
    assert drawn in plot
    assert ("┤" in plot) is (drawn == "●")


def test_the_page_is_complete_in_itself(dbopt: Run, shop18: Database, captured: Path, tmp_path: Path) -> None:
    path = tmp_path / "curve.html"
    assert dbopt("suggest", captured, "-d", shop18.dsn, "--pareto", "-o", path)[0] == 0
    page = path.read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert page.count("<circle") == len(json.loads(_json(dbopt, shop18, captured))["points"])
    assert "://" not in page
    assert "public.orders (customer_id)" in page


def _json(dbopt: Run, shop18: Database, captured: Path) -> str:
    return dbopt("suggest", captured, "-d", shop18.dsn, "--pareto", "--format", "json")[1]


def test_a_workload_that_needs_nothing_has_no_curve(dbopt: Run, shop18: Database, tmp_path: Path) -> None:
    path = tmp_path / "fast.json"
    path.write_text(documents.dump(workload("SELECT * FROM orders WHERE id = 3")), "utf-8")
    for name in ("table", "html", "json"):
        code, out, _ = dbopt("suggest", path, "-d", shop18.dsn, "--pareto", "--format", name)
        assert code == 0
        assert "No index is worth building" in out or '"knee": null' in out


# -- --confirm --------------------------------------------------------------------------------------------------------


def test_the_server_says_whether_it_takes_the_indexes(dbopt: Run, shop15: Database, captured: Path) -> None:
    code, out, _ = dbopt("suggest", captured, "-d", shop15.dsn, "--confirm", "--format", "json")
    assert code == 0
    advice = json.loads(out)
    confirmed = advice["confirmed"]
    assert list(confirmed)[:3] == ["cost_before", "cost_after", "indexes"]
    assert confirmed["server_version"].startswith("15.")
    assert len(confirmed["indexes"]) == len(advice["create"])
    assert all(one["taken"] and one["cost_after"] < one["cost_before"] for one in confirmed["indexes"])
    assert confirmed["cost_after"] < confirmed["cost_before"]
    rows = shop15.session.rows("catalog/indexes")
    assert {row["name"] for row in rows} >= {"orders_pkey"}
    assert not [row for row in rows if row["name"].endswith("_idx")]


def test_a_snapshot_can_be_confirmed_on_the_server(
    dbopt: Run, shop15: Database, captured: Path, tmp_path: Path
) -> None:
    snapshot = tmp_path / "shop.dbsnap"
    assert dbopt("snapshot", "-d", shop15.dsn, "-o", snapshot)[0] == 0
    code, out, _ = dbopt("suggest", captured, "--snapshot", snapshot, "-d", shop15.dsn, "--confirm")
    assert code == 0
    assert "by the server's own planner (PostgreSQL 15." in out
    assert "taken: cost " in out


def test_an_item_is_explained_with_its_confirmation(dbopt: Run, shop15: Database, captured: Path) -> None:
    code, out, _ = dbopt("suggest", captured, "-d", shop15.dsn, "--confirm", "--explain", "2")
    assert code == 0
    assert "on the server" in out
    assert "taken: cost " in out


def test_it_is_noted_where_the_server_plans_otherwise(
    dbopt: Run, shop15: Database, captured: Path, tmp_path: Path
) -> None:
    """The snapshot is from before the server had this index, and those settings."""
    snapshot = tmp_path / "shop.dbsnap"
    assert dbopt("snapshot", "-d", shop15.dsn, "-o", snapshot)[0] == 0

    def said_of(table: str) -> tuple[bool, str]:
        options = ("--snapshot", snapshot, "-d", shop15.dsn, "--confirm", "--format", "json")
        advice = json.loads(dbopt("suggest", captured, *options)[1])
        number = [one["table"] for one in advice["create"]].index(table)
        said = advice["confirmed"]["indexes"][number]
        return said["taken"], said["note"]

    shop15.session.script("CREATE INDEX there_already ON customers (email); ANALYZE customers")
    assert said_of("public.customers") == (True, "it saves next to nothing there")
    for setting in ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan"):
        shop15.session.script(f"ALTER DATABASE {shop15.name} SET {setting} = off")
    assert said_of("public.orders") == (False, "the server's planner does not take it")


def test_without_the_extension_it_cannot_be_done(dbopt: Run, shop18: Database, captured: Path) -> None:
    code, out, err = dbopt("suggest", captured, "-d", shop18.dsn, "--confirm")
    assert (code, out) == (3, "")
    assert "the server has no HypoPG" in err
    assert "or ask without --confirm" in err


def test_what_hypopg_does_not_know_is_advised_and_not_confirmed(dbopt: Run, shop15: Database, tmp_path: Path) -> None:
    shop15.session.script(
        """CREATE TABLE posts (id integer PRIMARY KEY, tags text[]);
           INSERT INTO posts SELECT n, ARRAY['t' || n % 1000, 'u' || n % 77] FROM generate_series(1, 50000) AS n;
           ANALYZE posts"""
    )
    path = tmp_path / "tags.json"
    path.write_text(documents.dump(workload("SELECT * FROM posts WHERE tags @> ARRAY['t7']")), "utf-8")
    code, out, err = dbopt("suggest", path, "-d", shop15.dsn, "--confirm", "--format", "json")
    advice = json.loads(out)
    assert [one["access_method"] for one in advice["create"]] == ["gin"]
    assert [one["taken"] for one in advice["confirmed"]["indexes"]] == [None]
    assert "cannot be confirmed: HypoPG does not know such an index" in err
    assert code == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--pareto", "--budget", "1GB"), "--pareto tries all budgets by itself"),
        (("--pareto", "--explain", "2"), "--pareto goes without --explain and --confirm"),
        (("--pareto", "--confirm"), "--pareto goes without --explain and --confirm"),
        (("--advice", "advice.json"), "--advice goes with --explain"),
        (("--advice", "advice.json", "--explain", "2", "--confirm"), "nothing to confirm"),
        (("--explain", "first"), "--explain"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    dbopt: Run, captured: Path, options: tuple[str, ...], message: str
) -> None:
    code, out, err = dbopt("suggest", captured, *options)
    assert (code, out) == (2, "")
    assert message in err
