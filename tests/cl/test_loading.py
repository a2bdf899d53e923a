"""Files of Common Lisp as modules: importing, caching, several files, and what is said of mistakes."""

import importlib
import pathlib
import subprocess
import sys
import traceback

import pytest

import hy_iolib.cl.importer  # noqa: F401  .lisp can be imported
from hy_iolib.cl.analysis import CompileError
from hy_iolib.cl.loading import cache_path, load_file
from hy_iolib.cl.symbols import key, packages


@pytest.fixture
def write(tmp_path, monkeypatch, request):
    """Write a file of Common Lisp where modules are found; its package is named after the test."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    before = set(packages)

    def write(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        return path

    yield write
    for name in set(packages) - before:
        del packages[name]
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def load_command(*arguments):
    return subprocess.run([sys.executable, "-m", "hy_iolib", "load", *map(str, arguments)],
                          capture_output=True, text=True, timeout=50)


def test_functions_are_pythons(write):
    write("shapes.lisp", """
        (defpackage :shapes (:use :cl) (:export #:area #:+sides+ #:*unit* #:make-box))
        (in-package :shapes)
        (defconstant +sides+ 4)
        (defvar *unit* "cm")
        (defstruct box (width 1) height)
        (defun area (box &optional (scale 1) &key (unit *unit*) extra)
          "The area of BOX."
          (values (format nil "~D ~A2" (* scale (box-width box) (box-height box)) unit) extra))
        (defun internal () 1)
        """)
    shapes = importlib.import_module("shapes")
    box = shapes.make_box(height=3)
    assert (box.width, box.height) == (1, 3)
    assert shapes.area(box) == ("3 cm2", None)
    assert shapes.area(box, 2, unit="m", extra=[1])[1] == [1]
    with shapes.unit.let("in"):
        assert shapes.area(box)[0] == "3 in2"
    assert shapes.SIDES == 4
    assert shapes.area.__doc__ == "The area of BOX."
    assert set(shapes.__all__) >= {"area", "make_box"} and "internal" not in shapes.__all__
    with pytest.raises(TypeError):
        shapes.area(box, unknown=1)


def test_hyphens_in_the_files_name(write):
    write("some-module.lisp", "(defun answer () 42)")
    assert importlib.import_module("some_module").answer() == 42


def test_a_second_load_uses_the_cache(write):
    path = write("cached.lisp", """
        (defpackage :cached (:use :cl)) (in-package :cached)
        (defmacro twice (x) `(list ,x ,x))
        (defparameter *marker* '#:once)
        (defun f (&key (a '(1 . 2)) (b #\\x) (c 1/3) (d 1.5d0)) (list a b c d (twice :k) *marker*))
        """)
    first = load_file(str(path))
    cached = pathlib.Path(cache_path(str(path)))
    written = cached.stat().st_mtime_ns
    del packages["CACHED"]
    second = load_file(str(path))
    assert cached.stat().st_mtime_ns == written
    assert repr(second["f"]()) == repr(first["f"]()) != ""
    # It is the cache that was run.
    code = cached.read_bytes()
    cached.write_bytes(code[:16] + code[16:].replace(b"\x01x", b"\x01y"))
    del packages["CACHED"]
    assert "#\\y" in repr(load_file(str(path))["f"]())


def test_a_file_that_changed_is_compiled_again(write):
    path = write("changing.lisp", "(defun v () 1)")
    assert load_file(str(path))["v"]() == 1
    path.write_text("(defun v () 2)")
    assert load_file(str(path))["v"]() == 2


def test_a_change_of_a_macros_file_counts(write):
    macros = write("macros.lisp", "(defpackage :pm (:use :cl)) (in-package :pm) (defmacro m () 1)")
    user = write("user.lisp", "(in-package :pm) (defun u () (m))")
    load_file(str(macros))
    assert load_file(str(user))["u"]() == 1
    macros.write_text(macros.read_text().replace("() 1", "() 2"))
    for _ in range(2):
        load_file(str(macros))
        assert load_file(str(user))["u"]() == 2


def test_a_broken_cache_is_made_anew(write):
    path = write("broken.lisp", "(defun v () 1)")
    load_file(str(path))
    pathlib.Path(cache_path(str(path))).write_bytes(b"no bytecode")
    assert load_file(str(path))["v"]() == 1


def test_packages_over_several_files(write):
    write("one.lisp", """
        (defpackage :p1 (:use :cl) (:export #:shared #:*level* #:point #:point-x #:make-point))
        (in-package :p1)
        (defvar *level* 1)
        (defstruct point x)
        (defun shared () *level*)
        (defmacro inc-level () '(incf *level*))
        """)
    write("two.lisp", """
        (in-package :p1)
        (defun helper () (let ((*level* 7)) (shared)))
        (defpackage :p2 (:use :cl :p1) (:import-from :p1 #:helper))
        (in-package :p2)
        (defun run () (list (helper) (point-x (make-point :x 3)) (p1::inc-level) *level*))
        """)
    one, two = importlib.import_module("one"), importlib.import_module("two")
    assert one.shared() == 1
    assert two.run() == [7, 3, 2, 2]


def test_the_command(write):
    path = write("prog.lisp", """
        (defpackage :prog (:use :cl) (:export #:main)) (in-package :prog)
        (defun main (&key (n 1)) (format t "~D~%" (* n 2)))
        """)
    done = load_command(path, "-e", "(prog:main :n 21)", "-e", "(prog:main)")
    assert (done.stdout, done.stderr, done.returncode) == ("42\n2\n", "", 0)


@pytest.mark.parametrize("text, place, words", [
    ("(defun f ()\n  (let ((5 1)) 2))", "2:3", "can't be bound"),
    ("(defun f (x)\n (list x\n   (compile-file x)))", "3:4", "compile-file is not supported"),
    ("(car 1 2)", "1:1", "takes 1 argument"),
    ("\n(defun f () (go nowhere))", "2:13", "no such tag"),
    ("(defun car (x) x)", "1:1", "Common Lisp's"),
    ("(defun f (x)\n (loop for))", "2:2", "loop"),
    ("(list 1\n  2", "1:1", "end of file"),
    ("(list)\n )", "2:2", ""),
    ("(no-such-package:f)", "1:2", "package"),
    ("(setf (list 1) 2)", "1:1", "no place"),
])
def test_mistakes_have_a_place(write, text, place, words):
    path = write("mistaken.lisp", text)
    for arguments in [path], ["--check", path]:
        done = load_command(*arguments)
        said = done.stdout + done.stderr
        assert said.count("\n") == 1 and done.returncode == 1
        assert said.startswith(f"{path}:{place}:") and words.lower() in said.lower(), said


def test_check_runs_nothing_and_reports_everything(write):
    path = write("checked.lisp", """
        (defun a () (missing 1) unknown)
        (defmacro m (x) `(car ,x ,x))
        (defun b () (m 1))
        (format t "not printed~%")
        (open "/nonexistent/file")
        (defun c () (return-from nowhere))
        """)
    done = load_command("--check", path)
    assert done.returncode == 1
    lines = [line.removeprefix(f"{path}:") for line in done.stdout.splitlines()]
    assert [line.split(":")[0] for line in lines] == ["4", "7", "2", "2"]
    assert "missing" in lines[2] and "unknown" in lines[3] and "(warning)" in lines[3]


def test_the_list_of_operators():
    names = load_command("--list").stdout.split()
    assert {"loop", "defun", "format", "iolib/sockets:make-socket", "bordeaux-threads:make-thread",
            "alexandria:when-let"} <= set(names)
    assert names == sorted(set(names))


def test_tracebacks_point_at_the_lisp_line(write):
    path = write("failing.lisp", "(defun inner (x)\n  (list 1\n    (+ 1 (car x))))\n(defun outer ()\n  (inner 5))\n")
    with pytest.raises(TypeError) as caught:
        load_file(str(path))["outer"]()
    frames = [(f.lineno, f.line) for f in traceback.extract_tb(caught.value.__traceback__)
              if f.filename == str(path)]
    assert frames[0] == (5, "(inner 5))")
    assert frames[1][0] == 3 and "(car x)" in frames[1][1]


def test_nothing_of_it_is_imported_by_the_rest():
    code = "import sys, hy_iolib; print([m for m in sys.modules if m.startswith('hy_iolib.cl')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50)
    assert done.stdout == "[]\n", done.stderr


def test_an_error_while_loading_is_no_half_made_module(write):
    write("half.lisp", "(defun f () 1) (error 'file-error :pathname \"x\") (defun g () 2)")
    with pytest.raises(Exception):
        importlib.import_module("half")
    assert "half" not in sys.modules


def test_recursion_without_end_is_a_condition(write):
    path = write("deep.lisp", """
        (defun deep (n) (1+ (deep (1+ n))))
        (defun f () (handler-case (deep 0) (storage-condition () :too-deep)))
        (defun down (n) (if (= n 0) 0 (1+ (down (1- n)))))
        (defun around (n) (if (= n 0) :done (around (1- n))))
        """)
    functions = load_file(str(path))
    assert functions["f"]() == "too-deep"
    assert functions["down"](5000) == 5000
    assert functions["around"](200000) == "done"


def test_compile_errors_are_conditions(write):
    path = write("wrong.lisp", "(defun f () (if))")
    with pytest.raises(CompileError) as caught:
        load_file(str(path))
    assert caught.value.file == str(path) and caught.value.position == (1, 12)


def test_a_file_that_is_not_there(write):
    module = load_file(str(write("quiet.lisp", """
(defun quiet () (load "/nowhere/at-all.lisp" :if-does-not-exist nil))""")))
    assert module["quiet"]() is None


def test_what_babel_cant_decode(write):
    module = load_file(str(write("decoding.lisp", """
        (defun decode (octets &rest options)
          (handler-case (apply #'babel:octets-to-string octets options)
            (babel-encodings:character-decoding-error (c) (format nil "~A" c))))
        (defun decode-quietly (octets)
          (let ((babel:*suppress-character-coding-errors* t)) (decode octets)))""")))
    assert module["decode"](b"a\xff") == ":UTF-8 character starting at position 1 is illegal."
    assert module["decode"](b"a\xff", key("errorp"), None) == "a\ufffd"
    assert module["decode_quietly"](b"a\xffb") == "a\ufffdb"
