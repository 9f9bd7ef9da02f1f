"""A statement's tree and its tables. `parse` is the one way into sqlglot.

Pure. Nothing here fails: what sqlglot cannot read has no tree, and its tables are told from its tokens.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import lru_cache

from sqlglot import ErrorLevel, exp
from sqlglot import parse as sqlglot_parse
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError

from dbopt.postgres.identifiers import qualified, quoted
from dbopt.workload.lexer import Kind, Token, fold, tokens
from dbopt.workload.relations import relations

# It warns of every statement that it only passes on; such a statement has no tree here.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

# Operators that sqlglot cannot read or, as `<=>`, takes for another database's.
_UNKNOWN_OPERATORS = frozenset(
    (
        *("<<=", ">>=", "<<|", "|>>", "&<|", "|&>", "~=", "<^", ">^", "?-", "?#", "?-|", "?||", "@@@", "^<@", "^@>"),
        *("<#>", "<+>", "<=>", "<~>", "<%>", "<%", "%>", "<<%", "%>>", "<<->", "<->>", "<<<->", "<->>>"),
    )
)
_LONGEST = 100_000  # characters of a statement whose tables are worth a tree, which takes seconds for a long list
_UNKNOWN_TYPES = frozenset(("box", "circle", "line", "lseg", "path", "polygon"))


def parse(sql: str, dialect: str | type[Dialect] = "postgres") -> exp.Expression | None:
    """The statement's tree in sqlglot's terms; None where sqlglot cannot read it, or it is not one statement."""
    try:
        trees = sqlglot_parse(_readable(sql), dialect=dialect, error_level=ErrorLevel.IMMEDIATE)
    except (SqlglotError, RecursionError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        return None  # its parser trips over some wrong statements with Python's own errors
    found = [tree for tree in trees if isinstance(tree, exp.Expression) and not isinstance(tree, exp.Semicolon)]
    return found[0] if len(found) == 1 and not isinstance(found[0], exp.Command) else None


def _readable(sql: str) -> str:
    """The same statement, written so that sqlglot reads it."""
    written: list[str] = []
    typed = ""  # the type's name in `box '(1,1),(0,0)'`, which waits for its text
    for token in tokens(sql):
        if typed and token.kind is not Kind.SPACE:
            is_text = token.kind is Kind.STRING
            written.append(f"CAST({token.text} AS {typed})" if is_text else f"{typed} {_readable_token(token)}")
            typed = ""
        elif token.kind is Kind.WORD and token.folded in _UNKNOWN_TYPES:
            typed = token.text
        elif not typed:
            written.append(_readable_token(token))
    return "".join([*written, typed])


def _readable_token(token: Token) -> str:
    """sqlglot takes "$2,$3" for the start of a dollar-quoted string, but not "$2 ,$3"."""
    if token.kind is Kind.PARAMETER:
        return f"{token.text} "
    return f" OPERATOR({token.text}) " if token.text in _UNKNOWN_OPERATORS else token.text


@lru_cache(maxsize=8)  # the one question after the other asks for it
def tables_of(sql: str) -> tuple[str, ...]:
    """The tables and views that the statement names, sorted, each as it must be quoted: `orders`, `sales."Orders"`.
    Names of its own WITH queries and functions are left out.
    """
    tree = parse(sql) if len(sql) <= _LONGEST else None
    found = relations(sql) if tree is None else _relations_of(tree)
    return tuple(sorted({qualified(schema, name) if schema else quoted(name) for schema, name in found}))


def _relations_of(tree: exp.Expression) -> Iterator[tuple[str | None, str]]:
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Identifier) and not is_with_query(table):
            schema = table.args.get("db")
            yield (identifier_name(schema) if schema else None), identifier_name(table.this)


def is_with_query(table: exp.Table) -> bool:
    """Whether the name means a WITH query. In the definition of one that is not recursive, its own name means the
    table.
    """
    if table.args.get("db"):
        return False
    name = identifier_name(table.this)
    node: exp.Expr | None = table
    inside: exp.Expr | None = None
    while node is not None:
        if isinstance(node, exp.CTE):
            inside = node
        clause = node.args.get("with_")
        if clause is not None and _defines(clause, name, inside):
            return True
        node = node.parent
    return False


def _defines(clause: exp.Expr, name: str, inside: exp.Expr | None) -> bool:
    for query in clause.expressions:
        if query is inside and not clause.args.get("recursive"):
            return False
        if identifier_name(query.args["alias"].this) == name:
            return True
    return False


def identifier_name(identifier: exp.Expr) -> str:
    """The name that the server knows: folded unless it is quoted."""
    name: str = identifier.name
    return name if identifier.args.get("quoted") else fold(name)
