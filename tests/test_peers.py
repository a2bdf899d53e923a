"""The examples as processes, against each other and against peers that are not ours."""

import contextlib
import re
import shutil
import subprocess
import sys
import threading

import pytest

from conftest import ROOT, serving_in_thread
from hy_iolib import (accept_connection, finish_output, local_port, make_socket, read_line, receive_from,
                      send_to, write_line, write_string)

EXAMPLES = ROOT / "examples"
HOST = "127.0.0.1"
DAYTIME = re.compile(r"[A-Z][a-z]+day, [A-Z][a-z]+ \d\d, \d{4} \d\d:\d\d:\d\d")


def needs(program):
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not installed")


@contextlib.contextmanager
def running(*command):
    """A server process that says its port on its first line."""
    with subprocess.Popen([str(w) for w in command], stdout=subprocess.PIPE, text=True) as process:
        try:
            port = re.search(r"port (\d+)", process.stdout.readline()).group(1)
            yield process, port
        finally:
            process.kill()


@pytest.fixture
def daytime(hy_script):
    with running(*hy_script, EXAMPLES / "daytime-server.hy", 0, 2) as (process, port):
        yield process, port


@pytest.fixture
def python_lines(in_thread):
    """A server of Python's own that answers each line in upper case; its port."""
    import socketserver

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            for line in self.rfile:
                self.wfile.write(line.decode().upper().encode())

    with serving_in_thread(socketserver.ThreadingTCPServer((HOST, 0), Handler)) as port:
        yield port


def test_hy_client_with_hy_server(daytime, hy_script, run):
    process, port = daytime
    for _ in range(2):
        done = run(*hy_script, EXAMPLES / "daytime-client.hy", "localhost", port)
        assert DAYTIME.fullmatch(done.stdout.strip())
    assert process.wait(10) == 0
    assert process.stdout.read().count("client at 127.0.0.1 port") == 2


def test_python_client_with_hy_server(daytime):
    import socket
    _, port = daytime
    with socket.create_connection((HOST, int(port)), 10) as s:
        octets = s.makefile("rb").read()
    assert octets.endswith(b"\r\n") and DAYTIME.fullmatch(octets.decode().strip())


def test_our_python_client_with_python_server(python_lines, run):
    done = run(sys.executable, EXAMPLES / "echo_client.py", HOST, python_lines, input="one\nzwei ü\n\n")
    assert done.stdout == "ONE\nZWEI Ü\n\n"


def test_our_python_client_with_our_python_server(run):
    with running(sys.executable, EXAMPLES / "echo_server.py") as (_, port):
        for text in ("one\ntwo\n", "ü\n"):
            done = run(sys.executable, EXAMPLES / "echo_client.py", "localhost", port, input=text)
            assert done.stdout == text


def test_hy_client_with_python_server(python_lines, hy_script, run):
    import socketserver

    class Daytime(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(b"Monday, about noon\r\n")

    with socketserver.TCPServer((HOST, 0), Daytime) as server:
        thread = threading.Thread(target=server.handle_request, daemon=True)
        thread.start()
        done = run(*hy_script, EXAMPLES / "daytime-client.hy", HOST, server.server_address[1])
        thread.join(20)
    assert done.stdout == "Monday, about noon\n"


def test_examples_say_what_is_wrong(hy_script, run):
    client, echo = EXAMPLES / "daytime-client.hy", EXAMPLES / "echo_client.py"
    assert "usage" in run(*hy_script, client, status=1).stderr
    assert "usage" in run(sys.executable, echo, status=1).stderr
    with make_socket(connect="passive") as nobody:
        from hy_iolib import bind_address
        port = local_port(bind_address(nobody, HOST))
        for command in ([*hy_script, client], [sys.executable, echo]):
            assert "Connection refused" in run(*command, HOST, port, status=1).stderr
    for command in ([*hy_script, client, HOST], [sys.executable, echo, HOST],
                    [sys.executable, EXAMPLES / "echo_server.py"],
                    [*hy_script, EXAMPLES / "daytime-server.hy"]):
        for port, why in (("nonsense", "no tcp service is known as 'nonsense'"), ("99999", "'99999' is not")):
            stderr = run(*command, port, status=1).stderr
            assert why in stderr and "Traceback" not in stderr
    with make_socket(connect="passive", local_host=HOST) as server:
        port = local_port(server)
        thread = threading.Thread(target=lambda: accept_connection(server, wait=40).close(), daemon=True)
        thread.start()
        assert "said nothing" in run(*hy_script, client, HOST, port, status=1).stderr
        thread.join(20)
        with running(*hy_script, EXAMPLES / "daytime-server.hy") as (_, taken):
            assert "Address already in use" in run(*hy_script, EXAMPLES / "daytime-server.hy", taken,
                                          status=1).stderr


# ---- Peers that we did not write

def serve(in_thread, talk, **options):
    """Serve one connection in a thread; the port, and a function that waits for the end."""
    server = make_socket(connect="passive", local_host=HOST, **options)

    def work():
        with server, accept_connection(server, timeout=30) as c:
            return talk(c)

    return local_port(server), in_thread(work)


@needs("nc")
def test_nc_as_a_client(in_thread, run):
    def talk(c):
        lines = []
        while (line := read_line(c, None, timeout=20)) is not None:
            lines.append(line)
            write_line(line.upper(), c)
            finish_output(c)
        return lines

    port, served = serve(in_thread, talk, external_format=("utf-8", "eol-style", "crlf"))
    done = run("nc", "-N", HOST, port, input="hello\nwörld\nno newline")
    assert served() == ["hello", "wörld", "no newline"]
    assert done.stdout == "HELLO\nWÖRLD\nNO NEWLINE\n"  # text mode takes CR LF for a newline


@needs("nc")
def test_nc_as_a_server(run):
    with make_socket(connect="passive") as s:
        from hy_iolib import bind_address
        port = local_port(bind_address(s, HOST))
    with subprocess.Popen(["nc", "-l", "-N", HOST, str(port)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as nc:
        s = connected(port)
        with s:
            write_line("to nc", s)
            finish_output(s)
            assert nc.stdout.readline() == b"to nc\n"
            nc.stdin.write(b"from nc\n")
            nc.stdin.close()
            assert read_line(s, timeout=10) == "from nc"
            assert read_line(s, None, "eof", timeout=10) == "eof"
        assert nc.wait(10) == 0


def connected(port):
    """Connect to a program that is about to listen."""
    import time
    for _ in range(200):
        try:
            return make_socket(remote_host=HOST, remote_port=port, timeout=5)
        except ConnectionRefusedError:
            time.sleep(0.02)
    raise AssertionError("nobody listens")


@needs("curl")
def test_curl_as_a_client(in_thread, run):
    def talk(c):
        request = read_line(c, timeout=20)
        while read_line(c, timeout=20):
            pass
        body = "Grüße\n"
        for line in ["HTTP/1.1 200 OK", f"Content-Length: {len(body.encode()) + 1}",
                     "Content-Type: text/plain; charset=utf-8", "Connection: close", ""]:
            write_line(line, c)
        write_string(body, c)
        return request

    port, served = serve(in_thread, talk, external_format=("utf-8", "eol-style", "crlf"))
    done = run("curl", "-sS", "--max-time", "20", f"http://{HOST}:{port}/path?q=1")
    assert served() == "GET /path?q=1 HTTP/1.1"
    assert done.stdout == "Grüße\n"


@needs("socat")
def test_socat_as_a_server():
    with subprocess.Popen(["socat", "-d", "-d", f"TCP-LISTEN:0,bind={HOST}", "SYSTEM:'tr a-z A-Z'"],
                          stderr=subprocess.PIPE, text=True) as socat:
        for line in socat.stderr:
            if "listening on" in line:
                port = int(line.rsplit(":", 1)[1])
                break
        with make_socket(remote_host=HOST, remote_port=port, timeout=10) as s:
            from hy_iolib import shutdown
            write_line("shout, please", s)
            shutdown(s, write=True)
            assert read_line(s, timeout=10) == "SHOUT, PLEASE"
        socat.communicate(timeout=10)


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    """A redis-server: its port, and the path of its local socket."""
    folder = tmp_path_factory.mktemp("redis")
    for _ in range(5):  # somebody may take the port that was free
        with make_socket(connect="passive", local_host=HOST) as s:
            port = local_port(s)
        with subprocess.Popen(["redis-server", "--port", str(port), "--bind", HOST, "--unixsocket", "redis.sock",
                               "--save", "", "--daemonize", "no"], cwd=folder, stdout=subprocess.PIPE, text=True) as process:
            try:
                if any("Ready to accept connections" in line and "unix" in line or "accept connections at" in line
                       for line in process.stdout):
                    threading.Thread(target=process.stdout.read, daemon=True).start()
                    yield port, folder / "redis.sock"
                    return
            finally:
                process.terminate()
                process.wait(20)
    pytest.fail("redis-server does not start")


@pytest.mark.parametrize("over", ["tcp", "local"])
@needs("redis-server")
def test_redis(redis, over):
    port, path = redis
    there = {"remote_host": HOST, "remote_port": port} if over == "tcp" else {
        "address_family": "local", "remote_filename": path}
    with make_socket(**there, timeout=10, external_format=("utf-8", "eol-style", "crlf")) as s:
        def command(*words):
            write_line(f"*{len(words)}", s)
            for word in words:
                write_line(f"${len(word.encode())}", s)
                write_line(word, s)
            finish_output(s)
            return answer()

        def answer():
            line = read_line(s, timeout=10)
            kind, rest = line[0], line[1:]
            if kind == "$":
                return None if rest == "-1" else read_line(s, timeout=10)
            return [answer() for _ in range(int(rest))] if kind == "*" else int(rest) if kind == ":" else rest

        assert command("PING") == "PONG"
        assert command("SET", f"key {over}", "Grüße") == "OK"
        assert command("GET", f"key {over}") == "Grüße" and command("GET", "none") is None
        assert [command("INCR", f"count {over}") for _ in range(100)] == list(range(1, 101))
        assert command("RPUSH", f"list {over}", "a", "b", "c") == 3
        assert command("LRANGE", f"list {over}", "0", "-1") == ["a", "b", "c"]
        # A thousand commands in one go.
        for _ in range(1000):
            write_string("*1\n$4\nPING\n", s)
        finish_output(s)
        assert [answer() for _ in range(1000)] == ["PONG"] * 1000
        assert command("NONSENSE").startswith("ERR unknown command")


@needs("nc")
def test_nc_over_udp():
    with make_socket(type="datagram", local_host=HOST) as s, \
            subprocess.Popen(["nc", "-u", "-w", "20", HOST, str(local_port(s))], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE) as nc:
        for text in (b"hello\n", "wörld\n".encode()):
            nc.stdin.write(text)
            nc.stdin.flush()
            got = receive_from(s, size=100, timeout=20)
            assert got.data == text and str(got.host) == HOST
            send_to(s, text.upper(), remote_host=got.host, remote_port=got.port)
            assert nc.stdout.readline() == text.upper()
        nc.kill()


@needs("socat")
def test_socat_over_udp_and_local_datagrams(tmp_path):
    """socat passes on what comes by UDP to a local datagram socket of ours, and what comes back."""
    with make_socket(address_family="local", type="datagram", local_filename=tmp_path / "ours") as ours, \
            make_socket(type="datagram") as far:
        with make_socket(type="datagram", local_host=HOST) as s:
            port = local_port(s)
        with subprocess.Popen(["socat", "-d", "-d", f"UDP-LISTEN:{port},bind={HOST}",
                               f"UNIX-SENDTO:{tmp_path}/ours,bind={tmp_path}/socat"], stderr=subprocess.PIPE, text=True) as socat:
            assert any("listening on" in line for line in socat.stderr)
            send_to(far, b"hello", remote_host=HOST, remote_port=port)
            got = receive_from(ours, size=100, timeout=20)
            assert got.data == b"hello" and got.host.name == str(tmp_path / "socat")
            send_to(ours, b"and back", remote_filename=got.host)
            assert receive_from(far, size=100, timeout=20).data == b"and back"
            socat.terminate()


# ---- The tour

def test_the_tour(run):
    out = run(sys.executable, "-m", "hy_iolib").stdout
    assert out.count("server at 127.0.0.1 port") == 2
    assert "said Hello, IOLib!, heard Hello, IOLib!" in out
    assert DAYTIME.search(out)
    assert 4 <= len(out.splitlines()) <= 10


def test_the_tour_fails_aloud(run):
    done = run(sys.executable, "-c", """if True:
        import runpy, sys
        import hy, hy_iolib.tour
        hy_iolib.tour.LINES = "klingon"
        sys.argv = ["hy_iolib"]
        runpy.run_module("hy_iolib", run_name="__main__")""", status=1)
    assert "The tour failed: type-error: encoding: 'klingon' is not the name" in done.stderr


def test_the_tour_s_help(run):
    assert "tour" in run(sys.executable, "-m", "hy_iolib", "--help").stdout
    run(sys.executable, "-m", "hy_iolib", "--nonsense", status=2)
