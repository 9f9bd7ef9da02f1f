"""The tables that a statement names, told from its tokens alone: for what sqlglot cannot read. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.workload.lexer import Kind, Token, fold, significant

Relation = tuple[str | None, str]

_INTRODUCING = frozenset(("from", "join", "into", "update", "using", "table"))
# functions whose arguments are separated by FROM
_FUNCTIONS_WITH_FROM = frozenset(("extract", "substring", "trim", "overlay", "position"))
_NOISE = frozenset(("only", "lateral", "if", "not", "exists"))
# what may stand where a table's alias stands, but ends the list
_AFTER_WORDS = """
    where set on using join inner left right full cross natural group order having limit offset fetch for union
    intersect except returning when values select default window tablesample overriding with"""
_AFTER = frozenset(_AFTER_WORDS.split())


def relations(sql: str) -> Iterator[Relation]:
    """Each (schema or None, name) behind FROM, JOIN, INTO, UPDATE or USING that is not one of its own WITH queries."""
    words = significant(sql)
    own = set(_with_queries(words))
    for schema, name in _named(words):
        if schema is not None or name not in own:
            yield schema, name


def name_of(token: Token) -> str:
    """The name that the server knows."""
    if token.kind is Kind.QUOTED:
        return token.text[token.text.index('"') + 1 :].removesuffix('"').replace('""', '"')
    return fold(token.text)


def _with_queries(words: list[Token]) -> Iterator[str]:
    """name [(columns)] AS [[NOT] MATERIALIZED] ("""
    for number, token in enumerate(words):
        if token.folded != "as" or number == 0:
            continue
        following = [word.folded for word in words[number + 1 : number + 4]]
        if "(" not in following or set(following[: following.index("(")]) - {"not", "materialized"}:
            continue
        before = number - 1
        while before > 0 and words[before].text != "(" and words[number - 1].text == ")":
            before -= 1
        named = words[before - 1] if words[before].text == "(" else words[before]
        if named.kind in (Kind.WORD, Kind.QUOTED):
            yield name_of(named)


def _named(words: list[Token]) -> Iterator[Relation]:
    opened: list[str] = []  # the word before each parenthesis that is still open
    for number, token in enumerate(words):
        if token.text == "(":
            opened.append(words[number - 1].folded if number else "")
        elif token.text == ")" and opened:
            opened.pop()
        elif token.kind is Kind.WORD and token.folded in _INTRODUCING and not _is_argument(words, number, opened):
            yield from _listed(words, number + 1, token.folded)


def _is_argument(words: list[Token], number: int, opened: list[str]) -> bool:
    """Whether the word means something else: EXTRACT(... FROM ...), IS DISTINCT FROM, JOIN ... USING (...), a label."""
    before = words[number - 1].folded if number else ""
    after = words[number + 1].text if number + 1 < len(words) else ""
    in_function = bool(opened) and opened[-1] in _FUNCTIONS_WITH_FROM
    match words[number].folded:
        case "from":
            return in_function or before == "distinct"
        case "using":
            return after == "("
    return before in ("as", ".")


def _listed(words: list[Token], position: int, introduced_by: str) -> Iterator[Relation]:
    """The names of one list `a, b AS x, s.c`."""
    while True:
        while position < len(words) and (words[position].folded in _NOISE or words[position].text == "("):
            position += 1
        relation, position = _qualified(words, position)
        is_function = position < len(words) and words[position].text == "(" and introduced_by != "into"
        if relation is None:
            return
        if not is_function:
            yield relation
        while position < len(words) and words[position].text != "," and _is_alias(words[position]):
            position += 1
        if position >= len(words) or words[position].text != "," or introduced_by != "from":
            return
        position += 1


def _is_alias(token: Token) -> bool:
    return token.kind is Kind.QUOTED or token.text == "*" or (token.kind is Kind.WORD and token.folded not in _AFTER)


def _qualified(words: list[Token], position: int) -> tuple[Relation | None, int]:
    parts: list[str] = []
    while position < len(words) and words[position].kind in (Kind.WORD, Kind.QUOTED):
        if words[position].kind is Kind.WORD and words[position].folded in _AFTER | {"select", "as"} and not parts:
            return None, position
        parts.append(name_of(words[position]))
        position += 1
        if position >= len(words) or words[position].text != ".":
            break
        position += 1
    if not parts:
        return None, position
    return (parts[-2] if len(parts) > 1 else None, parts[-1]), position
