"""Bounds are written from positions and read back; PostgreSQL sorts them as they are meant."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbopt.errors import UsageError
from dbopt.partition.interval import DAY_US, microseconds_of
from dbopt.partition.key import Infinity, Kind, is_exact, kind_of, literal, position

NOON = microseconds_of(datetime(2024, 2, 29, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.TIMESTAMPTZ, "2024-02-29 12:00:00+00"),
        (Kind.TIMESTAMP, "2024-02-29 12:00:00"),
        (Kind.EPOCH_S, "1709208000"),
        (Kind.EPOCH_MS, "1709208000000"),
        (Kind.EPOCH_NS, "1709208000000000000"),
        (Kind.UUIDV7, "018df4bc-5600-0000-0000-000000000000"),
        (Kind.ULID, "01HQTBRNG0"),
    ],
)
def test_a_bound_is_written_for_each_kind(kind: Kind, text: str) -> None:
    assert literal(kind, NOON) == text
    assert position(kind, text) == NOON


@given(st.integers(0, 2**47).map(lambda number: number // 1000 * 1000), st.sampled_from(Kind))
def test_what_is_written_is_read_back(number: int, kind: Kind) -> None:
    asked = number if is_exact(kind, number) else number // DAY_US * DAY_US
    assert position(kind, literal(kind, asked)) == asked


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.UUIDV7, "018df4b1-5200-7000-8000-000000000000"),
        (Kind.ULID, "01HQTB2MG0ABCDEF"),
        (Kind.ULID, "order"),
        (Kind.ID, "1.5"),
        (Kind.TIMESTAMPTZ, "0044-03-15 00:00:00+00 BC"),
        (Kind.TIMESTAMPTZ, "20000-01-01 00:00:00+00"),
    ],
)
def test_what_is_no_position_is_none(kind: Kind, text: str) -> None:
    assert position(kind, text) is None


def test_infinity_is_none_that_an_interval_reaches() -> None:
    assert position(Kind.DATE, "-infinity") == Infinity(-1)
    assert position(Kind.TIMESTAMPTZ, "infinity") == Infinity(1)


def test_an_offset_with_seconds_is_understood() -> None:
    assert position(Kind.TIMESTAMPTZ, "1890-01-01 00:53:28+00:53:28") == microseconds_of(
        datetime(1890, 1, 1, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("type_name", "asked", "kind"),
    [
        ("timestamp with time zone", None, Kind.TIMESTAMPTZ),
        ("bigint", None, Kind.ID),
        ("bigint", "epoch-ms", Kind.EPOCH_MS),
        ("numeric(20,0)", None, Kind.ID),
        ("uuid", None, Kind.UUIDV7),
        ("character varying(26)", None, Kind.ULID),
    ],
)
def test_the_kind_follows_from_the_type(type_name: str, asked: str | None, kind: Kind) -> None:
    assert kind_of(type_name, asked) == kind


def test_a_type_that_does_not_hold_the_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="does not hold uuidv7"):
        kind_of("bigint", "uuidv7")
    with pytest.raises(UsageError, match="cannot be partitioned by intervals"):
        kind_of("jsonb")


def test_a_year_before_1970_is_no_ulid() -> None:
    with pytest.raises(UsageError, match="ulid has no value for 1969"):
        literal(Kind.ULID, -1000)
