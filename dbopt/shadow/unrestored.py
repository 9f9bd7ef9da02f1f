"""What a restore left out, and which relations are therefore not to be trusted. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from dbopt.postgres.identifiers import qualified
from dbopt.shadow.dump import Failure
from dbopt.shadow.snapshot import Relation, Snapshot

Key = tuple[str, str]
"""Schema and name of a relation."""

# A plan does not depend on these, or the statement that needs one of them fails by itself.
_HARMLESS = frozenset(
    {
        "ACCESS METHOD",
        "AGGREGATE",
        "CAST",
        "COLLATION",
        "COMMENT",
        "CONVERSION",
        "DEFAULT",
        "DOMAIN",
        "EXTENSION",
        "FOREIGN DATA WRAPPER",
        "FUNCTION",
        "OPERATOR",
        "OPERATOR CLASS",
        "OPERATOR FAMILY",
        "POLICY",
        "PROCEDURAL LANGUAGE",
        "PROCEDURE",
        "ROW SECURITY",
        "SCHEMA",
        "SEQUENCE",
        "SEQUENCE OWNED BY",
        "SERVER",
        "SHELL TYPE",
        "TEXT SEARCH CONFIGURATION",
        "TEXT SEARCH DICTIONARY",
        "TEXT SEARCH PARSER",
        "TEXT SEARCH TEMPLATE",
        "TRANSFORM",
        "TRIGGER",
        "TYPE",
    }
)


_BEYOND = re.compile(r"superuser|permission denied|must be owner", re.IGNORECASE)
_MOST_NAMED = 10
_HIDDEN = "row security hid its statistics from the role that took the snapshot"
_POLICED = "the shadow does not apply row security, which holds for"


def find(snapshot: Snapshot, present: Iterable[Key], failures: Iterable[Failure]) -> dict[Key, str]:
    """The relations that are missing or incomplete, with the reason: a table whose index, constraint, statistics or
    partition did not make it counts as incomplete.
    """
    known = {relation.key: relation for relation in snapshot.relations}
    statistics = {(item.schema, item.name): (item.table_schema, item.table) for item in snapshot.extended_statistics}
    reasons: dict[Key, str] = {(schema, name): _HIDDEN for schema, name in snapshot.hidden}  # noqa: C420
    for schema, name in snapshot.policed:
        reasons[schema, name] = f"{_POLICED} {snapshot.role}"
    said: dict[Key, str] = {}  # by the name of the very object
    for failure in failures:
        if failure.entry is None:
            continue
        said.setdefault((failure.entry.schema, failure.entry.name), failure.message)
        if failure.entry.type in _HARMLESS or not (failure.is_error or failure.entry.type == "STATISTICS DATA"):
            continue
        key = (failure.entry.schema, failure.entry.name)
        table = statistics.get(key) if failure.entry.type == "STATISTICS" else _relation(key, known)
        if table is not None:
            reasons.setdefault(table, failure.message)
    there = set(present)
    for relation in snapshot.relations:
        if relation.key not in there:
            _add_missing(relation, known, reasons, _why(relation, said))
    return reasons


def beyond_role(failures: Iterable[Failure]) -> tuple[str, ...]:
    """A remark that names the objects which only a superuser could have made, if there are any."""
    names = {
        f"{failure.entry.type.lower()} {failure.entry.name}": None
        for failure in failures
        if failure.entry is not None and failure.is_error and _BEYOND.search(failure.message)
    }
    if not names:
        return ()
    shown = ", ".join(list(names)[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")
    return (f"left out, as only a superuser may make them: {shown}",)


def policed(tables: Iterable[Key]) -> tuple[str, ...]:
    """A remark that names the tables with row security, if there are any."""
    names = [qualified(*key) for key in tables]
    if not names:
        return ()
    shown = ", ".join(names[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")
    return (f"row security is not applied: plans are those of a role that it does not hold for, on {shown}",)


def _why(relation: Relation, said: Mapping[Key, str]) -> str:
    if relation.extension:
        return f"extension {relation.extension} is not available in the shadow"
    if relation.key in said:
        return said[relation.key]
    constraint = (relation.schema, f"{relation.table} {relation.name}")
    return said.get(constraint, "it was not restored")


def _add_missing(relation: Relation, known: Mapping[Key, Relation], reasons: dict[Key, str], why: str) -> None:
    if relation.is_index:
        reasons.setdefault((relation.schema, relation.table or ""), f"index {relation.name} is missing: {why}")
        return
    reasons[relation.key] = why
    waiting = list(relation.parents)
    while waiting:
        schema, name = waiting.pop()
        reasons.setdefault((schema, name), f"partition {relation.name} is missing: {why}")
        parent = known.get((schema, name))
        waiting.extend(parent.parents if parent else ())


def _relation(key: Key, known: Mapping[Key, Relation]) -> Key | None:
    """The table of an entry of the dump: "orders", "orders_pkey", or "orders orders_pkey"."""
    schema, name = key
    while (schema, name) not in known:
        name, space, _ = name.rpartition(" ")
        if not space:
            return None
    relation = known[schema, name]
    return (schema, relation.table) if relation.table else relation.key
