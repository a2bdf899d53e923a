"""Programs of Common Lisp that were run on the real IOLib, untouched, as processes: what they print is what they
printed there. The same programs as files of Hy, too."""

import difflib
import os
import pathlib
import re
import subprocess
import sys

import pytest

SAMPLES = pathlib.Path(__file__).parents[1] / "data" / "cl-samples"
PASTED = pathlib.Path(__file__).parents[1] / "data" / "cl-pasted"

CLOCK = """
(let ((ready (bt:make-semaphore)) port)
  (let ((server (bt:make-thread
                 (lambda ()
                   (clock:run-clock-server :clients 2 :time 3978000000
                                           :on-ready (lambda (p)
                                                       (setf port p)
                                                       (bt:signal-semaphore ready)))))))
    (bt:wait-on-semaphore ready)
    (clock:run-clock-client :host "127.0.0.1" :port port)
    (clock:run-clock-client :host "127.0.0.1" :port port)
    (bt:join-thread server)))
"""

STORE = """
(let ((ready (bt:make-semaphore)) port)
  (let ((server (bt:make-thread
                 (lambda ()
                   (store:run-store :on-ready (lambda (p)
                                                (setf port p)
                                                (bt:signal-semaphore ready)))))))
    (bt:wait-on-semaphore ready)
    (let ((answers (mapcar (lambda (request) (cons request (store:ask port request)))
                           '("SET a 1" "set b 2 and more" "GET b" "GET c" "SUM a" "SUM a b" "KEYS" "DEL a"
                             "DEL a" "frob" "SET x" "STOP"))))
      (bt:join-thread server)
      (loop for (request . answer) in answers
            do (format t "~A -> ~A~%" request answer)))))
"""

WORKERS = "(workers:run-workers)"

CHAT = """(chat:run-chat :on-ready (lambda (port) (format t "PORT ~D~%" port) (finish-output)))"""


def command(name, form):
    return [sys.executable, "-m", "hy_iolib", "load", str(SAMPLES / f"{name}.lisp"), "-e", form]


def printed(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=50,
                          env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""})
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def transcript(name):
    return (SAMPLES / f"{name}.transcript").read_text(encoding="utf-8")


PROGRAMS = [
    ("clock", CLOCK, lambda lines: "".join(sorted(lines))),
    ("store", STORE, "".join),
    ("workers", WORKERS, "".join),
]


@pytest.mark.parametrize("name, form, arranged", PROGRAMS)
def test_the_programs_print_their_transcripts(name, form, arranged):
    assert arranged(printed(command(name, form)).splitlines(keepends=True)) == transcript(name)


def test_chat_says_what_its_transcript_says():
    assert printed([sys.executable, str(SAMPLES / "drive_chat.py"), *command("chat", CHAT)]) == transcript("chat")


# ---- Pasted into files of Hy

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|;[^\n]*|[()\[\]\'`]|,@|,|#\\.[a-z]*|[^\s()\[\]\'`,";]+', re.DOTALL)


def edits(before, after):
    """How many tokens were put in, taken out or changed."""
    matcher = difflib.SequenceMatcher(None, TOKEN.findall(before), TOKEN.findall(after), autojunk=False)
    return sum(max(b - a, d - c) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal")


@pytest.mark.parametrize("name", ["clock", "chat", "store", "workers"])
def test_pasted_programs_take_few_edits(name):
    lisp = (SAMPLES / f"{name}.lisp").read_text(encoding="utf-8")
    hy_file = (PASTED / f"{name}.hy").read_text(encoding="utf-8")
    # The two lines that every such file begins with are no edits of the program.
    require, import_, program = hy_file.split("\n", 2)
    assert (require, import_) == ("(require hy-iolib.cl * :readers *)", "(import hy-iolib.cl *)")
    count = edits(lisp, program)
    assert 0 < count <= 0.15 * len(lisp.splitlines())


def pasted_command(name, form):
    """The program as a module of Hy, and a form that runs it."""
    code = (f"import sys, hy; sys.path.insert(0, {str(PASTED)!r}); import {name}; "
            f"from hy_iolib.cl.command import load; sys.exit(load([], [{form!r}], False, False))")
    return [sys.executable, "-c", code]


# Twice: compiled, or with the bytecode of an earlier run; and with bytecode in any case.
@pytest.mark.parametrize("time", ["first", "again"])
@pytest.mark.parametrize("name, form, arranged", PROGRAMS)
def test_pasted_programs_print_the_transcripts(name, form, arranged, time):
    assert arranged(printed(pasted_command(name, form)).splitlines(keepends=True)) == transcript(name)


@pytest.mark.parametrize("time", ["first", "again"])
def test_pasted_chat_says_what_its_transcript_says(time):
    assert printed([sys.executable, str(SAMPLES / "drive_chat.py"),
                    *pasted_command("chat", CHAT)]) == transcript("chat")
