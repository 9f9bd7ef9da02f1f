"""Which statements of a migration are not run, and why: those that no plan depends on where only a superuser may run
them, and those that make no sense in a shadow. Pure.
"""

from __future__ import annotations

from collections.abc import Collection

from dbopt.shadow.migration_words import after
from dbopt.workload.lexer import Token

NEEDED = frozenset({"plpgsql", "pg_buffercache"})
"""Extensions that the shadow itself works with."""
_NO_PLAN = "no plan depends on it"
_ONE_ROLE = "the shadow has one role for all"
_SETTINGS = "settings of a database, role or server change plans only where a new snapshot is taken"
_ROLES = (("role",), ("user",), ("group",))
# Dumps of a snapshot have none of these.
_ABSENT = (("event", "trigger"), ("publication",), ("subscription",), ("user", "mapping"))
_OTHERS = (
    *_ABSENT,
    ("role",),
    ("database",),
    ("extension",),
    ("server",),
    ("tablespace",),
    ("language",),
    ("procedural", "language"),
    ("foreign", "data", "wrapper"),
    ("access", "method"),
)
_CHANGES_OF_ROLE = (("role",), ("local", "role"), ("session", "role"))


def why(tokens: list[Token], missing: Collection[str], created: Collection[str]) -> str | None:
    """The reason for which a statement is left out, if it is. `missing` extensions cannot be created here, `created`
    are the extensions that the migration creates.
    """
    words = tuple(token.folded for token in tokens[:10])
    if words[:1] in (("set",), ("reset",)):
        is_other = _begins(words[1:], _CHANGES_OF_ROLE) or "authorization" in words[:4]
        return _ONE_ROLE if is_other else None
    if words[:2] == ("comment", "on"):
        names = set(after(tokens[:4], {"extension"}))
        return _missing(names, missing) or (_NO_PLAN if _begins(words[2:], _OTHERS) else None)
    if words[:1] in (("grant",), ("revoke",)):
        is_membership = not any(token.folded == "on" for token in tokens)
        is_built_in = any(name.startswith("pg_") for name in after(tokens, {"grant", "revoke", "for"}))
        return _NO_PLAN if is_membership and is_built_in else None
    if words[:1] not in (("create",), ("alter",), ("drop",)):
        return None
    if words[1:2] == ("extension",):
        return _why_extension(words, set(after(tokens, {"extension"})), missing, created)
    return _why_ddl(words)


def _begins(words: tuple[str, ...], beginnings: Collection[tuple[str, ...]]) -> bool:
    return any(words[: len(beginning)] == beginning for beginning in beginnings)


def _missing(names: Collection[str], missing: Collection[str]) -> str | None:
    lacking = sorted(name for name in names if name in missing)
    return f"extension {lacking[0]} is not available in the shadow" if lacking else None


def _why_extension(
    words: tuple[str, ...], names: set[str], missing: Collection[str], created: Collection[str]
) -> str | None:
    if (reason := _missing(names, missing)) or words[0] == "create":
        return reason
    if words[0] == "alter":
        return None if "schema" in words[3:] else _NO_PLAN  # its version and its members
    if names & NEEDED:
        return f"the shadow itself needs {min(names & NEEDED)}"
    return "the migration also creates it" if names & set(created) else None


def _why_ddl(words: tuple[str, ...]) -> str | None:
    action, what = words[0], words[1:]
    if _begins(what, _ABSENT):
        return _NO_PLAN
    if what[:1] in (("database",), ("system",)) and action == "alter":
        return _SETTINGS
    if not _begins(what, _ROLES) or action == "create":
        return None
    if action == "alter" and ("set" in what or "reset" in what):
        return _SETTINGS
    return None if what[:1] == ("group",) or what[2:3] == ("rename",) else _NO_PLAN
