"""From a statement's tree to its query blocks, their sources, and the meaning of every column name. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from dbopt.rewrite.facts import Facts
from dbopt.rewrite.scope import Block, Compound, Condition, Cte, Names, Query, Reference, Source, name_of, output_name
from dbopt.rewrite.trees import conjuncts, is_comma, is_nested_join, is_query, is_star, own_nodes, unwrapped

_SIDES = ("LEFT", "RIGHT", "FULL")


@dataclass(eq=False)
class Analysis:
    """A statement's tree and what its names mean. `columns` is by the identity of the tree's own nodes; `whole_rows`
    are names that mean a whole row (`t`, `t.*` inside an expression).
    """

    tree: exp.Expr
    facts: Facts
    query: Query = field(default=None)  # type: ignore[assignment]
    queries: list[Query] = field(default_factory=list)
    ctes: list[Cte] = field(default_factory=list)
    columns: dict[int, Names] = field(default_factory=dict)
    owners: dict[int, Query] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Block]:
        return [query for query in self.queries if isinstance(query, Block)]

    def meaning(self, column: exp.Expr) -> Names:
        return self.columns.get(id(column))

    def reference(self, column: exp.Expr) -> Reference | None:
        """The column of a source that a name means."""
        meaning = self.columns.get(id(column))
        return meaning if isinstance(meaning, Reference) else None

    def query_of(self, node: exp.Expr) -> Query | None:
        """The query of a SELECT, of a set operation or of a subquery around one."""
        return self.owners.get(id(unwrapped(node)))

    def references(self, node: exp.Expr) -> list[Reference | None]:
        """What the column names below this node mean, nested queries included; None for each that is not certain."""
        return [self.reference(column) for column in node.find_all(exp.Column) if not is_star(column)]


def analyse(tree: exp.Expr, facts: Facts) -> Analysis:
    """The analysis of a statement."""
    analysis = Analysis(tree, facts)
    builder = _Builder(analysis)
    analysis.query = builder.query(tree, None, {})
    for block in analysis.blocks:
        builder.resolve(block)
    for query in analysis.queries:
        if isinstance(query, Compound):
            builder.resolve_order(query)
    return analysis


class _Builder:
    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._facts = analysis.facts

    # -- queries ------------------------------------------------------------------------------------------------------

    def query(self, node: exp.Expr, parent: Block | None, ctes: Mapping[str, Cte]) -> Query:
        node = unwrapped(node)
        if isinstance(node, exp.Select):
            return self._block(node, parent, ctes)
        if isinstance(node, exp.SetOperation):
            compound = Compound(node, parent)
            self._register(compound)
            visible = {**ctes, **self._ctes(node, compound, parent, ctes)}
            compound.left = self.query(node.this, parent, visible)
            compound.right = self.query(node.expression, parent, visible)
            self._nested(compound, parent, visible, ("order", "limit", "offset"))
            return compound
        other = Query(node, parent)
        self._register(other)
        visible = {**ctes, **self._ctes(node, other, parent, ctes)}
        for child in node.iter_expressions():
            if child.arg_key != "with_":
                self._find_nested(child, parent, visible)
        return other

    def _register(self, query: Query) -> None:
        self._analysis.queries.append(query)
        self._analysis.owners[id(query.node)] = query

    def _block(self, node: exp.Select, parent: Block | None, ctes: Mapping[str, Cte]) -> Block:
        block = Block(node, parent)
        self._register(block)
        visible = {**ctes, **self._ctes(node, block, parent, ctes)}
        self._from(block, visible)
        for name in node.args:
            if name not in ("with_", "from_", "joins"):
                self._nested(block, block, visible, (name,))
        where = node.args.get("where")
        if where is not None:
            block.conditions += [Condition(part, None, True) for part in conjuncts(where.this)]
        return block

    def _nested(self, query: Query, parent: Block | None, ctes: Mapping[str, Cte], names: tuple[str, ...]) -> None:
        for name in names:
            value = query.node.args.get(name)
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, exp.Expr):
                    self._find_nested(part, parent, ctes)

    def _find_nested(self, node: exp.Expr, parent: Block | None, ctes: Mapping[str, Cte]) -> None:
        if is_query(node):
            self.query(node, parent, ctes)
            return
        for part in own_nodes(node):
            if part is not node and is_query(part):
                self.query(part, parent, ctes)

    def _ctes(self, node: exp.Expr, query: Query, parent: Block | None, ctes: Mapping[str, Cte]) -> dict[str, Cte]:
        clause = node.args.get("with_")
        found: dict[str, Cte] = {}
        if clause is None:
            return found
        for one in clause.expressions:
            name = name_of(one.args["alias"].this) or ""
            names = tuple(name_of(column) or "" for column in one.args["alias"].args.get("columns") or ())
            recursive = bool(clause.args.get("recursive"))
            cte = Cte(name, one, Query(one.this, parent), names, one.args.get("materialized"), recursive)
            visible = {**ctes, **found, name: cte} if recursive else {**ctes, **found}
            cte.query = self.query(one.this, parent, visible)
            cte.is_complete = True
            found[name] = cte
            self._analysis.ctes.append(cte)
        query.ctes.update(found)
        return found

    # -- FROM ---------------------------------------------------------------------------------------------------------

    def _from(self, block: Block, ctes: Mapping[str, Cte]) -> None:
        clause = block.node.args.get("from_")
        if clause is not None:
            self._joined(block, clause.this, block.node.args.get("joins") or [], ctes, 0)
        if block.node.args.get("laterals"):
            block.is_opaque = True
        if block.has_right:
            block.conditions = [Condition(one.node, one.join, False) for one in block.conditions]

    def _joined(
        self, block: Block, first: exp.Expr, joins: list[exp.Join], ctes: Mapping[str, Cte], depth: int
    ) -> list[Source]:
        """Take `first` and what is joined to it; returns the sources. A comma begins anew for outer joins."""
        everything = group = self._item(block, first, None, ctes, depth)
        for join in joins:
            added = self._item(block, join.this, join, ctes, depth)
            if is_comma(join):
                group = []
            self._outer(block, join, group, added)
            group = group + added
            everything = everything + added
            for part in conjuncts(join.args.get("on")):
                certain = depth == 0 and not join.side
                block.conditions.append(Condition(part, join, certain))
                self._find_nested(part, block, ctes)
        return everything

    def _outer(self, block: Block, join: exp.Join, before: list[Source], added: list[Source]) -> None:
        if join.args.get("using") or join.method:
            block.has_merged = True
        if join.side in ("LEFT", "FULL"):
            for source in added:
                source.is_nullable = True
        if join.side in ("RIGHT", "FULL"):
            block.has_right = True
            for source in before:
                source.is_nullable = True
        if join.kind not in ("", "INNER", "OUTER", "CROSS") or (join.side and join.side not in _SIDES):
            block.is_opaque = True

    def _item(
        self, block: Block, node: exp.Expr, join: exp.Join | None, ctes: Mapping[str, Cte], depth: int
    ) -> list[Source]:
        if is_nested_join(node):
            if node.args.get("alias") or node.args.get("sample"):
                block.is_opaque = True
            inner = node.this
            found = self._joined(block, inner, inner.args.get("joins") or [], ctes, depth + 1)
            for source in found:
                source.is_nested = True
            return found
        source = self._source(block, node, join, ctes)
        if source.alias in block.sources or not source.alias:
            block.is_opaque = True
        block.sources[source.alias] = source
        return [source]

    def _source(self, block: Block, node: exp.Expr, join: exp.Join | None, ctes: Mapping[str, Cte]) -> Source:
        alias = node.args.get("alias")
        named = alias.this if isinstance(alias, exp.TableAlias) else None
        columns = alias.args.get("columns") or () if isinstance(alias, exp.TableAlias) else ()
        names = tuple(name_of(column) or "" for column in columns)
        known_as = name_of(named) or (name_of(node.this) if isinstance(node, exp.Table) else None) or ""
        source = Source(known_as, node, "other", block, join, names=names)
        source.is_sampled = node.args.get("sample") is not None
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier) and not node.args.get("catalog"):
            self._table(source, node, ctes)
        elif isinstance(node, exp.Lateral) and is_query(node.this):
            source.kind, source.is_lateral = "query", True
            source.query = self.query(node.this, block, ctes)
        elif isinstance(node, exp.Subquery) and is_query(node.this):
            source.kind = "query"
            source.query = self.query(node.this, block.parent, ctes)
        else:
            source.is_lateral = isinstance(node, exp.Lateral)
            for child in node.iter_expressions():
                self._find_nested(child, block, ctes)
        return source

    def _table(self, source: Source, node: exp.Table, ctes: Mapping[str, Cte]) -> None:
        schema, name = name_of(node.args.get("db")), name_of(node.this) or ""
        if schema is None and name in ctes:
            source.cte = ctes[name]
            source.cte.sources.append(source)
            source.kind = "query"
            if source.cte.is_complete:
                source.query = source.cte.query
                source.names = (*source.names, *source.cte.names[len(source.names) :])
            return
        source.table = self._facts.table(schema, name)
        source.is_whole = not node.args.get("only")
        source.kind = "table" if source.table is not None else "other"

    # -- names --------------------------------------------------------------------------------------------------------

    def resolve(self, block: Block) -> None:
        """Say what every column name of the block's own expressions means."""
        for name, value in block.node.args.items():
            if name == "with_":
                continue
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, exp.Expr):
                    self._resolve_part(block, name, part)

    def _resolve_part(self, block: Block, clause: str, part: exp.Expr) -> None:
        tops = set(map(id, _sortable(clause, part)))
        for node in own_nodes(part):
            if isinstance(node, exp.Column) and not is_star(node):
                by_output = id(node) in tops and node.args.get("table") is None
                self._analysis.columns[id(node)] = (
                    _by_output(block, node, clause) if by_output else self._look_up(block, node)
                )

    def resolve_order(self, compound: Compound) -> None:
        """ORDER BY of a set operation names outputs."""
        names = [output.name for output in compound.outputs or ()]
        order = compound.node.args.get("order")
        for ordered in order.expressions if order is not None else ():
            column = ordered.this if isinstance(ordered, exp.Ordered) else ordered
            if isinstance(column, exp.Column) and names.count(name_of(column.this)) == 1:
                self._analysis.columns[id(column)] = names.index(name_of(column.this))

    def _look_up(self, block: Block, column: exp.Column) -> Reference | None:
        if column.args.get("db"):
            return None
        qualifier, name = name_of(column.args.get("table")), name_of(column.this) or ""
        around: Block | None = block
        while around is not None:
            found = around.look_up(qualifier, name)
            if found is not None:
                return found
            if around.may_have(qualifier, name):
                return None
            around = around.parent
        return None


def _sortable(clause: str, part: exp.Expr) -> list[exp.Expr]:
    """The bare names of ORDER BY, GROUP BY and DISTINCT ON, which may mean an output."""
    if clause == "order":
        items = [item.this if isinstance(item, exp.Ordered) else item for item in part.expressions]
    elif clause == "group":
        items = list(part.expressions)
    elif clause == "distinct" and part.args.get("on") is not None:
        on = part.args["on"]
        items = list(on.expressions) if isinstance(on, exp.Tuple) else [on]
    else:
        items = []
    return [item for item in items if isinstance(item, exp.Column)]


def _by_output(block: Block, column: exp.Column, clause: str) -> Names:
    """ORDER BY takes an output of that name before a column, GROUP BY the other way round."""
    name = name_of(column.this) or ""
    own = block.look_up(None, name)
    if clause == "group" and (own is not None or block.may_have(None, name)):
        return own
    names = [output_name(expression) for expression in block.node.expressions]
    if names.count(name) == 1:
        return names.index(name)
    if name in names or any(isinstance(e, exp.Star) or is_star(e) for e in block.node.expressions):
        return own if names.count(name) == 0 else None
    return own
