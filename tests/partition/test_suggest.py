"""dbopt partition suggest: the verdicts, on real servers and their shadows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dbopt.errors import NothingToDo, UsageError
from dbopt.partition.interval import Interval
from dbopt.partition.suggest.advice import TableAdvice
from dbopt.partition.suggest.candidates import Wish
from dbopt.partition.suggest.trial import effective_cost, scanned_of
from dbopt.plan import tree
from tests.index.advising import statement
from tests.partition.advising import EVENTS, LOOKUP, MEGABYTE, MONTHLY, advise, change, on
from tests.servers import Database, Server

NewDatabase = Callable[[Server, str], Database]


@pytest.fixture
def events(server: Server, new_database: NewDatabase) -> Database:
    return new_database(server, EVENTS)


@pytest.fixture
def events_18(pg18: Server, new_database: NewDatabase) -> Database:
    return new_database(pg18, EVENTS)


def test_a_table_that_is_read_by_time_is_partitioned_by_month(events: Database) -> None:
    found = on(advise(events, MONTHLY), "public.events")
    assert (found.verdict, found.why) == ("yes", "pruning")
    assert (
        found.command == 'dbopt partition convert public.events --control created_at --interval "1 month" --widen-keys'
    )
    assert found.proposal is not None
    assert (found.proposal.partitions, found.proposal.partitions_ahead) == (12, 4)
    assert found.proposal.average_rows == pytest.approx(200_000 / 12, rel=0.01)
    assert (change(found).partitions_scanned, change(found).prunes, change(found).change) == (1, True, "faster")
    assert found.proposal.cost_after < 0.15 * found.proposal.cost_before


REAL = """
ALTER TABLE notes DROP CONSTRAINT notes_event_id_fkey;
ALTER TABLE events RENAME TO events_old;
CREATE TABLE events (LIKE events_old INCLUDING DEFAULTS) PARTITION BY RANGE (created_at);
CREATE INDEX ON events (account_id, created_at);
CREATE UNIQUE INDEX ON events (id, created_at);
SELECT format('CREATE TABLE events_p%s PARTITION OF events FOR VALUES FROM (%L) TO (%L)', n,
              timestamptz '2024-01-01Z' + n * interval '1 month',
              timestamptz '2024-01-01Z' + (n + 1) * interval '1 month')
FROM generate_series(0, 15) AS n
"""
ASKED = (
    MONTHLY,
    "SELECT count(*) FROM events WHERE created_at > '2024-09-15Z'",
    "SELECT * FROM events WHERE account_id = 5 AND created_at BETWEEN '2024-03-10Z' AND '2024-04-02Z'",
    "SELECT * FROM events WHERE account_id = 5 ORDER BY created_at DESC LIMIT 10",
    LOOKUP,
    "SELECT count(*) FROM events WHERE created_at < now() - interval '30 days' AND created_at > '2024-12-01Z'",
    "UPDATE events SET payload = 'y' WHERE id = 77 AND created_at = '2024-01-01 03:22:46Z'",
    "DELETE FROM events WHERE created_at < '2024-02-01Z'",
)


WHOLE = "ALTER TABLE events ALTER created_at SET STATISTICS 1000; ANALYZE events"
"""Statistics of all rows: those of a sample differ from one ANALYZE to the next."""


def test_the_advice_scans_as_many_partitions_as_a_table_that_is_really_partitioned(events: Database) -> None:
    events.session.script(WHOLE)
    found = on(advise(events, *ASKED), "public.events")
    assert found.proposal is not None
    events.session.script("SET timezone = 'UTC'")
    *changes, making = REAL.split(";")
    events.session.script(";".join(changes))
    made = [str(row["format"]) for row in events.session.fetch_workload(making)]
    made.append("CREATE TABLE events_default PARTITION OF events DEFAULT")
    events.session.script(";".join([*made, "INSERT INTO events SELECT * FROM events_old"]))
    events.session.script(WHOLE)
    leaves = {"events_default", *(f"events_p{number}" for number in range(16))}
    for asked, foretold in zip(ASKED, found.proposal.statements, strict=True):
        plan = tree.parse(events.session.fetch_workload(asked, prefix="EXPLAIN (FORMAT JSON) ")[0]["QUERY PLAN"])
        assert foretold.partitions_scanned == len(scanned_of(plan, leaves)), asked
        assert foretold.cost_after == pytest.approx(effective_cost(plan), rel=0.05), asked


def test_what_stands_in_the_way_is_named_with_what_to_do(events: Database) -> None:
    found = on(advise(events, MONTHLY), "public.events")
    named = {(one.kind, one.name): one for one in found.obstacles}
    key = named["primary key", "events_pkey"]
    assert key.columns == ("id",)
    assert "make it (id, created_at)" in key.remedy
    assert "does not stay unique" in named["foreign key", "public.notes.notes_event_id_fkey"].remedy
    has_identity = events.server.major >= 17
    assert (("identity column", "id") in named) is not has_identity


def test_a_unique_key_with_the_control_column_is_not_in_the_way(events_18: Database) -> None:
    events_18.session.script(
        "ALTER TABLE notes DROP CONSTRAINT notes_event_id_fkey; ALTER TABLE events DROP CONSTRAINT events_pkey;"
        "ALTER TABLE events ADD PRIMARY KEY (id, created_at)"
    )
    assert on(advise(events_18, MONTHLY), "public.events").obstacles == ()


def test_exclusion_constraints_triggers_and_statistics_are_named(events_18: Database) -> None:
    events_18.session.script(
        """
        ALTER TABLE events ADD CONSTRAINT apart EXCLUDE USING btree (id WITH =);
        CREATE STATISTICS by_kind ON account_id, kind FROM events;
        CREATE FUNCTION count_them() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER counted AFTER UPDATE ON events REFERENCING NEW TABLE AS changed
        FOR EACH ROW EXECUTE FUNCTION count_them();
        ALTER TABLE notes DROP CONSTRAINT notes_event_id_fkey;
        ALTER TABLE events SET UNLOGGED;
        ANALYZE events;
        """
    )
    found = on(advise(events_18, MONTHLY), "public.events")
    assert found.why == "pruning", found.reason
    kinds = {one.kind for one in found.obstacles}
    assert {"exclusion constraint", "statistics", "trigger", "unlogged"} < kinds


def test_a_small_table_is_left_as_it_is(events_18: Database) -> None:
    found = on(advise(events_18, MONTHLY, "SELECT * FROM accounts WHERE id < 7"), "public.accounts")
    assert (found.verdict, found.why) == ("no", "small")
    assert found.reason == "it is small: 160 kB are less than 10 MB (--min-size)"


def test_the_least_size_is_ten_gigabytes(events_18: Database) -> None:
    found = on(advise(events_18, MONTHLY, min_bytes=10 * 2**30), "public.events")
    assert (found.verdict, found.why) == ("no", "small")


def test_a_table_that_is_only_looked_up_by_id_is_left_as_it_is(events_18: Database) -> None:
    found = on(advise(events_18, LOOKUP), "public.events")
    assert (found.verdict, found.why, found.command) == ("no", "no_gain", None)


def test_a_look_up_without_the_key_visits_every_partition_and_gets_slower(events_18: Database) -> None:
    found = on(advise(events_18, MONTHLY, LOOKUP), "public.events")
    looked_up = change(found, 1)
    assert (looked_up.partitions_scanned, looked_up.prunes, looked_up.change) == (12 + 4 + 1, False, "slower")
    assert looked_up.cost_after is not None
    assert looked_up.cost_after > 5 * looked_up.cost_before
    assert "1 of 2 statements prune, 1 become slower" in found.reason


def test_an_insert_that_needs_the_unique_key_would_fail(events_18: Database) -> None:
    upsert = "INSERT INTO events (id, account_id, created_at, kind) VALUES (1, 2, now(), '') ON CONFLICT (id)"
    upsert += " DO NOTHING"
    found = on(advise(events_18, MONTHLY, upsert, LOOKUP), "public.events")
    failing = change(found, 1)
    assert (failing.change, failing.cost_after) == ("fails", None)
    assert "no unique or exclusion constraint" in str(failing.error)
    assert change(found, 2).change == "slower"  # what comes after it is planned


def test_a_wish_that_old_rows_go_is_a_reason_of_its_own(events_18: Database) -> None:
    grown(events_18)
    found = on(advise(events_18, LOOKUP, keep="90 days", tables=("events",)), "public.events")
    assert (found.verdict, found.why) == ("yes", "retention")
    assert found.retention is not None
    assert (found.retention.keep, found.retention.source) == ("90 days", "--keep")
    assert found.retention.expired_rows == pytest.approx(200_000 * 275.7 / 365.7, rel=0.02)
    assert found.proposal is not None
    assert found.proposal.control == "created_at"
    assert found.proposal.interval == "7 days"
    assert found.proposal.partitions_kept in (13, 14)
    assert found.proposal.slower == 1
    assert "go by DROP TABLE of a partition" in found.reason


def test_the_wish_of_an_archive_names_its_column(events_18: Database) -> None:
    grown(events_18)
    wishes = {"public.events": Wish("6 months", "created_at", "archive")}
    found = on(advise(events_18, "SELECT 1 FROM accounts", wishes=wishes), "public.events")
    assert (found.verdict, found.why) == ("yes", "retention")
    assert found.retention is not None
    assert (found.retention.keep, found.retention.source) == ("6 months", "archive")
    assert found.reason.endswith("the workload has no statement on it")


def test_deletes_by_time_are_a_wish_that_old_rows_go(events_18: Database) -> None:
    grown(events_18)
    delete = statement("DELETE FROM events WHERE created_at < $1", "2024-01-03Z", calls=30)
    counted = delete.__class__(**{**delete.__dict__, "rows": 16_000})
    found = on(advise(events_18, LOOKUP, counted), "public.events")
    assert (found.verdict, found.why) == ("yes", "retention")
    assert found.retention is not None
    assert (found.retention.deleted_rows, found.retention.delete_calls) == (16_000, 30)
    assert "the workload deleted 16,000 rows in 30 calls" in found.reason


def grown(database: Database) -> None:
    """The table, larger than one from which DELETE takes old rows in seconds."""
    database.session.script(
        "ALTER TABLE events ALTER payload SET STORAGE PLAIN; UPDATE events SET payload = repeat('y', 600);"
        "ANALYZE events"
    )


def test_a_key_that_is_updated_is_no_key(events_18: Database) -> None:
    touching = "UPDATE events SET created_at = now() WHERE created_at < '2024-01-05Z'"
    found = on(advise(events_18, MONTHLY, touching), "public.events")
    assert (found.verdict, found.why) == ("no", "key_updated")
    assert "100 of 200 calls set it" in found.reason


def test_parameters_without_values_get_some(events_18: Database) -> None:
    asked = "SELECT count(*) FROM events WHERE created_at >= $1 AND created_at < $2"
    found = on(advise(events_18, asked), "public.events")
    assert (found.verdict, change(found).prunes) == ("yes", True)


def test_values_of_parameters_prune_as_constants_do(events_18: Database) -> None:
    asked = statement("SELECT count(*) FROM events WHERE created_at > $1", "2024-11-02Z")
    assert change(on(advise(events_18, asked), "public.events")).partitions_scanned == 2 + 4 + 1


def test_statements_through_a_view_are_planned_on_the_partitions(events_18: Database) -> None:
    events_18.session.script("CREATE VIEW recent WITH (security_barrier) AS SELECT * FROM events WHERE kind <> 'buy'")
    asked = "SELECT count(*) FROM recent WHERE created_at < '2024-02-01Z'"
    found = on(advise(events_18, asked), "public.events")
    assert (found.verdict, change(found).partitions_scanned) == ("yes", 2)  # what is before the first is the default's


def test_the_interval_can_be_asked_for(events_18: Database) -> None:
    found = on(advise(events_18, MONTHLY, step=Interval(days=7)), "public.events")
    assert found.proposal is not None
    assert (found.proposal.interval, found.proposal.partitions) == ("7 days", 53)
    assert change(found).partitions_scanned == 5
    too_many = on(advise(events_18, MONTHLY, step=Interval(microseconds=60 * 10**6)), "public.events")
    assert "would make more than 500 partitions" in too_many.reason


@pytest.mark.parametrize(
    ("kind", "values", "condition", "interval", "option"),
    [
        ("bigint", "1704067200 + n * 158", "k > 1733000000", "1 month", "--key epoch-s"),
        ("bigint", "(1704067200 + n * 158) * 1000::bigint", "k > 1733000000000", "1 month", "--key epoch-ms"),
        ("bigint", "n", "k BETWEEN 150000 AND 160000", "20000", None),
        ("date", "date '2024-01-01' + n / 548", "k > '2024-12-01'", "1 month", None),
        (
            "uuid",
            "(overlay(lpad(to_hex((1704067200 + n * 158) * 1000::bigint), 12, '0') placing '-' from 9 for 0)"
            " || '-7000-8000-000000000000')::uuid",
            "k > '0193806e-e400-7000-8000-000000000000'",
            "1 month",
            None,
        ),
    ],
    ids=["epoch-s", "epoch-ms", "id", "date", "uuidv7"],
)
def test_keys_of_other_kinds(
    events_18: Database, kind: str, values: str, condition: str, interval: str, option: str | None
) -> None:
    events_18.session.script(
        f"CREATE TABLE readings (k {kind} NOT NULL, value text);"
        f"INSERT INTO readings SELECT {values}, repeat('z', 100) FROM generate_series(1, 200000) AS n; ANALYZE readings"
    )
    asked = f"SELECT count(*) FROM readings WHERE {condition}"
    found = on(advise(events_18, asked, min_bytes=20 * MEGABYTE), "public.readings")
    assert found.verdict == "yes", found.reason
    assert found.proposal is not None
    assert found.proposal.interval == interval
    assert option is None or str(found.command).endswith(option)
    assert change(found).partitions_scanned is not None
    assert change(found).prunes


def test_null_keys_need_a_default_partition(events_18: Database) -> None:
    events_18.session.script(
        "ALTER TABLE events ALTER created_at DROP NOT NULL; UPDATE events SET created_at = NULL WHERE id % 10 = 0;"
        "ANALYZE events"
    )
    found = on(advise(events_18, MONTHLY, "SELECT count(*) FROM events WHERE created_at IS NULL"), "public.events")
    assert found.proposal is not None
    assert found.proposal.needs_default
    assert found.proposal.partitions_tried == 12 + 4 + 1
    assert ("nullable column", "created_at") in {(one.kind, one.name) for one in found.obstacles}
    assert [one.partitions_scanned for one in found.proposal.statements] == [1, 1]


def test_a_column_of_few_values_is_a_key_by_list(events_18: Database) -> None:
    events_18.session.script("DROP INDEX events_account")
    found = on(advise(events_18, "SELECT count(*), max(payload) FROM events WHERE kind = 'buy'"), "public.events")
    assert found.proposal is not None
    assert (found.verdict, found.proposal.strategy, found.proposal.control) == ("yes", "list", "kind")
    assert found.command is None
    assert "is by range only" in found.reason
    assert change(found).partitions_scanned == 1


ODD = '"Größe"."Meß ""werte"" $1"'


def test_names_that_need_quotes(events_18: Database) -> None:
    events_18.session.script(
        f"""
        CREATE SCHEMA "Größe";
        CREATE TABLE {ODD} ("Zeit Punkt" timestamptz NOT NULL, "Wért" text);
        INSERT INTO {ODD} SELECT created_at, payload FROM events;
        CREATE INDEX "ein Index" ON {ODD} ("Wért", "Zeit Punkt") WHERE "Wért" <> '';
        ANALYZE {ODD};
        """
    )
    asked = f"""SELECT count(*) FROM {ODD} WHERE "Zeit Punkt" < '2024-01-20Z'"""
    found = on(advise(events_18, asked, min_bytes=20 * MEGABYTE), ODD)
    assert (found.verdict, change(found).partitions_scanned) == ("yes", 1 + 1)
    assert found.command == (f"dbopt partition convert '{ODD}'" + ' --control "Zeit Punkt" --interval "1 month"')


def test_a_partitioned_table_is_left_to_list_and_a_partition_to_its_parent(events_18: Database) -> None:
    events_18.session.script(
        "CREATE TABLE parts (n integer) PARTITION BY RANGE (n);"
        "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10)"
    )
    advice = advise(events_18, "SELECT * FROM parts WHERE n = 1", tables=("parts", "parts_1"))
    assert [(one.table, one.why) for one in advice.tables] == [
        ("public.parts", "partitioned"),
        ("public.parts_1", "partition"),
    ]
    assert "dbopt partition list" in advice.tables[0].reason


def test_tables_that_share_rows_by_inheritance_are_left_as_they_are(events_18: Database) -> None:
    events_18.session.script("CREATE TABLE special (extra text) INHERITS (events)")
    found = on(advise(events_18, MONTHLY), "public.events")
    assert (found.verdict, found.why) == ("no", "inheritance")
    assert "public.special" in found.reason


def test_a_table_that_was_never_analysed_is_not_judged(events_18: Database) -> None:
    events_18.session.script("CREATE TABLE fresh AS SELECT * FROM events")
    found = on(advise(events_18, "SELECT * FROM fresh WHERE created_at < '2024-02-01Z'"), "public.fresh")
    assert (found.verdict, found.why) == ("no", "unknown")
    assert "ANALYZE public.fresh" in found.reason


def test_nothing_stays_in_the_shadow_and_the_same_question_has_the_same_answer(events_18: Database) -> None:
    assert advise(events_18, *ASKED) == advise(events_18, *ASKED)


def test_tables_that_are_not_there(events_18: Database) -> None:
    with pytest.raises(UsageError, match="there is no such table"):
        advise(events_18, MONTHLY, tables=("nowhere",))
    with pytest.raises(NothingToDo):
        advise(events_18, "SELECT 1", min_bytes=MEGABYTE)


def test_a_table_that_has_grown_since_it_was_analysed_is_judged_with_all_its_rows(events_18: Database) -> None:
    events_18.session.script("INSERT INTO events SELECT id + 200000, account_id, created_at, kind, payload FROM events")
    found = on(advise(events_18, MONTHLY, "SELECT count(*) FROM events WHERE payload = 'none'"), "public.events")
    everything = change(found, 1)
    assert everything.cost_after == pytest.approx(everything.cost_before, rel=0.02)


def test_hash_is_tried_for_very_large_tables_whose_statements_name_the_column(events_18: Database) -> None:
    asked = "SELECT * FROM events WHERE account_id = 5"
    assert tried(on(advise(events_18, asked, min_bytes=MEGABYTE), "public.events")) == {"range", "hash"}
    assert tried(on(advise(events_18, asked), "public.events")) == {"range"}


def tried(found: TableAdvice) -> set[str | None]:
    assert found.proposal is not None
    return {found.proposal.strategy, *(one.strategy for one in found.others)}


def test_a_shorter_interval_is_taken_where_statements_cost_less_with_it(events_18: Database) -> None:
    daily = "SELECT count(*) FROM events WHERE created_at >= '2024-06-01Z' AND created_at < '2024-06-02Z'"
    found = on(advise(events_18, daily, min_bytes=3 * MEGABYTE), "public.events")
    assert found.proposal is not None
    assert (found.proposal.interval, found.proposal.partitions) == ("7 days", 53)


def test_what_a_plan_leaves_out_at_its_start_costs_nothing() -> None:
    scan = {"Node Type": "Seq Scan", "Relation Name": "p", "Total Cost": 10.0, "Parent Relationship": "Member"}
    append = {"Node Type": "Append", "Total Cost": 101.0, "Subplans Removed": 9, "Plans": [scan]}
    limit = {"Node Type": "Limit", "Total Cost": 50.5, "Plans": [{**append, "Parent Relationship": "Outer"}]}
    assert effective_cost(tree.parse({"Plan": append})) == pytest.approx(10.0)
    assert effective_cost(tree.parse({"Plan": limit})) == pytest.approx(50.5 - 91 / 2)
    assert effective_cost(tree.parse({"Plan": {**append, "Subplans Removed": 0}})) == 101.0
