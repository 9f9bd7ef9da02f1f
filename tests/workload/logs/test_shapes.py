"""Texts told apart fast."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.logs.shapes import ids_of, shape_of

A = "SELECT a FROM t WHERE x = 1"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (A, "SELECT a FROM t WHERE x = 4711"),
        ("SELECT 'a', 1.5e3, $1", "SELECT 'b''c', 2, $1"),
        ("SELECT E'a\\'b', x", "SELECT E'\\n', x"),
        ("SELECT $x$it's$x$ -- it's", "SELECT $x$$x$ -- 5 of them"),
        ('SELECT "a1" = 1 /* 1 /* 2 */ */', 'SELECT "a1" = 2 /* */'),
        ("SELECT x IN (1, 2, 3)", "SELECT x IN (1)"),
        ("SELECT 'by 1' FROM t WHERE x = 1 ORDER BY 1, 2", "SELECT '' FROM t WHERE x = 77 ORDER BY 1, 2"),
    ],
)
def test_literals_do_not_change_the_shape(one: str, other: str) -> None:
    assert shape_of(one.encode()) == shape_of(other.encode())
    assert ids_of(one.encode()) == ids_of(other.encode()) == (fingerprint(one),)


@pytest.mark.parametrize(
    ("one", "other"),
    [("SELECT a1", "SELECT a2"), ("SELECT a ORDER BY 1", "SELECT a ORDER BY 2"), ('SELECT "1"', 'SELECT "2"'),
     ("SELECT f(1, 2)", "SELECT f(1)"), ("SELECT $1", "SELECT 'a'")],
)  # fmt: skip
def test_other_statements_have_other_shapes(one: str, other: str) -> None:
    assert shape_of(one.encode()) != shape_of(other.encode())


def test_a_text_of_several_statements_has_several_fingerprints() -> None:
    assert ids_of(f"{A}; SELECT ';'".encode()) == (fingerprint(A), fingerprint("SELECT ';'"))


PIECES = (
    "SELECT", "a", "t1", "x", "FROM", "WHERE", "1", "23", "4.5", ".5", "1e5", "'s'", "''", "'it''s'",
    "E'a\\'b'", "E'\\\\'", "$1", "$2", "$q$x$q$", "$$1$$", '"n"', '"n1 2"', "(", ")", ",", "IN (", "in(", "=",
    "-", "--c 1\n", "/* 'c' */", "ORDER BY", "group by", "U&'d'", "x'1F'", "b'1'", "::", "a1", "1a",
    "0x1F", "1_000", "'", '"', "\\", "é", "ARRAY[", "]", ";",
)  # fmt: skip
SWAPS = {"1": "77", "23": "4", "'s'": "'other'", "4.5": "6", "$$1$$": "$$two$$", "/* 'c' */": "/* */", "'it''s'": "'x'"}


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(("", " ")), st.booleans()), max_size=14))
def test_equal_shapes_are_equal_statements(pieces: list[tuple[str, str, bool]]) -> None:
    one = "".join(text + blank for text, blank, _ in pieces)
    other = "".join((SWAPS.get(text, text) if swap else text) + blank for text, blank, swap in pieces)
    if shape_of(one.encode()) == shape_of(other.encode()):
        assert fingerprint(one) == fingerprint(other)
