"""What is asked of a new set. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dbopt.errors import UsageError
from dbopt.partition.interval import Interval
from dbopt.partition.settings import FLAVOURS, PREMAKE, STRATEGIES, Settings, step_of

_GROUP = re.compile(r"\s*(?:(?P<name>[^\s:;,']+)\s*:)?(?P<values>(?:'(?:[^']|'')*'|[^';])*)(?:;|$)")
_VALUE = re.compile(r"\s*(?:'(?P<quoted>(?:[^']|'')*)'|(?P<plain>[^,']*?))\s*(?:,|$)")
_COLUMN = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")+)"|(?P<plain>[^:"]+))\s*(?::|$)')


@dataclass(frozen=True)
class Group:
    """A partition of a list: its values, None for NULL, and the end of its name, if it was given one."""

    name: str | None
    values: tuple[str | None, ...]


@dataclass(frozen=True)
class Level:
    """How a table is cut. `step` None goes on as the set does; `kind` None is what the column's type suggests."""

    strategy: str
    control: str | None
    step: Interval | int | None = None
    kind: str | None = None
    groups: tuple[Group, ...] = ()
    modulus: int | None = None


@dataclass(frozen=True)
class Request:
    """`levels` are the table's own and those of its partitions. `default` None makes a default partition for a new set
    only. `storage` are parameters as in fillfactor=90. `partman_version` is (5, 2), None for the one that is installed.
    """

    table: str
    levels: tuple[Level, ...]
    premake: int = PREMAKE
    start: str | None = None
    default: bool | None = None
    template: str | None = None
    tablespace: str | None = None
    storage: tuple[str, ...] = ()
    like: str | None = None
    flavour: str = "native"
    partman_version: tuple[int, int] | None = None
    take_over: bool = False
    time_encoder: str | None = None
    time_decoder: str | None = None

    @property
    def level(self) -> Level:
        """The table's own."""
        return self.levels[0]

    @property
    def is_native(self) -> bool:
        return self.flavour == "native"


def level_of(
    settings: Settings | None,
    strategy: str | None = None,
    control: str | None = None,
    interval: str | None = None,
    key: str | None = None,
    values: Sequence[str] = (),
    modulus: int | None = None,
) -> Level:
    """Options of the command line before the configuration's. Raises UsageError for those of another strategy."""
    own = settings or Settings("")
    implied = "hash" if modulus is not None else "list" if values else own.strategy
    step = own.step if interval is None else step_of(interval)
    groups = groups_of(";".join(values)) if values else ()
    return _checked(
        Level(strategy or implied, control or own.control, step, key or own.key, groups, modulus),
        given_step=interval is not None,
    )


def sub_level(text: str) -> Level:
    """Read "hash:COLUMN:4", "list:COLUMN:eu:de,fr;us:us" or "range:COLUMN:1 day[:KIND]". Raises UsageError."""
    strategy, _, rest = text.partition(":")
    column = _COLUMN.match(rest)
    if strategy not in STRATEGIES or column is None or column.end() >= len(rest):
        raise UsageError(
            f"--sub {text} is not understood", hint='as in "hash:customer_id:4" or "range:created_at:1 day"'
        )
    name = column["quoted"].replace('""', '"') if column["quoted"] else column["plain"].strip()
    how = rest[column.end() :]
    if strategy == "list":
        return Level("list", name, groups=groups_of(how))
    if strategy == "hash":
        if not how.isdecimal():
            raise UsageError(f"--sub {text}: {how} is not a number of partitions")
        return _checked(Level("hash", name, modulus=int(how)), given_step=False)
    interval, _, kind = how.partition(":")
    return Level("range", name, step_of(interval), kind or None)


def groups_of(text: str) -> tuple[Group, ...]:
    """Read "eu:de,fr;us:us;none:NULL": partitions between semicolons, each with a name, if it shall have one, and its
    values. A value with other characters than letters stands in quotes ('a,b'); NULL without them is NULL.

    Raises UsageError.
    """
    groups, position = [], 0
    while position < len(text):
        match = _GROUP.match(text, position)
        if match is None:
            raise UsageError(f"--values {text}: a quote is not closed")
        groups.append(Group(match["name"], tuple(_values(match["values"], text))))
        position = match.end()
    flat = [value for group in groups for value in group.values]
    if len(set(flat)) < len(flat):
        raise UsageError(f"--values {text}: a value stands there twice")
    return tuple(groups)


def _values(text: str, whole: str) -> Iterator[str | None]:
    position = 0
    while position < len(text):
        match = _VALUE.match(text, position)
        if match is None or (match["quoted"] is None and not match["plain"]):
            raise UsageError(
                f"--values {whole} is not understood", hint="as in \"eu:de,fr;us:us\"; write an empty text as ''"
            )
        plain = match["plain"]
        if match["quoted"] is not None:
            yield match["quoted"].replace("''", "'")
        else:
            yield None if plain.upper() == "NULL" else plain
        position = match.end()
    if not text.strip() or text.rstrip().endswith(","):
        raise UsageError(f"--values {whole}: a partition without values")


def _checked(level: Level, given_step: bool) -> Level:
    if level.strategy not in STRATEGIES:
        raise UsageError(f"--strategy {level.strategy}", hint=f"one of {', '.join(STRATEGIES)}")
    if level.strategy != "range" and given_step:
        raise UsageError(f"--interval does not go with --strategy {level.strategy}")
    if level.strategy != "list" and level.groups:
        raise UsageError(f"--values does not go with --strategy {level.strategy}")
    if level.strategy != "hash" and level.modulus is not None:
        raise UsageError(f"--modulus does not go with --strategy {level.strategy}")
    if level.modulus is not None and level.modulus < 1:
        raise UsageError("--modulus is at least 1")
    if level.strategy == "range":
        return level
    return Level(level.strategy, level.control, groups=level.groups, modulus=level.modulus)


def flavour_of(asked: str | None, settings: Settings | None) -> str:
    """--flavour before the configuration. Raises UsageError."""
    flavour = asked or (settings.flavour if settings is not None else FLAVOURS[0])
    if flavour not in FLAVOURS:
        raise UsageError(f"--flavour {flavour}", hint=f"one of {', '.join(FLAVOURS)}")
    return flavour


def version_of(text: str) -> tuple[int, int]:
    """pg_partman's version: "4.7", "5.x" (the newest 5 that dbopt knows) or "5". Raises UsageError."""
    match = re.fullmatch(r"([45])(?:\.(\d+|x))?(?:\..*)?", text)
    if match is None:
        raise UsageError(f"--partman-version {text}: dbopt knows 4.x and 5.x", hint="as in 4.7 or 5.2")
    newest = {"4": 7, "5": 2}
    return int(match[1]), int(match[2]) if match[2] and match[2] != "x" else newest[match[1]]


def command_line(request: Request) -> str:
    """The command that asks for this, as it is said in scripts: in one line, without a connection."""
    parts = ["dbopt", "partition", "create", request.table, *_level_options(request.level)]
    for level in request.levels[1:]:
        parts += ["--sub", _sub_text(level)]
    parts += ["--premake", str(request.premake)] if request.level.strategy == "range" else []
    options = {
        "--start": request.start,
        "--template-table": request.template,
        "--tablespace": request.tablespace,
        "--like": request.like,
        "--flavour": None if request.is_native else request.flavour,
        "--time-encoder": request.time_encoder,
        "--time-decoder": request.time_decoder,
    }
    for option, value in options.items():
        parts += [option, value] if value is not None else []
    for one in request.storage:
        parts += ["--storage", one]
    if request.default is not None:
        parts.append("--default" if request.default else "--no-default")
    parts += ["--take-over"] if request.take_over else []
    return re.sub(r"\s+", " ", shlex.join(parts))


def _level_options(level: Level) -> list[str]:
    parts = ["--strategy", level.strategy] if level.strategy != "range" else []
    parts += ["--control", level.control] if level.control is not None else []
    parts += ["--interval", str(level.step)] if level.step is not None else []
    parts += ["--key", level.kind] if level.kind is not None else []
    parts += ["--modulus", str(level.modulus)] if level.modulus is not None else []
    return parts + (["--values", _groups_text(level.groups)] if level.groups else [])


def _sub_text(level: Level) -> str:
    control = level.control or ""
    column = '"{}"'.format(control.replace('"', '""')) if ":" in control or '"' in control else control
    how = str(level.modulus) if level.strategy == "hash" else str(level.step)
    kind = f":{level.kind}" if level.kind else ""
    return f"{level.strategy}:{column}:{_groups_text(level.groups) if level.groups else how + kind}"


def _groups_text(groups: Sequence[Group]) -> str:
    return ";".join(
        (f"{group.name}:" if group.name else "") + ",".join(_value_text(value) for value in group.values)
        for group in groups
    )


def _value_text(value: str | None) -> str:
    if value is None:
        return "NULL"
    is_plain = re.fullmatch(r"[\w.-]+", value) and value.upper() != "NULL"
    return value if is_plain else "'{}'".format(value.replace("'", "''"))
