"""What the options of `partition create` mean."""

from __future__ import annotations

import shlex

import pytest

from dbopt.errors import UsageError
from dbopt.partition.create.options import (
    Group,
    Level,
    Request,
    command_line,
    flavour_of,
    groups_of,
    level_of,
    sub_level,
    version_of,
)
from dbopt.partition.interval import Interval
from dbopt.partition.settings import Settings


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("eu:de,fr;us:us", [Group("eu", ("de", "fr")), Group("us", ("us",))]),
        ("1;2, 3 ;", [Group(None, ("1",)), Group(None, ("2", "3"))]),
        ("none:NULL;'NULL'", [Group("none", (None,)), Group(None, ("NULL",))]),
        ("'a,b','c;d':", None),
        ("x:'a,b','c;d','it''s',''", [Group("x", ("a,b", "c;d", "it's", ""))]),
        ("'a:b'", [Group(None, ("a:b",))]),
        ("x:a:b", [Group("x", ("a:b",))]),
        ("a,,b", None),
        ("a,", None),
        ("a;;b", None),
        ("'a", None),
        ("a;b,a", None),
    ],
)
def test_values_stand_in_groups(text: str, groups: list[Group] | None) -> None:
    if groups is None:
        with pytest.raises(UsageError, match="--values"):
            groups_of(text)
    else:
        assert list(groups_of(text)) == groups


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("hash:customer_id:4", Level("hash", "customer_id", modulus=4)),
        ("range:at:1 day", Level("range", "at", Interval(days=1))),
        ("range:at:1 day:epoch-ms", Level("range", "at", Interval(days=1), "epoch-ms")),
        ("range:id:1000", Level("range", "id", 1000)),
        ("list:region:eu:de,fr;us", Level("list", "region", groups=groups_of("eu:de,fr;us"))),
        ('hash:"a:""b":2', Level("hash", 'a:"b', modulus=2)),
    ],
)
def test_a_sub_partition_is_described_in_one_word(text: str, level: Level) -> None:
    assert sub_level(text) == level


@pytest.mark.parametrize("text", ["hash:id", "hash:id:many", "hash:id:0", "tree:id:4", "range:at:", "", "list:region:"])
def test_what_is_no_sub_partition_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        sub_level(text)


def test_options_go_before_the_configuration() -> None:
    own = Settings("t", control="at", step=Interval(1), key="epoch-s")
    assert level_of(own) == Level("range", "at", Interval(1), "epoch-s")
    assert level_of(own, interval="1 day", control="b", key="id") == Level("range", "b", Interval(days=1), "id")
    assert level_of(own, modulus=4) == Level("hash", "at", modulus=4)
    assert level_of(None, values=["a", "b"]).groups == groups_of("a;b")
    assert flavour_of(None, Settings("t", flavour="pg_partman")) == "pg_partman"
    assert flavour_of("native", Settings("t", flavour="pg_partman")) == "native"


@pytest.mark.parametrize(
    "options",
    [
        {"strategy": "tree"},
        {"strategy": "list", "interval": "1 day"},
        {"strategy": "range", "modulus": 4},
        {"strategy": "hash", "values": ["a"]},
        {"modulus": 0},
    ],
)
def test_options_of_another_strategy_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        level_of(None, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "version"),
    [("4.7", (4, 7)), ("4.7.2", (4, 7)), ("5.x", (5, 2)), ("5", (5, 2)), ("5.0.1", (5, 0)), ("6", None)],
)
def test_a_version_of_pg_partman(text: str, version: tuple[int, int] | None) -> None:
    if version is None:
        with pytest.raises(UsageError, match=r"4\.x and 5\.x"):
            version_of(text)
    else:
        assert version_of(text) == version


def test_a_script_says_the_command_that_made_it() -> None:
    groups = groups_of("eu:de,'a,b';none:NULL;'it''s\nso'")
    request = Request(
        "public.t",
        (Level("list", "region", groups=groups), Level("hash", "a:b", modulus=2), Level("range", "at", Interval(1))),
        default=False,
        storage=("fillfactor=90",),
    )
    line = command_line(request)
    assert "\n" not in line
    words = shlex.split(line)
    assert words[:4] == ["dbopt", "partition", "create", "public.t"]
    assert [sub_level(words[n + 1]) for n, word in enumerate(words) if word == "--sub"] == list(request.levels[1:])
    assert groups_of(words[words.index("--values") + 1])[:2] == groups[:2]
    assert words[-1] == "--no-default"
