"""`python -m hy_iolib names`: what it lists, and how."""

import csv
import inspect
import os
import subprocess
import sys

import hy
import pytest

import hy_iolib
from conftest import ROOT
from hy_iolib.names import entries, first_sentence, main, table

COMMAND = [sys.executable, "-m", "hy_iolib", "names"]


def test_every_name_has_a_row():
    listed = {(e.name, e.package) for e in entries()}
    assert len(listed) == len(entries())
    with open(ROOT / "tests/data/symbols.tsv") as rows:
        for row in csv.DictReader(rows, delimiter="\t"):
            name, package = row["symbol"], row["package"].replace("iolib/", "hy_iolib.").replace("-", "_")
            assert {(name, package), (f"#{name}", package)} & listed, name
    names = {name for e in entries() for name in (hy.mangle(e.name), e.python_name)}
    assert set(vars(hy_iolib)["_hy_export_macros"]) <= names
    assert names >= {name for name in dir(hy_iolib)
                     if not name.startswith("_") and not inspect.ismodule(getattr(hy_iolib, name))}
    from hy_iolib import trivial_sockets
    assert set(trivial_sockets.__all__) <= {e.python_name for e in entries()
                                            if e.package == "hy_iolib.trivial_sockets"}


def test_every_row_is_true():
    for e in entries():
        package = sys.modules[e.package]
        assert e.documentation and e.kind, e
        if e.python_name:
            assert getattr(package, e.python_name) is getattr(package, hy.mangle(e.name))
        if "macro" in e.kind.split(", "):
            assert hy.mangle(e.name) in package._hy_macros, e


@pytest.mark.parametrize("pattern, names", [
    ("SEQUENCE*", []),
    ("*sequence*", ["read-sequence", "read-sequence*", "write-sequence", "write-sequence*"]),
    ("sequence_STAR", ["read-sequence*", "write-sequence*"]),
    ("with-o*", ["with-open-socket", "with-open-stream"]),
    ("any_host", ["+any-host+"]),
    ("*ipv6*", None),
    ("#", ["#ip", "#net"]),
    ("accept-connection", ["accept-connection", "accept-connection", "with-accept-connection"]),
])
def test_patterns(pattern, names, capsys):
    assert main(pattern) == (1 if names == [] else 0)
    printed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert printed == names if names is not None else "*ipv6*" in printed


def test_a_row(run):
    assert run(*COMMAND, "address=").stdout == (
        "address=  address_eq  hy_iolib.sockets  function  "
        f"{first_sentence(hy_iolib.address_eq.__doc__)}\n")
    assert run(*COMMAND, "+max-ipv4").stdout == (
        "+max-ipv4-value+  MAX_IPV4_VALUE  hy_iolib.sockets  constant  "
        "The largest IPv4 address as an integer: 255.255.255.255.\n")
    columns = run(*COMMAND, "setf").stdout.splitlines()
    assert [line.split("  ")[0] for line in columns] == ["defsetf", "setf"]
    assert len({line.index("hy_iolib.lisp") for line in columns}) == 1


@pytest.mark.parametrize("width", [60, 80, 150, 300])
def test_lines_fit_a_terminal(width):
    rows = entries()
    lines = "\n".join(table(rows, width)).split("\n")
    text = " ".join(" ".join(lines).split())
    for e in rows:
        assert e.name in text and first_sentence(e.documentation) in text
    names = [line for line in lines if not line.startswith(" ")]
    assert [line.split()[0] for line in names] == [e.name for e in rows]
    assert len({line.index("hy_iolib") for line in names}) == 1
    longest = max(names, key=len)  # where the columns do not fit, they are alone on their line
    assert all(len(line) <= max(width, len(longest)) for line in lines)
    assert all(len(line) <= width for line in lines if line.startswith(" "))
    assert (len(longest) > width) == (width < 120)


def test_nothing_fits(run):
    done = run(*COMMAND, "make-coffee", status=1)
    assert done.stdout == "" and done.stderr == "hy_iolib has no name like 'make-coffee'\n"


def test_a_reader_that_has_seen_enough():
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as listing:
        assert os.read(listing.stdout.fileno(), 1) == b"a"
        listing.stdout.close()
        assert listing.stderr.read() == b""
        assert listing.wait(30) == 0
