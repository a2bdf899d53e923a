"""Many connections: the benchmarks' HTTP answerers under wrk, and ten thousand idle descriptors."""

import contextlib
import os
import re
import shutil
import socket as python
import subprocess
import sys
import time

import pytest

from conftest import ROOT

ANSWERERS = ROOT / "tests" / "benchmarks" / "http_answerers.py"


@contextlib.contextmanager
def answerer(kind):
    with subprocess.Popen([sys.executable, ANSWERERS, kind], text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        try:
            yield int(process.stdout.readline()), process
        finally:
            process.stdin.close()


def descriptors_of(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


@pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is not installed")
@pytest.mark.parametrize("kind", ["octets", "lines", "text"])
def test_a_thousand_connections(kind):
    with answerer(kind) as (port, process):
        before = descriptors_of(process)
        said = subprocess.run(["wrk", "-t2", "-c1000", "-d3s", "--latency", f"http://127.0.0.1:{port}/"],
                              capture_output=True, text=True, timeout=50, check=True).stdout
        # Errors are told only where there are some; what was read is whole answers.
        assert "Socket errors" not in said and "Non-2xx" not in said, said
        requests = int(re.search(r"(\d+) requests in", said).group(1))
        assert requests > 5000, said
        deadline = time.monotonic() + 10
        while descriptors_of(process) != before:
            assert time.monotonic() < deadline, "connections are left"
            time.sleep(0.01)


@pytest.mark.parametrize("kind", ["octets", "lines", "text"])
def test_no_octet_is_lost(kind):
    """Requests that come in pieces and several at once: each has its answer, to the octet."""
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\nHello, world"
    with answerer(kind) as (port, _), python.create_connection(("127.0.0.1", port), timeout=20) as s:
        sent = request * 50
        for size in (1, 7, 26, 100, 10 ** 6):
            for i in range(0, len(sent), size):
                s.sendall(sent[i:i + size])
            got = bytearray()
            while len(got) < 50 * len(answer):
                got += s.recv(65536)
            assert got == answer * 50


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_idle_descriptors_cost_next_to_nothing():
    """The processor time of an event on ten connections, beside ten thousand idle ones and without."""
    done = subprocess.run([sys.executable, ROOT / "tests" / "benchmarks" / "idle_descriptors.py"],
                          capture_output=True, text=True, timeout=170, check=True).stdout
    print(done)
    if "limit of descriptors" in done:
        pytest.skip(done)
    # If all were looked at each time it would be a hundred times as much.
    assert float(re.search(r": ([\d.]+) times", done).group(1)) < 2
