"""Parameters that have the same value on every run are constants of the statement. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

FEWEST_RUNS = 2  # one run says nothing of the next


def with_constants(tree: exp.Expression, runs: Sequence[Sequence[str | None]]) -> exp.Expression:
    """The statement with constants in place of those parameters; `runs` are the values of each known run."""
    if len(runs) < FEWEST_RUNS:
        return tree
    same = {
        number: values[0]
        for number, values in enumerate(zip(*runs, strict=False), 1)
        if values[0] is not None and len(set(values)) == 1
    }
    if not same:
        return tree
    return tree.transform(lambda node: _constant(node, same))


def _constant(node: exp.Expression, same: dict[int, str]) -> exp.Expression:
    if not isinstance(node, exp.Parameter) or not node.name.isdigit():
        return node
    value = same.get(int(node.name))
    return node if value is None else exp.Literal.string(value)
