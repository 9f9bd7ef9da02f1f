"""Names for new indexes: as PostgreSQL would choose them, the same every time, and not taken. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dbopt.index.model import Index
from dbopt.postgres.schema import Catalog, Relation

MAX_BYTES = 63  # NAMEDATALEN - 1


class Names:
    """Gives each index a name that no relation of its schema has."""

    def __init__(self, catalog: Catalog) -> None:
        self._taken = {relation.key for relation in catalog.relations}
        self._taken |= {(index.schema, index.name) for index in catalog.indexes}

    def choose(self, index: Index) -> str:
        """`<table>_<columns>_idx`, with a number where that is taken."""
        number = 0
        while (index.schema, name := _name(index, number)) in self._taken:
            number += 1
        self._taken.add((index.schema, name))
        return name


def _name(index: Index, number: int) -> str:
    columns = "_".join("expr" if key.is_expression else key.name for key in index.keys)
    end = f"_idx{number or ''}"
    return shortened(f"{index.table}_{columns}", MAX_BYTES - len(end)) + end


def shortened(name: str, limit: int) -> str:
    """At most that many bytes of UTF-8, whole characters."""
    return name.encode()[:limit].decode(errors="ignore")


def statistics_name(relation: Relation, columns: Sequence[str], taken: set[tuple[str, str]]) -> str:
    """What PostgreSQL would call extended statistics: `<table>_<columns>_stat`, with a number where that is taken; it
    then is.
    """
    number = 0
    while True:
        end = f"_stat{number or ''}"
        name = shortened("_".join((relation.name, *columns)), MAX_BYTES - len(end)) + end
        if (relation.schema, name) not in taken:
            taken.add((relation.schema, name))
            return name
        number += 1
