"""What a migration's statements mention, told from their tokens. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import dropwhile, zip_longest

from dbopt.shadow.privileged import Extension
from dbopt.workload.lexer import Kind, Token, fold, significant


@dataclass(frozen=True)
class Altered:
    """A column whose type is changed, and its table's name without the schema."""

    table: str
    column: str


_NAMES_FOLLOW = frozenset({"to", "from", "by", "role", "user", "group", "authorization"})
_NO_ROLE = frozenset({"public", "none", "current_user", "session_user", "current_role", "all", "stdin", "stdout"})
_MENTION_ROLES = frozenset({"grant", "revoke", "alter", "reassign", "drop"})
_BEFORE_NAME = frozenset(
    {
        "create",
        "table",
        "materialized",
        "view",
        "unlogged",
        "temp",
        "temporary",
        "local",
        "global",
        "if",
        "not",
        "exists",
    }
)
_QUERIES = frozenset({"select", "table"})
_WRITES = frozenset({"insert", "update", "delete", "merge", "truncate", "copy"})


def roles(statements: Iterable[list[Token]]) -> frozenset[str]:
    """Names that may be those of roles: some more do no harm. The body of a DO is read too."""
    found: set[str] = set()
    for tokens in statements:
        words = [token.folded for token in tokens[:3]]
        if words[:1] == ["do"]:
            bodies = [token.text for token in tokens if token.kind is Kind.STRING and token.text.startswith("$")]
            found |= {name for body in bodies for name in _granted(significant(body.strip("$")))}
        elif (words[:1] == ["create"] and words[1:2] in (["policy"], ["schema"])) or set(words[:1]) & _MENTION_ROLES:
            found |= set(_granted(tokens))
            if words[:1] in (["grant"], ["revoke"]) and not any(token.folded == "on" for token in tokens):
                found |= set(after(tokens, {"grant", "revoke"}))  # GRANT role TO role
    return frozenset(name for name in found - _NO_ROLE if not name.startswith("pg_"))


def created_role(tokens: list[Token]) -> str | None:
    """The role that CREATE ROLE, USER or GROUP makes; None for another statement."""
    words = [token.folded for token in tokens[:3]]
    if words[:1] != ["create"] or words[1:2] not in (["role"], ["user"], ["group"]) or words[2:] == ["mapping"]:
        return None
    return next(after(tokens[1:3], {words[1]}), None)


def _granted(tokens: list[Token]) -> Iterator[str]:
    return after(tokens, _NAMES_FOLLOW)


def after(tokens: list[Token], words: Iterable[str]) -> Iterator[str]:
    """The names that stand after one of these words, with commas between them; IF [NOT] EXISTS is passed over."""
    expected = listed = False
    for token in tokens:
        if token.kind is Kind.WORD and token.folded in words:
            expected, listed = True, False
        elif expected and token.folded in ("if", "not", "exists"):
            continue
        elif expected and token.kind in (Kind.WORD, Kind.QUOTED):
            yield _name(token)
            expected, listed = False, True
        else:
            expected, listed = listed and token.text == ",", False


def _name(token: Token) -> str:
    return token.text[1:-1].replace('""', '"') if token.kind is Kind.QUOTED else fold(token.text)


def extension(tokens: list[Token]) -> Extension | None:
    """The extension that CREATE EXTENSION makes, and the schema it names; None for another statement."""
    if [token.folded for token in tokens[:2]] != ["create", "extension"]:
        return None
    schema = next(after(tokens, {"schema"}), None)
    return next((Extension(name, schema) for name in after(tokens[:6], {"extension"})), None)


def filled(tokens: list[Token]) -> str | None:
    """The table that CREATE TABLE ... AS or CREATE MATERIALIZED VIEW makes; None for another statement."""
    words = [token.folded for token in tokens]
    is_table = bool({"table"} & set(words[1:4])) or words[1:3] == ["materialized", "view"]
    if words[:1] != ["create"] or not is_table or words[-3:] == ["with", "no", "data"]:
        return None
    rest = list(dropwhile(lambda token: token.folded in _BEFORE_NAME, tokens))
    while len(rest) > 2 and rest[1].text == ".":
        rest = rest[2:]
    depth = 0
    for token in rest[1:]:
        depth += (token.text == "(") - (token.text == ")")
        if token.folded == "as" and depth == 0:
            return _name(rest[0])
    return None


def receives(tokens: list[Token]) -> str | None:
    """The table, without its schema, that INSERT, COPY ... FROM or MERGE writes rows into; None for other statements
    and where the rows are few enough to stand in the text.
    """
    words = [token.folded for token in tokens]
    if words[:1] == ["with"] and "insert" in words:
        tokens = tokens[words.index("insert") :]
        words = [token.folded for token in tokens]
    if words[:2] in (["insert", "into"], ["merge", "into"]):
        return None if words[0] == "insert" and not _QUERIES & set(words) else _last_name(tokens[2:])
    return _last_name(tokens[1:]) if words[:1] == ["copy"] and "from" in words else None


def renamed(tokens: list[Token]) -> tuple[str, str] | None:
    """The names, without schema, that ALTER TABLE ... RENAME TO takes from a table and gives it."""
    words = [token.folded for token in tokens]
    if words[:1] != ["alter"] or words[-3:-1] != ["rename", "to"] or "table" not in words[:3]:
        return None
    return _last_name(tokens[words.index("table") + 1 :]), _name(tokens[-1])


def under_new_names(names: Iterable[str], statements: Iterable[list[Token]]) -> frozenset[str]:
    """The names, and those that the tables get when the statements rename them."""
    found = set(names)
    for tokens in statements:
        if (names_of := renamed(tokens)) and names_of[0] in found:
            found.add(names_of[1])
    return frozenset(found)


def emptied(tokens: list[Token]) -> frozenset[str]:
    """The tables that TRUNCATE empties, without their schemas."""
    if [token.folded for token in tokens[:1]] != ["truncate"]:
        return frozenset()
    names = [token for token in tokens[1:] if token.kind in (Kind.WORD, Kind.QUOTED) or token.text in (".", ",")]
    return frozenset(
        _name(token)
        for token, following in zip_longest(names, names[1:])
        if token.text not in (".", ",") and (following is None or following.text != ".")
    )


def writes(tokens: list[Token]) -> bool:
    words = [token.folded for token in tokens if token.kind is Kind.WORD]
    return bool(words) and (words[0] in _WRITES or (words[0] == "with" and bool(_WRITES & set(words))))


def expressions(statements: Iterable[list[Token]]) -> dict[Altered, str]:
    """ALTER [COLUMN] name [SET DATA] TYPE type USING expression; of a column that is changed twice, the last."""
    found: dict[Altered, str] = {}
    for tokens in statements:
        if [token.folded for token in tokens[:2]] != ["alter", "table"]:
            continue
        table = _last_name(tokens[2:])
        for number, token in enumerate(tokens):
            if token.folded == "using" and token.kind is Kind.WORD and (name := _altered(tokens[:number])):
                found[Altered(table, name)] = _until_comma(tokens[number + 1 :])
    return found


def _last_name(tokens: list[Token]) -> str:
    """The table's name behind ALTER TABLE, without its schema."""
    rest = list(dropwhile(lambda token: token.folded in ("if", "exists", "only"), tokens))
    while len(rest) > 2 and rest[1].text == ".":
        rest = rest[2:]
    return _name(rest[0]) if rest else ""


def _altered(tokens: list[Token]) -> str | None:
    """The column whose type these tokens change, at their end."""
    depth = 0
    for number in range(len(tokens) - 1, 3, -1):
        token = tokens[number]
        depth += (token.text == ")") - (token.text == "(")
        if depth == 0 and token.text == ",":
            return None
        if token.folded == "type" and token.kind is Kind.WORD:
            before = tokens[:number]
            if [other.folded for other in before[-2:]] == ["set", "data"]:
                before = before[:-2]
            return _name(before[-1]) if before[-1].kind in (Kind.WORD, Kind.QUOTED) else None
    return None


def _until_comma(tokens: list[Token]) -> str:
    depth, kept = 0, []
    for token in tokens:
        if token.text == "," and depth == 0:
            break
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        kept.append(token.text)
    return " ".join(kept)
