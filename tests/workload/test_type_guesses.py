"""Types told from how values are written, on what the servers themselves write."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dbopt.postgres.session import Session
from dbopt.workload.type_guesses import guesses
from tests.servers import Server

WRITTEN = [
    ("'-5'::integer", "integer"),
    ("'5000000000'::bigint", "bigint"),
    ("'1e30'::numeric", "numeric"),
    ("'12.50'::numeric", "numeric"),
    ("'1e300'::float8", "double precision"),
    ("'-Infinity'::float8", "double precision"),
    ("true", "boolean"),
    ("gen_random_uuid()", "uuid"),
    ("'2024-02-29'::date", "date"),
    ("'0044-03-15 BC'::date", "date"),
    ("'12024-02-29 10:00'::timestamp", "timestamp without time zone"),
    ("'2024-02-29 10:00:00.25+05:30'::timestamptz", "timestamp with time zone"),
    ("'10:00:00.5-03:30'::timetz", "time with time zone"),
    ("'-3 days +05:00'::interval", "interval"),
    ("'1 year 2 mons'::interval", "interval"),
    ("'-3 hours'::interval", "interval"),
    ("'\\xdeadbeef'::bytea", "bytea"),
    ("'10.0.0.1'::inet", "inet"),
    ("'2001:db8::/32'::cidr", "inet"),
    ("'::1'::inet", "inet"),
    ("'08:00:2b:01:02:03'::macaddr", "macaddr"),
    ("""'{"a": "it''s"}'::jsonb""", "jsonb"),
    ("'[1, 2]'::jsonb", "jsonb"),
    ("'{1,NULL,-3}'::int[]", "integer[]"),
    ("'{5000000000}'::bigint[]", "bigint[]"),
    ("array['a \"quoted\" one', 'com,ma', null, '']", "text[]"),
    ("array[now()]", "timestamp with time zone[]"),
    ("array['{\"a\": 1}'::jsonb]", "jsonb[]"),
    ("'[1,10)'::int4range", "int4range"),
    ("'(,2024-01-01)'::daterange", "daterange"),
    ("tstzrange(now(), null)", "tstzrange"),
    ("'{[1,3),[5,)}'::int4multirange", "int4multirange"),
    ("'it''s'::text", "text"),
    ("'00501'::text", "text"),
    ("''::text", "text"),
    ("'{not json'::text", "text"),
    ("'(1,2)'::point", "point"),
]


@pytest.fixture(scope="module")
def session(pg18: Server) -> Iterator[Session]:
    with pg18.connect() as session:
        yield session


@pytest.mark.parametrize(("expression", "expected"), WRITTEN)
def test_the_first_guess_at_what_the_server_writes(session: Session, expression: str, expected: str) -> None:
    [row] = session.fetch_workload(f"SELECT format('%s', {expression}) AS value")
    assert guesses([row["value"]])[0] == expected


def test_all_values_have_to_fit() -> None:
    assert guesses(["1", "5000000000"])[0] == "bigint"
    assert guesses(["1", "2.5"])[0] == "numeric"
    assert guesses(["1", "a"]) == ("text",)
    assert guesses([None, "1"])[0] == "integer"
    assert guesses([None]) == guesses([]) == ("text",)
    assert guesses(["empty", "[1,2)"])[0] == "int4range"


def test_the_last_guess_is_text() -> None:
    for value in ("1", "t", "{}", "[1,2)", "x", "2024-01-01", "empty", "{{1},{2}}"):
        assert guesses([value])[-1] == "text"
