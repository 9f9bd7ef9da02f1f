"""The parameters that the server logs, read back."""

from __future__ import annotations

import string

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg import pq

from dbopt.workload.logs.parameters import Bound, is_cut, parse
from tests.servers import Database

TRICKY = st.one_of(
    st.text(),
    st.text(alphabet="'$12 =,.\n\\\"N" + string.ascii_letters[:3]),
    st.sampled_from(["', $2 = 'x", "$1 = NULL", "NULL", "...", "'", "''", "a'''", ", $2 = '", "\t\n", ""]),
)


def quoted(value: str | None) -> str:
    """As appendStringInfoStringQuoted does it."""
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def logged(values: list[str | None]) -> str:
    return ", ".join(f"${number} = {quoted(value)}" for number, value in enumerate(values, 1))


@given(st.lists(st.none() | TRICKY, min_size=1, max_size=6))
@example(["it's", None, "a, $3 = 'b'"])
def test_whatever_is_bound_comes_back(values: list[str | None]) -> None:
    for prefix in ("parameters: ", "Parameters: ", "Query Parameters: ", "", 'portal "c" with parameters: '):
        assert parse(prefix + logged(values), -1) == Bound(tuple(values))


@given(st.lists(st.none() | TRICKY, min_size=1, max_size=4), st.integers(min_value=0))
def test_a_text_that_ends_early_gives_no_wrong_value(values: list[str | None], cut: int) -> None:
    text = logged(values)
    text = text[: cut % (len(text) + 1)]
    found = parse(text, -1) or Bound(())
    if text.endswith("'"):
        return  # the end of the value, or the first of two quotes: nobody can tell
    for number, (value, whole) in enumerate(zip(found.values, values, strict=False), 1):
        assert value == whole or (number in found.truncated and (whole or "").startswith(value or ""))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("parameters: $1 = 'it''s', $2 = NULL, $3 = ''", Bound(("it's", None, ""))),
        ("Parameter: $1 = '5'", Bound(("5",))),
        ("paramètres : $1 = 'é\n'", Bound(("é\n",))),
        ("Key (a)=(1) already exists.", None),
        ("parameters: $1 = 'long te...'", Bound(("long te",), (1,))),
        ("parameters: $1 = '', $2 = 'ab''...', $3 = 'x'", Bound(("", "ab'", "x"), (2,))),
        ("parameters: $1 = 'a\nb', $2 = '$1 = NULL'", Bound(("a\nb", "$1 = NULL"))),
        ("parameters: $1 = 'NULL'\n", Bound(("NULL",))),
        ("parameters: $1 = 'the line ends he", Bound(("the line ends he",), (1,))),
        ("prepare: SELECT $1 = 'x'", Bound(("x",))),
        ("parameters: $1 = '5', and more", None),
        ("parameters: $1 = '5', $3 = '6'", None),
        ("parameters: $2 = '5'", None),
        ("parameters: $1 = 5", None),
        ("prepare: SELECT 1", None),
        ("", None),
    ],
)
def test_texts(text: str, expected: Bound | None) -> None:
    assert parse(text) == expected


@given(st.lists(st.none() | TRICKY, min_size=1, max_size=4))
@example(["a...", "...'", "...', $2 = 'x", "'...'"])
def test_what_is_cut_is_told_without_reading_the_values(values: list[str | None]) -> None:
    text = "parameters: " + logged(values)
    found = parse(text)
    assert found is not None
    assert is_cut(text.encode("utf-8", "surrogatepass")) == bool(found.truncated)


def test_what_is_no_list_of_parameters_is_not_cut() -> None:
    assert not is_cut(b"Key (a)=('x...') already exists.")


def test_a_known_limit_tells_the_servers_dots_from_the_applications() -> None:
    assert parse("$1 = 'abcde...'", 5) == Bound(("abcde",), (1,))
    assert parse("$1 = 'ab...'", 10) == Bound(("ab...",))
    assert parse("$1 = 'äöü...'", 7) == Bound(("äöü",), (1,))
    assert parse("$1 = '...'", 0) == Bound(("",), (1,))


def test_a_long_value_is_read_in_linear_time() -> None:
    value = "'" * 200_000
    assert parse(logged([value, value])) == Bound((value, value))


def test_what_the_server_itself_writes(database: Database) -> None:
    """As a log shows it: the server puts the parameters into the context of an error, quoted by the same function."""
    values = ["it's", "a\nb", "', $2 = 'x", "NULL", "...", "ä€😀", "\\'", ""]
    found = _context(database, values, -1)
    assert parse(found, -1) == Bound(tuple(values))
    cut = parse(_context(database, [f"{'ä' * 9}", "'''''''''", "short"], 8), 8)
    assert cut == Bound(("ää" * 2, "''''''''", "short"), (1, 2))


def _context(database: Database, values: list[str], limit: int) -> str:
    """The CONTEXT of a failed statement with these parameters."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(f"SET log_parameter_max_length_on_error = {limit}".encode())
        columns = ", ".join(f"${number}::text" for number in range(1, len(values) + 1))
        result = connection.pgconn.exec_params(
            f"SELECT 1 / length({columns.split(', ')[0]} || 'x') / 0, {columns}".encode(),
            [value.encode() for value in values],
        )
        return (result.error_field(pq.DiagnosticField.CONTEXT) or b"").decode()
