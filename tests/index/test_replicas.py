"""Reads of indexes that other servers count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from dbopt import documents
from dbopt.index.existing import needless
from dbopt.index.replicas import Replica, add, read_replica, with_replicas
from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.session import connect
from tests.conftest import SHOP as SHOP_SCRIPT
from tests.index.advising import workload
from tests.index.shop import SHOP, index
from tests.servers import Database, Server
from tests.standby import standby

DAY = 86_400.0
IDLE = index("idle", "orders", "status", scans=0)
CATALOG = replace(SHOP, indexes=(IDLE,), counted_seconds=30 * DAY)


def test_an_index_that_a_replica_reads_is_used() -> None:
    idle = Replica({("public", "idle"): 0}, 9 * DAY)
    (found,) = needless(add(CATALOG, [idle]))
    assert found.kind == "unused"
    assert "9 days of counting on this server and 1 replica" in found.reason
    assert needless(add(CATALOG, [idle, Replica({("public", "idle"): 1}, 9 * DAY)])) == ()


@pytest.mark.parametrize(
    "replica",
    [
        Replica({("public", "idle"): 0}, 0.9 * DAY),
        Replica({("public", "idle"): 0}, None),
        Replica({}, 9 * DAY),
    ],
)
def test_a_replica_that_cannot_know_keeps_it(replica: Replica) -> None:
    assert needless(add(CATALOG, [replica])) == ()


def test_a_replica_tells_its_reads(shop: Database) -> None:
    shop.session.script(
        """CREATE INDEX by_status ON orders (status); CREATE INDEX idle ON orders (total); SET enable_seqscan = off;
           SELECT count(*) FROM orders WHERE status = 'open'"""
    )
    shop.session.close()
    with connect(shop.dsn) as session:
        seen = read_replica(session)
        while not seen.scans[("public", "by_status")]:  # counts reach the others a moment later
            seen = read_replica(session)
    assert seen.scans[("public", "idle")] == 0
    assert (seen.counted_seconds or 0) > 0


def test_one_that_is_not_there_or_young_is_said(shop: Database) -> None:
    opens = [partial(connect, "host=/nowhere password=secret"), partial(connect, shop.dsn)]
    counted, remarks = with_replicas(CATALOG, opens)
    assert counted.counted_seconds is None
    assert remarks[0].startswith("replica 1 was not asked, so that no index is called unused: ")
    assert remarks[1] == "replica 2 has counted for less than a day, so that no index is called unused"
    assert "secret" not in remarks[0]


def test_a_standby_counts_for_itself(pg15: Server, new_database: Callable[..., Database]) -> None:
    shop = new_database(pg15, SHOP_SCRIPT)
    shop.session.script("CREATE INDEX by_status ON orders (status); CREATE INDEX idle ON orders (total)")
    with standby(pg15) as there:
        with connect(f"{there} dbname={shop.name}") as session:
            session.script("SET enable_seqscan = off; SELECT count(*) FROM orders WHERE status = 'open'")
        reads = 0
        while not reads:  # counts reach the others a moment later
            with connect(f"{there} dbname={shop.name}") as session:
                seen = read_replica(session)
            reads = seen.scans["public", "by_status"]
    counted = add(
        replace(read_catalog(shop.session), counted_seconds=9 * DAY), [replace(seen, counted_seconds=9 * DAY)]
    )
    assert [found.index.name for found in needless(counted)] == ["idle"]


def test_suggest_asks_them(dbopt: Callable[..., tuple[int, str, str]], shop: Database, tmp_path: Path) -> None:
    captured = tmp_path / "workload.json"
    captured.write_text(documents.dump(workload("SELECT * FROM orders WHERE id = 3")), "utf-8")
    code, _, err = dbopt("suggest", captured, "-d", shop.dsn, "--replica", shop.dsn, "--replica", "host=/nowhere")
    assert code == 0
    assert "warning: replica 1 has counted for less than a day" in err
    assert "warning: replica 2 was not asked" in err
    code, _, err = dbopt("suggest", captured, "--snapshot", "x.dbsnap", "--replica", shop.dsn)
    assert code == 2
    assert "--snapshot has none" in err
