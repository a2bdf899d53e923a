"""The examples: servers as processes, each with many clients at once; clients with peers that behave and that
don't, where what is in Hy and in Python must say the same. Peers are plain sockets of Python's, and programs that
are not ours."""

import contextlib
import datetime
import fcntl
import functools
import http.server
import io
import ipaddress
import itertools
import os
import pathlib
import pty
import queue
import random
import re
import resource
import select
import selectors
import signal
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import threading
import time
import tracemalloc

import pytest
import trustme
from hy.compiler import hy_compile
from hy.reader import read_many

from conftest import ROOT, serving_in_thread
from hy_iolib import emfile, lookup_service, make_socket, unknown_service
from test_peers import needs, redis  # noqa: F401

EXAMPLES = ROOT / "examples"
HOST = "127.0.0.1"
PATIENCE = 20
ECHO_SERVERS = ["multiplexed-echo-server.hy", "multiplexed_echo_server.py"]
STREAM_SERVERS = [*ECHO_SERVERS, "chat-server.hy"]

each_echo_server = pytest.mark.parametrize("echo_server", ECHO_SERVERS)


# ---- Servers

class Server:
    """A process that says its port on its first line of output; `line` is each further one."""

    def __init__(self, process):
        self.process = process
        self.lines = queue.SimpleQueue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put("the end")

    def line(self):
        return self.lines.get(timeout=PATIENCE)

    def rest(self):
        """The lines that are left, when it has ended."""
        return list(iter(self.line, "the end"))

    def descriptors(self):
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def sockets(self):
        """How many of them are sockets: threads that wait have others for themselves."""
        count = 0
        for fd in pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                count += os.readlink(fd).startswith("socket:")
        return count

    def seconds(self):
        """The processor's time that it has used."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture(autouse=True)
def interruptible():
    """What a shell starts in the background ignores interrupts, and what is started from there does, too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def command(hy_script):
    def command(name, *arguments):
        # Sockets and event bases that are dropped open are to be seen.
        interpreter, *rest = hy_script if name.endswith(".hy") else [sys.executable]
        return [interpreter, "-W", "always:unclosed #:ResourceWarning", "-W", "always:unclosed <socket:ResourceWarning",
                *rest, str(EXAMPLES / name), *map(str, arguments)]
    return command


@pytest.fixture
def changed(tmp_path):
    """`changed("name.hy", pattern, text)` is the path of a copy of an example with TEXT for what matches PATTERN."""
    def changed(name, pattern, text):
        source, count = re.subn(pattern, text, (EXAMPLES / name).read_text())
        assert count == 1
        (tmp_path / name).write_text(source)
        return str(tmp_path / name)
    return changed


@pytest.fixture
def serving(command, tmp_path):
    """`with serving("name.hy", argument…) as server:`. After the block it is interrupted, and must end well
    with nothing to complain about."""
    @contextlib.contextmanager
    def serving(name, *arguments, complaints=""):
        errors = tmp_path / f"errors of {pathlib.Path(name).name}"
        with open(errors, "w") as file, \
                subprocess.Popen(command(name, *arguments), stdout=subprocess.PIPE, stderr=file,
                                 text=True) as process:
            server = Server(process)
            try:
                server.port = int(re.fullmatch(r"listening on port (\d+)", server.line()).group(1))
                yield server
                process.send_signal(signal.SIGINT)
                status = process.wait(PATIENCE)
            except BaseException:
                print(errors.read_text())
                raise
            finally:
                process.kill()
                server.reader.join(PATIENCE)
        said = errors.read_text()
        assert status == 0 and re.fullmatch(complaints, said), said
    return serving


# ---- Clients

def make_small(s):
    """Let the system keep little of what is on its way."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)


@pytest.fixture
def client():
    """`client(port)` is a connection, closed when the test is over."""
    with contextlib.ExitStack() as stack:
        def client(port, small=False):
            s = stack.enter_context(socket.socket())
            s.settimeout(PATIENCE)
            if small:
                make_small(s)
            s.connect((HOST, port))
            return s
        yield client


@pytest.fixture
def listener():
    """A socket that listens and, as `accept`, takes connections that are closed when the test is over."""
    with contextlib.ExitStack() as stack:
        s = stack.enter_context(socket.create_server((HOST, 0), backlog=128))
        s.settimeout(PATIENCE)

        def accept():
            connection = stack.enter_context(s.accept()[0])
            connection.settimeout(PATIENCE)
            return connection

        yield s, accept


def exchange(talks, over=None):
    """Let all sockets in TALKS at once send their octets, in pieces of any size, and receive. OVER says of a
    socket and what it has received whether that is all; without it, each ends its output when all is sent, and
    receives until the peer ends too. Returns what they have received."""
    chance = random.Random(7)
    received = {s: bytearray() for s in talks}
    unsent = {s: memoryview(octets) for s, octets in talks.items()}
    deadline = time.monotonic() + PATIENCE
    with selectors.DefaultSelector() as selector:

        def send(s):
            if unsent[s]:
                unsent[s] = unsent[s][s.send(unsent[s][:chance.choice([1, 100, 10_000, 1_000_000])]):]
            if not unsent[s]:
                if over is None:
                    s.shutdown(socket.SHUT_WR)
                done(s, selectors.EVENT_WRITE)

        def receive(s):
            octets = s.recv(65536)
            received[s] += octets
            if not octets or over is not None and over(s, received[s]):
                done(s, selectors.EVENT_READ)

        def done(s, event):
            rest = selector.get_key(s).events & ~event
            if rest:
                selector.modify(s, rest)
            else:
                selector.unregister(s)

        for s in talks:
            s.setblocking(False)
            selector.register(s, selectors.EVENT_READ | selectors.EVENT_WRITE)
        while selector.get_map():
            events = selector.select(max(0, deadline - time.monotonic()))
            assert events, f"{len(selector.get_map())} of {len(talks)} still wait"
            for key, mask in events:
                if mask & selectors.EVENT_READ:
                    receive(key.fileobj)
                if mask & selectors.EVENT_WRITE:
                    send(key.fileobj)
    for s in talks:
        s.settimeout(PATIENCE)
    return received


def random_octets(seed):
    chance = random.Random(seed)
    return chance.randbytes(chance.choice([0, 1, 1000, 65536, chance.randrange(300_000)]))


def receive(s, count=None):
    """COUNT octets, or all that come until the end."""
    octets = bytearray()
    while count is None or len(octets) < count:
        part = s.recv(65536 if count is None else min(65536, count - len(octets)))
        if not part:
            assert count is None, f"only {bytes(octets)}"
            break
        octets += part
    return bytes(octets)


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def wait_for_the_end(s):
    """Receive until the peer closes, in whatever way."""
    with contextlib.suppress(ConnectionResetError):
        receive(s)


def come_and_go(client, port):
    """Connect, and wait for the end, which may come before connecting has."""
    with contextlib.suppress(ConnectionResetError):
        wait_for_the_end(client(port))


def send_until_full(s, most=100_000_000):
    """Send, until nobody takes anything any more, or MOST octets; what was sent."""
    sent, block = bytearray(), random.Random(3).randbytes(1_000_003)
    # That nothing is taken for half a second is a guess, and a wrong one fails no test.
    while len(sent) < most and select.select([], [s], [], 0.5)[1]:
        at = len(sent) % len(block)
        sent += block[at:at + s.send(block[at:at + min(65536, most - len(sent))])]
    assert len(sent) < 100_000_000, "the server takes what it is sent, without end"
    return bytes(sent)


def on_the_way(s):
    """How many octets for S the system holds, at either end of the connection; some may count twice."""
    ours, theirs = (f"{port:04X}" for _, port in (s.getsockname(), s.getpeername()))
    octets = 0
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, here, there, _, queues, *_ = line.split()
        sent, received = (int(count, 16) for count in queues.split(":"))
        octets += {(theirs, ours): sent, (ours, theirs): received}.get((here[-4:], there[-4:]), 0)
    return octets


def costs_nothing(server, silent):
    """While nothing happens on its connections, SILENT, the server does nothing."""
    before = server.seconds()
    assert not select.select(silent, [], [], 0.3)[0]
    assert server.seconds() - before < 0.1


def settle(count, wanted):
    """Wait until COUNT() is WANTED."""
    deadline = time.monotonic() + PATIENCE
    while count() != wanted:
        assert time.monotonic() < deadline, f"{count()}, not {wanted}"
        time.sleep(0.01)


# ---- Echo

@each_echo_server
def test_echo_to_many_at_once(echo_server, serving, client):
    with serving(echo_server) as server:
        before = server.descriptors()
        talks = {client(server.port): random_octets(i) for i in range(200)}
        assert exchange(talks) == talks
        settle(server.descriptors, before)


@each_echo_server
def test_echo_to_one_that_never_reads(echo_server, serving, client):
    with serving(echo_server) as server:
        greedy, silent = client(server.port, small=True), client(server.port)
        sent = send_until_full(greedy)
        costs_nothing(server, [silent])
        talks = {client(server.port): random_octets(i) for i in range(50)}
        assert exchange(talks) == talks
        assert receive(greedy, len(sent)) == sent
        costs_nothing(server, [silent, greedy])
        # When the server has seen the end of one of these, there is something in its buffer still.
        said = sent
        for _ in range(25):
            hasty = client(server.port, small=True)
            said = send_until_full(hasty, len(said) - 50_000)
            hasty.shutdown(socket.SHUT_WR)
            for _ in range(50):
                silent.sendall(b"wait")
                assert receive(silent, 4) == b"wait"
            assert receive(hasty) == said


@each_echo_server
def test_echo_amid_resets(echo_server, serving, client):
    with serving(echo_server) as server:
        before = server.descriptors()
        talks, hasty = {}, []
        for i in range(60):
            talks[client(server.port)] = b"x" + random_octets(i)
            hasty.append(client(server.port))
            if i % 3 == 1:
                hasty[-1].sendall(bytes(50_000))
            if i % 3 == 2:
                hasty[-1].sendall(b"heard")
                hasty[-1].recv(1)
            # Some at once, maybe before they are accepted; the others when all talk.
            if i % 2:
                reset(hasty.pop())

        def over(s, octets):
            while hasty:
                reset(hasty.pop())
            return len(octets) == len(talks[s])

        assert exchange(talks, over) == talks
        for s in talks:
            s.close()
        settle(server.descriptors, before)


@each_echo_server
def test_echo_sends_the_idle_away(echo_server, serving, client):
    with serving(echo_server, 0, 1) as server:
        idle, deaf, busy = client(server.port), client(server.port, small=True), client(server.port)
        deaf.setblocking(False)
        left = {idle, deaf}
        deadline = time.monotonic() + PATIENCE
        while left:
            assert time.monotonic() < deadline, f"{len(left)} are still there"
            busy.sendall(b"ping")
            assert receive(busy, 4) == b"ping"
            if idle in left and select.select([idle], [], [], 0)[0]:
                assert idle.recv(1) == b""
                left.remove(idle)
            if deaf in left:
                with contextlib.suppress(BlockingIOError):
                    try:
                        deaf.send(bytes(100_000))
                    except (ConnectionResetError, BrokenPipeError):
                        left.remove(deaf)
    assert sum("idle for too long" in line for line in server.rest()) == 2


@each_echo_server
def test_echo_with_fewer_descriptors_than_clients(echo_server, serving, client):
    with serving(echo_server, complaints=r".*Too many open files.*accepting goes on.*\s*") as server:
        room = 20
        limit = server.descriptors() + room
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (limit, limit))
        clients = [client(server.port) for _ in range(2 * room)]
        for s in clients:
            s.sendall(b"hello")
        inside, outside = clients[:room], clients[room:]
        assert all(receive(s, 5) == b"hello" for s in inside)
        # Who is inside goes on.
        for s in inside:
            s.sendall(b"again")
            assert receive(s, 5) == b"again"
            s.close()
        assert all(receive(s, 5) == b"hello" for s in outside)


@contextlib.contextmanager
def stopped(process):
    """What comes in this block is there before the process sees any of it."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def test_echo_of_lines_to_who_does_not_behave(serving, changed, client):
    """The server with a thread for each client; here it waits a moment only for who does not read."""
    with serving(changed("echo_server.py", '"send-timeout", 60', '"send-timeout", 0.2')) as server:
        with stopped(server.process):
            reset(client(server.port))
        assert server.line().startswith("a client is gone: ")
        long, deaf, fine = client(server.port), client(server.port, small=True), client(server.port)
        long.sendall(b"x" * 10_001)
        wait_for_the_end(long)
        assert "10000 octets" in server.line()
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            while True:
                deaf.sendall(b"x" * 9_999 + b"\n")
        assert server.line().startswith("a client is gone: ")
        fine.sendall(b"x" * 10_000 + b"\n")
        assert receive(fine, 10_001) == b"x" * 10_000 + b"\n"
        settle(server.sockets, 2)
    assert server.rest() == []


@each_echo_server
@needs("nc")
def test_nc_talks_to_the_echo_servers(echo_server, serving, run):
    text = "hello, wörld\n" * 20_000
    with serving(echo_server) as server:
        assert run("nc", "-N", HOST, server.port, input=text).stdout == text


# ---- Chat

class Member:
    """Who takes part in a chat: a connection, and the name that the server has given to it."""

    def __init__(self, s):
        self.socket = s
        self.lines = s.makefile("rb", buffering=0)
        self.name = re.fullmatch(r"\* welcome, (\w+)\n", self.line()).group(1)

    def line(self):
        return self.lines.readline().decode()

    def say(self, text):
        self.socket.sendall(text.encode())


@pytest.fixture
def member(client):
    """`member(port)` is somebody new in the chat."""
    with contextlib.ExitStack() as stack:
        def member(port, **options):
            m = Member(client(port, **options))
            stack.enter_context(m.lines)
            return m
        yield member


def test_chat_of_many(serving, member):
    with serving("chat-server.hy") as server:
        before = server.descriptors()
        members = [member(server.port) for _ in range(50)]
        hasty = [member(server.port) for _ in range(20)]
        by_socket = {m.socket: m for m in members}
        says = {m.socket: "".join(f"{m.name} says ü€😀 {i}{'!' * i}\n" for i in range(40)).encode() for m in members}
        wanted = sum(map(len, says.values())) + sum(40 * len(m.name + ": ") for m in members)

        def own(m):
            return len(says[m.socket]) + 40 * len(m.name + ": ")

        def over(s, octets):
            while hasty:
                m = hasty.pop()
                m.lines.close()
                reset(m.socket)
            return len(octets) >= wanted - own(by_socket[s])

        heard = exchange(says, over)
        for s, octets in heard.items():
            lines = octets.decode().splitlines()
            for other in members:
                theirs = [line for line in lines if line.startswith(f"{other.name}: ")]
                said = says[other.socket].decode().splitlines() if other.socket is not s else []
                assert theirs == [f"{other.name}: {line}" for line in said]
            assert len(lines) == 49 * 40
        for m in members:
            m.lines.close()
            m.socket.close()
        settle(server.descriptors, before)


def test_chat_sends_slow_readers_away(serving, member):
    with serving("chat-server.hy") as server:
        talker, slow = member(server.port), member(server.port, small=True)
        readers = [member(server.port) for _ in range(10)]
        text = "".join(f"{i} {'x' * 900}\n" for i in range(64))
        expected = "".join(f"{talker.name}: {line}\n" for line in text.splitlines()).encode()
        rounds = 150
        for _ in range(rounds):
            talker.say(text)
            for m in readers:
                assert receive(m.socket, len(expected)) == expected
        assert server.line() == f"{slow.name} reads too slowly"
        # It has what the system had taken, and then the end.
        heard = receive(slow.socket)
        assert 0 < len(heard) < rounds * len(expected)
        assert (expected * rounds).startswith(heard)
        talker.say("still there?\n")
        assert all(m.line() == f"{talker.name}: still there?\n" for m in readers)


def test_chat_with_one_who_is_late(serving, member):
    with serving("chat-server.hy") as server:
        late, talker, reader = member(server.port, small=True), member(server.port), member(server.port)
        text = f"{'x' * 900}\n" * 64
        expected = f"{talker.name}: {'x' * 900}\n".encode() * 64
        rounds = 0
        # Until there is something that the server has to keep for it.
        while rounds * len(expected) <= on_the_way(late.socket):
            talker.say(text)
            rounds += 1
            assert receive(reader.socket, len(expected)) == expected
        assert receive(late.socket, rounds * len(expected)) == rounds * expected
        costs_nothing(server, [late.socket, talker.socket, reader.socket])
        talker.say("still there?\n")
        assert late.line() == f"{talker.name}: still there?\n"


def test_chat_with_lines_that_come_in_parts(serving, member):
    with serving("chat-server.hy") as server:
        ann, bob, eve = (member(server.port) for _ in range(3))
        line = "ann: ü€😀 and more\n".encode()
        for i in range(len(line)):
            # Each octet alone; what bob says in between shows that nobody waits for the rest.
            ann.socket.sendall(line[i:i + 1])
            if i == len(line) - 1:
                assert bob.line() == f"{ann.name}: {line.decode()}"
                assert eve.line() == f"{ann.name}: {line.decode()}"
            bob.say(f"part {i}\r\n")
            assert eve.line() == ann.line() == f"{bob.name}: part {i}\n"
        # Several lines in one packet, the last unfinished; and octets of no character.
        ann.socket.sendall(b"one\n\ntwo\xff\nthr")
        assert receive(bob.socket, 3 * len(f"{ann.name}: ") + 10) == b"".join(
            ann.name.encode() + b": " + rest for rest in (b"one\n", b"\n", b"two\xff\n"))
        ann.say("ee\n")
        assert bob.line() == f"{ann.name}: three\n"
        # Half a line of one who is gone is no line.
        receive(eve.socket, len(f"{ann.name}: ") * 4 + len("one\n\ntwo.\nthree\n"))
        eve.say("half a line")
        eve.lines.close()
        reset(eve.socket)
        assert re.match(rf"{eve.name} is gone: .*Connection reset by peer", server.line())
        bob.say("who is there?\n")
        assert ann.line() == f"{bob.name}: who is there?\n"


def test_chat_limits_lines(serving, member):
    with serving("chat-server.hy") as server:
        ann, bob, eve = (member(server.port) for _ in range(3))
        ann.say("x" * 4096 + "\n")
        assert bob.line() == eve.line() == f"{ann.name}: {'x' * 4096}\n"
        # Finished or not.
        ann.say("x" * 4097 + "\n")
        wait_for_the_end(ann.socket)
        eve.say("y" * 4097)
        wait_for_the_end(eve.socket)
        new = member(server.port)
        new.say("hello\n")
        assert bob.line() == f"{new.name}: hello\n"
    assert server.rest()[:2] == [f"{m.name} sent a line that is too long" for m in (ann, eve)]


@needs("nc")
def test_nc_takes_part_in_the_chat(serving, member, run):
    with serving("chat-server.hy") as server:
        ann = member(server.port)
        assert run("nc", "-N", HOST, server.port, input="grüße\n").stdout == "* welcome, guest2\n"
        assert ann.line() == "guest2: grüße\n"
        assert server.line() == "guest2 has left"


# ---- Time

def test_time_for_many(serving):
    with serving("udp-time-server.hy", 0, 0.05) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(100)]
        before = datetime.datetime.now() - datetime.timedelta(milliseconds=1)
        for i, s in enumerate(clients):
            s.settimeout(PATIENCE)
            # Empty, short, and as long as can be.
            s.sendto(bytes([0, 1, 60_000][i % 3]), (HOST, server.port))
            # One that has gone before it is answered.
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hasty:
                hasty.sendto(b"?", (HOST, server.port))
            octets, place = s.recvfrom(100)
            assert place == (HOST, server.port)
            assert before <= datetime.datetime.fromisoformat(octets.decode().rstrip("\n")) <= datetime.datetime.now()
        # Then all at once.
        for s in clients:
            s.sendto(b"?", (HOST, server.port))
        for s in clients:
            assert s.recv(100).endswith(b"\n")
        counts = []
        while not counts or counts[-1] < 300:
            counts.append(int(re.fullmatch(r"(\d+) answered", server.line()).group(1)))
        assert counts[-1] == 300 and counts == sorted(set(counts))
        costs_nothing(server, clients)
    assert server.rest() == ["interrupted"]


@needs("nc")
def test_nc_asks_for_the_time(serving):
    with serving("udp-time-server.hy") as server, \
            subprocess.Popen(["nc", "-u", HOST, str(server.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as nc:
        nc.stdin.write(b"?\n")
        nc.stdin.flush()
        assert re.fullmatch(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\n", nc.stdout.readline())
        nc.kill()


def test_daytime_to_who_is_gone(serving, client):
    with serving("daytime-server.hy") as server:
        before = server.descriptors()
        with stopped(server.process):
            reset(client(server.port))
        assert server.line().startswith("no answer sent: ")
        assert receive(client(server.port)).endswith(b"\r\n")
        settle(server.descriptors, before)


# ---- Forwarding

@pytest.fixture
def forwarder(serving, listener):
    """A port forwarder to a listener: `server`, and `accept`, which takes what it forwards."""
    there, accept = listener
    with serving("port-forwarder.hy", 0, "localhost", there.getsockname()[1]) as server:
        yield server, accept


def test_forwarding_many(serving, client):
    """Two examples in a row: what is echoed has gone through the forwarder twice."""
    with serving("multiplexed_echo_server.py") as echo, \
            serving("port-forwarder.hy", 0, HOST, echo.port) as server:
        before = server.descriptors(), echo.descriptors()
        talks = {client(server.port): random_octets(i) for i in range(150)}
        assert exchange(talks) == talks
        settle(lambda: (server.descriptors(), echo.descriptors()), before)


def test_each_direction_ends_for_itself(forwarder, client):
    server, accept = forwarder
    before = server.descriptors()
    for nearer in (True, False):
        near = client(server.port)
        far = accept()
        first, second = (near, far) if nearer else (far, near)
        first.sendall(b"all that I have to say")
        first.shutdown(socket.SHUT_WR)
        assert receive(second) == b"all that I have to say"
        # The other direction goes on.
        for i in range(100):
            second.sendall(f"line {i}\n".encode())
            assert receive(first, len(f"line {i}\n")) == f"line {i}\n".encode()
        second.shutdown(socket.SHUT_WR)
        assert receive(first) == b""
        settle(server.descriptors, before)


@pytest.mark.parametrize("sender", ["near", "far"])
def test_forwarding_to_one_that_does_not_read(sender, forwarder, client):
    server, accept = forwarder

    def pair():
        near = client(server.port, small=True)
        far = accept()
        make_small(far)
        return (near, far) if sender == "near" else (far, near)

    stuck, silent, ended = pair(), pair(), pair()
    sent = send_until_full(stuck[0])
    ended[0].shutdown(socket.SHUT_WR)
    assert receive(ended[1]) == b""
    costs_nothing(server, [*silent, ended[0], stuck[0]])
    # The other direction is free, and so are all others.
    stuck[1].sendall(b"wait a moment")
    assert receive(stuck[0], 13) == b"wait a moment"
    pairs = [pair() for _ in range(20)]
    talks = {s: random_octets(i) for i, s in enumerate(itertools.chain(*pairs))}
    heard = exchange(talks)
    for one, other in pairs:
        assert heard[one] == talks[other] and heard[other] == talks[one]
    assert receive(stuck[1], len(sent)) == sent
    costs_nothing(server, [*stuck, *silent])
    stuck[0].shutdown(socket.SHUT_WR)
    assert receive(stuck[1]) == b""


@pytest.mark.parametrize("hasty", ["near", "far"])
def test_a_reset_is_passed_on(hasty, forwarder, client):
    server, accept = forwarder
    before = server.descriptors()
    stays = client(server.port), accept()
    near, far = client(server.port), accept()
    first, second = (near, far) if hasty == "near" else (far, near)
    first.sendall(b"half of it")
    assert receive(second, 10) == b"half of it"
    reset(first)
    with pytest.raises(ConnectionResetError):
        receive(second)
    assert "Connection reset by peer" in server.line()
    stays[0].sendall(b"still there")
    assert receive(stays[1], 11) == b"still there"
    for s in stays:
        s.close()
    settle(server.descriptors, before)


def test_forwarding_to_a_port_that_refuses(serving, client):
    with socket.socket() as nobody:
        nobody.bind((HOST, 0))
        with serving("port-forwarder.hy", 0, HOST, nobody.getsockname()[1]) as server:
            before = server.descriptors()
            for _ in range(50):
                come_and_go(client, server.port)
            settle(server.descriptors, before)
            # When somebody listens, it serves.
            nobody.listen()
            near = client(server.port)
            nobody.settimeout(PATIENCE)
            with nobody.accept()[0] as far:
                near.sendall(b"hello")
                far.settimeout(PATIENCE)
                assert receive(far, 5) == b"hello"
    lines = server.rest()
    assert lines[:50] == ["connection lost: Connection refused"] * 50


def test_connecting_keeps_nobody_waiting(serving, client):
    """While a connection can't be made, since the queue of who listens is full, others are served."""
    with socket.create_server((HOST, 0), backlog=0) as full, contextlib.ExitStack() as stack:
        full.settimeout(PATIENCE)
        port = full.getsockname()[1]

        def accept():
            s = stack.enter_context(full.accept()[0])
            s.settimeout(PATIENCE)
            return s

        with serving("port-forwarder.hy", 0, HOST, port) as server:
            near = client(server.port)
            far = accept()
            filling = client(port)
            late = client(server.port)
            late.sendall(b"late")
            for i in range(10):
                near.sendall(b"early")
                assert receive(far, 5) == b"early"
            accept()
            # The system tries again after a second.
            assert receive(accept(), 4) == b"late"
            filling.close()


def test_connecting_takes_only_so_long(serving, client):
    with socket.create_server((HOST, 0), backlog=0) as full:
        port = full.getsockname()[1]
        with serving("port-forwarder.hy", 0, HOST, port, 0.2) as server:
            before = server.descriptors()
            client(port)
            come_and_go(client, server.port)
            assert server.line() == f"connection lost: no answer from {HOST}"
            settle(server.descriptors, before)


def test_forwarding_without_a_descriptor(forwarder, client):
    server, accept = forwarder
    near, far = client(server.port), accept()
    before = server.descriptors()
    _, most = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (before + 1, most))
    come_and_go(client, server.port)
    assert "Too many open files" in server.line()
    settle(server.descriptors, before)
    near.sendall(b"still there")
    assert receive(far, 11) == b"still there"
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (most, most))
    client(server.port).sendall(b"hello")
    assert receive(accept(), 5) == b"hello"


@needs("curl")
@needs("nc")
def test_curl_and_nc_through_the_forwarder(serving, tmp_path, run):
    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=folder)

        def log_message(self, *_):
            pass

    folder = tmp_path / "files"
    folder.mkdir()
    contents = {f"file-{i}": random.Random(i).randbytes(300_000 * i) for i in range(8)}
    for name, octets in contents.items():
        (folder / name).write_bytes(octets)
    with http.server.ThreadingHTTPServer((HOST, 0), Handler) as web:
        web.daemon_threads = False
        thread = threading.Thread(target=web.serve_forever, args=[0.01])
        thread.start()
        try:
            with serving("port-forwarder.hy", 0, "localhost", web.server_address[1]) as server:
                run("curl", "-sS", "--max-time", "20", "--parallel", "--remote-name-all",
                    f"http://{HOST}:{server.port}/file-[0-7]")
                assert {name: pathlib.Path(name).read_bytes() for name in contents} == contents
                answer = run("nc", "-N", HOST, server.port, input="GET /file-0 HTTP/1.0\r\n\r\n").stdout
                assert answer.startswith("HTTP/1.0 200 OK")
        finally:
            web.shutdown()
            thread.join(PATIENCE)


# ---- Each of them

@pytest.mark.parametrize("name", STREAM_SERVERS)
def test_an_interrupt_ends_it_with_clients_connected(name, serving, client):
    with serving(name) as server:
        clients = [client(server.port) for _ in range(10)]
        for s in clients:
            s.sendall(b"hello\n")
            assert s.recv(1)
    for s in clients:
        wait_for_the_end(s)
    assert ("interrupted" in server.rest()) == name.endswith(".hy")


def test_an_interrupt_ends_the_forwarder_with_clients_connected(serving, listener, client):
    there, accept = listener
    with serving("port-forwarder.hy", 0, HOST, there.getsockname()[1]) as server:
        pairs = [(client(server.port), accept()) for _ in range(10)]
    for s in itertools.chain(*pairs):
        wait_for_the_end(s)
    assert server.rest()[-1] == "interrupted"


@pytest.mark.parametrize("name", [*STREAM_SERVERS, "udp-time-server.hy", "port-forwarder.hy"])
def test_they_say_what_is_wrong(name, command, run):
    there = [HOST, 9] if name == "port-forwarder.hy" else []
    for arguments, why in ((["nonsense", *there], "no server: no (tcp|udp) service is known as 'nonsense'"),
                           ([0, "far", "too", "many", "arguments"], "usage|no server: .*run_server")):
        stderr = run(*command(name, *arguments), status=1).stderr
        assert re.search(why, stderr) and "Traceback" not in stderr


# ---- Clients, which say the same in Hy and in Python

@functools.cache
def compiled(name):
    source = (EXAMPLES / name).read_text()
    if name.endswith(".hy"):
        source = hy_compile(read_many(source, filename=name), sys.modules["__main__"])
    return compile(source, name, "exec")


def in_both(name):
    return [f"{name}.hy", f"{name.replace('-', '_')}.py"]


@pytest.fixture
def run_here(monkeypatch, capfdbinary):
    """`run_here("name.hy", argument…)` runs an example in this process: its status, and what it prints, octets to
    standard output and text to the other."""
    def run_here(name, *arguments, input=""):
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(input))
        status = 0
        try:
            exec(compiled(name), {"__name__": "__main__"})
        except SystemExit as e:
            status = 1
            print(e, file=sys.stderr)
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return status, out, err.decode()
    return run_here


@pytest.fixture
def say(run_here):
    """`say("name", argument…)` is what `run_here` gives, the same in Hy and in Python."""
    def say(name, *arguments, **options):
        in_hy, in_python = (run_here(n, *arguments, **options) for n in in_both(name))
        assert in_hy == in_python
        return in_hy
    return say


@pytest.fixture
def answering():
    """`with answering(octets) as port:` whoever sends a line there gets these octets, and then the end; or
    waits, if they are None. With TLS, the context of a server, the end is its goodbye."""
    @contextlib.contextmanager
    def answering(octets, tls=None):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                s = self.request
                s.settimeout(PATIENCE)
                with contextlib.suppress(OSError), contextlib.ExitStack() as stack:  # one who has heard enough
                    if tls:
                        s = stack.enter_context(tls.wrap_socket(s, server_side=True))
                    asked = b""
                    while b"\r\n" not in asked:
                        asked += s.recv(65536)
                    if octets is not None:
                        s.sendall(octets)
                        s.unwrap() if tls else s.shutdown(socket.SHUT_WR)
                    receive(s)

        with serving_in_thread(socketserver.ThreadingTCPServer((HOST, 0), Handler)) as port:
            yield port
    return answering


@pytest.mark.parametrize("name, wrong", [
    ("http-client", []), ("http-client", [1, 2, 3]), ("https-client", [HOST, 1]), ("redis-client", [HOST]),
    ("port-scanner", [1]),
    ("port-scanner", [1, 2, HOST, 1, 2]), ("descriptor-passing", [0, 1, 2])])
def test_they_say_how_they_are_used(name, wrong, run_here):
    for n, language in zip(in_both(name), ["hy", "python"]):
        status, out, err = run_here(n, *wrong)
        assert (status, out) == (1, b"") and err.startswith(f"usage: {language} {n} ")


@pytest.mark.parametrize("name, arguments, status, out, err", [
    ("http-client", ["http://localhost:1/"], 1, "", "no page: .*refused.*\n"),
    ("redis-client", ["localhost", 1], 1, "", "no answer: .*refused.*\n"),
    ("port-scanner", [1, 1], 0, "", "1 of 1 ports, 0 open\n"),
    ("interfaces", ["lo"], 0, r"1 lo\n    127\.0\.0\.1  (?s:.)*", "")])
def test_they_are_programs(name, arguments, status, out, err, command, run):
    """What the other tests see in this process: all that was printed, and the status."""
    for n in in_both(name):
        done = run(*command(n, *arguments), status=status)
        assert re.fullmatch(out, done.stdout) and re.fullmatch(err, done.stderr)


# ---- HTTP

PAGES = {"/": b"<p>hello, w\xc3\xb6rld\n", "/empty": b"", "/large": random.Random(9).randbytes(1_000_000),
         "/a%20b?c=%C3%BC": b"quoted"}


class Web(http.server.BaseHTTPRequestHandler):
    """/PAGE by its length, /chunked/PAGE in chunks, /until-closed/PAGE; /to/… redirects there, /loop to itself."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        kind, path = re.fullmatch("(/chunked|/until-closed|)(/.*)", self.path).groups()
        if path.startswith("/to/"):
            self.answer(302, Location=path.removeprefix("/to/").replace("HERE", self.headers["Host"]))
        elif path == "/loop":
            self.answer(307, Location="loop")
        elif path == "/nothing":
            self.answer(204)
        elif path not in PAGES:
            self.answer(404, Content_Length=0)
        elif kind == "/chunked":
            self.answer(200, Transfer_Encoding="chunked")
            chance, rest = random.Random(4), PAGES[path]
            while rest:
                size = chance.choice([1, 100, 70_000])
                part, rest = rest[:size], rest[size:]
                self.wfile.write(b"%X;why=not\r\n%b\r\n" % (len(part), part))
            self.wfile.write(b"0\r\nA-Trailer: yes\r\n\r\n")
        else:
            if kind == "":
                self.send_response_only(100)
                self.end_headers()
            self.answer(200, **({} if kind else {"Content_Length": len(PAGES[path])}))
            self.wfile.write(PAGES[path])
            self.close_connection = True

    def answer(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def date_time_string(self, timestamp=None):
        return "always the same"

    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    with serving_in_thread(http.server.ThreadingHTTPServer((HOST, 0), Web)) as port:
        yield f"http://localhost:{port}"


@needs("curl")
def test_http_pages_are_those_that_curl_gets(web, say):
    for kind, path in itertools.product(["", "/chunked", "/until-closed"], PAGES):
        url = f"{web}{kind}{path}"
        status, out, err = say("http-client", url)
        assert (status, out) == (0, PAGES[path])
        curl = subprocess.run(["curl", "-sS", "-D-", "-o", "page", url], capture_output=True, timeout=20, check=True)
        assert pathlib.Path("page").read_bytes() == out
        assert [line for line in curl.stdout.decode().splitlines() if line] == err.splitlines()
        assert ("A-Trailer: yes" in err) == (kind == "/chunked")


def test_http_over_ipv6_and_with_nothing_to_say(web, answering, say):
    assert say("http-client", web)[:2] == (0, PAGES["/"])
    assert say("http-client", f"{web}/nothing")[:2] == (0, b"")
    with answering(b"HTTP/1.1 204 No Content\r\n\r\nwhat is no body") as port:
        assert say("http-client", f"http://{HOST}:{port}")[:2] == (0, b"")
    assert say("http-client", f"{web}/a b?c=\xfc#d")[:2] == (0, b"quoted")

    class Server(http.server.ThreadingHTTPServer):
        address_family = socket.AF_INET6

    with serving_in_thread(Server(("::1", 0), Web)) as port:
        assert say("http-client", f"http://someone@[::1]:{port}/chunked/large")[:2] == (0, PAGES["/large"])


def test_http_redirects(web, say):
    for path in "/to//", "/to/http://HERE/", f"/to/{web}/to//to//to//to//", "/chunked/to/..":
        status, out, err = say("http-client", web + path)
        assert (status, out) == (0, PAGES["/"])
        assert err.count("HTTP/1.1 302 Found") == path.count("to/")
    status, out, err = say("http-client", f"{web}/loop")
    assert (status, out) == (1, b"") and err.endswith("\nno page: more than 5 redirects\n")
    assert err.count("HTTP/1.1 307 ") == 6
    status, out, err = say("http-client", f"{web}/to/https://HERE/")
    assert (status, out) == (1, b"") and err.endswith(f"\nno page: '{web.replace('http', 'https')}/' is no http URL\n")
    status, out, err = say("http-client", f"{web}/nowhere")
    assert (status, out) == (1, b"") and err.endswith("\nno page: the server says 404 Not Found\n")


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("answer, out, why", [
    (b"", b"", "end of file"),
    (b"SSH-2.0-Thing\r\n", b"", "the answer begins with 'SSH-2.0-Thing'"),
    (b"HTTP/1.1 200\xff\r\n\r\n", b"", "the answer begins with 'HTTP/1.1 200\xff'"),
    (b"HTTP/1.1 999 OK\r\n\r\n", b"", "the answer begins with 'HTTP/1.1 999 OK'"),
    (OK + b"Server: x", b"", "end of file"),
    (OK + b"Server: " + b"x" * 100_000, b"", "more than 65536 octets"),
    (OK + b"A: b\r\n" * 200 + b"\r\n", b"", "more than 100 headers"),
    (OK + b"Content-Length: 9\r\n\r\nhello", b"hello", "the connection ended in the middle of the body"),
    (OK + b"Content-Length: 999999999999999\r\n\r\nhello", b"hello", "ended in the middle"),
    (OK + b"Content-Length: 9999999999999999999999\r\n\r\nhello", b"", "Content-Length is '9999"),
    (OK + b"Content-Length: -1\r\n\r\nhello", b"", "the Content-Length is '-1'"),
    (OK + b"Content-Length: 0_5\r\n\r\nhello", b"", "the Content-Length is '0_5'"),
    (OK + b"Content-Length: \xb2\r\n\r\nhello", b"", "the Content-Length is '\xb2'"),
    (OK + b"Content-Length: 3\r\ncontent-length: 5\r\n\r\nhello", b"", "the Content-Length is '3, 5'"),
    (CHUNKED[:-2] + b"Content-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"", "both a Transfer-Encoding and a"),
    (CHUNKED[:-2] + b"Transfer-Encoding: gzip\r\n\r\n", b"", "the Transfer-Encoding is 'chunked, gzip'"),
    (b"HTTP/1.1 100 Continue\r\n\r\n" * 11 + OK + b"\r\n", b"", "more than 10 answers before the answer"),
    (b"HTTP/1.1 404 \x1b[2J\x9b\r\nA: \x1b]0;x\x07\r\n\r\n", b"", "the server says 404 ?[2J?"),
    (b"HTTP/1.1 302 Found\r\nLocation: http://a\x1b[2J:0/\r\n\r\n", b"", "no page: "),
    (OK + b"Transfer-Encoding: gzip\r\n\r\nhello", b"", "the Transfer-Encoding is 'gzip'"),
    (CHUNKED, b"", "end of file"),
    (CHUNKED + b"5\r\nhel", b"hel", "the connection ended in the middle of the body"),
    (CHUNKED + b"5\r\nhello", b"hello", "end of file"),
    (CHUNKED + b"3\r\nhello\r\n0\r\n\r\n", b"hel", "a chunk is longer than its size"),
    (CHUNKED + b"5\r\nhello\r\n", b"hello", "end of file"),
    (CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n", b"", "the size of a chunk is '0x5'"),
    (CHUNKED + b"-5\r\n", b"", "the size of a chunk is '-5'"),
    (CHUNKED + b"\r\n", b"", "the size of a chunk is ''"),
    (CHUNKED + b"FFFFFFFFFFFFFFFF\r\n", b"", "the size of a chunk is 'FFFF"),
    (b"HTTP/1.1 302 Found\r\n\r\n", b"", "the server says 302 Found"),
    (b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n", b"", "Invalid IPv6 URL"),
    (b"HTTP/1.1 302 Found\r\nLocation: http://a:b/\r\n\r\n", b"", "Port could not be cast"),
    (b"HTTP/1.1 302 Found\r\nLocation: ftp://localhost/\r\n\r\n", b"", "is no http URL"),
    (b"HTTP/1.1 503\r\n\r\n", b"", "the server says 503")])
def test_http_that_is_not_what_it_should_be(answer, out, why, answering, say):
    with answering(answer) as port:
        status, said, err = say("http-client", f"http://{HOST}:{port}/")
    assert (status, said) == (1, out)
    *_, last = err.splitlines()
    assert last.startswith("no page: ") and why in last
    assert err.replace("\n", "").isprintable()


def test_http_without_an_answer(answering, say):
    with answering(None) as port:
        status, out, err = say("http-client", f"http://{HOST}:{port}/", 0.1)
        assert (status, out) == (1, b"") and err.startswith("no page: ")
    with socket.create_server((HOST, 0)) as s:
        port = s.getsockname()[1]
    assert "refused" in say("http-client", f"http://{HOST}:{port}/")[2]
    assert say("http-client", "nonsense") == (1, b"", "no page: 'nonsense' is no http URL\n")
    assert "'x'" in say("http-client", f"http://{HOST}:{port}/", "x")[2]


def test_http_with_answers_before_the_answer(answering, say):
    with answering(b"HTTP/1.1 100 Continue\r\n\r\n" * 10 + OK + b"\r\nhello") as port:
        assert say("http-client", f"http://{HOST}:{port}/")[:2] == (0, b"hello")


# ---- HTTPS; more of it is in tls/test_tls_examples.py

@pytest.fixture(scope="session")
def tls(tmp_path_factory):
    """The context of a server that is `localhost`; `ca` and `certificate` are the paths of PEM files."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "certificate.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    context.ca, context.certificate = str(folder / "ca.pem"), str(folder / "certificate.pem")
    return context


@pytest.mark.parametrize("answer, out, why", [
    (OK + b"\r\nhello", b"hello", ""),
    (OK + b"Content-Length: 5\r\n\r\nhello, too much", b"hello", ""),
    (OK + b"Content-Length: 0\r\n\r\n", b"", ""),
    (OK + b"Content-Length: 50\r\n\r\nhel", b"hel", "the connection ended in the middle of the body"),
    (OK + b"Content-Length: 999999999999999\r\n\r\nhello", b"hello", "ended in the middle of the body"),
    (OK + b"Content-Length: 9999999999999999999999\r\n\r\nhello", b"", "the Content-Length is '9999"),
    (OK + b"Content-Length: -5\r\n\r\nhello", b"", "the Content-Length is '-5'"),
    (OK + b"Content-Length: x\r\n\r\nhello", b"", "the Content-Length is 'x'"),
    (CHUNKED, b"", "the body is encoded"),
    (OK + b"A: b\r\n" * 200 + b"\r\n", b"", "more than 100 headers"),
    (OK + b"Server: " + b"x" * 100_000, b"", "more than 65536 octets"),
    (b"HTTP/1.1 200 \x1b[2J\r\n\r\n", b"", r"the answer begins with 'HTTP/1.1 200 \x1b[2J'"),
    (b"", b"", "end of file")])
def test_https_that_is_and_is_not_what_it_should_be(answer, out, why, answering, say, tls):
    with answering(answer, tls) as port:
        status, said, err = say("https-client", "localhost", port, "/", tls.ca)
    assert (status, said) == (1 if why else 0, out)
    *_, last = err.splitlines()
    assert last.startswith("no page: ") and why in last if why else last == "HTTP/1.1 200 OK"


def test_https_without_an_answer(answering, changed, run_here, tls):
    with answering(None, tls) as port:
        for name in in_both("https-client"):
            impatient = changed(name, r"(PATIENCE(?: =)?) 30", r"\1 0.2")
            status, out, err = run_here(impatient, "localhost", port, "/", tls.ca)
            assert (status, out) == (1, b"") and err.startswith("no page: ") and err.count("\n") == 1


# ---- STARTTLS, as well

def test_a_mail_is_not_too_long(serving, client, tls):
    context = ssl.create_default_context(cafile=tls.ca)
    line = b"x" * 998 + b"\r\n"

    def session(port):
        s = client(port)
        lines = s.makefile("rb")
        assert lines.readline().startswith(b"220")
        s.sendall(b"STARTTLS\r\n")
        assert lines.readline().startswith(b"220")
        lines.close()
        s = context.wrap_socket(s, server_hostname="localhost")
        s.sendall(b"DATA\r\n")
        assert s.recv(100).startswith(b"354")
        s.sendall(line * 1000)
        return s

    with serving("starttls-server.hy", tls.certificate) as server:
        with session(server.port) as s:
            s.sendall(b".\r\nQUIT\r\n")
            assert receive(s) == b"250 ok\r\n221 bye\r\n"
        assert [server.line() for _ in range(1001)][-2:] == ["x" * 998, "TLSv1.3"]
        with session(server.port) as s:
            s.sendall(b"\r\n")
            assert receive(s) == b"552 too long\r\n"
    assert server.rest() == ["interrupted"]


@pytest.mark.parametrize("reply, why", [
    (b"220-x\r\n" * 1000, "a reply of more than 100 lines"), (b"220" + b"x" * 5000, "more than 1000 octets"),
    (b"554 \x1b[2J\r\n", r"the server says '554 \x1b[2J'")])
def test_who_sends_mail_does_not_take_everything(reply, why, listener, command):
    there, accept = listener
    with subprocess.Popen(command("starttls-client.hy", HOST, there.getsockname()[1], "a@x", "b@x"),
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        accept().sendall(reply)
        err = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 1 and err.startswith("not sent: ") and why in err and err.count("\n") == 1


def test_echo_client_takes_no_line_without_end(listener, command):
    there, accept = listener
    with subprocess.Popen(command("echo_client.py", HOST, there.getsockname()[1]), stdin=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        accept().sendall(b"x" * 20_000)
        err = process.communicate("hello\n", timeout=PATIENCE)[1]
    assert process.returncode == 1 and err.startswith("no echo: ") and "10000 octets" in err


# ---- Redis

COMMANDS = r"""
FLUSHALL
SET a "hello world"
GET a

GET none
INCR n
INCR a
RPUSH l 1 2 3 4 5 6 7 8 9 10 11
LRANGE l 0 -1
KEYS nothing*
EVAL "return {1, {2, {}, 'x', {'y', {'z'}}}, false, redis.error_reply('MY error'), redis.status_reply('fine')}" 0
EVAL "local t = {} for i = 1, 101 do t[i] = {i} end return t" 0
EVAL "local t = {} for i = 0, 255 do t[i + 1] = string.char(i) end return table.concat(t)" 0
SET b wörld
GET b
SET c ""
GET c
PING
MULTI
SET x 1
INCR a
EXEC
BOGUS
"""


def redis_cli(port, commands):
    return subprocess.run(["redis-cli", "-p", str(port), "--no-raw"], input=commands.encode(), capture_output=True,
                          timeout=20, check=True).stdout


@needs("redis-server")
def test_redis_replies_are_those_that_redis_cli_shows(redis, say):  # noqa: F811
    port, _ = redis
    run = functools.partial(say, "redis-client", HOST, port)
    assert run(input=COMMANDS) == (0, redis_cli(port, COMMANDS), "")


@needs("redis-server")
def test_redis_commands_one_by_one_and_many_at_once(redis, say, tmp_path):  # noqa: F811
    port, _ = redis
    run = functools.partial(say, "redis-client", HOST, port)
    assert run("SET", "a", "a b\n'\xfc'") == (0, b"OK\n", "")
    assert run("GET", "a") == (0, b'"a b\\n\'\\xc3\\xbc\'"\n', "")
    assert run("SET", "a", "\udcff") == (0, b"OK\n", "")  # an argument that is no UTF-8
    assert run("GET", "a") == (0, b'"\\xff"\n', "")
    assert run("INCR", "a") == (1, b"", "(error) ERR value is not an integer or out of range\n")
    status, out, err = run(input="FLUSHALL\n" + 1100 * "RPUSH many x\nBOGUS\n")
    assert status == 0 and out.count(b"(integer)") == out.count(b"(error)") == 1100
    large = "x" * 300_000
    assert run("SET", "large", large)[0] == 0
    assert run("GET", "large") == (0, f'"{large}"\n'.encode(), "")
    status, out, err = run(input='PING\nGET "\n')
    assert (status, out, err) == (1, b"", "no answer: No closing quotation\n")


@pytest.mark.parametrize("reply, why", [
    (b"", "end of file"), (b"+PON", "a reply is cut, or no RESP: '+PON'"), (b":12", "is cut"), (b"+OK\n", "is cut"), (b"HTTP/1.1 400 Bad Request\r\n", "begins with 'HTTP/1.1 400"),
    (b"\r\n", "begins with '\\r'"), (b":\r\n", "begins with ':\\r'"), (b":1_0\r\n", "begins with ':1_0"),
    (b":\xd9\xa3\r\n", "begins with ':"), (b":--1\r\n", "begins with ':--1"), (b"$x\r\n", "begins with '$x"),
    (b"$5\r\nhel", "a string is cut"), (b"$3\r\nhello\r\n", "a string is cut, or longer"), (b"$5\r\n", "is cut"),
    (b"$-2\r\n", "$-2 is too much"), (b"$999999999999\r\n", "$999999999999 is too much"),
    (b"*999999999999\r\n", "*999999999999 is too much"), (b":" + b"9" * 30 + b"\r\n", "begins with ':999"),
    (b"*2\r\n:1\r\n", "end of file"), (b"*1\r\n" * 10_000, "*1 is too much"), (b"+" + b"x" * 100_000, "65536"),
    (b"%1\r\n+a\r\n+b\r\n", "begins with '%1"), (b"$536870912\r\n" + b"x" * 100_000, "a string is cut")])
def test_redis_that_is_not_what_it_should_be(reply, why, answering, say):
    with answering(reply) as port:
        for name in in_both("redis-client"):
            compiled(name)
        tracemalloc.start()
        try:
            status, out, err = say("redis-client", HOST, port, "PING")
            # Whatever it is told, it takes no more memory than for what has come.
            assert tracemalloc.get_traced_memory()[1] < 10_000_000
        finally:
            tracemalloc.stop()
    assert (status, out) == (1, b"")
    assert err.startswith("no answer: ") and why in err and err.count("\n") == 1


def test_redis_replies_that_redis_seldom_gives(answering, say):
    deep = b"*1\r\n" * 31
    for reply, shown in ((b"*-1\r\n", b"(nil)\n"), (b"+\r\n", b"\n"), (b":-0\r\n", b"(integer) 0\n"),
                         (deep + b"*-1\r\n", b"1) " * 31 + b"(nil)\n"), (deep + b"*0\r\n", b"1) " * 31 + b"(empty array)\n")):
        with answering(reply) as port:
            assert say("redis-client", HOST, port, "PING") == (0, shown, "")


def test_redis_does_nothing_to_the_terminal(answering, say):
    with answering(b"+\x1b[2J\xc2\x9b\xff \xc3\xbc\r\n") as port:
        assert say("redis-client", HOST, port, "PING") == (0, "?[2J?\ufffd \xfc\n".encode(), "")
    with answering(b"-ERR \x1b[2J\r\n") as port:
        assert say("redis-client", HOST, port, "PING") == (1, b"", "(error) ERR ?[2J\n")
        assert say("redis-client", HOST, port, input="PING\n") == (0, b"(error) ERR ?[2J\n", "")


# ---- Output that nobody reads

@pytest.mark.parametrize("size", [10, 1_000_000])
@pytest.mark.parametrize("client", ["http-client", "https-client", "redis-client"])
def test_who_prints_ends_when_nobody_reads(client, size, answering, command, tls):
    """Whether it sees that at once or when all has come."""
    text = b"x" * size
    octets = b"$%d\r\n%b\r\n" % (size, text) if client == "redis-client" else OK + b"\r\n" + text
    with answering(octets, tls if client == "https-client" else None) as port:
        arguments = {"http-client": [f"http://{HOST}:{port}"], "https-client": ["localhost", port, "/", tls.ca],
                     "redis-client": [HOST, port, "GET", "a"]}[client]
        for name in in_both(client):
            read, write = os.pipe()
            os.close(read)
            with open(write, "wb") as nobody:
                done = subprocess.run(command(name, *arguments), stdout=nobody, stderr=subprocess.PIPE, text=True,
                                      timeout=PATIENCE)
            assert done.returncode == 1
            assert re.fullmatch(r"(HTTP/1.1 200 OK\n\n?)?no (page|answer): .*Broken pipe\n", done.stderr)


# ---- The port scanner

@contextlib.contextmanager
def row_of_ports(count, family=socket.AF_INET, host=HOST):
    """Sockets that are bound to so many ports in a row, and do not listen. The ports are none that the system gives to
    who does not care."""
    for _ in range(100):
        first = random.randrange(12_000, 30_000)
        with contextlib.ExitStack() as stack:
            row = [stack.enter_context(socket.socket(family)) for _ in range(count)]
            try:
                for i, s in enumerate(row):
                    s.bind((host, first + i))
            except OSError:
                continue
            yield first, row
            return
    pytest.fail("no ports in a row are free")


def service(port):
    try:
        return lookup_service(port).name
    except unknown_service:
        return "unknown"


@pytest.mark.parametrize("host", [HOST, "::1"])
def test_scanning(host, say):
    with row_of_ports(12, socket.AF_INET6 if ":" in host else socket.AF_INET, host) as (first, row):
        for i in 0, 3, 4, 11:
            row[i].listen(5)
        open_ports = "".join(f"{first + i} {service(first + i)}\n" for i in (0, 3, 4, 11))
        assert say("port-scanner", first, first + 11, host) == (0, open_ports.encode(), "12 of 12 ports, 4 open\n")


def test_scanning_more_ports_than_connections_at_a_time(say):
    with row_of_ports(300) as (first, row):
        for s in row[::3]:
            s.listen(5)
        open_ports = "".join(f"{port} {service(port)}\n" for port in range(first, first + 300, 3))
        assert say("port-scanner", first, first + 299) == (0, open_ports.encode(), "300 of 300 ports, 100 open\n")


def test_scanning_with_fewer_descriptors_than_ports(command, run):
    with row_of_ports(100) as (first, row):
        for s in row:
            s.listen(5)
        open_ports = "".join(f"{port} {service(port)}\n" for port in range(first, first + 100))
        for name in in_both("port-scanner"):
            done = run("sh", "-c", 'ulimit -n 40; exec "$@"', "sh", *command(name, first, first + 99))
            assert (done.stdout, done.stderr.splitlines()[-1]) == (open_ports, "100 of 100 ports, 100 open")


def test_scanning_without_a_descriptor(say, monkeypatch):
    """Then there is none that could end and make room."""
    def none_left(**options):
        if "ipv6" in options:
            raise emfile()
        return make_socket(**options)

    monkeypatch.setattr("hy_iolib.make_socket", none_left)
    status, out, err = say("port-scanner", 1, 3)
    assert (status, out) == (1, b"") and err.startswith("no scan: ") and "Too many open files" in err


def test_a_scan_does_not_find_itself(say, monkeypatch):
    with socket.create_server((HOST, 0)) as s:
        port = s.getsockname()[1]
    monkeypatch.setattr("hy_iolib.make_socket", lambda **options: make_socket(
        **{"local_host": HOST, "local_port": port, **options}))
    with make_socket(local_host=HOST, local_port=port) as s:
        from hy_iolib import connect, local_name, remote_name
        assert tuple(local_name(connect(s, HOST, port=port))) == tuple(remote_name(s))  # this is what may happen
        s.close(abort=True)
    assert say("port-scanner", port, port) == (0, b"", "1 of 1 ports, 0 open\n")


def test_scanning_what_can_not_be_scanned(say):
    for arguments, why in (([1, 3, "192.0.2.77"], "[Errno 99] Cannot assign requested address: bind 192.0.2.77/0"),
                           ([1, 3, "localhost"], "'localhost' is not an internet address"),
                           ([0, 3], "ports are from 1 to 65535"), ([3, 2], "ports are from 1 to 65535"),
                           ([65535, 65536], "ports are from 1 to 65535"), (["x", 3], "'x'")):
        status, out, err = say("port-scanner", *arguments)
        assert (status, out) == (1, b"") and err.startswith("no scan: ") and why in err and err.count("\n") == 1


@pytest.fixture
def silent():
    """A port that answers nobody."""
    with socket.create_server((HOST, 0), backlog=0) as full, socket.create_connection(full.getsockname()):
        yield full.getsockname()[1]


def test_scanning_shows_how_far_it_is(silent, command):
    for name in in_both("port-scanner"):
        # Two of the terminal's lines are drawn in 0.25 seconds, others may.
        terminal, screen = pty.openpty()
        with open(terminal, "rb", buffering=0) as terminal:
            with open(screen, "wb") as screen:
                process = subprocess.Popen(command(name, silent, silent, HOST, 0.25), stdout=subprocess.PIPE,
                                           stderr=screen, text=True)
            with process:
                drawn = b""
                with contextlib.suppress(OSError):  # nobody has it open any more
                    while octets := terminal.read(1000):
                        drawn += octets
                assert process.stdout.read() == ""
        assert process.returncode == 0
        assert re.fullmatch(rb"(\r0 of 1 ports, 0 open\x1b\[K)+\r1 of 1 ports, 0 open\x1b\[K\r\n", drawn)


def test_scanning_what_refuses_late(command):
    """A connection that is under way already when it is refused: at its next try, after a second or three."""
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server((HOST, 0), backlog=0))
        port = full.getsockname()[1]
        stack.enter_context(socket.create_connection((HOST, port)))
        scans = [stack.enter_context(subprocess.Popen(command(name, port, port, HOST, 30), stdout=subprocess.PIPE,
                                                      stderr=subprocess.PIPE, text=True))
                 for name in in_both("port-scanner")]
        for scan in scans:
            assert scan.stderr.readline() == "0 of 1 ports, 0 open\n"
        full.close()
        for scan in scans:
            out, err = scan.communicate(timeout=PATIENCE)
            assert (out, err.splitlines()[-1], scan.returncode) == ("", "1 of 1 ports, 0 open", 0)


def test_interrupting_a_scan(silent, command):
    for name in in_both("port-scanner"):
        with subprocess.Popen(command(name, silent, silent, HOST, 50), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr.readline() == "0 of 1 ports, 0 open\n"
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=PATIENCE) == ("", "\ninterrupted\n")
        assert process.returncode == 1


# ---- Interfaces

def addresses_of_this_machine():
    """Pairs of an interface's name and an address of it with the bits of its network, of IPv6 as the system lists
    them; and of IPv4 the first of each interface, and all addresses without their interfaces."""
    pairs, first, every = set(), set(), set()
    with contextlib.suppress(FileNotFoundError):
        for line in pathlib.Path("/proc/net/if_inet6").read_text().splitlines():
            digits, _, bits, *_, name = line.split()
            pairs.add((name, f"{ipaddress.IPv6Address(int(digits, 16))}/{int(bits, 16)}"))
    with socket.socket() as s:
        for _, name in socket.if_nameindex():
            with contextlib.suppress(OSError):
                address, mask = (socket.inet_ntoa(fcntl.ioctl(s, request, struct.pack("256s", name.encode()))[20:24])
                                 for request in (0x8915, 0x891b))
                first.add((name, ipaddress.ip_interface(f"{address}/{mask}").with_prefixlen))
    lines = pathlib.Path("/proc/net/fib_trie").read_text().splitlines()
    for before, line in itertools.pairwise(lines):
        if "/32 host LOCAL" in line:
            every.add(before.split()[-1])
    return pairs, first, every


def test_the_report_of_interfaces(say):
    status, out, err = say("interfaces")
    assert (status, err) == (0, "")
    v6, first, every = addresses_of_this_machine()
    names, found = [], set()
    for line in out.decode().splitlines():
        if line.startswith("    "):
            address, kind, network = re.fullmatch(r"    (\S+)  ([a-z -]+), in (\S+)", line).groups()
            address, _, zone = address.partition("%")
            address, network = ipaddress.ip_address(address), ipaddress.ip_network(network)
            assert address in network
            assert ("link-local" in kind) == bool(zone) == (address.version == 6 and address.is_link_local)
            assert zone in ("", names[-1][1])
            assert ("loopback" in kind) == (str(address) in ("127.0.0.1", "::1"))
            found.add((names[-1][1], address, network.prefixlen))
        else:
            index, name = line.split(" ")
            names.append((int(index), name))
    assert names == socket.if_nameindex()
    said = {(name, f"{address}/{bits}") for name, address, bits in found}
    assert v6 | first <= said and {name for name, _ in said - v6 - first} <= {name for name, _ in first}
    assert {str(address) for _, address, _ in found if address.version == 4} == every


def test_the_report_of_one_interface(say):
    status, out, err = say("interfaces", "lo")
    assert out.startswith(b"1 lo\n    127.0.0.1  loopback, in 127.0.0.0/8\n")
    assert say("interfaces", 1) == (status, out, err) == (0, out, "")
    assert say("interfaces", "lo", "nonsense") == (1, b"", "no report: no network interface is called 'nonsense'\n")


# ---- Descriptors that are passed on

PASSING = in_both("descriptor-passing")
each_that_passes = pytest.mark.parametrize("name", PASSING)


@each_that_passes
def test_passing_many_on(name, serving, client):
    with serving(name) as server:
        before = server.descriptors()
        for _ in range(2):
            talks = {client(server.port): b"".join(b"line %d\n" % j for j in range(i)) for i in range(1, 61)}
            answers = exchange(talks)
            numbers = []
            for s, sent in talks.items():
                numbers.append(answers[s][:1])
                assert answers[s] == b"".join(b"%b: %b\n" % (numbers[-1], line.upper()) for line in sent.splitlines())
            assert numbers.count(b"1") == numbers.count(b"2") == 30
            # It takes one when it waits for the first time.
            settle(lambda: server.descriptors() - before in (0, 1), True)
    assert server.rest() == ["interrupted"]


@each_that_passes
def test_passing_on_who_does_not_behave(name, serving, client):
    with serving(name) as server:
        long, hasty, fine = client(server.port), client(server.port), client(server.port)
        long.sendall(b"x" * 10_000)
        wait_for_the_end(long)
        assert re.match("worker 1: .*4096 octets", server.line())
        hasty.sendall(b"hello\n")
        reset(hasty)
        fine.sendall(b"hello\n")
        assert receive(fine, 9) == b"1: HELLO\n"
        # While one worker is busy the other is not, and what waits for the busy one comes in its turn.
        waiting = [client(server.port) for _ in range(5)]
        for s in waiting:
            s.sendall(b"me too\n")
        assert receive(waiting[0], 10) == b"2: ME TOO\n"
        for s in fine, *waiting:
            s.shutdown(socket.SHUT_WR)
        assert [receive(s) for s in waiting] == [b"", *[b"1: ME TOO\n", b"2: ME TOO\n"] * 2]


def children(pid):
    """The processes that that one has started."""
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                yield int(folder.name)


@each_that_passes
def test_passing_on_to_a_worker_that_is_gone(name, serving, client):
    with serving(name) as server:
        worker = min(children(server.process.pid))
        os.kill(worker, signal.SIGKILL)
        settle(lambda: " Z " in pathlib.Path(f"/proc/{worker}/stat").read_text(), True)
        come_and_go(client, server.port)
        assert server.line().startswith("not passed on: ")
        s = client(server.port)
        s.sendall(b"hello\n")
        assert receive(s, 9) == b"2: HELLO\n"
        s.close()


@each_that_passes
def test_passing_so_many_on_and_no_more(name, command):
    with subprocess.Popen(command(name, 0, 3), stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        port = int(process.stdout.readline().split()[-1])
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(socket.create_connection((HOST, port), PATIENCE)) for _ in range(3)]
            # The workers go on when the parent accepts no more, and an interrupt from a terminal is not for them.
            for s in clients[:2]:
                s.sendall(b"hello\n")
                assert receive(s, 9)[1:] == b": HELLO\n"
            for pid in children(process.pid):
                os.kill(pid, signal.SIGINT)
            for s in clients:
                s.sendall(b"bye\n")
                s.shutdown(socket.SHUT_WR)
                assert receive(s).endswith(b": BYE\n")
        assert process.wait(PATIENCE) == 0
        assert process.stdout.read() == ""


@each_that_passes
def test_passing_on_who_does_not_end_a_line(name, serving, changed, client):
    with serving(changed(name, r"(PATIENCE(?: =)?) 10", r"\1 0.5")) as server:
        wait_for_the_end(client(server.port))
        assert server.line().startswith("worker 1: ")
        slow = client(server.port)
        # It says something all the time.
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            deadline = time.monotonic() + PATIENCE
            while not select.select([slow], [], [], 0.1)[0]:
                assert time.monotonic() < deadline
                slow.sendall(b"x")
        assert server.line().startswith("worker 2: ")
