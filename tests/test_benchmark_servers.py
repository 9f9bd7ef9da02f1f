"""The servers of the benchmarks end with them."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

STARTED = """
from tests.benchmarks.servers import {name}
import time
with {name}() as server:
    print(server.conninfo.split("host=")[1].split()[0], flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("name", ["embedded_18", "debian_15"])
def test_a_server_is_stopped_with_the_benchmark_that_is_told_to_end(name: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTED.format(name=name)], stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        directory = Path(program.stdout.readline().strip())
        assert (directory / "data" / "postmaster.pid").exists()
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=60)
    assert program.returncode == 128 + signal.SIGTERM
    assert not directory.exists()
