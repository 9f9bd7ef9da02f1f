"""Taking trees apart and putting them together so that every name keeps its meaning. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlglot import exp

from dbopt.postgres.identifiers import quoted
from dbopt.rewrite.analyse import Analysis
from dbopt.rewrite.question import Refuse
from dbopt.rewrite.scope import Block, Reference, Source, name_of, output_name
from dbopt.rewrite.trees import is_star


def identifier(name: str) -> exp.Identifier:
    """The name, quoted where it has to be."""
    return exp.Identifier(this=name, quoted=quoted(name) != name)


def column(alias: str, name: str) -> exp.Column:
    return exp.Column(this=identifier(name), table=identifier(alias))


def fresh(tree: exp.Expr, base: str) -> str:
    """A name like `base` that the statement does not have yet."""
    taken = {name_of(one) for one in tree.find_all(exp.Identifier)}
    return next(name for number in range(1, 1000) if (name := base if number == 1 else f"{base}_{number}") not in taken)


# -- conditions --------------------------------------------------------------------------------------------------------


def and_all(parts: Sequence[exp.Expr]) -> exp.Expr:
    """One condition of several; those that bind less get parentheses."""
    joined: exp.Expr = grouped(parts[0], (exp.Or,)) if len(parts) > 1 else parts[0]
    for part in parts[1:]:
        joined = exp.And(this=joined, expression=grouped(part, (exp.Or,)))
    return joined


def grouped(node: exp.Expr, kinds: tuple[type[exp.Expr], ...]) -> exp.Expr:
    """In parentheses where it is of these kinds."""
    return exp.Paren(this=node) if isinstance(node, kinds) else node


def operand(node: exp.Expr) -> exp.Expr:
    """As an operand of a comparison: in parentheses unless it binds tightly by itself."""
    tight = (exp.Column, exp.Literal, exp.Parameter, exp.Paren, exp.Func, exp.Cast, exp.Subquery, exp.Null, exp.Boolean)
    connector = isinstance(node, (exp.And, exp.Or))  # functions for sqlglot
    return node if isinstance(node, tight) and not connector else exp.Paren(this=node)


def drop_condition(node: exp.Expr) -> None:
    """Take a condition out of its AND, WHERE or ON."""
    parent = node.parent
    if isinstance(parent, exp.And):
        other = parent.expression if node is parent.this else parent.this
        parent.replace(other.pop())
    elif isinstance(parent, exp.Paren):
        drop_condition(parent)
    elif isinstance(parent, (exp.Where, exp.Having)):
        parent.pop()
    elif isinstance(parent, exp.Join):
        parent.set("on", None)
        if not parent.side:
            parent.set("kind", "CROSS")
        else:
            parent.set("on", exp.Boolean(this=True))
    else:
        raise Refuse("the condition stands where it cannot be taken out")


def add_conditions(select: exp.Expr, parts: Iterable[exp.Expr]) -> None:
    """AND them to the WHERE."""
    where = select.args.get("where")
    added = list(parts)
    if not added:
        return
    if where is None:
        select.set("where", exp.Where(this=and_all(added)))
    else:
        where.set("this", and_all([where.this, *added]))


# -- names -------------------------------------------------------------------------------------------------------------


def qualify(analysis: Analysis, node: exp.Expr) -> None:
    """Write every column below the node with the name of its source, nested queries included. Raises Refuse where the
    meaning of one is not certain.
    """
    for one in list(node.find_all(exp.Column)):
        if is_star(one):
            if one.args.get("table") is None:
                raise Refuse("a star stands for columns that would be others elsewhere")
            continue
        reference = analysis.reference(one)
        if reference is None:
            if isinstance(analysis.meaning(one), int):
                continue
            raise Refuse(f"it is not certain what {one.sql('postgres')} means")
        one.set("table", identifier(reference.source.alias))


def qualified(analysis: Analysis, node: exp.Expr) -> exp.Expr:
    """A copy in which every column has the name of its source. Raises Refuse as `qualify` does."""
    copied = node.copy()
    for one, other in zip(list(node.find_all(exp.Column)), list(copied.find_all(exp.Column)), strict=True):
        if is_star(one):
            if one.args.get("table") is None:
                raise Refuse("a star stands for columns that would be others elsewhere")
            continue
        reference = analysis.reference(one)
        if reference is None:
            if isinstance(analysis.meaning(one), int):
                continue
            raise Refuse(f"it is not certain what {one.sql('postgres')} means")
        other.set("table", identifier(reference.source.alias))
    return copied


def tidied(tree: exp.Expr) -> exp.Expr:
    """AND and OR chained from the left, as the parser does."""
    while True:
        nodes = tree.find_all(exp.And, exp.Or)
        node = next((one for one in nodes if type(one.expression) is type(one)), None)
        if node is None:
            return tree
        right = node.expression
        node.set("this", type(node)(this=node.this, expression=right.this))
        node.set("expression", right.expression)


def outside(analysis: Analysis, node: exp.Expr, block: Block) -> list[Reference]:
    """The columns that the expression takes from sources of the block or of those around it. Raises Refuse where the
    meaning of one is not certain.
    """
    around: list[Block] = []
    current: Block | None = block
    while current is not None:
        around.append(current)
        current = current.parent
    found = []
    for reference in analysis.references(node):
        if reference is None:
            raise Refuse("it is not certain what one of its columns means")
        if reference.source.block in around:
            found.append(reference)
    return found


def take_inside(analysis: Analysis, node: exp.Expr, inner: Block, outer: Block) -> None:
    """Write the expression of `outer` so that it can stand in `inner`, a query within it: its columns get the names of
    their sources, and sources in between that hide those get others.
    """
    qualify(analysis, node)
    wanted = {reference.source.alias for reference in outside(analysis, node, outer)}
    current: Block | None = inner
    while current is not None and current is not outer:
        for source in list(current.sources.values()):
            if source.alias in wanted:
                rename(analysis, source, fresh(analysis.tree, source.alias))
        current = current.parent


def rename(analysis: Analysis, source: Source, alias: str) -> None:
    """Know the source by another name, wherever it is mentioned."""
    for one in list(analysis.tree.find_all(exp.Column)):
        reference = analysis.reference(one)
        if reference is not None and reference.source is source:
            one.set("table", identifier(alias))
        elif reference is None and not isinstance(analysis.meaning(one), int):
            _rename_row(one, source, alias)
    old = source.node.args.get("alias")
    columns = old.args.get("columns") if isinstance(old, exp.TableAlias) else None
    source.node.set("alias", exp.TableAlias(this=identifier(alias), columns=columns))
    source.block.sources = {alias if one is source else name: one for name, one in source.block.sources.items()}
    source.alias = alias


def _rename_row(one: exp.Column, source: Source, alias: str) -> None:
    if is_star(one):
        if name_of(one.args.get("table")) == source.alias and one.find_ancestor(exp.Select) is source.block.node:
            one.set("table", identifier(alias))
    elif source.alias in (name_of(one.args.get("table")), name_of(one.this)):
        raise Refuse(f"{source.alias} may be used as a whole row")


def replace_column(column: exp.Expr, new: exp.Expr) -> None:
    """Put another expression in a column's place. An output that is only this column keeps its name."""
    name = output_name(column)
    if isinstance(column.parent, exp.Select) and column.arg_key == "expressions" and output_name(new) != name:
        if name is None:
            raise Refuse("the name of a column of the result is not certain")
        new = exp.Alias(this=new, alias=identifier(name))
    column.replace(new)


def output_names(tree: exp.Expr) -> list[tuple[str | None, exp.Expr]]:
    """The columns of a statement's result that are no stars: their names, as far as these are certain, and a copy."""
    return [(output_name(one), one.copy()) for one in _first_select(tree).expressions if not _is_any_star(one)]


def keep_names(tree: exp.Expr, names: list[tuple[str | None, exp.Expr]]) -> None:
    """Give the columns of the result the names that they had. Raises Refuse where one was not certain."""
    shown = [one for one in _first_select(tree).expressions if not _is_any_star(one)]
    if len(shown) != len(names):
        return  # a rule that writes stars out
    for one, (name, former) in zip(shown, names, strict=True):
        if one == former or output_name(one) == name:
            continue
        if name is None or isinstance(one, exp.Alias):
            raise Refuse("the name of a column of the result is not certain")
        one.replace(exp.Alias(this=one.copy(), alias=identifier(name)))


def _first_select(tree: exp.Expr) -> exp.Expr:
    while not isinstance(tree, exp.Select) and isinstance(tree.this, exp.Query):
        tree = tree.this
    return tree


def _is_any_star(node: exp.Expr) -> bool:
    return isinstance(node, exp.Star) or is_star(node)


def parameters_in(node: exp.Expr) -> set[str]:
    return {one.name for one in node.find_all(exp.Parameter)}
