"""The conditions of a plan, taken apart as EXPLAIN writes them: operands, operator, columns. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from dbopt.plan.names import conjuncts
from dbopt.workload.lexer import Kind, Token, tokens

ColumnName = tuple[str, str]  # alias, column
EQUAL = frozenset({"=", "= any", "is null", "is true", "is false"})
RANGE = frozenset({"<", "<=", ">", ">="})
_FLIPPED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NAMES = (Kind.WORD, Kind.QUOTED)
_RELABELLED = frozenset({("character varying", "text"), ("text", "character varying"), ("cidr", "inet")})
_SUBPLAN = re.compile(r"\b(?:hashed )?SubPlan \d+")


@dataclass(frozen=True)
class Condition:
    """One condition. `operator` is what stands between its operands: "=", "~~", "= any" (of an array), "is null", "is
    true" (a column alone), "or", "not"; empty where it is no comparison. Operands are EXPLAIN's texts.
    """

    text: str
    left: str
    operator: str = ""
    right: str = ""

    @cached_property
    def columns(self) -> tuple[ColumnName, ...]:
        """Every column in it, in order."""
        return columns_in(self.text)

    @property
    def has_subplan(self) -> bool:
        return _SUBPLAN.search(self.text) is not None

    @property
    def column(self) -> ColumnName | None:
        """The column that is all of the left operand."""
        return column_of(self.left)

    @property
    def arms(self) -> tuple[Condition, ...]:
        """The alternatives of an OR."""
        return tuple(parsed(part) for part in _split(_unwrapped(self.text), "or")) if self.operator == "or" else ()

    def seen_from(self, alias: str) -> Condition | None:
        """The condition with the columns of this alias on the left alone; None where both sides have some, or none."""
        left = any(one == alias for one, _ in columns_in(self.left))
        right = any(one == alias for one, _ in columns_in(self.right))
        if left == right:
            return None
        if left:
            return self
        flipped = _FLIPPED.get(self.operator)
        return None if flipped is None else replace(self, left=self.right, operator=flipped, right=self.left)

    def relabelled(self, type_of: Callable[[ColumnName], str | None]) -> Condition:
        """Without the casts of columns that change nothing and through which an index is seen: EXPLAIN writes
        `(t.code)::text = 'x'::text` where a varchar is compared.
        """
        return replace(self, left=_relabelled(self.left, type_of), right=_relabelled(self.right, type_of))

    @property
    def compares_with_value(self) -> bool:
        """Whether no column and no subplan is on the right: a constant, a parameter, or what is computed from those."""
        return not columns_in(self.right) and _SUBPLAN.search(self.right) is None


def conditions(text: str | None) -> tuple[Condition, ...]:
    """The conditions that AND holds together."""
    return tuple(parsed(part) for part in conjuncts(text)) if text else ()


@cache
def parsed(text: str) -> Condition:
    """One condition taken apart."""
    inner = _unwrapped(text)
    words = _top_level(inner)
    for place, token in enumerate(words):
        if token.folded in ("or", "and"):
            return Condition(text, inner, token.folded)
        if token.folded == "not" and place == 0:
            negated = parsed(inner[token.end :].strip())
            if negated.operator == "is true":
                return Condition(text, negated.left, "is false")
            return Condition(text, inner, "not")
        if place and (token.kind is Kind.OPERATOR or token.folded == "is"):
            return _compared(text, inner, words[place:])
    return Condition(text, inner, "is true" if column_of(inner) else "")


def _compared(text: str, inner: str, words: Sequence[Token]) -> Condition:
    operator = words[0]
    left, right = inner[: operator.start].strip(), inner[operator.end :].strip()
    following = words[1].folded if len(words) > 1 else ""
    if operator.folded == "is":
        return Condition(text, left, f"is {right.lower()}")
    if following in ("any", "all"):
        return Condition(text, left, f"{operator.text} {following}", _unwrapped(inner[words[1].end :].strip()))
    return Condition(text, left, operator.text, right)


@cache
def columns_in(text: str) -> tuple[ColumnName, ...]:
    """Every `alias.column` in an expression: with VERBOSE each column has its alias."""
    return tuple(column for column, _, _ in _places(text))


def _places(text: str) -> Iterator[tuple[ColumnName, int, int]]:
    words = [token for token in tokens(text) if token.is_significant]
    for place in range(len(words) - 2):
        one, dot, other = words[place : place + 3]
        is_name = one.kind in _NAMES and dot.text == "." and other.kind in _NAMES
        before = words[place - 1].text if place else ""
        after = words[place + 3].text if place + 3 < len(words) else ""
        if is_name and before not in ("::", ".") and after != "(":
            yield (unquoted(one), unquoted(other)), one.start, other.end


def column_of(text: str) -> ColumnName | None:
    """The column that the expression is, parentheses aside."""
    inner = _unwrapped(text)
    found = list(_places(inner))
    return found[0][0] if len(found) == 1 and found[0][1:] == (0, len(inner)) else None


def cast_of(text: str) -> tuple[ColumnName, str] | None:
    """The column that is all there is in a cast, and the type: `(t.id)::numeric`."""
    column, separator, type_name = _unwrapped(text).rpartition("::")
    named = column_of(column) if separator else None
    return (named, type_name) if named else None


def _relabelled(text: str, type_of: Callable[[ColumnName], str | None]) -> str:
    found = cast_of(text)
    if found is None:
        return text
    column, cast = found
    of_type = (type_of(column) or "").partition("(")[0]
    return _unwrapped(_unwrapped(text).rpartition("::")[0]) if (of_type, cast) in _RELABELLED else text


def call_of(text: str) -> str | None:
    """The name of the function whose call is all of the expression: `lower(t.name)`."""
    match = re.match(r'((?:"(?:[^"]|"")+"|\w+)\.)?("(?:[^"]|"")+"|\w+)\(', text)
    if match is None or not text.endswith(")"):
        return None
    rest = text[match.end() - 1 :]
    return match[2].strip('"') if _unwrapped(rest) != rest else None


def without_aliases(text: str) -> str:
    """The expression or condition as one would write it for a single table."""
    inner, written, last = _unwrapped(text), "", 0
    for _, start, end in _places(inner):
        name = inner[start:end]
        dot = next(token for token in tokens(name) if token.text == ".")
        written += inner[last:start] + name[dot.end :]
        last = end
    return re.sub(r'\(((?:"(?:[^"]|"")+"|\w)+)\)::', r"\1::", written + inner[last:])


def unquoted(token: Token) -> str:
    """The name that a word or a quoted name stands for."""
    return token.text[1:-1].replace('""', '"') if token.kind is Kind.QUOTED else token.text


def _unwrapped(text: str) -> str:
    """Without the parentheses that hold all of it."""
    text = text.strip()
    while text.startswith("("):
        depth = 0
        for token in tokens(text):
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if depth == 0:
                break
        else:
            return text
        if token.end != len(text):
            return text
        text = text[1:-1].strip()
    return text


def _top_level(text: str) -> list[Token]:
    """The significant tokens that stand in no parentheses or brackets."""
    found, depth = [], 0
    for token in tokens(text):
        depth -= token.text in (")", "]")
        if depth == 0 and token.is_significant:
            found.append(token)
        depth += token.text in ("(", "[")
    return found


def _split(text: str, word: str) -> Iterator[str]:
    start = 0
    for token in _top_level(text):
        if token.folded == word:
            yield text[start : token.start].strip()
            start = token.end
    yield text[start:].strip()
