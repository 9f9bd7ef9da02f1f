"""Whether parentheses change anything, by PostgreSQL's table of operator precedence (documentation, 4.1.6). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_ATOM = 100
_ANY_OTHER_OPERATOR = 8
_BINDING = {
    "or": 1,
    "and": 2,
    "not": 3,
    "is": 4,
    "isnull": 4,
    "notnull": 4,
    **dict.fromkeys(("<", ">", "=", "<=", ">=", "<>", "!="), 5),
    **dict.fromkeys(("between", "in", "like", "ilike", "similar", "overlaps"), 6),
    **dict.fromkeys(("+", "-"), 9),
    **dict.fromkeys(("*", "/", "%"), 10),
    "^": 11,
    "at": 12,
    "collate": 13,
    "::": 16,
    ".": 18,
}
# `a OR (b OR c)` is `(a OR b) OR c`: these two may be regrouped
_ASSOCIATIVE = frozenset((1, 2))

# what can stand before an expression, so that a parenthesis behind it only groups
_BEFORE_EXPRESSION_WORDS = """
    select where and or not on having when then else between by returning set limit offset case like ilike is = < >
    <= >= <> , ( [ distinct escape default"""
_BEFORE_EXPRESSION = frozenset(_BEFORE_EXPRESSION_WORDS.split())
_STARTS_QUERY = frozenset(("select", "with", "values", "table", "insert", "update", "delete", "merge"))
# words with a meaning of their own inside an expression: no claim is made about their parentheses
_UNKNOWN = frozenset(("over", "filter", "within", "operator", "from", "order", "for", "using", "variadic", "*", ":="))


def is_redundant(content: Sequence[str], left: str, right: str) -> bool:
    """Whether `left ( content ) right` means the same without the parentheses. `content` has an opening parenthesis
    or bracket where a group stands. In doubt the answer is no.
    """
    if not content or "," in content or content[0] in _STARTS_QUERY or right in (".", "[", "("):
        return False
    if left and left not in _BEFORE_EXPRESSION and not is_operator(left):
        return False
    if _UNKNOWN & set(content) and len(content) < 3:
        return False
    weakest = min(_bindings(content), default=_ATOM)
    before, after = _binding(left), _binding(right)
    if before == weakest and before in _ASSOCIATIVE:
        return weakest >= after
    return weakest > before and weakest >= after


def is_operator(text: str) -> bool:
    return bool(text) and not set(text) - set("+-*/<>=~!@#%^&|`?:") and text != "?"


def _binding(text: str) -> int:
    """How strongly an operator binds; 0 for what is none."""
    if text in _BINDING:
        return _BINDING[text]
    return _ANY_OTHER_OPERATOR if is_operator(text) else 0


def _bindings(content: Sequence[str]) -> Iterator[int]:
    """The operators of an expression, those of CASE ... END left out, and the AND of BETWEEN with it."""
    cases = betweens = 0
    for text in content:
        if text == "case":
            cases += 1
        elif text == "end":
            cases -= 1
        elif cases == 0 and text == "between":
            betweens += 1
            yield _BINDING[text]
        elif cases == 0 and text == "and" and betweens:
            betweens -= 1
        elif cases == 0 and _binding(text):
            yield _binding(text)
