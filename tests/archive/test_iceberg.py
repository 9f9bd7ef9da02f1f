"""The Iceberg table of a policy shows what the ledger says is archived: each row once, whatever was killed, changed,
expired or put back.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dbopt.archive import expire, iceberg, ledger
from dbopt.archive.iceberg_types import united
from dbopt.archive.restore import Asked, restore
from dbopt.archive.run import Hooks
from dbopt.archive.work import ICEBERG
from dbopt.errors import ConfigurationError, FeatureMissing
from dbopt.postgres.clock import now_us
from dbopt.postgres.identifiers import SQL
from tests.archive.archiving import EVENTS, archive, archived_rows, contents, count, policies
from tests.archive.archiving import section as plain_section
from tests.archive.test_types import TYPES
from tests.servers import Database, Server

OTHERS = """
CREATE TABLE others (id bigint PRIMARY KEY, at timestamptz NOT NULL, note text);
INSERT INTO others SELECT n, timestamptz '2024-01-01Z' + n * interval '1 hour', 'n' || n
FROM generate_series(1, 300) AS n
"""


@pytest.fixture
def events(pg18: Server, new_database: Callable[[Server, str], Database]) -> Database:
    return new_database(pg18, EVENTS)


def section(folder: Path, **values: Any) -> dict[str, Any]:
    """As somebody writes it who says nothing of Iceberg."""
    found = plain_section(folder, **values)
    return found if "iceberg" in values else {key: value for key, value in found.items() if key != "iceberg"}


def table(folder: Path, name: str = "events") -> pa.Table:
    """What a reader of the table sees."""
    with iceberg.catalog(folder) as opened:
        found: pa.Table = opened.load_table((iceberg.NAMESPACE, name)).scan().to_arrow()
        return found


def ids(folder: Path, name: str = "events") -> list[int]:
    return sorted(table(folder, name)["id"].to_pylist())


def files_of(folder: Path, name: str = "events") -> list[str]:
    with iceberg.catalog(folder) as opened:
        tasks = opened.load_table((iceberg.NAMESPACE, name)).scan().plan_files()
        return sorted(task.file.file_path.removeprefix(f"file://{folder}/") for task in tasks)


def lines(rows: pa.Table) -> Counter[str]:
    return Counter(str(sorted(row.items())) for row in rows.to_pylist())


def noted() -> tuple[list[str], Hooks]:
    notes: list[str] = []
    return notes, Hooks(on_note=notes.append)


def add_events(database: Database, lower: int, upper: int) -> None:
    database.session.execute(
        SQL(
            "INSERT INTO events (id, at, kind, amount) SELECT n, timestamptz '2024-01-01Z' + n * interval '1 hour',"
            f" 'k', n FROM generate_series({lower}, {upper}) AS n"
        )
    )


def end_grace(database: Database) -> None:
    database.session.execute(SQL("UPDATE dbopt.archive_batch SET expires_at = now() WHERE state = 'expiring'"))


class Killed(BaseException):
    """A run is killed here."""


def kill_at(step: str, nth: int = 1) -> Hooks:
    seen: Counter[str] = Counter()

    def told(name: str) -> None:
        seen[name] += 1
        if name == step and seen[name] == nth:
            raise Killed

    return Hooks(step=told)


def test_it_has_the_rows_that_were_archived(events: Database, tmp_path: Path) -> None:
    archive(events.session, section(tmp_path, batch_rows=2000, file_rows=700))
    found = table(tmp_path)
    assert sorted(found["id"].to_pylist()) == list(range(1, 5001))
    written = [pq.ParquetFile(path).read() for path in tmp_path.rglob("*.parquet")]
    assert lines(found) == lines(pa.concat_tables(written))
    assert all(batch.published for batch in ledger.batches(events.session))


def test_values_of_every_type_are_there(
    server: Server, new_database: Callable[[Server, str], Database], tmp_path: Path
) -> None:
    kinds = new_database(server, TYPES)
    archive(kinds.session, section(tmp_path, name="kinds", table="kinds", control="id", keep_hot=0))
    (path,) = tmp_path.rglob("*.parquet")
    assert lines(table(tmp_path, "kinds")) == lines(pq.ParquetFile(path).read())


def test_a_folder_with_a_strange_name(events: Database, tmp_path: Path) -> None:
    folder = tmp_path / "the archive's é 100%20 folder"
    archive(events.session, section(folder))
    assert len(ids(folder)) == 5000


def test_later_runs_add_to_it(events: Database, tmp_path: Path) -> None:
    archive(events.session, section(tmp_path), limit=2000)
    assert len(ids(tmp_path)) == 2000
    archive(events.session, section(tmp_path))
    assert ids(tmp_path) == list(range(1, 5001))


def test_columns_come_and_go(events: Database, tmp_path: Path) -> None:
    archive(events.session, section(tmp_path))
    events.session.script("ALTER TABLE events DROP kind, ADD note text, ALTER amount TYPE numeric(20, 2)")
    events.session.script("INSERT INTO events VALUES (6000, '2024-02-01Z', 5, 'new')")
    archive(events.session, section(tmp_path))
    rows = {row["id"]: row for row in table(tmp_path).to_pylist()}
    assert len(rows) == 5001
    assert (rows[1]["kind"], rows[1]["note"]) == ("k1", None)
    assert (rows[6000]["kind"], rows[6000]["note"], str(rows[6000]["amount"])) == (None, "new", "5.00")


def test_a_column_of_another_type_is_said_and_left_out(events: Database, tmp_path: Path) -> None:
    archive(events.session, section(tmp_path))
    events.session.script("ALTER TABLE events ALTER amount TYPE text; INSERT INTO events VALUES (6000, '2024-02-01Z')")
    notes, hooks = noted()
    (done,) = archive(events.session, section(tmp_path), hooks=hooks)
    assert (done.rows, done.error) == (1, None)
    assert notes[-1].endswith("its column amount is string, which was decimal(12, 2) before")
    assert ids(tmp_path) == list(range(1, 5001))


@pytest.mark.parametrize(
    ("before", "arrow", "after"),
    [
        ("int", "int64", "long"),
        ("long", "int16", "long"),
        ("float", "double", "double"),
        ("decimal(10, 2)", "decimal128(12, 2)", "decimal(12, 2)"),
        ("decimal(10, 2)", "decimal128(12, 4)", None),
        ("int", "string", None),
        ("timestamp", "timestamp[us, tz=UTC]", None),
    ],
)
def test_what_a_type_can_become(before: str, arrow: str, after: str | None) -> None:
    found, problem = united({"a": before}, {"a": arrow})
    assert found == {"a": after or before}
    assert (problem is None) == (after is not None)


@pytest.mark.parametrize("nth", [1, 2])
def test_killed_between_the_commit_and_the_ledger_nothing_is_added_twice(
    events: Database, tmp_path: Path, nth: int
) -> None:
    archive(events.session, section(tmp_path), limit=1000)
    add_events(events, 7000, 7100)
    steps = kill_at(ICEBERG, 1)
    with pytest.raises(Killed):
        archive(events.session, section(tmp_path), hooks=steps)
    assert not all(batch.published for batch in ledger.batches(events.session))
    assert len(ids(tmp_path)) == 5101
    for _ in range(nth):
        archive(events.session, section(tmp_path))
    assert ids(tmp_path) == [*range(1, 5001), *range(7000, 7101)]
    assert all(batch.published for batch in ledger.batches(events.session))


def test_killed_before_the_commit_the_next_run_adds_it_first(events: Database, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        archive(events.session, section(tmp_path, batch_rows=1000), hooks=kill_at("committed", 2))
    assert not (tmp_path / iceberg.CATALOG).exists()
    with pytest.raises(Killed):
        archive(events.session, section(tmp_path, batch_rows=1000), hooks=kill_at("snapshot"))
    assert len(ids(tmp_path)) == 2000


def test_two_policies_in_one_destination(events: Database, tmp_path: Path) -> None:
    events.session.script(OTHERS)
    archive(events.session, section(tmp_path), section(tmp_path, name="public.others", table="others"))
    assert len(ids(tmp_path)) == 5000
    assert ids(tmp_path, "public_others") == list(range(1, 301))


def test_a_table_of_another_policy_is_left_alone(events: Database, tmp_path: Path) -> None:
    events.session.script(OTHERS)
    archive(events.session, section(tmp_path, name="a.b"))
    notes, hooks = noted()
    archive(events.session, section(tmp_path, name="a_b", table="others"), hooks=hooks)
    assert notes == ["a_b: the Iceberg table is left as it was: dbopt.a_b is the table of the policy a.b"]
    assert len(ids(tmp_path, "a_b")) == 5000


def test_expired_batches_leave_it_before_their_files_go(events: Database, tmp_path: Path) -> None:
    archive(events.session, section(tmp_path, batch_rows=1000))
    (policy,) = policies(section(tmp_path, keep_archive="1 year"))
    events.session.script(
        "UPDATE dbopt.archive_batch SET lower = lower + 10 ^ 15, upper = upper + 10 ^ 15 WHERE id = 5"  # 31 years
    )
    expire.expire(events.session, [policy])
    assert len(ids(tmp_path)) == 1000
    end_grace(events)
    done = expire.expire(events.session, [policy])
    assert done.policies[0].expired == 4
    assert len(ids(tmp_path)) == 1000


def test_rows_that_were_put_back_leave_it(events: Database, tmp_path: Path) -> None:
    asked = section(tmp_path, batch_rows=1000)
    before = contents(events.session, "events")
    archive(events.session, asked)
    (policy,) = policies(asked)
    restore(events.session, policy, Asked("2024-01-10 00:00Z", "2024-03-01 00:00Z"))
    hot = {row["id"] for row in events.session.fetch(SQL("SELECT id FROM events"))}
    assert len(hot) == 1224
    assert ids(tmp_path) == sorted(set(range(1, 5001)) - hot)
    archive(events.session, asked)  # they go again, as rows of a new batch
    assert ids(tmp_path) == list(range(1, 5001))
    restore(events.session, policy, Asked("2024-01-20 00:00Z", "2024-01-25 00:00Z"))
    hot = {row["id"] for row in events.session.fetch(SQL("SELECT id FROM events"))}
    assert (len(hot), ids(tmp_path)) == (120, sorted(set(range(1, 5001)) - hot))
    restore(events.session, policy, Asked())
    assert contents(events.session, "events") == before
    assert ids(tmp_path) == []


def test_a_copy_without_the_rows_that_were_put_back_expires_with_its_batch(events: Database, tmp_path: Path) -> None:
    asked = section(tmp_path, keep_archive="1 year")
    archive(events.session, asked)
    (policy,) = policies(asked)
    restore(events.session, policy, Asked("2024-01-10 00:00Z", "2024-01-11 00:00Z"))
    copies = [path for path in files_of(tmp_path) if "/iceberg/" in path]
    assert len(copies) == 1
    expire.expire(events.session, [policy])
    assert ids(tmp_path) == []
    end_grace(events)
    expire.expire(events.session, [policy])
    assert list(tmp_path.rglob("*.parquet")) == []


def test_rows_without_a_time_and_beyond_all_time_are_put_back_where_the_range_has_no_end(
    server: Server, new_database: Callable[[Server, str], Database], tmp_path: Path
) -> None:
    kinds = new_database(
        server,
        "CREATE TABLE kinds (id int PRIMARY KEY, at timestamptz); INSERT INTO kinds VALUES (1, '-infinity'),"
        " (2, '0044-03-15 00:00:00+00 BC'), (3, '2020-01-01Z'), (4, '2021-01-01Z')",
    )
    asked = section(tmp_path, name="kinds", table="kinds")
    archive(kinds.session, asked)
    restore(kinds.session, policies(asked)[0], Asked(upper="2020-06-01Z"))
    assert ids(tmp_path, "kinds") == [4]
    assert count(kinds.session, "kinds") == 3


def test_a_failure_is_a_note_and_tried_again(events: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise OSError("no space left on device")

    notes, hooks = noted()
    with monkeypatch.context() as patched:
        patched.setattr(iceberg, "_commit", failing)
        (done,) = archive(events.session, section(tmp_path), hooks=hooks)
    assert (done.rows, done.error) == (5000, None)
    assert notes == ["events: the Iceberg table is left as it was: OSError: no space left on device"]
    archive(events.session, section(tmp_path))
    assert len(ids(tmp_path)) == 5000


def test_without_the_library_there_is_one_note(
    events: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise FeatureMissing(f"this needs the library {name}")

    monkeypatch.setattr(iceberg, "imported", missing)
    notes, hooks = noted()
    archive(events.session, section(tmp_path), hooks=hooks)
    assert notes == ["events: the Iceberg table is left as it was: this needs the library pyiceberg"]
    assert not (tmp_path / iceberg.CATALOG).exists()


def test_it_is_made_anew_where_somebody_removed_it(events: Database, tmp_path: Path) -> None:
    archive(events.session, section(tmp_path))
    (tmp_path / iceberg.CATALOG).unlink()
    archive(events.session, section(tmp_path))
    assert len(ids(tmp_path)) == archived_rows(events.session) == 5000


def test_states_from_before_the_grace_period_are_forgotten(
    events: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        archive(events.session, section(tmp_path), limit=1000)
    old = set(tmp_path.rglob("*.avro"))
    for path in old:
        os.utime(path, (0, 0))
    monkeypatch.setattr(iceberg, "now_us", lambda session: now_us(session) + 30 * 86_400 * 10**6)
    archive(events.session, section(tmp_path), limit=1000)
    with iceberg.catalog(tmp_path) as opened:
        found = opened.load_table((iceberg.NAMESPACE, "events"))
        assert len(found.snapshots()) == 1
    assert len(old & set(tmp_path.rglob("*.avro"))) == 2  # of the files that the first two added
    assert len(ids(tmp_path)) == 3000


def test_a_policy_can_do_without(events: Database, tmp_path: Path) -> None:
    archive(events.session, section(tmp_path, iceberg=False))
    assert not (tmp_path / iceberg.CATALOG).exists()
    archive(events.session, section(tmp_path))
    assert len(ids(tmp_path)) == 5000


def test_a_bucket_has_none(tmp_path: Path) -> None:
    (policy,) = policies(section(tmp_path, destination="s3://bucket/prefix"))
    assert not policy.has_iceberg
    with pytest.raises(ConfigurationError, match="needs a folder"):
        policies(section(tmp_path, destination="s3://bucket/prefix", iceberg=True))
