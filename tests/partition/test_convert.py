"""Tables become partition sets and tables again: with everything that they carry, under load, killed at any stage."""

from __future__ import annotations

import dataclasses
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dbopt.errors import Obstructed, QueryFailed, UsageError
from dbopt.partition.convert import ledger
from dbopt.partition.convert.api import begin, carry_out, give_up
from dbopt.partition.convert.attaching import Attacher
from dbopt.partition.convert.copying import Converter
from dbopt.partition.convert.plan import Wish, for_conversion, for_undo, start
from dbopt.partition.convert.work import Manner
from dbopt.partition.create.options import Level, groups_of
from dbopt.partition.model import Name
from dbopt.partition.read import read_set
from dbopt.partition.settings import step_of
from dbopt.partition.table import Table, read_table
from dbopt.postgres.patience import Limits
from dbopt.postgres.session import Session
from tests.partition.disk import small_disk
from tests.partition.load import compared, dbopt, load, make_table
from tests.servers import Database, Server

EV = Name("public", "ev")
OPTIONS = ("--control", "created_at", "--interval", "1 month", "--widen-keys")
MONTHLY = Wish(Level("range", "created_at", step_of("1 month")), widen=True)
CARRIED = """
CREATE TABLE "We""ird".places (id int PRIMARY KEY);
INSERT INTO "We""ird".places SELECT generate_series(0, 9);
CREATE TABLE "We""ird"."Évents" (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 5 INCREMENT BY 5) PRIMARY KEY,
    gone int,
    "At" timestamptz NOT NULL DEFAULT now(),
    n int,
    place int REFERENCES "We""ird".places ON DELETE CASCADE,
    number serial,
    note text COMPRESSION pglz,
    more int GENERATED ALWAYS AS (n + 1) STORED,
    CONSTRAINT positive CHECK (n > -1)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_enabled = off);
ALTER TABLE "We""ird"."Évents" DROP COLUMN gone;
ALTER TABLE "We""ird"."Évents" ALTER n SET STATISTICS 500, ALTER n SET (n_distinct = -0.5);
ALTER TABLE "We""ird"."Évents" ALTER note SET STORAGE EXTERNAL;
ALTER TABLE "We""ird"."Évents" REPLICA IDENTITY FULL;
COMMENT ON TABLE "We""ird"."Évents" IS 'it''s';
COMMENT ON COLUMN "We""ird"."Évents".n IS 'a number';
CREATE INDEX by_note ON "We""ird"."Évents" ("At", lower(note) DESC) WHERE n > 1;
COMMENT ON INDEX "We""ird".by_note IS 'an index';
CREATE UNIQUE INDEX by_n ON "We""ird"."Évents" (n, number) INCLUDE (note);
ALTER TABLE "We""ird"."Évents" ADD CONSTRAINT all_different UNIQUE (number, "At");
CREATE VIEW "We""ird".seen AS SELECT id, "At" FROM "We""ird"."Évents";
CREATE VIEW "We""ird".guarded WITH (security_barrier) AS
SELECT x.id FROM "We""ird"."Évents" x JOIN "We""ird".seen s USING (id);
GRANT SELECT (n), UPDATE (n) ON "We""ird"."Évents" TO dbopt_reader WITH GRANT OPTION;
GRANT INSERT ON "We""ird"."Évents" TO PUBLIC;
GRANT SELECT ON SEQUENCE "We""ird"."Évents_id_seq" TO dbopt_reader;
CREATE FUNCTION "We""ird".how_many() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM "We""ird"."Évents"; END;
CREATE STATISTICS "We""ird".together ON "At", n FROM "We""ird"."Évents";
CREATE STATISTICS "We""ird".one ON (n + 1) FROM "We""ird"."Évents";
CREATE PUBLICATION told FOR TABLE "We""ird"."Évents" WHERE (id > 1)
WITH (publish_via_partition_root, publish = 'insert');
CREATE POLICY only_some ON "We""ird"."Évents" TO dbopt_reader USING (n > 2) WITH CHECK (n > 3);
ALTER TABLE "We""ird"."Évents" ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION "We""ird".touch() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN NEW.note := NEW.note || ''!''; RETURN NEW; END';
CREATE TRIGGER touched BEFORE INSERT ON "We""ird"."Évents" FOR EACH ROW EXECUTE FUNCTION "We""ird".touch();
CREATE TRIGGER idle BEFORE DELETE ON "We""ird"."Évents" FOR EACH ROW EXECUTE FUNCTION "We""ird".touch();
ALTER TABLE "We""ird"."Évents" DISABLE TRIGGER idle;
INSERT INTO "We""ird"."Évents" ("At", n, place, note)
SELECT timestamptz '2024-01-01 00:00+00' + i * interval '7 hours', i % 100, i % 10, 'x' || i
FROM generate_series(1, 2000) AS i;
"""


@pytest.fixture
def carried(database: Database) -> Database:
    """A table with everything that a table can carry and a partitioned one, too."""
    database.session.script(
        'CREATE SCHEMA "We""ird";'
        " DO $$ BEGIN CREATE ROLE dbopt_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    database.session.script(CARRIED if database.session.major >= 15 else CARRIED.replace(" WHERE (id > 1)", ""))
    return database


@pytest.fixture
def ev(database: Database) -> Database:
    make_table(database.session, 20_000)
    return database


def facts(session: Session, name: Name) -> Table:
    with session.transaction():
        return read_table(session, name)


def convert(session: Session, name: Name = EV, wish: Wish = MONTHLY, manner: Manner | None = None) -> None:
    plan, manner = for_conversion(session, name, wish), manner or Manner()
    carry_out(session, begin(session, "convert", manner, plan), manner)


def back(session: Session, name: Name = EV, manner: Manner | None = None) -> None:
    plan, manner = for_undo(session, name, ledger.newest(session, name)), manner or Manner()
    carry_out(session, begin(session, "undo", manner, plan), manner)


def only(session: Session, query: str) -> object:
    return next(iter(session.fetch_workload(query)[0].values()))


# -- what is carried ---------------------------------------------------------------------------------------------------

_CHANGED = {"oid", "kind", "has_children", "access_method", "options", "toast_options", "rows"}
_REST = ("constraints", "indexes", "privileges")


def test_everything_that_a_table_carries_is_carried(carried: Database) -> None:
    session, name = carried.session, Name('We"ird', "Évents")
    before = facts(session, name)
    convert(session, name, Wish(Level("range", "At", step_of("3 months")), widen=True))
    after = facts(session, name)
    for field in dataclasses.fields(Table):
        if field.name not in _CHANGED and field.name not in _REST:
            assert getattr(_comparable(after), field.name) == getattr(_comparable(before), field.name), field.name
    assert [(one.column, one.role, one.privilege) for one in after.privileges] == [
        (one.column, one.role, one.privilege) for one in before.privileges
    ]
    assert {one.name: one.comment for one in after.indexes} == {one.name: one.comment for one in before.indexes}
    assert [one.columns for one in after.indexes if one.is_primary] == [("id", "At")]
    assert {one.name for one in after.constraints} >= {"positive", "all_different", "Évents_place_fkey", "Évents_pkey"}
    assert only(session, 'SELECT "We""ird".how_many()') == 2000
    assert only(session, 'SELECT count(*) FROM "We""ird".guarded') == 2000


def test_partitions_are_stored_as_the_table_was(carried: Database) -> None:
    session, name = carried.session, Name('We"ird', "Évents")
    before = facts(session, name)
    convert(session, name, Wish(Level("range", "At", step_of("1 year")), widen=True))
    for one in read_set(session, name).partitions:
        leaf = facts(session, one.name)
        assert (leaf.options, leaf.toast_options) == (before.options, before.toast_options)
        assert leaf.owner == before.owner
        assert leaf.privileges == ()  # row security would not hold there
        assert leaf.replica_identity == "f"
        assert [column.statistics_target for column in leaf.columns] == [
            column.statistics_target for column in before.columns
        ]
        keys = f"SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated AND conrelid = {leaf.oid}"
        assert only(session, keys) == 1


def test_what_comes_after_is_as_it_was_before(carried: Database) -> None:
    session, name = carried.session, Name('We"ird', "Évents")
    convert(session, name, Wish(Level("range", "At", step_of("1 year")), widen=True))
    session.script('INSERT INTO "We""ird"."Évents" (n, place, note) VALUES (1, 1, \'new\')')
    row = session.fetch_workload('SELECT id, number, note, more FROM "We""ird"."Évents" ORDER BY id DESC LIMIT 1')[0]
    assert row == {"id": 15_005, "number": 2001, "note": "new!", "more": 2}
    session.script('DELETE FROM "We""ird".places WHERE id = 1')
    assert only(session, 'SELECT count(*) FROM "We""ird"."Évents" WHERE place = 1') == 0


def test_going_back_gives_what_was(carried: Database) -> None:
    session, name = carried.session, Name('We"ird', "Évents")
    before = facts(session, name)
    convert(session, name, Wish(Level("range", "At", step_of("1 year")), widen=True))
    back(session, name, Manner(drop_old=True))
    after = facts(session, name)
    assert _comparable(after) == _comparable(before)
    assert only(session, 'SELECT "We""ird".how_many()') == 2000


def _comparable(table: Table) -> Table:
    """Dropped columns leave gaps in the numbers."""
    columns = tuple(dataclasses.replace(one, number=0) for one in table.columns)
    return dataclasses.replace(table, oid=0, rows=0, columns=columns)


def test_keys_get_their_expressions_back(ev: Database) -> None:
    ev.session.script(
        "CREATE UNIQUE INDEX by_expression ON ev (amount, lower(note), id) WHERE id > 5;"
        " CREATE UNIQUE INDEX by_pattern ON ev (note text_pattern_ops DESC NULLS LAST)"
    )
    before = facts(ev.session, EV).indexes
    convert(ev.session)
    assert [one.columns for one in facts(ev.session, EV).indexes if one.name == "by_pattern"] == [
        ("note", "created_at")
    ]
    back(ev.session)
    assert facts(ev.session, EV).indexes == before


def test_rows_that_are_alike_without_the_key_are_named_before_going_back(ev: Database) -> None:
    convert(ev.session)
    ev.session.script(
        "INSERT INTO ev (id, created_at, amount) SELECT id, created_at + interval '1 s', 1 FROM ev LIMIT 3"
    )
    with pytest.raises(Obstructed, match=r"rows that are alike in \(id\)"):
        for_undo(ev.session, EV, ledger.newest(ev.session, EV))


def test_partitions_get_the_privileges_of_the_table(ev: Database) -> None:
    ev.session.script(
        "DO $$ BEGIN CREATE ROLE dbopt_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        " GRANT SELECT, UPDATE (note) ON ev TO dbopt_reader"
    )
    convert(ev.session)
    for one in read_set(ev.session, EV).partitions:
        granted = facts(ev.session, one.name).privileges
        assert [(each.column, each.privilege) for each in granted] == [(None, "SELECT"), ("note", "UPDATE")]


def test_partitions_show_nobody_more_than_the_table(ev: Database) -> None:
    """Neither default privileges nor a grant on a partition get around what holds for the whole."""
    ev.session.script(
        "DO $$ BEGIN CREATE ROLE dbopt_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        " ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO dbopt_reader;"
        " GRANT UPDATE ON ev TO dbopt_reader; ALTER TABLE ev ENABLE ROW LEVEL SECURITY"
    )
    convert(ev.session)
    granted = "SELECT count(*) FROM pg_class, aclexplode(relacl) AS a WHERE relispartition AND a.grantee <> relowner"
    assert only(ev.session, granted) == 0
    assert [one.privilege for one in facts(ev.session, EV).privileges] == ["UPDATE"]
    ev.session.script("ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM dbopt_reader")


def test_a_foreign_key_of_another_table_points_to_the_new_one(database: Database) -> None:
    session = database.session
    session.script(
        "CREATE TABLE ev (id int, at date NOT NULL, PRIMARY KEY (id, at));"
        " CREATE TABLE line (ev int, at date, FOREIGN KEY (ev, at) REFERENCES ev ON DELETE CASCADE);"
        " INSERT INTO ev SELECT i, date '2024-01-01' + i FROM generate_series(1, 300) AS i;"
        " INSERT INTO line SELECT id, at FROM ev"
    )
    convert(session, EV, Wish(Level("range", "at", step_of("1 month"))))
    session.script("DELETE FROM ev WHERE id <= 100")
    assert only(session, "SELECT count(*) FROM line") == 200
    assert (
        only(session, "SELECT bool_and(convalidated) FROM pg_constraint WHERE contype = 'f' AND conparentid = 0")
        is True
    )
    back(session)
    session.script("DELETE FROM ev WHERE id <= 200")
    assert only(session, "SELECT count(*) FROM line") == 100


@pytest.mark.parametrize(
    ("column", "values", "wish"),
    [
        (
            "at bigint NOT NULL",
            "1704067200000 + i * bigint '3600000'",
            Wish(Level("range", "at", step_of("1 month"), "epoch-ms"), widen=True),
        ),
        ("at int NOT NULL", "i * 10", Wish(Level("range", "at", step_of("5000")), widen=True)),
        (
            "at uuid NOT NULL",
            "('0' || to_hex(1704067200000 + i * 3600000::bigint) || '7abc8def' || to_char(i, 'FM000000000000'))::uuid",
            Wish(Level("range", "at", step_of("1 month"), "uuidv7"), widen=True),
        ),
        (
            "at timestamp NOT NULL",
            "timestamp '2024-01-01' + i * interval '1 hour'",
            Wish(Level("range", "at", step_of("1 week")), widen=True),
        ),
    ],
    ids=["epoch-ms", "id", "uuidv7", "timestamp"],
)
def test_keys_of_other_kinds(database: Database, column: str, values: str, wish: Wish) -> None:
    session = database.session
    session.script(f"CREATE TABLE ev (id int PRIMARY KEY, {column})")
    session.script(f"INSERT INTO ev SELECT i, {values} FROM generate_series(1, 2000) AS i")
    convert(session, EV, wish)
    found = read_set(session, EV)
    assert found.default is not None
    assert only(session, f"SELECT count(*) FROM {found.default.name}") == 0
    assert only(session, "SELECT count(*) FROM ev") == 2000
    assert only(session, "SELECT count(DISTINCT tableoid) >= 3 FROM ev") is True


@pytest.mark.parametrize(
    ("level", "partitions"),
    [
        (Level("hash", "id", modulus=4), 4),
        (Level("list", "amount", groups=groups_of("small:0,1,2;some:3,4")), 3),
    ],
    ids=["hash", "list"],
)
def test_other_strategies(ev: Database, level: Level, partitions: int) -> None:
    convert(ev.session, EV, Wish(level, widen=True))
    found = read_set(ev.session, EV)
    assert (found.strategy, len(found.partitions)) == (level.strategy, partitions)
    assert compared(ev.session) == (20_000, 20_000, True)
    back(ev.session)
    assert compared(ev.session) == (20_000, 20_000, True)


def test_rows_at_infinity_go_to_the_default(ev: Database) -> None:
    ev.session.script("UPDATE ev SET created_at = 'infinity' WHERE id <= 7")
    convert(ev.session)
    assert only(ev.session, "SELECT count(*) FROM ev_default") == 7


# -- the cheap way -----------------------------------------------------------------------------------------------------


def test_the_table_itself_becomes_the_first_partition(ev: Database) -> None:
    before = facts(ev.session, EV).oid
    convert(ev.session, EV, dataclasses.replace(MONTHLY, attach=True))
    found = read_set(ev.session, EV)
    assert facts(ev.session, found.partitions[0].name).oid == before
    assert found.partitions[0].bound_sql.startswith("FOR VALUES FROM (MINVALUE) TO ('")
    assert len(found.partitions) == 1 + 4 + 1 + 1
    assert compared(ev.session) == (20_000, 20_000, True)
    ev.session.script("INSERT INTO ev (created_at, amount) VALUES (now() + interval '3 months', 1)")
    assert only(ev.session, "SELECT max(id) FROM ev") == 21_001
    assert only(ev.session, "SELECT count(*) FROM pg_constraint WHERE conname = 'dbopt_bound'") == 0


def test_attached_it_carries_the_same(carried: Database) -> None:
    session, name = carried.session, Name('We"ird', "Évents")
    before = facts(session, name)
    convert(session, name, Wish(Level("range", "At", step_of("1 month")), widen=True, attach=True))
    after = facts(session, name)
    for field in dataclasses.fields(Table):
        if field.name not in _CHANGED and field.name not in _REST:
            assert getattr(_comparable(after), field.name) == getattr(_comparable(before), field.name), field.name
    session.script('INSERT INTO "We""ird"."Évents" (n, place, note) VALUES (1, 1, \'new\')')
    row = session.fetch_workload('SELECT id, number, note, more FROM "We""ird"."Évents" ORDER BY id DESC LIMIT 1')[0]
    assert row == {"id": 15_005, "number": 2001, "note": "new!", "more": 2}
    back(session, name, Manner(drop_old=True))
    assert _comparable(facts(session, name)) == _comparable(before)
    assert only(session, 'SELECT count(*) FROM "We""ird"."Évents"') == 2001


@pytest.mark.parametrize("stage", [ledger.PREPARED, ledger.COPIED, ledger.ANALYZED, ledger.VERIFIED, ledger.SWAPPED])
def test_attaching_killed_at_any_stage_goes_on(pg15: object, new_database: Callable[..., Database], stage: str) -> None:
    database = new_database(pg15)
    make_table(database.session, 20_000)
    with load(database, 20_000, clients=2, rate=300):
        arguments = ("partition", "convert", "ev", *OPTIONS, "--attach", "--yes")
        _killed_at(database, stage, *arguments)
        _done(database, *arguments)
    due, there, same = compared(database.session)
    assert (there, same) == (due, True)


def test_an_attachment_that_is_given_up_leaves_nothing(ev: Database) -> None:
    before = facts(ev.session, EV)
    plan = for_conversion(ev.session, EV, dataclasses.replace(MONTHLY, attach=True))
    attacher = Attacher(ev.session, start(ev.session, plan, "convert", 500), Manner())
    for stage in (ledger.PREPARED, ledger.COPIED, ledger.BUILT, ledger.ANALYZED):
        attacher._steps()[stage]()
    give_up(ev.session, EV, Manner())
    assert _comparable(facts(ev.session, EV)) == _comparable(before)


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("ALTER TABLE ev DROP CONSTRAINT ev_pkey", "no primary key"),
        ("ALTER TABLE ev ALTER created_at DROP NOT NULL", "may be NULL"),
        ("CREATE TABLE x (e bigint REFERENCES ev)", "no longer be unique alone"),
        ("CREATE MATERIALIZED VIEW m AS SELECT * FROM ev", "materialized view public.m depends on it"),
        ("CREATE FUNCTION f() RETURNS SETOF ev LANGUAGE sql AS 'SELECT * FROM ev'", "uses its row type"),
        ("CREATE RULE r AS ON DELETE TO ev DO ALSO NOTIFY x", "it has rules"),
        ("CREATE PUBLICATION p FOR ALL TABLES", "publication p is of all tables, or"),
        ("CREATE PUBLICATION p FOR TABLE ev", "does not publish via the partition root"),
        ("ALTER TABLE ev ADD CHECK (amount > -5) NOT VALID", "is NOT VALID"),
        ("ALTER TABLE ev ADD CHECK (amount > -5) NO INHERIT", "is NO INHERIT"),
        ("ALTER TABLE ev ADD EXCLUDE USING btree (id WITH =)", "exclusion constraint"),
        ("ALTER TABLE ev ADD UNIQUE (note, created_at) DEFERRABLE", "is deferrable"),
        ("ALTER TABLE ev ADD parent bigint REFERENCES ev", "points to itself"),
        ("CREATE TABLE child () INHERITS (ev)", "inherited from"),
        ("ALTER TABLE ev SET UNLOGGED", "unlogged"),
    ],
)
def test_what_cannot_be_carried_is_refused_before_anything_is_touched(ev: Database, script: str, reason: str) -> None:
    ev.session.script(script)
    with pytest.raises(Obstructed, match=reason):
        convert(ev.session)
    assert ledger.newest(ev.session, EV) is None


def test_unique_keys_are_only_widened_when_asked(ev: Database) -> None:
    with pytest.raises(Obstructed, match=r"--widen-keys makes it \(id, created_at\)"):
        for_conversion(ev.session, EV, dataclasses.replace(MONTHLY, widen=False))


def test_an_interval_that_makes_too_many_partitions_is_refused(ev: Database) -> None:
    with pytest.raises(UsageError, match="more than 2000"):
        for_conversion(
            ev.session, EV, dataclasses.replace(MONTHLY, level=Level("range", "created_at", step_of("1 hour")))
        )


# -- under load, and killed --------------------------------------------------------------------------------------------


def test_nothing_is_lost_under_load(ev: Database) -> None:
    with load(ev, 20_000) as running:
        time.sleep(0.5)
        convert(ev.session)
        time.sleep(0.5)
        back(ev.session)
        time.sleep(0.5)
    assert running.statements > 100
    assert "ERROR" not in running.output, running.output
    due, there, same = compared(ev.session)
    assert (there, same) == (due, True)


@pytest.mark.parametrize("stage", ledger.STAGES[:-1])
def test_killed_at_any_stage_it_goes_on_and_loses_nothing(
    pg18: object, new_database: Callable[..., Database], stage: str
) -> None:
    database = new_database(pg18)
    make_table(database.session, 20_000)
    with load(database, 20_000, clients=2, rate=400):
        arguments = (
            "partition",
            "convert",
            "ev",
            "--control",
            "created_at",
            "--interval",
            "1 month",
            "--widen-keys",
            "--yes",
        )
        _killed_at(database, stage, *arguments)
        _done(database, *arguments)
        _killed_at(database, stage, "partition", "undo", "ev", "--yes")
        _done(database, "partition", "undo", "ev", "--yes")
    due, there, same = compared(database.session)
    assert (there, same) == (due, True)
    assert only(database.session, "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal") == 0
    assert only(database.session, "SELECT relkind = 'r' FROM pg_class WHERE oid = 'ev'::regclass") is True


def _done(database: Database, *arguments: str) -> None:
    process = dbopt(database, *arguments)
    output = process.communicate()[0]
    assert process.returncode == 0, output


def _killed_at(database: Database, stage: str, *arguments: str) -> None:
    """Run it until the ledger says that this stage is reached, at which it is killed; it may have gone on by then."""
    before = ledger.newest(database.session, EV)
    process = dbopt(database, *arguments)
    while process.poll() is None:
        found = ledger.newest(database.session, EV)
        if found is not None and found != before and ledger.STAGES.index(found.stage) >= ledger.STAGES.index(stage):
            process.kill()
            break
        time.sleep(0.002)
    process.communicate()


def test_given_up_nothing_of_it_stays(ev: Database) -> None:
    before = facts(ev.session, EV)
    manner = Manner(limits=Limits(lock_timeout_ms=200, retries=0))
    plan = for_conversion(ev.session, EV, MONTHLY)
    converter = Converter(ev.session, start(ev.session, plan, "convert", 500), manner)
    converter._track()
    converter._copy()
    assert give_up(ev.session, EV, manner).state == "abandoned"
    assert _comparable(facts(ev.session, EV)) == _comparable(before)
    assert only(ev.session, "SELECT count(*) FROM pg_class WHERE relname LIKE '%dbopt%' AND relpersistence = 'p'") == 0
    assert ledger.newest(ev.session, EV) is None


def test_a_table_that_is_altered_meanwhile_is_not_swapped(ev: Database) -> None:
    plan = for_conversion(ev.session, EV, MONTHLY)
    converter = Converter(ev.session, start(ev.session, plan, "convert", 500), Manner())
    converter._track()
    ev.session.script("ALTER TABLE ev ADD late int")
    with pytest.raises(Obstructed, match="was altered"):
        converter.run()


def test_a_table_that_is_rewritten_meanwhile_is_copied_anew(ev: Database) -> None:
    plan = for_conversion(ev.session, EV, MONTHLY)
    converter = Converter(ev.session, start(ev.session, plan, "convert", 500), Manner(most_blocks=16))
    converter._track()
    with converter._transaction():
        converter._copy_batch(converter._table(), 16)
    ev.session.script("VACUUM FULL ev; ")
    ev.session.script("DELETE FROM ev WHERE id % 3 = 0")
    ev.session.script("INSERT INTO audit (op, id) SELECT 'D', id FROM start WHERE id % 3 = 0")
    converter.run()
    assert compared(ev.session) == (13_334, 13_334, True)


@pytest.mark.parametrize("way", ["disabled", "recreated"])
def test_changes_that_nobody_noted_make_the_copy_begin_anew(ev: Database, way: str) -> None:
    """Loaders disable triggers; and a table of the same name need not be the same table."""
    plan = for_conversion(ev.session, EV, MONTHLY)
    converter = Converter(ev.session, start(ev.session, plan, "convert", 500), Manner())
    for stage in (ledger.PREPARED, ledger.COPYING, ledger.COPIED, ledger.BUILT, ledger.ANALYZED):
        converter._steps()[stage]()
    if way == "disabled":
        ev.session.script(
            "ALTER TABLE ev DISABLE TRIGGER ALL; DELETE FROM ev WHERE id <= 100; ALTER TABLE ev ENABLE TRIGGER ALL"
        )
    else:
        ev.session.script("DROP TABLE ev")
        ev.session.script(
            "CREATE TABLE ev (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, created_at timestamptz NOT NULL,"
            " amount int NOT NULL, note text); CREATE INDEX ev_created_at_idx ON ev (created_at);"
            " INSERT INTO ev SELECT * FROM start WHERE id > 100"
        )
    ev.session.script("INSERT INTO audit (op, id) SELECT 'D', id FROM start WHERE id <= 100")
    converter.run()
    assert compared(ev.session) == (19_900, 19_900, True)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE ev ALTER note SET DEFAULT 'new'",
        "ALTER TABLE ev ALTER note SET NOT NULL",
        "ALTER TABLE ev ADD CHECK (amount >= 0)",
        "COMMENT ON COLUMN ev.note IS 'said'",
    ],
)
def test_a_change_of_the_table_is_not_lost_in_the_swap(ev: Database, change: str) -> None:
    plan = for_conversion(ev.session, EV, MONTHLY)
    converter = Converter(ev.session, start(ev.session, plan, "convert", 500), Manner())
    for stage in (ledger.PREPARED, ledger.COPYING, ledger.COPIED, ledger.BUILT, ledger.ANALYZED):
        converter._steps()[stage]()
    ev.session.script(change)
    with pytest.raises(Obstructed, match="was altered"):
        converter.run()


def test_an_emptied_table_is_empty_afterwards(ev: Database) -> None:
    plan = for_conversion(ev.session, EV, MONTHLY)
    converter = Converter(ev.session, start(ev.session, plan, "convert", 500), Manner())
    converter._track()
    converter._copy()
    ev.session.script("TRUNCATE ev")
    converter.run()
    assert only(ev.session, "SELECT count(*) FROM ev") == 0


def test_unique_values_that_are_exchanged_are_exchanged(ev: Database) -> None:
    """Two rows that swap a unique value: brought up to date one by one, they would be in each other's way."""
    ev.session.script("UPDATE ev SET created_at = '2024-05-05', amount = id")
    ev.session.script("ALTER TABLE ev ADD UNIQUE (amount, created_at)")
    ev.session.script("TRUNCATE start; INSERT INTO start SELECT * FROM ev")
    plan = for_conversion(ev.session, EV, MONTHLY)
    converter = Converter(ev.session, start(ev.session, plan, "convert", 500), Manner())
    converter._track()
    converter._copy()
    converter._build_indexes()
    ev.session.script(
        "UPDATE ev SET amount = -amount; UPDATE ev SET amount = 20001 + amount;"
        " INSERT INTO audit (op, id, created_at, amount, note) SELECT 'U', id, created_at, amount, note FROM ev"
    )
    converter.run()
    assert compared(ev.session) == (20_000, 20_000, True)


def test_a_lock_that_is_held_stops_nothing_for_long(ev: Database) -> None:
    """Somebody reads for a long time: the swap gives way, and says so in the end."""
    manner = Manner(limits=Limits(lock_timeout_ms=100, retries=1, pause_ms=10))
    plan = for_conversion(ev.session, EV, MONTHLY)
    converter = Converter(ev.session, start(ev.session, plan, "convert", 500), manner)
    with ev.server.connect(ev.name) as reader, reader.transaction():
        reader.fetch_workload("SELECT count(*) FROM ev")
        with pytest.raises(Exception, match=r"lock|statement timeout|took too long"):
            converter.run()
        assert converter.state.stage == ledger.VERIFIED
    converter.run()
    assert compared(ev.session) == (20_000, 20_000, True)


def test_a_full_disk_stops_it_and_leaves_the_table_as_it_was(
    pg15: Server, new_database: Callable[..., Database], tmp_path: Path
) -> None:
    database = new_database(pg15)
    make_table(database.session, 20_000)
    with small_disk(database, tmp_path, "ev", "ev_dbopt_new") as tablespace:
        session = database.session
        session.script(f"ALTER TABLE ev SET TABLESPACE {tablespace}")
        with pytest.raises(QueryFailed, match="No space left on device"):
            convert(session)
        session.script("UPDATE ev SET note = 'short' WHERE id = 1; UPDATE start SET note = 'short' WHERE id = 1")
        assert compared(session) == (20_000, 20_000, True)
        give_up(session, EV, Manner())
        session.script("ALTER TABLE ev SET TABLESPACE pg_default")
        convert(session)
        assert compared(session) == (20_000, 20_000, True)
        back(session)


def test_a_table_that_was_renamed_or_dropped_can_be_given_up(
    ev: Database, dbopt: Callable[..., tuple[int, str, str]]
) -> None:
    plan = for_conversion(ev.session, EV, MONTHLY)
    Converter(ev.session, start(ev.session, plan, "convert", 500), Manner())._track()
    ev.session.script("ALTER TABLE ev RENAME TO renamed")
    code, _, err = dbopt("partition", "convert", "renamed", "--control", "id", "--interval", "9", "--yes", "-d", ev.dsn)
    assert (code, "is being converted by created_at" in err) == (2, True)
    code, _, err = dbopt("partition", "undo", "renamed", "--abandon", "-d", ev.dsn)
    assert code == 0, err
    ev.session.script("ALTER TABLE renamed RENAME TO ev")
    plan = for_conversion(ev.session, EV, MONTHLY)
    Converter(ev.session, start(ev.session, plan, "convert", 500), Manner())._track()
    ev.session.script("DROP TABLE ev")
    code, _, err = dbopt("partition", "undo", "ev", "--abandon", "-d", ev.dsn)
    assert code == 0, err
    assert only(ev.session, "SELECT count(*) FROM pg_class WHERE relname LIKE 'ev%'") == 0
    assert only(ev.session, "SELECT count(*) FROM dbopt.conversion") == 0


# -- the commands ------------------------------------------------------------------------------------------------------


def test_convert_and_undo_by_command(ev: Database, dbopt: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = dbopt("partition", "convert", "ev", *OPTIONS, "--yes", "-d", ev.dsn, "--format", "json")
    assert code == 0, err
    assert '"state": "converted"' in out
    assert "kept as public.ev_dbopt_old" in err
    code, out, err = dbopt("partition", "convert", "ev", *OPTIONS, "--yes", "-d", ev.dsn)
    assert (code, "converted" in out, "nothing to do" in err) == (0, True, True)
    code, out, err = dbopt("partition", "undo", "ev", "--yes", "--drop-old", "-d", ev.dsn)
    assert code == 0, err
    assert "undone" in out


def test_the_dry_run_changes_nothing(ev: Database, dbopt: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = dbopt("partition", "convert", "ev", *OPTIONS, "--dry-run", "-d", ev.dsn)
    assert code == 0
    assert "PARTITION BY RANGE (created_at)" in out
    ran = subprocess.run(["psql", "-X", "-v", "ON_ERROR_STOP=1", ev.dsn], input=out, capture_output=True, text=True)
    assert (ran.returncode, "this is to be read" in ran.stderr) == (3, True)
    assert "LOCK TABLE public.ev IN ACCESS EXCLUSIVE MODE" in out
    assert ledger.newest(ev.session, EV) is None
    assert only(ev.session, "SELECT count(*) FROM pg_class WHERE relname LIKE 'ev_dbopt%'") == 0


def test_off_a_terminal_it_needs_a_yes(ev: Database, dbopt: Callable[..., tuple[int, str, str]]) -> None:
    code, _, err = dbopt("partition", "convert", "ev", *OPTIONS, "-d", ev.dsn)
    assert (code, "--dry-run" in err) == (2, True)


def test_a_second_run_at_the_same_time_is_told_so(ev: Database, dbopt: Callable[..., tuple[int, str, str]]) -> None:
    from dbopt.postgres.exclusive import exclusive, key_of

    with ev.server.connect(ev.name) as other, exclusive(other, key_of("partition", "public", "ev")):
        code, _, err = dbopt("partition", "convert", "ev", *OPTIONS, "--yes", "-d", ev.dsn)
    assert (code, "another dbopt converts" in err) == (75, True)


def test_an_owner_without_other_privileges_is_told_what_is_missing(
    ev: Database, dbopt: Callable[..., tuple[int, str, str]]
) -> None:
    ev.session.script(
        "DO $$ BEGIN CREATE ROLE dbopt_owner LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        " ALTER TABLE ev OWNER TO dbopt_owner; GRANT CREATE ON SCHEMA public TO dbopt_owner"
    )
    dsn = ev.dsn + " user=dbopt_owner"
    code, _, err = dbopt("partition", "convert", "ev", *OPTIONS, "--yes", "-d", dsn)
    assert (code, "CREATE SCHEMA dbopt AUTHORIZATION dbopt_owner" in err) == (3, True)
    assert "goes on" not in err
    ev.session.script("CREATE SCHEMA dbopt AUTHORIZATION dbopt_owner")
    code, _, err = dbopt("partition", "convert", "ev", *OPTIONS, "--yes", "-d", dsn)
    assert code == 0, err
    assert only(ev.session, "SELECT count(*) FROM ev") == 20_000


def test_a_missing_option_is_a_mistake_of_use(ev: Database, dbopt: Callable[..., tuple[int, str, str]]) -> None:
    code, _, err = dbopt("partition", "convert", "ev", "--control", "created_at", "-d", ev.dsn, "--yes")
    assert (code, "--interval" in err) == (2, True)
