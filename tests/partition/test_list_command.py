"""`dbopt partition list`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from dbopt.output import terminal
from dbopt.output.partition_list import report
from dbopt.partition.listing import listing
from tests.partition.sets import EVENTS, days
from tests.servers import Database

Dbopt = Callable[..., tuple[int, str, str]]


def test_a_set_is_shown_with_what_it_lacks(dbopt: Dbopt, database: Database, tmp_path: Path) -> None:
    session = database.session
    session.script(EVENTS + "CREATE TABLE events_default PARTITION OF events DEFAULT")
    days(session, -4, -3, -1, 0)
    session.script("INSERT INTO events (at, note) SELECT now() + '99 days', 'x' FROM generate_series(1, 7)")
    session.script("ANALYZE")
    config = tmp_path / "dbopt.toml"
    config.write_text('[[archive]]\nname = "old"\ntable = "public.events"\nkeep_hot = "2 days"\n')
    code, out, err = dbopt("partition", "list", "-d", database.dsn, "--config", config, "--format", "json")
    assert code == 0, err
    (one,) = json.loads(out)["sets"]
    assert (one["table"], one["strategy"], one["key"], one["kind"]) == ("public.events", "range", "at", "timestamptz")
    assert (one["interval"], one["managed_by"], one["default_rows"]) == ("1 day", "native", 7)
    assert [each["is_default"] for each in one["partitions"]] == [False] * 4 + [True]
    assert one["partitions"][0]["bound"].startswith("FROM ('20")
    assert one["partitions"][0]["bound"].endswith(" 00:00:00+00')")
    assert len(one["gaps"]) == 1
    assert one["to_create"][0] == one["gaps"][0]
    assert len(one["to_create"]) == 1 + 4
    assert one["to_archive"] == [each["partition"] for each in one["partitions"][:2]]
    code, out, _ = dbopt("partition", "list", "events", "-d", database.dsn, "--config", config)
    assert code == 0
    for said in ("every 1 day", "gaps: 20", "about 7 rows in the default", "to create: 5", "to archive: 2"):
        assert said in out


def test_sets_of_every_strategy_are_in_one_csv(dbopt: Dbopt, database: Database) -> None:
    database.session.script(
        'CREATE SCHEMA "Élan"; CREATE TABLE "Élan"."Orders" (region text) PARTITION BY LIST (region);'
        """CREATE TABLE "Élan"."Orders west" PARTITION OF "Élan"."Orders" FOR VALUES IN ('a,"b', NULL);"""
        "CREATE TABLE hashed (id int) PARTITION BY HASH (id);"
        "CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (modulus 2, remainder 0)"
    )
    code, out, _ = dbopt("partition", "list", "-d", database.dsn, "--format", "csv")
    assert code == 0
    found = [(row["table"], row["partition"], row["bound"]) for row in csv.DictReader(io.StringIO(out))]
    assert sorted(found) == [
        ('"Élan"."Orders"', '"Élan"."Orders west"', "IN ('a,\"b', NULL)"),
        ("public.hashed", "public.hashed_0", "WITH (modulus 2, remainder 0)"),
    ]


def test_on_a_terminal_each_partition_has_a_bar(database: Database) -> None:
    session = database.session
    session.script(EVENTS)
    days(session, -1, 0)
    session.script("INSERT INTO events (at, note) SELECT now(), repeat('x', 99) FROM generate_series(1, 5000)")
    console = Console(width=160, record=True, file=io.StringIO())
    terminal.draw(report(listing(session, "events")), console)
    bars = [line.count("█") for line in console.export_text().splitlines() if "events_p" in line]
    assert bars[0] < bars[1] == 20


def test_a_set_of_many_partitions_is_listed(database: Database) -> None:
    session = database.session
    session.script(
        """CREATE TABLE many (id bigint) PARTITION BY RANGE (id);
        DO $$ BEGIN FOR n IN 0..799 LOOP EXECUTE format(
            'CREATE TABLE many_p%s PARTITION OF many FOR VALUES FROM (%s) TO (%s)', n, n * 10, n * 10 + 10);
        END LOOP; END $$"""
    )
    (one,) = listing(session, "many").sets
    assert (len(one.partitions), one.interval, one.gaps) == (800, "10", ())


def test_a_table_that_is_not_partitioned_is_refused(dbopt: Dbopt, database: Database) -> None:
    database.session.script("CREATE TABLE plain (a int)")
    code, out, err = dbopt("partition", "list", "plain", "-d", database.dsn)
    assert (code, out) == (3, "")
    assert "not a partitioned table" in err
    code, out, err = dbopt("partition", "list", "-d", database.dsn)
    assert code == 0
    assert "there is no partition set" in err
