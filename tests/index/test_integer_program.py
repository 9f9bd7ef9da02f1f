"""Integer programs that take too long can be left."""

from __future__ import annotations

import subprocess
import sys

# a market split problem (Cornuejols and Dawande 1998): small, and beyond a search tree of millions of nodes
_HARD = """
import os, random, signal, threading
import highspy
from dbopt.index import integer_program

integer_program.MOST_NODES = 10**9
numbers = random.Random(7)
program = integer_program.Program()
variables = [program.variable(1.0, whole=True) for _ in range(50)]
for _ in range(6):
    terms = {variable: float(numbers.randrange(100)) for variable in variables}
    half = float(sum(terms.values()) // 2)
    program.row(terms, least=half, most=half)
threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    program.minimise()
except KeyboardInterrupt:
    print("left")
"""


def test_an_interrupt_ends_a_search_that_goes_on() -> None:
    done = subprocess.run([sys.executable, "-c", _HARD], capture_output=True, text=True, timeout=100, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("left\n", "", 0)
