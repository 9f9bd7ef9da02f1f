"""The statements by which one table takes over what another carries. Pure.

They are written while the other still has its name, and what refers to the name is run when the new one has it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from dbopt.partition.convert.target import NEW, OLD, Target, beside, lacking, list_of
from dbopt.partition.model import Name
from dbopt.partition.table import Column, Constraint, Index, Privilege, Sequence, Table
from dbopt.postgres.identifiers import literal, quoted
from dbopt.postgres.scripts import render

_LIKE = ("DEFAULTS", "CONSTRAINTS", "GENERATED", "STORAGE", "COMPRESSION", "COMMENTS")
_ENABLED = {"D": "DISABLE TRIGGER", "R": "ENABLE REPLICA TRIGGER", "A": "ENABLE ALWAYS TRIGGER"}
_KINDS = {"r": "TABLE", "p": "TABLE", "S": "SEQUENCE"}


# -- the new table -----------------------------------------------------------------------------------------------------


def build(table: Table, new: Name, target: Target, storage: Table) -> Iterator[str]:
    """Make the new table, empty, with its partitions. `storage` is the table whose storage it gets: of a partition set
    that becomes a table, that of a partition.
    """
    like = " ".join(f"INCLUDING {what}" for what in _LIKE)
    end = f" PARTITION BY {target.key}" if target.is_partitioned else _storage(storage)
    yield f"CREATE TABLE {new} (LIKE {table.name} {like}){end}{_tablespace(storage)}"
    yield f"ALTER TABLE {new} OWNER TO {quoted(table.owner)}"
    yield from _column_settings(table, new)
    for part in target.parts:
        name = Name(new.schema, part.name)
        yield (f"CREATE TABLE {name} PARTITION OF {new} {part.bound}{_storage(storage)}{_tablespace(storage)}")
        yield f"ALTER TABLE {name} OWNER TO {quoted(table.owner)}"
        yield from _column_settings(table, name)
    made = [str(new), *(str(Name(new.schema, part.name)) for part in target.parts)]
    yield render("partition/without_privileges.sql", tables=made).strip().removesuffix(";")
    for leaf in made[1:]:
        yield from privileges(table.leaf_privileges, leaf)


def _storage(table: Table) -> str:
    method = f" USING {quoted(table.access_method)}" if table.access_method not in (None, "heap") else ""
    options = [*map(_option, table.options), *(f"toast.{_option(one)}" for one in table.toast_options)]
    return method + (f" WITH ({', '.join(options)})" if options else "")


def _tablespace(table: Table) -> str:
    return f" TABLESPACE {quoted(table.tablespace)}" if table.tablespace else ""


def _option(text: str) -> str:
    name, _, value = text.partition("=")
    return f"{quoted(name)} = {literal(value)}"


def _column_settings(table: Table, new: Name) -> Iterator[str]:
    for column in table.columns:
        alter = f"ALTER TABLE {new} ALTER COLUMN {quoted(column.name)}"
        if column.statistics_target not in (None, "-1"):
            yield f"{alter} SET STATISTICS {int(column.statistics_target or -1)}"
        if column.options:
            yield f"{alter} SET ({', '.join(map(_option, column.options))})"


# -- keys and indexes --------------------------------------------------------------------------------------------------


def index(one: Index, new: Name, target: Target) -> Iterator[str]:
    """Build the like of an index on the new table, under a name of its own until it takes the other's."""
    if one.tablespace is not None:
        yield f"SET LOCAL default_tablespace = {literal(one.tablespace)}"
    name = quoted(beside(one.name, NEW))
    definition = definition_for(one, target)
    if one.constraint is None:
        yield f"CREATE {'UNIQUE ' if one.is_unique else ''}INDEX {name} ON {new} {definition}"
    else:
        kind = "PRIMARY KEY" if one.constraint_type == "p" else "UNIQUE"
        yield f"ALTER TABLE {new} ADD CONSTRAINT {name} {as_constraint(kind, definition)}"
    if one.tablespace is not None:
        yield "RESET default_tablespace"
    if one.comment is not None:
        yield f"COMMENT ON INDEX {Name(new.schema, beside(one.name, NEW))} IS {literal(one.comment)}"


def definition_for(one: Index, target: Target) -> str:
    """The definition with the columns that are lacking, or without those that are too many, by `narrow`."""
    for former in target.narrow:
        if former.name == one.name:
            return former.definition
    missing = lacking(one, target.control)
    return _with_keys(one.definition, f"{keys_of(one.definition)}, {list_of(missing)}") if missing else one.definition


def keys_of(definition: str) -> str:
    """What stands in the first parentheses: the key columns."""
    start, end = _parentheses(definition)
    return definition[start + 1 : end]


def _with_keys(definition: str, keys: str) -> str:
    start, end = _parentheses(definition)
    return f"{definition[: start + 1]}{keys}{definition[end:]}"


def _parentheses(definition: str) -> tuple[int, int]:
    """The first pair, seen past quotes."""
    start = definition.index("(")
    depth, quote = 0, ""
    for place in range(start, len(definition)):
        character = definition[place]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        else:
            depth += (character == "(") - (character == ")")
            if depth == 0:
                return start, place
    raise ValueError(definition)


def as_constraint(kind: str, definition: str) -> str:
    """Of "USING btree (a, b) INCLUDE (c) NULLS NOT DISTINCT WITH (...)" a constraint."""
    start, end = _parentheses(definition)
    rest = definition[end + 1 :]
    nulls = " NULLS NOT DISTINCT" if " NULLS NOT DISTINCT" in rest else ""
    return f"{kind}{nulls} {definition[start : end + 1]}{rest.replace(' NULLS NOT DISTINCT', '')}"


def statistics(table: Table, new: Name) -> Iterator[str]:
    """Extended statistics like the other's, under names of their own."""
    for one in table.statistics:
        name = Name(one.schema, beside(one.name, NEW))
        kinds = f" ({', '.join(one.kinds)})" if one.kinds else ""
        yield f"CREATE STATISTICS {name}{kinds} ON {one.columns} FROM {new}"
        if one.target not in (None, "-1"):
            yield f"ALTER STATISTICS {name} SET STATISTICS {int(one.target or -1)}"
        if one.comment is not None:
            yield f"COMMENT ON STATISTICS {name} IS {literal(one.comment)}"


# -- the swap ----------------------------------------------------------------------------------------------------------


def names(table: Table, new: Name, old: Name, taken: Container[str]) -> Iterator[str]:
    """The other gives its name, and those of its indexes and statistics, to the new one."""
    yield f"ALTER TABLE {table.name} RENAME TO {quoted(old.name)}"
    for one in table.indexes:
        yield f"ALTER INDEX {Name(new.schema, one.name)} RENAME TO {quoted(beside(one.name, OLD, taken))}"
    for own in table.statistics:
        yield f"ALTER STATISTICS {Name(own.schema, own.name)} RENAME TO {quoted(beside(own.name, OLD, taken))}"
    yield f"ALTER TABLE {new} RENAME TO {quoted(table.name.name)}"
    for one in table.indexes:
        if one.is_valid:
            yield f"ALTER INDEX {Name(new.schema, beside(one.name, NEW))} RENAME TO {quoted(one.name)}"
    for own in table.statistics:
        yield f"ALTER STATISTICS {Name(own.schema, beside(own.name, NEW))} RENAME TO {quoted(own.name)}"


def replica_identity(table: Table, leaves: Iterable[tuple[Name, Mapping[str, str]]]) -> Iterator[str]:
    """How replicas tell rows apart, of the table and of each of its leaves, whose indexes are given by those of the
    table that they belong to.
    """
    index = next((one.name for one in table.indexes if one.is_replica_identity), None)
    itself: Mapping[str, str] = {} if index is None else {index: index}
    for name, own in ((table.name, itself), *leaves):
        if table.replica_identity in "fn":
            yield f"ALTER TABLE {name} REPLICA IDENTITY {'FULL' if table.replica_identity == 'f' else 'NOTHING'}"
        elif index is not None and index in own:
            yield f"ALTER TABLE {name} REPLICA IDENTITY USING INDEX {quoted(own[index])}"


def belongings(table: Table, old: Name) -> Iterator[str]:
    """Everything else, once the new table has the name: comment, privileges, triggers, row security, publications, and
    what looks at it.
    """
    name = table.name
    if table.comment is not None:
        yield f"COMMENT ON TABLE {name} IS {literal(table.comment)}"
    yield from privileges(table.privileges, name)
    yield from _row_security(table)
    for trigger in table.triggers:
        yield trigger.definition
        if trigger.enabled in _ENABLED:
            yield f"ALTER TABLE {name} {_ENABLED[trigger.enabled]} {quoted(trigger.name)}"
        if trigger.comment is not None:
            yield f"COMMENT ON TRIGGER {quoted(trigger.name)} ON {name} IS {literal(trigger.comment)}"
    for publication in table.publications:
        columns = f" ({list_of(publication.columns)})" if publication.columns else ""
        condition = f" WHERE ({publication.condition})" if publication.condition else ""
        yield f"ALTER PUBLICATION {quoted(publication.name)} DROP TABLE {old}"
        yield f"ALTER PUBLICATION {quoted(publication.name)} ADD TABLE {name}{columns}{condition}"
    yield from _views_and_functions(table)


def privileges(granted: Iterable[Privilege], name: Name | str) -> Iterator[str]:
    for one in granted:
        columns = f" ({quoted(one.column)})" if one.column is not None else ""
        grantable = " WITH GRANT OPTION" if one.grantable else ""
        yield f"GRANT {one.privilege}{columns} ON {_KINDS[one.kind]} {name} TO {_role(one.role)}{grantable}"


def _role(name: str | None) -> str:
    return "PUBLIC" if name is None else quoted(name)


def _row_security(table: Table) -> Iterator[str]:
    for policy in table.policies:
        roles = ", ".join(_role(None if role == "public" else role) for role in policy.roles)
        yield (
            f"CREATE POLICY {quoted(policy.name)} ON {table.name} AS"
            f" {'PERMISSIVE' if policy.is_permissive else 'RESTRICTIVE'} FOR {policy.command} TO {roles}"
            + (f" USING ({policy.condition})" if policy.condition else "")
            + (f" WITH CHECK ({policy.new_condition})" if policy.new_condition else "")
        )
        if policy.comment is not None:
            yield f"COMMENT ON POLICY {quoted(policy.name)} ON {table.name} IS {literal(policy.comment)}"
    if table.row_security:
        yield f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"
    if table.force_row_security:
        yield f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"


def _views_and_functions(table: Table) -> Iterator[str]:
    for one in table.dependents:
        definition = (one.definition or "").rstrip().rstrip(";")
        if one.kind == "view":
            options = f" WITH ({', '.join(map(_option, one.options))})" if one.options else ""
            yield f"CREATE OR REPLACE VIEW {Name(one.schema or '', one.name or '')}{options} AS {definition}"
        elif one.kind == "function":
            yield definition


# -- sequences ---------------------------------------------------------------------------------------------------------


def owned_sequences(table: Table) -> Iterator[str]:
    """Sequences of serial columns go to the new table; its defaults use them already."""
    for column in table.columns:
        if column.sequence is not None and not column.identity:
            yield f"ALTER SEQUENCE {column.sequence.qualified} OWNED BY {table.name}.{quoted(column.name)}"


def identity(table: Table, column: Column, taken: Container[str], ahead: int = 0) -> Iterator[str]:
    """An identity column that goes on where the other is, with a sequence of the same name; so many numbers ahead, for
    sessions that wait for the other sequence and will still take numbers from it.
    """
    own = column.sequence
    if own is None or not column.identity:
        return
    former = Name(own.schema, beside(own.name, OLD, taken))
    yield f"ALTER SEQUENCE {own.qualified} RENAME TO {quoted(former.name)}"
    when = "ALWAYS" if column.identity == "a" else "BY DEFAULT"
    yield (
        f"ALTER TABLE {table.name} ALTER COLUMN {quoted(column.name)} ADD GENERATED {when} AS IDENTITY ("
        f"SEQUENCE NAME {own.qualified} START WITH {own.start} INCREMENT BY {own.increment} MINVALUE {own.minimum}"
        f" MAXVALUE {own.maximum} CACHE {own.cache} {'CYCLE' if own.cycle else 'NO CYCLE'})"
    )
    yield f"SELECT setval({literal(str(own.qualified))}::regclass, {_position(own, ahead)}) FROM {former}"  # noqa: S608
    yield from privileges(own.privileges, own.qualified)


def _position(own: Sequence, ahead: int) -> str:
    """Of the new sequence, by that of the former; no further than it goes."""
    if not ahead:
        return "last_value, is_called"
    step = own.increment * ahead
    furthest = own.maximum - step if step > 0 else own.minimum - step
    fits = f"last_value {'<' if step > 0 else '>'} {furthest}"
    return f"CASE WHEN {fits} THEN last_value + {step} ELSE last_value END, is_called"


# -- foreign keys ------------------------------------------------------------------------------------------------------


def foreign_keys(table: Table, leaves: Iterable[Name]) -> Iterator[str]:
    """The new table's foreign keys, which hold for new rows at once and are checked for the others later: one on each
    partition, since a partitioned table's own would be checked at once, under a lock.
    """
    owners = list(leaves)
    for one in table.outbound:
        for leaf in owners:
            yield f"ALTER TABLE {leaf} ADD CONSTRAINT {quoted(one.name)} {one.definition} NOT VALID"


def inbound_keys(table: Table, check: str = " NOT VALID") -> Iterator[str]:
    """The foreign keys of others point to the new table; to be checked later, unless `check` is empty."""
    for one in table.inbound:
        other = Name(one.schema, one.table)
        yield f"ALTER TABLE {other} DROP CONSTRAINT {quoted(one.name)}"
        yield f"ALTER TABLE {other} ADD CONSTRAINT {quoted(one.name)} {_valid(one)}{check}"
        if one.comment is not None:
            yield f"COMMENT ON CONSTRAINT {quoted(one.name)} ON {other} IS {literal(one.comment)}"


def own_keys(table: Table) -> Iterator[str]:
    """The new table's foreign keys, checked at once."""
    for one in table.outbound:
        yield f"ALTER TABLE {table.name} ADD CONSTRAINT {quoted(one.name)} {_valid(one)}"


def _valid(one: Constraint) -> str:
    return one.definition.removesuffix(" NOT VALID")


def constraint_comments(table: Table) -> Iterator[str]:
    """Comments of constraints; those of CHECKs are copied by CREATE TABLE ... LIKE."""
    for one in table.constraints:
        if one.comment is not None and not one.is_inbound and one.type in "puf":
            yield f"COMMENT ON CONSTRAINT {quoted(one.name)} ON {table.name} IS {literal(one.comment)}"
