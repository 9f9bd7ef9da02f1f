"""New partitions: statements that make one like its newest sibling. `Maker` reads what they need; the rest is pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from dbopt.partition import naming
from dbopt.partition.bound import Edge, Range, written
from dbopt.partition.change import Change
from dbopt.partition.grid import Grid, Span
from dbopt.partition.key import literal
from dbopt.partition.model import Name, PartitionSet
from dbopt.partition.read import Extension, names_in
from dbopt.postgres.identifiers import literal as sql_literal
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.naming import MAX_BYTES, shortened
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Row, Session


@dataclass(frozen=True)
class New:
    """A partition to be made, with its bounds as SQL, and the partitions beneath it by (name, bound, like)."""

    name: Name
    span: Span
    bound_sql: str


@dataclass(frozen=True)
class Maker:
    """All that new partitions of one set are made by. `shape` is the newest sibling and what is beneath it; `indexes`
    are statements to come after ALTER TABLE or CREATE INDEX ON.
    """

    set: PartitionSet
    parent: Row
    shape: tuple[Row, ...]
    indexes: tuple[Row, ...]
    extension: Extension | None = None
    taken: frozenset[str] = field(default=frozenset())

    @property
    def oid(self) -> int:
        return int(self.parent["oid"])

    def new(self, grid: Grid, spans: Iterable[Span]) -> tuple[New, ...]:
        """The partitions for these spans, with names that are not taken."""
        made: list[New] = []
        taken = set(self.taken)
        suffix = self._suffix()
        for span in spans:
            name = naming.named(self.set.table.name, suffix(grid, span[0]), taken)
            taken.add(name)
            made.append(New(Name(self._schema, name), span, bound_sql(grid, span, len(self.set.key))))
        return tuple(made)

    def create(self, new: New, under: Name | None = None) -> tuple[str, ...]:
        """Statements that make it: standing alone, or as a partition of the table `under`; then what is beneath it."""
        top = self.shape[0] if self.shape else None
        clauses = _clauses(top)
        if under is None:
            head = f"CREATE{_unlogged(top)} TABLE {new.name} (LIKE {self.set.table}{_LIKE})"
        else:
            head = f"CREATE{_unlogged(top)} TABLE {new.name} PARTITION OF {under} {new.bound_sql}"
        return (head + clauses, *self._beneath(new.name))

    def attach(self, new: New) -> str:
        return f"ALTER TABLE {self.set.table} ATTACH PARTITION {new.name} {new.bound_sql}"

    def hand_on(self, new: New) -> tuple[str, ...]:
        """What it gets when it is attached: owner, privileges, replica identity, and pg_partman's template."""
        tables = [(new.name, self.shape[0] if self.shape else None), *self._pairs(new.name)]
        return (*self._owners(tables), *self._grants(tables), *_identities(tables), *self._template(new))

    def index(self, name: Name) -> tuple[str, ...]:
        """Statements that give a filled table the indexes of its set."""
        return tuple(
            f"ALTER TABLE {name} ADD {one['constraint_sql']}"
            if one["constraint_sql"]
            else f"CREATE {'UNIQUE ' if one['is_unique'] else ''}INDEX ON {name}{one['tail']}"
            for one in self.indexes
        )

    def changes(self, news: Sequence[New]) -> tuple[Change, ...]:
        """One change for each, to be done on its own. Where there is a default, no statement may be under way that
        still takes it for the place of the new rows: the set is locked for that moment.
        """
        lock = (f"LOCK TABLE ONLY {self.set.table} IN ACCESS EXCLUSIVE MODE",) if self.set.default else ()
        return tuple(
            Change(
                f"partition {new.name}",
                (*lock, *self.create(new), self.attach(new), *self.hand_on(new)),
                (f"DROP TABLE {new.name}",),
            )
            for new in news
        )

    @property
    def _schema(self) -> str:
        return str(self.shape[0]["schema"]) if self.shape else self.set.table.schema

    def _suffix(self) -> Callable[[Grid, int], str]:
        old = self.set.partman is not None and self.extension is not None and self.extension.major < 5
        return naming.partman_4 if old else naming.native

    def _pairs(self, name: Name) -> list[tuple[Name, Row]]:
        """The tables beneath a new partition, with what each is made like."""
        names = {self.shape[0]["name"]: name} if self.shape else {}
        pairs = []
        for one in self.shape[1:]:
            own = Name(name.schema, _renamed(one["name"], self.shape[0]["name"], name.name))
            names[one["name"]] = own
            pairs.append((own, one))
        return pairs

    def _beneath(self, name: Name) -> list[str]:
        pairs = self._pairs(name)
        parents = {(one["schema"], one["name"]): own for own, one in pairs}
        if self.shape:
            parents[self.shape[0]["schema"], self.shape[0]["name"]] = name
        return [
            f"CREATE{_unlogged(one)} TABLE {own} PARTITION OF "
            f"{parents[one['parent_schema'], one['parent_name']]} {one['bound']}{_clauses(one)}"
            for own, one in pairs
        ]

    def _owners(self, tables: list[tuple[Name, Any]]) -> list[str]:
        owner = quoted(self.parent["owner"])
        return [f"ALTER TABLE {name} OWNER TO {owner}" for name, _ in tables] if self.parent["is_anothers"] else []

    def _grants(self, tables: list[tuple[Name, Any]]) -> list[str]:
        return [_grant(name, one) for name, _ in tables for one in self.parent["privileges"]]

    def _template(self, new: New) -> list[str]:
        partman = self.set.partman
        if partman is None or self.extension is None or not partman.template or self.set.parent is not None:
            return []
        parent = sql_literal(f"{self.set.table.schema}.{self.set.table.name}")
        function = f"{quoted(self.extension.schema)}.inherit_template_properties"
        return [f"SELECT {function}({parent}, {sql_literal(new.name.schema)}, {sql_literal(new.name.name)})"]


_LIKE = " INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMPRESSION"


def read_maker(session: Session, asked: PartitionSet, extension: Extension | None) -> Maker:
    """Read what the set hands on, and what its newest partition looks like. Raises ServerError."""
    table = str(asked.table)
    siblings = [one for one in asked.others if not one.is_foreign and not one.detach_pending]
    like = siblings[-1] if siblings else asked.default
    schema = like.name.schema if like else asked.table.schema
    return Maker(
        asked,
        session.row("partition/parent", table=table),
        tuple(session.rows("partition/shape", table=str(like.name))) if like and not like.is_foreign else (),
        tuple(session.rows("partition/indexes_of_partition", table=table)),
        extension,
        names_in(session, schema),
    )


def bound_sql(grid: Grid, span: Span, columns: int) -> str:
    """FOR VALUES FROM ... TO ..., times explicitly in UTC; MINVALUE for all but the first column of the key."""
    rest = (Edge.MINVALUE,) * (columns - 1)
    lower, upper = ((literal(grid.kind, edge), *rest) for edge in span)
    return written(Range(lower, upper))


def _unlogged(like: Row | None) -> str:
    return " UNLOGGED" if like and like["is_unlogged"] else ""


def _clauses(like: Row | None) -> str:
    """PARTITION BY, USING, WITH and TABLESPACE as its sibling has them."""
    if like is None:
        return ""
    if like["partition_by"]:
        text = f" PARTITION BY {like['partition_by']}"
    else:
        text = f" USING {quoted(like['access_method'])}" if like["access_method"] not in (None, "heap") else ""
        text += f" WITH ({', '.join(map(_option, like['options']))})" if like["options"] else ""
    return text + (f" TABLESPACE {quoted(like['tablespace'])}" if like["tablespace"] else "")


def _option(option: str) -> str:
    name, _, value = option.partition("=")
    return f"{name} = {sql_literal(value)}"


def _grant(name: Name, one: Row) -> str:
    column = f" ({quoted(one['column'])})" if one["column"] else ""
    grantee = quoted(one["grantee"]) if one["grantee"] else "PUBLIC"
    return f"GRANT {one['privilege']}{column} ON {name} TO {grantee}{' WITH GRANT OPTION' * one['grantable']}"


def _identities(tables: list[tuple[Name, Any]]) -> list[str]:
    found = []
    for name, like in tables:
        identity = like["replica_identity"] if like else "d"
        if identity in "nf":
            found.append(f"ALTER TABLE {name} REPLICA IDENTITY {'NOTHING' if identity == 'n' else 'FULL'}")
        elif identity == "i" and like["replica_index"] and not like["level"]:
            found.append(render("partition/replica_identity.sql", table=str(name), index=like["replica_index"]).strip())
    return found


def _renamed(name: str, old: str, new: str) -> str:
    """The name of a partition beneath, with that of the one above in it replaced."""
    end = name.removeprefix(old) if name.startswith(old) else f"_{name}"
    return shortened(new, MAX_BYTES - len(end.encode())) + end
