"""The sections [[archive]] of the configuration: which rows go where, and when. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from dbopt.config import Config
from dbopt.errors import ConfigurationError, UsageError
from dbopt.partition import interval
from dbopt.partition.interval import Interval, microseconds_of, moment_of
from dbopt.partition.key import Kind
from dbopt.postgres.governor import Restraint
from dbopt.units import bytes_of, milliseconds, share

METHODS = ("auto", "detach", "move")
MOST_BATCH_ROWS = 1_000_000
GRACE = Interval(days=7)
RESTRAINT = Restraint()

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_SECRET = re.compile(r"^[^/]*//[^/]*:[^/]*@|(access_key|secret|token|password)[^=&]*=", re.IGNORECASE)


@dataclass(frozen=True)
class Destination:
    """Where archived rows are kept: a `folder`, an `s3` bucket with a prefix, a `schema` of the same database.
    `address` is the path, "bucket/prefix", or the schema's name.
    """

    kind: str
    address: str

    def __str__(self) -> str:
        return {"folder": "file://", "s3": "s3://", "schema": "schema:"}[self.kind] + self.address

    @property
    def is_files(self) -> bool:
        return self.kind != "schema"


@dataclass(frozen=True)
class Policy:
    """One section. `keep_hot` is an interval back from the server's clock, or a number back from the largest value of a
    control column that carries no time. `file_rows` is how many rows a file has at most, `after` the policies that go
    first, `legal_minimum` what --expire never goes below, `grace` how long an expired file is still kept; rows in a
    schema are deleted when they are older than the archive keeps them by as much. `iceberg` is whether there is an
    Iceberg table of it, None where there is one if that can be. `restraint` is what a run takes of
    the server at most.
    """

    name: str
    table: str
    control: str
    keep_hot: Interval | int
    destination: Destination
    method: str = "auto"
    key: str | None = None
    batch_rows: int = 10_000
    file_rows: int = 1_000_000
    keep_archive: Interval | None = None
    legal_minimum: Interval | None = None
    grace: Interval = GRACE
    after: tuple[str, ...] = ()
    schedule: str = ""
    endpoint: str = ""
    region: str = ""
    without_primary_key: bool = False
    iceberg: bool | None = None
    restraint: Restraint = RESTRAINT

    @property
    def has_iceberg(self) -> bool:
        """The catalogue is a file that is locked and written in place, for which a bucket is no place."""
        return self.destination.kind == "folder" and self.iceberg is not False


_SETTINGS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "table": str,
    "control": str,
    "keep_hot": (str, int),
    "destination": str,
    "method": str,
    "key": str,
    "batch_rows": int,
    "file_rows": int,
    "keep_archive": str,
    "legal_minimum": str,
    "grace": str,
    "after": list,
    "schedule": str,
    "endpoint": str,
    "region": str,
    "without_primary_key": bool,
    "iceberg": bool,
    "sleep": str,
    "max_lag": str,
    "rows_per_second": (int, float),
    "bytes_per_second": (str, int),
    "busy_share": str,
}
_NEEDED = ("table", "control", "keep_hot", "destination")


def read(config: Config) -> tuple[Policy, ...]:
    """The sections, each after those that its `after` names. Raises ConfigurationError for one that says what none may,
    and for two of one name.
    """
    sections = config.values.get("archive", [])
    if not isinstance(sections, list) or not all(isinstance(section, dict) for section in sections):
        raise ConfigurationError(f"{config.path}: archive must be sections [[archive]]")
    found = [_section(section, f"{config.path}: [[archive]] {n}") for n, section in enumerate(sections, 1)]
    names = [policy.name for policy in found]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(f"{config.path}: two sections [[archive]] are named {name}")
    return ordered(found)


def named(policies: tuple[Policy, ...], names: tuple[str, ...]) -> tuple[Policy, ...]:
    """Those of these names, in the order of `policies`; all where no name is given. Raises UsageError."""
    known = [policy.name for policy in policies]
    for name in names:
        if name not in known:
            hint = f"known: {', '.join(known)}" if known else "add a section [[archive]] to dbopt.toml"
            raise UsageError(f"there is no archive policy {name}", hint=hint)
    if not policies:
        raise ConfigurationError(
            "there is no archive policy", hint="a section [[archive]] in dbopt.toml names a table and what stays hot"
        )
    return tuple(policy for policy in policies if not names or policy.name in names)


def ordered(policies: list[Policy]) -> tuple[Policy, ...]:
    """Each after those that it names. Raises ConfigurationError for a name that is none, and for a circle."""
    by_name = {policy.name: policy for policy in policies}
    done: dict[str, Policy] = {}

    def place(policy: Policy, waiting: tuple[str, ...]) -> None:
        if policy.name in waiting:
            raise ConfigurationError(f"archive policies wait for one another: {' -> '.join((*waiting, policy.name))}")
        for name in policy.after:
            if name not in by_name:
                raise ConfigurationError(f"archive policy {policy.name}: after names {name}, which is none")
            place(by_name[name], (*waiting, policy.name))
        done.setdefault(policy.name, policy)

    for policy in policies:
        place(policy, ())
    return tuple(done.values())


def boundary(policy: Policy, kind: Kind, now_us: int, largest: int | None) -> int | None:
    """The position before which rows are to be archived; None where there is none yet. `largest` is the largest
    position in the table, which counts for a control column without time. Raises UsageError where `keep_hot` does not
    fit the column.
    """
    if isinstance(policy.keep_hot, int):
        if kind.is_time:
            raise UsageError(
                f"archive policy {policy.name}: keep_hot is a number, but {policy.control} carries times",
                hint='write it as in "90 days"; a number of seconds in a whole-numbered column: key = "epoch-s"',
            )
        return None if largest is None else largest - policy.keep_hot
    if not kind.is_time:
        raise UsageError(
            f"archive policy {policy.name}: keep_hot is an interval, but {policy.control} holds numbers",
            hint='how many numbers stay: keep_hot = 1000000; or key = "epoch-s" if they are times',
        )
    return _before(now_us, policy.keep_hot)


def _before(now_us: int, back: Interval) -> int | None:
    try:
        return microseconds_of(back.after(moment_of(now_us), -1))
    except OverflowError:
        return None


def _section(values: dict[str, Any], label: str) -> Policy:
    _check_types(values, label)
    name = values.get("name", values["table"])
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{label}: the name {name!r} cannot be part of a path", hint="letters, digits, _ - and . make a name"
        )
    try:
        policy = _policy(values, name)
    except UsageError as error:
        raise ConfigurationError(f"{label}: {error.message}", hint=error.hint) from None
    _check_values(policy, label)
    return policy


def _policy(values: dict[str, Any], name: str) -> Policy:
    given: dict[str, Any] = {field.name: values[field.name] for field in fields(Policy) if field.name in values}
    for setting in ("keep_archive", "legal_minimum", "grace"):
        if setting in values:
            given[setting] = interval.parse(values[setting])
    keep_hot = values["keep_hot"]
    given["name"] = name
    given["keep_hot"] = keep_hot if isinstance(keep_hot, int) else interval.parse(keep_hot)
    given["destination"] = destination(values["destination"])
    given["after"] = tuple(values.get("after", ()))
    return Policy(**given, restraint=_restraint(values))


def _restraint(values: dict[str, Any]) -> Restraint:
    read: dict[str, tuple[str, Callable[[Any], float]]] = {
        "sleep": ("sleep_ms", milliseconds),
        "max_lag": ("max_lag_ms", milliseconds),
        "rows_per_second": ("max_rows_per_second", float),
        "bytes_per_second": ("max_bytes_per_second", lambda value: float(bytes_of(str(value)))),
        "busy_share": ("busy_share", share),
    }
    return Restraint(**{name: of(values[setting]) for setting, (name, of) in read.items() if setting in values})


def destination(text: str) -> Destination:
    """Raises UsageError."""
    if _SECRET.search(text):
        raise UsageError(
            "the destination holds a secret", hint="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ~/.aws, keep it"
        )
    if text.startswith("file://") and text.removeprefix("file://").startswith("/"):
        return Destination("folder", text.removeprefix("file://").rstrip("/") or "/")
    if text.startswith("/"):
        return Destination("folder", text.rstrip("/") or "/")
    if re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+(/[^?#]*)?", text):
        return Destination("s3", text.removeprefix("s3://").rstrip("/"))
    if text.startswith("schema:") and text.removeprefix("schema:"):
        return Destination("schema", text.removeprefix("schema:"))
    if re.match(r"postgres(ql)?:", text):
        raise UsageError(
            "another database is no destination yet",
            hint="schema:name keeps rows in this database; postgres_fdw may carry them on from there",
        )
    raise UsageError(
        f"destination {text!r} is none",
        hint="one of file:///an/absolute/path, s3://bucket/prefix, schema:name",
    )


def _check_types(values: dict[str, Any], label: str) -> None:
    for name, value in values.items():
        if name not in _SETTINGS:
            raise ConfigurationError(f"{label}: there is no setting {name}", hint=f"one of {', '.join(_SETTINGS)}")
        wanted = _SETTINGS[name]
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise ConfigurationError(f"{label}: {name} has a value of the wrong type")
    for name in _NEEDED:
        if name not in values:
            raise ConfigurationError(f"{label} has no {name}")
    if not all(isinstance(name, str) for name in values.get("after", [])):
        raise ConfigurationError(f"{label}: after is a list of names")


def _check_values(policy: Policy, label: str) -> None:
    if policy.method not in METHODS:
        raise ConfigurationError(f"{label}: method is {policy.method}", hint=f"one of {', '.join(METHODS)}")
    if policy.key is not None and policy.key not in list(Kind):
        raise ConfigurationError(f"{label}: key is {policy.key}", hint=f"one of {', '.join(Kind)}")
    if not 0 < policy.batch_rows <= MOST_BATCH_ROWS:
        raise ConfigurationError(f"{label}: batch_rows must be between 1 and {MOST_BATCH_ROWS}")
    if policy.iceberg and not policy.has_iceberg:
        raise ConfigurationError(
            f"{label}: iceberg is true, but an Iceberg table needs a folder as destination",
            hint="other engines read the Parquet files of a bucket as they are",
        )
    if policy.file_rows < 1:
        raise ConfigurationError(f"{label}: file_rows must be at least 1")
    if isinstance(policy.keep_hot, int) and policy.keep_hot < 0:
        raise ConfigurationError(f"{label}: keep_hot is negative")
    shortest, kept = policy.legal_minimum, policy.keep_archive
    if shortest is not None and kept is not None and kept.approximate_us < shortest.approximate_us:
        raise ConfigurationError(f"{label}: keep_archive ({kept}) is less than legal_minimum ({shortest})")
