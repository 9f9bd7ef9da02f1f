"""A check as JUnit's XML, as Jenkins, GitLab and others read it: a test case per statement."""

from __future__ import annotations

from pathlib import PurePosixPath
from xml.etree import ElementTree as ET

from dbopt.check.model import Check, Checked
from dbopt.output.check import lines, words
from dbopt.output.texts import clean, cut, line

_ELEMENTS = {"regression": "failure", "error": "error", "inconclusive": "skipped"}
"""An inconclusive statement is neither good nor bad; as skipped it is not taken for a pass."""


def text(check: Check) -> str:
    """One suite. A stale baseline is a test case of its own, an error."""
    stale = len(check.stale)
    suite = ET.Element(
        "testsuite",
        name="dbopt check",
        tests=str(len(check.statements) + stale),
        failures=str(check.count("regression")),
        errors=str(check.count("error") + stale),
        skipped=str(check.count("inconclusive")),
        time="0",
    )
    for sentence in check.stale:
        _stale(suite, check.baseline or "baseline", sentence)
    for one in check.statements:
        _case(suite, one)
    _text(suite, "system-out", [words.origin(check), *words.warnings(check), words.summary(check)])
    ET.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suite, "unicode") + "\n"


def _stale(suite: ET.Element, baseline: str, sentence: str) -> None:
    name = f"the baseline fits: {line(sentence)}"
    case = ET.SubElement(suite, "testcase", classname="dbopt.baseline", name=name, time="0")
    error = ET.SubElement(case, "error", type="stale-baseline", message=line(sentence))
    error.text = f"{line(baseline)}: {line(sentence)}"


def _case(suite: ET.Element, one: Checked) -> None:
    place = words.place(one)
    where = {"file": place.path, "line": str(place.line)} if place else {}
    classname = _classname(place.path) if place else "dbopt.check"
    attributes = {"classname": classname, "name": words.heading(one), "time": "0", **where}
    case = ET.SubElement(suite, "testcase", attributes)
    _, *body = lines.statement(one)
    if one.verdict in _ELEMENTS:
        message = "; ".join(line(reason.message) for reason in one.reasons if reason.effect in words.FAILING)
        rule = one.reasons[0].rule if one.reasons else one.verdict
        element = ET.SubElement(case, _ELEMENTS[one.verdict], type=rule, message=message or one.verdict)
        element.text = "\n".join([*body, *(["", cut(clean(one.sql))] if one.sql else [])])
    elif one.verdict != "pass" or one.reasons:
        _text(case, "system-out", [one.verdict, *body])


def _classname(path: str) -> str:
    """The file as a class in a package: queries/orders.sql is queries.orders."""
    folders, file = PurePosixPath(path).parent.parts, PurePosixPath(path).stem
    return ".".join(part for part in (*folders, file) if part not in ("/", "..", "")) or "dbopt.check"


def _text(parent: ET.Element, name: str, content: list[str]) -> None:
    ET.SubElement(parent, name).text = "\n".join(content)
