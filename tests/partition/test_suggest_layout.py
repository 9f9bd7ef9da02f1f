"""The pure part of the advice on partitioning: how values lie, and where bounds would stand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbopt.errors import UsageError
from dbopt.partition.interval import DAY_US, Interval
from dbopt.partition.key import Kind
from dbopt.partition.suggest import layout
from dbopt.partition.suggest.candidates import Wish, wished_column
from dbopt.partition.suggest.layout import Layout
from dbopt.partition.suggest.spread import Spread, Statistics, spread_of
from dbopt.postgres.schema import Column, Relation

GIGABYTE = 2**30
NUMBERS = st.lists(st.integers(-1000, 1000), min_size=2, max_size=30)


def spread(kind: str, *bounds: str, nulls: float = 0.0, is_identifier: bool = False) -> Spread | None:
    return spread_of(Statistics("c", kind, nulls, -1.0, bounds=bounds), is_identifier=is_identifier)


def over(days: int) -> Spread:
    """Times of so many days, spread evenly."""
    places = tuple(days * DAY_US * part // 100 for part in range(101))
    return Spread(Kind.TIMESTAMPTZ, (), places, 0.0, -1.0)


def by_range(days: int, gigabytes: float, **options: Interval) -> Layout:
    made = layout.by_range("at", over(days), round(gigabytes * GIGABYTE), **options)
    assert made is not None
    return made


@given(NUMBERS, st.dictionaries(st.integers(-1000, 1000), st.floats(0.001, 0.02), max_size=10), st.floats(0, 0.5))
def test_partitions_have_all_rows_between_them(bounds: list[int], common: dict[int, float], nulls: float) -> None:
    places = tuple((place, str(place), share) for place, share in common.items())
    found = Spread(Kind.ID, places, tuple(sorted(bounds)), nulls, -0.5)
    made = layout.by_range("n", found, GIGABYTE, step=100)
    assert made is not None
    assert sum(part.cut.share for part in made.parts) == pytest.approx(1 - nulls)
    assert sum(part.cut.share for part in made.all_parts) == pytest.approx(1)
    assert all(sum(part.cut.frequencies) <= 1 + 1e-9 for part in made.parts)
    assert all(part.cut.share == 0 for part in made.parts[-made.ahead :])


def test_the_statistics_of_a_partition_are_those_within_its_bounds() -> None:
    statistics = Statistics("n", "integer", 0.1, 50.0, ("7", "120"), (0.2, 0.1), ("0", "50", "100", "200"))
    found = spread_of(statistics)
    assert found is not None
    cut = found.cut(0, 100)
    assert cut.share == pytest.approx(0.2 + 0.6 * 2 / 3)
    assert (cut.common, cut.bounds) == (("7",), ("0", "50", "99"))
    assert cut.frequencies == pytest.approx((0.2 / 0.6,))
    assert cut.n_distinct == pytest.approx(1 + 48 * 2 / 3)
    assert found.cut(300, 400).share == 0


@pytest.mark.parametrize(
    ("days", "gigabytes", "interval", "number"),
    [
        (365, 12, "1 month", 13),  # ten partitions and more
        (365, 300, "7 days", 53),  # none above 10 GB
        (730, 5000, "7 days", 105),  # but no more than 200 of them
        (30, 40, "1 day", 31),
        (3, 1, "1 hour", 73),
        (20_000, 100, "1 year", 55),
    ],
)
def test_the_interval_follows_from_time_and_size(days: int, gigabytes: float, interval: str, number: int) -> None:
    made = by_range(days, gigabytes)
    assert (str(made.step), made.full) == (interval, number)


def test_what_is_kept_decides_on_the_interval() -> None:
    made = by_range(365, 12, keep=Interval(days=30))
    assert str(made.step) == "1 day"
    assert (made.full, made.kept, made.filled) == (366, 31, 31)
    assert made.expired == pytest.approx(335 / 365)


def test_a_retention_longer_than_the_data_is_expected_to_fill() -> None:
    made = by_range(365, 12, keep=Interval(months=36))
    assert (str(made.step), made.full, made.kept, made.filled) == ("1 month", 13, 13, 37)
    assert made.expired == 0


def test_numbers_are_divided_by_round_numbers() -> None:
    found = Spread(Kind.ID, (), (1, 5_000_000, 10_000_000), 0.0, -1.0)
    made = layout.by_range("id", found, 20 * GIGABYTE)
    assert made is not None
    assert (made.step, made.full, made.parts[0].bound) == (1_000_000, 11, "FOR VALUES FROM ('0') TO ('1000000')")


def test_a_shorter_interval_is_offered_until_there_would_be_too_many() -> None:
    assert by_range(365, 12).next_step == Interval(days=7)
    assert by_range(365, 300).next_step is None
    assert by_range(365, 12, step=Interval(days=2)).next_step is None


def test_an_interval_that_makes_too_many_is_refused() -> None:
    with pytest.raises(UsageError, match="more than 500 partitions of at"):
        by_range(365, 12, step=Interval(microseconds=3_600_000_000))
    with pytest.raises(UsageError, match="takes an interval"):
        layout.by_range("at", over(365), GIGABYTE, step=5)


@pytest.mark.parametrize(
    ("kind", "bounds", "expected"),
    [
        ("bigint", ("1700000000", "1720000000"), Kind.EPOCH_S),
        ("bigint", ("1700000000000", "1720000000000"), Kind.EPOCH_MS),
        ("bigint", ("1700000000000000000", "1720000000000000000"), Kind.EPOCH_NS),
        ("bigint", ("1", "1720000000"), Kind.ID),
        ("numeric(20,2)", ("1.50", "9.99"), Kind.ID),
        ("text", ("01HGW000000000000000000000", "01JGW000000000000000000000"), Kind.ULID),
        ("uuid", ("018c1234-0000-7000-8000-000000000000", "019c1234-0000-7000-8000-000000000000"), Kind.UUIDV7),
        ("date", ("2024-01-01", "2024-05-01"), Kind.DATE),
    ],
)
def test_what_values_are_is_told_from_them(kind: str, bounds: tuple[str, ...], expected: Kind) -> None:
    found = spread(kind, *bounds)
    assert found is not None
    assert found.kind is expected


def test_numbers_that_occur_once_are_no_times() -> None:
    found = spread("bigint", "1700000000", "1720000000", is_identifier=True)
    assert found is not None
    assert found.kind is Kind.ID


@pytest.mark.parametrize(
    ("kind", "bounds"),
    [
        ("text", ("Anna", "Zoe")),
        ("uuid", ("018c1234-0000-4000-8000-000000000000", "f18c1234-0000-4000-8000-000000000000")),
        ("jsonb", ("1", "2")),
        ("timestamp with time zone", ("-infinity", "infinity")),
        ("integer", ()),
    ],
)
def test_what_cannot_be_counted_has_no_spread(kind: str, bounds: tuple[str, ...]) -> None:
    assert spread(kind, *bounds) is None


def test_a_list_needs_all_values_and_few_of_them() -> None:
    made = layout.by_list(Statistics("state", "text", 0.0, 2.0, ("it's", "b"), (0.9, 0.1)))
    assert made is not None
    assert [part.bound for part in made.parts] == ["FOR VALUES IN ('it''s')", "FOR VALUES IN ('b')"]
    assert layout.by_list(Statistics("state", "text", 0.0, 3.0, ("a", "b"), (0.5, 0.4))) is None


def test_a_hash_needs_many_values_of_which_none_prevails() -> None:
    made = layout.by_hash(Statistics("tenant", "integer", 0.0, 5000.0), 250 * GIGABYTE)
    assert made is not None
    assert (made.full, made.ahead) == (32, 0)
    assert layout.by_hash(Statistics("tenant", "integer", 0.0, 20.0), 250 * GIGABYTE) is None
    assert layout.by_hash(Statistics("tenant", "integer", 0.0, 5000.0, ("7",), (0.3,)), 250 * GIGABYTE) is None


def test_rows_grow_old_by_the_time_in_whose_order_they_came() -> None:
    columns = (
        Column("id", "bigint", not_null=True, correlation=1.0),
        Column("changed", "timestamp with time zone", not_null=True, correlation=0.2),
        Column("seen", "date", correlation=0.99),
        Column("made", "timestamp without time zone", not_null=True, correlation=-0.95),
    )
    events = Relation("public", "events", "r", 1e6, GIGABYTE, columns)
    wish = Wish("90 days", None, "--keep")
    assert wished_column(events, wish) == "made"
    assert wished_column(replace(events, columns=columns[:3]), wish) == "seen"
    assert wished_column(replace(events, columns=columns[:2]), wish) is None
    assert wished_column(events, Wish("90 days", "changed", "archive")) == "changed"
    assert wished_column(events, None) is None
