"""What a rule is asked: a statement's tree with everything that is known of it. A rule looks for its pattern and gives
a move for each place where it is; a move changes the tree, or refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from dbopt.rewrite.analyse import Analysis, analyse
from dbopt.rewrite.facts import Facts
from dbopt.rewrite.infer import Inference
from dbopt.rewrite.purity import Purity
from dbopt.rewrite.scope import Block
from dbopt.rewrite.text import text


class Refuse(Exception):
    """The pattern is there, but the rewrite would be wrong or is not proven. The message is a clause for people that
    begins in lower case and has no full stop.
    """


Move = Callable[[], str]
"""Changes the question's tree and says what it did and what proves it; raises Refuse."""


@dataclass
class Question:
    """The tree may be changed: each move gets a question of its own, and only one."""

    tree: exp.Expr
    facts: Facts
    analysis: Analysis
    inference: Inference
    purity: Purity

    @classmethod
    def of(cls, tree: exp.Expr, facts: Facts) -> Question:
        analysis = analyse(tree, facts)
        inference = Inference(analysis)
        return cls(tree, facts, analysis, inference, Purity(analysis, inference))

    def again(self) -> Question:
        """The same question of a copy."""
        return Question.of(self.tree.copy(), self.facts)

    def put(self, node: exp.Expr, other: exp.Expr) -> None:
        """Put another node in a node's place, be it the whole statement."""
        if node is self.tree:
            self.tree = other
        else:
            node.replace(other)

    @property
    def blocks(self) -> list[Block]:
        return self.analysis.blocks

    def why_left_alone(self) -> str | None:
        """What in the statement makes its result another one each time, or with every plan: then no rewrite of it can
        be proved. LIMIT at its end may take any of the rows that its ORDER BY leaves open; nothing else may.
        """
        return (
            self.purity.why_volatile(self.tree)
            or self.purity.why_ordered(self.tree, self._leaves_nothing_open)
            or self._why_may_fail()
        )

    def _why_may_fail(self) -> str | None:
        """A subquery of several rows fails where it is run, and another plan may run it for other rows."""
        from dbopt.rewrite import keys, scalars  # they ask questions

        for node in scalars.values(self.tree):
            query = self.analysis.query_of(node)
            if query is None or not keys.gives_one_row(self, query):
                return f"the subquery {text(node)[:60]} may give several rows, for which the statement would fail"
        return None

    def _leaves_nothing_open(self, node: exp.Expr) -> bool:
        from dbopt.rewrite import orders  # it looks for keys, by way of questions

        return orders.is_total(self, node)

    def require_stable(self, *nodes: exp.Expr) -> None:
        """Raise Refuse where one of them does not give the same each time, or not for any order of rows."""
        for node in nodes:
            reason = self.purity.why_volatile(node) or self.purity.why_ordered(node)
            if reason is not None:
                raise Refuse(reason)

    def require_built_in(self, *names: str) -> None:
        """Raise Refuse where a function or an operator of this name was defined anew."""
        for name in names:
            if name in self.facts.operators or not self.facts.is_built_in(name):
                raise Refuse(f"{name} may mean another one than PostgreSQL's own")
