"""Scripts cut into statements as psql cuts them."""

from __future__ import annotations

import pytest

from dbopt.workload.script import split


def texts(script: str) -> list[str]:
    return [piece.text for piece in split(script).pieces]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT ';'",
        "SELECT $$;$$, $a$;$a$",
        'SELECT 1 AS ";"',
        "SELECT 1 /* ; /* ; */ ; */ + 1",
        "SELECT 1 -- ;\n + 1",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END",
        "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC INSERT INTO t VALUES (1); END",
        "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
    ],
)
def test_these_semicolons_end_no_statement(statement: str) -> None:
    assert texts(f"{statement};\nSELECT 2;") == [statement, "SELECT 2"]


def test_a_transaction_is_three_statements() -> None:
    assert texts("BEGIN; SELECT 1; END;") == ["BEGIN", "SELECT 1", "END"]


def test_empty_statements_vanish() -> None:
    assert texts(";;  ; -- nothing\n;") == []


def test_lines_and_comments_are_told() -> None:
    [_, piece] = split("SELECT 1;\n\n-- name: two\n/* more */\nSELECT 2").pieces
    assert (piece.line, piece.comments) == (5, ("-- name: two", "/* more */"))


def test_commands_to_psql_are_skipped_and_reported() -> None:
    script = split("\\set x 1\nSELECT 1;\n\\i other.sql\nSELECT 2 \\gset\nSELECT 3;")
    assert [piece.text for piece in script.pieces] == ["SELECT 1", "SELECT 2", "SELECT 3"]
    assert script.skipped == ((1, "\\set x 1"), (3, "\\i other.sql"), (4, "\\gset"))


def test_the_data_of_a_copy_are_no_statements() -> None:
    assert texts("COPY t FROM stdin;\n1\tit's;\n\\.\nSELECT 1;") == ["COPY t FROM stdin", "SELECT 1"]


def test_an_unterminated_string_ends_with_the_script() -> None:
    assert texts("SELECT 1; SELECT 'oops; SELECT 2;") == ["SELECT 1", "SELECT 'oops; SELECT 2;"]


def test_a_byte_order_mark_is_white_space() -> None:
    assert texts("\ufeffSELECT 1;") == ["SELECT 1"]
