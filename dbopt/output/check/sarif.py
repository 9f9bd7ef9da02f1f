"""A check as SARIF 2.1.0, for code scanning and editors.

Results carry no baselineState: it would compare with an earlier SARIF file, and dbopt's baseline is none.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from dbopt import __version__
from dbopt.check import catalogue
from dbopt.check.catalogue import Entry
from dbopt.check.model import Check, Checked, Reason
from dbopt.output import markdown
from dbopt.output.check import lines, words
from dbopt.output.texts import cut, line

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"regression": "error", "inconclusive": "warning", "note": "note"}
_PLACE = re.compile(r":\d+$")
Json = dict[str, Any]


def text(check: Check) -> str:
    """One run: what failed, and notes; improvements are nothing to look into."""
    results = list(_results(check))
    rules = _rules({result["ruleId"] for result in results})
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    for result in results:
        result["ruleIndex"] = numbers[result["ruleId"]]
    run = {
        "tool": {"driver": {"name": "dbopt", "semanticVersion": __version__, "rules": rules}},
        "automationDetails": {"id": "dbopt/check/"},
        "invocations": [_invocation(check)],
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The top of the repository."}}},
        "columnKind": "utf16CodeUnits",
        "results": results,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _invocation(check: Check) -> Json:
    """Whether every statement could be judged, and what there is to say of the run as a whole."""
    notifications = [{"level": "warning", "message": {"text": line(remark)}} for remark in check.remarks]
    return {
        "executionSuccessful": not (check.count("error") or check.stale),
        "exitCode": check.exit_code,
        "toolExecutionNotifications": notifications,
    }


# -- rules -------------------------------------------------------------------------------------------------------------


def _rules(found: set[str]) -> list[Json]:
    """All rules of the catalogue, so that an alert's rule does not depend on the run, then those it does not know."""
    known = [one.name for one in catalogue.CATALOGUE]
    return [_rule(catalogue.entry(name)) for name in (*known, *sorted(found.difference(known)))]


def _rule(entry: Entry) -> Json:
    level = {"plan": "note", "stale-statistics": "warning"}.get(entry.name, "error")
    return {
        "id": entry.name,
        "name": "".join(word.capitalize() for word in entry.name.split("-")),
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.meaning},
        "help": {
            "text": f"{entry.meaning} {entry.remedy} See {entry.anchor}.",
            "markdown": f"{entry.meaning}\n\n**What to do:** {entry.remedy}\n\nSee `{entry.anchor}`.",
        },
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["performance", "postgresql", "sql"], "precision": "high"},
    }


# -- results -----------------------------------------------------------------------------------------------------------


def _results(check: Check) -> Iterator[Json]:
    seen: Counter[str] = Counter()
    whole_file = _physical(check.baseline, 1) if check.baseline else None
    for sentence in check.stale:
        message = f"The baseline is stale: {line(sentence)}."
        yield _result("stale-baseline", "error", {"text": message}, whole_file, _fingerprint(sentence))
    for one in check.statements:
        for reason in one.reasons:
            if reason.effect not in _LEVELS:
                continue
            key = f"{reason.rule}\0{_identity(one)}"
            seen[key] += 1
            place = words.place(one)
            physical = _physical(place.path, place.line) if place else whole_file
            fingerprint = _fingerprint(f"{key}\0{seen[key]}")
            yield _result(reason.rule, _level(one, reason), _message(one, reason), physical, fingerprint, one)


def _level(one: Checked, reason: Reason) -> str:
    return "error" if one.verdict == "error" and reason.effect != "note" else _LEVELS[reason.effect]


def _result(
    rule: str, level: str, message: Json, physical: Json | None, fingerprint: str, one: Checked | None = None
) -> Json:
    location: Json = {"physicalLocation": physical} if physical else {}
    if one is not None:
        location["logicalLocations"] = [{"name": words.heading(one)}]
    return {
        "ruleId": rule,
        "level": level,
        "message": message,
        **({"locations": [location]} if location else {}),
        "partialFingerprints": {"dboptStatement/v1": fingerprint},
    }


def _message(one: Checked, reason: Reason) -> Json:
    figures = "".join(f" {figure[:1].upper()}{figure[1:]}." for figure in words.figures(one))
    sentence = f"{words.heading(one)}: {line(reason.message)}.{figures}"
    plan = markdown.fenced("diff", cut("\n".join(lines.diff(one)))) if one.plan_diff else ""
    return {"text": sentence, "markdown": f"{markdown.escaped(sentence)}\n\n{plan}".rstrip()}


def _physical(path: str, line: int) -> Json:
    uri = quote(words.path_in_repository(path))
    absolute = uri.startswith("/")
    artifact = {"uri": f"file://{uri}"} if absolute else {"uri": uri, "uriBaseId": "%SRCROOT%"}
    return {"artifactLocation": artifact, "region": {"startLine": line}}


def _identity(one: Checked) -> str:
    """What stays the same of a statement when lines are inserted above it, costs move and, if it has a name, when its
    text changes. A name that is only its place is none.
    """
    return one.id if one.name is None or _PLACE.search(one.name) else one.name


def _fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]
