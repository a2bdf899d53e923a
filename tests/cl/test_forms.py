"""Each operator at its edges: forms, and what SBCL gave for them (tests/data/cl; record.lisp says how)."""

import pathlib
import subprocess
import sys

import pytest
from vectors import topics

VECTORS = pathlib.Path(__file__).with_name("vectors.py")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("topic", topics())
def test_forms_give_what_they_give_in_sbcl(topic):
    # A process for each topic: what one defines is not there for the next.
    done = subprocess.run([sys.executable, str(VECTORS), topic], capture_output=True, text=True)
    *differences, count = done.stdout.splitlines() or [""]
    assert (differences, done.stderr, done.returncode) == ([], "", 0)
    matched, total = count.partition(": ")[2].split(" of ")
    assert matched == total != "0"
