"""The demo: its shop, its application, and the loop of commands over both."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg import sql

from dbopt import resources
from dbopt.demo import application, shop
from tests.servers import Database

Run = Callable[..., tuple[int, str, str]]
SMALL = shop.size(0.01)


def test_a_scale_multiplies_the_rows_but_keeps_enough_of_them() -> None:
    assert shop.size(2).orders == 2 * shop.size(1).orders
    assert shop.size(0.00001) == shop.Size(1000, 1000, 1000, 1000)


def test_the_shop_is_the_same_every_time(new_database: Callable[..., Database], database: Database) -> None:
    def checksum(made: Database) -> object:
        shop.load(made.session, SMALL)
        return made.session.fetch(sql.SQL("SELECT sum(customer_id), sum(total), count(coupon) FROM orders"))

    assert checksum(database) == checksum(new_database(database.server))


def test_every_statement_of_the_application_gets_its_values() -> None:
    values = application.Visitor(SMALL, seed=1).values()
    for name in application.statements():
        resources.query(name, 18) % dict.fromkeys(values, "")


def test_visitors_are_the_same_for_the_same_seed() -> None:
    assert application.Visitor(SMALL, 7).values() == application.Visitor(SMALL, 7).values()
    assert application.Visitor(SMALL, 7).values() != application.Visitor(SMALL, 8).values()


def test_the_application_is_seen_by_pg_stat_statements(database: Database) -> None:
    shop.load(database.session, SMALL)
    with database.session.another() as one, database.session.another() as other:
        sent = application.run([one, other], SMALL, rounds=3)
    seen = database.session.fetch(
        sql.SQL(
            "SELECT sum(calls) AS calls FROM pg_stat_statements JOIN pg_database d ON d.oid = dbid"
            " WHERE datname = current_database() AND query ~ '(FROM|UPDATE) (orders|items|events|customers|products)'"
            " AND query !~ '^/\\* dbopt'"
        )
    )
    assert sent == 3 * len(application.statements()) == seen[0]["calls"]


def test_an_error_of_one_connection_reaches_the_caller(database: Database) -> None:
    with pytest.raises(Exception, match="does not exist"), database.session.another() as one:
        application.run([one], SMALL, rounds=1)


def test_the_loop_makes_the_shop_faster(dbopt: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBOPT_DSN", "host=/nowhere")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "dbopt.toml").write_text('dsn = "host=/nowhere"')  # nobody's database but the demo's own
    before = (dict(os.environ), Path.cwd())
    code, out, err = dbopt("demo", "--scale", "0.1", "--keep", tmp_path / "kept", "--format", "json")
    comparison = json.loads(out)
    assert code == 0, err
    assert comparison["statements"]  # how many are slow enough for the demo depends on the machine
    assert comparison["total"]["speedup"] > 1 / 0.7
    assert max(one["speedup"] or 0 for one in comparison["statements"]) >= 10
    kept = {path.name for path in (tmp_path / "kept").iterdir()}
    assert kept >= {"workload.json", "before.json", "advice.json", "undo.json", "after.json", "report.html"}
    assert (dict(os.environ), Path.cwd()) == before


@pytest.mark.parametrize("scale", ["0", "-1", "1000", "x"])
def test_a_scale_out_of_range_is_a_usage_error(dbopt: Run, scale: str) -> None:
    assert dbopt("demo", "--scale", scale)[0] == 2


def test_a_directory_that_cannot_be_made_is_a_clear_error(dbopt: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, _, err = dbopt("demo", "--keep", tmp_path / "file" / "sub")
    assert (code, err.count("dbopt: error")) == (3, 1)
