"""pg_stat_statements replaces every constant by `$n`, also where PostgreSQL's grammar wants a constant: such text does
not even parse. Here it is mended so that it plans. Pure.

- `interval $1`, `date $1`, `timestamp(3) with time zone $1`, `mood $1` become `$1::interval` and so on;
- `$1 UESCAPE '!'` becomes `$1`;
- `extract($1 from x)` becomes `pg_catalog."extract"($1, x)`;
- `a = ANY (ARRAY[$1])` becomes `a IN ($1)`, and `a <> ALL (ARRAY[$1])` becomes `a NOT IN ($1)`: an array of parameters
  alone is one of texts, while in a list each takes the type of what it is compared with;
- constants that GROUP BY still shows are put back (dbopt.workload.groups).
"""

from __future__ import annotations

from dbopt import resources
from dbopt.workload.groups import with_constants
from dbopt.workload.lexer import Kind, Token, tokens

_TYPES_WORDS = """
    interval date time timestamp timetz timestamptz numeric decimal dec real float float4 float8 int int2 int4 int8
    integer smallint bigint boolean bool text varchar char character bpchar name bytea bit varbit uuid json jsonb
    jsonpath inet cidr macaddr macaddr8 xml money oid regclass regproc regprocedure regtype regrole regnamespace
    tsvector tsquery point line lseg box path polygon circle pg_lsn int4range int8range numrange tsrange tstzrange
    daterange int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange hstore citext
    ltree lquery geometry geography vector"""
_TYPES = frozenset(_TYPES_WORDS.split())
# types of several words, longest first
_LONG_TYPES = (
    ("timestamp", "with", "time", "zone"),
    ("timestamp", "without", "time", "zone"),
    ("time", "with", "time", "zone"),
    ("time", "without", "time", "zone"),
    ("national", "character", "varying"),
    ("double", "precision"),
    ("character", "varying"),
    ("char", "varying"),
    ("bit", "varying"),
    ("national", "character"),
)
_FIELDS = frozenset(("year", "month", "day", "hour", "minute", "second"))
_SILENT = (Kind.SPACE, Kind.COMMENT)


def mended(sql: str, *, literals: bool = False) -> str:
    """The statement so that it plans. With `literals`, `type 'x'` and `extract(day from x)` are turned round as well:
    the form in which a text with constants and a normalised one are alike.
    """
    kinds = (Kind.PARAMETER, Kind.STRING) if literals else (Kind.PARAMETER,)
    found = list(tokens(sql if literals else with_constants(sql)))
    words = [number for number, token in enumerate(found) if token.kind not in _SILENT]
    texts = [token.text for token in found]
    for place, number in enumerate(words):
        if found[number].kind is Kind.PARAMETER:
            _drop_escape(found, words, place, texts)
        if found[number].kind in kinds:
            _mend_typed(found, words, place, texts)
        elif found[number].folded == "extract":
            _mend_extract(found, words, place, texts, kinds)
        elif found[number].folded in ("any", "some", "all"):
            _mend_array(found, words, place, texts, literals=literals)
    return "".join(texts)


def _drop_escape(found: list[Token], words: list[int], place: int, texts: list[str]) -> None:
    """value UESCAPE 'x' -> value"""
    following = [found[number] for number in words[place + 1 : place + 3]]
    if len(following) == 2 and following[0].folded == "uescape" and following[1].kind is Kind.STRING:
        for number in range(words[place] + 1, words[place + 2] + 1):
            texts[number] = ""


def _mend_typed(found: list[Token], words: list[int], place: int, texts: list[str]) -> None:
    """type [(n)] value [fields] -> value::type"""
    start = _start_of_type(found, words, place)
    if start is None:
        return
    end = _end_of_fields(found, words, place) if found[words[start]].folded == "interval" else place
    name = " ".join(found[number].text for number in words[start:place])
    fields = " ".join(found[number].text for number in words[place + 1 : end + 1])
    value = found[words[place]].text
    for number in range(words[start], words[end] + 1):
        texts[number] = ""
    texts[words[start]] = f"{value}::{_compact(name)}" + (f" {fields}" if fields else "")


def _compact(name: str) -> str:
    for spaced, compact in ((" . ", "."), (" ( ", "("), (" )", ")"), (" , ", ",")):
        name = name.replace(spaced, compact)
    return name


def _start_of_type(found: list[Token], words: list[int], place: int) -> int | None:
    """Where the name of a type begins that stands right before this token; None where there is none."""
    last = place - 1
    if last < 0 or not (_is_name(found[words[last]]) or found[words[last]].text == ")"):
        return None
    if found[words[last]].text == ")":
        last = _before_parenthesis(found, words, last)
    folded = [found[words[number]].folded for number in range(max(0, last - 3), last + 1)]
    for long_type in _LONG_TYPES:
        plain = _without_precision(found, words, place - 1, len(long_type))
        if plain is not None and plain[1] == long_type:
            return plain[0]
    if not folded:
        return None
    if last >= 1 and found[words[last - 1]].text == "." and last >= 2:
        return last - 2 if _is_name(found[words[last]]) and _is_name(found[words[last - 2]]) else None
    is_own = last > 0 and _is_no_keyword(found[words[last]])
    return last if folded[-1] in _TYPES or is_own else None


def _is_no_keyword(token: Token) -> bool:
    """Whether it is a name that in front of a value can only be that of a type."""
    return token.kind is Kind.QUOTED or (token.kind is Kind.WORD and token.folded not in resources.all_keywords())


def _is_name(token: Token) -> bool:
    return token.kind in (Kind.WORD, Kind.QUOTED)


def _before_parenthesis(found: list[Token], words: list[int], place: int) -> int:
    """The token before `(n)` or `(n, m)`; -1 where the parentheses hold anything else."""
    number = place - 1
    while number >= 0 and (found[words[number]].kind is Kind.NUMBER or found[words[number]].text == ","):
        number -= 1
    return number - 1 if number >= 1 and found[words[number]].text == "(" else -1


def _without_precision(
    found: list[Token], words: list[int], last: int, length: int
) -> tuple[int, tuple[str, ...]] | None:
    """The `length` words that end at `last`, a precision in parentheses among them left out, and where they start."""
    collected: list[str] = []
    number = last
    while number >= 0 and len(collected) < length:
        if found[words[number]].text == ")":
            number = _before_parenthesis(found, words, number)
            continue
        collected.append(found[words[number]].folded)
        number -= 1
    return (number + 1, tuple(reversed(collected))) if len(collected) == length else None


def _end_of_fields(found: list[Token], words: list[int], place: int) -> int:
    """The last token of `day to second (3)` behind an interval's value."""
    end = place
    following = [found[number].folded for number in words[place + 1 : place + 4]]
    if following and following[0] in _FIELDS:
        end += 1
        if len(following) == 3 and following[1] == "to" and following[2] in _FIELDS:
            end += 2
    return end


def _mend_extract(found: list[Token], words: list[int], place: int, texts: list[str], kinds: tuple[Kind, ...]) -> None:
    """extract ( value from x ) -> pg_catalog."extract" ( value , x ); a field may be written as a word, too"""
    folded = [found[number].folded for number in words[place : place + 4]]
    if len(folded) < 4 or folded[1] != "(" or folded[3] != "from":
        return
    field = found[words[place + 2]]
    if field.kind in kinds or (Kind.STRING in kinds and field.kind is Kind.WORD):
        texts[words[place]] = 'pg_catalog."extract"'
        texts[words[place + 2]] = f"'{field.text}'" if field.kind is Kind.WORD else field.text
        texts[words[place + 3]] = ","


def _mend_array(found: list[Token], words: list[int], place: int, texts: list[str], *, literals: bool) -> None:
    """= any ( array [ value , ... ] ) -> in ( value , ... ); <> all (...) -> not in (...)"""
    before = found[words[place - 1]].text if place else ""
    is_all = found[words[place]].folded == "all"
    following = [found[number].folded for number in words[place + 1 : place + 4]]
    if following != ["(", "array", "["] or before not in (("<>", "!=") if is_all else ("=",)):
        return
    end = place + 4
    while end < len(words) and _is_element(found[words[end]], literals=literals):
        end += 1
    closing = [found[number].text for number in words[end : end + 2]]
    if end == place + 4 or closing != ["]", ")"]:
        return
    texts[words[place - 1]] = ("" if found[words[place - 1] - 1].kind is Kind.SPACE else " ") + (
        "NOT IN" if is_all else "IN"
    )
    for number in (*range(words[place - 1] + 1, words[place + 1]), *words[place + 2 : place + 4], words[end]):
        texts[number] = ""
    texts[words[place + 1]] = " ("


def _is_element(token: Token, *, literals: bool) -> bool:
    """A value, or what stands between values."""
    is_literal = token.kind in (Kind.STRING, Kind.NUMBER) or token.folded in ("true", "false", "null")
    is_value = token.kind is Kind.PARAMETER or (literals and is_literal)
    return is_value or token.text == "," or (literals and token.text == "-")
