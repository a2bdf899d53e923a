"""What all tests share: .hy test files, a peer in a thread, a count of what is open."""

import contextlib
import gc
import importlib.machinery
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

import hy  # noqa: F401  makes .hy importable
import hypothesis
import pytest

ROOT = pathlib.Path(__file__).parent.parent


# The same cases everywhere, and no measure of time: a machine may be busy.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.load_profile("steady")


class HyFirst:
    """Finds .hy modules before pytest does, which would rewrite their assertions as if they were Python."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        return spec if spec and str(spec.origin).endswith(".hy") else None


sys.meta_path.insert(0, HyFirst)


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".hy" and file_path.name.startswith("test_"):
        return pytest.Module.from_parent(parent, path=file_path)


def pytest_collection_finish():
    """What is there by now stays: each test collects garbage, and need not look at all that again."""
    gc.collect()
    gc.freeze()


def open_descriptors():
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Processes that a test starts find the installed package, not the folder of its sources."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def nothing_left_open():
    """No test leaves a descriptor or a thread behind, nor bindings or handlers."""
    from hy_iolib.lisp.handlers import handlers
    before, threads = open_descriptors(), threading.active_count()
    yield
    assert handlers.get() is None
    assert threading.active_count() == threads
    assert open_descriptors() == before


@pytest.fixture
def in_thread():
    """`in_thread(function)` runs it in a thread, which the test joins; calling what it returns waits for
    the function's value or raises its exception."""
    joined = []

    def start(function, *arguments):
        outcome = []

        def run():
            try:
                outcome.append((function(*arguments), None))
            except BaseException as e:  # handed to the test, whatever it is
                outcome.append((None, e))

        thread = threading.Thread(target=run, daemon=True)
        thread.start()

        def result(timeout=20):
            thread.join(timeout)
            assert not thread.is_alive(), "the thread still waits"
            value, e = outcome[0]
            if e is not None:
                raise e
            return value

        joined.append(thread)
        result.thread = thread
        return result

    yield start
    for thread in joined:
        thread.join(20)
        assert not thread.is_alive()


@contextlib.contextmanager
def serving_in_thread(server):
    """A server of `socketserver`, one with threads, answers in a thread until the block ends; its port."""
    server.daemon_threads = False  # closing it waits for what is being answered
    with server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join(20)


class Interrupt(Exception):
    pass


@contextlib.contextmanager
def signalled(handler):
    """A function that calls another, during which HANDLER may be called once, by a signal to this thread;
    it returns the value, None if an Interrupt came before there was one. (SIGALRM is pytest's.)"""
    armed, over, target = [], [], threading.get_ident()

    def once(*_):
        if armed:
            armed.clear()
            handler()

    def work():
        while not over:
            time.sleep(random.uniform(0, 3e-4))
            if armed:
                signal.pthread_kill(target, signal.SIGUSR1)

    def attempt(function):
        value = None
        try:
            armed.append(True)
            value = function()
            armed.clear()
        except Interrupt:
            pass
        finally:
            armed.clear()
        return value

    before = signal.signal(signal.SIGUSR1, once)
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield attempt
    finally:
        over.append(True)
        thread.join()
        signal.signal(signal.SIGUSR1, before)


interrupts = []


def interrupt():
    interrupts.append(True)
    raise Interrupt


@pytest.fixture
def pair_of():
    """`pair_of(option=…)` is a socket pair that is closed, its output dropped, when the test is over."""
    from hy_iolib import make_socket_pair
    made = []

    def make(**options):
        made.extend(make_socket_pair(**options))
        return made[-2:]

    yield make
    for s in made:
        s.close(abort=True)


@pytest.fixture
def run():
    """Run a command line and return what it printed; it must succeed."""
    def run(*command, status=0, **options):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              timeout=50, **options)
        assert done.returncode == status, done.stdout + done.stderr
        return done
    return run


@pytest.fixture
def hy_script():
    """The command that runs a Hy script, as `hy FILE` does where that works: not on CPython 3.12.1."""
    return [sys.executable, "-c", """if True:
        import sys, hy
        from hy.compiler import hy_compile
        from hy.reader import read_many
        del sys.argv[0]
        file, main = sys.argv[0], sys.modules["__main__"]
        forms = read_many(open(file).read(), filename=file, skip_shebang=True)
        exec(compile(hy_compile(forms, main), file, "exec"), vars(main))"""]
