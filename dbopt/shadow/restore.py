"""Restoring a snapshot into an embedded server: database, collations, stand-ins for missing extensions, and the dump.

The dump is fed to psql object by object, without a transaction around it: what fails is collected, not fatal.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from dbopt.errors import EmbeddedServerError, ServerError
from dbopt.postgres.embedded import EmbeddedServer
from dbopt.postgres.identifiers import SQL, Identifier, literal, qualified, quoted
from dbopt.postgres.session import Session
from dbopt.shadow import dump
from dbopt.shadow.dump import Failure
from dbopt.shadow.snapshot import ExtensionFunction, Snapshot

DATABASE = "shadow"


def create_database(server: EmbeddedServer, snapshot: Snapshot) -> str | None:
    """Create the database. The planner cares whether its texts sort by bytes, so it gets the source's locale, else one
    that is no more bytewise than that. Returns a remark where the locale is another.
    """
    with server.connect() as session:
        if snapshot.bytewise:
            _create(session, "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'")
            return None
        locale = _locale(session, snapshot)
        _create(session, f"LOCALE_PROVIDER libc LOCALE {literal(locale)}")
    if _normal(locale) == _normal(snapshot.collate) and snapshot.locale_provider == "c":
        return None
    name = "an ICU locale" if snapshot.locale_provider == "i" else snapshot.collate
    return f"texts sort by {locale}, since this machine lacks the source's {name}"


def _create(session: Session, locale: str) -> None:
    session.execute(SQL("CREATE DATABASE {} TEMPLATE template0 {}").format(Identifier(DATABASE), SQL(locale)))


def _locale(session: Session, snapshot: Snapshot) -> str:
    """The source's own locale, else English, else any that does not sort by bytes for the planner: C.UTF-8 of the C
    library is one of them, in spite of its name.
    """
    available = [row["locale"] for row in session.rows("shadow/locales")]
    for wanted in (snapshot.collate, "en_US.UTF-8", "C.UTF-8"):
        for locale in available:
            if _normal(locale) == _normal(wanted):
                return str(locale)
    if not available:
        raise EmbeddedServerError(
            f"no locale here sorts like the source's {snapshot.collate}", hint="install one, such as en_US.UTF-8"
        )
    return str(available[0])


def _normal(locale: str) -> str:
    return locale.lower().replace("-", "")


def restore(server: EmbeddedServer, session: Session, snapshot: Snapshot) -> list[Failure]:
    """Restore schema and statistics into the session's database; returns what psql complained about."""
    locale = _locale(session, snapshot)
    _provide_collations(session, snapshot, locale)
    _provide_functions(session, snapshot)
    text = dump.restorable(snapshot.dump, locale)
    token = secrets.token_hex(16)  # within it psql obeys no backslash command: a snapshot may come from anywhere
    script = f"\\restrict {token}\n{text}\n\\unrestrict {token}\n"
    done = server.run_tool("psql", "-X", "-q", "-o", "/dev/null", "-f", "-", server.dsn(DATABASE), stdin=script)
    if done.returncode:
        raise EmbeddedServerError(f"psql failed: {done.stderr.strip().splitlines()[-1:] or 'no message'}")
    return dump.failures(text, done.stderr, first_line=2)


def _provide_collations(session: Session, snapshot: Snapshot, locale: str) -> None:
    """Predefined collations that objects name and this machine lacks: others by that name, no more bytewise."""
    here = {row["name"] for row in session.rows("shadow/collations")}
    for name in sorted(dump.named_collations(snapshot.dump) - here):
        session.script(
            f"DROP COLLATION IF EXISTS {qualified('pg_catalog', name)};"
            f"CREATE COLLATION {qualified('pg_catalog', name)} (provider = libc, locale = {literal(locale)})"
        )


def _provide_functions(session: Session, snapshot: Snapshot) -> None:
    """Stand-ins for the functions of extensions that are not available, since a column's default may call one. Whoever
    makes the planner evaluate one gets an error, not a wrong plan.
    """
    names = sorted({function.extension for function in snapshot.extension_functions})
    missing = {row["name"] for row in session.rows("shadow/missing_extensions", names=names)}
    wanted = [function for function in snapshot.extension_functions if function.extension in missing]
    for schema in sorted({function.schema for function in wanted}):
        session.execute(SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(schema)))
    _create_each(session, wanted)


def _create_each(session: Session, functions: Iterable[ExtensionFunction]) -> None:
    for function in functions:
        message = literal(f"extension {function.extension} is not available in the shadow")
        body = literal(f"BEGIN RAISE EXCEPTION USING MESSAGE = {message}; END")
        try:
            session.script(
                f"CREATE FUNCTION {quoted(function.schema)}.{quoted(function.name)}({function.arguments})"
                f" RETURNS {function.result} LANGUAGE plpgsql {function.attributes} AS {body}"
            )
        except ServerError:  # it needs something that is not there either
            continue
