"""The two roles of a shadow: whoever wrote a snapshot, none of its text is ever run by the superuser.

An ordinary role restores the dump, owns what is in it, and plans. It is no member of a role that reaches files or
programs, and it does not own the database: whoever does can change the settings of the superuser's sessions, too.
The superuser prepares the database before, and afterwards reads catalogs, always with a search_path of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from dbopt.postgres.embedded import EmbeddedServer
from dbopt.postgres.identifiers import SQL, Composable, Literal
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Session

DATABASE = "shadow"
ORDINARY = "dbopt_ordinary"
SUPERUSER = "dbopt_superuser"
"""No name that a snapshot or a migration mentions by chance."""
_SUPERUSER_OPTIONS = "-c search_path=pg_catalog,pg_temp -c allow_system_table_mods=on"
_DDL_TIMEOUT_MS = 60_000


def superuser(server: EmbeddedServer) -> Session:
    """A session that must not run, nor cast to or write into, anything that came with a snapshot."""
    return server.connect(DATABASE, options=_SUPERUSER_OPTIONS)


def ordinary(server: EmbeddedServer) -> Session:
    """A session of the role that owns what was restored."""
    return server.connect(DATABASE, user=ORDINARY)


def ordinary_beside(session: Session) -> Session:
    """A session of that role in the database of a superuser's session."""
    owner = session.another(user=ORDINARY, options="")
    owner.limit(statement_timeout_ms=_DDL_TIMEOUT_MS)
    return owner


def create(session: Session) -> None:
    """Make the ordinary role, and the function with which it brings indexes to life."""
    session.script(render("shadow/roles.sql", role=ORDINARY, database=DATABASE))


def set_live(shown: Sequence[int], hidden: Sequence[int]) -> Composable:
    """A query that makes the planner see these indexes and overlook those, by oid."""
    return SQL("SELECT pg_catalog.dbopt_set_live({}, {})").format(_oids(shown), _oids(hidden))


def _oids(oids: Sequence[int]) -> Composable:
    return SQL("{}::oid[]").format(Literal("{" + ",".join(str(oid) for oid in oids) + "}"))
