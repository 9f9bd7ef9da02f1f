"""What auto_explain writes, in its four formats: the statement and its plan. Pure."""

from __future__ import annotations

import html
import json
import re

_TEXT_QUERY = re.compile(rb"Query Text: ")
_PARAMETERS = re.compile(rb"^Query Parameters: [^\n]*\n", re.MULTILINE)
# the first line of a plan in text format
_FIRST_NODE = re.compile(rb"^[^\n]*  \((?:cost|actual) [^\n]*$|^[^\n]*  \((?:cost|actual)=[^\n]*$", re.MULTILINE)
_JSON_QUERY = re.compile(rb'\s*\{\s*"Query Text": ("(?:[^"\\]|\\.)*")', re.DOTALL)
_XML_QUERY = re.compile(rb"<Query-Text>(.*?)</Query-Text>", re.DOTALL)
_YAML_QUERY = re.compile(rb'\s*Query Text: ("(?:[^"\\]|\\.)*")', re.DOTALL)


def format_of(plan: bytes) -> str:
    """text, json, xml or yaml."""
    stripped = plan.lstrip()
    if stripped.startswith(b"{"):
        return "json"
    if stripped.startswith(b"<"):
        return "xml"
    return "yaml" if re.match(rb"(?:Query [A-Z][a-z]+: .*\n)*\s*Plan: ?\n", stripped) else "text"


def query_of(logged: bytes) -> bytes:
    """The statement that was planned, empty where it is not there."""
    for pattern in (_JSON_QUERY, _YAML_QUERY):
        match = pattern.match(logged)
        if match is not None:
            return _unquoted(match[1])
    if match := _XML_QUERY.search(logged):
        return html.unescape(match[1].decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    return _text_parts(logged)[0]


def plan_of(logged: bytes) -> bytes:
    """The plan without its query: the nodes alone in text format, the whole document in the others."""
    if logged.lstrip()[:1] in (b"{", b"<") or _YAML_QUERY.match(logged):
        return logged
    return _text_parts(logged)[1]


def _text_parts(logged: bytes) -> tuple[bytes, bytes]:
    start = _TEXT_QUERY.match(logged)
    node = _FIRST_NODE.search(logged)
    end = node.start() if node else len(logged)
    query = _PARAMETERS.sub(b"", logged[start.end() : end]) if start else b""
    return query.rstrip(b"\n"), logged[end:]


def _unquoted(text: bytes) -> bytes:
    try:
        value = json.loads(text.decode("utf-8", "surrogateescape"), strict=False)
    except ValueError:
        return text[1:-1]
    return str(value).encode("utf-8", "surrogateescape")
