"""The programs of tests/data/cl-samples moved to Hy by hand, and the chapter that says how: what they print is what
the originals printed on IOLib, and what the chapter sets side by side gives the same in both languages."""

import itertools
import os
import re
import sys
import types

import hy
import pytest

import hy_iolib.cl
from conftest import ROOT
from hy_iolib.cl.conses import cons
from hy_iolib.cl.evaluation import evaluate
from hy_iolib.cl.printer import package_in_force
from hy_iolib.cl.reader import reader
from test_docstrings import examples

SAMPLES = ROOT / "tests" / "data" / "cl-samples"
PORTED = ROOT / "examples" / "ported"


# ---- The programs, as processes

CLOCK = """
(import clock queue threading)
(setv ports (queue.Queue)
      server (threading.Thread :target (fn [] (clock.run-clock-server :clients 2 :time 3978000000
                                                                      :on-ready ports.put))))
(.start server)
(setv port (.get ports :timeout 20))
(clock.run-clock-client :host "127.0.0.1" :port port)
(clock.run-clock-client :host "127.0.0.1" :port port)
(.join server)
"""

STORE = """
(import store queue threading)
(setv ports (queue.Queue)
      server (threading.Thread :target (fn [] (store.run-store :on-ready ports.put))))
(.start server)
(setv port (.get ports :timeout 20)
      requests ["SET a 1" "set b 2 and more" "GET b" "GET c" "SUM a" "SUM a b" "KEYS" "DEL a" "DEL a" "frob" "SET x"
                "STOP"]
      answers (lfor request requests (store.ask port request)))
(.join server)
(for [[request answer] (zip requests answers)]
  (print request "->" answer))
"""

WORKERS = "(import workers) (workers.run-workers)"

CHAT = """(import chat) (chat.run-chat :on-ready (fn [port] (print "PORT" port :flush True)))"""


@pytest.fixture
def printed(run, hy_script, tmp_path, monkeypatch):
    """`printed(driver, command…)`: what the driver, a script in Hy, prints, or the command to which it is given."""
    monkeypatch.setenv("PYTHONPATH", str(PORTED), prepend=os.pathsep)

    def printed(driver, *command):
        script = tmp_path / "driver.hy"
        script.write_text(driver, encoding="utf-8")
        interpreter, *rest = hy_script
        # Sockets and event bases that are dropped open are to be seen.
        done = run(*command, interpreter, "-W", "always:unclosed #:ResourceWarning",
                   "-W", "always:unclosed <socket:ResourceWarning", *rest, script)
        assert done.stderr == ""
        return done.stdout
    return printed


def transcript(name):
    return (SAMPLES / f"{name}.transcript").read_text(encoding="utf-8")


def test_clock(printed):
    # Server and clients print when they come to it, so the lines are sorted.
    assert sorted(printed(CLOCK).splitlines(keepends=True)) == transcript("clock").splitlines(keepends=True)


@pytest.mark.parametrize("name, driver", [("store", STORE), ("workers", WORKERS)])
def test_store_and_workers(printed, name, driver):
    assert printed(driver) == transcript(name)


def test_chat(printed):
    assert printed(CHAT, sys.executable, SAMPLES / "drive_chat.py") == transcript("chat")


# ---- The chapter: what stands side by side gives the same in both languages

CHAPTER = (ROOT / "docs" / "porting.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(.*)\n((?:.*\n)*?)```\n", re.MULTILINE)
BLOCKS = list(BLOCK.finditer(CHAPTER))
IN_LISP = "(defpackage :{0} (:use :common-lisp :iolib)) (in-package :{0})"
IN_HY = "(require hy-iolib *) (import hy-iolib *)"


class Lisp:
    """Common Lisp, in a package of its own."""

    packages = itertools.count()

    def __init__(self):
        self.package = hy_iolib.cl.find_package("COMMON-LISP-USER")
        self(IN_LISP.format(f"porting-{next(self.packages)}"))

    def __call__(self, text):
        value = None
        with package_in_force.let(self.package):
            for form in reader(text, "docs/porting.md"):
                value = evaluate(form)
            self.package = package_in_force.value
        return value


class Hy:
    """Hy, in a module of its own."""

    def __init__(self):
        self.module = types.ModuleType("porting")
        self(IN_HY)

    def __call__(self, text):
        value = None
        for form in hy.read_many(text):
            value = hy.eval(form, module=self.module)
        return value


def plain(x):
    """X such that what counts as equal in both languages is equal: lists and vectors; nil, None and False."""
    if x is None or x is False or isinstance(x, list) and not x:
        return "nil"
    if isinstance(x, hy_iolib.values):
        return ("values", *map(plain, x))
    if isinstance(x, dict):
        return {"a dict": {plain(k): plain(v) for k, v in x.items()}}
    if isinstance(x, (list, tuple, bytes, bytearray, cons)):
        return [plain(y) for y in x]
    if isinstance(x, hy.models.Keyword):
        return ":" + x.name
    if isinstance(x, bool):
        return "t"
    assert isinstance(x, (str, int, float)), f"{x!r}: not to be compared"
    return str(x) if isinstance(x, str) else x


def tables():
    """(header, rows) of each table; cells are text."""
    for table in re.findall(r"(?:^\|.*\|\n)+", CHAPTER, re.MULTILINE):
        header, _, *rows = [[cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip("|\n"))]
                            for line in table.splitlines()]
        yield header, rows


def rows(*columns):
    """The code in each table with these COLUMNS, row by row."""
    for header, rows in tables():
        if header[:len(columns)] == [*columns]:
            code = [[cell.removeprefix("`").removesuffix("`") for cell in row[:len(columns)]] for row in rows]
            yield pytest.param(code, id=code[0][0])


def pairs(language):
    """Each block of Common Lisp with the one of LANGUAGE that is directly behind it."""
    for first, second in zip(BLOCKS, BLOCKS[1:]):
        if (first[1], second[1]) == ("common-lisp", language) and not CHAPTER[first.end():second.start()].strip():
            yield pytest.param(first[2], second[2], id=first[2].splitlines()[0])


SIDE_BY_SIDE = list(rows("Common Lisp", "Hy"))
FALSE_FRIENDS = list(rows("both", "Common Lisp", "Hy"))
WITH_VALUES = list(pairs(""))
THAT_PRINT = list(pairs("hy"))


def test_what_is_side_by_side_is_found():
    assert sum(len(table.values[0]) for table in SIDE_BY_SIDE) > 120 and len(FALSE_FRIENDS) == 1
    assert len(WITH_VALUES) > 7 and len(THAT_PRINT) > 4
    assert len(WITH_VALUES) + len(THAT_PRINT) == sum(block[1] == "common-lisp" for block in BLOCKS)


@pytest.mark.parametrize("table", SIDE_BY_SIDE)
def test_rows_give_the_same(table):
    lisp, hy_ = Lisp(), Hy()
    for common_lisp, hy_form in table:
        expected, value = lisp(common_lisp), hy_(hy_form)
        # Definitions are of what the rows below use.
        if not common_lisp.startswith("(def"):
            if not isinstance(value, hy_iolib.values):
                expected = hy_iolib.lisp.primary_value(expected)
            assert plain(value) == plain(expected), f"{common_lisp} and {hy_form}"


@pytest.mark.parametrize("table", FALSE_FRIENDS)
def test_the_same_words_give_what_the_table_says(table):
    lisp, hy_ = Lisp(), Hy()
    for form, in_lisp, in_hy in table:
        assert hy_iolib.cl.prin1_to_string(lisp(form)) == in_lisp
        assert hy.repr(hy_(form)) == in_hy


@pytest.mark.parametrize("common_lisp, examples_of_hy", WITH_VALUES)
def test_blocks_give_the_same(common_lisp, examples_of_hy):
    hy_ = Hy()
    for forms, _ in examples(examples_of_hy):
        value = [hy.eval(form, module=hy_.module) for form in forms][-1]
    assert plain(value) == plain(Lisp()(common_lisp))


@pytest.mark.parametrize("common_lisp, program", THAT_PRINT)
def test_blocks_print_the_same(common_lisp, program, capsys):
    Lisp()(common_lisp)
    expected = capsys.readouterr().out
    Hy()(program)
    assert capsys.readouterr().out == expected != ""
