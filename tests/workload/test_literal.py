"""Values of literals: on paper, and as the server takes them in place of the literals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from dbopt.errors import ServerError
from dbopt.workload.files import single
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.lexer import significant
from dbopt.workload.literal import Value, end_of_literal, value_of
from dbopt.workload.logs.redact import without_literals
from dbopt.workload.normalise import normalised
from dbopt.workload.parameter_types import typed
from tests.servers import Database
from tests.workload.mixed_types import SCHEMA


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("007", "7"),
        ("1_000", "1000"),
        ("0x1F", "31"),
        ("0b11", "3"),
        ("0o17", "15"),
        ("0.50", "0.50"),
        ("5.", "5.0"),
        (".5", "0.5"),
        ("1e3", "1000.0"),
        ("1.5e-3", "0.0015"),
        ("1e400", "1e400"),
        ("1" * 500, "1" * 500),
        ("0x" + "F" * 5000, "0x" + "f" * 5000),
        ("'it''s'", "it's"),
        ("'a'\n'b'", "ab"),
        ("N'x'", "x"),
        ("$$it's$$", "it's"),
        ("$t$ $$ $t$", " $$ "),
        ("$t$ the end is mis", " the end is mis"),
        ("b'101'", "101"),
        ("B''", ""),
        ("X'1f'", "00011111"),
        (r"E'\xc3\xa9\u00e9\303\251\t\'\\'", "ééé\t'\\"),
        (r"E'\ud83d\ude00\U0001F600'", "😀😀"),
        ("E'a'\n'\\n'", "a\n"),
        (r"U&'d\0061t\+000061\\'", "data\\"),
        (r"U&'d!0061t!!\' uescape '!'", "dat!\\"),
        (r"U&'\d83d\de00'", "😀"),
        ("TRUE", "true"),
        ("NULL", None),
    ],
)
def test_what_a_literal_says(literal: str, value: str | None) -> None:
    found = significant(literal)
    assert end_of_literal(found, 0) == len(found) - 1
    assert value_of(found) == Value(value)


@pytest.mark.parametrize(
    "literal",
    [r"U&'\zz'", r"U&'\d83d'", r"E'\UFFFFFFFF'", r"E'\xff'", r"E'\0'", r"E'\ud83d'", "B'12'", "X'g'", "name", "$1"],
)
def test_what_no_server_reads_has_no_value(literal: str) -> None:
    assert value_of(significant(literal)) is None


OF_ALL_KINDS = [
    "bits = B'1011' OR bits = X'f' OR bits & B'1000' = B'1000'",
    "whole = X'FF'::int OR whole = CAST(B'101' AS bigint)",
    r"label = U&'\00e4' OR label = U&'d!0061ta' UESCAPE '!' OR label = E'a\nb' OR label = $$it's$$ OR label = N'x'",
    "small = -3 OR whole = - 4 OR whole - 5 > -6",
    "whole > 1e3 OR whole < -1.5 OR exact = 12.50 OR double_ > 1e300 OR whole = 40001.",
    "id = 9223372036854775807 OR small = 5000000000",
    "day >= date '2024-01-01' + interval '1 day' OR at_tz > timestamptz '2024-02-01 00:00+00' - interval '36' hour",
    "at < timestamp (3) without time zone '2024-03-01 10:00' OR span > interval '1-2' year to month",
    "clock > time '10:00' OR clock_tz > time with time zone '10:00+02'",
    "feeling = mood 'sad' OR feeling IN ('so so', mood 'it''s fine') OR price = amount '7'",
    "docb @> jsonb '{\"k\": \"it''s\"}' OR doc ->> 'k' = 'v' OR tags && '{a,b}'::text[]",
    "double_ < double precision '1.5' OR exact = numeric '12.5' OR bits = bit(4) '1011' OR flag = true",
    "label LIKE '%x!%%' ESCAPE '!' OR at AT TIME ZONE 'UTC' > '2024-01-01' OR extract(year FROM at) = 2024",
    "day + 7 > '2024-01-10' OR whole IN (-1, +40001) OR (whole, day) > (1, '2024-01-01')",
    "numbers[2] = 7 OR key = uuid '00000000-0000-0000-0000-00000000002a' OR address <<= inet '10.0.0.0/8'",
    "place <@ box '(0,0),(9,9)' OR within @> 5 OR booked && tstzrange('2024-01-01', NULL) OR cash > money '1.5'",
]


@pytest.fixture
def mixed(server: object, new_database: Callable[..., Database]) -> Database:
    rows = """
    INSERT INTO mixed (small, whole, exact, price, double_, flag, label, day, clock, clock_tz, at, at_tz, span, bits,
                       feeling, docb, doc, tags, numbers, key, address, place, within, booked, cash)
    SELECT g % 7 - 3, 40000 + g, g * 1.25, g, g / 3.0, g % 2 = 0,
           (ARRAY['ä', 'data', E'a\\nb', 'it''s', 'x'])[g % 5 + 1], date '2024-01-01' + g,
           time '08:00' + g * interval '11 min', timetz '08:00+00', timestamp '2024-01-01' + g * interval '1 h',
           timestamptz '2024-01-01+00' + g * interval '1 h', g * interval '10 days', (g % 16)::bit(4)::varbit,
           (ARRAY['sad', 'so so', 'it''s fine']::mood[])[g % 3 + 1], '{"k": "it''s"}', '{"k": "v"}', ARRAY['a'],
           ARRAY[1, g % 9], '00000000-0000-0000-0000-00000000002a', '10.0.0.7', point(g, 1), int4range(g, g + 5),
           tstzrange('2024-01-01+00', NULL), 1
    FROM generate_series(1, 60) AS g
    """
    return new_database(server, f"{SCHEMA}; {rows}")


@pytest.mark.parametrize("condition", OF_ALL_KINDS)
def test_values_take_the_place_of_literals(mixed: Database, condition: str) -> None:
    """Each alternative of the condition finds the same rows with values as with literals."""
    for part in condition.split(" OR "):
        sql = f"SELECT array_agg(id ORDER BY id) AS found FROM mixed WHERE {part}"
        form = normalised(sql)
        assert form.values
        given = replace(single(form.sql).statements[0], parameters=(form.values,), parameters_from="captured")
        statement = typed(mixed.session, given)
        assert statement.id == fingerprint(sql)
        assert mixed.session.fetch_workload(statement.sql, form.values) == mixed.session.fetch_workload(sql), part


@pytest.mark.parametrize("condition", OF_ALL_KINDS)
def test_literals_of_all_kinds_are_redacted(condition: str) -> None:
    names = {word.folded for word in significant(condition) if word.kind in ("word", "quoted")}
    for text in (without_literals(condition), normalised(f"SELECT id FROM mixed WHERE {condition}").sql):
        shown = {word.folded for word in significant(text) if word.kind in ("word", "quoted", "string")}
        assert shown <= names | {
            "select",
            "id",
            "from",
            "mixed",
            "where",
            "extract",
            '"extract"',
            "pg_catalog",
            "'year'",
        }


def test_a_literal_that_no_server_reads_gives_no_values(mixed: Database) -> None:
    sql = r"SELECT id FROM mixed WHERE label = U&'\zz' AND whole = 5"
    assert normalised(sql).values is None
    with pytest.raises(ServerError):
        mixed.session.fetch_workload(sql)
