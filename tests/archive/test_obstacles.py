"""Tables that are not archived: a clear refusal before anything is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbopt.archive import ledger
from dbopt.errors import DboptError, Obstructed, UsageError
from dbopt.postgres.identifiers import SQL
from tests.archive.archiving import EVENTS, archive, contents, count, files, section
from tests.servers import Database


def refused(database: Database, folder: Path, **values: object) -> str:
    """What is said; and that nothing is changed."""
    before = contents(database.session, "events")
    with pytest.raises((Obstructed, UsageError)) as caught:
        archive(database.session, section(folder, **values))
    assert contents(database.session, "events") == before
    assert not ledger.exists(database.session)
    assert files(folder) == []
    return caught.value.message


@pytest.fixture
def events(database: Database) -> Database:
    database.session.script(EVENTS)
    return database


def test_a_foreign_key_that_points_to_the_table(events: Database, tmp_path: Path) -> None:
    events.session.script("CREATE TABLE notes (event_id bigint REFERENCES events)")
    assert "foreign key notes_event_id_fkey of public.notes points to it" in refused(events, tmp_path)


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "SET DEFAULT"])
def test_a_foreign_key_that_changes_other_rows(events: Database, tmp_path: Path, action: str) -> None:
    events.session.script(f"CREATE TABLE notes (event_id bigint REFERENCES events ON DELETE {action})")
    assert "make it NO ACTION" in refused(events, tmp_path)


def test_a_table_that_refers_goes_first_by_a_policy_of_its_own(events: Database, tmp_path: Path) -> None:
    events.session.script(
        "CREATE TABLE notes (id int PRIMARY KEY, at date, event_id bigint REFERENCES events);"
        "INSERT INTO notes VALUES (1, '2024-01-01', 7), (2, '9999-01-01', 8)"
    )
    notes = section(tmp_path, name="notes", table="notes")
    archive(events.session, section(tmp_path, after=["notes"]), notes)
    assert contents(events.session, "notes") == ["(2,9999-01-01,8)"]
    assert [row["id"] for row in events.session.fetch(SQL("SELECT id FROM events"))] == [8]


def test_rows_that_refer_to_rows_of_the_same_table_go_before_these(events: Database, tmp_path: Path) -> None:
    events.session.script(
        "ALTER TABLE events ADD COLUMN parent bigint REFERENCES events; UPDATE events SET parent = id - 1 WHERE id > 1;"
        "INSERT INTO events (id, at, parent) VALUES (10000, 'infinity', 4990)"
    )
    archive(events.session, section(tmp_path), limit=3)
    assert count(events.session, "events WHERE id > 4990") == 8  # not the newest three, to which nobody refers


def test_no_primary_key(events: Database, tmp_path: Path) -> None:
    events.session.script("ALTER TABLE events DROP CONSTRAINT events_pkey")
    assert "it has no primary key" in refused(events, tmp_path)
    events.session.script("INSERT INTO events SELECT * FROM events WHERE id <= 10")
    archive(events.session, section(tmp_path, without_primary_key=True))
    assert count(events.session, "events") == 0


def test_row_security(events: Database, tmp_path: Path) -> None:
    events.session.script(
        f"DROP ROLE IF EXISTS archivist_{events.name}; CREATE ROLE archivist_{events.name} LOGIN;"
        f"GRANT ALL ON events TO archivist_{events.name}; GRANT CREATE ON DATABASE {events.name} TO"
        f" archivist_{events.name}; ALTER TABLE events ENABLE ROW LEVEL SECURITY"
    )
    with events.session.another(user=f"archivist_{events.name}") as session:
        assert "row security hides rows" in refused_as(session, events, tmp_path)


def test_a_role_without_delete(events: Database, tmp_path: Path) -> None:
    events.session.script(
        f"DROP ROLE IF EXISTS reader_{events.name}; CREATE ROLE reader_{events.name} LOGIN;"
        f"GRANT SELECT ON events TO reader_{events.name}"
    )
    with events.session.another(user=f"reader_{events.name}") as session:
        assert "GRANT DELETE ON public.events" in refused_as(session, events, tmp_path)


def refused_as(session: object, events: Database, folder: Path) -> str:
    before = contents(events.session, "events")
    with pytest.raises(DboptError) as caught:
        archive(session, section(folder))  # type: ignore[arg-type]
    assert contents(events.session, "events") == before
    assert not ledger.exists(events.session)
    return caught.value.message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("CREATE RULE keep AS ON DELETE TO events DO INSTEAD NOTHING", "rule for DELETE"),
        ("CREATE TABLE child () INHERITS (events)", "inherits"),
    ],
)
def test_a_table_that_does_not_simply_hold_its_rows(events: Database, tmp_path: Path, change: str, said: str) -> None:
    events.session.script(change)
    assert said in refused(events, tmp_path)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"control": "nothing"}, "has no column nothing"),
        ({"control": "amount"}, "keep_hot is an interval, but amount holds numbers"),
        ({"keep_hot": 5}, "keep_hot is a number, but at carries times"),
        ({"method": "detach"}, "has no partitions to detach"),
    ],
)
def test_a_policy_that_does_not_fit_the_table(
    events: Database, tmp_path: Path, values: dict[str, object], said: str
) -> None:
    assert said in refused(events, tmp_path, **values)


def test_a_generated_column_is_kept_and_made_anew(events: Database, tmp_path: Path) -> None:
    events.session.script("ALTER TABLE events ADD COLUMN twice bigint GENERATED ALWAYS AS (id * 2) STORED")
    archive(events.session, section(tmp_path))
    assert count(events.session, "events") == 0


def test_a_partition_leaves_with_a_default_beside_it(events: Database, tmp_path: Path) -> None:
    events.session.script(
        "CREATE TABLE parts (id bigint, at timestamptz, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
        "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01Z') TO ('2024-02-01Z');"
        "CREATE TABLE parts_d PARTITION OF parts DEFAULT;"
        "INSERT INTO parts SELECT id, at FROM events"
    )
    here = count(events.session, "parts_1")
    archive(events.session, section(tmp_path, name="parts", table="parts"))
    assert count(events.session, "parts") == 5000 - here


def test_partitions_of_another_role_are_emptied_and_not_detached(events: Database, tmp_path: Path) -> None:
    role = f"mover_{events.name}"
    events.session.script(
        "CREATE TABLE parts (id bigint, at timestamptz, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
        "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01Z') TO ('2024-02-01Z');"
        "INSERT INTO parts SELECT id, at FROM events WHERE at < '2024-02-01Z';"
        f"DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN; GRANT SELECT, DELETE ON parts, parts_1 TO {role};"
        f"GRANT CREATE ON DATABASE {events.name} TO {role}"
    )
    with events.session.another(user=role) as session:
        with pytest.raises(Obstructed, match="may detach its partitions"):
            archive(session, section(tmp_path, name="parts", table="parts", method="detach"))
        assert not ledger.exists(events.session)
        archive(session, section(tmp_path, name="parts", table="parts"))
    assert (count(events.session, "parts"), count(events.session, "parts_1")) == (0, 0)
