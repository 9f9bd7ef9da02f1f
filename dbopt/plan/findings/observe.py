"""Reads what the rules want to know, and puts their findings into explained plans."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from dbopt.errors import ConnectionFailed, ServerError
from dbopt.plan import execution
from dbopt.plan.execution import Limits
from dbopt.plan.explain import Plans
from dbopt.plan.findings.context import Context
from dbopt.plan.findings.facts import (
    ColumnFacts,
    Extended,
    Facts,
    Function,
    GenericPlans,
    Name,
    TableFacts,
    WithValues,
)
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.rules import find
from dbopt.plan.shape import shape
from dbopt.plan.tree import Plan
from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.schema import Catalog
from dbopt.postgres.session import Row, Session
from dbopt.workload.lexer import Kind, parameter_numbers, tokens
from dbopt.workload.model import Statement, Workload

T = TypeVar("T")
MOST_SETS = (
    5  # parameter sets of a statement that are planned: as many as PostgreSQL plans before it thinks of another way
)
_METHODS = {
    "Seq Scan": "enable_seqscan",
    "Index Scan": "enable_indexscan",
    "Index Only Scan": "enable_indexonlyscan",
    "Bitmap Heap Scan": "enable_bitmapscan",
    "Nested Loop": "enable_nestloop",
    "Hash Join": "enable_hashjoin",
    "Merge Join": "enable_mergejoin",
    "Sort": "enable_sort",
    "Materialize": "enable_material",
    "Memoize": "enable_memoize",
}


@dataclass(frozen=True)
class Known:
    """What was read of a database. `remarks` say what could not be."""

    catalog: Catalog | None = None
    facts: Facts | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def with_findings(
    session: Session, workload: Workload, plans: Plans, timeout_ms: float
) -> tuple[Plans, tuple[str, ...]]:
    """The plans of the workload's statements with findings in each, and remarks on what could not be read. Statements
    with parameters are planned some more times; nothing is run. Raises ConnectionFailed.
    """
    trees = [one.tree for one in plans.statements]
    found, remarks = findings_of(session, list(zip(workload.statements, trees, strict=True)), timeout_ms)
    done = [replace(one, findings=findings) for one, findings in zip(plans.statements, found, strict=True)]
    return replace(plans, statements=tuple(done)), remarks


def findings_of(
    session: Session, planned: Sequence[tuple[Statement, Plan | None]], timeout_ms: float
) -> tuple[list[tuple[Finding, ...]], tuple[str, ...]]:
    """What is found in each plan, nothing where there is none, and remarks as above. Raises ConnectionFailed."""
    plans = [plan for _, plan in planned if plan is not None]
    if not plans:
        return [() for _ in planned], ()
    known = read(session, plans)
    limits = Limits(timeout_ms)
    found = [() if plan is None else _examined(session, statement, plan, known, limits) for statement, plan in planned]
    return found, known.remarks


def _examined(session: Session, statement: Statement, plan: Plan, known: Known, limits: Limits) -> tuple[Finding, ...]:
    generic = generic_plans(session, statement, limits)
    return find(context_of(session, statement, plan, known, generic))


def context_of(
    session: Session, statement: Statement, plan: Plan, known: Known, generic: GenericPlans | None = None
) -> Context:
    """What the rules look at for one plan."""
    return Context.of(plan, statement, known.catalog, known.facts, known.settings, session.version, generic)


def read(session: Session, plans: Sequence[Plan]) -> Known:
    """Whatever can be read of it: a part that cannot is left out, with a remark. Raises ConnectionFailed."""
    remarks: list[str] = []
    catalog = _attempt(lambda: read_catalog(session), "the catalog", remarks)
    facts = _attempt(lambda: _facts(session, plans, catalog), "the state of the tables", remarks)
    settings = _attempt(lambda: session.rows("plan/current_settings"), "settings", remarks) or []
    return Known(catalog, facts, {row["name"]: row["value"] for row in settings}, tuple(remarks))


def _attempt(reading: Callable[[], T], what: str, remarks: list[str]) -> T | None:
    try:
        return reading()
    except ConnectionFailed:
        raise
    except ServerError as error:
        remarks.append(f"findings that need {what} are left out: {error.message}")
        return None


# -- facts ------------------------------------------------------------------------------------------------------------


def _facts(session: Session, plans: Sequence[Plan], catalog: Catalog | None) -> Facts:
    names = sorted(_tables(plans, catalog))
    wanted = {"schemas": [schema for schema, _ in names], "names": [name for _, name in names]}
    with session.rolled_back():
        tables = session.rows("plan/tables", **wanted)
        columns = session.rows("plan/columns", **wanted)
        extended = session.rows("plan/extended", **wanted)
        functions = session.rows("plan/functions", names=sorted(_called(plans)))
    return Facts(
        tables=tuple(TableFacts(**_tuples(row)) for row in tables),
        columns=tuple(ColumnFacts(**_tuples(row, table_name="table")) for row in columns),
        extended=tuple(Extended(**_tuples(row)) for row in extended),
        functions=tuple(Function(**_tuples(row)) for row in functions),
    )


def _tuples(row: Row, **renamed: str) -> dict[str, Any]:
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return {renamed.get(name, name): value for name, value in values.items()}


def _tables(plans: Iterable[Plan], catalog: Catalog | None) -> set[Name]:
    """The tables that the plans name, and the partitioned ones above them."""
    read = {(node.schema, node.relation) for plan in plans for node in plan.nodes if node.schema and node.relation}
    found: set[Name] = {(schema, name) for schema, name in read if schema and name}
    for schema, name in list(found):
        relation = catalog.find(schema, name) if catalog is not None else None
        if catalog is not None and relation is not None:
            found.add(catalog.root_of(relation).key)
    return found


def _called(plans: Iterable[Plan]) -> set[str]:
    """Names of functions in the expressions of plans."""
    found: set[str] = set()
    for text in {text for plan in plans for node in plan.nodes for text in node.expressions}:
        words = [token for token in tokens(text) if token.is_significant]
        for token, following in itertools.pairwise(words):
            if following.text == "(" and token.kind in (Kind.WORD, Kind.QUOTED):
                found.add(token.folded.strip('"'))
    return found | {
        str(node.raw["Function Name"]) for plan in plans for node in plan.nodes if "Function Name" in node.raw
    }


# -- generic plans ----------------------------------------------------------------------------------------------------


def generic_plans(session: Session, statement: Statement, limits: Limits) -> GenericPlans | None:
    """The generic plan of a statement whose parameters have known values, and its costs with these. None where there is
    nothing to compare. Raises ConnectionFailed.
    """
    if not statement.parameters or not parameter_numbers(statement.sql):
        return None
    generic = _planned(session, replace(statement, parameters=()), limits)
    if generic is None:
        return None
    sets = [_with_values(session, one, generic, limits) for one in statement.by_parameters[:MOST_SETS]]
    return GenericPlans(generic, tuple(one for one in sets if one is not None))


def _with_values(session: Session, statement: Statement, generic: Plan, limits: Limits) -> WithValues | None:
    custom = _planned(session, statement, limits)
    if custom is None:
        return None
    wanted = shape(generic)
    if shape(custom) == wanted:
        return WithValues(custom, custom)
    present = {node.node_type for node in generic.nodes}
    avoided = {_METHODS[node.node_type]: "off" for node in custom.nodes if _is_avoided(node.node_type, present)}
    forced = _planned(session, statement, replace(limits, settings=avoided)) if avoided else None
    return WithValues(custom, forced if forced is not None and shape(forced) == wanted else None)


def _is_avoided(node_type: str, present: set[str]) -> bool:
    return node_type in _METHODS and node_type not in present


def _planned(session: Session, statement: Statement, limits: Limits) -> Plan | None:
    try:
        return execution.plan(session, statement, limits).plan
    except ConnectionFailed:
        raise
    except ServerError:
        return None
