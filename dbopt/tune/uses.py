"""What the server plans for the statements of a workload now, and which indexes these plans read."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean

from dbopt.errors import ConnectionFailed, ServerError
from dbopt.plan import execution
from dbopt.plan.execution import Limits
from dbopt.plan.explain import partitions
from dbopt.plan.names import Parents
from dbopt.plan.tree import Node, Plan
from dbopt.postgres.identifiers import qualified
from dbopt.postgres.session import Session
from dbopt.tune.model import Use
from dbopt.workload.model import Statement, Workload


def uses(session: Session, workload: Workload, limits: Limits) -> tuple[Use, ...]:
    """One for each statement, in their order; nothing is run. Raises ConnectionFailed."""
    parents = partitions(session)
    return tuple(_use(session, statement, limits, parents) for statement in workload.statements)


def _use(session: Session, statement: Statement, limits: Limits, parents: Parents) -> Use:
    try:
        plans = [execution.plan(session, one, limits).plan for one in statement.by_parameters]
    except ConnectionFailed:
        raise
    except ServerError:
        return Use(statement.id, statement.name, None)
    read = sorted({name for plan in plans for name in indexes_read(plan, parents)})
    return Use(statement.id, statement.name, fmean(plan.cost for plan in plans), tuple(read))


def indexes_read(plan: Plan, parents: Parents) -> Iterator[str]:
    """The indexes of a plan, quoted and qualified; for a partition's, the topmost one that it belongs to."""
    yield from _below(plan.root, "", parents)


def _below(node: Node, schema: str, parents: Parents) -> Iterator[str]:
    """`schema` is that of the heap scan above: an index lies in its table's, and a bitmap index scan does not say."""
    schema = node.schema or schema
    if node.index is not None:
        yield qualified(*parents.get((schema, node.index), (schema, node.index)))
    for child in node.children:
        yield from _below(child, schema, parents)
