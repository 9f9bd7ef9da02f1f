"""The fingerprint of a statement: what two texts have in common that differ only in values and in writing.

It is made of the tokens alone, so it needs no parser, is the same for text that sqlglot cannot read, and does not
change with a release of sqlglot. A statement with literals and its normalised form in pg_stat_statements have the same
fingerprint. Pure.

What does not count: literals and `$n`; the number of equal elements in IN (...), ARRAY[...] and VALUES, and of the
first two the casts; white space and comments; case of key words and of names without quotes; quotes that change
nothing; parentheses that change nothing by PostgreSQL's table of precedence; the noise words AS, INNER, OUTER and ASC;
!= for <>; `DATE '...'` for `'...'::date`; closing semicolons. Positions in ORDER BY 1 and GROUP BY 1 do count, as they
do in pg_stat_statements.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from dbopt import resources
from dbopt.workload.lexer import Kind, Token, fold, significant
from dbopt.workload.mend import mended
from dbopt.workload.precedence import is_redundant

VALUE = "?"

_NOISE = frozenset(("as", "inner", "outer", "asc"))
_CONSTANTS = frozenset(("true", "false", "null"))
_RANGES = {"(": ")", "[": "]"}


@dataclass
class Group:
    """What stands between parentheses or brackets. `before` is the token in front of it."""

    opening: str
    before: str = field(compare=False)
    items: list[str | Group] = field(default_factory=list)


@lru_cache(maxsize=8)  # the one question after the other asks for it
def fingerprint(sql: str) -> str:
    """16 hex digits, the same for every text of the statement."""
    return hashlib.sha256(normalised(sql).encode()).hexdigest()[:16]


def normalised(sql: str) -> str:
    """The form that is hashed: tokens with one space between them, values as `?`."""
    root = _grouped(_without_end(_texts(significant(mended(sql, literals=True)))))
    items = _simplified(root)
    while len(items) == 1 and isinstance(items[0], Group) and items[0].opening == "(":
        items = items[0].items  # parentheses around the whole statement
    return " ".join(_flattened(items))


def _without_end(texts: Iterator[str]) -> list[str]:
    found = list(texts)
    while found and found[-1] == ";":
        found.pop()
    return found


# -- tokens -----------------------------------------------------------------------------------------------------------


def _texts(found: list[Token]) -> Iterator[str]:
    """The text of each token that counts."""
    before: Token | None = None
    clause = ""  # the last ORDER BY or GROUP BY and how deep it stands decide what a whole number means
    for number, token in enumerate(found):
        after = found[number + 1] if number + 1 < len(found) else None
        clause = _clause(clause, before, token)
        if not _is_dropped(token, before, after):
            yield token.text if clause and _is_position(token, before, after) else _text(token, before)
        before = token


def constants(found: list[Token]) -> Iterator[int]:
    """The places of the tokens that are values, and no parameters, among the significant tokens of a statement."""
    clause = ""
    for number, token in enumerate(found):
        before = found[number - 1] if number else None
        after = found[number + 1] if number + 1 < len(found) else None
        clause = _clause(clause, before, token)
        is_value = token.kind is not Kind.PARAMETER and _text(token, before) == VALUE
        if is_value and not (clause and _is_position(token, before, after)):
            yield number


def is_sign(token: Token, before: Token | None, after: Token | None) -> bool:
    """Whether a minus belongs to the number behind it."""
    return token.text == "-" and after is not None and after.kind is Kind.NUMBER and not _ends_operand(before)


def _clause(clause: str, before: Token | None, token: Token) -> str:
    """Whether a list of ORDER BY or GROUP BY is being read: from BY to the next word that is not its own."""
    if token.folded == "by" and before is not None and before.folded in ("order", "group"):
        return "by"
    return clause if token.text == "," or token.kind is Kind.NUMBER or token.folded in _OF_ORDER else ""


_OF_ORDER = frozenset(("asc", "desc", "nulls", "first", "last"))


def _is_position(token: Token, before: Token | None, after: Token | None) -> bool:
    alone = after is None or after.text in (",", ")", ";") or after.kind is Kind.WORD
    return token.kind is Kind.NUMBER and before is not None and before.folded in ("by", ",") and alone


def _is_dropped(token: Token, before: Token | None, after: Token | None) -> bool:
    """Noise words, the sign of a constant, and all but the first of literals that SQL joins into one, with UESCAPE."""
    if token.kind is Kind.WORD:
        if token.folded == "uescape":
            return before is not None and before.kind in (Kind.STRING, Kind.PARAMETER)
        return token.folded in _NOISE and not (before is not None and before.text == ".")
    if token.text == "-":
        return is_sign(token, before, after)
    is_more = before is not None and (before.kind is Kind.STRING or before.folded == "uescape")
    return token.kind is Kind.STRING and is_more


def _ends_operand(token: Token | None) -> bool:
    """Whether a minus behind this token subtracts."""
    if token is None:
        return False
    if token.kind is Kind.WORD:
        return token.folded not in _reserved() or token.folded in _CONSTANTS or token.folded == "end"
    return token.kind in (Kind.QUOTED, Kind.NUMBER, Kind.STRING, Kind.PARAMETER) or token.text in (")", "]")


def _reserved() -> frozenset[str]:
    return frozenset(resources.keywords())


def _text(token: Token, before: Token | None) -> str:
    match token.kind:
        case Kind.STRING | Kind.NUMBER | Kind.PARAMETER:
            return VALUE
        case Kind.QUOTED:
            return _name(token.text)
        case Kind.WORD if token.folded in _CONSTANTS and _is_constant(token.folded, before):
            return VALUE
    return "<>" if token.text == "!=" else token.folded


def _is_constant(word: str, before: Token | None) -> bool:
    """TRUE and NULL are values but in IS NULL, NOT NULL, SET NULL, IS NOT TRUE."""
    behind = before.folded if before is not None else ""
    return behind not in ("is", ".") and not (word == "null" and behind in ("not", "set")) and behind != "not"


def _name(text: str) -> str:
    """A quoted name without its quotes where they change nothing."""
    inner = text[1:-1]
    plain = inner.isidentifier() and inner == fold(inner) and inner not in _reserved()
    return inner if plain and inner not in _NOISE and text.startswith('"') else text


# -- groups -----------------------------------------------------------------------------------------------------------


def _grouped(texts: list[str]) -> Group:
    """Texts as a tree by their parentheses. One that does not match is kept as plain text."""
    root = Group("", "")
    stack = [root]
    for text in texts:
        top = stack[-1]
        if text in _RANGES:
            before = top.items[-1] if top.items else ""
            stack.append(Group(text, before if isinstance(before, str) else ")"))
            top.items.append(stack[-1])
        elif len(stack) > 1 and text == _RANGES[top.opening]:
            stack.pop().items = _simplified(top)
        else:
            top.items.append(text)
    for unclosed in reversed(stack[1:]):
        unclosed.items = _simplified(unclosed)
    return root


def _simplified(group: Group) -> list[str | Group]:
    """The group's content, its redundant parentheses and repeated elements removed."""
    items: list[str | Group] = []
    for number, item in enumerate(group.items):
        left = items[-1] if items else ""
        right = group.items[number + 1] if number + 1 < len(group.items) else ""
        if isinstance(item, Group) and item.opening == "(" and _may_go(item, left, right):
            items.extend(item.items)
        else:
            items.append(item)
    return _shortened(group, items)


def _may_go(group: Group, left: str | Group, right: str | Group) -> bool:
    content = group.items
    if len(content) == 1 and isinstance(content[0], Group) and content[0].opening == "(":
        return left not in ("in", "any", "all", "some", "values") and not _is_list(content[0])
    texts = [item if isinstance(item, str) else item.opening for item in content]
    return is_redundant(texts, left if isinstance(left, str) else ")", right if isinstance(right, str) else "(")


def _is_list(group: Group) -> bool:
    return "," in group.items


def _shortened(group: Group, items: list[str | Group]) -> list[str | Group]:
    """Equal neighbours of a list of values count once: IN (?, ?), ARRAY[?, ?], VALUES (?, ?), (?, ?)."""
    if group.before in ("in", "array") or (group.opening == "[" and group.before in ("[", ",", "")):
        return _joined(_without_repeats([_uncast(element) for element in _elements(items)]))
    return _shortened_values(items)


def _uncast(element: list[str | Group]) -> list[str | Group]:
    """A value of a list without its casts: PostgreSQL 18 writes `IN ($1 /*, ... */)` for `IN (1::int8, 2::int8)`."""
    match element:
        case ["?", "::", *names] if all(map(_is_of_type, names)):
            return [VALUE]
        case ["cast", Group(opening="(", items=["?", *names])] if all(map(_is_of_type, names)):
            return [VALUE]
    return element


def _is_of_type(item: str | Group) -> bool:
    return isinstance(item, Group) or item in (".", "::") or item[0] in '_"' or item[0].isalpha()


def _shortened_values(items: list[str | Group]) -> list[str | Group]:
    if "values" not in items:
        return items
    start = items.index("values") + 1
    end = start
    while end < len(items) and (isinstance(items[end], Group) or items[end] == ","):
        end += 1
    rows = _joined(_without_repeats(_elements(items[start:end])))
    return items[:start] + rows + items[end:]


def _elements(items: list[str | Group]) -> list[list[str | Group]]:
    elements: list[list[str | Group]] = [[]]
    for item in items:
        if item == ",":
            elements.append([])
        else:
            elements[-1].append(item)
    return elements


def _without_repeats(elements: list[list[str | Group]]) -> list[list[str | Group]]:
    kept = elements[:1]
    for before, element in pairwise(elements):
        if element != before or VALUE not in _flattened(element):
            kept.append(element)
    return kept


def _joined(elements: list[list[str | Group]]) -> list[str | Group]:
    joined = list(elements[0])
    for element in elements[1:]:
        joined += [",", *element]
    return joined


def _flattened(items: list[str | Group]) -> list[str]:
    """All texts in order, without recursion: statements may nest deeper than Python likes."""
    texts: list[str] = []
    pending: list[str | Group] = list(reversed(items))
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            texts.append(item)
        else:
            pending.append(_RANGES[item.opening])
            pending.extend(reversed(item.items))
            texts.append(item.opening)
    return texts
