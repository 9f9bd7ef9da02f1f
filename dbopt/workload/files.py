"""Workloads from where a command's arguments say."""

from __future__ import annotations

from dbopt import documents
from dbopt.errors import CorruptDocument, NothingToDo
from dbopt.units import MOST
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.kinds import kind_of
from dbopt.workload.lexer import significant
from dbopt.workload.model import Source, Statement, Workload


def load(path: str) -> Workload:
    """Read a workload file; `-` is standard input. Raises FileError, and NothingToDo where no statement is in it."""
    workload = documents.read(Workload, path)
    origin = "standard input" if path == "-" else path
    if not workload.statements:
        raise NothingToDo(
            f"there is no statement in {origin}",
            hint="`dbopt capture statements -o workload.json` captures some",
        )
    _check_numbers(workload, origin)
    return workload


def _check_numbers(workload: Workload, origin: str) -> None:
    """Calls, times and rows are from 0 to MOST, whatever wrote the file: sums of them stay numbers."""
    for place, statement in enumerate(workload.statements):
        for name in ("calls", "total_ms", "mean_ms", "rows"):
            value = getattr(statement, name)
            if value is not None and not 0 <= value <= MOST:
                raise CorruptDocument(f"{origin}: statements[{place}]: {name}: a number from 0 to {MOST} is expected")


def single(sql: str, parameters: tuple[str | None, ...] = ()) -> Workload:
    """A workload of one statement that was typed. Raises NothingToDo where it is empty."""
    from dbopt.workload.sql import tables_of  # it parses; whoever reads a file has no need of the parser

    if all(token.text == ";" for token in significant(sql)):
        raise NothingToDo("the statement is empty")
    statement = Statement(
        id=fingerprint(sql),
        name=None,
        sql=sql,
        kind=kind_of(sql),
        parameters=(parameters,) if parameters else (),
        tables=tables_of(sql),
        parameters_from="typed" if parameters else None,
    )
    return Workload(Source("sql", None, None, None), (statement,))
