"""A hint, no rewrite: `lower(email) = 'x'` cannot say the same without the function. An index on the expression helps,
and gives the planner statistics of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from dbopt.postgres.identifiers import qualified, quoted
from dbopt.rewrite import ranges
from dbopt.rewrite.infer import called
from dbopt.rewrite.question import Question, Refuse
from dbopt.rewrite.scope import Source
from dbopt.rewrite.text import text
from dbopt.rewrite.trees import own_nodes

NAME = "function-to-index"
_DATES = ("date", "date_trunc", "date_part")  # function-to-range has more to say of these
_NOT_INDEXED = "is not immutable: its value may change, and an index would not"


@dataclass(frozen=True)
class Hint:
    """An index on `expression`, written for the table itself."""

    schema: str
    table: str
    expression: str
    columns: tuple[str, ...]

    @property
    def sql(self) -> str:
        return f"CREATE INDEX CONCURRENTLY ON {qualified(self.schema, self.table)} ({self.expression})"


def hints(question: Question) -> Iterator[Hint | Refuse]:
    """The indexes that comparisons with a function of one table's columns ask for."""
    seen = set()
    for block in question.blocks:
        for condition in block.conditions:
            for node in own_nodes(condition.node):
                for one in ranges.asked(node):
                    found = _hint(question, one)
                    if found is not None and str(found) not in seen:
                        seen.add(str(found))
                        yield found


def _hint(question: Question, one: ranges.Asked) -> Hint | Refuse | None:
    call = one.function
    while isinstance(call, exp.Paren):
        call = call.this
    name = called(call)
    if (
        name is None
        or name in _DATES
        or not isinstance(call, exp.Anonymous)
        or call.find(exp.Query, exp.Parameter) is not None
    ):
        return None
    references = question.analysis.references(call)
    sources = {id(reference.source): reference.source for reference in references if reference is not None}
    if None in references or len(sources) != 1 or one.operator is exp.Between:
        return None
    source = next(iter(sources.values()))
    if source.table is None or source.table.kind not in "rmp" or any(_is_of(question, v, source) for v in one.values):
        return None
    functions = [function for inner in call.find_all(exp.Anonymous) for function in question.purity.functions(inner)]
    if any(function.is_aggregate or function.returns_set for function in functions):
        return None
    if not functions or any(function.volatility != "immutable" for function in functions):
        return Refuse(f"{text(call)} {_NOT_INDEXED}")
    return _of_table(question, call, source)


def _is_of(question: Question, node: exp.Expr, source: Source) -> bool:
    return any(one is None or one.source is source for one in question.analysis.references(node))


def _of_table(question: Question, call: exp.Expr, source: Source) -> Hint | None:
    table = source.table
    assert table is not None  # noqa: S101 - asked before
    written = call.copy()
    names = []
    for column, copied in zip(list(call.find_all(exp.Column)), list(written.find_all(exp.Column)), strict=True):
        reference = question.analysis.reference(column)
        name = source.table_column(reference.name) if reference is not None else None
        if name is None:
            return None
        names.append(name)
        copied.replace(exp.Column(this=exp.Identifier(this=name, quoted=quoted(name) != name)))
    return Hint(table.schema, table.name, text(written), tuple(dict.fromkeys(names))) if names else None
