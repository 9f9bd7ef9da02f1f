"""Values chosen from statistics."""

from __future__ import annotations

import pytest

from dbopt.workload.roles import Column, Role, Use
from dbopt.workload.values import ColumnStatistics, Type, array_literal, default, drawn, fits

TEXT = Type("text", "S")
COLUMN = Column("a", ((None, "t"),))
STATISTICS = ColumnStatistics(TEXT, ("often", "seldom"), tuple("bcdefghij"), ("x", "y"))


def value(role: Role, number: int = 0, *, position: int = 0, paired: bool = False, folding: str = "") -> str | None:
    return drawn(Use(1, role, COLUMN, position, folding), STATISTICS, paired, number)


def test_the_most_common_value_comes_first() -> None:
    assert [value(Role.EQUAL, number) for number in range(3)] == ["often", "seldom", "f"]


def test_elements_of_a_list_differ() -> None:
    assert [value(Role.EQUAL, position=place) for place in range(2)] == ["often", "seldom"]


@pytest.mark.parametrize("number", range(3))
def test_the_lower_bound_is_below_the_upper(number: int) -> None:
    low, high = value(Role.LOWER, number, paired=True), value(Role.UPPER, number, paired=True)
    assert low is not None
    assert high is not None
    assert low <= high


def test_a_pattern_has_the_beginning_of_a_value() -> None:
    assert value(Role.PREFIX) == "oft%"
    assert value(Role.REGEX) == "^oft"
    assert value(Role.FRAGMENT) == "oft"
    assert drawn(Use(1, Role.PREFIX, COLUMN), ColumnStatistics(TEXT, ("5%_x",)), False, 0) == r"5\%\_%"


def test_case_follows_the_comparison() -> None:
    assert value(Role.EQUAL, folding="upper") == "OFTEN"


def test_arrays_and_elements() -> None:
    assert value(Role.ARRAY) == '{"often","seldom","f"}'
    assert value(Role.ELEMENT, 1) == "y"
    assert array_literal(['a"b\\', None, [1, True]]) == r'{"a\"b\\",NULL,{"1","true"}}'


def test_json_keys_and_values_go_together() -> None:
    statistics = ColumnStatistics(Type("jsonb", "U"), ('{"b": {"c": 1}, "d": 7}', "[]"))
    assert drawn(Use(1, Role.JSON_KEY, COLUMN), statistics, False, 0) == "d"
    assert drawn(Use(2, Role.JSON_VALUE, COLUMN), statistics, False, 0) == "7"
    assert drawn(Use(2, Role.JSON_VALUE, COLUMN), statistics, False, 1) is None


def test_without_statistics_there_is_nothing() -> None:
    assert all(drawn(Use(1, role, COLUMN), ColumnStatistics(TEXT), False, 0) is None for role in Role)


@pytest.mark.parametrize(
    ("text", "type_", "expected"),
    [
        ("12.5", Type("integer", "N"), "12"),
        ("12.5", Type("numeric", "N"), "12.5"),
        ("2024-01-01 00:00:00+00", Type("numeric", "N"), None),
        ("2024-01-01 00:00:00+00", Type("interval", "T"), None),
        ("x", Type("date", "D"), None),
        ("x", Type("boolean", "B"), None),
        ("x", TEXT, "x"),
    ],
)
def test_a_value_must_fit_the_type(text: str, type_: Type, expected: str | None) -> None:
    assert fits(text, type_) == expected


def test_defaults_by_type_and_by_place() -> None:
    assert default(Type("mood", "E", "happy")) == "happy"
    assert default(Type("bigint", "N"), [Role.LIMIT]) == "10"
    assert [default(Type("bigint", "N"), [Role.OFFSET], number) for number in range(3)] == ["0", "100", "10000"]
    assert default(Type("unheard-of", "U")) is None
