"""What docs/ci.md and docs/check.md tell people to do, done, by the programs themselves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.check.test_ci_action import ACTION, ROOT, TEMPLATE, steps
from tests.conftest import SHOP
from tests.output.test_check import SARIF
from tests.servers import Database, Server

INDEX = "CREATE INDEX orders_customer ON orders (customer_id); ANALYZE orders;"


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


[QUERIES] = blocks("ci.md", "sql")


class Repository:
    """A repository with queries and a program `dbopt`. Production is within reach of snapshots only."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self.folder = folder
        for name in ("queries", "migrations", "bin"):
            (folder / name).mkdir()
        program = folder / "bin" / "dbopt"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m dbopt "$@"\n')
        program.chmod(0o755)
        (folder / "queries" / "orders.sql").write_text(QUERIES)
        (folder / "migrations" / "0042_index.sql").write_text("CREATE INDEX orders_status ON orders (status);\n")
        (folder / "migrations" / "0042_drop_index.sql").write_text("DROP INDEX orders_customer;\n")
        self.environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
        self.dsn = dsn

    def run(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        line = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        if "dbopt snapshot" in script:
            environment["DBOPT_DSN"] = self.dsn
        return subprocess.run(
            line, cwd=self.folder, env=self.environment | environment, capture_output=True, text=True, check=False
        )

    def make_slow(self) -> None:
        slow = QUERIES.replace("customer_id =", "customer_id::text =")
        (self.folder / "queries" / "orders.sql").write_text(slow)


@pytest.fixture
def repository(pg18: Server, new_database: Callable[..., Database], tmp_path: Path) -> Repository:
    return Repository(tmp_path, new_database(pg18, SHOP + INDEX).dsn)


def test_the_walk_ends_in_a_red_build_and_a_green_one(repository: Repository) -> None:
    snapshot, baseline, job, accept, migration, statistics = blocks("ci.md", "sh")
    for script in (snapshot, baseline, job, migration):
        done = repository.run(script)
        assert done.returncode == 0, done.stderr
    repository.make_slow()
    red = repository.run(job)
    assert red.returncode == 1
    [shown] = blocks("ci.md", "text")
    sampled = ("  cost", "  rows")  # ANALYZE looks at a sample
    told = [line for line in red.stdout.splitlines()[2:] if not line.startswith(sampled)]
    assert told == [line for line in shown.splitlines() if not line.startswith(sampled)]
    assert "lost-index" in (repository.folder / "dbopt-check.xml").read_text()
    assert repository.run(accept).returncode == 0
    assert repository.run(job).returncode == 0
    (repository.folder / "old.dbsnap").write_bytes((repository.folder / "prod.dbsnap").read_bytes())
    assert repository.run(statistics).returncode == 0


def test_the_page_of_the_gate_says_what_works(repository: Repository) -> None:
    assert repository.run("dbopt snapshot -o prod.dbsnap").returncode == 0
    first, migrations = blocks("check.md", "sh")
    assert repository.run(first).returncode == 0
    for line in migrations.splitlines():
        done = repository.run(line)
        assert (done.returncode, "orders_customer" in done.stdout) == (1, True), done.stderr


def test_the_action_annotates_a_regression(repository: Repository) -> None:
    assert all(repository.run(script).returncode == 0 for script in blocks("ci.md", "sh")[:2])
    repository.make_slow()
    folder = repository.folder
    (folder / "dbopt").mkdir()
    (folder / "dbopt" / "bin").symlink_to(folder / "bin")
    declared = yaml.safe_load(ACTION.read_text("utf-8"))["inputs"]
    given = {"workload": "queries", "snapshot": "prod.dbsnap"}
    values = {name: given.get(name, one.get("default", "")) for name, one in declared.items()}
    step = steps()["Check"]
    inputs = {name: values[re.findall(r"inputs\.([a-z-]+)", text)[0]] for name, text in step["env"].items()}
    places = {name: str(folder / name) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    done = repository.run(step["run"], RUNNER_TEMP=str(folder), **places, **inputs)
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=queries/orders.sql,line=2,title=regression%3A orders_of_customer::")
    assert "1 regression, 1 passed" in (folder / "GITHUB_STEP_SUMMARY").read_text().splitlines()[0]
    SARIF.validate(yaml.safe_load((folder / "dbopt-check" / "dbopt-check.sarif").read_text("utf-8")))


def test_the_job_of_gitlab_fails_on_a_regression(repository: Repository) -> None:
    assert all(repository.run(script).returncode == 0 for script in blocks("ci.md", "sh")[:2])
    job = yaml.safe_load(TEMPLATE.read_text("utf-8"))[".dbopt-check"]
    (repository.folder / ".dbopt").mkdir()
    (repository.folder / ".dbopt" / "bin").symlink_to(repository.folder / "bin")
    assert repository.run("\n".join(job["script"]), **job["variables"]).returncode == 0
    repository.make_slow()
    assert repository.run("\n".join(job["script"]), **job["variables"]).returncode == 1
    assert "lost-index" in (repository.folder / "dbopt-check.xml").read_text()


@pytest.mark.parametrize("text", blocks("ci.md", "yaml"))
def test_the_workflows_fit_the_schema(tmp_path: Path, text: str) -> None:
    path = tmp_path / "workflow.yml"
    path.write_text(text)
    line = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_workflow_gives_only_inputs_that_the_action_has() -> None:
    workflow = yaml.safe_load(blocks("ci.md", "yaml")[0])
    action = yaml.safe_load(ACTION.read_text("utf-8"))
    [step] = [one for one in workflow["jobs"]["plans"]["steps"] if one.get("id") == "plans"]
    assert set(step["with"]) <= set(action["inputs"])
    assert {name for name, one in action["inputs"].items() if one.get("required")} <= set(step["with"])
