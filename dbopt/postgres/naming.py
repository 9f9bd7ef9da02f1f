"""Names for new objects, as PostgreSQL would choose them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dbopt.postgres.schema import Relation

MAX_BYTES = 63  # NAMEDATALEN - 1


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
