"""`dbopt archive query`: one statement over hot and cold rows, answered as if no row had been archived.

The tables' rows and the ledger are read in one snapshot, so that each row is either in its table or in the archive,
whatever a run does meanwhile. Of a table, only the columns that the statement needs are fetched, and only rows that its
simple conditions allow. A statement that no archived file can matter to is answered by the server alone.

A table has the columns that it has on the server: one that a batch lacks is null there; one that the table lost cannot
be named any more (dbopt archive restore brings it back). A table that was dropped has those of its newest batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dbopt.archive.columns import READING, Column, Shape, selected, shape
from dbopt.archive.policy import Policy
from dbopt.archive.query import relations as naming
from dbopt.archive.query import statement, views
from dbopt.archive.query.cold import ColdFile, Layout, check_contents, check_sizes
from dbopt.archive.query.conditions import Conditions, conditions
from dbopt.archive.query.dialect import qualified, translated
from dbopt.archive.query.engine import Engine, EngineFailed, engine, may_be_damage
from dbopt.archive.query.relations import Relation
from dbopt.archive.query.statement import Named
from dbopt.archive.query.texts import texts
from dbopt.archive.query.types import Type, enum_name, for_translation, identifier, string
from dbopt.archive.query.views import Source, Stored, Wanted
from dbopt.errors import DboptError, QueryFailed
from dbopt.postgres.arrow import ArrowSession, arrow_session
from dbopt.postgres.identifiers import SQL, literal, quoted
from dbopt.postgres.session import Session

if TYPE_CHECKING:
    import pyarrow as pa

_TEXTS = {name: value for name, value in READING.items() if name not in ("search_path", "row_security")}


@dataclass(frozen=True)
class Asked:
    """Options of the command: the archive alone, and how many rows at most."""

    is_cold: bool = False
    most_rows: int | None = None


@dataclass(frozen=True)
class ResultColumn:
    """`type` as PostgreSQL writes it."""

    name: str
    type: str


@dataclass(frozen=True)
class Result:
    """Rows as PostgreSQL writes their values. `is_cut` where there were more than were asked for."""

    columns: tuple[ResultColumn, ...]
    rows: tuple[tuple[str | None, ...], ...]
    notes: tuple[str, ...] = ()
    is_cut: bool = False


@dataclass(frozen=True)
class _Use:
    """A table where the statement names it, what is needed of it there, and which files can hold such rows."""

    view: str
    named: Named
    relation: Relation
    columns: tuple[Column, ...]
    conditions: Conditions = field(default_factory=Conditions)
    files: dict[Layout, list[ColdFile]] = field(default_factory=dict)

    @property
    def is_archived(self) -> bool:
        return self.relation.cold is not None


def query(session: Session, policies: Sequence[Policy], sql: str, asked: Asked | None = None) -> Result:
    """Raises UsageError for what is no single statement that only reads, QueryFailed where the server or the engine
    refuses it, FileMissing and ArchiveDamaged for files that are not as they were written, FeatureMissing.
    """
    asked = asked or Asked()
    tree = statement.read(sql)
    with engine() as opened, session.rolled_back(one_snapshot=True):
        return _Query(session, opened, policies, sql, tree, asked).answer()


class _Query:
    """One statement, within the snapshot."""

    def __init__(
        self, session: Session, opened: Engine, policies: Sequence[Policy], sql: str, tree: Any, asked: Asked
    ) -> None:
        self._session, self._engine, self._asked = session, opened, asked
        self._sql, self._tree, self._policies = sql, tree, policies
        self._now = ""
        self._types: dict[tuple[str, str], Type] = {}
        self._notes: list[str] = []

    def answer(self) -> Result:
        settings = "; ".join(f"SET LOCAL {name} = {literal(value)}" for name, value in _TEXTS.items())
        self._session.script(settings)
        moment = self._session.row("archive/moment")
        self._now = moment["now"]
        statement.name_columns(self._tree)
        named = statement.tables(self._tree)
        found = naming.relations(self._session, named, self._policies, moment["schemas"])
        self._notes.extend(naming.unseen(self._session, found.values()))
        described = self._session.described(_describable(self._sql, self._tree, named, found))
        columns = self._result_columns(described)
        self._sql = _whole(self._sql, self._tree, named, found, is_cold=self._asked.is_cold)
        self._types = naming.known_types(self._session, found.values())
        uses = self._uses(named, found)
        uses = self._narrowed(uses)
        is_cold = self._asked.is_cold and any(use.relation.cold for use in uses)
        if not is_cold and all(use.relation.oid and not use.files for use in uses):
            return self._of_server(columns)
        if not moment["sorts_bytes"]:
            self._note_sorting()
        self._fill(uses)
        rows, is_cut = self._rows(uses, columns, [modifier for _, _, modifier in described])
        return Result(columns, rows, tuple(self._notes), is_cut)

    # -- what is asked ----------------------------------------------------------------------------------------------

    def _result_columns(self, described: Sequence[tuple[str, int, int]]) -> tuple[ResultColumn, ...]:
        oids = sorted({oid for _, oid, _ in described})
        names = {row["oid"]: row["name"] for row in self._session.rows("archive/type_names", oids=oids)}
        return tuple(ResultColumn(name, names[oid]) for name, oid, _ in described)

    def _uses(self, named: Sequence[Named], found: Mapping[tuple[str | None, str], Relation]) -> list[_Use]:
        """Put a view of its own in place of each table; `_tree` is qualified after that."""
        schema, places = {}, {}
        for number, one in enumerate(named):
            relation = found.get((one.schema, one.name))
            if relation is None:
                raise QueryFailed(f'relation "{one.name}" does not exist')
            view = f"_dbopt_{number}"
            statement.rename(one, view)
            places[view] = (one, relation)
            schema[view] = {each.name: for_translation(self._type_of(each)) for each in relation.columns}
        self._schema = schema
        self._tree = qualified(self._tree, schema)
        renamed = {one.name: one for one in statement.tables(self._tree) if one.name in places}
        needed = statement.needed(
            self._tree, renamed.values(), {view: tuple(columns) for view, columns in schema.items()}
        )
        return [
            _Use(view, renamed.get(view, one), relation, self._columns(relation, needed[view]))
            for view, (one, relation) in places.items()
        ]

    def _columns(self, relation: Relation, needed: frozenset[str]) -> tuple[Column, ...]:
        chosen = tuple(column for column in relation.columns if column.name in needed)
        return chosen or relation.columns[:1]

    def _type_of(self, column: Column) -> Type:
        return naming.current_type(self._types, column)

    def _narrowed(self, uses: Sequence[_Use]) -> list[_Use]:
        """With the conditions on each table, and the files that can meet them."""
        found = []
        for use in uses:
            control = use.relation.cold.control if use.relation.cold else None
            plain = frozenset(column.name for column in use.relation.columns if self._is_comparable(column))
            met = conditions(use.named, plain, control[0] if control else None)
            use = replace(use, conditions=met)
            if use.relation.cold is not None:
                bounds = self._bounds(use, control[0]) if control and met.bounds else ()
                use = replace(use, files=use.relation.cold.layouts(bounds))
            found.append(use)
        return found

    def _is_comparable(self, column: Column) -> bool:
        """Whether the operators of its type are the server's own."""
        return column.base is not None or self._type_of(column).is_enum

    def _bounds(self, use: _Use, control: str) -> tuple[tuple[str, str | None], ...]:
        """The values of constants, as the server computes them."""
        column = use.relation.column(control)
        if column is None:
            return ()
        values = ", ".join(
            f"(({text})::{column.type})::text AS c{number}" for number, (_, text) in enumerate(use.conditions.bounds)
        )
        row = self._session.fetch(SQL(f"SELECT {values}"))[0]
        return tuple((direction, row[f"c{number}"]) for number, (direction, _) in enumerate(use.conditions.bounds))

    # -- answered by the server -------------------------------------------------------------------------------------

    def _of_server(self, columns: tuple[ResultColumn, ...]) -> Result:
        _, rows = self._session.texts_of_workload(self._sql)
        most = self._asked.most_rows
        return Result(columns, tuple(rows[:most]), tuple(self._notes), most is not None and len(rows) > most)

    # -- answered by the engine -------------------------------------------------------------------------------------

    def _fill(self, uses: Sequence[_Use]) -> None:
        for use in uses:
            check_sizes(one for files in use.files.values() for one in files)
        for known in set(self._enums().values()):
            labels = ", ".join(map(string, known.labels))
            self._engine.execute(f"CREATE TYPE {enum_name(known)} AS ENUM ({labels})")
        hot = [use for use in uses if self._is_hot(use)]
        sources: dict[str, list[Source]] = {use.view: [] for use in uses}
        if hot:
            seen = self._session.row("archive/snapshot")["snapshot"]
            with arrow_session(self._session, READING) as arrow, arrow.reading(seen):
                for use in hot:
                    sources[use.view].append(self._fetched(arrow, use))
        for use in uses:
            sources[use.view].extend(self._cold(use))
            with _damage_told([use]):
                notes = views.make(self._engine, use.view, self._wanted(use), sources[use.view], use.named.alias)
            self._notes.extend(note for note in notes if note not in self._notes)

    def _is_hot(self, use: _Use) -> bool:
        is_left_out = self._asked.is_cold and use.is_archived and not use.relation.shelves
        return use.relation.oid is not None and not is_left_out

    def _wanted(self, use: _Use) -> list[Wanted]:
        names = shape(use.columns)
        shown = {column.name for column in statement.passed_on(self._tree) if column.table == use.named.alias}
        return [
            Wanted(
                one,
                known := self._type_of(one),
                names.field(one.name).name,
                known.base == "numeric" and one.name in shown,
            )
            for one in use.columns
        ]

    def _fetched(self, arrow: ArrowSession, use: _Use) -> Source:
        """The rows that are in the table."""
        arrow.execute(f"SET LOCAL row_security = {'off' if use.is_archived else 'on'}")
        kept = shape(use.columns)
        where = " AND ".join(f"({one})" for one in use.conditions.sql)
        rows = str(use.relation.name)
        if use.relation.shelves:
            rows = f"({naming.whole(use.relation, use.relation.columns, is_cold=self._asked.is_cold)}) AS hot"
        text = f"SELECT {selected(kept)} FROM {rows}" + (f" WHERE {where}" if where else "")  # noqa: S608
        table = f"{use.view}_hot"
        self._load(table, kept, arrow.batches(text))
        columns = {one.column.name: Stored(one.name, self._type_of(one.column), one.is_text) for one in kept.fields}
        return Source(table, columns, kept.exact)

    def _load(self, table: str, kept: Shape, batches: Iterator[pa.RecordBatch]) -> None:
        import pyarrow as pa

        from dbopt.archive.files import arrow_schema, typed

        schema = arrow_schema(kept.types)
        failed: list[DboptError] = []

        def rows() -> Iterator[pa.RecordBatch]:
            try:
                for batch in batches:
                    yield typed(batch, schema)
            except DboptError as error:
                failed.append(error)
                raise

        self._engine.register("_dbopt_in", pa.RecordBatchReader.from_batches(schema, rows()))
        try:
            self._engine.execute(f"CREATE TABLE {identifier(table)} AS SELECT * FROM _dbopt_in")  # noqa: S608
        except Exception:
            if failed:
                raise failed[0] from None
            raise
        finally:
            self._engine.unregister("_dbopt_in")

    def _cold(self, use: _Use) -> Iterable[Source]:
        names = [column.name for column in use.columns]
        for number, (layout, files) in enumerate(use.files.items()):
            yield views.of_files(
                self._engine,
                f"{use.view}_cold_{number}",
                layout,
                files,
                names,
                lambda one: naming.stored_type(self._types, one),
            )

    def _rows(
        self, uses: Sequence[_Use], columns: Sequence[ResultColumn], modifiers: Sequence[int]
    ) -> tuple[tuple[tuple[str | None, ...], ...], bool]:
        self._name_as_in_views(uses)
        text = translated(self._tree, self._schema, self._lookup(uses), self._enums(), self._now, self._constants)
        most = self._asked.most_rows
        rows: list[tuple[str | None, ...]] = []
        with _damage_told(uses):
            batches = self._engine.batches(text)
            if len(next(batches)) != len(columns):
                raise QueryFailed("the engine gives other columns than the server would")
            for batch in batches:
                written = [
                    texts(values, column.type, modifier)
                    for values, column, modifier in zip(batch.columns, columns, modifiers, strict=True)
                ]
                rows.extend(zip(*written, strict=True))
                if most is not None and len(rows) > most:
                    break
        return tuple(rows[:most]), most is not None and len(rows) > most

    def _name_as_in_views(self, uses: Sequence[_Use]) -> None:
        """Where a view has another name for a column, for names differ by more than case there."""
        shown = statement.passed_on(self._tree)
        for use in uses:
            for one in self._wanted(use):
                for column in shown if one.is_shown else ():
                    if (column.table, column.name) == (use.named.alias, one.column.name):
                        statement.write_otherwise(self._tree, column, one.as_written)
                if one.name != one.column.name:
                    statement.rename_column(self._tree, use.named.alias, one.column.name, one.name)

    def _constants(self, wanted: Sequence[tuple[str, str]]) -> list[str | None]:
        """As the server writes them."""
        values = ", ".join(f"{literal(text)}::{kind}::text AS c{n}" for n, (kind, text) in enumerate(wanted))
        row = self._session.fetch(SQL(f"SELECT {values}"))[0]
        return [row[f"c{n}"] for n in range(len(wanted))]

    def _lookup(self, uses: Sequence[_Use]) -> Callable[[Any], Type | None]:
        """The type of a column of a table, by what it is qualified with."""
        known: dict[tuple[str, str], Type | None] = {}
        for use in uses:
            for column in use.relation.columns:
                key, found = (use.named.alias, column.name), self._type_of(column)
                known[key] = found if known.get(key, found) == found else None
        return lambda column: known.get((column.table, column.name))

    def _enums(self) -> dict[str, Type]:
        """By the names that casts may have for them."""
        found: dict[str, Type] = {}
        for known in self._types.values():
            for one in (known, known.element):
                if one is not None and one.is_enum:
                    name = one.name.replace('"', "")
                    found |= {name: one, name.rpartition(".")[2]: one}
        return found

    def _note_sorting(self) -> None:
        names = frozenset(name for one in self._schema.values() for name, kind in one.items() if kind == "TEXT")
        if statement.sorts(self._tree, names):
            self._notes.append("texts are sorted and compared by their bytes, not by this database's collation")


@contextmanager
def _damage_told(uses: Sequence[_Use]) -> Iterator[None]:
    """Where the engine fails because of a file, name the file."""
    try:
        yield
    except EngineFailed as error:
        if may_be_damage(error):
            check_contents(one for use in uses for files in use.files.values() for one in files)
        raise


def _whole(
    sql: str, tree: Any, named: Sequence[Named], found: Mapping[tuple[str | None, str], Relation], *, is_cold: bool
) -> str:
    """The statement for the server, with their archive tables beside the tables that have some."""
    queries = {}
    for number, one in enumerate(named):
        relation = found.get((one.schema, one.name))
        if relation is not None and relation.shelves:
            queries[number] = naming.whole(relation, relation.columns, is_cold=is_cold)
    return statement.with_queries(tree, queries) if queries else sql


def _describable(sql: str, tree: Any, named: Sequence[Named], found: Mapping[tuple[str | None, str], Relation]) -> str:
    """The statement for the server, with what stands for tables that it does not have any more."""
    gone = {}
    for number, one in enumerate(named):
        relation = found.get((one.schema, one.name))
        if relation is not None and relation.oid is None:
            nulls = ", ".join(f"NULL::{column.type} AS {quoted(column.name)}" for column in relation.columns)
            gone[number] = f"SELECT {nulls}"
    return statement.with_queries(tree, gone) if gone else sql
