"""What-if on a shadow: the plan that the real index would give."""

from __future__ import annotations

import re

import pytest
from psycopg import sql

from dbopt.errors import QueryFailed
from dbopt.index.model import Index, Key
from dbopt.plan.shape import shape
from dbopt.plan.tree import Plan, parse
from dbopt.postgres.session import Session
from dbopt.shadow.what_if import ShadowWhatIf
from dbopt.workload.kinds import kind_of
from dbopt.workload.model import Statement

WEIRD = 'we"ird; Täble'


def statement(text: str, *values: str | None) -> Statement:
    return Statement("0" * 16, None, text, kind_of(text), parameters=(values,) if values else ())


def index(table: str, *keys: Key | str, schema: str = "public", **rest: object) -> Index:
    found = tuple(key if isinstance(key, Key) else Key(key) for key in keys)
    return Index(schema, table, found, **rest)  # type: ignore[arg-type]


# Twelve kinds of index, each with a statement that should use it, and how far the cost may be off.
VARIED = {
    "one column": (index("documents", "created"), "SELECT * FROM documents WHERE created = '2021-05-05'", 0.05),
    "two columns": (
        index("documents", "owner", "created"),
        "SELECT * FROM documents WHERE owner = 7 AND created > '2023-01-01'",
        0.05,
    ),
    "descending": (
        index("documents", Key("created", descending=True), "id"),
        "SELECT id FROM documents ORDER BY created DESC, id LIMIT 5",
        0.05,
    ),
    "include": (
        index("documents", "created", include=("owner",)),
        "SELECT owner FROM documents WHERE created < '2020-02-01'",
        0.05,
    ),
    "partial": (
        index("documents", "id", predicate="owner IS NULL"),
        "SELECT * FROM documents WHERE owner IS NULL ORDER BY id LIMIT 20",
        0.10,
    ),
    "long texts": (index("documents", "body"), "SELECT id FROM documents WHERE body = 'Body'", 0.05),
    "few values": (
        index("measured_2023", "device"),
        "SELECT count(*) FROM measured_2023 WHERE device = 3",
        0.10,
    ),
    "floats": (index("measured_2023", "value"), "SELECT * FROM measured_2023 WHERE value = 3", 0.05),
    "odd names": (
        index(WEIRD, "cost", "i;d", schema="Dépôt; x"),
        'SELECT * FROM "Dépôt; x"."we""ird; Täble" WHERE cost = 5 AND "i;d" < 1000',
        0.05,
    ),
    "hash": (index("documents", "body", method="hash"), "SELECT * FROM documents WHERE body = 'x'", 0.05),
    "brin": (
        index("documents", "created", method="brin"),
        "SELECT count(*) FROM documents WHERE created < '2020-02-01'",
        0.10,
    ),
    "gist": (
        index("documents", "place", method="gist"),
        "SELECT * FROM documents WHERE place <@ box '(0,0),(3,3)'",
        0.3,
    ),
    "materialized view": (index("by_owner", "owner"), "SELECT * FROM by_owner WHERE owner = 12", 0.05),
}


def real_plan(session: Session, wanted: Index, text: str) -> Plan:
    with session.rolled_back(read_only=False):
        session.script(wanted.create_sql("built_index"))
        rows = session.fetch_workload(text, prefix="EXPLAIN (FORMAT JSON) ")
    return parse(rows[0]["QUERY PLAN"])


def unnamed(plan: Plan) -> str:
    return re.sub(r"using (built_index|dbopt_what_if_\d+)", "using it", shape(plan))


@pytest.mark.parametrize("kind", VARIED)
def test_the_plan_is_that_of_the_real_index(zoo: Session, asked: ShadowWhatIf, kind: str) -> None:
    wanted, text, tolerance = VARIED[kind]
    assert asked.prepare([wanted]) == {}
    estimate = asked.estimate(statement(text), [wanted])
    real = real_plan(zoo, wanted, text)
    assert unnamed(estimate.plan) == unnamed(real)
    assert (wanted in estimate.used) == ("built_index" in real.indexes)
    assert estimate.cost == pytest.approx(real.cost, rel=tolerance)


def test_a_partitioned_tables_index_is_one_index(zoo: Session, asked: ShadowWhatIf) -> None:
    wanted = index("measured", "device", "at")
    assert asked.prepare([wanted]) == {}
    text = "SELECT device, at FROM measured WHERE device = 3 AND at BETWEEN '2023-10-20' AND '2024-03-10'"
    estimate = asked.estimate(statement(text), [wanted])
    assert estimate.used == {wanted}
    assert len(estimate.plan.indexes) > 1
    assert estimate.cost == pytest.approx(real_plan(zoo, wanted, text).cost, rel=0.1)


def test_an_expression_without_statistics_is_tried_too(asked: ShadowWhatIf) -> None:
    wanted = index("documents", Key("(content ->> 'title')", is_expression=True))
    assert asked.prepare([wanted]) == {}
    text = "SELECT * FROM documents WHERE content ->> 'title' = 'T7'"
    assert asked.estimate(statement(text), [wanted]).used == {wanted}
    assert asked.size_bytes(wanted) > 8192


def test_candidates_come_in_rounds_and_stay_out_of_sight(asked: ShadowWhatIf) -> None:
    question = statement("SELECT * FROM documents WHERE size = 53 AND created = '2021-01-01'")
    before = asked.estimate(question)
    first, second = index("documents", "created"), index("documents", "created", "size")
    asked.prepare([first])
    with_first = asked.estimate(question, [first])
    asked.prepare([first, second])
    with_both = asked.estimate(question, [first, second])
    assert before.used == frozenset()
    assert before.cost > with_first.cost > with_both.cost
    assert asked.estimate(question).plan == before.plan


def test_an_existing_index_can_be_hidden(asked: ShadowWhatIf) -> None:
    question = statement("SELECT * FROM documents WHERE id = 5")
    shown = asked.estimate(question)
    hidden = asked.estimate(question, hidden=["public.documents_pkey", "public.documents_unique"])
    assert hidden.cost > shown.cost
    assert asked.estimate(question).cost == shown.cost


def test_a_partitioned_existing_index_is_hidden_whole(asked: ShadowWhatIf) -> None:
    question = statement("SELECT * FROM measured WHERE at = '2023-05-05'")
    assert asked.estimate(question).plan.indexes
    assert not asked.estimate(question, hidden=["public.measured_at"]).plan.indexes


def test_an_odd_name_is_hidden(asked: ShadowWhatIf) -> None:
    question = statement("""SELECT * FROM "Dépôt; x"."we""ird; Täble" WHERE "Näme" = 'name 5'""")
    assert asked.estimate(question).plan.indexes == {'in"dex; 1'}
    assert not asked.estimate(question, hidden=['"Dépôt; x"."in""dex; 1"']).plan.indexes


@pytest.mark.parametrize(
    ("impossible", "reason"),
    [
        (index("documents", "nowhere"), "does not exist"),
        (index("no_such_table", "a"), "does not exist"),
        (index("documents", "place"), "no default operator class"),
        (index("documents", "id", method="nosuch"), "does not exist"),
    ],
    ids=["column", "table", "operator class", "method"],
)
def test_an_impossible_index_is_refused_with_the_reason(asked: ShadowWhatIf, impossible: Index, reason: str) -> None:
    possible = index("documents", "owner", "id")
    refused = asked.prepare([impossible, possible])
    assert list(refused) == [impossible]
    assert reason in refused[impossible]
    assert asked.prepare([impossible]) == refused
    with pytest.raises(QueryFailed, match=reason):
        asked.estimate(statement("SELECT 1"), [impossible])


def test_an_index_that_was_not_prepared_is_refused(asked: ShadowWhatIf) -> None:
    with pytest.raises(QueryFailed, match="not prepared"):
        asked.size_bytes(index("documents", "address"))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM documents WHERE owner = $1 AND created > $2",
        "UPDATE documents SET body = $1 WHERE owner = $2",
        "DELETE FROM measured WHERE at < $1",
        "INSERT INTO documents (id, owner) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET owner = 1",
    ],
)
def test_parameters_without_values_are_planned_generically(asked: ShadowWhatIf, text: str) -> None:
    calls = asked.planner_calls
    assert asked.estimate(statement(text)).cost > 0
    assert asked.planner_calls == calls + 1


def test_the_first_parameter_set_counts(asked: ShadowWhatIf) -> None:
    wanted = index("documents", "created", "address")
    asked.prepare([wanted])
    rare, most = "2019-12-31", "2030-01-01"
    text = "SELECT * FROM documents WHERE created < $1"
    assert asked.estimate(statement(text, rare), [wanted]).cost < asked.estimate(statement(text, most), [wanted]).cost


@pytest.mark.parametrize(
    "text", ["SELECT nonsense FROM documents", "SELEC 1", "SELECT 1; DROP TABLE documents", "VACUUM documents", ""]
)
def test_what_does_not_plan_is_one_clear_error_and_no_more(asked: ShadowWhatIf, text: str) -> None:
    wanted = index("documents", "owner", "id")
    asked.prepare([wanted])
    with pytest.raises(QueryFailed) as failure:
        asked.estimate(statement(text), [wanted])
    assert "\n" not in failure.value.message
    assert asked.estimate(statement("SELECT id FROM documents WHERE owner = 7"), [wanted]).used == {wanted}


def test_nothing_of_a_trial_reaches_the_source(zoo: Session, asked: ShadowWhatIf) -> None:
    asked.prepare([index("documents", "owner", "id")])
    found = zoo.fetch(sql.SQL("SELECT relname FROM pg_class WHERE relname LIKE 'dbopt_what_if%'"))
    assert found == []


def test_a_size_is_near_the_real_one(zoo: Session, asked: ShadowWhatIf) -> None:
    for wanted, _, _ in VARIED.values():
        if wanted.method != "btree":
            continue
        asked.prepare([wanted])
        with zoo.rolled_back(read_only=False):
            zoo.script(wanted.create_sql("built_index"))
            real = zoo.fetch(
                sql.SQL("SELECT pg_relation_size(oid) AS size FROM pg_class WHERE relname = 'built_index'")
            )
        assert asked.size_bytes(wanted) == pytest.approx(real[0]["size"], rel=0.2, abs=2 * 8192), str(wanted)


def test_plans_are_made_as_if_something_had_been_changed_and_nothing_stays(asked: ShadowWhatIf) -> None:
    by_id, created = statement("SELECT id FROM documents WHERE id = 5"), statement("SELECT created FROM documents")
    former = asked.estimate(by_id).cost
    assert asked.estimate(created).cost > 0
    with asked.changed(("ALTER TABLE documents RENAME TO aside", "CREATE TABLE documents (id integer)")):
        with pytest.raises(QueryFailed, match='column "created" does not exist'):
            asked.estimate(created)
        assert asked.estimate(by_id).plan.root.node_type == "Seq Scan"
        assert asked.estimate(by_id).cost > former
    assert asked.estimate(by_id).cost == former
    with pytest.raises(QueryFailed, match="does not exist"), asked.changed(("ALTER TABLE nowhere RENAME TO aside",)):
        raise AssertionError
    assert asked.estimate(created).cost > 0
