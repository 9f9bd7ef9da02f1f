"""The command dbopt partition suggest: files, snapshots, settings and what it refuses."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dbopt import documents
from dbopt.partition.suggest.advice import PartitionAdvice
from dbopt.plan import tree
from dbopt.shadow import snapshot as snapshots
from tests.index.advising import workload
from tests.partition.advising import EVENTS, LOOKUP, MONTHLY
from tests.servers import Database, Server

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def events(pg18: Server, new_database: Callable[[Server, str], Database]) -> Database:
    return new_database(pg18, EVENTS)


@pytest.fixture
def captured(tmp_path: Path) -> Callable[..., Path]:
    """A workload file of these statements."""

    def write(*statements: str) -> Path:
        path = tmp_path / "workload.json"
        path.write_text(documents.dump(workload(*statements)), "utf-8")
        return path

    return write


def test_the_advice_is_a_document(dbopt: Run, events: Database, captured: Callable[..., Path], tmp_path: Path) -> None:
    advice = tmp_path / "advice.json"
    asked = captured(MONTHLY, LOOKUP, "SELECT * FROM nowhere")
    code, out, err = dbopt("partition", "suggest", asked, "-d", events.dsn, "--min-size", "10MB", "-o", advice)
    assert (code, out) == (0, "")
    assert err.endswith(f"wrote {advice}\n")
    data = json.loads(advice.read_text())
    assert list(data) == [
        "schema", "server_version", "snapshot", "min_size_bytes", "planner_calls", "tables", "not_planned",
    ]  # fmt: skip
    assert (data["schema"], data["min_size_bytes"]) == ("dbopt.partition_advice/1", 10 * 2**20)
    assert list(data["tables"][0]) == [
        "table", "rows", "bytes", "verdict", "why", "reason", "command", "proposal", "retention", "obstacles", "others",
    ]  # fmt: skip
    assert list(data["tables"][0]["proposal"]) == [
        "control", "strategy", "key", "interval", "modulus", "partitions", "partitions_ahead", "partitions_kept",
        "partitions_expected", "partitions_tried", "needs_default",
        "average_rows", "average_bytes", "largest_bytes", "cost_before",
        "cost_after", "pruning", "faster", "slower", "failing", "unknown", "statements",
    ]  # fmt: skip
    assert list(data["tables"][0]["proposal"]["statements"][0]) == [
        "id", "name", "calls", "cost_before", "cost_after", "partitions_scanned", "prunes", "change", "error",
    ]  # fmt: skip
    assert documents.read(PartitionAdvice, str(advice)).tables[0].command is not None
    assert data["not_planned"] == []  # of no table that is asked about


def test_the_table_says_what_to_run_what_is_in_the_way_and_what_gets_slower(
    dbopt: Run, events: Database, captured: Callable[..., Path]
) -> None:
    code, out, _ = dbopt(
        "partition",
        "suggest",
        captured(MONTHLY, LOOKUP),
        "-d",
        events.dsn,
        "--min-size",
        "10MB",
        "--format",
        "markdown",
    )
    assert code == 0
    assert 'dbopt partition convert public.events --control created_at --interval "1 month" --widen-keys' in out
    assert "1 of 1 tables should be partitioned" in out
    assert "### public.events: in the way" in out
    assert "make it (id, created_at)" in out
    slower = out.split("### public.events: statements that become slower or fail")[1]
    assert LOOKUP[:29] in slower
    assert MONTHLY[:29] not in slower


def test_a_snapshot_needs_no_server_and_gives_the_same_bytes(
    dbopt: Run, events: Database, captured: Callable[..., Path], tmp_path: Path
) -> None:
    taken = tmp_path / "events.dbsnap"
    assert dbopt("snapshot", "-d", events.dsn, "-o", taken)[0] == 0
    command = ("partition", "suggest", captured(MONTHLY), "--snapshot", taken, "--min-size", "10MB", "--format", "json")
    first, second = dbopt(*command), dbopt(*command)
    assert first[:2] == second[:2]
    data = json.loads(first[1])
    assert (data["snapshot"], data["tables"][0]["verdict"]) == ("events.dbsnap", "yes")


def test_a_large_table_is_partitioned_by_the_least_size_that_is_the_default(
    dbopt: Run, events: Database, captured: Callable[..., Path], tmp_path: Path
) -> None:
    taken = tmp_path / "large.dbsnap"
    assert dbopt("snapshot", "-d", events.dsn, "-o", taken)[0] == 0
    snapshots.save(a_thousand_times(snapshots.load(taken)), taken)
    code, out, _ = dbopt("partition", "suggest", captured(MONTHLY), "--snapshot", taken, "--format", "json")
    table = json.loads(out)["tables"][0]
    assert (code, table["verdict"], table["rows"]) == (0, "yes", 200_000_000)
    assert table["bytes"] > 40 * 2**30
    made = table["proposal"]
    assert (made["interval"], made["partitions"]) == ("1 month", 12)
    assert 3 * 2**30 < made["average_bytes"] < 4 * 2**30
    assert made["cost_after"] == pytest.approx(made["cost_before"] / 12, rel=0.2)


def a_thousand_times(taken: snapshots.Snapshot) -> snapshots.Snapshot:
    """The snapshot of a table of that many more rows, as pg_dump writes its statistics."""
    counted = re.compile(r"('(?:relpages|reltuples|relallvisible)', ')(\d+)(')")
    dump = counted.sub(lambda found: f"{found[1]}{int(found[2]) * 1000}{found[3]}", taken.dump)
    assert dump != taken.dump
    return replace(taken, dump=dump, relations=tuple(replace(one, blocks=one.blocks * 1000) for one in taken.relations))


def test_the_archive_of_the_configuration_is_a_wish(
    dbopt: Run, events: Database, captured: Callable[..., Path], tmp_path: Path
) -> None:
    settings = tmp_path / "dbopt.toml"
    settings.write_text(
        '[[archive]]\nname = "events"\ntable = "public.events"\ncontrol = "created_at"\nkeep_hot = "90 days"\n'
    )
    command = ("partition", "suggest", captured(LOOKUP), "-d", events.dsn, "--config", settings, "--format", "json")
    found = json.loads(dbopt(*command, "--min-size", "10MB")[1])["tables"][0]["retention"]
    assert (found["keep"], found["source"], found["deleted_rows"]) == ("90 days", "archive", None)
    assert found["expired_rows"] == pytest.approx(200_000 * 275.7 / 365.7, rel=0.02)
    small = json.loads(dbopt(*command)[1])["tables"][0]
    assert (small["verdict"], small["why"]) == ("no", "small")
    settings.write_text('[[archive]]\ntable = "public.events"\nkeep_hot = "soon"\n')
    code, _, err = dbopt(*command)
    assert code == 3
    assert '[[archive]] 1: "soon" is not an interval' in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--keep", "soon"), '"soon" is not an interval'),
        (("--interval", "often"), '"often" is not an interval'),
        (("--min-size", "huge"), '"huge" is not a size'),
        (("--table", "nowhere"), "--table nowhere: there is no such table"),
        (("--format", "html"), "this command has no html output"),
    ],
)
def test_what_makes_no_sense_is_refused(
    dbopt: Run, events: Database, captured: Callable[..., Path], options: tuple[str, str], message: str
) -> None:
    code, out, err = dbopt("partition", "suggest", captured(MONTHLY), "-d", events.dsn, *options)
    assert (code, out) == (2, "")
    assert message in err


def test_a_workload_of_another_database_is_nothing_to_advise_on(
    dbopt: Run, events: Database, captured: Callable[..., Path]
) -> None:
    code, _, err = dbopt("partition", "suggest", captured("SELECT * FROM nowhere"), "-d", events.dsn)
    assert code == 3
    assert "touches no table of this database" in err


def test_the_command_that_is_advised_makes_what_was_foretold(
    dbopt: Run, events: Database, captured: Callable[..., Path]
) -> None:
    events.session.script("DROP TABLE notes")
    asked = captured(MONTHLY, LOOKUP)
    advice = dbopt("partition", "suggest", asked, "-d", events.dsn, "--min-size", "10MB", "--format", "json")[1]
    table = json.loads(advice)["tables"][0]
    program, *words = shlex.split(table["command"])
    assert program == "dbopt"
    assert dbopt(*words, "-d", events.dsn, "--yes", "--quiet")[0] == 0
    for text, foretold in zip((MONTHLY, LOOKUP), table["proposal"]["statements"], strict=True):
        plan = tree.parse(events.session.fetch_workload(text, prefix="EXPLAIN (FORMAT JSON) ")[0]["QUERY PLAN"])
        scanned = {node.relation for node in plan.nodes if node.relation}
        has_all = foretold["partitions_scanned"] == table["proposal"]["partitions_tried"]
        assert (len(scanned) == foretold["partitions_scanned"]) or (has_all and len(scanned) > 17)
