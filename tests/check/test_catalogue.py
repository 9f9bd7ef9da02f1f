"""The catalogue of rules knows every rule, and the page describes every entry."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

from dbopt.check import catalogue, rules
from dbopt.check.catalogue import CATALOGUE, Entry

ROOT = Path(__file__).parents[2]
MODULES = [importlib.import_module(f"{rules.__name__}.{one.name}") for one in pkgutil.iter_modules(rules.__path__)]
EACH = pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)


@pytest.mark.parametrize("name", [module.NAME for module in MODULES])
def test_every_rule_is_in_the_catalogue(name: str) -> None:
    assert catalogue.entry(name) in CATALOGUE


@pytest.mark.parametrize("path", sorted((ROOT / "dbopt" / "check").rglob("*.py")), ids=lambda path: path.stem)
def test_every_reason_that_is_given_by_name_is_in_the_catalogue(path: Path) -> None:
    named = re.findall(r'Reason\(\s*"([a-z-]+)"', path.read_text("utf-8"))
    assert set(named) <= {entry.name for entry in CATALOGUE}


@EACH
def test_an_entry_is_a_title_and_sentences(entry: Entry) -> None:
    assert re.fullmatch(r"[A-Z].*[^.]", entry.title)
    assert re.fullmatch(r"[A-Z].*\.", entry.meaning)
    assert re.fullmatch(r"[A-Z`].*\.", entry.remedy)


@EACH
def test_its_anchor_is_a_heading_with_problem_example_and_solution(entry: Entry) -> None:
    path, _, anchor = entry.anchor.partition("#")
    page = (ROOT / path).read_text("utf-8")
    [section] = re.findall(rf"^## {re.escape(anchor)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert entry.title in section
    for part in ("**Problem.**", "**Example.**", "**Solution.**"):
        assert part in section


def test_names_are_stable_identifiers_and_used_once() -> None:
    names = [entry.name for entry in CATALOGUE]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)


def test_the_page_describes_no_rule_that_does_not_exist() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / catalogue.PAGE).read_text("utf-8"), re.MULTILINE)
    assert headings == [entry.name for entry in CATALOGUE]


def test_a_rule_that_is_not_known_is_called_by_its_name() -> None:
    assert catalogue.entry("brand-new").title == "brand-new"
