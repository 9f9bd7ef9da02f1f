"""dbopt check, as a CI job runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from dbopt.shadow import snapshot
from tests.conftest import SHOP
from tests.servers import Database, Server

Command = Callable[..., tuple[int, str, str]]

QUERIES = """
-- name: by_customer
SELECT * FROM orders WHERE customer_id = $1;
-- name: open_orders
SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id
WHERE o.status = 'open' AND o.total > 900 ORDER BY o.placed_at DESC LIMIT 10;
-- name: per_country
SELECT c.country, sum(o.total) FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY 1;
"""


@dataclass(frozen=True)
class Project:
    """A repository with queries, a snapshot of production, and a baseline."""

    folder: Path
    production: Database
    command: Command

    def check(self, *options: str, under: str = "prod.dbsnap") -> tuple[int, str, str]:
        files = [str(self.folder / "queries"), "--baseline", str(self.folder / "baseline.json")]
        return self.command("check", *files, "--snapshot", str(self.folder / under), *options)

    def found(self, *options: str, under: str = "prod.dbsnap") -> tuple[int, dict[str, Any]]:
        code, out, err = self.check("--format", "json", *options, under=under)
        assert out, err
        return code, json.loads(out)

    def verdicts(self, *options: str, under: str = "prod.dbsnap") -> dict[str, str]:
        return {one["name"]: one["verdict"] for one in self.found(*options, under=under)[1]["statements"]}

    def take(self, name: str) -> None:
        code, _, err = self.command("snapshot", "-d", self.production.dsn, "-o", str(self.folder / name))
        assert code == 0, err

    def write(self, text: str) -> None:
        (self.folder / "queries" / "shop.sql").write_text(text, "utf-8")

    @property
    def baseline(self) -> Path:
        return self.folder / "baseline.json"


def made(production: Database, folder: Path, command: Command) -> Project:
    production.session.script("CREATE INDEX orders_customer_idx ON orders (customer_id); ANALYZE orders")
    (folder / "queries").mkdir()
    project = Project(folder, production, command)
    project.write(QUERIES)
    project.take("prod.dbsnap")
    assert project.check("--update")[0] == 0
    return project


@pytest.fixture
def project(pg15: Server, new_database: Callable[..., Database], tmp_path: Path, dbopt: Command) -> Project:
    """Production runs an older version, as it often does."""
    return made(new_database(pg15, SHOP), tmp_path, dbopt)


def test_identical_code_passes_and_says_so(shop: Database, tmp_path: Path, dbopt: Command) -> None:
    project = made(shop, tmp_path, dbopt)
    code, out, _ = project.check()
    assert code == 0
    assert "3 passed" in out
    assert set(project.verdicts().values()) == {"pass"}


def test_a_dropped_index_fails_the_check(project: Project) -> None:
    project.production.session.script("DROP INDEX orders_customer_idx")
    project.take("new.dbsnap")
    code, document = project.found(under="new.dbsnap")
    assert (code, document["schema"], document["verdict"]) == (1, "dbopt.check/1", "regression")
    by_name = {one["name"]: one for one in document["statements"]}
    assert by_name["by_customer"]["verdict"] == "regression"
    assert by_name["by_customer"]["reasons"][0]["rule"] == "lost-index"
    assert by_name["by_customer"]["location"].endswith("queries/shop.sql:3")
    assert by_name["per_country"]["verdict"] == "pass"


def test_a_changed_query_is_compared_with_what_it_was(project: Project) -> None:
    project.write(QUERIES.replace("customer_id = $1", "customer_id + 0 = $1").replace("orders o", "orders AS o"))
    assert project.verdicts() == {"by_customer": "regression", "open_orders": "pass", "per_country": "pass"}


def test_statements_of_one_name_in_two_files_are_each_told_where_they_stand(project: Project) -> None:
    other = "-- name: by_customer\nSELECT id\nFROM orders\nWHERE customer_id = $1;\n"
    (project.folder / "queries" / "other.sql").write_text(other, "utf-8")
    _, document = project.found()
    found = [(one["verdict"], one["location"]) for one in document["statements"] if one["name"] == "by_customer"]
    assert [(verdict, Path(location).name) for verdict, location in found] == [
        ("new", "other.sql:2"),
        ("pass", "shop.sql:3"),
    ]


def test_new_removed_and_renamed_queries_are_recognised(project: Project) -> None:
    text = QUERIES.replace("-- name: per_country", "-- name: by_country")
    kept = text[: text.index("-- name: open_orders")] + text[text.index("-- name: by_country") :]
    project.write(kept + "-- name: fresh\nDELETE FROM items WHERE sku = $1;\n")
    code, document = project.found()
    assert code == 0
    assert [(one["name"], one["verdict"], one["was"]) for one in document["statements"]] == [
        ("by_customer", "pass", None),
        ("by_country", "pass", "per_country"),
        ("fresh", "new", None),
        ("open_orders", "removed", None),
    ]


def test_a_function_that_makes_a_plan_look_cheap_is_no_improvement(project: Project) -> None:
    """The planner expects half a per cent of the rows, and plans a nested loop over most of them."""
    joined = (
        "-- name: joined\nSELECT * FROM orders o JOIN customers c ON c.id = o.customer_id"
        " WHERE {} = 'done' ORDER BY o.total, o.id"
    )
    project.write(joined.format("o.status"))
    project.baseline.unlink()
    assert project.check("--update")[0] == 0
    project.write(joined.format("substr(o.status, 1, 4)"))
    code, document = project.found()
    (one,) = (one for one in document["statements"] if one["name"] == "joined")
    assert one["cost_after"] < one["cost_before"]
    assert (code, one["verdict"]) in ((1, "regression"), (4, "inconclusive"))
    assert "guess" in [reason["rule"] for reason in one["reasons"]]


def test_paging_by_offset_is_no_paging_by_key(project: Project) -> None:
    project.write("-- name: page\nSELECT * FROM orders WHERE id > $1 ORDER BY id LIMIT 20")
    project.baseline.unlink()
    assert project.check("--update")[0] == 0
    project.write("-- name: page\nSELECT * FROM orders ORDER BY id LIMIT 20 OFFSET $1")
    assert project.verdicts() == {"page": "regression"}


def test_without_a_baseline_nothing_passes(project: Project) -> None:
    project.baseline.unlink()
    code, out, err = project.check()
    assert (code, out) == (3, "")
    assert "there is no baseline" in err
    assert "--update" in err


def test_a_file_of_another_kind_is_refused_with_the_command_that_writes_the_right_one(project: Project) -> None:
    project.baseline.write_text('{"schema": "dbopt.workload/1"}')
    code, _, err = project.check()
    assert code == 3
    assert "`dbopt check --baseline FILE --update` writes one" in err


def test_a_missing_workload_is_reported_before_a_missing_baseline(project: Project) -> None:
    files = [str(project.folder / "missing.json"), "--baseline", str(project.folder / "neither.json")]
    code, _, err = project.command("check", *files, "--snapshot", str(project.folder / "prod.dbsnap"))
    assert code == 3
    assert "there is no file" in err
    assert "missing.json" in err


@pytest.fixture
def on_data(pg18: Server, new_database: Callable[..., Database], tmp_path: Path, dbopt: Command) -> Callable[..., Any]:
    """Check texts on a database with data: with `accept`, they become the baseline."""
    wide = (
        "CREATE TABLE wide (n integer, filler text); ALTER TABLE wide ALTER filler SET STORAGE PLAIN;"
        "INSERT INTO wide SELECT n, repeat('x', 4000) FROM generate_series(1, 20000) AS n; ANALYZE wide;"
    )
    production = new_database(pg18, f"{SHOP} {wide}")

    def check(text: str, *options: str, accept: bool = False) -> tuple[int, list[Any]]:
        (tmp_path / "q.sql").write_text(f"-- name: q\n{text}", "utf-8")
        files = [str(tmp_path / "q.sql"), "--baseline", str(tmp_path / "b.json"), "-d", production.dsn]
        code, out, err = dbopt("check", *files, *(["--update"] if accept else ["--format", "json"]), *options)
        assert out or accept, err
        return code, [] if accept else json.loads(out)["statements"]

    return check


def test_a_statement_that_fails_at_run_time_never_passes(on_data: Callable[..., Any]) -> None:
    assert on_data("SELECT id FROM orders WHERE id = 5", accept=True)[0] == 0
    code, (one,) = on_data("SELECT 1 / (id - id) FROM orders WHERE id = 5")
    assert (code, one["verdict"], one["reasons"][0]["rule"]) == (3, "error", "not-run")
    assert "division by zero" in one["reasons"][0]["message"]


def test_a_statement_that_does_not_end_in_time_never_passes(on_data: Callable[..., Any]) -> None:
    text = "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < {}) SELECT count(*) FROM r"
    assert on_data(text.format(10), accept=True)[0] == 0
    code, (one,) = on_data(text.format(100_000_000), "--timeout", "200ms")
    assert (code, one["verdict"], one["reasons"][0]["rule"]) == (1, "regression", "timeout")


def test_where_other_scans_of_the_table_are_does_not_matter(on_data: Callable[..., Any]) -> None:
    """Scans of a table that is larger than a quarter of the cache begin where the last one was."""
    text = "SELECT n FROM wide WHERE n = 9000 LIMIT 1"
    assert on_data(text, accept=True)[0] == 0
    for _ in range(3):
        assert on_data(text)[1][0]["reasons"] == []


def test_what_moved_a_plan_of_a_statement_without_values_is_told(project: Project) -> None:
    project.production.session.script("DROP INDEX orders_customer_idx; ANALYZE customers")
    project.take("new.dbsnap")
    options = ("--old-snapshot", str(project.folder / "prod.dbsnap"), "--explain-change")
    _, document = project.found(*options, under="new.dbsnap")
    causes = {one["name"]: one["cause"] for one in document["statements"] if one["cause"]}
    assert causes["by_customer"]["moved_by"] == ["schema"]
    assert "the index orders_customer_idx is gone" in causes["by_customer"]["message"]


@pytest.mark.parametrize("damage", ["", "{", "<<<<<<< HEAD\n", '{"schema": "dbopt.baseline/1"}', '{"schema": "x/1"}'])
def test_a_damaged_baseline_is_refused_and_update_writes_it_anew(project: Project, damage: str) -> None:
    good = project.baseline.read_text("utf-8")
    project.baseline.write_text(damage, "utf-8")
    code, out, err = project.check()
    assert (code, out) == (3, "")
    assert "baseline.json" in err
    assert project.check("--update")[0] == 0
    assert project.baseline.read_text("utf-8") == good


def test_a_baseline_of_a_later_format_is_refused_and_kept(project: Project) -> None:
    later = project.baseline.read_text("utf-8").replace("dbopt.baseline/1", "dbopt.baseline/2")
    project.baseline.write_text(later, "utf-8")
    for options in ((), ("--update",)):
        code, _, err = project.check(*options)
        assert code == 3
        assert "dbopt.baseline/2" in err
    assert project.baseline.read_text("utf-8") == later


def test_a_baseline_of_another_workload_is_refused(project: Project) -> None:
    project.write("-- name: other\nUPDATE customers SET name = upper(name) WHERE created_at < now();\n")
    code, _, err = project.check()
    assert code == 3
    assert "knows none" in err


def test_much_changed_statistics_are_loud(project: Project) -> None:
    project.production.session.script(
        "INSERT INTO orders (customer_id, status, total, placed_at)"
        " SELECT customer_id, status, total, placed_at FROM orders; ANALYZE orders"
    )
    project.take("grown.dbsnap")
    code, document = project.found(under="grown.dbsnap")
    assert code != 0
    assert "public.orders had 50,000 rows and has 100,000" in " ".join(document["stale"])
    assert "regression" not in {one["verdict"] for one in document["statements"]}
    assert project.check("--update", under="grown.dbsnap")[0] == 0
    assert project.check(under="grown.dbsnap")[0] == 0


@pytest.mark.parametrize("path", ['"$user", public', "second, public, nowhere", ""])
def test_a_baseline_of_a_server_holds_for_its_snapshot(
    pg18: Server, new_database: Callable[..., Database], tmp_path: Path, dbopt: Command, path: str
) -> None:
    production = new_database(pg18, SHOP)
    production.session.script(
        f'CREATE SCHEMA second; ALTER DATABASE "{production.name}" SET search_path = {path or chr(39) * 2}'
    )
    project = Project(tmp_path, production, dbopt)
    (tmp_path / "queries").mkdir()
    project.write("SELECT * FROM public.orders WHERE customer_id = 5;")
    project.take("prod.dbsnap")
    files = [str(tmp_path / "queries"), "--baseline", str(project.baseline)]
    assert dbopt("check", *files, "-d", production.dsn, "--plan-only", "--update")[0] == 0
    code, document = project.found()
    assert (code, document["stale"]) == (0, [])


def test_other_settings_are_loud(project: Project) -> None:
    session = project.production.session
    session.script(f'ALTER DATABASE "{project.production.name}" SET random_page_cost = 1.1')
    project.take("tuned.dbsnap")
    code, out, _ = project.check(under="tuned.dbsnap")
    assert code == 3
    assert "random_page_cost was the default and is 1.1" in out


def test_two_runs_on_the_same_snapshot_write_the_same_baseline(project: Project) -> None:
    first = project.baseline.read_bytes()
    project.baseline.unlink()
    assert project.check("--update")[0] == 0
    assert project.baseline.read_bytes() == first


def test_an_update_rewrites_only_what_changed(project: Project) -> None:
    before = project.baseline.read_text("utf-8").splitlines()
    status = project.baseline.stat()
    code, _, err = project.check("--update")
    assert (code, "nothing changed" in err) == (0, True)
    assert project.baseline.stat().st_mtime_ns == status.st_mtime_ns
    project.write(QUERIES.replace("LIMIT 10", "LIMIT 10000").replace("> 900", "> 5"))
    code, _, err = project.check("--update")
    assert (code, "1 changed" in err) == (0, True)
    after = project.baseline.read_text("utf-8").splitlines()
    text = "\n".join(before)
    for name in ("by_customer", "per_country"):
        start = text.index(f'"name": "{name}"')
        assert text[start : start + 400] in "\n".join(after)


def test_queries_inside_commands_are_not_left_out_without_a_word(project: Project) -> None:
    project.write(QUERIES + "COPY (SELECT * FROM orders) TO STDOUT;\nDECLARE c CURSOR FOR SELECT * FROM orders;\n")
    code, _, err = project.check()
    assert code == 0
    assert "left out: 2 utility commands (COPY, DECLARE), which are not planned\n" in err


def test_what_is_ignored_is_neither_removed_nor_forgotten(project: Project) -> None:
    before = project.baseline.read_bytes()
    assert project.verdicts("--ignore", "per_*") == {"by_customer": "pass", "open_orders": "pass"}
    code, _, err = project.check("--update", "--ignore", "per_*")
    assert (code, "nothing changed" in err) == (0, True)
    assert project.baseline.read_bytes() == before


def test_what_could_not_be_restored_is_an_error_and_never_a_pass(project: Project) -> None:
    whole = snapshot.load(project.folder / "prod.dbsnap")
    torn = replace(whole, dump=whole.dump.replace("sku text NOT NULL", "sku type_of_an_extension NOT NULL"))
    project.write(QUERIES + "-- name: one_item\nSELECT quantity FROM items WHERE order_id = 5 AND line = 1;\n")
    snapshot.save(torn, project.folder / "torn.dbsnap")
    code, document = project.found(under="torn.dbsnap")
    assert code == 3
    verdicts = {one["name"]: one["verdict"] for one in document["statements"]}
    assert [name for name, verdict in verdicts.items() if verdict == "error"] == ["one_item"]
    assert "type_of_an_extension" in json.dumps(document["statements"])
    assert project.found("--ignore", "one_*", under="torn.dbsnap")[0] == 0
    project.write("-- name: one_item\nSELECT quantity FROM items WHERE order_id = 5 AND line = 1;\n")
    project.baseline.unlink()
    code, _, err = project.check("--update", under="torn.dbsnap")
    assert (code, project.baseline.exists()) == (3, False)
    assert "none of the 1 statements plans" in err


def test_on_a_database_with_data_blocks_and_rows_are_compared(project: Project) -> None:
    folder, dsn = project.folder, project.production.dsn
    arguments = ("check", str(folder / "queries"), "--baseline", str(folder / "data.json"), "-d", dsn)
    assert project.command(*arguments, "--update")[0] == 0
    document = json.loads((folder / "data.json").read_text("utf-8"))
    assert all(one["measured"]["blocks"] > 0 for one in document["statements"])
    assert project.command(*arguments)[0] == 0
    project.write(QUERIES.replace("customer_id = $1", "customer_id >= $1 - 4000"))
    code, out, _ = project.command(*arguments, "--format", "json")
    rules = {reason["rule"] for one in json.loads(out)["statements"] for reason in one["reasons"]}
    assert (code, {"rows", "blocks"} <= rules) == (1, True)


def test_a_migration_is_tried_without_a_baseline(project: Project) -> None:
    up = project.folder / "up.sql"
    up.write_text("DROP INDEX orders_customer_idx;\n", "utf-8")
    files = (str(project.folder / "queries"), "--snapshot", str(project.folder / "prod.dbsnap"))
    code, out, _ = project.command("check", *files, "--migration", str(up), "--format", "json")
    assert code == 1
    assert {one["name"] for one in json.loads(out)["statements"] if one["verdict"] == "regression"} == {"by_customer"}
    up.write_text("CREATE INDEX unrelated ON items (sku);\nALTER TABLE orders ADD note text;\n", "utf-8")
    assert project.command("check", *files, "--migration", str(up))[0] == 0


def test_killed_at_any_moment_of_an_update_the_baseline_is_whole(project: Project) -> None:
    old = project.baseline.read_bytes()
    project.write(QUERIES + "".join(f"SELECT {n}, id FROM orders WHERE total = {n} LIMIT 5;\n" for n in range(200)))
    arguments = [sys.executable, "-m", "dbopt", "check", str(project.folder / "queries"), "--update"]
    arguments += ["--baseline", str(project.baseline), "--snapshot", str(project.folder / "prod.dbsnap")]
    started = time.monotonic()
    subprocess.run(arguments, check=True, capture_output=True)
    took = time.monotonic() - started
    new = project.baseline.read_bytes()
    assert new != old
    for part in (0.3, 0.6, 0.8, 0.9, 0.95, 0.98, 1.0, 1.02):
        project.baseline.write_bytes(old)
        with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
            time.sleep(took * part)
            os.kill(running.pid, signal.SIGKILL)
        assert project.baseline.read_bytes() in (old, new)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "name a --baseline"),
        (("--update",), "name"),
        (("--baseline", "b.json", "--tolerance", "lots"), "percentage"),
        (("--baseline", "b.json", "--timeout", "soon"), "duration"),
        (("--old-snapshot", "x.dbsnap"), "--snapshot"),
    ],
)
def test_options_that_say_nothing_are_refused(
    dbopt: Command, tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    file = tmp_path / "q.sql"
    file.write_text("SELECT 1;\n", "utf-8")
    code, out, err = dbopt("check", str(file), *options)
    assert (code, out) == (2, "")
    assert words in err


@pytest.mark.parametrize("output", ["b.json", "link.json", "hard.json", "new.json", "p.dbsnap", "q.sql", "up.sql"])
def test_a_report_never_overwrites_what_is_compared(dbopt: Command, tmp_path: Path, output: str) -> None:
    for name in ("b.json", "p.dbsnap", "q.sql", "up.sql"):
        (tmp_path / name).write_text("SELECT 1;\n", "utf-8")
    (tmp_path / "link.json").symlink_to("b.json")
    (tmp_path / "hard.json").hardlink_to(tmp_path / "b.json")
    baseline = tmp_path / ("new.json" if output == "new.json" else "b.json")
    files = ["--baseline", str(baseline), "--snapshot", str(tmp_path / "p.dbsnap"), "--migration"]
    for workload in (tmp_path / "q.sql", tmp_path):
        arguments = ("check", str(workload), *files, str(tmp_path / "up.sql"), "--update", "-o", str(tmp_path / output))
        code, _, err = dbopt(*arguments)
        assert (code, "would overwrite" in err) == (2, True)
