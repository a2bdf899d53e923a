"""The programs of the walk-throughs in docs/, as processes that talk with each other: the blocks with a caption,
each in a file of that name."""

import contextlib
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import threading

import pytest

from conftest import ROOT
from test_examples import Server, client, interruptible  # noqa: F401

HOST = "127.0.0.1"
PATIENCE = 20
PIECE = b"0123456789abcde\n" * 4096

PROGRAMS = {name: source for path in sorted((ROOT / "docs").glob("*.md")) for name, source in re.findall(
    r"^```\{code-block\} \w+\n:caption: (\S+)\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL)}

USED = set()


def each(*names):
    """Run the test with each of these programs."""
    USED.update(names)
    return pytest.mark.parametrize("name", names)


def pairs(*names):
    """Run the test with each of these servers and its client."""
    USED.update(name for pair in names for name in pair)
    return pytest.mark.parametrize("server, asking", names)


def both(*names):
    """The names of programs in Hy, and of the same ones in Python: a tuple of each, of one the name."""
    found = [names, tuple(name.replace("-", "_").removesuffix(".hy") + ".py" for name in names)]
    return found if len(names) > 1 else [name for [name] in found]


def test_every_program_is_used():
    assert set(PROGRAMS) == USED


@pytest.fixture
def command(hy_script, tmp_path):
    def command(name, *arguments):
        (tmp_path / name).write_text(PROGRAMS[name])
        interpreter, *rest = hy_script if name.endswith(".hy") else [sys.executable]
        # Sockets and event bases that are dropped open are to be seen.
        return [interpreter, "-W", "always:unclosed #:ResourceWarning", *rest, name, *map(str, arguments)]
    return command


@pytest.fixture
def serving(command, tmp_path):
    """`with serving(name) as server:`. After the block it is interrupted; it must end, and say what it says
    then. What it has on standard error is an interrupt's report at most."""
    @contextlib.contextmanager
    def serving(name):
        errors = tmp_path / f"errors of {name}"
        with open(errors, "w") as file, \
                subprocess.Popen(command(name), stdout=subprocess.PIPE, stderr=file,
                                 text=True) as process:
            server = Server(process)
            try:
                server.port = int(re.fullmatch(r"listening on port (\d+)", server.line()).group(1))
                yield server
                process.send_signal(signal.SIGINT)
                process.wait(PATIENCE)
            finally:
                process.kill()
                server.reader.join(PATIENCE)
        said = errors.read_text()
        assert "Warning" not in said
        if "KeyboardInterrupt" in PROGRAMS[name]:
            assert (process.returncode, said) == (0, "")
            assert server.rest()[-1] == "stopped"
        else:
            assert said.endswith("KeyboardInterrupt\n")
    return serving


def talk(s, line):
    """Send LINE, and be told the same."""
    s.sendall(line + b"\n")
    assert received(s, len(line) + 1) == line + b"\n"


def received(s, count):
    octets = b""
    while len(octets) < count and (piece := s.recv(count - len(octets))):
        octets += piece
    return octets


def closed_port():
    with socket.socket() as s:
        s.bind((HOST, 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def hanging_up():
    """The port of a server that says nothing and ends its side of the first connection at once."""
    with socket.create_server((HOST, 0)) as listener:
        def hang_up():
            with listener.accept()[0] as s:
                s.shutdown(socket.SHUT_WR)
                while s.recv(1000):
                    pass

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(PATIENCE)


def hurry(monkeypatch, name, what, seconds):
    """Let a program wait less long where it has SECONDS behind WHAT."""
    shorter, count = re.subn(rf"({what}[ =]){seconds}\b", r"\g<1>0.3", PROGRAMS[name])
    assert count
    monkeypatch.setitem(PROGRAMS, name, shorter)


def cut_off(s):
    """Send some lines and drop the connection."""
    s.sendall(b"a line\n" * 1000)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


# ---- Start in five minutes

@pairs(*both("shout-server.hy", "shout-client.hy"))
def test_shouting(server, asking, serving, command, run):
    with serving(server) as process:
        assert run(*command(asking, process.port)).stdout == "HELLO\nIS THERE ANYBODY?\n"


# ---- The tutorial

@pairs(*both("daytime-server.hy", "daytime-client.hy"), *both("daytime-server.hy", "careful-daytime-client.hy"))
def test_daytime(server, asking, serving, command, run):
    with serving(server) as process:
        said = run(*command(asking, HOST, process.port)).stdout
        assert re.fullmatch(r"\w+, \d\d \w+ \d{4}, \d\d:\d\d:\d\d\n", said)
        assert re.fullmatch(r"client at 127.0.0.1 port \d+", process.line())


@each(*both("daytime-client.hy"))
def test_a_careless_client_reports_an_error(name, command, run):
    assert "Connection refused" in run(*command(name, HOST, closed_port()), status=1).stderr.splitlines()[-1]


@each(*both("careful-daytime-client.hy"))
def test_a_careful_client_says_what_is_wrong(name, command, run, monkeypatch):
    hurry(monkeypatch, name, "timeout", "5")

    def complaint(host, port):
        return run(*command(name, host, port), status=1).stderr

    assert complaint(HOST, closed_port()) == "nobody listens there\n"
    assert "no time today: 'no such host'" in complaint("no such host", 1)
    with hanging_up() as port:
        assert complaint(HOST, port) == "the server has said nothing\n"
    with socket.create_server((HOST, 0)) as silent:
        assert complaint(HOST, silent.getsockname()[1]) == "no answer within five seconds\n"


ECHO_SERVERS = [name for server in ["echo-server.hy", "threaded-echo-server.hy", "event-echo-server.hy",
                                    "multiplexed-echo-server.hy"] for name in both(server)]


@pairs(*((server, "echo" + ("-client.hy" if server.endswith(".hy") else "_client.py")) for server in ECHO_SERVERS))
def test_echo(server, asking, serving, client, command, run):  # noqa: F811
    """After a client that is cut off, and one whose line has no end, where lines are read."""
    with serving(server) as process:
        cut_off(client(process.port))
        if server in ECHO_SERVERS[:4]:
            client(process.port).sendall(b"x" * 10001)
            while "more than 10000 octets" not in process.line():
                pass
        lines = "one\n\ntw\u00f6\n"
        assert run(*command(asking, HOST, process.port), input=lines).stdout == lines


@each(*ECHO_SERVERS[:2])
def test_one_client_after_another(name, serving, client):  # noqa: F811
    """What the chapter says is wrong with it."""
    with serving(name) as process:
        first, second = client(process.port), client(process.port)
        talk(first, b"one")
        second.sendall(b"two\n")
        talk(first, b"three")
        assert not select.select([second], [], [], 0.2)[0]
        first.close()
        assert received(second, 4) == b"two\n"


@each(*ECHO_SERVERS[2:])
def test_several_clients_at_once(name, serving, client):  # noqa: F811
    with serving(name) as process:
        slow, clients = client(process.port), []
        slow.sendall(b"half a")
        for n in range(20):
            clients.append(client(process.port))
            for i, s in enumerate(clients):
                talk(s, b"%d of %d" % (i, n))
        slow.sendall(b" line\n")
        assert received(slow, 12) == b"half a line\n"
        clients[0].close()
        talk(clients[1], b"who is left")


def flood(s):
    """Send without reading, until no more can be sent: how many octets that were."""
    count = 0
    s.setblocking(False)
    while select.select([], [s], [], 0.5)[1]:
        count += s.send(PIECE[count % len(PIECE):])
    s.settimeout(PATIENCE)
    return count


@each(*ECHO_SERVERS[4:6])
def test_a_client_that_never_reads_stops_the_simple_loop(name, serving, client):  # noqa: F811
    """What the chapter says is wrong with it."""
    with serving(name) as process:
        greedy, other = client(process.port, small=True), client(process.port)
        talk(other, b"before")
        while flood(greedy):
            pass
        other.sendall(b"meanwhile\n")
        assert not select.select([other], [], [], 0.2)[0]
        greedy.close()
        assert received(other, 10) == b"meanwhile\n"


@each(*ECHO_SERVERS[6:])
def test_a_client_that_reads_late_stops_nobody(name, serving, client):  # noqa: F811
    with serving(name) as process:
        greedy, other = client(process.port, small=True), client(process.port)
        sent = flood(greedy)
        talk(other, b"meanwhile")
        greedy.shutdown(socket.SHUT_WR)
        assert received(greedy, sent + 1) == (PIECE * (1 + sent // len(PIECE)))[:sent]
        assert process.line() == "a client leaves: it has finished"
        talk(other, b"afterwards")


@each(*ECHO_SERVERS[6:])
def test_idle_clients_have_to_go(name, serving, client, monkeypatch):  # noqa: F811
    hurry(monkeypatch, name, "IDLE( =)?", "60")
    with serving(name) as process:
        silent, greedy = client(process.port), client(process.port, small=True)
        with pytest.raises(ConnectionError):
            while True:
                greedy.sendall(PIECE)
        assert silent.recv(1) == b""
        assert [process.line(), process.line()] == ["a client leaves: idle for too long"] * 2


# ---- For Python programmers

LINE_SERVERS = ["line_server.py", "threaded_line_server.py", "event_line_server.py"]


@pairs(*((server, "line_client.py") for server in LINE_SERVERS))
def test_words_are_counted(server, asking, serving, client, command, run):  # noqa: F811
    """After a client that is cut off, and one whose last line is not complete."""
    with serving(server) as process:
        cut_off(client(process.port))
        s = client(process.port)
        s.sendall(b"the last line, unfinished")
        s.shutdown(socket.SHUT_WR)
        assert received(s, 10) == b"4 words\n"
        assert run(*command(asking, HOST, process.port), input="one two\n\nthr\u00e9\n").stdout \
            == "2 words\n0 words\n1 words\n"


@each(*LINE_SERVERS[1:])
def test_line_servers_with_several_clients(name, serving, client):  # noqa: F811
    with serving(name) as process:
        clients = []
        for n in range(20):
            clients.append(client(process.port))
            clients[-1].sendall(b"begun " * n)
        for n, s in enumerate(clients):
            s.sendall(b"and done\n")
            assert received(s, 8 + (n > 7)) == b"%d words\n" % (n + 2)
        clients[0].sendall(b"x" * 10001)
        assert re.search("line is too long|more than 10000 octets", process.line())


@each("event_line_server.py")
def test_a_client_of_lines_that_reads_late(name, serving, client):  # noqa: F811
    with serving(name) as process:
        greedy, other = client(process.port, small=True), client(process.port)
        sent = flood(greedy)
        other.sendall(b"two words\n")
        assert received(other, 8) == b"2 words\n"
        greedy.shutdown(socket.SHUT_WR)
        answers = received(greedy, sent)
        assert set(answers.splitlines()) == {b"1 words"}
        assert answers.count(b"\n") == -(-sent // len(PIECE[:16]))
        assert process.line() == "a client leaves: it has finished"


@each("line_client.py")
def test_a_line_client_says_what_is_wrong(name, command, run, monkeypatch):
    hurry(monkeypatch, name, "timeout", "10")

    def complaint(host, port):
        return run(*command(name, host, port), status=1, input="hello\n").stderr

    assert complaint(HOST, closed_port()) == "nobody listens there\n"
    assert complaint("no such host", 1).startswith("no conversation: 'no such host'")
    with hanging_up() as port:
        assert complaint(HOST, port) == "the server has closed the connection\n"
    with socket.create_server((HOST, 0)) as silent:
        assert complaint(HOST, silent.getsockname()[1]) == "no answer within ten seconds\n"
