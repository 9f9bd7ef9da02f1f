"""Statistics of expressions as such: points, what becomes of them, how many values there are."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import replace

import pytest

from dbopt.shadow import elements
from dbopt.shadow.mapped import Result, Source, correlation, drawn_from, occupied, possible, statistics
from dbopt.shadow.points import Column, pairs, points, rows

NUMBERS = Column("n", "integer", "integer", 0.0, 10_000, bounds=tuple(str(n * 100) for n in range(101)))
SOURCE = Source(10_000, 10_000, 0, 100, (1.0,), math.inf, "text")


def test_points_stand_for_all_rows() -> None:
    column = replace(NUMBERS, null_fraction=0.25, common=("7", "8"), frequencies=(0.2, 0.05))
    found = points(column)
    assert sum(point.share for point in found) == pytest.approx(1, rel=0.01)
    assert {point.value: point.share for point in found if point.is_common} == {None: 0.25, "7": 0.2, "8": 0.05}


def test_there_are_points_between_the_bounds_of_numbers_and_times_alone() -> None:
    texts = replace(NUMBERS, type="text", base_type="text")
    assert len(points(NUMBERS)) > 700
    assert len(points(texts)) == 101
    assert pairs(texts) == []


@pytest.mark.parametrize(
    ("kind", "bounds"),
    [
        ("date", ("2020-01-01", "2022-01-01")),
        ("timestamp without time zone", ("2020-01-01 00:00:00", "2022-01-01 00:00:00")),
        ("timestamp with time zone", ("2020-01-01 00:00:00+00", "2022-01-01 00:00:00.5+00")),
        ("numeric", ("0.25", "1000.75")),
        ("double precision", ("-1e3", "1.5e3")),
    ],
)
def test_points_lie_within_their_bucket(kind: str, bounds: tuple[str, str]) -> None:
    column = Column("c", kind, kind, 0.0, 1e6, bounds=bounds)
    inner = [point.value for point in points(column)[1:-1]]
    assert len(set(inner)) == len(inner) > 5
    if kind in ("numeric", "double precision"):
        assert all(float(bounds[0]) <= float(str(value)) <= float(bounds[1]) for value in inner)
    else:
        assert all(bounds[0] <= str(value) <= bounds[1] for value in inner)


@pytest.mark.parametrize("bounds", [("-infinity", "2020-01-01"), ("0044-03-15 BC", "2020-01-01")])
def test_where_there_is_no_between_the_bounds_are_the_points(bounds: tuple[str, str]) -> None:
    column = Column("c", "date", "date", 0.0, 1e6, bounds=bounds)
    assert [point.value for point in points(column)] == list(bounds)


def test_points_keep_to_the_steps_that_values_have() -> None:
    tens = replace(NUMBERS, bounds=tuple(str(n * 1000) for n in range(101)))
    assert {int(str(point.value)) % 10 for point in points(tens)} == {0}


def test_bounds_that_are_in_step_by_chance_say_nothing() -> None:
    """Ten thousand values between 0 and 10,000 are not all multiples of a hundred."""
    assert len({int(str(point.value)) % 10 for point in points(NUMBERS)}) == 10


def test_several_columns_are_taken_as_independent() -> None:
    halves = Column("a", "text", "text", 0.0, 2, ("x", "y"), (0.5, 0.5))
    rare = Column("b", "text", "text", 0.0, 2, ("r", "s"), (0.1, 0.9))
    shares = {tuple(point.value for point in row): share for row, share in rows([halves, rare])}
    assert shares == pytest.approx({("x", "r"): 0.05, ("x", "s"): 0.45, ("y", "r"): 0.05, ("y", "s"): 0.45})
    drawn = rows([NUMBERS, NUMBERS, halves])
    assert sum(share for _, share in drawn) == pytest.approx(1)
    assert sum(share for row, share in drawn if row[2].value == "x") == pytest.approx(0.5, abs=0.01)


def result(share: float, value: str | None, rank: int | None, place: int = 1, *, is_common: bool = False) -> Result:
    return Result(share, is_common, value, rank, 5, (place,))


def test_values_that_become_one_add_up() -> None:
    known = statistics(
        [result(0.5, "a", 1, is_common=True), result(0.3, "a", 1, is_common=True), result(0.2, None, None)], [], SOURCE
    )
    assert known is not None
    assert (known["most_common_vals"], known["most_common_freqs"]) == ('{"a"}', [pytest.approx(0.8)])
    assert (known["null_frac"], known["n_distinct"]) == (pytest.approx(0.2), 1.0)


def test_values_without_the_expressions_errors_count_as_all() -> None:
    known = statistics([result(0.25, "a", 1, is_common=True), result(0.25, "b", 2, is_common=True)], [], SOURCE)
    assert known is not None
    assert known["most_common_freqs"] == [0.5, 0.5]


def test_bounds_have_equally_many_rows_between_them() -> None:
    found = [result(0.001, f"{n:04}", n, n) for n in range(500)]
    found += [result(0.002, f"{n:04}", n, n) for n in range(500, 750)]
    known = statistics(found, [], SOURCE)
    assert known is not None
    bounds = [int(bound.strip('"')) for bound in known["histogram_bounds"].strip("{}").split(",")]
    assert (bounds[0], bounds[-1], len(bounds)) == (0, 749, 101)
    assert bounds[50] == pytest.approx(500, abs=5)


def test_no_rows_know_nothing() -> None:
    assert statistics([], [], SOURCE) is None


@pytest.mark.parametrize("values", [5, 40, 300])
@pytest.mark.parametrize("falling", [False, True])
def test_the_number_of_values_is_told_from_a_sample(values: int, *, falling: bool) -> None:
    errors = []
    for seed in range(15):
        drawn = random.Random(seed)
        sample = [
            int(math.exp(drawn.random() * math.log(values + 1))) if falling else drawn.randrange(values)
            for _ in range(300)
        ]
        errors.append(abs(math.log(drawn_from(list(Counter(sample).values())) / values)))
    assert sorted(errors)[7] < math.log(1.6)


def test_what_is_never_met_twice_may_be_anything() -> None:
    assert occupied(100, 100) == math.inf
    assert occupied(100, 1) == 1


def test_short_texts_have_no_more_values_than_their_letters_allow() -> None:
    assert possible([f"{n:02x}" for n in range(0, 256, 3)], "text") == 256
    assert possible([str(n) for n in range(0, 1000, 10)], "integer") == 100
    assert possible(["1.5", "2"], "numeric") == math.inf


def test_an_expression_that_turns_the_order_turns_the_correlation() -> None:
    turned = [result(0.1, str(n), 10 - n, n) for n in range(10)]
    assert correlation(turned, (0.8,)) == pytest.approx(-0.8)


def test_elements_are_counted_by_the_rows_that_have_them() -> None:
    known = elements.statistics([(0.1, ["bb", "a"])] * 4 + [(0.1, ["a"])] * 6, of_text_search=True)
    assert known["most_common_elems"] == '{"a","bb"}'
    assert known["most_common_elem_freqs"][:2] == [pytest.approx(1.0), pytest.approx(0.4)]
    assert elements.statistics([(1.0, ["once"])], of_text_search=True) == {}
