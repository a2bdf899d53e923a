"""The reader of Common Lisp on what no editor would write: an error with a place, or a result; never a crash or a hang."""

import random
import subprocess
import sys
import time

import pytest

from hy_iolib.cl.analysis import CompileError
from hy_iolib.cl.evaluation import evaluate
from hy_iolib.cl.reader import END, lisp_reader_error, reader
from hy_iolib.cl.symbols import COMMON_LISP_USER


def read_all(source):
    return list(reader(source, "hostile.lisp", lambda: COMMON_LISP_USER))


@pytest.mark.parametrize("source, line, column", [
    ("(a (b c)", 1, 0),
    ("(a\n  (b\n", 1, 0),
    (")", 1, 0),
    ("(a))\n", 1, 3),
    ('\n "abc', 2, 1),
    ("#|\n #| |#", 1, 0),
    ("'", 1, 0),
    ("(a . )", 1, 5),
    ("(a . b c)", 1, None),
    ("( . a)", 1, None),
    (",a", 1, 0),
    ("`(a ,@)", 1, None),
    ("#\\NoSuchName", 1, 0),
    ("#<unreadable>", 1, 0),
    ("#xZZ", 1, 2),
    ("#1#", 1, 0),
    ("no-such-package:a", 1, 0),
    ("cl:no-such-symbol", 1, 0),
    ("a:b:c", 1, 0),
    ("1/0", 1, 0),
    ("#+", 1, 0),
    ("|abc", 1, 0),
    ("#.(error \"no\")", None, None),
])
def test_text_that_is_no_form(source, line, column):
    with pytest.raises(Exception) as caught:
        read_all(source)
    if line is not None:
        assert isinstance(caught.value, lisp_reader_error)
        assert caught.value.line == line
        assert column is None or caught.value.column == column, caught.value.column
        assert str(caught.value).startswith(f"hostile.lisp:{line}:")


@pytest.mark.parametrize("source", [
    "(" * 100_000 + ")" * 100_000, "(" * 100_000, ")" * 100_000, "'" * 100_000 + "a", "`" * 100_000 + "a",
    "#(" * 100_000, "#|" * 100_000, "#+a " * 100_000, "[" * 100_000, "a" * 10_000_000, "1" * 1_000_000,
    '"' + "x" * 10_000_000 + '"', "|" + "y" * 1_000_000 + "|", "#\\" + "z" * 1_000_000, ";" * 1_000_000,
    "a:" * 100_000, "\\" * 100_001, "1." * 100_000, "#" * 100_000, "#9999999999(", "#99999999999999r1",
    "1e999999999", "1d-999999999", "#*" + "01" * 500_000, "(a . " * 50_000,
], ids=lambda s: f"{s[:6]!r}x{len(s)}")
def test_much_of_it(source):
    start = time.monotonic()
    try:
        read_all(source)
    except lisp_reader_error as e:
        assert e.line >= 1
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("octets", [b"(a \xff)", b"\xc3", b"(a)\n\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"])
def test_octets_that_are_no_utf_8(octets):
    with pytest.raises(lisp_reader_error, match="UTF-8") as caught:
        read_all(octets)
    assert caught.value.line == octets.count(b"\n") + 1


def test_control_characters_are_data_or_an_error():
    for code in [*range(32), 127, 0x85, 0xA0, 0x2028, 0xFEFF, 0x10FFFF]:
        for source in [chr(code), f"a{chr(code)}b", f'"{chr(code)}"', f"({chr(code)})", f"#{chr(code)}"]:
            try:
                read_all(source)
            except lisp_reader_error:
                pass


def test_random_text_never_crashes():
    letters = "()'`,@;\"|\\#:.+-*0123456789abcdex \n\t[]{}/é"
    chance = random.Random(1)
    for _ in range(3000):
        source = "".join(chance.choice(letters) for _ in range(chance.randrange(40)))
        try:
            read_all(source.replace("#.", "#"))
        except lisp_reader_error:
            pass


def test_what_is_read_deep_can_be_evaluated_or_is_refused():
    depth = 2000
    form = reader("(list " * depth + ")" * depth).read()
    try:
        evaluate(form)
    except CompileError as e:
        assert "too deeply" in str(e)


def test_the_place_of_a_huge_file_is_quick():
    source = "(defun f (x) (list x x))\n" * 40_000
    start = time.monotonic()
    assert len(read_all(source)) == 40_000
    assert time.monotonic() - start < 10


def test_a_file_of_parentheses_does_not_crash_the_command(tmp_path):
    path = tmp_path / "deep.lisp"
    path.write_text("(" * 100_000 + ")" * 100_000)
    done = subprocess.run([sys.executable, "-m", "hy_iolib", "load", path], capture_output=True, text=True,
                          timeout=50)
    assert done.returncode == 1 and done.stderr.startswith(f"{path}:1:")


def test_deep_forms_are_refused_in_words(tmp_path):
    path = tmp_path / "nested.lisp"
    path.write_text("(print " + "(1+ " * 5000 + "0" + ")" * 5000 + ")")
    done = subprocess.run([sys.executable, "-m", "hy_iolib", "load", path], capture_output=True, text=True,
                          timeout=50)
    assert done.returncode in (0, 1)
    assert done.returncode == 0 and "5000" in done.stdout or "deep" in done.stderr, done.stderr[-500:]


def test_the_end_is_no_error():
    assert reader("").read() is END
    assert reader(" ; nothing\n #| here |#").read() is END
