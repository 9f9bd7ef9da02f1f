"""Tokens as PostgreSQL sees them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbopt.workload.lexer import Kind, is_same, parameter_numbers, significant, tokens
from dbopt.workload.literal import string_value


def kinds(sql: str) -> list[tuple[str, str]]:
    return [(token.kind.value, token.text) for token in significant(sql)]


@given(st.text(alphabet="ab$1 \n'\"\\-/*();:EeUu&?@=<>.[]Ä_", max_size=40))
def test_the_tokens_of_any_text_are_the_text(sql: str) -> None:
    assert "".join(token.text for token in tokens(sql)) == sql


@pytest.mark.parametrize(
    "text",
    [
        "'a''b'", r"E'a\'b'", r"e'\\'", "U&'d\\0061t'", "$$a;'b$$", "$t$ $$ ; $t$", "B'101'", "x'1F'", "N'n'", "'a\nb'",
        r"'back\'", "'unterminated", "$x$ unterminated",
    ],
)  # fmt: skip
def test_a_string_is_one_token(text: str) -> None:
    assert kinds(text) == [("string", text)]


@pytest.mark.parametrize("text", ["1", "1.5", ".5", "1.", "1e3", "1.5E-3", "0x1F", "0b01", "0o17", "1_000"])
def test_a_number_is_one_token(text: str) -> None:
    assert kinds(text) == [("number", text)]


def test_comments_nest() -> None:
    assert kinds("/* a /* b */ ' c */ x -- ; y\n z") == [("word", "x"), ("word", "z")]


def test_dollars_belong_to_names_but_not_to_parameters() -> None:
    assert kinds("a$1 $1,$2") == [("word", "a$1"), ("parameter", "$1"), ("punctuation", ","), ("parameter", "$2")]


@pytest.mark.parametrize(
    ("sql", "operators"),
    [
        ("a=-1", ["=", "-"]),
        ("a@-1", ["@-"]),
        ("a--b", []),
        ("a+/* x */b", ["+"]),
        ("a->>'x'", ["->>"]),
        ("a ?| b", ["?|"]),
        ("a <> b", ["<>"]),
        ("a*-b", ["*", "-"]),
    ],
)
def test_operators_end_where_the_servers_do(sql: str, operators: list[str]) -> None:
    assert [token.text for token in significant(sql) if token.kind is Kind.OPERATOR] == operators


def test_quoted_names_may_hold_anything() -> None:
    assert kinds('"we""ird; Täble".x') == [("quoted", '"we""ird; Täble"'), ("punctuation", "."), ("word", "x")]


def test_only_ascii_letters_are_folded() -> None:
    assert [token.folded for token in tokens("TÄBLE")] == ["tÄble"]


def test_a_range_is_not_a_number_with_dots() -> None:
    assert [text for _, text in kinds("1..10")] == ["1", "..", "10"]


def test_parameters_in_strings_and_comments_do_not_count() -> None:
    assert parameter_numbers("SELECT $2, '$3', $$ $4 $$, $1 /* $5 */, $2 -- $6") == (1, 2)


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("'it''s'", "it's"), (r"E'a\nb\'c\x41\u00e4'", "a\nb'cAä"), ("$$x$$", "x"), ("$t$ $$ $t$", " $$ "),
        ("U&'x'", "x"), ("X'1f'", "00011111"),
    ],
)  # fmt: skip
def test_what_a_string_says(literal: str, value: str | None) -> None:
    assert string_value(literal) == value


def test_texts_that_differ_in_what_says_nothing_are_the_same() -> None:
    assert is_same("SELECT a\nFROM t -- why", "select A /* x */ from T")
    assert not is_same("SELECT 'a'", "SELECT 'A'")
    assert not is_same('SELECT "a"', 'SELECT "A"')
    assert not is_same("SELECT $1", "SELECT $2")
