"""What the superuser makes before the ordinary role restores a dump: extensions, foreign servers that lead nowhere,
casts between built-in types, collations. Of the snapshot it takes names, quoted, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable

from dbopt.errors import FeatureMissing, ServerError
from dbopt.postgres.identifiers import SQL, Composable, Composed, Identifier, Literal, literal, qualified
from dbopt.postgres.session import Session
from dbopt.shadow import dump, privileged
from dbopt.shadow.privileged import Cast, Extension, ForeignServer
from dbopt.shadow.roles import ORDINARY
from dbopt.shadow.snapshot import Snapshot

_ORDINARY = Identifier(ORDINARY)
_NOWHERE = "/nonexistent"


def provide(session: Session, snapshot: Snapshot, locale: str) -> str:
    """Make what the dump needs; returns what is left of the dump, line for line as it was."""
    text = snapshot.dump
    provide_collations(session, dump.named_collations(text), locale)
    provide_extensions(session, privileged.extensions(text))
    _provide_buffercache(session)
    for server in privileged.foreign_servers(text):
        _provide_server(session, server)
    text = privileged.without_servers(text)
    for cast in privileged.casts(text):
        if _provide_cast(session, cast):
            text = privileged.without_cast(text, cast)
    return text


def own_schemas(session: Session, names: Iterable[str]) -> None:
    """Make schemas that are not there yet, the ordinary role's."""
    for name in sorted(set(names)):
        _try(
            session,
            SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(Identifier(name), _ORDINARY),
        )


def provide_extensions(session: Session, extensions: Iterable[Extension]) -> None:
    """Make the extensions that this server has. Their tables become the ordinary role's, for statistics and indexes;
    what would connect to other servers is taken from it.
    """
    wanted = list(extensions)
    missing = {row["name"] for row in session.rows("shadow/missing_extensions", names=[item.name for item in wanted])}
    available = [item for item in wanted if item.name not in missing]
    own_schemas(session, (item.schema for item in available if item.schema and not item.schema.startswith("pg_")))
    for item in available:
        schema = SQL(" SCHEMA {}").format(Identifier(item.schema)) if item.schema else SQL("")
        _try(session, SQL("CREATE EXTENSION IF NOT EXISTS {}").format(Identifier(item.name)) + schema)
    for row in session.rows("shadow/extension_tables"):
        table = Identifier(row["schema"], row["name"])
        _try(session, SQL("ALTER TABLE {} OWNER TO {}").format(table, _ORDINARY))
    for row in session.rows("shadow/connecting_functions"):
        session.execute(SQL("REVOKE ALL ON FUNCTION {} FROM PUBLIC").format(SQL(row["signature"])))


def _provide_buffercache(session: Session) -> None:
    try:
        session.script("CREATE EXTENSION IF NOT EXISTS pg_buffercache SCHEMA pg_catalog")
    except ServerError as error:
        raise FeatureMissing(
            f"the shadow needs the extension pg_buffercache: {error.message}",
            hint="install the contrib modules of the PostgreSQL that --pg-bin names, or leave it out",
        ) from None


def provide_collations(session: Session, named: Iterable[str], locale: str) -> None:
    """Predefined collations that objects name and this machine lacks: others by that name, no more bytewise."""
    here = {row["name"] for row in session.rows("shadow/collations")}
    for name in sorted(set(named) - here):
        session.script(
            f"DROP COLLATION IF EXISTS {qualified('pg_catalog', name)};"
            f"CREATE COLLATION {qualified('pg_catalog', name)} (provider = libc, locale = {literal(locale)})"
        )


def _provide_server(session: Session, server: ForeignServer) -> None:
    """A foreign server that nobody can reach, with the source's planning options where its wrapper takes them. It is
    the superuser's, so that nothing which was restored can point it elsewhere.
    """
    name, wrapper = Identifier(server.name), Identifier(server.wrapper)
    made = SQL("CREATE SERVER {} FOREIGN DATA WRAPPER {}").format(name, wrapper)
    for options in ((("host", _NOWHERE), *server.options), (("host", _NOWHERE),), ()):
        if _try(session, made + _options(options)):
            session.execute(SQL("GRANT USAGE ON FOREIGN SERVER {} TO {}").format(name, _ORDINARY))
            return


def _options(options: Iterable[tuple[str, str]]) -> Composable:
    listed = [SQL("{} {}").format(Identifier(name), Literal(value)) for name, value in options]
    return SQL(" OPTIONS ({})").format(SQL(", ").join(listed)) if listed else Composed([])


def _provide_cast(session: Session, cast: Cast) -> bool:
    """A cast between built-in types by way of their text; whether there is one now."""
    rows = session.rows("shadow/built_in_types", names=[cast.source, cast.target])
    names = {row["wanted"]: SQL(row["name"]) for row in rows}
    if cast.source not in names or cast.target not in names:
        return False
    statement = SQL("CREATE CAST ({} AS {}) WITH INOUT" + cast.context)
    return _try(session, statement.format(names[cast.source], names[cast.target]))


def _try(session: Session, statement: Composable) -> bool:
    try:
        session.execute(statement)
    except ServerError:
        return False
    return True
