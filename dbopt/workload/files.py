"""Workloads from where a command's arguments say."""

from __future__ import annotations

from dbopt import documents
from dbopt.errors import NothingToDo
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.kinds import kind_of
from dbopt.workload.lexer import significant
from dbopt.workload.model import Source, Statement, Workload


def load(path: str) -> Workload:
    """Read a workload file; `-` is standard input. Raises FileError, and NothingToDo where no statement is in it."""
    workload = documents.read(Workload, path)
    if not workload.statements:
        raise NothingToDo(
            f"there is no statement in {'standard input' if path == '-' else path}",
            hint="`dbopt capture statements -o workload.json` captures some",
        )
    return workload


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
