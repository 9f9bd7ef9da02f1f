"""What a migration made of a shadow's relations: which are new, renamed or written anew, and how large they are now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from dbopt.postgres.session import Row, Session
from dbopt.shadow.carried import Carried, State
from dbopt.shadow.migration_script import Prepared
from dbopt.shadow.snapshot import Relation, Snapshot
from dbopt.shadow.unrestored import Key
from dbopt.shadow.widths import Width, row_bytes


class Change:
    """Two states of a shadow and what lies between."""

    def __init__(self, session: Session, snapshot: Snapshot, before: State, after: State, script: Prepared) -> None:
        self._session = session
        self._snapshot = snapshot
        self._before = before
        self._after = after
        self._script = script
        self._source = {relation.key: relation for relation in snapshot.relations}
        self._by_path = {row["path"]: row for row in before.relations.values() if row["path"]}
        self._now = {(row["schema"], row["name"]): row for row in after.relations.values()}

    def _former(self, row: Row) -> Row | None:
        """The relation as it was. An index that a changed type made anew may have its file still."""
        return self._before.relations.get(row["oid"]) or self._by_path.get(row["path"] or "")

    @cached_property
    def rewritten(self) -> frozenset[int]:
        """Tables whose rows were written anew."""
        return frozenset(
            oid
            for oid, row in self._after.relations.items()
            if row["kind"] in ("r", "m") and oid in self._before.relations and self._is_new_file(row)
        )

    def _is_new_file(self, row: Row) -> bool:
        former = self._former(row)
        return former is None or former["path"] != row["path"]

    @cached_property
    def new_indexes(self) -> frozenset[int]:
        """Indexes that were made or made anew, on tables that were there before."""
        return frozenset(
            oid
            for oid, row in self._after.relations.items()
            if row["kind"] == "i" and row["table"] in self._before.relations and self._is_new_file(row)
        )

    def as_made(self) -> Iterator[Key]:
        for row in self._after.relations.values():
            if row["table" if row["kind"] == "i" else "oid"] not in self._before.relations:
                yield row["schema"], row["name"]

    def restore_sizes(self, scales: Mapping[int, float]) -> None:
        """Give pg_class what it knew before."""
        sizes = []
        for oid, row in self._after.relations.items():
            former = self._former(row)
            if former is not None and row["kind"] in ("r", "p", "m", "f", "i") and oid not in self.new_indexes:
                scale = scales.get(oid, 1.0)
                sizes.append(
                    (oid, former["rows"], [_scaled(former[n], scale) for n in ("blocks", "visible", "frozen")])
                )
        self._session.rows(
            "shadow/migration_put_sizes",
            relations=[oid for oid, _, _ in sizes],
            rows=[rows for _, rows, _ in sizes],
            **{name: [found[n] for _, _, found in sizes] for n, name in enumerate(("blocks", "visible", "frozen"))},
        )

    def relations(self, scales: Mapping[int, float]) -> Iterator[Relation]:
        """The relations as they are now, with their source's sizes where they have any; then those that the shadow
        never had.
        """
        for row in self._session.rows("shadow/relations"):
            there = self._now[row["schema"], row["name"]]
            former = self._former(there)
            source = self._source.get((former["schema"], former["name"])) if former else None
            blocks = _scaled(source.blocks, scales.get(there["oid"], 1.0)) if source else row["blocks"]
            yield Relation(
                schema=row["schema"],
                name=row["name"],
                kind=row["kind"],
                blocks=blocks,
                table=row["table_name"],
                extension=row["extension"],
                parents=tuple(tuple(parent) for parent in row["parents"]),
            )
        present = {(row["schema"], row["name"]) for row in self._before.relations.values()}
        yield from (relation for relation in self._snapshot.relations if relation.key not in present | self._now.keys())

    def renamed(self, reasons: Mapping[Key, str]) -> dict[Key, str]:
        """The reasons under the names that the relations have now; those that were dropped have none."""
        former = {(row["schema"], row["name"]): oid for oid, row in self._before.relations.items()}
        found = {}
        for key, reason in reasons.items():
            if key not in former:
                found[key] = reason
            elif now := self._after.relations.get(former[key]):
                found[now["schema"], now["name"]] = reason
        return found

    def unknown(self) -> dict[Key, str]:
        """Tables with rows that nobody knows here, and what those are partitions of."""
        found = {}
        for oid, row in self._after.relations.items():
            reason = self._unknown_rows(oid, row)
            if reason is not None:
                found[row["schema"], row["name"]] = f"{reason}, and which rows it has then is not known here"
        return found

    def _unknown_rows(self, oid: int, row: Row) -> str | None:
        """What the migration does to a table's rows; a partition shares the fate of what it is a part of."""
        if row["kind"] not in ("r", "p", "m"):
            return None
        if oid in self._before.relations:
            return "the migration truncates it" if row["name"] in self._script.emptied else None
        parent = self._after.relations.get(row["parent"])
        if parent is not None and row["parent"] not in self._before.relations:
            return self._unknown_rows(row["parent"], parent)
        if row["name"] in self._script.filled or row["kind"] == "m":
            return "the migration fills it by a query"
        if row["name"] in self._script.received:
            return "the migration fills it"
        replaced = self._source.get((row["schema"], row["name"]))
        if replaced is not None and replaced.kind in ("r", "p", "m") and (replaced.blocks or replaced.kind == "p"):
            return "the migration makes it anew"
        return None


def _scaled(blocks: int, scale: float) -> int:
    return round(blocks * scale)


def scale(oid: int, before: State, after: State, kept: Iterable[Row], found: Carried) -> float:
    """How much wider the rows of a table are than they were."""
    old = {(row["relation"], row["number"]): row for row in kept if row["relation"] == oid and not row["inherited"]}
    return _row_bytes(oid, after, found.known) / _row_bytes(oid, before, old)


def _row_bytes(oid: int, state: State, known: Mapping[tuple[int, int], Row]) -> float:
    return row_bytes(_width(column, known.get(place)) for place, column in state.columns.items() if place[0] == oid)


def _width(column: Row, known: Row | None) -> Width:
    if known is None:
        return Width(column["length"], column["alignment"])
    average = float(known["avg_width"]) if known["avg_width"] else None
    return Width(column["length"], column["alignment"], average, 1 - float(known["null_frac"] or 0))
