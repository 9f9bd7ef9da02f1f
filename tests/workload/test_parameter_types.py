"""Casts for statements that lost the types of their parameters, and real values of many types at work."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dbopt import documents
from dbopt.plan.explain import explain
from dbopt.timing.measure import measure
from dbopt.workload.files import single
from dbopt.workload.model import Source, Statement, Workload
from dbopt.workload.parameter_types import cast, typed, with_types
from tests.servers import Database
from tests.workload.mixed_types import SCHEMA

Dbopt = Callable[..., tuple[int, str, str]]


@pytest.fixture
def mixed(server: object, new_database: Callable[..., Database]) -> Database:
    return new_database(server, SCHEMA)


def statement(sql: str, *sets: tuple[str | None, ...]) -> Statement:
    return replace(single(sql).statements[0], parameters=sets, parameters_from="captured")


@pytest.mark.parametrize(
    ("sql", "values", "casts"),
    [
        ("SELECT $1 + $2", ("1", "2"), {1: "integer"}),
        ("SELECT date_trunc('day', $1)", ("2024-01-01 10:00:00+00",), {1: "timestamp with time zone"}),
        ("SELECT id FROM mixed WHERE day - $1 > '2024-01-01'", ("7",), {1: "integer"}),
        ("SELECT id FROM mixed WHERE at < now() - $1", ("-1 days +08:30:00",), {1: "interval"}),
        ("SELECT jsonb_build_object($1, $2)", ("a", "t"), {1: "text", 2: "boolean"}),
        ("SELECT $1 IS NULL OR $2 IS NULL", (None, "5"), {1: "text", 2: "integer"}),
        ("SELECT g FROM unnest($1) AS g JOIN mixed ON whole = g", ("{1,2}",), {1: "integer[]"}),
        ("SELECT id FROM mixed WHERE substring(label FROM $1) = $2", ("3", "5"), {1: "integer"}),
        (
            "UPDATE mixed SET label = v.b FROM (VALUES ($1, $2), ($3, $4)) AS v (a, b) WHERE id = v.a AND feeling = $5",
            ("1", "seven", "2", "eight", "sad"),
            {1: "integer"},
        ),
    ],
)
def test_casts_are_added_where_they_are_needed(
    mixed: Database, sql: str, values: tuple[str | None, ...], casts: dict[int, str]
) -> None:
    given = statement(sql, values)
    done = typed(mixed.session, given)
    assert done.sql == cast(sql, casts)
    assert (done.id, done.parameters) == (given.id, given.parameters)
    assert explain(mixed.session, done).error is None


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        ("SELECT id FROM mixed WHERE label = $1 AND code = $2 AND feeling = $3", ("5", "2024-01-01", "it's fine")),
        ("INSERT INTO mixed (label, whole, docb) VALUES ($1, $2, $3)", ("5", "5", "5")),
        ("UPDATE mixed SET label = $1 WHERE key = $2", ("5", "00000000-0000-0000-0000-000000000001")),
        ("SELECT id FROM mixed WHERE label LIKE $1 || '%'", ("5",)),
        ("SELECT id FROM mixed WHERE docb ->> $1 = $2 LIMIT $3", ("a", "5", "5")),
        ("SELECT $1::text", ("5",)),
        ("SELECT CAST($1 AS jsonb)", ("5",)),
        ("SELECT $1", ("it's",)),
        ("SELECT no_such_column FROM mixed WHERE id = $1 + $2", ("5", "6")),
        ("SELEC $1 + $2", ("5", "6")),
        ("SELECT 1", ()),
    ],
)
def test_nothing_is_added_where_the_server_knows_or_it_would_not_help(
    mixed: Database, sql: str, values: tuple[str | None, ...]
) -> None:
    given = statement(sql, values)
    assert typed(mixed.session, given) == given


def test_one_type_for_all_sets(mixed: Database) -> None:
    done = typed(mixed.session, statement("SELECT $1 + $2", ("1", "2"), ("5000000000", None), ("1", "2.5")))
    assert done.sql == "SELECT $1 + $2::numeric"


def test_a_long_list_of_values_ends(mixed: Database) -> None:
    rows = ", ".join(f"(${2 * n + 1}, ${2 * n + 2})" for n in range(300))
    values = tuple(text for n in range(300) for text in (str(n), f"name {n}"))
    sql = f"SELECT count(*) FROM mixed JOIN (VALUES {rows}) AS v (id, label) ON mixed.id = v.id"
    assert explain(mixed.session, typed(mixed.session, statement(sql, values))).error is None


def test_a_workload_keeps_the_rest(mixed: Database) -> None:
    good, bad = statement("SELECT $1 + $2", ("1", "2")), statement("SELECT id FROM mixed WHERE id = $1", ("1",))
    workload = Workload(Source("logs", None, None, None), (good, bad))
    assert [one.sql for one in with_types(mixed.session, workload).statements] == [
        "SELECT $1::integer + $2",
        bad.sql,
    ]


# -- the commands that take values ------------------------------------------------------------------------------------

OF_EACH_TYPE = {
    "whole": "40001",
    "big": "1099511627776",
    "exact": "12.50",
    "price": "7",
    "single": "0.1",
    "double_": "1e+300",
    "flag": "t",
    "label": 'it\'s\na "line"\\',
    "code": "', $2 = 'x",
    "fixed": "é  ",
    "raw": "\\x00ff27",
    "day": "2024-02-29",
    "clock": "10:00:00.5",
    "clock_tz": "10:00:00-03:30",
    "at": "2024-02-29 10:00:00.000001",
    "at_tz": "2024-02-29 10:00:00.25+05:30",
    "span": "-1 days +08:30:00",
    "key": "00000000-0000-0000-0000-00000000002a",
    "address": "10.0.0.7",
    "net": "10.1.0.0/16",
    "hardware": "08:00:2b:01:02:03",
    "docb": '{"k": "it\'s", "n": [1, null]}',
    "feeling": "it's fine",
    "tags": '{a,"quo\\"te","com,ma",NULL,"NULL"}',
    "numbers": "{1,70000,3}",
    "days": "{2024-02-29}",
    "within": "[1,10)",
    "booked": '["2024-02-29 10:00:00+00",)',
    "holidays": "{[2024-02-29,2024-03-03)}",
    "bits": "1011",
    "cash": "$12.34",
    "words": "'cat':3 'fat':2",
    "kind": "1259",
    "lsn": "16/B374D848",
}


def test_values_of_each_type_find_their_row(mixed: Database, dbopt: Dbopt, tmp_path: Path) -> None:
    """As a log would give them, through a file, run by both commands; NULL finds none."""
    names = list(OF_EACH_TYPE)
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    mixed.session.fetch_workload(
        f"INSERT INTO mixed ({', '.join(names)}) VALUES ({places})", tuple(OF_EACH_TYPE.values())
    )
    statements = [
        replace(statement(f"SELECT id FROM mixed WHERE {name} = $1 AND id > $2", (value, "0")), id=f"{number:016x}")
        for number, (name, value) in enumerate(OF_EACH_TYPE.items())
    ]
    nulls = replace(statement("SELECT id FROM mixed WHERE whole = $1 AND id > $2", (None, "0")), id="f" * 16)
    untyped = replace(statement("SELECT $1 + $2, id FROM mixed", ("1", "2")), id="e" * 16)
    file = tmp_path / "w.json"
    workload = Workload(Source("logs", None, None, None), (*statements, nulls, untyped))
    file.write_text(documents.dump(workload), "utf-8")

    code, out, err = dbopt("explain", file, "--analyze", "-d", mixed.dsn, "--format", "json")
    plans = json.loads(out)["statements"]
    rows = [one["plan"][0]["Plan"]["Actual Rows"] if one["executed"] else one["error"] for one in plans]
    assert (code, rows) == (0, [1] * len(statements) + [0, 1]), err

    code, out, err = dbopt("measure", file, "--runs", "1", "-d", mixed.dsn, "--format", "json")
    timings = json.loads(out)["statements"]
    assert (code, [one["rows"] for one in timings]) == (0, [1] * len(statements) + [0, 1]), err


def test_measure_runs_every_set(mixed: Database) -> None:
    mixed.session.script("INSERT INTO mixed (whole) SELECT n FROM generate_series(1, 4) AS n")
    given = statement("SELECT id FROM mixed WHERE whole > $1", ("0",), ("2",), (None,))
    [timing] = measure(mixed.session, Workload(Source("logs", None, None, None), (given,)), runs=1).statements
    assert timing.rows == pytest.approx((4 + 2 + 0) / 3)
