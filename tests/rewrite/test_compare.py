"""When two results are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbopt.rewrite.proof.compare import Result, Row, difference

INT, TEXT, NUMERIC, FLOAT = 23, 25, 1700, 701


def result(*rows: Row, oids: tuple[int, ...] = (INT, TEXT)) -> Result:
    return Result(tuple((f"c{number}", oid) for number, oid in enumerate(oids)), list(rows))


ROWS = st.lists(st.tuples(st.sampled_from(["1", "2", None]), st.sampled_from(["a", "b", None])), max_size=6)


@given(ROWS, st.randoms())
def test_rows_in_any_order_are_the_same_without_order_by(rows: list[Row], draw: object) -> None:
    shuffled = list(rows)
    draw.shuffle(shuffled)  # type: ignore[attr-defined]
    assert difference(result(*rows), result(*shuffled)) is None


@given(ROWS, ROWS)
def test_only_equal_multisets_are_the_same(one: list[Row], other: list[Row]) -> None:
    same = sorted(one, key=str) == sorted(other, key=str)
    assert (difference(result(*one), result(*other)) is None) is same


def test_a_row_that_is_there_once_more_is_a_difference() -> None:
    found = difference(result(("1", "a")), result(("1", "a"), ("1", "a")))
    assert found == "1 rows before, 2 after; new (1, a)"


def test_null_is_not_the_empty_text() -> None:
    assert difference(result(("1", "")), result(("1", None))) == "1 rows before, 1 after; lost (1, ); new (1, NULL)"


def test_rows_may_change_places_only_where_they_are_equal_in_the_order() -> None:
    before = result(("1", "a"), ("1", "b"), ("2", "c"))
    assert difference(before, result(("1", "b"), ("1", "a"), ("2", "c")), ordered_by=(0,)) is None
    found = difference(before, result(("1", "a"), ("2", "c"), ("1", "b")), ordered_by=(0,))
    assert found == "row 2 comes in another order: (2, c), not (1, b)"


@pytest.mark.parametrize(("one", "other"), [("1.0", "1.00"), ("1", "1.0"), ("100", "100.00"), ("NaN", "NaN")])
def test_numerics_are_compared_by_value(one: str, other: str) -> None:
    assert difference(result((one,), oids=(NUMERIC,)), result((other,), oids=(NUMERIC,))) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("0", "-0", True),
        ("NaN", "NaN", True),
        ("Infinity", "-Infinity", False),
        ("0.1", "0.10000000000000002", False),
    ],
)
def test_floats_are_compared_exactly_unless_they_were_added(one: str, other: str, same: bool) -> None:
    assert (difference(result((one,), oids=(FLOAT,)), result((other,), oids=(FLOAT,))) is None) is same


def test_added_floats_may_differ_in_their_last_digits() -> None:
    before, after = (result(("1", one), (None, "NaN"), oids=(INT, FLOAT)) for one in ("0.30000000000000004", "0.3"))
    assert difference(before, after, adds_floats=True) is None
    assert difference(before, result(("1", "0.31"), (None, "NaN"), oids=(INT, FLOAT)), adds_floats=True) is not None


def test_other_names_and_types_of_columns_are_a_difference() -> None:
    one = Result((("a", INT),), [])
    assert difference(one, Result((("b", INT),), [])) == "the columns are b, not a"
    assert difference(one, Result((("a", TEXT),), [])) == "the column a is of another type"
