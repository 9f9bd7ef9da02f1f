"""Restoring a snapshot into an embedded server: database, stand-ins for missing extensions, and the dump.

The dump is fed to psql object by object, as the ordinary role and without a transaction around it: what fails is
collected, not fatal.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

from dbopt.errors import EmbeddedServerError, ServerError
from dbopt.postgres.embedded import EmbeddedServer
from dbopt.postgres.identifiers import SQL, Identifier, literal, quoted
from dbopt.postgres.session import Session
from dbopt.shadow import clock, dump, provide, roles
from dbopt.shadow.dump import Failure
from dbopt.shadow.limits import Limits
from dbopt.shadow.roles import DATABASE, ORDINARY
from dbopt.shadow.snapshot import ExtensionFunction, Snapshot

_TOO_LONG = "is the snapshot to be trusted? an empty database is restored in seconds"


def create_database(server: EmbeddedServer, snapshot: Snapshot) -> str | None:
    """Create the database. The planner cares whether its texts sort by bytes, so it gets the source's locale, else one
    that is no more bytewise than that. Returns a remark where the locale is another.
    """
    with server.connect() as session:
        if snapshot.bytewise:
            _create(session, "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'")
            return None
        locale = locale_of(session, snapshot)
        _create(session, f"LOCALE_PROVIDER libc LOCALE {literal(locale)}")
    if _normal(locale) == _normal(snapshot.collate) and snapshot.locale_provider == "c":
        return None
    name = "an ICU locale" if snapshot.locale_provider == "i" else snapshot.collate
    return f"texts sort by {locale}, since this machine lacks the source's {name}"


def _create(session: Session, locale: str) -> None:
    session.execute(SQL("CREATE DATABASE {} TEMPLATE template0 {}").format(Identifier(DATABASE), SQL(locale)))


def locale_of(session: Session, snapshot: Snapshot) -> str:
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


def restore(server: EmbeddedServer, session: Session, snapshot: Snapshot, limits: Limits) -> list[Failure]:
    """Restore schema and statistics into the superuser's session's database, as the ordinary role; returns what psql
    complained about. Raises EmbeddedServerError where it takes too long.
    """
    locale = locale_of(session, snapshot)
    text = clock.with_asking_views(dump.restorable(provide.provide(session, snapshot, locale), locale))
    _provide_functions(session, snapshot)
    return _run(server, text, limits)


def _run(server: EmbeddedServer, text: str, limits: Limits) -> list[Failure]:
    timeout_ms = int(1000 * limits.statement_s)
    dsn = server.dsn(DATABASE, user=ORDINARY, options=f"-c statement_timeout={timeout_ms}")
    try:
        done = server.run_script(dsn, text, timeout_s=limits.restore_s)
    except subprocess.TimeoutExpired:
        raise EmbeddedServerError(
            f"the snapshot was not restored within {limits.restore_s:g} s", hint=_TOO_LONG
        ) from None
    if done.returncode:
        raise EmbeddedServerError(f"psql failed: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
    failures = dump.failures(text, done.stderr, first_line=2)
    for failure in failures:
        if "due to statement timeout" in failure.message:
            what = f"{failure.entry.type} {failure.entry.name}" if failure.entry else "a statement"
            raise EmbeddedServerError(
                f"restoring the snapshot: {what} did not end within {limits.statement_s:g} s", hint=_TOO_LONG
            )
    return failures


def _provide_functions(session: Session, snapshot: Snapshot) -> None:
    """Stand-ins for the functions of extensions that are not available, since a column's default may call one. Whoever
    makes the planner evaluate one gets an error, not a wrong plan.
    """
    names = sorted({function.extension for function in snapshot.extension_functions})
    missing = {row["name"] for row in session.rows("shadow/missing_extensions", names=names)}
    wanted = [function for function in snapshot.extension_functions if function.extension in missing]
    provide.own_schemas(session, (function.schema for function in wanted))
    with roles.ordinary_beside(session) as owner:
        _create_each(owner, wanted)


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
