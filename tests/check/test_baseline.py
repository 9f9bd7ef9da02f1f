"""Reading a baseline: a damaged one is refused, for what is compared with it would pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dbopt import documents
from dbopt.check.baseline import Baseline, Expected, Planner
from dbopt.check.facts import Read
from dbopt.check.gate import load_baseline
from dbopt.errors import CorruptDocument
from tests.check.plans import made, table

ORDERS = Read("public.orders", "Seq Scan")
SOUND = Baseline(
    Planner(18, "15.4"),
    (table("public.orders"),),
    (
        Expected("0" * 16, "all", ("SELECT * FROM orders",), None, (made(9000, ORDERS),)),
        Expected("1" * 16, "one", ("SELECT 1",), None, (made(0.01),)),
        Expected("2" * 16, "gone", ("SELECT * FROM gone",), 'relation "gone" does not exist'),
    ),
)


def loaded(folder: Path, baseline: Baseline, damage: Callable[[Any], object] = lambda _: None) -> Baseline:
    document = documents.as_json(baseline)
    damage(document)
    path = folder / "baseline.json"
    path.write_text(json.dumps(document), "utf-8")
    return load_baseline(path)


def plan(document: Any) -> Any:
    """The first plan of the first statement."""
    return document["statements"][0]["plans"][0]


@pytest.mark.parametrize("version", ["15.4", "14.11 (Debian 14.11-1)", "19beta1"])
def test_a_sound_baseline_is_read_as_it_was_written(tmp_path: Path, version: str) -> None:
    whole = replace(SOUND, planner=Planner(18, version))
    assert loaded(tmp_path, whole) == whole
    assert whole.planner.source_major == int(version[:2])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda d: d["statements"][0].update(plans=[]), "all: there is neither"),
        (lambda d: d["statements"][0].pop("plans"), "all: there is neither"),
        (lambda d: d["statements"][0].update(error="gone"), "all: there are both"),
        (lambda d: plan(d).update(sets=0), "all: a plan of 0 parameter sets"),
        (lambda d: plan(d).update(sets=-1), "all: a plan of -1 parameter sets"),
        (lambda d: plan(d).update(estimates={}), 'all: a plan without an estimate of its "result"'),
        (lambda d: plan(d).update(cost=-5), "all: a plan with a cost"),
        (lambda d: plan(d)["estimates"].update(result=-5), "all: a plan with a cost or an estimate"),
        (lambda d: d.update(statements=[]), "no statement"),
        (lambda d: d.update(tables=[]), "all reads public.orders, which is not among"),
        (lambda d: d["tables"][0].update(name="public.others"), "all reads public.orders, which is not among"),
        (lambda d: d["tables"][0].update(rows=-1), "public.orders has sizes below zero"),
        (lambda d: d["planner"].update(source_version=""), "no version: ''"),
        (lambda d: d["planner"].update(source_version="latest"), "no version: 'latest'"),
    ],
)
def test_a_damaged_baseline_is_refused(tmp_path: Path, damage: Callable[[Any], object], words: str) -> None:
    with pytest.raises(CorruptDocument, match="is damaged") as refused:
        loaded(tmp_path, SOUND, damage)
    assert "baseline.json" in refused.value.message
    assert words in refused.value.message
    assert "`dbopt check ... --update`" in str(refused.value.hint)
