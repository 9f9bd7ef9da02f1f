"""Applying a schema migration to a shadow whose files are still empty: changing the type of a column in a table of a
terabyte takes milliseconds. Afterwards everything that was there before has its statistics and its size again.
"""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from dbopt.errors import DboptError, MigrationFailed, ServerError
from dbopt.postgres.embedded import EmbeddedServer
from dbopt.postgres.identifiers import SQL, Identifier, qualified, quoted
from dbopt.postgres.session import Session
from dbopt.shadow import carried, migration_left_out, migration_script, provide, restore, roles, settings
from dbopt.shadow.carried import Carried
from dbopt.shadow.migration import Migration
from dbopt.shadow.migration_change import Change, scale
from dbopt.shadow.migration_script import Prepared
from dbopt.shadow.sizing import Counts, Part, measure
from dbopt.shadow.snapshot import Snapshot
from dbopt.shadow.unrestored import Key

_PROLOGUE_LINES = 2
_OPTIONS = "-c createrole_self_grant=set,inherit"
_CREATE_ROLE = SQL("CREATE ROLE {}")
_ACT_AS = SQL("GRANT {} TO " + quoted(roles.ORDINARY) + " WITH ADMIN TRUE, INHERIT TRUE, SET TRUE")
_USE_NEW_SCHEMAS = SQL(
    "ALTER DEFAULT PRIVILEGES FOR ROLE " + quoted(roles.ORDINARY) + " GRANT USAGE, CREATE ON SCHEMAS TO {}"
)
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
    script = _prepared(session, snapshot, migration)
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
    change = Change(session, snapshot, before, after, script)
    scales = {oid: scale(oid, before, after, kept, found) for oid in change.rewritten}
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


def _prepared(session: Session, snapshot: Snapshot, migration: Migration) -> Prepared:
    """What to run, once the extensions are there that only a superuser can create. Those that it drops are the
    ordinary role's then.
    """
    locale = restore.locale_of(session, snapshot)
    provide.provide_collations(session, migration_script.icu_collations(migration), locale)
    names = sorted(migration_script.mentioned_extensions(migration))
    if not names:
        return migration_script.prepared(migration, locale=locale)
    missing = {row["name"] for row in session.rows("shadow/missing_extensions", names=names)}
    privileged = {row["name"] for row in session.rows("shadow/superuser_extensions", names=names)}
    provide.provide_extensions(
        session, (made for made in migration_script.created_extensions(migration) if made.name in privileged)
    )
    dropped = sorted(migration_script.dropped_extensions(migration) - migration_left_out.NEEDED)
    session.rows("shadow/hand_over_extensions", names=dropped, role=roles.ORDINARY)
    return migration_script.prepared(migration, missing, privileged, locale)


def _provide(session: Session, script: Prepared) -> None:
    """Roles and tablespaces that the migration may name: a snapshot has none. The ordinary role may act as the roles
    that are made here, and as no other: one that is there already may be a superuser. What they will own may be in any
    schema, also in one that is made later.
    """
    grants = [_ACT_AS, _USE_NEW_SCHEMAS, *(_grant_schema(row["schema"]) for row in session.rows("shadow/schemas"))]
    for name in sorted(script.roles):
        if _try(session, _CREATE_ROLE, name):
            for grant in grants:
                _try(session, grant, name)
    if script.tablespaces:
        session.script("SET allow_in_place_tablespaces = on")
    for name in sorted(script.tablespaces):
        if _try(session, _CREATE_TABLESPACE, name):
            _try(session, _USE_TABLESPACE, name)


def _try(session: Session, statement: SQL, name: str) -> bool:
    """Whether it could be done: the thing may be there already, or the word be no name of one."""
    try:
        session.execute(statement.format(Identifier(name)))
    except ServerError:
        return False
    return True


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
