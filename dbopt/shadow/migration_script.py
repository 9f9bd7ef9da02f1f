"""What psql is given of a migration, line for line as its files have it. Pure.

Left out: harmless commands to psql, the half that takes the migration back, changes of role, and extensions that an
embedded server does not have. Everything else is either run or refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import dropwhile

from dbopt.errors import MigrationFailed
from dbopt.shadow.migration import Migration
from dbopt.workload.lexer import Kind, Token, fold, significant
from dbopt.workload.script import Piece, split

# goose, sql-migrate and dbmate keep both ways in one file.
_DIRECTION = re.compile(
    r"^[ \t]*--[ \t]*(?:\+goose|\+migrate|migrate:)[ \t]*(up|down)\b.*$", re.IGNORECASE | re.MULTILINE
)
# Commands to psql that change what is shown, not what is done; pg_dump writes the last two.
_HARMLESS = re.compile(
    r"\\(?:timing|echo|qecho|warn|pset|x|a|t|f|H|C|T|p|conninfo|encoding|errverbose|d\S*|l\+?|z|sf\S*|sv\S*|h|\?|"
    r"set\s+(?:ON_ERROR_STOP|ON_ERROR_ROLLBACK|ECHO|ECHO_HIDDEN|VERBOSITY|QUIET|SHOW_CONTEXT|HIDE_\w+)|"
    r"unset\s+(?:ON_ERROR_STOP|ECHO|QUIET)|restrict|unrestrict)(?:\s|$)"
)
_ERROR = re.compile(r"^psql:<stdin>:(\d+): (?:ERROR|FATAL|PANIC|error):\s+(.*)$", re.MULTILINE)
_ERROR_LINE = re.compile(r"^LINE (\d+): (.*)$", re.MULTILINE)
_DETAIL = re.compile(r"^DETAIL:  (.*)$", re.MULTILINE)
_HINT = re.compile(r"^HINT:  (.*)$", re.MULTILINE)
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
_WRITES = frozenset({"insert", "update", "delete", "merge", "truncate", "copy"})


@dataclass(frozen=True)
class Prepared:
    """`text` has the migration's lines. `roles` and `tablespaces` are names that it may mention; `filled` the names of
    tables that it makes of a query's rows, without their schemas; `expressions` the USING of changed types by the
    column's name. `writes` are the places of statements that write rows, `left_out` those of statements that are not
    run, each with the reason.
    """

    text: str
    pieces: tuple[Piece, ...]
    roles: frozenset[str] = frozenset()
    tablespaces: frozenset[str] = frozenset()
    filled: frozenset[str] = frozenset()
    writes: tuple[str, ...] = ()
    expressions: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[tuple[str, str], ...] = ()


def prepared(migration: Migration, missing_extensions: Iterable[str] = ()) -> Prepared:
    """What to run of a migration, and what to know of it. Raises MigrationFailed for a command to psql that is not
    harmless, naming the line.
    """
    text = _without_commands(migration, _upward(migration))
    missing = frozenset(missing_extensions)
    pieces, left_out = [], []
    for piece in split(text).pieces:
        reason = _why_left_out(significant(piece.text), missing)
        if reason is None:
            pieces.append(piece)
        else:
            left_out.append((migration.place(piece.line), reason))
            text = _blanked(text, piece)
    words = [significant(piece.text) for piece in pieces]
    places = [migration.place(piece.line) for piece in pieces]
    return Prepared(
        text=text,
        pieces=tuple(pieces),
        roles=_roles(words),
        tablespaces=frozenset(name for tokens in words for name in _after(tokens, {"tablespace"})),
        filled=frozenset(filter(None, map(_filled, words))),
        writes=tuple(place for place, tokens in zip(places, words, strict=True) if _writes(tokens)),
        expressions=_expressions(words),
        left_out=tuple(left_out),
    )


def extensions(migration: Migration) -> frozenset[str]:
    """Names of the extensions that a migration creates or mentions."""
    words = [significant(piece.text) for piece in split(migration.text).pieces]
    return frozenset(name for tokens in words for name in _after(tokens, {"extension"}))


def failure(migration: Migration, pieces: Iterable[Piece], messages: str, first_line: int) -> MigrationFailed:
    """The error for what psql said on stderr about the migration, which began at line `first_line` of its input."""
    error = _ERROR.search(messages)
    if error is None:
        last = messages.strip().splitlines()[-1:] or ["no message"]
        return MigrationFailed(f"the migration {migration.name} did not run: {last[0]}")
    rest = messages[error.end() :]
    line = _line_of(migration.text, pieces, int(error[1]) - first_line + 1, rest)
    detail, hint = _DETAIL.search(rest), _HINT.search(rest)
    message = error[2] + (f" ({detail[1]})" if detail else "")
    return MigrationFailed(
        f"{migration.place(line)}: {message}",
        hint=hint[1] if hint else "the migration ran up to there on the snapshot's schema: is the snapshot up to date?",
    )


def _line_of(text: str, pieces: Iterable[Piece], reported: int, rest: str) -> int:
    """psql names the line on which the statement ends; the server, sometimes, the one within it that it does not
    understand.
    """
    start = max((piece.line for piece in pieces if piece.line <= reported), default=reported)
    shown = _ERROR_LINE.search(rest)
    if shown is None:
        return start
    exact = start + int(shown[1]) - 1
    lines = text.splitlines()
    fragment = shown[2].strip(". ")
    return exact if exact <= len(lines) and fragment in lines[exact - 1] else start


# -- what is not run --------------------------------------------------------------------------------------------------


def _upward(migration: Migration) -> str:
    """The text without the sections that take the migration back."""
    text, kept = migration.text, []
    starts = [_offset(text, line) for line, _ in migration.starts]
    down, position = False, 0
    marks = [*((match.start(), match[1].lower() == "down") for match in _DIRECTION.finditer(text))]
    for start, direction in sorted([*marks, *((start, False) for start in starts)]):
        part = text[position:start]
        kept.append(_blank(part) if down else part)
        down, position = direction, start
    part = text[position:]
    return "".join([*kept, _blank(part) if down else part])


def _without_commands(migration: Migration, text: str) -> str:
    lines = text.split("\n")
    for number, command in split(text).skipped:
        if not _HARMLESS.match(command):
            raise MigrationFailed(
                f"{migration.place(number)}: commands to psql are not obeyed here: {command[:60]}",
                hint="give the SQL itself; files that it includes can be given one after the other",
            )
        line = lines[number - 1]
        lines[number - 1] = line[: line.index(command)]
    return "\n".join(lines)


def _why_left_out(tokens: list[Token], missing: frozenset[str]) -> str | None:
    words = [token.folded for token in tokens[:4]]
    if "extension" in words and words[:1] in (["create"], ["comment"], ["alter"]):
        lacking = [name for name in _after(tokens, {"extension"}) if name in missing]
        return f"extension {lacking[0]} is not available in the shadow" if lacking else None
    if words[:2] in (["set", "role"], ["reset", "role"]) or (words[:1] == ["set"] and "authorization" in words):
        return "the shadow has one role for all"
    if words[:2] in (["alter", "database"], ["alter", "system"]):
        return "settings of a database or server change plans only where a new snapshot is taken"
    return None


def _blanked(text: str, piece: Piece) -> str:
    start = text.index(piece.text, _offset(text, piece.line))
    return text[:start] + _blank(piece.text) + text[start + len(piece.text) :]


def _blank(text: str) -> str:
    return "\n" * text.count("\n")


def _offset(text: str, line: int) -> int:
    position = 0
    for _ in range(line - 1):
        position = text.index("\n", position) + 1
    return position


# -- what it mentions -------------------------------------------------------------------------------------------------


def _roles(statements: Iterable[list[Token]]) -> frozenset[str]:
    """Names that may be those of roles: some more do no harm. The body of a DO is read too."""
    found: set[str] = set()
    made: set[str] = set()
    for tokens in statements:
        words = [token.folded for token in tokens[:3]]
        if words[:1] == ["do"]:
            bodies = [token.text for token in tokens if token.kind is Kind.STRING and token.text.startswith("$")]
            found |= {name for body in bodies for name in _granted(significant(body.strip("$")))}
        elif words[:1] == ["create"] and words[1:2] in (["role"], ["user"], ["group"]) and words[2:] != ["mapping"]:
            made.update(name for name in _after(tokens[:3], {"role", "user", "group"}))
        elif (words[:1] == ["create"] and words[1:2] in (["policy"], ["schema"])) or set(words[:1]) & _MENTION_ROLES:
            found |= set(_granted(tokens))
    return frozenset(name for name in found - made - _NO_ROLE if not name.startswith("pg_"))


def _granted(tokens: list[Token]) -> Iterator[str]:
    return _after(tokens, _NAMES_FOLLOW)


def _after(tokens: list[Token], words: Iterable[str]) -> Iterator[str]:
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


def _filled(tokens: list[Token]) -> str | None:
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


def _writes(tokens: list[Token]) -> bool:
    words = [token.folded for token in tokens if token.kind is Kind.WORD]
    return bool(words) and (words[0] in _WRITES or (words[0] == "with" and bool(_WRITES & set(words))))


def _expressions(statements: Iterable[list[Token]]) -> dict[str, str]:
    """ALTER [COLUMN] name [SET DATA] TYPE type USING expression, by name; none where one has two."""
    found: dict[str, str | None] = {}
    for tokens in statements:
        if [token.folded for token in tokens[:2]] != ["alter", "table"]:
            continue
        for number, token in enumerate(tokens):
            if token.folded == "using" and token.kind is Kind.WORD and (name := _altered(tokens[:number])):
                expression = _until_comma(tokens[number + 1 :])
                found[name] = expression if found.get(name, expression) == expression else None
    return {name: expression for name, expression in found.items() if expression}


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
