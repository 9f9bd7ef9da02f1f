"""The what-if on the server itself, by the extension HypoPG 1.3 or later. Its indexes live in this session's memory:
nothing is written, and they end with the session.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from dbopt.errors import ConnectionFailed, FeatureMissing, QueryFailed, ServerError
from dbopt.index.model import Index
from dbopt.index.what_if import Estimate
from dbopt.plan import execution
from dbopt.postgres.identifiers import SQL, Composable, Identifier
from dbopt.postgres.session import Session
from dbopt.workload.model import Statement

HIDING_SINCE = (1, 4)


class HypoPGWhatIf:
    """The backend `hypopg`. A hypothetical index on a partitioned table is one on each of its leaf partitions, since
    HypoPG knows no other. Sizes are HypoPG's, which knows no deduplication: too large rather than too small.
    """

    def __init__(
        self, session: Session, *, timeout_ms: float = 60_000, otherwise: str = "or use --what-if shadow"
    ) -> None:
        """Raises FeatureMissing, with what mends it or what to do `otherwise`, where the extension is not installed in
        this database.
        """
        self._session = session
        self._limits = execution.Limits(timeout_ms)
        self._version, self._schema = _installed(session, otherwise)
        self._calls = 0
        self._sizes: dict[Index, int] = {}
        self._refused: dict[Index, str] = {}
        self._leaves: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._created: dict[Index, dict[str, int]] = {}  # names and oids
        self._names: dict[str, Index] = {}
        self._hidden: frozenset[str] = frozenset()
        session.fetch(self._call("hypopg_reset()"))

    @property
    def name(self) -> str:
        return "hypopg"

    @property
    def server_version(self) -> str:
        return self._session.server_version

    @property
    def planner_calls(self) -> int:
        return self._calls

    def prepare(self, candidates: Iterable[Index]) -> dict[Index, str]:
        """Ask HypoPG for the size of each; what it refuses comes back with its reason."""
        for index in candidates:
            if index in self._sizes or index in self._refused:
                continue
            try:
                _require_judged(index)
                self._create(index)
                self._sizes[index] = sum(self._relation_size(oid) for oid in self._created[index].values())
            except ConnectionFailed:
                raise
            except ServerError as error:
                self._refused[index] = error.message
            self._drop(index)
        return dict(self._refused)

    def estimate(self, statement: Statement, indexes: Collection[Index] = (), hidden: Collection[str] = ()) -> Estimate:
        wanted = set(indexes)
        refused = sorted(wanted & self._refused.keys())
        if refused:
            raise QueryFailed(self._refused[refused[0]])
        for index in sorted(self._created.keys() - wanted):
            self._drop(index)
        for index in sorted(wanted - self._created.keys()):
            self._create(index)
        self._hide(frozenset(hidden))
        self._calls += 1
        plan = execution.plan(self._session, statement, self._limits).plan
        names = {name: self._names[name] for name in sorted(plan.indexes & self._names.keys())}
        return Estimate(plan.cost, frozenset(names.values()), plan, names)

    def knows(self, index: Index) -> bool:
        return index in self._sizes

    def size_bytes(self, index: Index) -> int:
        return self._sizes[index]

    # -- hypothetical indexes ---------------------------------------------------------------------------------------

    def _create(self, index: Index) -> None:
        leaves = self._leaves_of(index)
        if not leaves:
            raise QueryFailed(f"{index.relation} is no table with rows of its own")
        made = self._created.setdefault(index, {})
        for schema, table in leaves:
            definition = replace(index, schema=schema, table=table).definition()
            row = self._session.fetch(
                self._call("hypopg_create_index(%(sql)s)"), {"sql": f"CREATE INDEX ON {definition}"}
            )[0]
            made[row["indexname"]] = row["indexrelid"]
            self._names[row["indexname"]] = index

    def _drop(self, index: Index) -> None:
        for name, oid in self._created.pop(index, {}).items():
            self._session.fetch(self._call("hypopg_drop_index(%(oid)s::oid)"), {"oid": oid})
            del self._names[name]

    def _leaves_of(self, index: Index) -> list[tuple[str, str]]:
        table = (index.schema, index.table)
        if table not in self._leaves:
            rows = self._session.rows("index/leaves", schema=index.schema, name=index.table)
            self._leaves[table] = [(row["schema"], row["name"]) for row in rows]
        return self._leaves[table]

    def _relation_size(self, oid: int) -> int:
        row = self._session.fetch(self._call("hypopg_relation_size(%(oid)s::oid) AS size"), {"oid": oid})[0]
        return int(row["size"])

    def _hide(self, hidden: frozenset[str]) -> None:
        """Raises FeatureMissing where this HypoPG cannot hide existing indexes."""
        if hidden == self._hidden:
            return
        if self._version < HIDING_SINCE:
            raise FeatureMissing(
                "HypoPG hides existing indexes from version 1.4 on", hint="use --what-if shadow to check drops"
            )
        self._session.fetch(self._call("hypopg_unhide_all_indexes()"))
        for name in sorted(hidden):
            self._session.fetch(self._call("hypopg_hide_index(%(name)s::regclass)"), {"name": name})
        self._hidden = hidden

    def _call(self, function: str) -> Composable:
        return SQL("SELECT * FROM {schema}.").format(schema=Identifier(self._schema)) + SQL(function)


def _require_judged(index: Index) -> None:
    """Raises QueryFailed for what HypoPG takes and PostgreSQL would not build, or would not judge as it was asked."""
    if index.method != "btree" and any(key.descending or key.nulls_first is not None for key in index.keys):
        raise QueryFailed(f"access method {index.method} has no order of keys")
    if index.method == "brin" and any(name == "pages_per_range" for name, _ in index.options):
        raise QueryFailed("the planner takes a hypothetical BRIN index for one with the default pages_per_range")


def _installed(session: Session, otherwise: str) -> tuple[tuple[int, ...], str]:
    found = session.rows("index/hypopg")
    if not found:
        raise FeatureMissing(
            "the server has no HypoPG",
            hint=f"install its package (Debian: postgresql-{session.major}-hypopg), {otherwise}",
        )
    if found[0]["version"] is None:
        raise FeatureMissing(
            f"HypoPG is not installed in the database {session.database}",
            hint=f"CREATE EXTENSION hypopg; {otherwise}",
        )
    return tuple(int(part) for part in found[0]["version"].split(".")), found[0]["schema"]
