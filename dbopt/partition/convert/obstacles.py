"""Why a table cannot be converted, each reason with what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.partition.convert.carry import keys_of
from dbopt.partition.convert.target import Target, lacking, list_of, sync_key
from dbopt.partition.table import Constraint, Table

_PUBLICATION = "its changes would reach subscribers under names that they do not know"


def obstacles(table: Table, target: Target) -> tuple[str, ...]:
    """All of them, so that nobody has to try again for each."""
    return (*_of_copying(table, target), *of_replacing(table, target))


def of_replacing(table: Table, target: Target) -> tuple[str, ...]:
    """Why another table cannot take its place, even if it is empty."""
    return (*_of_kind(table, target), *_of_keys(table, target), *_of_others(table, target))


def _of_kind(table: Table, target: Target) -> Iterator[str]:
    inherits = table.is_child or (table.has_children and not table.is_partitioned)
    reasons = (
        (table.kind not in "rp", "it is no table"),
        (target.is_partitioned and table.is_partitioned, "it is partitioned already"),
        (not target.is_partitioned and not table.is_partitioned, "it is not partitioned"),
        (table.is_partition, "it is a partition itself"),
        (inherits and not table.is_partition, "it inherits, or is inherited from"),
        (table.persistence != "p", "it is temporary or unlogged"),
        (table.is_typed, "it is a typed table (CREATE TABLE ... OF)"),
        (table.has_rules, "it has rules; triggers do the same"),
        (table.has_labels, "it has security labels"),
        (table.is_of_extension, "it belongs to an extension"),
        (table.is_subscribed, "it is filled by a subscription"),
        (not table.is_mine, f"it belongs to {table.owner}, of which this role is no member"),
    )
    yield from (reason for holds, reason in reasons if holds)


def _of_copying(table: Table, target: Target) -> Iterator[str]:
    """Why its rows cannot be copied while they change."""
    if table.is_hidden:
        yield "its row security hides rows from this role; a role with BYPASSRLS sees them"
    if sync_key(table) is None:
        yield "it has no primary key, nor another unique index over columns that are NOT NULL, that is not deferrable"
    for constraint in table.constraints:
        if constraint.type in "pu" and constraint.is_deferrable:
            yield f"its constraint {constraint.name} is deferrable"
        elif constraint.type in "cfn" and not constraint.is_valid:
            yield f"the constraint {constraint.name} of {constraint.table} is NOT VALID; VALIDATE CONSTRAINT first"
    for name in target.control:
        column = table.column(name)
        if column is not None and not column.not_null:
            alter = f"ALTER TABLE {table.name} ALTER COLUMN {list_of((name,))} SET NOT NULL"
            yield f"column {name} may be NULL; say {alter}"


def _of_keys(table: Table, target: Target) -> Iterator[str]:
    for name in target.control:
        column = table.column(name)
        if column is None:
            yield f"there is no column {name}"
        elif column.is_generated:
            yield f"column {name} is generated, and cannot be a partition key"
    yield from _of_unique_keys(table, target)
    for constraint in table.constraints:
        if constraint.type == "x":
            yield f"it has an exclusion constraint, {constraint.name}"
        elif constraint.type == "c" and constraint.no_inherit and target.is_partitioned:
            yield f"its constraint {constraint.name} is NO INHERIT"
        elif constraint.type == "f":
            yield from _of_foreign_key(table, target, constraint)


def _of_unique_keys(table: Table, target: Target) -> Iterator[str]:
    for index in table.indexes:
        missing = lacking(index, target.control)
        if missing and not target.widen:
            yield (
                f"the unique {'constraint' if index.constraint else 'index'} {index.name} lacks {list_of(missing)}, and"
                f" could not be enforced; --widen-keys makes it ({keys_of(index.definition)}, {list_of(missing)})"
            )


def _of_foreign_key(table: Table, target: Target, one: Constraint) -> Iterator[str]:
    label = f"the foreign key {one.name} of {one.table}"
    if one.is_to_itself:
        yield f"its foreign key {one.name} points to itself"
    elif one.is_inbound and one.of_partitioned:
        yield f"{label}, a partitioned table, points here, and could only be checked anew under a long lock"
    elif one.is_inbound:
        kept = [index for index in table.indexes if index.is_unique and set(index.columns) == set(one.columns)]
        if all(lacking(index, target.control) for index in kept):
            yield f"{label} points to ({list_of(one.columns)}), which would no longer be unique alone"


def _of_others(table: Table, target: Target) -> Iterator[str]:
    for dependent in table.dependents:
        if dependent.by_row_type:
            yield f"{dependent.label} uses its row type"
        elif dependent.kind not in ("view", "function"):
            yield f"{dependent.label} depends on it, and cannot be turned to another table"
    for trigger in table.triggers:
        if trigger.is_for_rows and trigger.has_transition_tables and target.is_partitioned:
            yield f"its trigger {trigger.name} is for each row and has transition tables"
    for publication in table.publications:
        if publication.all_of:
            yield f"publication {publication.name} is of all tables, or of all of its schema: {_PUBLICATION}"
        elif target.is_partitioned and not publication.via_root:
            yield (
                f"publication {publication.name} does not publish via the partition root: {_PUBLICATION}; say"
                f" ALTER PUBLICATION {list_of((publication.name,))} SET (publish_via_partition_root = true)"
            )
