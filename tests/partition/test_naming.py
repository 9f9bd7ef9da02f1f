"""Names of partitions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dbopt.partition.grid import Grid
from dbopt.partition.interval import microseconds_of, parse
from dbopt.partition.key import Kind
from dbopt.partition.naming import named, native, of_value, partman_4

MOMENT = microseconds_of(datetime(2024, 4, 1, 13, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("interval", "name", "old_name"),
    [
        ("1 year", "p20240401", "p2024"),
        ("3 months", "p20240401", "p2024q2"),
        ("1 month", "p20240401", "p2024_04"),
        ("1 week", "p20240401", "p2024w14"),
        ("1 day", "p20240401", "p2024_04_01"),
        ("1 hour", "p20240401_133000", "p2024_04_01_1330"),
        ("10 seconds", "p20240401_133000", "p2024_04_01_133000"),
    ],
)
def test_the_suffix_says_where_a_partition_begins(interval: str, name: str, old_name: str) -> None:
    grid = Grid(Kind.TIMESTAMPTZ, parse(interval))
    assert native(grid, MOMENT) == name
    assert partman_4(grid, MOMENT) == old_name


def test_numbers_are_their_own_suffix() -> None:
    assert native(Grid(Kind.ID, 1000), 5000) == "p5000"
    assert native(Grid(Kind.ID, 1000), -5000) == "pm5000"


def test_a_long_name_keeps_its_suffix_and_whole_characters() -> None:
    name = named("é" * 40, "p20240101")
    assert name.endswith("é_p20240101")
    assert len(name.encode()) in (62, 63)


def test_a_taken_name_gets_the_hash_of_its_own() -> None:
    one, other = "x" * 60 + "one", "x" * 60 + "two"
    first = named(one, "p1")
    second = named(other, "p1", {first})
    assert first != second
    assert second.endswith("_p1")
    assert len(second) == 63


def test_a_value_of_a_list_is_put_into_a_name() -> None:
    assert [of_value(value) for value in ("EU west/1", "", None)] == ["p_eu_west_1", "p_empty", "p_null"]
