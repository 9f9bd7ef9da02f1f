"""SQL files and templates: where they lie, in a checkout and in the installed package.

A query is `sql/<feature>/<name>.sql`; `name.17.sql` is its variant for PostgreSQL 17 and later.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


@cache
def root(kind: str) -> Traversable:
    """The folder `sql` or `templates`: inside the installed package, else beside it in a checkout."""
    package = files("dbopt")
    inside = package / kind
    return inside if inside.is_dir() else Path(str(package)).parent / kind


@cache
def query(name: str, server_major: int) -> str:
    """Text of the query `feature/name` in its newest variant that is not newer than the server.

    Raises FileNotFoundError for an unknown name: a mistake of the program, not of its user.
    """
    feature, _, stem = name.rpartition("/")
    folder = root("sql").joinpath(*feature.split("/"))
    variants = {_first_major(entry.name, stem): entry for entry in folder.iterdir() if _is_variant(entry.name, stem)}
    usable = [major for major in variants if major <= server_major]
    if not usable:
        raise FileNotFoundError(f"sql/{name}.sql for PostgreSQL {server_major}")
    return variants[max(usable)].read_text("utf-8")


def template(name: str) -> str | None:
    """Text of `templates/<name>`, None where there is none: what Jinja2 wants of a loader."""
    entry = root("templates").joinpath(*name.split("/"))
    return entry.read_text("utf-8") if entry.is_file() else None


def _is_variant(filename: str, stem: str) -> bool:
    return re.fullmatch(rf"{re.escape(stem)}(\.\d+)?\.sql", filename) is not None


def _first_major(filename: str, stem: str) -> int:
    suffix = filename.removeprefix(stem).removesuffix(".sql").lstrip(".")
    return int(suffix) if suffix else 0


@cache
def keywords() -> tuple[str, ...]:
    """PostgreSQL's key words that cannot stand as a plain column or table name, as of version 18."""
    return tuple((root("sql") / "postgres" / "reserved_words.txt").read_text("utf-8").split())


@cache
def all_keywords() -> frozenset[str]:
    """These, and those that may be names."""
    others = (root("sql") / "postgres" / "unreserved_words.txt").read_text("utf-8").split()
    return frozenset((*keywords(), *others))


def names(feature: str) -> list[str]:
    """The queries of a folder of `sql`, without their variants, in order."""
    entries = root("sql").joinpath(*feature.split("/")).iterdir()
    stems = {entry.name.split(".")[0] for entry in entries if entry.name.endswith(".sql")}
    return [f"{feature}/{stem}" for stem in sorted(stems)]
