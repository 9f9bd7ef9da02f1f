"""What psql is given of a migration, line for line as its files have it. Pure.

Left out: harmless commands to psql, the half that takes the migration back, and what migration_left_out tells.
Everything else is either run or refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dbopt.errors import MigrationFailed
from dbopt.shadow import migration_collations, migration_left_out, migration_words
from dbopt.shadow.migration import Migration
from dbopt.shadow.migration_words import Altered, after, under_new_names
from dbopt.shadow.privileged import Extension
from dbopt.workload.lexer import Token, significant
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


@dataclass(frozen=True)
class Prepared:
    """`text` has the migration's lines. `roles` and `tablespaces` are names that it may mention; without their schemas,
    `filled` are the tables that it makes of a query's rows, `received` those that get rows from elsewhere, `emptied`
    those that it truncates; `expressions` the USING of changed types. `writes` are the places of statements that write
    rows, `left_out` those of statements that are not run, each with the reason.
    """

    text: str
    pieces: tuple[Piece, ...]
    roles: frozenset[str] = frozenset()
    tablespaces: frozenset[str] = frozenset()
    filled: frozenset[str] = frozenset()
    received: frozenset[str] = frozenset()
    emptied: frozenset[str] = frozenset()
    writes: tuple[str, ...] = ()
    expressions: Mapping[Altered, str] = field(default_factory=dict)
    left_out: tuple[tuple[str, str], ...] = ()


def prepared(
    migration: Migration,
    missing_extensions: Iterable[str] = (),
    provided_extensions: Iterable[str] = (),
    locale: str = "C",
) -> Prepared:
    """What to run of a migration, and what to know of it. Extensions that are missing, those that were provided, and
    roles, which will be, are not created; collations of ICU get the locale. Raises MigrationFailed for a command to
    psql that is not harmless, naming the line.
    """
    text = _without_commands(migration, _upward(migration))
    missing, provided = frozenset(missing_extensions), frozenset(provided_extensions)
    created = {made.name for made in created_extensions(migration)}
    pieces, left_out, made_roles = [], [], set()
    for piece in split(text).pieces:
        tokens = significant(piece.text)
        reason = migration_left_out.why(tokens, missing, created)
        if reason is not None:
            left_out.append((migration.place(piece.line), reason))
        elif name := migration_words.created_role(tokens):
            made_roles.add(name)
        elif not ((made := migration_words.extension(tokens)) and made.name in provided):
            pieces.append(piece)
            text = _replaced(text, piece, migration_collations.without_icu(piece.text, locale))
            continue
        text = _replaced(text, piece, _blank(piece.text))
    words = [significant(piece.text) for piece in pieces]
    places = [migration.place(piece.line) for piece in pieces]
    return Prepared(
        text=text,
        pieces=tuple(pieces),
        roles=migration_words.roles(words) | made_roles,
        tablespaces=frozenset(name for tokens in words for name in after(tokens, {"tablespace"})),
        filled=under_new_names(filter(None, map(migration_words.filled, words)), words),
        received=under_new_names(filter(None, map(migration_words.receives, words)), words),
        emptied=under_new_names((name for tokens in words for name in migration_words.emptied(tokens)), words),
        writes=tuple(place for place, tokens in zip(places, words, strict=True) if migration_words.writes(tokens)),
        expressions=migration_words.expressions(words),
        left_out=tuple(left_out),
    )


def mentioned_extensions(migration: Migration) -> frozenset[str]:
    """Names of the extensions that a migration creates or mentions."""
    return frozenset(name for tokens in _words(migration) for name in after(tokens, {"extension"}))


def dropped_extensions(migration: Migration) -> frozenset[str]:
    """Names of the extensions that a migration drops."""
    return frozenset(
        name
        for tokens in _words(migration)
        if [token.folded for token in tokens[:2]] == ["drop", "extension"]
        for name in after(tokens, {"extension"})
    )


def icu_collations(migration: Migration) -> frozenset[str]:
    """Names of the predefined collations of ICU that a migration mentions."""
    return migration_collations.predefined(_words(migration))


def created_extensions(migration: Migration) -> list[Extension]:
    return [made for tokens in _words(migration) if (made := migration_words.extension(tokens))]


def _words(migration: Migration) -> list[list[Token]]:
    return [significant(piece.text) for piece in split(_upward(migration)).pieces]


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


def _replaced(text: str, piece: Piece, new: str) -> str:
    start = text.index(piece.text, _offset(text, piece.line))
    return text[:start] + new + text[start + len(piece.text) :]


def _blank(text: str) -> str:
    return "\n" * text.count("\n")


def _offset(text: str, line: int) -> int:
    position = 0
    for _ in range(line - 1):
        position = text.index("\n", position) + 1
    return position
