"""Taking a snapshot: pg_dump for schema and statistics, and beside it what pg_dump leaves out. Reads only, under a
second on most databases, and takes no lock but ACCESS SHARE.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from dbopt.errors import (
    EmbeddedServerError,
    FeatureMissing,
    LockNotAvailable,
    PrivilegeMissing,
    QueryFailed,
    ServerError,
)
from dbopt.postgres.catalog import read_invalid_indexes
from dbopt.postgres.identifiers import qualified, quoted
from dbopt.postgres.programs import readable_programs
from dbopt.postgres.session import Row, Session
from dbopt.shadow import dump, ranges
from dbopt.shadow.planning import Planning, of_role, of_session
from dbopt.shadow.ranges import RangeStatistics
from dbopt.shadow.redact import NOTHING, Known, redacted, source, without_secrets
from dbopt.shadow.snapshot import (
    EXPRESSION_STATISTICS,
    CommonCombination,
    ExpressionStatistics,
    ExtendedStatistics,
    ExtensionFunction,
    Relation,
    Snapshot,
)

LOCK_WAIT_MS = 5000
_BLOCK_SIZE = 8192
# As pg_dump has it: the shadow reads values in these forms.
_WRITTEN_AS = {"DateStyle": "ISO", "IntervalStyle": "postgres", "extra_float_digits": "3", "bytea_output": "hex"}
_OPTIONS = (
    "--no-data",
    "--statistics",
    "--no-owner",
    "--no-privileges",
    "--no-tablespaces",
    "--no-toast-compression",
    "--no-publications",
    "--no-subscriptions",
    "--no-security-labels",
    "--no-comments",
    "--no-password",
    "--encoding=UTF8",
    f"--lock-wait-timeout={LOCK_WAIT_MS}",
)


def take(
    session: Session,
    *,
    bin_dir: Path | None = None,
    role: str | None = None,
    redact: bool = False,
    known: Known = NOTHING,
) -> Snapshot:
    """Snapshot the session's database. `bin_dir` names the programs of a full PostgreSQL 18 in place of the packaged
    ones. The settings are those of the session, or those that `role` gets in this database. With `redact`, values out
    of the data give way to synthetic ones, apart from what is `known`.

    Raises PrivilegeMissing (the role needs SELECT on all tables: pg_read_all_data), LockNotAvailable, FeatureMissing
    for a server that pg_dump 18 cannot read, and QueryFailed for an unknown role and for text in no encoding.
    """
    hidden = _hidden_tables(session)
    planning = of_role(session, role) if role is not None else of_session(session)
    try:
        taken = _taken(session, bin_dir or readable_programs(), planning, role, hidden)
        if not redact:
            return taken
        plain = tuple(one for one in taken.invalid if not one.predicate and None not in one.columns)  # no constants
        return redacted(replace(taken, invalid=plain), source.read(session), known)
    except UnicodeDecodeError:
        raise _not_utf8("") from None


def _hidden_tables(session: Session) -> tuple[tuple[str, ...], ...]:
    """Tables whose statistics row security hides. Raises PrivilegeMissing for one that may not be read at all: asked
    here, since pg_dump would say so in the server's language.
    """
    rows = session.rows("shadow/closed_tables")
    closed = [qualified(row["schema"], row["name"]) for row in rows if not row["readable"]]
    if closed:
        others = f" and {len(closed) - 1} more" if len(closed) > 1 else ""
        raise _privilege_missing(f"no SELECT on {closed[0]}{others}", session.role)
    return tuple((row["schema"], row["name"]) for row in rows)


def _taken(
    session: Session, programs: Path, planning: Planning, role: str | None, hidden: tuple[tuple[str, ...], ...]
) -> Snapshot:
    with session.rolled_back(lock_timeout_ms=LOCK_WAIT_MS):
        database = session.row("shadow/database")
        if database["block_size"] != _BLOCK_SIZE:
            raise FeatureMissing(f"the server's blocks have {database['block_size']} bytes; a shadow has {_BLOCK_SIZE}")
        relations = tuple(_relation(row) for row in session.rows("shadow/relations"))
        functions = tuple(_function(row) for row in session.rows("shadow/extension_functions"))
        _write_plainly(session)
        newest = session.row("shadow/newest_time")["newest"]
        invalid = read_invalid_indexes(session)
        policed = session.rows("shadow/policed_tables", role=role) if role is not None else []
    return Snapshot(
        server_version=session.server_version,
        database=session.database,
        encoding=database["encoding"],
        locale_provider=database["locale_provider"],
        collate=database["collate"],
        ctype=database["ctype"],
        search_path=planning.search_path,
        settings=planning.settings,
        relations=relations,
        extended_statistics=_extended_statistics(session),
        extension_functions=functions,
        dump=without_secrets(ranges.written_into(dump.cleaned(_dumped(session, programs)), _ranges(session))),
        role=role,
        hidden=hidden,
        as_of=newest,
        policed=tuple((row["schema"], row["name"]) for row in policed),
        invalid=invalid,
    )


def _write_plainly(session: Session) -> None:
    """Until the end of the transaction."""
    for name, value in _WRITTEN_AS.items():
        session.rows("plan/set_local", name=name, value=value)


def _relation(row: Row) -> Relation:
    return Relation(
        schema=row["schema"],
        name=row["name"],
        kind=row["kind"],
        blocks=row["blocks"],
        table=row["table_name"],
        extension=row["extension"],
        parents=tuple(tuple(parent) for parent in row["parents"]),
        toast_blocks=row["toast_blocks"],
    )


def _function(row: Row) -> ExtensionFunction:
    words = [row["volatility"], f"PARALLEL {row['parallel']}", f"COST {row['cost']:g}"]
    words += ["STRICT"] if row["strict"] else []
    words += [f"ROWS {row['rows']:g}"] if row["rows"] else []
    return ExtensionFunction(
        row["extension"], row["schema"], row["name"], row["arguments"], row["result"], " ".join(words)
    )


def _ranges(session: Session) -> list[RangeStatistics]:
    """Those that the dump lacks and this role may read."""
    with _as_dumped(session):
        if not session.row("shadow/reads_statistics")["allowed"]:
            return []
        return [
            RangeStatistics(
                row["schema"],
                row["name"],
                row["column"],
                row["inherited"],
                row["lengths"],
                row["bounds"],
                row["empty_share"],
            )
            for row in session.rows("shadow/range_statistics")
        ]


@contextmanager
def _as_dumped(session: Session) -> Iterator[None]:
    """A transaction in which values are written as pg_dump writes them."""
    with session.rolled_back(lock_timeout_ms=LOCK_WAIT_MS):
        _write_plainly(session)
        yield


# -- extended statistics, which pg_dump 18 leaves out --------------------------------------------------------------


def _extended_statistics(session: Session) -> tuple[ExtendedStatistics, ...]:
    with _as_dumped(session):
        source_of = "_data" if session.row("shadow/reads_statistics")["allowed"] else ""
        objects = session.rows(f"shadow/extended_statistics{source_of}")
        expressions = session.rows(f"shadow/expression_statistics{source_of}") if objects else []
    return tuple(
        ExtendedStatistics(
            schema=row["schema"],
            name=row["name"],
            table_schema=row["table_schema"],
            table=row["table_name"],
            inherited=row["inherited"],
            attributes=row["attributes"] or {},
            n_distinct=row["n_distinct"],
            dependencies=row["dependencies"],
            most_common=_most_common(row),
            expressions=tuple(_expression(other) for other in expressions if _key(other) == _key(row)),
        )
        for row in objects
    )


def _most_common(row: Row) -> tuple[CommonCombination, ...]:
    columns = (row["most_common_vals"], row["most_common_freqs"], row["most_common_base_freqs"])
    return tuple(
        CommonCombination(tuple(values), repr(frequency), repr(base))
        for values, frequency, base in zip(*(column or () for column in columns), strict=True)
    )


def _key(row: Row) -> tuple[str, str, bool]:
    return row["schema"], row["name"], row["inherited"]


def _expression(row: Row) -> ExpressionStatistics:
    values = {name: row[name] for name in EXPRESSION_STATISTICS if row[name] is not None}
    return ExpressionStatistics(row["expression"], values)


# -- pg_dump ----------------------------------------------------------------------------------------------------------


def _dumped(session: Session, programs: Path) -> str:
    """pg_dump's output. The way to the server, password included, travels in the child's environment alone."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LD_"))}
    environment = inherited | session.client_environment() | {"LC_ALL": "C", "PGAPPNAME": "dbopt"}
    environment.pop("PGCLIENTENCODING", None)
    try:
        done = subprocess.run([programs / "pg_dump", *_OPTIONS], capture_output=True, env=environment)
    except OSError as error:
        raise EmbeddedServerError(
            f"cannot run {programs / 'pg_dump'}: {error.strerror}",
            hint="--pg-bin must name the bin directory of a PostgreSQL 18",
        ) from None
    if done.returncode:
        raise _failure(done.stderr.decode(errors="replace"), session)
    return done.stdout.decode()


def _failure(messages: str, session: Session) -> ServerError:
    """What pg_dump's last words mean. The server speaks its own language, so a lock is looked for, too."""
    lines = [line.removeprefix("pg_dump: ").strip() for line in messages.splitlines() if line.strip()]
    message = next((line for line in lines if "error:" in line), lines[-1] if lines else "no message")
    reason = message.removeprefix("error: ").removeprefix("query failed: ").removeprefix("ERROR: ").strip()
    for mark, make in _FAILURES.items():
        if mark in messages:
            return make(reason, session.role)
    if locked := session.rows("shadow/exclusively_locked"):
        return _lock_not_available(f"{locked[0]['name']}: {reason}", session.role)
    return QueryFailed(f"pg_dump failed: {reason}", hint="dbopt doctor shows what is missing on this server")


def _privilege_missing(reason: str, role: str) -> ServerError:
    return PrivilegeMissing(
        f"the snapshot needs to read every table's statistics: {reason}",
        hint=f"GRANT pg_read_all_data TO {quoted(role)};",
        sqlstate="42501",
    )


def _lock_not_available(reason: str, _role: str) -> ServerError:
    return LockNotAvailable(
        f"a table was locked for more than {LOCK_WAIT_MS // 1000} s: {reason}",
        hint="another session holds an exclusive lock; try again when it is done",
        sqlstate="55P03",
    )


def _not_utf8(_reason: str, _role: str = "") -> ServerError:
    return QueryFailed(
        "the database holds names or values that are not valid UTF-8",
        hint="its encoding, SQL_ASCII, promises nothing; convert_from(value::bytea, 'UTF8') fails for such values",
    )


def _version_mismatch(reason: str, _role: str) -> ServerError:
    return FeatureMissing(
        f"the server is newer than pg_dump: {reason}", hint="name the programs of a newer PostgreSQL with --pg-bin"
    )


_FAILURES: dict[str, Callable[[str, str], ServerError]] = {
    "lock timeout": _lock_not_available,
    "could not obtain lock": _lock_not_available,
    "permission denied": _privilege_missing,
    "server version mismatch": _version_mismatch,
    "invalid byte sequence": _not_utf8,
}
