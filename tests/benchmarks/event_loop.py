"""The event loop against asyncio and selectors; HTTP answers are counted by wrk, if it is installed."""

import asyncio
import contextlib
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys

from hy_iolib import (add_timer, event_base, event_dispatch, exit_event_loop, remove_timer, set_io_handler)
from idle_descriptors import main as idle_descriptors
from measure import compare

HERE = pathlib.Path(__file__).parent


def round_trips():
    """An octet to and fro between two descriptors, a handler each."""
    a, b = socket.socketpair()
    left = [0]

    with event_base() as base:
        def at_a(fd, event, exception):
            a.recv(1)
            left[0] -= 1
            if left[0]:
                a.send(b"x")
            else:
                exit_event_loop(base)

        def at_b(fd, event, exception):
            b.recv(1)
            b.send(b"x")

        set_io_handler(base, a, "read", at_a)
        set_io_handler(base, b, "read", at_b)

        def ours(n):
            left[0] = n
            a.send(b"x")
            event_dispatch(base)

        c, d = socket.socketpair()
        loop = asyncio.new_event_loop()

        def at_c():
            c.recv(1)
            left[0] -= 1
            if left[0]:
                c.send(b"x")
            else:
                loop.stop()

        def at_d():
            d.recv(1)
            d.send(b"x")

        loop.add_reader(c, at_c)
        loop.add_reader(d, at_d)

        def theirs(n):
            left[0] = n
            c.send(b"x")
            loop.run_forever()

        compare("a round trip of two descriptors, against add_reader", ours, theirs, 5000, 0.9)
        loop.close()
    for s in (a, b, c, d):
        s.close()


def timers():
    loop = asyncio.new_event_loop()

    def nothing():
        pass

    with event_base() as base:
        def ours(n):
            for _ in range(n):
                remove_timer(base, add_timer(base, nothing, 10.0, one_shot=True))
            event_dispatch(base, timeout=0)

        def ours_all(n):
            made = [add_timer(base, nothing, 10.0, one_shot=True) for _ in range(n)]
            for timer in made:
                remove_timer(base, timer)
            event_dispatch(base, timeout=0)

        def theirs(n):
            for _ in range(n):
                loop.call_later(10, nothing).cancel()
            loop.call_soon(loop.stop)
            loop.run_forever()

        def theirs_all(n):
            made = [loop.call_later(10, nothing) for _ in range(n)]
            for timer in made:
                timer.cancel()
            loop.call_soon(loop.stop)
            loop.run_forever()

        compare("a timer added and cancelled, against call_later", ours, theirs, 100000, 0.8)
        compare("100,000 timers added, then cancelled, against call_later", ours_all, theirs_all, 100000, 0.8)
    loop.close()


@contextlib.contextmanager
def answerer(kind):
    with subprocess.Popen([sys.executable, HERE / "http_answerers.py", kind], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield int(process.stdout.readline())
        process.stdin.close()


def requests_a_second(port, seconds, connections):
    said = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"http://127.0.0.1:{port}/"],
                          capture_output=True, text=True, check=True).stdout
    assert "Socket errors" not in said and "Non-2xx" not in said, said
    return float(re.search(r"Requests/sec:\s*([\d.]+)", said).group(1))


def http(connections=200, rounds=5):
    if not shutil.which("wrk"):
        print("HTTP answers: wrk is not installed")
        return
    counts = {}
    kinds = ["octets", "lines", "text", "selectors", "asyncio"]
    with contextlib.ExitStack() as stack:
        ports = {kind: stack.enter_context(answerer(kind)) for kind in kinds}
        for kind in kinds:
            requests_a_second(ports[kind], 1, connections)
        for i in range(rounds):
            for kind in kinds[i:] + kinds[:i]:
                counts.setdefault(kind, []).append(requests_a_second(ports[kind], 2, connections))
    for kind, peer, limit in [("octets", "asyncio", 1.5), ("octets", "selectors", 0.85),
                              ("lines", "asyncio", 1.4), ("lines", "selectors", 0.65),
                              ("text", "asyncio", 1.4), ("text", "selectors", 0.65)]:
        ratios = [a / b for a, b in zip(counts[kind], counts[peer])]
        print(f"HTTP answers a second, {kind}: {statistics.median(ratios):.2f} times {peer}'s"
              f" ({min(ratios):.2f} to {max(ratios):.2f}; at least {limit});"
              f" {statistics.median(counts[kind]):.0f}, {peer} {statistics.median(counts[peer]):.0f}", flush=True)


def main():
    round_trips()
    timers()
    http()
    idle_descriptors()
