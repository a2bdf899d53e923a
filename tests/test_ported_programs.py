"""The programs of tests/data/cl-samples moved to Hy by hand, and the chapter that says how: what they print is what
the originals printed on IOLib, and what the chapter sets side by side gives the same in both languages."""

import os
import sys

import pytest

from conftest import ROOT

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
