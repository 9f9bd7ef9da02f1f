"""The GitHub action and the GitLab template: their structure, and their scripts, run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github" / "actions" / "check" / "action.yml"
TEMPLATE = ROOT / "docs" / "ci" / "gitlab.yml"
FORMS = {"sarif": "sarif", "junit": "xml", "markdown": "md", "json": "json"}

# A stand-in for the installed program where the script around it is tested: it notes its arguments, writes the files
# that -o names, and ends as it is told. The program itself is run in the tests of the page.
STAND_IN = """#!/bin/sh
printf '%s\\n' "$@" > "$NOTED"
for argument do
    case $argument in
        --output=*) echo "a report" > "${argument#--output=}" ;;
        *.xml | *.md | *.json) case $last in -o) echo "a report" > "$argument" ;; esac ;;
    esac
    last=$argument
done
echo "a line of the log"
exit "${CODE:-0}"
"""


def parsed(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text("utf-8")))


def steps() -> dict[str, dict[str, Any]]:
    """The steps of the action that run a script."""
    return {step["name"]: step for step in parsed(ACTION)["runs"]["steps"] if "run" in step}


class Runner:
    """A machine with what GitHub's runner gives a step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / "work tree"
        self.work.mkdir()
        program = folder / "dbopt" / "bin" / "dbopt"
        program.parent.mkdir(parents=True)
        program.write_text(STAND_IN)
        program.chmod(0o755)
        for name in ("summary", "output"):
            (folder / name).touch()

    def run(self, code: int = 0, **inputs: str) -> subprocess.CompletedProcess[str]:
        """The step "Check" with these inputs, the others at their defaults."""
        step = steps()["Check"]
        declared = parsed(ACTION)["inputs"]
        values = {name: inputs.get(name.replace("-", "_"), one.get("default", "")) for name, one in declared.items()}
        environment = {
            name: re.sub(r"^\$\{\{ inputs\.([a-z-]+) \}\}$", lambda found: values[found[1]], text)
            for name, text in step["env"].items()
        }
        return self.bash(step["run"], code, **environment)

    def bash(self, script: str, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        path = self.folder / "script.sh"
        path.write_text(script)
        given = {
            "PATH": os.environ["PATH"],
            "RUNNER_TEMP": str(self.folder),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "NOTED": str(self.folder / "noted"),
            "CODE": str(code),
        }
        line = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(path)]
        return subprocess.run(line, cwd=self.work, env=given | environment, capture_output=True, text=True, check=False)

    @property
    def arguments(self) -> list[str]:
        return (self.folder / "noted").read_text().splitlines()

    @property
    def outputs(self) -> dict[str, str]:
        lines = (self.folder / "output").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


# -- structure --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("schema", "path"), [("github-actions", ACTION), ("gitlab-ci", TEMPLATE)])
def test_it_fits_the_schema(schema: str, path: Path) -> None:
    line = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_script_holds_an_expression() -> None:
    assert [name for name, step in steps().items() if "${{" in step["run"]] == []


def test_every_input_is_used_and_described() -> None:
    action = parsed(ACTION)
    used = set(re.findall(r"\$\{\{ inputs\.([a-z-]+) \}\}", ACTION.read_text("utf-8")))
    assert used == set(action["inputs"])
    assert all(one["description"].endswith(".") for one in (*action["inputs"].values(), *action["outputs"].values()))


@pytest.mark.parametrize("path", [ACTION, TEMPLATE], ids=["action", "template"])
def test_it_uses_no_option_that_check_does_not_have(path: Path) -> None:
    line = [sys.executable, "-m", "dbopt", "check", "--help"]
    known = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    used = set(re.findall(r"--[a-z-]+(?==)", path.read_text("utf-8")))
    assert len(used) >= 4
    assert {option for option in used if f"{option} " not in known} == set()


# -- the action -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [0, 1, 3, 4])
def test_the_exit_code_is_that_of_the_check_and_the_files_are_there_all_the_same(runner: Runner, code: int) -> None:
    done = runner.run(code, workload="queries")
    assert done.returncode == code, done.stderr
    assert done.stdout == "a line of the log\n"
    files = {form: f"dbopt-check/dbopt-check.{suffix}" for form, suffix in FORMS.items()}
    assert runner.outputs == {"exit-code": str(code), **files}
    assert all((runner.work / file).read_text() == "a report\n" for file in files.values())
    assert (runner.folder / "summary").read_text() == "a report\n"


def test_only_what_was_given_is_passed_on(runner: Runner) -> None:
    runner.run(workload="queries", formats="")
    assert runner.arguments == [
        "check",
        "--baseline=dbopt-baseline.json",
        "--tolerance=10%",
        f"--output={runner.folder}/dbopt-check.md",
        f"--output={runner.folder}/dbopt-check.json",
        "--format=github",
        "--",
        "queries",
    ]


def test_all_inputs_are_passed_on(runner: Runner) -> None:
    runner.run(
        workload="a.sql",
        baseline="b.json",
        snapshot="p.dbsnap",
        migration="1.sql\n2 3.sql\n",
        tolerance="25%",
        ignore="report_*\n\nold",
        formats="junit",
        output_directory="out put",
        annotations="false",
        summary="false",
    )
    assert set(runner.arguments) == {
        "check",
        "--baseline=b.json",
        "--snapshot=p.dbsnap",
        "--migration=1.sql",
        "--migration=2 3.sql",
        "--tolerance=25%",
        "--ignore=report_*",
        "--ignore=old",
        f"--output={runner.folder}/dbopt-check.md",
        f"--output={runner.folder}/dbopt-check.json",
        "--output=out put/dbopt-check.xml",
        "--format=table",
        "--",
        "a.sql",
    }
    assert runner.outputs == {"exit-code": "0", "junit": "out put/dbopt-check.xml"}
    assert (runner.folder / "summary").read_text() == ""


@pytest.mark.parametrize(
    "text", ["$(touch pwned)", "`touch pwned`", "x; touch pwned", '"; touch pwned; "', "a[$(touch pwned)]"]
)
def test_no_input_becomes_code(runner: Runner, text: str) -> None:
    declared = [name.replace("-", "_") for name in parsed(ACTION)["inputs"]]
    for name in declared:
        runner.run(0, **({"workload": "queries"} | {name: text}))
    assert list(runner.work.rglob("pwned")) == []


def test_an_option_in_place_of_the_workload_is_none(runner: Runner) -> None:
    runner.run(workload="--update")
    assert runner.arguments[-2:] == ["--", "--update"]


def test_a_format_that_does_not_exist_is_refused(runner: Runner) -> None:
    done = runner.run(workload="queries", formats="sarif html")
    assert done.returncode == 2
    assert done.stdout.startswith("::error ")


def test_a_file_of_an_earlier_run_is_not_taken_for_this_one(runner: Runner) -> None:
    runner.run(workload="queries")
    (runner.folder / "dbopt" / "bin" / "dbopt").write_text("#!/bin/sh\nexit 3\n")
    (runner.folder / "output").write_text("")
    assert runner.run(workload="queries").returncode == 3
    assert runner.outputs == {"exit-code": "3"}
    assert list((runner.work / "dbopt-check").iterdir()) == []


def test_the_version_that_comes_with_the_action_is_installed_unless_another_is_named(runner: Runner) -> None:
    python = runner.folder / "python"
    python.write_text(f'#!/bin/sh\nmkdir -p "$3/bin"; ln -sf "{runner.folder}/pip" "$3/bin/python"\n')
    (runner.folder / "pip").write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$NOTED"\n')
    for program in (python, runner.folder / "pip"):
        program.chmod(0o755)
    path = f"{runner.folder}:{os.environ['PATH']}"
    script = steps()["Install dbopt"]["run"]
    assert runner.bash(script, PATH=path, VERSION="", SOURCE="/action/../../..").returncode == 0
    assert runner.arguments[-1] == "/action/../../.."
    assert runner.bash(script, PATH=path, VERSION="1.2.3", SOURCE="/action/../../..").returncode == 0
    assert runner.arguments[-1] == "dbopt==1.2.3"


def test_the_action_lies_three_folders_below_what_it_installs() -> None:
    assert (ACTION.parent / ".." / ".." / ".." / "pyproject.toml").exists()


# -- the template -----------------------------------------------------------------------------------------------------


def gitlab(runner: Runner, code: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
    """The script of the job, its lines in one shell as GitLab runs them."""
    job = parsed(TEMPLATE)[".dbopt-check"]
    (runner.work / ".dbopt").symlink_to(runner.folder / "dbopt")
    return runner.bash("\n".join(job["script"]), code, **{**job["variables"], **variables})


@pytest.mark.parametrize("code", [0, 1, 3, 4])
def test_the_job_ends_as_the_check_does(runner: Runner, code: int) -> None:
    done = gitlab(runner, code, CHECK_WORKLOAD="my queries", CHECK_MIGRATION="up.sql")
    assert (done.returncode, done.stdout) == (code, "a line of the log\n")
    assert runner.arguments == [
        "check",
        "--baseline=dbopt-baseline.json",
        "--tolerance=10%",
        "--snapshot=prod.dbsnap",
        "--migration=up.sql",
        "--format=table",
        "-o",
        "dbopt-check.xml",
        "-o",
        "dbopt-check.md",
        "-o",
        "dbopt-check.json",
        "--",
        "my queries",
    ]


def test_the_job_keeps_what_the_check_writes(runner: Runner) -> None:
    gitlab(runner, 1)
    artifacts = parsed(TEMPLATE)[".dbopt-check"]["artifacts"]
    assert artifacts["when"] == "always"
    kept = [*artifacts["paths"], artifacts["reports"]["junit"]]
    assert all((runner.work / path).exists() for path in kept)


def test_its_variables_mean_nothing_to_dbopt_itself() -> None:
    own = {"DBOPT_DSN", "DBOPT_DB", "DBOPT_CONFIG", "DBOPT_FORMAT"}
    assert own.isdisjoint(parsed(TEMPLATE)[".dbopt-check"]["variables"])
