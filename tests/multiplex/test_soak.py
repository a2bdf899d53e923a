"""A soak: clients that connect, talk, stall, reset and vanish at random, for HY_IOLIB_SOAK seconds (10);
`.ci/run` asks for two minutes."""

import hashlib
import os
import pathlib
import random
import selectors
import socket as python
import struct
import subprocess
import sys
import time

import pytest

SECONDS = float(os.environ.get("HY_IOLIB_SOAK", 10))
CROWD = 100

pytestmark = pytest.mark.slow


class Client:
    """One connection: sends what it has, looks at what comes back, and ends in its manner."""

    def __init__(self, ports, choose):
        self.manner = choose.choice(["talk", "talk", "talk", "half-close", "stall", "stall for ever", "reset", "vanish",
                                     "say nothing"])
        self.lines = choose.random() < 0.4
        self.socket = python.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex(("127.0.0.1", ports[self.lines]))
        size = choose.choice([1, 100, 5000, 200000, 3000000 if self.manner != "talk" else 600000])
        if self.lines:
            words = [bytes(choose.choices(b"abcdefgh \xc3", k=choose.randrange(80))).replace(b"\xc3", "é".encode()) + b"\n"
                     for _ in range(min(size // 10 + 1, 500))]
            self.data = b"".join(words)
            # Whole lines at a time: a part of one keeps this server waiting, as read-line does.
            self.pieces = words[::-1]
        else:
            self.data = choose.randbytes(size)
            step = max(1, size // choose.randrange(1, 30))
            self.pieces = [self.data[i:i + step] for i in range(0, size, step)][::-1]
        # In the midst of it all is when the rude ones go.
        self.enough = len(self.data) if self.manner in ("talk", "half-close", "stall") else len(self.data) // 2
        self.pending = b""
        self.sent, self.heard, self.count = hashlib.sha256(), hashlib.sha256(), 0
        self.out = 0
        now = time.monotonic()
        self.quiet_until = now + (choose.uniform(0.2, 1.5) if self.manner == "stall" else
                                  1000 if self.manner == "stall for ever" else 0)
        self.deadline = now + 25
        self.leave = now + choose.uniform(0.1, 6) if self.manner in ("stall for ever", "say nothing") else None

    def wants(self):
        mask = 0
        if time.monotonic() >= self.quiet_until:
            mask |= selectors.EVENT_READ
        if (self.pending or self.pieces) and self.manner != "say nothing":
            mask |= selectors.EVENT_WRITE
        return mask

    def step(self, mask):
        """Whether it is over."""
        now = time.monotonic()
        assert now < self.deadline, f"{self.manner}: no answer ({self.count} of {self.out} of {len(self.data)} octets)"
        try:
            if mask & selectors.EVENT_WRITE:
                if not self.pending:
                    self.pending = self.pieces.pop()
                count = self.socket.send(self.pending)
                self.sent.update(self.pending[:count])
                self.out += count
                self.pending = self.pending[count:]
                if self.manner == "half-close" and not self.pieces and not self.pending:
                    self.socket.shutdown(python.SHUT_WR)
            if mask & selectors.EVENT_READ:
                got = self.socket.recv(65536)
                if not got:
                    # The server has had enough of us, or all is said.
                    assert self.manner in ("half-close", "stall for ever", "say nothing", "reset", "vanish"), self.manner
                    assert self.manner != "half-close" or self.count == len(self.data)
                    return True
                self.heard.update(got)
                self.count += len(got)
        except BlockingIOError:
            pass
        except OSError:
            assert self.manner in ("stall for ever", "say nothing"), self.manner
            return True
        if self.leave and now > self.leave:
            return True
        if self.manner in ("reset", "vanish") and self.count >= self.enough - 1:
            if self.manner == "reset":
                self.socket.setsockopt(python.SOL_SOCKET, python.SO_LINGER, struct.pack("ii", 1, 0))
            return True
        if self.manner in ("talk", "stall") and self.count == len(self.data):
            return True
        return False

    def check(self):
        if self.manner in ("talk", "stall", "half-close"):
            assert self.count == len(self.data)
            assert self.heard.digest() == self.sent.digest() == hashlib.sha256(self.data).digest()


def live(ports, seconds, choose):
    """Have so many clients at any time; how many there were, by their manners."""
    selector = selectors.DefaultSelector()
    counts = {}
    end = time.monotonic() + seconds
    crowd = {}
    while crowd or time.monotonic() < end:
        while len(crowd) < CROWD and time.monotonic() < end:
            client = Client(ports, choose)
            crowd[client] = client.wants()
            selector.register(client.socket, crowd[client] or selectors.EVENT_WRITE, client)
            if not crowd[client]:
                selector.unregister(client.socket)
        ready = {key.data: mask for key, mask in selector.select(0.01)} if selector.get_map() else {}
        if not ready:
            time.sleep(0.001)
        for client in list(crowd):
            over = client.step(ready.get(client, 0))
            wants = 0 if over else client.wants()
            if wants != crowd[client]:
                if not crowd[client]:
                    selector.register(client.socket, wants, client)
                elif not wants:
                    selector.unregister(client.socket)
                else:
                    selector.modify(client.socket, wants, client)
                crowd[client] = wants
            if over:
                client.socket.close()
                client.check()
                del crowd[client]
                counts[client.manner] = counts.get(client.manner, 0) + 1
    selector.close()
    return counts


@pytest.mark.timeout(SECONDS + 120)
def test_soak():
    choose = random.Random(6)
    with subprocess.Popen([sys.executable, "-W", "error", pathlib.Path(__file__).parent / "soak_server.py"], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        try:
            ports = [int(port) for port in server.stdout.readline().split()]

            def report():
                server.stdin.write("?\n")
                server.stdin.flush()
                return [int(word) for word in server.stdout.readline().split()]

            def quiet():
                deadline = time.monotonic() + 20
                while True:
                    said = report()
                    if said[0] == 0:
                        return said
                    assert time.monotonic() < deadline, f"{said[0]} connections are left"
                    time.sleep(0.05)

            first = report()
            live(ports, max(2, SECONDS / 5), choose)  # to have its buffers and caches
            before = quiet()
            counts = live(ports, SECONDS, choose)
            after = quiet()
        finally:
            server.stdin.close()
        assert server.wait(20) == 0
    print(counts, before, after)
    assert len(counts) == 7 and sum(counts.values()) > 10 * SECONDS
    # Descriptors, handlers, timers: as at the very beginning.
    assert after[1:4] == before[1:4] == first[1:4]
    assert after[4] < before[4] + 500, "objects are left"
    assert after[5] < before[5] * 1.1 + 2000, "memory is left"
