"""Applying a schema migration to a shadow whose files are still empty: changing the type of a column in a table of a
terabyte takes milliseconds. Afterwards everything that was there before has its statistics and its size again.
"""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

from dbopt.errors import DboptError, MigrationFailed, ServerError
from dbopt.postgres.embedded import EmbeddedServer
from dbopt.postgres.identifiers import SQL, Identifier, qualified, quoted
from dbopt.postgres.session import Row, Session
from dbopt.shadow import carried, migration_script, roles, settings
from dbopt.shadow.carried import Carried, State
from dbopt.shadow.migration import Migration
from dbopt.shadow.migration_script import Prepared
from dbopt.shadow.sizing import Counts, Part, measure
from dbopt.shadow.snapshot import Relation, Snapshot
from dbopt.shadow.unrestored import Key
from dbopt.shadow.widths import Width, row_bytes

_PROLOGUE_LINES = 2
_OPTIONS = "-c createrole_self_grant=set,inherit"
_CREATE_ROLE = SQL("CREATE ROLE {}")
_ACT_AS = SQL("GRANT {} TO " + quoted(roles.ORDINARY) + " WITH ADMIN TRUE, INHERIT TRUE, SET TRUE")
_CREATE_TABLESPACE = SQL("CREATE TABLESPACE {} LOCATION ''")
_USE_TABLESPACE = SQL("GRANT CREATE ON TABLESPACE {} TO " + quoted(roles.ORDINARY))


@dataclass(frozen=True)
class Migrated:
    """What a migration made of a shadow. `snapshot` has the relations as they are now; `new_indexes` (by oid) lack
    their sizes, `as_made` are relations whose files stay as the migration left them. `unrestored` and `remarks` are as
    in Shadow.
    """

    snapshot: Snapshot
    unrestored: Mapping[Key, str]
    remarks: tuple[str, ...]
    new_indexes: frozenset[int] = frozenset()
    as_made: frozenset[Key] = frozenset()


def apply(server: EmbeddedServer, session: Session, made: Migrated, migration: Migration) -> Migrated:
    """Run the migration as the ordinary role; the session is the superuser's. Raises MigrationFailed, which names file
    and line.
    """
    snapshot = made.snapshot
    script = _prepared(session, migration)
    before, kept = carried.state(session), carried.statistics(session)
    _provide(session, script)
    try:
        with _making_roles(session):
            remarks = _run(server, snapshot, migration, script)
    except MigrationFailed as error:
        raise _explained(error, made.unrestored) from None
    after = carried.state(session)
    with roles.ordinary_beside(session) as owner:
        settings.look_up(owner, snapshot)
        found = carried.carry(session, owner, before, after, kept, snapshot.extended_statistics, script.expressions)
    change = _Change(session, snapshot, before, after, script)
    scales = {oid: _scale(oid, before, after, kept, found) for oid in change.rewritten}
    change.restore_sizes(scales)
    return Migrated(
        snapshot=replace(snapshot, relations=tuple(change.relations(scales))),
        unrestored={**change.renamed(made.unrestored), **change.unknown()},
        remarks=(*made.remarks, *remarks, *_remarks(script, found)),
        new_indexes=change.new_indexes,
        as_made=frozenset(change.as_made()),
    )


def size_new_indexes(session: Session, planner: Session, snapshot: Snapshot, indexes: Collection[int]) -> Snapshot:
    """Tell pg_class how large indexes would be that a migration made on tables that were there before, whose files have
    their sizes already; returns the snapshot with these indexes' blocks. `planner` tells how many rows a partial index
    has.
    """
    heaps = {table.key: table.blocks for table in snapshot.tables}
    counts = Counts(planner)
    parts = {}
    for row in session.rows("shadow/migration_indexes", indexes=sorted(indexes)):
        schema, table, predicate = row["schema"], row["table_name"], row["predicate"]
        rows = _count(counts, schema, table, predicate) if predicate else row["table_rows"]
        parts[schema, row["name"]] = Part(row, max(rows, 0.0), heaps.get((schema, table), 0))
    blocks = measure(session, list(parts.values()))
    relations = tuple(
        replace(relation, blocks=blocks[parts[relation.key].row["oid"]]) if relation.key in parts else relation
        for relation in snapshot.relations
    )
    return replace(snapshot, relations=relations)


def _count(counts: Counts, schema: str, table: str, predicate: str) -> float:
    try:
        return counts.rows(schema, table, predicate)
    except ServerError:  # the predicate calls what cannot be called here
        return counts.rows(schema, table, "")


# -- running it -------------------------------------------------------------------------------------------------------


def _prepared(session: Session, migration: Migration) -> Prepared:
    names = sorted(migration_script.extensions(migration))
    missing = {row["name"] for row in session.rows("shadow/missing_extensions", names=names)} if names else set()
    return migration_script.prepared(migration, missing)


def _provide(session: Session, script: Prepared) -> None:
    """Roles and tablespaces that the migration may name: a snapshot has none. The ordinary role may act as those."""
    by_role = [_CREATE_ROLE, _ACT_AS, *(_grant_schema(row["schema"]) for row in session.rows("shadow/schemas"))]
    statements = [(statement, name) for name in sorted(script.roles) for statement in by_role]
    if script.tablespaces:
        session.script("SET allow_in_place_tablespaces = on")
        statements += [
            (statement, name)
            for name in sorted(script.tablespaces)
            for statement in (_CREATE_TABLESPACE, _USE_TABLESPACE)
        ]
    for statement, name in statements:
        try:
            session.execute(statement.format(Identifier(name)))
        except ServerError:  # it is there already, or is no name of one
            continue


def _grant_schema(schema: str) -> SQL:
    return SQL("GRANT USAGE, CREATE ON SCHEMA " + quoted(schema).replace("{", "{{").replace("}", "}}") + " TO {}")


@contextmanager
def _making_roles(session: Session) -> Iterator[None]:
    """A migration may make roles, which a snapshot never does."""
    session.script(f"ALTER ROLE {quoted(roles.ORDINARY)} CREATEROLE")
    try:
        yield
    finally:
        session.script(f"ALTER ROLE {quoted(roles.ORDINARY)} NOCREATEROLE")


def _run(server: EmbeddedServer, snapshot: Snapshot, migration: Migration, script: Prepared) -> tuple[str, ...]:
    """Run the script as psql does, statement by statement; returns a remark where it leaves a transaction open."""
    path = ", ".join(quoted(schema) for schema in snapshot.search_path) or "''"
    text = f"SET search_path = {path};\n{script.text}\n;\nCOMMIT;"
    dsn = server.dsn(roles.DATABASE, user=roles.ORDINARY, options=_OPTIONS)
    try:
        done = server.run_script(dsn, text, "-v", "ON_ERROR_STOP=1", timeout_s=migration.timeout_s)
    except subprocess.TimeoutExpired:
        raise MigrationFailed(
            f"the migration {migration.name} took longer than {migration.timeout_s:g} s",
            hint="on the shadow no table has rows: does it wait for something, or compute much by itself?",
        ) from None
    if done.returncode:
        raise migration_script.failure(migration, script.pieces, done.stderr, _PROLOGUE_LINES + 1)
    if "there is no transaction in progress" in done.stderr.rpartition("psql:<stdin>:")[2]:
        return ()
    return (f"{migration.name} leaves a transaction open; it counts as committed",)


def _explained(error: MigrationFailed, unrestored: Mapping[Key, str]) -> DboptError:
    """The error, with the reason why something that the snapshot has is not there."""
    for (schema, name), reason in unrestored.items():
        if f'"{name}"' in error.message or f'"{schema}.{name}"' in error.message:
            return MigrationFailed(f"{error.message}; in the shadow {qualified(schema, name)} lacks: {reason}")
    return error


# -- what it changed --------------------------------------------------------------------------------------------------


class _Change:
    """Two states of a shadow and what lies between."""

    def __init__(self, session: Session, snapshot: Snapshot, before: State, after: State, script: Prepared) -> None:
        self._session = session
        self._snapshot = snapshot
        self._before = before
        self._after = after
        self._script = script
        self._source = {relation.key: relation for relation in snapshot.relations}
        self._by_path = {row["path"]: row for row in before.relations.values() if row["path"]}
        self._now = {(row["schema"], row["name"]): row for row in after.relations.values()}

    def _former(self, row: Row) -> Row | None:
        """The relation as it was. An index that a changed type made anew may have its file still."""
        return self._before.relations.get(row["oid"]) or self._by_path.get(row["path"] or "")

    @cached_property
    def rewritten(self) -> frozenset[int]:
        """Tables whose rows were written anew."""
        return frozenset(
            oid
            for oid, row in self._after.relations.items()
            if row["kind"] in ("r", "m") and oid in self._before.relations and self._is_new_file(row)
        )

    def _is_new_file(self, row: Row) -> bool:
        former = self._former(row)
        return former is None or former["path"] != row["path"]

    @cached_property
    def new_indexes(self) -> frozenset[int]:
        """Indexes that were made or made anew, on tables that were there before."""
        return frozenset(
            oid
            for oid, row in self._after.relations.items()
            if row["kind"] == "i" and row["table"] in self._before.relations and self._is_new_file(row)
        )

    def as_made(self) -> Iterator[Key]:
        for row in self._after.relations.values():
            if row["table" if row["kind"] == "i" else "oid"] not in self._before.relations:
                yield row["schema"], row["name"]

    def restore_sizes(self, scales: Mapping[int, float]) -> None:
        """Give pg_class what it knew before."""
        sizes = []
        for oid, row in self._after.relations.items():
            former = self._former(row)
            if former is not None and row["kind"] in ("r", "p", "m", "f", "i") and oid not in self.new_indexes:
                scale = scales.get(oid, 1.0)
                sizes.append(
                    (oid, former["rows"], [_scaled(former[n], scale) for n in ("blocks", "visible", "frozen")])
                )
        self._session.rows(
            "shadow/migration_put_sizes",
            relations=[oid for oid, _, _ in sizes],
            rows=[rows for _, rows, _ in sizes],
            **{name: [found[n] for _, _, found in sizes] for n, name in enumerate(("blocks", "visible", "frozen"))},
        )

    def relations(self, scales: Mapping[int, float]) -> Iterator[Relation]:
        """The relations as they are now, with their source's sizes where they have any; then those that the shadow
        never had.
        """
        for row in self._session.rows("shadow/relations"):
            there = self._now[row["schema"], row["name"]]
            former = self._former(there)
            source = self._source.get((former["schema"], former["name"])) if former else None
            blocks = _scaled(source.blocks, scales.get(there["oid"], 1.0)) if source else row["blocks"]
            yield Relation(
                schema=row["schema"],
                name=row["name"],
                kind=row["kind"],
                blocks=blocks,
                table=row["table_name"],
                extension=row["extension"],
                parents=tuple(tuple(parent) for parent in row["parents"]),
            )
        present = {(row["schema"], row["name"]) for row in self._before.relations.values()}
        yield from (relation for relation in self._snapshot.relations if relation.key not in present | self._now.keys())

    def renamed(self, reasons: Mapping[Key, str]) -> dict[Key, str]:
        """The reasons under the names that the relations have now; those that were dropped have none."""
        former = {(row["schema"], row["name"]): oid for oid, row in self._before.relations.items()}
        found = {}
        for key, reason in reasons.items():
            if key not in former:
                found[key] = reason
            elif now := self._after.relations.get(former[key]):
                found[now["schema"], now["name"]] = reason
        return found

    def unknown(self) -> dict[Key, str]:
        """New tables with rows that nobody knows here: made by a query, or in the place of one that had some."""
        found = {}
        for oid, row in self._after.relations.items():
            if oid in self._before.relations or row["kind"] not in ("r", "m"):
                continue
            key = row["schema"], row["name"]
            replaced = self._source.get(key)
            if row["name"] in self._script.filled or row["kind"] == "m":
                found[key] = "the migration fills it by a query, whose rows are not known here"
            elif replaced is not None and replaced.blocks and replaced.kind in ("r", "m"):
                found[key] = "the migration makes it anew, and which rows it has then is not known here"
        return found


def _scaled(blocks: int, scale: float) -> int:
    return round(blocks * scale)


def _scale(oid: int, before: State, after: State, kept: Iterable[Row], found: Carried) -> float:
    """How much wider the rows of a table are than they were."""
    old = {(row["relation"], row["number"]): row for row in kept if row["relation"] == oid and not row["inherited"]}
    return _row_bytes(oid, after, found.known) / _row_bytes(oid, before, old)


def _row_bytes(oid: int, state: State, known: Mapping[tuple[int, int], Row]) -> float:
    return row_bytes(_width(column, known.get(place)) for place, column in state.columns.items() if place[0] == oid)


def _width(column: Row, known: Row | None) -> Width:
    if known is None:
        return Width(column["length"], column["alignment"])
    average = float(known["avg_width"]) if known["avg_width"] else None
    return Width(column["length"], column["alignment"], average, 1 - float(known["null_frac"] or 0))


def _remarks(script: Prepared, found: Carried) -> Iterator[str]:
    for place, reason in script.left_out:
        yield f"not run, {reason}: {place}"
    if script.writes:
        yield (
            "tables have no rows here, so what writes rows changes nothing of the sizes and statistics of a table that "
            f"was there before: {', '.join(script.writes)}"
        )
    if found.lost:
        yield (
            "values do not read in the new type, so only NULLs and the number of distinct values are known of "
            f"{', '.join(found.lost)}"
        )
    if found.lost_extended:
        yield f"extended statistics are known in part, as their columns changed: {', '.join(found.lost_extended)}"
