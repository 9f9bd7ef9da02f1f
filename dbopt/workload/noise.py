"""Statements that a workload is better without: commands that cannot be planned, questions to the catalog, pings, and
dbopt's own. Pure.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from itertools import pairwise

from dbopt import resources
from dbopt.postgres.session import TAG
from dbopt.workload.commands import is_command
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.kinds import kind_of
from dbopt.workload.lexer import Kind, significant
from dbopt.workload.placeholders import numbered
from dbopt.workload.sql import tables_of

UTILITY = "utility command"

_CATALOGS = ("pg_catalog.", "information_schema.")
_SERVICES = frozenset(
    ("version", "set_config", "current_setting", "current_database", "current_schema", "txid_current")
)


def noise(sql: str, catalog_names: Collection[str], *, truncated: bool = False) -> str | None:
    """Why the statement is left out: "utility command", "catalog query", "ping" or "dbopt's own"; None for one that
    stays. `catalog_names` are the names of the system catalogs. Of a truncated text, what follows may be anything.
    """
    if sql.startswith(TAG.strip()) or fingerprint(sql) in _own_fingerprints():
        return "dbopt's own"
    if is_command(sql):
        return UTILITY
    tables = tables_of(sql)
    if tables:
        return "catalog query" if all(_is_catalog(table, catalog_names) for table in tables) else None
    return "ping" if not truncated and kind_of(sql) == "select" and not _calls_a_function(sql) else None


def _is_catalog(table: str, names: Collection[str]) -> bool:
    return table.startswith(_CATALOGS) or table.rpartition(".")[2] in names


def _calls_a_function(sql: str) -> bool:
    """Whether it calls a function that may be the application's own."""
    words = significant(sql)
    called = [
        word.folded
        for word, following in pairwise(words)
        if following.text == "(" and word.kind in (Kind.WORD, Kind.QUOTED)
    ]
    return any(not name.startswith("pg_") and name not in _SERVICES for name in called)


@cache
def _own_fingerprints() -> frozenset[str]:
    """Of dbopt's own queries: from PostgreSQL 18 on, the tag in front of them does not reach pg_stat_statements."""
    folders = (entry for entry in resources.root("sql").iterdir() if entry.is_dir())
    files = (file for folder in folders for file in folder.iterdir() if file.name.endswith(".sql"))
    return frozenset(fingerprint(numbered(file.read_text("utf-8")).sql) for file in files)
