"""Putting the values in columns' statistics through an expression."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dbopt.errors import ServerError
from dbopt.postgres.identifiers import SQL, quoted
from dbopt.postgres.session import Row, Session
from dbopt.shadow import elements, mapped
from dbopt.shadow.mapped import PairResult, Result, Source
from dbopt.shadow.points import Column, Pair, pairs, rows

_WIDEST = 1024  # bytes: what is wider, ANALYZE does not look at
_SHORT = 127
_TRIES = 400
_QUERY = SQL(
    "SELECT {listed} FROM (SELECT t.dbopt_place AS place, {places}, ({expression}) AS r"
    " FROM (SELECT w.dbopt_place, {typed} FROM unnest({arrays}) WITH ORDINALITY AS w ({names}, dbopt_place)"
    " OFFSET 0) AS t OFFSET 0) AS s"
)

Values = tuple[str | None, ...]


class Mapping:
    """One expression over columns (rows of shadow/expression_columns)."""

    def __init__(self, owner: Session, expression: str, columns: Sequence[Row]) -> None:
        self._owner = owner
        self._expression = expression
        self._table_rows = max(columns[0]["rows"], 1.0)
        self._columns = [_column(row, self._table_rows) for row in columns]
        self._type, self._varies, self._elements = "", False, "NULL"

    def statistics(self) -> Row | None:
        """Values for shadow/restore_attribute_statistics. Raises ServerError."""
        stock = rows(self._columns)
        neighbours = pairs(self._columns[0]) if len(self._columns) == 1 else []
        wanted = [tuple(point.value for point in row) for row, _ in stock]
        wanted += [(value,) for pair in neighbours for value in pair.values]
        self._find_type()
        answers = self._evaluated(list(dict.fromkeys(wanted)))
        if not answers:
            return None
        kept = [(row, share, answers[key]) for row, share in stock if (key := tuple(p.value for p in row)) in answers]
        results = [
            Result(
                share,
                all(point.is_common for point in row),
                answer["value"],
                answer["rank"],
                self._width(answer["width"] or 0),
                tuple(answer[f"p{number}"] for number in range(len(row))),
            )
            for row, share, answer in kept
        ]
        found = mapped.statistics(results, _compared(neighbours, answers), self._source())
        sample = [(share, answer["elements"]) for _, share, answer in kept if answer["elements"] is not None]
        if found is not None and sample:
            found |= elements.statistics(sample, of_text_search=self._type == "tsvector")
        return found

    def _width(self, size: int) -> int:
        """As ANALYZE measures it: with a long header. On its way through the query's sorts a value got a short one."""
        return size + 3 if self._varies and size < _SHORT else size

    def _source(self) -> Source:
        alone = self._columns[0] if len(self._columns) == 1 else None
        return Source(
            rows=self._table_rows,
            distinct=mapped.combinations([column.distinct for column in self._columns], self._table_rows),
            common=len(alone.common) if alone else 0,
            buckets=max(len(alone.bounds) - 1, 0) if alone else 0,
            correlations=tuple(column.correlation for column in self._columns),
            possible=mapped.possible([*alone.common, *alone.bounds], alone.base_type) if alone else math.inf,
            type=self._type,
        )

    def _find_type(self) -> None:
        nothing: Values = (None,) * len(self._columns)
        row = self._ask(
            "pg_typeof(r)::text AS type, pg_typeof(r)::text LIKE '%%[]' AS is_array,"
            " (SELECT t.typlen = -1 FROM pg_catalog.pg_type AS t WHERE t.oid = pg_typeof(r)) AS varies",
            self._texts([nothing]),
        )[0]
        self._type, self._varies = row["type"], row["varies"]
        if self._type == "tsvector":
            self._elements = "tsvector_to_array(r)"
        elif row["is_array"]:
            self._elements = "ARRAY(SELECT e::text FROM unnest(r) AS e WHERE e IS NOT NULL GROUP BY e ORDER BY e)"

    def _evaluated(self, wanted: Sequence[Values]) -> dict[Values, Row]:
        """What the expression makes of each; those of which it makes an error are left out."""
        listed = [
            "place::int",
            f"CASE WHEN pg_column_size(r) <= {_WIDEST} THEN r::text END AS value",
            "pg_column_size(r) AS width",
            f"{_rank('r')} AS rank",
            f"{self._elements} AS elements",
            *(f"{_rank(f'p{number}')} AS p{number}" for number in range(len(self._columns))),
        ]
        kept, answers = list(wanted), self._try(", ".join(listed), wanted)
        if answers is None:
            kept = self._without_errors(wanted)
            answers = self._ask(", ".join(listed), self._texts(kept)) if kept else []
        return {kept[row["place"] - 1]: row for row in answers if row["value"] is not None or row["width"] is None}

    def _without_errors(self, wanted: Sequence[Values]) -> list[Values]:
        kept: list[Values] = []
        waiting, tries = [list(wanted)], 0
        while waiting and tries < _TRIES:
            part, tries = waiting.pop(0), tries + 1
            if self._try("count(r::text)", part) is not None:
                kept += part
            elif len(part) > 1:
                waiting += [part[: len(part) // 2], part[len(part) // 2 :]]
        return kept

    def _try(self, listed: str, wanted: Sequence[Values]) -> list[Row] | None:
        try:
            with self._owner.savepoint():
                return self._ask(listed, self._texts(wanted))
        except ServerError:
            return None

    def _ask(self, listed: str, texts: dict[str, list[str | None]]) -> list[Row]:
        """A query over `r`, the expression's value for the values `p0`, `p1`, ... of its columns."""
        numbers = range(len(self._columns))
        names = ", ".join(f"c{number}" for number in numbers)
        arrays = ", ".join(f"%(c{number})s::text[]" for number in numbers)
        columns = [(quoted(column.name), column.type) for column in self._columns]
        typed = ", ".join(f"w.c{number}::{type_} AS {name}" for number, (name, type_) in enumerate(columns))
        places = ", ".join(f"t.{name} AS p{number}" for number, (name, _) in enumerate(columns))
        query = _QUERY.format(
            listed=SQL(listed),
            places=SQL(_escaped(places)),
            expression=SQL(_escaped(self._expression)),
            typed=SQL(_escaped(typed)),
            arrays=SQL(arrays),
            names=SQL(names),
        )
        return self._owner.fetch(query, texts)

    def _texts(self, wanted: Sequence[Values]) -> dict[str, list[str | None]]:
        return {f"c{number}": [values[number] for values in wanted] for number in range(len(self._columns))}


def _rank(value: str) -> str:
    return f"CASE WHEN {value} IS NOT NULL THEN dense_rank() OVER (ORDER BY {value}) END"


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _column(row: Row, table_rows: float) -> Column:
    distinct = row["n_distinct"] if row["n_distinct"] > 0 else -row["n_distinct"] * table_rows
    return Column(
        name=row["column"],
        type=row["type"],
        base_type=row["base_type"],
        null_fraction=row["null_fraction"],
        distinct=distinct,
        common=tuple(row["common"]),
        frequencies=tuple(row["frequencies"]),
        bounds=tuple(row["bounds"]),
        correlation=row["correlation"],
    )


def _compared(neighbours: Sequence[Pair], answers: dict[Values, Row]) -> list[PairResult]:
    found = []
    for pair in neighbours:
        first, second = (answers.get((value,)) for value in pair.values)
        if first is not None and second is not None:
            found.append(PairResult(pair, first["rank"] != second["rank"]))
    return found
