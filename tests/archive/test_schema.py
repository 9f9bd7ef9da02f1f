"""A policy whose destination is a schema of the same database: rows go into an archive table, partitions below it."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from dbopt.archive import expire, ledger, restore
from dbopt.archive.plan import plan
from dbopt.archive.query import run as querying
from dbopt.archive.run import Hooks
from dbopt.archive.status import status
from dbopt.archive.verify import verify
from dbopt.archive.work import COMMITTED, DELETED, SNAPSHOT, WATCHED
from dbopt.errors import ConfigurationError, DboptError, NothingToDo, Obstructed
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.session import Session, connect
from tests.archive.archiving import EVENTS, archive, archived_rows, contents, count, policies, section
from tests.archive.killed import ended, started
from tests.archive.world import SHELVES, archived, cold, make_table, writers, wrong
from tests.servers import Database

PARTS = """
CREATE TABLE parts (id bigint, at timestamptz, note text DEFAULT 'none', PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01Z') TO ('2024-02-01Z');
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2024-02-01Z') TO ('2024-03-01Z');
CREATE TABLE parts_d PARTITION OF parts DEFAULT;
INSERT INTO parts SELECT n, timestamptz '2024-01-01Z' + n * interval '1 hour', 'n' || n
FROM generate_series(1, 2000) AS n;
ANALYZE parts;
"""


def to_schema(**values: Any) -> dict[str, Any]:
    return section(Path("schema:archive"), **values)


@pytest.fixture
def events(database: Database) -> Session:
    database.session.script(EVENTS)
    return database.session


@pytest.fixture
def parts(database: Database) -> Session:
    database.session.script(PARTS)
    return database.session


def names(session: Session, query: str) -> list[str]:
    return [row["name"] for row in session.fetch(SQL(query))]


def test_rows_move_as_they_are(events: Session) -> None:
    before = contents(events, "events")
    done = archive(events, to_schema(), batch_rows=700)
    assert (done[0].rows, done[0].batches) == (5000, 8)
    assert count(events, "events") == 0
    assert contents(events, "archive.events") == contents(events, "archive.events_all") == before
    assert archived_rows(events) == 5000


def test_an_archive_table_that_keeps_rows_out_loses_none(events: Session) -> None:
    archive(events, to_schema(), limit=10)
    events.script(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER refuse BEFORE INSERT ON archive.events FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    with pytest.raises(Obstructed, match=r"archive.events took 0 of 4,990 rows"):
        archive(events, to_schema())
    assert (count(events, "events"), count(events, "archive.events")) == (4990, 10)


def test_rows_without_an_index_move_block_by_block(events: Session) -> None:
    events.script("DROP INDEX events_at_idx")
    before = contents(events, "events")
    archive(events, to_schema(), batch_rows=300)
    assert contents(events, "archive.events") == before


def test_partitions_come_below_the_archive_table(parts: Session) -> None:
    before = contents(parts, "parts")
    done = archive(parts, to_schema(name="parts", table="parts"))
    assert done[0].batches == 2
    assert contents(parts, "archive.parts_all") == before
    assert count(parts, "archive.parts") == done[0].rows == archived_rows(parts) == 31 * 24 - 1 + 29 * 24
    assert names(
        parts,
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent ="
        " 'archive.parts'::regclass ORDER BY 1",
    ) == ["archive.parts_1", "archive.parts_2"]


def test_a_partition_leaves_its_keys_defaults_and_generated_values_behind(parts: Session) -> None:
    parts.script(
        "CREATE TABLE kinds (id bigint PRIMARY KEY); INSERT INTO kinds SELECT generate_series(1, 2000);"
        "ALTER TABLE parts ADD FOREIGN KEY (id) REFERENCES kinds;"
        "ALTER TABLE parts ADD COLUMN twice bigint GENERATED ALWAYS AS (id * 2) STORED;"
        "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
        "CREATE TRIGGER noted AFTER INSERT ON parts FOR EACH ROW EXECUTE FUNCTION noted()"
    )
    before = contents(parts, "parts")
    archive(parts, to_schema(name="parts", table="parts", method="detach"))
    assert contents(parts, "archive.parts_all") == before
    left = "conrelid = 'archive.parts_1'::regclass AND contype = 'f'"
    assert count(parts, f"pg_constraint WHERE {left}") == 0
    assert count(parts, "pg_trigger WHERE tgrelid = 'archive.parts_1'::regclass AND NOT tgisinternal") == 0
    assert count(parts, "pg_attribute WHERE attrelid = 'archive.parts_1'::regclass AND attgenerated <> ''") == 0


def test_a_partition_with_a_trigger_of_its_own_stays_and_its_rows_go(parts: Session) -> None:
    parts.script(
        "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
        "CREATE TRIGGER noted AFTER INSERT ON parts_1 FOR EACH ROW EXECUTE FUNCTION noted()"
    )
    before = contents(parts, "parts")
    with pytest.raises(Obstructed, match="parts_1 has triggers of its own: noted"):
        archive(parts, to_schema(name="parts", table="parts", method="detach"))
    archive(parts, to_schema(name="parts", table="parts"))
    assert count(parts, "parts_1") == 0
    assert contents(parts, "archive.parts_all") == before


def test_a_partition_of_a_name_that_the_archive_has_gets_another(parts: Session) -> None:
    policy = to_schema(name="parts", table="parts")
    archive(parts, policy)
    parts.script(
        "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01Z') TO ('2024-02-01Z');"
        "INSERT INTO parts VALUES (9999, '2024-01-07Z', 'late')"
    )
    archive(parts, policy)
    assert count(parts, "archive.parts") == archived_rows(parts) == 31 * 24 - 1 + 29 * 24 + 1
    assert count(parts, "pg_inherits WHERE inhparent = 'archive.parts'::regclass") == 3


def test_columns_come_and_go(parts: Session) -> None:
    policy = to_schema(name="parts", table="parts")
    parts.script("CREATE TABLE kept AS TABLE parts; ALTER TABLE parts ALTER note SET NOT NULL")
    parts.script("ALTER TABLE parts DETACH PARTITION parts_2")
    archive(parts, policy)
    parts.script(
        "ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM ('2024-02-01Z') TO ('2024-03-01Z');"
        "ALTER TABLE parts DROP COLUMN note CASCADE; ALTER TABLE parts ADD COLUMN size int DEFAULT 7"
    )
    archive(parts, policy)
    assert count(parts, "archive.parts_all") == 2000
    assert count(parts, "archive.parts_all WHERE note IS NULL AND size = 7") == 2000 - (31 * 24 - 1)
    assert count(parts, "archive.parts_all WHERE note IS NOT NULL AND size IS NULL") == 31 * 24 - 1


def test_a_type_that_changed_is_told(events: Session) -> None:
    archive(events, to_schema(), limit=100)
    events.script("DROP VIEW archive.events_all; ALTER TABLE events ALTER amount TYPE numeric(14, 2)")
    with pytest.raises(Obstructed, match="ALTER COLUMN amount TYPE numeric"):
        archive(events, to_schema())
    events.script("ALTER TABLE archive.events ALTER COLUMN amount TYPE numeric(14, 2)")
    archive(events, to_schema())
    assert count(events, "archive.events_all") == 5000


def test_a_name_that_is_taken(events: Session) -> None:
    events.script("CREATE SCHEMA archive; CREATE TABLE archive.events (id int)")
    archive(events, to_schema(name="old-events"))
    assert count(events, 'archive."old-events"') == 5000
    with pytest.raises(Obstructed, match="give the policy another name"):
        archive(events, to_schema())


def test_a_role_that_may_not_make_the_schema(database: Database) -> None:
    role = f"archivist_{database.name}"
    database.session.script(EVENTS)
    database.session.script(
        f"DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN; GRANT ALL ON events TO {role};"
        f"CREATE SCHEMA dbopt AUTHORIZATION {role}"
    )
    with database.session.another(user=role) as session:
        with pytest.raises(DboptError, match=f"CREATE SCHEMA archive AUTHORIZATION {role}"):
            archive(session, to_schema())
        database.session.script("CREATE SCHEMA archive")
        with pytest.raises(DboptError, match="GRANT CREATE ON SCHEMA archive"):
            archive(session, to_schema())
        assert not ledger.exists(session)
        database.session.script(f"GRANT ALL ON SCHEMA archive TO {role}")
        archive(session, to_schema())
        assert count(session, "archive.events_all") == 5000


def test_the_archive_table_has_the_columns_and_nothing_else(events: Session) -> None:
    events.script(
        "ALTER TABLE events ALTER kind SET DEFAULT 'k', ALTER kind SET STORAGE EXTERNAL, ALTER kind TYPE text COLLATE"
        " \"C\", ADD CHECK (id > 0), ADD UNIQUE (kind, id); COMMENT ON COLUMN events.kind IS 'of 7';"
        "ALTER TABLE events ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY"
    )
    archive(events, to_schema(), limit=1)
    here = "'archive.events'::regclass"
    assert count(events, f"pg_constraint WHERE conrelid = {here} AND contype <> 'n'") == 0
    assert count(events, f"pg_attribute WHERE attrelid = {here} AND (atthasdef OR attidentity <> '')") == 0
    kept = "attstorage = 'e' AND attcollation = '\"C\"'::regcollation AND col_description(attrelid, attnum) = 'of 7'"
    assert count(events, f"pg_attribute WHERE attrelid = {here} AND attname = 'kind' AND {kept}") == 1
    assert names(events, f"SELECT indexrelid::regclass::text AS name FROM pg_index WHERE indrelid = {here}") == [
        "archive.events_id_idx",
        "archive.events_at_idx",
    ]
    options = events.fetch(SQL("SELECT reloptions FROM pg_class WHERE oid = 'archive.events_all'::regclass"))
    assert options[0]["reloptions"] == (["security_invoker=true"] if events.major >= 15 else None)


def test_archived_partitions_are_left_out_by_their_bounds(parts: Session) -> None:
    archive(parts, to_schema(name="parts", table="parts"))
    lines = parts.fetch(SQL("EXPLAIN SELECT FROM archive.parts_all WHERE at >= '2024-02-10Z'"))
    text = "\n".join(row["QUERY PLAN"] for row in lines)
    assert "parts_2" in text
    assert "Scan on parts_1" not in text


def test_a_partition_that_others_refer_to_stays_whole(parts: Session) -> None:
    parts.script(
        "CREATE TABLE notes (id int PRIMARY KEY, at timestamptz, part bigint, part_at timestamptz,"
        " FOREIGN KEY (part, part_at) REFERENCES parts);"
        "INSERT INTO notes SELECT 1, now(), id, at FROM parts WHERE id = 7"
    )
    policy, notes = to_schema(name="parts", table="parts", after=["notes"]), to_schema(name="notes", table="notes")
    with pytest.raises(DboptError, match="foreign key"):
        archive(parts, policy, {**notes, "keep_hot": "1 year"})
    assert count(parts, "parts") == 2000
    archive(parts, {**policy, "method": "move"}, {**notes, "keep_hot": "1 year"})
    assert names(parts, "SELECT id::text AS name FROM parts") == ["7"]
    assert count(parts, "archive.parts_all") == 2000


def test_a_trigger_that_keeps_rows_is_told(events: Session) -> None:
    events.script(
        "CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
        "CREATE TRIGGER kept BEFORE DELETE ON events FOR EACH ROW WHEN (OLD.id = 7) EXECUTE FUNCTION kept()"
    )
    with pytest.raises(Obstructed, match=r"of 5,000 rows of public\.events 4,999 could be deleted"):
        archive(events, to_schema())
    assert count(events, "events") == 5000


def test_another_database_is_no_destination() -> None:
    with pytest.raises(ConfigurationError, match="another database is no destination yet"):
        policies(section(Path("postgresql:billing")))


# -- while others read -------------------------------------------------------------------------------------------------


def reading(dsn: str, over: threading.Event, seen: set[int], mode: str) -> None:
    with connect(dsn, application_name="reader") as session:
        while not over.is_set():
            with session.transaction():
                session.script(f"SET TRANSACTION ISOLATION LEVEL {mode}")
                seen.add(count(session, "archive.seen"))


@pytest.mark.parametrize("way", ["move", "detach"])
def test_the_view_shows_each_row_once_at_any_time(parts: Session, database: Database, way: str) -> None:
    policy = to_schema(name="parts", table="parts", method=way)
    archive(parts, policy, limit=1) if way == "move" else archive(parts, {**policy, "keep_hot": "900 years"})
    parts.script("CREATE VIEW archive.seen AS SELECT * FROM archive.parts_all")
    over, seen = threading.Event(), set[int]()
    modes = ("READ COMMITTED", "REPEATABLE READ")
    readers = [threading.Thread(target=reading, args=(database.dsn, over, seen, mode)) for mode in modes]
    for one in readers:
        one.start()
    try:
        done = archive(parts, policy, batch_rows=20)
    finally:
        over.set()
        for one in readers:
            one.join()
    assert done[0].rows > 1000
    assert seen == {2000}


# -- killed ------------------------------------------------------------------------------------------------------------

STEPS = [("shelf", SNAPSHOT), ("below", WATCHED), *((way, step) for way in SHELVES for step in (DELETED, COMMITTED))]


@pytest.mark.parametrize(("way", "step"), STEPS)
def test_killed_at_any_step_it_goes_on(database: Database, tmp_path: Path, way: str, step: str) -> None:
    make_table(database.session, way, 1200)
    with writers(database.dsn, seed=len(step)):
        for nth in (1, 2):
            code, output = ended(started(database.dsn, tmp_path, way, "killed", step, nth))
            assert code == -signal.SIGKILL, output
        archived(database.session, tmp_path, way)
    assert wrong(database.session, tmp_path) == []
    assert len(list(cold(database.session, tmp_path).elements())) == archived_rows(database.session)


# -- what else there is ------------------------------------------------------------------------------------------------


def test_rows_go_back_into_their_table(events: Session) -> None:
    before = contents(events, "events")
    archive(events, to_schema())
    policy = policies(to_schema())[0]
    done = restore.restore(events, policy, restore.Asked("2024-02-01", "2024-03-01"))
    assert done.rows == count(events, "events") == 29 * 24
    assert contents(events, "archive.events_all") == before
    assert verify(events, [policy]).damage == ()
    assert status(events, [policy]).policies[0].archived_rows == 5000 - 29 * 24
    archive(events, to_schema())
    assert contents(events, "archive.events") == before
    assert verify(events, [policy]).policies[0].rows == 5000


def test_rows_are_copied_beside(events: Session) -> None:
    before = contents(events, "events")
    archive(events, to_schema())
    policy = policies(to_schema())[0]
    todo = restore.plan(events, policy, restore.Asked(None, None, "copied"))
    assert "CREATE TABLE" in restore.statements(todo)[0]
    assert restore.restore(events, policy, restore.Asked(None, None, "copied")).rows == 5000
    assert contents(events, "copied") == contents(events, "archive.events") == before


def test_nothing_to_restore(events: Session) -> None:
    with pytest.raises(NothingToDo):
        restore.plan(events, policies(to_schema())[0], restore.Asked())


def test_rows_that_somebody_took_are_found(events: Session) -> None:
    archive(events, to_schema())
    events.script("DELETE FROM archive.events WHERE id = 7")
    damage = verify(events, policies(to_schema())).damage
    assert [(one.file, one.problem) for one in damage] == [("archive.events", "4,999 rows; the ledger says 5,000")]


@pytest.mark.parametrize("table", ["events", "parts"])
def test_what_is_planned_is_what_can_be_run(events: Session, table: str) -> None:
    events.script(PARTS)
    found = policies(to_schema(name=table, table=table))
    for unit in plan(events, found, found).policies[0].units:
        assert "archive." in unit.statements[-1]
    archive(events, to_schema(name=table, table=table), limit=1)
    assert plan(events, found, found).policies[0].obstacles == ()


def test_rows_expire_and_old_partitions_are_dropped(parts: Session) -> None:
    policy = to_schema(name="parts", table="parts")
    archive(parts, policy)
    parts.script("CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01Z') TO ('2024-02-01Z')")
    parts.script("INSERT INTO parts VALUES (9999, '2024-01-07Z', 'late')")
    archive(parts, {**policy, "method": "move"}, limit=1)
    age = parts.fetch(SQL("SELECT (now()::date - '2024-02-10')::text AS days"))[0]["days"]
    kept = policies({**policy, "keep_archive": f"{int(age) - 1} days", "grace": "1 day"})
    left = count(parts, "archive.parts WHERE at >= now() - interval '1 day' * " + age)
    due = expire.due(parts, kept[0])
    assert due.rows == count(parts, "archive.parts") - left
    assert expire.expire(parts, kept).policies[0].rows == due.rows
    assert count(parts, "archive.parts") == left
    assert names(parts, "SELECT relname::text AS name FROM pg_class WHERE relname = 'parts_2' AND relkind = 'r'")
    assert verify(parts, kept).damage == ()


def ask(session: Session, text: str, **asked: Any) -> list[tuple[str | None, ...]]:
    return list(querying.query(session, policies(to_schema()), text, querying.Asked(**asked)).rows)


def test_questions_are_answered_of_hot_and_archived_rows(events: Session) -> None:
    archive(events, to_schema(), limit=1200)
    query = "SELECT e.kind, count(*) FROM public.events AS e WHERE e.id < 100 GROUP BY 1 ORDER BY 1"
    assert count(events, "events") == 3800
    assert ask(events, "SELECT count(*) FROM events") == [("5000",)]
    assert ask(events, "SELECT count(*) FROM events", is_cold=True) == [("1200",)]
    assert ask(events, query)[0] == ("k0", "14")
    assert querying.query(events, policies(to_schema()), "SELECT * FROM archive.events_all").notes == ()


def test_a_destination_that_changed_leaves_both_archives_whole(events: Session, tmp_path: Path) -> None:
    archive(events, section(tmp_path), limit=1000)
    archive(events, to_schema(), limit=1500)
    assert count(events, "events") == 2500
    assert ask(events, "SELECT count(*), count(DISTINCT id) FROM events") == [("5000", "5000")]
    assert verify(events, policies(to_schema())).damage == ()


def test_notes_are_told(parts: Session) -> None:
    told: list[str] = []
    archive(parts, to_schema(name="parts", table="parts"), hooks=Hooks(on_note=told.append))
    assert told == []
