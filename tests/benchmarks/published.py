"""Two published index advisors, for comparison: Relaxation and DB2Advis, over HypoPG.

They are written from their papers, with the common simplifications of J. Kossmann, S. Halfpap, M. Jankrift and
R. Schlosser, "Magic mirror in my hand, which is the best in the land? An experimental evaluation of index selection
algorithms", PVLDB 13 (2020): candidates are all permutations, up to a width, of the columns of a table that a query
names, and a first answer is what the planner takes when all candidates of a query exist at once. Nothing of dbopt's own
advisor is used. Costs are kept, and asked again only where an index that holds a column of the query has come or gone.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from operator import eq
from typing import Any

from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.session import Session
from dbopt.workload.model import Workload

VARIATIONS = 5000
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, order=True)
class Keys:
    """A B-tree on columns of a table."""

    table: str
    columns: tuple[str, ...]

    def __str__(self) -> str:
        return f"CREATE INDEX ON {self.table} ({', '.join(self.columns)})"


Choice = frozenset[Keys]
Node = dict[str, Any]


class Peer:
    """What the algorithms ask of the server. `width` is the most columns of an index; without `repeat_keys`, none
    begins like a primary key, nor a primary key like it. `calls` counts EXPLAINs.
    """

    def __init__(self, session: Session, workload: Workload, width: int = 2, *, repeat_keys: bool = True) -> None:
        self.width, self.calls = width, 0
        self._session, self._statements, self._repeat_keys = session, workload.statements, repeat_keys
        self._made: dict[Keys, tuple[int, str]] = {}
        self._sizes: dict[Keys, int] = {}
        self._costs: dict[tuple[int, Choice], float] = {}
        catalog = read_catalog(session)
        self._keys = {one.name: [key.columns for key in catalog.indexes_of(one)] for one in catalog.relations}
        columns = {one.name: [column.name for column in one.columns] for one in catalog.relations}
        words = [set(_WORD.findall(statement.sql.lower())) for statement in workload.statements]
        self._named = [{table: [c for c in columns[table] if c in said] for table in columns} for said in words]
        session.fetch(SQL("SELECT hypopg_reset()"))

    @property
    def queries(self) -> range:
        return range(len(self._statements))

    def candidates(self, query: int) -> list[Keys]:
        every = (
            Keys(table, chosen)
            for table, columns in self._named[query].items()
            for width in range(1, self.width + 1)
            for chosen in permutations(columns, width)
        )
        return [index for index in every if self._repeat_keys or not self._repeats(index)]

    def taken(self, query: int) -> Choice:
        """The indexes that the planner takes when all candidates of the query exist."""
        self._become(frozenset(self.candidates(query)))
        names = {name: index for index, (_, name) in self._made.items()}
        return frozenset(names[name] for name in _index_names(self._explain(query)) if name in names)

    def cost(self, query: int, indexes: Choice) -> float:
        named = self._named[query]
        relevant = frozenset(index for index in indexes if not set(index.columns).isdisjoint(named[index.table]))
        if (query, relevant) not in self._costs:
            self._become(relevant)
            self._costs[query, relevant] = float(self._explain(query)["Total Cost"])
        return self._costs[query, relevant]

    def total(self, indexes: Choice) -> float:
        return sum(self.cost(query, indexes) for query in self.queries)

    def bytes(self, indexes: Choice) -> int:
        return sum(self.size(index) for index in indexes)

    def size(self, index: Keys) -> int:
        if index not in self._sizes:
            self._become(frozenset((*self._made, index)))
            query = SQL("SELECT hypopg_relation_size(%(oid)s::oid) AS size")
            self._sizes[index] = int(self._session.fetch(query, {"oid": self._made[index][0]})[0]["size"])
        return self._sizes[index]

    def _repeats(self, index: Keys) -> bool:
        return any(all(map(eq, key, index.columns)) for key in self._keys[index.table])

    def _become(self, wanted: Choice) -> None:
        for index in sorted(self._made.keys() - wanted):
            self._session.fetch(SQL("SELECT hypopg_drop_index(%(oid)s::oid)"), {"oid": self._made.pop(index)[0]})
        for index in sorted(wanted - self._made.keys()):
            row = self._session.fetch(SQL("SELECT * FROM hypopg_create_index(%(sql)s)"), {"sql": str(index)})[0]
            self._made[index] = row["indexrelid"], row["indexname"]

    def _explain(self, query: int) -> Node:
        self.calls += 1
        row = self._session.fetch_workload(self._statements[query].sql, prefix="EXPLAIN (FORMAT JSON) ")[0]
        plan: Node = row["QUERY PLAN"][0]["Plan"]
        return plan


def _index_names(node: Node) -> Iterator[str]:
    if "Index Name" in node:
        yield node["Index Name"]
    for child in node.get("Plans", ()):
        yield from _index_names(child)


# -- Relaxation ------------------------------------------------------------------------------------------------------


def relaxation(peer: Peer, budget_bytes: int) -> Choice:
    """N. Bruno and S. Chaudhuri, "Automatic physical database tuning: a relaxation-based approach", SIGMOD 2005.

    From the indexes that are best for each query alone, as long as they are too large: the transformation with the
    smallest penalty, which is the cost that it adds for each byte that it saves (of those that are too many).
    """
    chosen: Choice = frozenset().union(*(peer.taken(query) for query in peer.queries))
    while peer.bytes(chosen) > budget_bytes:
        chosen = _least_penalty(peer, chosen, budget_bytes)
    return chosen


def _least_penalty(peer: Peer, chosen: Choice, budget_bytes: int) -> Choice:
    size, now = peer.bytes(chosen), peer.total(chosen)

    def penalty(relaxed: Choice) -> tuple[float, list[Keys]]:
        saved = min(size - budget_bytes, size - peer.bytes(relaxed))
        return (peer.total(relaxed) - now) / saved, sorted(relaxed)

    return min((one for one in _relaxed(chosen, peer.width) if peer.bytes(one) < size), key=penalty)


def _relaxed(chosen: Choice, width: int) -> list[Choice]:
    """Everything that one transformation makes of the indexes, each once: an index removed or cut to a prefix; two of a
    table merged (the one's columns, then the other's) or split (what they share, and what each has besides).
    """
    changes: dict[Choice, None] = {}
    for index in sorted(chosen):
        shorter = [Keys(index.table, index.columns[:n]) for n in range(1, len(index.columns))]
        for made in ([], *([one] for one in shorter)):
            changes[(chosen - {index}) | set(made)] = None
    for one, other in permutations(sorted(chosen), 2):
        if one.table == other.table:
            for made in _merged_and_split(one, other, width):
                changes[(chosen - {one, other}) | set(made)] = None
    return [change for change in changes if change != chosen]


def _merged_and_split(one: Keys, other: Keys, width: int) -> Iterator[list[Keys]]:
    rest = [column for column in other.columns if column not in one.columns]
    yield [Keys(one.table, (*one.columns, *rest)[:width])]
    shared = [column for column in one.columns if column in other.columns]
    if shared:
        own = [column for column in one.columns if column not in shared]
        yield [Keys(one.table, tuple(columns)) for columns in (shared, own, rest) if columns]


# -- DB2Advis --------------------------------------------------------------------------------------------------------


def db2advis(peer: Peer, budget_bytes: int, variations: int = VARIATIONS) -> Choice:
    """G. Valentin, M. Zuliani, D. C. Zilio, G. Lohman and A. Skelley, "DB2 advisor: an optimizer smart enough to
    recommend its own indexes", ICDE 2000.

    Each index is worth what the queries that take it save, per byte; the best first as long as there is room, those
    that another begins like counted with it. Then random exchanges, kept where they help: a number of them, not a time.
    """
    worth: dict[Keys, float] = defaultdict(float)
    for query in peer.queries:
        taken = peer.taken(query)
        saved = peer.cost(query, frozenset()) - peer.cost(query, taken)
        for index in sorted(taken):
            worth[index] += saved
    ranked = sorted(_subsumed(peer, worth), key=lambda index: (-worth[index] / peer.size(index), index))
    chosen: Choice = frozenset()
    for index in ranked:
        if peer.bytes(chosen | {index}) <= budget_bytes:
            chosen |= {index}
    return _varied(peer, chosen, sorted(worth), budget_bytes, variations)


def _subsumed(peer: Peer, worth: dict[Keys, float]) -> list[Keys]:
    """The indexes without those that begin a better one, which takes over their worth."""
    left = sorted(worth, key=lambda index: (-worth[index] / peer.size(index), index))
    for better in list(left):
        for index in [one for one in left if one != better and _begins(one, better)]:
            if better in left and left.index(index) > left.index(better):
                worth[better] += worth[index]
                left.remove(index)
    return left


def _begins(index: Keys, other: Keys) -> bool:
    return index.table == other.table and other.columns[: len(index.columns)] == index.columns


def _varied(peer: Peer, chosen: Choice, every: Sequence[Keys], budget_bytes: int, variations: int) -> Choice:
    draw, best = random.Random(1), peer.total(chosen)
    for _ in range(variations):
        outside, inside = [one for one in every if one not in chosen], sorted(chosen)
        if not outside or not inside:
            break
        leaving = draw.sample(inside, min(len(inside), draw.randint(1, 3)))
        varied = chosen - set(leaving)
        for index in draw.sample(outside, min(len(outside), draw.randint(1, 3))):
            varied |= {index}
        if peer.bytes(varied) <= budget_bytes and peer.total(varied) < best:
            chosen, best = varied, peer.total(varied)
    return chosen


def as_sql(chosen: Iterable[Keys]) -> list[str]:
    return [str(index) for index in sorted(chosen)]
