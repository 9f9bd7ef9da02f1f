"""Which statement a text in the log is, found fast: millions of texts have a few hundred fingerprints. Pure.

A fingerprint takes a millisecond, so texts are looked up first by a cheap shape: the text with `?` for its literals.
Equal shapes have equal fingerprints; the reverse need not hold. Caches are bounded, so that memory depends on neither
the length of the log nor on how many texts there are.
"""

from __future__ import annotations

import re

from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.script import split

Ids = tuple[str, ...]
"""The fingerprints of the statements in one text: more than one where a client sends several at once."""

_MOST = 20_000
_MOST_BYTES = 1 << 24
_LONGEST = 10_000  # bytes of a text that is worth keeping
_REST = rb"\d*+(?:\.\d*+)?+(?:[eE][+-]?\d++)?+(?![\w$.\x80-\xff])"
_NUMBER = rb"(?<![\w$.\x80-\xff])\d" + _REST
# A class of characters at the start lets the search leap from one to the next. Names in double quotes keep what is
# between them; a mark behind each is harmless, it is always there.
_LITERAL = re.compile(rb"['\d](?:(?<=')[^']*'(?:'[^']*')*|(?<=\d)(?<![\w$.\x80-\xff]\d)" + _REST + rb")")
_LITERAL_OR_NAME = re.compile(
    rb"""["'\d](?:(?<=')[^']*'(?:'[^']*')*|(?<=\d)(?<![\w$.\x80-\xff]\d)""" + _REST + rb"""|(?<=")([^"]*)")"""
)
_DOLLAR = re.compile(rb"\$[A-Za-z_$\x80-\xff]")
_WHOLE = (  # what may hold marks of the others
    rb"""(?P<string>'(?:[^']|'')*'?)|(?P<quoted>"[^"]*"?)|(?P<line>--[^\n]*)|(?P<block>/\*)|(?P<meta>\\[^\n]*)"""
    rb"""|(?<![\w$\x80-\xff])(?:(?P<escape>[eE]'(?:[^'\\]|\\.|'')*'?)"""
    rb"""|(?P<dollar>\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$))"""
)
_COMMENT = re.compile(rb"""(?=['"\\$eE/-])(?:""" + _WHOLE + rb")", re.DOTALL)
_TOKEN = re.compile(_WHOLE + rb"|(?P<number>" + _NUMBER + rb")", re.DOTALL)
_RUNS_ON = re.compile(rb"(?<![\w$\x80-\xff\"])\d[\w.]*[eEbBxXnNuU&]['\"]|\$\w*[eEuU]&?['\"]")
_EDGE = re.compile(rb"/\*|\*/")
_POSITION = re.compile(rb"\bby\b.*?(?:,|\bby)\s*\.?\d[\w.]*\s*(?=[,);]|\Z|[a-z_\x80-\xff])|\bby\s*\.?\d", re.DOTALL)
_POSITIONED = re.compile(
    rb"""(?:,|\b[bB][yY]\b)\s*\.?\d[\w.]*(?=\s*(?:[,);A-Za-z_\x80-\xff]|\Z))|'[^']*'(?:'[^']*')*|"[^"]*"|""" + _NUMBER
)
_LIST = re.compile(rb"\b([iI][nN]\s*\()\s*\?(?:\s*,\s*\?)+\s*\)")
_SEVERAL = re.compile(rb";\s*[^\s;]")

_texts: dict[bytes, Ids] = {}
_shapes: dict[bytes, Ids] = {}
_sizes: dict[int, int] = {}  # bytes in each of them


def ids_of(text: bytes) -> Ids:
    """The fingerprints of the statements in this text."""
    known = _texts.get(text)
    if known is not None:
        return known
    shape = shape_of(text)
    found = _shapes.get(shape)
    if found is None:
        found = tuple(fingerprint(piece) for piece in pieces(text))
        _keep(_shapes, shape, found)
    if shape == text:  # it has parameters, and comes again; one with literals seldom does
        _keep(_texts, text, found)
    return found


def pieces(text: bytes) -> list[str]:
    """The statements of a text, one where it cannot be cut."""
    decoded = text.decode("utf-8", "replace")
    if _SEVERAL.search(text) is None:
        return [decoded]
    return [piece.text for piece in split(decoded).pieces] or [decoded]


def shape_of(text: bytes) -> bytes:
    """The text without its literals and comments."""
    if b"--" in text or b"/*" in text:
        text = _rewritten(text, literals=False)
    lowered = text.lower()
    if b"by" in lowered and _POSITION.search(lowered) is not None:
        return text if _is_tricky(text) else _POSITIONED.sub(_but_positions, text)
    if _is_tricky(text):
        shape = _rewritten(text, literals=True)
    else:
        shape = _LITERAL_OR_NAME.sub(rb'"\1"?', text) if b'"' in text else _LITERAL.sub(b"?", text)
    return _LIST.sub(rb"\1?)", shape) if b"in" in lowered and b"?" in shape else shape


def _but_positions(match: re.Match[bytes]) -> bytes:
    """A number behind a comma or BY may be a position in ORDER BY, which counts: it stays as it is."""
    found = match[0]
    return found if found[:1] not in b"'\"0123456789" else found + b"?" if found[:1] == b'"' else b"?"


def _is_tricky(text: bytes) -> bool:
    """Whether literals and comments can only be told by reading token after token."""
    if b"\\" in text or b"&'" in text or b'&"' in text or b"--" in text or b"/*" in text:
        return True
    if text.count(b"'") % 2 or text.count(b'"') % 2:
        return True
    return b"$" in text and _DOLLAR.search(text) is not None


def _rewritten(text: bytes, *, literals: bool) -> bytes:
    """Without comments, and if wanted with `?` for literals, read by PostgreSQL's rules, token by token; as it is where
    a number runs into what follows.
    """
    if _RUNS_ON.search(text) is not None:
        return text
    parts: list[bytes] = []
    position = 0
    search = (_TOKEN if literals else _COMMENT).search
    while match := search(text, position):
        kind, start = match.lastgroup, match.start()
        parts.append(text[position:start])
        position = match.end()
        if kind == "block":
            position = _end_of_comment(text, position)
        elif kind == "dollar":
            closing = text.find(match["dollar"], position)
            position = len(text) if closing < 0 else closing + len(match["dollar"])
        if kind in ("line", "block"):
            parts.append(b" ")
        elif kind == "meta" or not literals:
            parts.append(text[start:position])
        else:
            parts.append(text[start:position] + b"?" if kind == "quoted" else b"?")
    return b"".join([*parts, text[position:]])


def _end_of_comment(text: bytes, position: int) -> int:
    depth = 1
    for edge in _EDGE.finditer(text, position):
        depth += 1 if edge[0] == b"/*" else -1
        if depth == 0:
            return edge.end()
    return len(text)


def _keep(cache: dict[bytes, Ids], key: bytes, found: Ids) -> None:
    if len(key) > _LONGEST:
        return
    _sizes[id(cache)] = _sizes.get(id(cache), 0) + len(key)
    if len(cache) >= _MOST or _sizes[id(cache)] > _MOST_BYTES:
        cache.clear()
        _sizes[id(cache)] = len(key)
    cache[key] = found
