"""What auto_explain writes, in its four formats: the statement and its plan. Pure."""

from __future__ import annotations

import html
import json
import re

_TEXT_QUERY = re.compile(rb"Query Text: ")
_VALUE = rb"(?:NULL|'(?:[^']|'')*+')"
_PARAMETERS = re.compile(rb"\nQuery Parameters: (\$1 = %s(?:, \$\d+ = %s)*+)\n" % (_VALUE, _VALUE))
# the first line of a plan in text format
_FIRST_NODE = re.compile(rb"^[^\n]*  \((?:cost|actual) [^\n]*$|^[^\n]*  \((?:cost|actual)=[^\n]*$", re.MULTILINE)
_STRING = rb'("(?:[^"\\]|\\.)*+")'
_JSON_QUERY = re.compile(rb'\s*\{\s*"Query Text": %s(?:,\s*"Query Parameters": %s)?' % (_STRING, _STRING), re.DOTALL)
_XML_QUERY = re.compile(rb"<Query-Text>(.*?)</Query-Text>(?:\s*<Query-Parameters>(.*?)</Query-Parameters>)?", re.DOTALL)
_YAML_QUERY = re.compile(rb"\s*Query Text: %s(?:\s*Query Parameters: %s)?" % (_STRING, _STRING), re.DOTALL)


# a context that is the client's own, in any language: `unnamed portal with parameters: $1 = 'x'`
_OWN_CONTEXT = re.compile(rb'[^\n"$]*(?:"[^\n"]*"[^\n"$]*)?\$1 = (?:NULL|\')')


def is_nested(context: bytes) -> bool:
    """Whether an entry with this context is of a statement that a function ran."""
    return bool(context) and _OWN_CONTEXT.match(context) is None


def format_of(plan: bytes) -> str:
    """text, json, xml or yaml."""
    stripped = plan.lstrip()
    if stripped.startswith(b"{"):
        return "json"
    if stripped.startswith(b"<"):
        return "xml"
    return "yaml" if re.match(rb"(?:Query [A-Z][a-z]+: .*\n)*\s*Plan: ?\n", stripped) else "text"


def query_of(logged: bytes) -> tuple[bytes, bytes]:
    """The statement that was planned, empty where it is not there, and its parameters as a DETAIL shows them, empty
    where there are none; PostgreSQL 16 and later write them.
    """
    text, parameters = _query_of(logged)
    return text, b"parameters: " + parameters if parameters else b""


def _query_of(logged: bytes) -> tuple[bytes, bytes]:
    for pattern in (_JSON_QUERY, _YAML_QUERY):
        match = pattern.match(logged)
        if match is not None:
            return _unquoted(match[1]), _unquoted(match[2]) if match[2] else b""
    if match := _XML_QUERY.search(logged):
        return _unescaped(match[1]), _unescaped(match[2] or b"")
    return _text_parts(logged)[:2]


def plan_of(logged: bytes) -> bytes:
    """The plan without its query: the nodes alone in text format, the whole document in the others."""
    if logged.lstrip()[:1] in (b"{", b"<") or _YAML_QUERY.match(logged):
        return logged
    return _text_parts(logged)[2]


def _text_parts(logged: bytes) -> tuple[bytes, bytes, bytes]:
    """The statement, the parameters, whose values may have lines like those of a plan, and the nodes."""
    start = _TEXT_QUERY.match(logged)
    query = start.end() if start else 0
    if start and (parameters := _PARAMETERS.search(logged)):
        return logged[query : parameters.start()].rstrip(b"\n"), parameters[1], logged[parameters.end() :]
    node = _FIRST_NODE.search(logged)
    end = node.start() if node else len(logged)
    return logged[query:end].rstrip(b"\n") if start else b"", b"", logged[end:]


def _unescaped(text: bytes) -> bytes:
    return html.unescape(text.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _unquoted(text: bytes) -> bytes:
    try:
        value = json.loads(text.decode("utf-8", "surrogateescape"), strict=False)
    except ValueError:
        return text[1:-1]
    return str(value).encode("utf-8", "surrogateescape")
