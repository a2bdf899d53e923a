"""Whole programs of Common Lisp, as strangers write them, print what they print on SBCL.

The transcripts are made by tests/data/cl/record-program.sh. A program's first line says how it is run."""

import pathlib
import re
import subprocess
import sys

import pytest

PROGRAMS = sorted((pathlib.Path(__file__).parent.parent / "data" / "cl" / "programs").glob("*.lisp"))


def run_form(program):
    return re.match(r";;;; run: (.*)\n", program.read_text(encoding="utf-8"))[1]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_program_prints_what_it_prints_on_sbcl(program):
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "hy_iolib", "load", str(program), "-e", run_form(program)],
        capture_output=True, text=True, encoding="utf-8", timeout=120)
    assert done.stdout == program.with_suffix(".transcript").read_text(encoding="utf-8"), done.stderr
    assert done.returncode == 0, done.stderr


def test_there_are_programs():
    assert len(PROGRAMS) >= 15
