"""The examples of TLS as processes: with peers that are not ours, and with each other."""

import contextlib
import http.server
import os
import pathlib
import random
import re
import smtplib
import socket
import ssl
import subprocess
import threading

import pytest

from certificates import HOST, files  # noqa: F401
from conftest import serving_in_thread
from test_examples import EXAMPLES, client, command, each_echo_server, interruptible, serving  # noqa: F401


def connected(context, port):
    return context.wrap_socket(socket.create_connection((HOST, port), 20), server_hostname="localhost",
                               suppress_ragged_eofs=False)


@pytest.fixture
def context(files):  # noqa: F811
    return ssl.create_default_context(cafile=files.ca)


# ---- Echo, with TLS and without

@each_echo_server
def test_echo_with_tls_and_without(echo_server, serving, client, context, files):  # noqa: F811
    """Many clients of both kinds at once; some say nothing, or no TLS."""
    with serving(echo_server, 0, 30, files.server) as server:
        port = int(re.fullmatch(r"with TLS on port (\d+)", server.line()).group(1))
        silent = [client(port) for _ in range(5)]
        silent[0].sendall(b"\x16\x03")

        def talk(plain, seed, outcome):
            octets = random.Random(seed).randbytes(200_000)
            with client(server.port) if plain else connected(context, port) as s:
                for start in range(0, len(octets), 10_000):
                    piece, back = octets[start:start + 10_000], b""
                    s.sendall(piece)
                    while len(back) < len(piece):
                        back += s.recv(20_000)
                    assert back == piece
                if plain:
                    s.shutdown(socket.SHUT_WR)
                    assert s.recv(1) == b""
                else:
                    # It says goodbye, too.
                    s.unwrap().close()
            outcome.append(seed)

        outcome = []
        threads = [threading.Thread(target=talk, args=[n % 2, n, outcome]) for n in range(40)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(50)
        assert sorted(outcome) == list(range(40))
        wrong = client(port)
        wrong.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert "http request" in server.line()
        for s in silent:
            s.close()


@each_echo_server
def test_echo_with_tls_to_one_that_never_reads(echo_server, serving, client, context, files):  # noqa: F811
    with serving(echo_server, 0, 30, files.server) as server:
        port = int(re.fullmatch(r"with TLS on port (\d+)", server.line()).group(1))
        with connected(context, port) as greedy, connected(context, port) as other:
            greedy.setblocking(False)
            sent, block = 0, bytes(range(256)) * 64
            with contextlib.suppress(ssl.SSLWantWriteError):
                while True:
                    sent += greedy.send(block[sent % len(block):])
            for n in range(50):
                other.sendall(b"wait %d" % n)
                assert other.recv(100) == b"wait %d" % n
            before = server.seconds()
            other.settimeout(0.3)
            with pytest.raises(TimeoutError):
                other.recv(1)
            assert server.seconds() - before < 0.1
            greedy.settimeout(20)
            received = 0
            while received < sent:
                octets = greedy.recv(100_000)
                at = received % len(block)
                assert octets == (block * (len(octets) // len(block) + 2))[at:at + len(octets)]
                received += len(octets)


# ---- HTTPS

@pytest.fixture
def web(files, tmp_path):  # noqa: F811
    """A web server of Python's over TLS: its port, and its folder."""
    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=tmp_path / "web")

        def do_GET(self):
            if self.path == "/endless":
                self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\nall that there is")
                return
            if self.path == "/cut":
                self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\nhalf of wh")
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            super().do_GET()

        def finish(self):
            super().finish()
            with contextlib.suppress(OSError):
                self.connection.unwrap()

        def log_message(self, *_):
            pass

    (tmp_path / "web").mkdir()
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_context.load_cert_chain(files.server)
    s = http.server.ThreadingHTTPServer((HOST, 0), Handler)
    s.handle_error = lambda *_: None
    s.socket = server_context.wrap_socket(s.socket, server_side=True)
    with serving_in_thread(s) as port:
        yield port, tmp_path / "web"


each_https_client = pytest.mark.parametrize("https_client", ["https-client.hy", "https_client.py"])


@each_https_client
def test_https(https_client, command, web, files):  # noqa: F811
    port, folder = web
    data = os.urandom(10**6)
    (folder / "page").write_bytes(data)

    def get(path, *more):
        return subprocess.run(command(https_client, "localhost", port, path, *more), capture_output=True, timeout=50)

    done = get("/page", files.ca)
    assert done.stdout == data and done.stderr == b"HTTP/1.0 200 OK\n" and done.returncode == 0
    assert b"404" in get("/missing", files.ca).stderr
    assert get("/endless", files.ca).stdout == b"all that there is"
    cut = get("/cut", files.ca)
    assert cut.returncode and cut.stdout == b"" and b"no page" in cut.stderr
    refused = get("/page")
    assert refused.returncode and refused.stdout == b"" and b"not to be trusted" in refused.stderr


@each_https_client
def test_https_with_openssl(https_client, command, files, tmp_path):  # noqa: F811
    from test_tls_peers import s_server
    (tmp_path / "page").write_text("text of the page\n")
    with s_server(files, "-WWW", cwd=tmp_path) as (port, _):
        done = subprocess.run(command(https_client, "localhost", port, "/page", files.ca), capture_output=True,
                              text=True, timeout=50)
        assert done.stdout == "text of the page\n" and "200" in done.stderr


# ---- STARTTLS

def test_mail_between_the_examples(serving, command, files):  # noqa: F811
    with serving("starttls-server.hy", files.server) as server:
        done = subprocess.run(command("starttls-client.hy", "localhost", server.port, "a@example.org",
                                      "b@example.org", files.ca),
                              input="Subject: grüß\n\n.dot\nbye\n", capture_output=True, text=True, timeout=50)
        assert done.stdout == "sent\n", done.stderr
        assert [server.line() for _ in range(5)] == ["Subject: grüß", "", ".dot", "bye", "TLSv1.3"]
        refused = subprocess.run(command("starttls-client.hy", "localhost", server.port, "a@x", "b@x", files.other_ca),
                                 input="x", capture_output=True, text=True, timeout=50)
        assert refused.returncode and "not to be trusted" in refused.stderr
        assert "a client is gone" in server.line()


def test_mail_from_python(serving, context, files):  # noqa: F811
    with serving("starttls-server.hy", files.server) as server:
        with smtplib.SMTP("localhost", server.port, timeout=20) as s:
            with pytest.raises(smtplib.SMTPResponseException):
                s.sendmail("a@example.org", ["b@example.org"], "too early")
        with smtplib.SMTP("localhost", server.port, timeout=20) as s:
            s.starttls(context=context)
            s.sendmail("a@example.org", ["b@example.org"], "Subject: x\n\nfrom Python\n")
        assert [server.line() for _ in range(4)] == ["Subject: x", "", "from Python", "TLSv1.3"]


def test_mail_by_openssl(serving, files):  # noqa: F811
    with serving("starttls-server.hy", files.server) as server:
        done = subprocess.run(["openssl", "s_client", "-connect", f"localhost:{server.port}", "-starttls", "smtp",
                               "-crlf", "-quiet", "-ign_eof", "-CAfile", files.ca, "-verify_return_error"],
                              input=b"DATA\nby hand\n.\nQUIT\n", capture_output=True, timeout=50)
        assert b"354" in done.stdout and b"221" in done.stdout
        assert [server.line() for _ in range(2)] == ["by hand", "TLSv1.3"]


def test_what_is_injected_is_not_obeyed(serving, files):  # noqa: F811
    with serving("starttls-server.hy", files.server) as server, socket.create_connection((HOST, server.port)) as s:
        file = s.makefile("rb")
        assert file.readline().startswith(b"220")
        s.sendall(b"STARTTLS\r\nDATA\r\ninjected\r\n.\r\n")
        assert "in the clear" in server.line()
        with contextlib.suppress(ConnectionError):
            assert b"354" not in file.read()


def test_it_is_all_tested():
    tested = pathlib.Path(__file__).read_text()
    assert all(name in tested for name in os.listdir(EXAMPLES) if "tls" in name or "https" in name)
