"""TLS with peers that are not ours: openssl, curl, Python's ssl."""

import contextlib
import fcntl
import hashlib
import http.server
import os
import re
import socket
import ssl
import subprocess
import termios
import time

import pytest

from certificates import HOST, files, server  # noqa: F401
from conftest import serving_in_thread
from hy_iolib import (accept_connection, binary_file, close, finish_output, make_socket,
                      read_line, read_sequence, receive_from, send_to, shutdown, tls_alpn_protocol, tls_cipher,
                      tls_error, tls_peer_certificate, tls_version, write_line, write_sequence)

VERSIONS = {"-tls1_2": "TLSv1.2", "-tls1_3": "TLSv1.3"}


@contextlib.contextmanager
def s_server(files, *options, **popen):
    """`openssl s_server` on a port that is free; the port and the process."""
    with subprocess.Popen(["openssl", "s_server", "-accept", f"{HOST}:0", "-cert", files.server, *options],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **popen) as process:
        try:
            for line in process.stdout:
                found = re.match(rb"ACCEPT 127.0.0.1:(\d+)", line)
                if found:
                    break
            yield int(found.group(1)), process
        finally:
            process.kill()


def s_client(port, files, *options, octets=b"", **more):
    return subprocess.run(["openssl", "s_client", "-connect", f"{HOST}:{port}", "-CAfile", files.ca,
                           "-servername", "localhost", "-verify_return_error", *options],
                          input=octets, capture_output=True, timeout=50, **more)


# ---- openssl

@pytest.mark.parametrize("option", VERSIONS)
def test_a_server_of_openssl(files, option):
    with s_server(files, option, "-rev") as (port, _):
        with make_socket(remote_host=HOST, remote_port=port, tls={"ca_file": files.ca}) as s:
            assert tls_version(s) == VERSIONS[option]
            for n in range(10):
                write_line(f"line {n}", s)
                finish_output(s)
                assert read_line(s, timeout=20) == f"line {n}"[::-1]


@pytest.mark.parametrize("option", VERSIONS)
def test_a_client_of_openssl(server, files, in_thread, option):
    passive, port = server()

    def answer():
        with accept_connection(passive, timeout=20) as s:
            write_line(read_line(s, timeout=20).upper(), s)
            return tls_version(s)

    served = in_thread(answer)
    done = s_client(port, files, option, "-quiet", octets=b"hello\n")
    assert served() == VERSIONS[option] and done.stdout == b"HELLO\n"

    def listen():
        with accept_connection(passive, timeout=20) as s:
            return read_line(s, timeout=20), read_line(s, None, "end", timeout=20)

    served = in_thread(listen)
    s_client(port, files, option, "-quiet", "-no_ign_eof", octets=b"hello\n")
    assert served() == ("hello", "end")


@pytest.mark.parametrize("cipher", ["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
                                    "ECDHE-ECDSA-AES128-GCM-SHA256"])
def test_ciphers(files, cipher):
    with s_server(files, "-tls1_2", "-cipher", cipher + ":@SECLEVEL=0", "-rev") as (port, _):
        with make_socket(remote_host=HOST, remote_port=port, tls={"ca_file": files.ca}) as s:
            assert tls_cipher(s) == cipher
            write_sequence(b"x" * 50000 + b"\n", s)
            finish_output(s)
            octets = bytearray(50001)
            assert read_sequence(octets, s, timeout=20) == 50001


def test_alpn_with_openssl(server, files, in_thread):
    with s_server(files, "-alpn", "h2,http/1.1", "-rev") as (port, _):
        with make_socket(remote_host=HOST, remote_port=port,
                         tls={"ca_file": files.ca, "alpn": ["spdy/3", "http/1.1"]}) as s:
            assert tls_alpn_protocol(s) == "http/1.1"
    passive, port = server(alpn=["h2"])

    def serve():
        with accept_connection(passive, timeout=20) as s:
            return read_line(s, None, None, timeout=20), tls_alpn_protocol(s)

    served = in_thread(serve)
    done = s_client(port, files, "-alpn", "h2", "-no_ign_eof", octets=b"Q\n")
    assert served()[1] == "h2" and b"ALPN protocol: h2" in done.stdout


def test_certificates_of_clients_with_openssl(server, files, in_thread):
    passive, port = server(ca_file=files.ca)

    def serve():
        with accept_connection(passive, timeout=20) as s:
            return read_line(s, timeout=20), tls_peer_certificate(s)["subjectAltName"]

    served = in_thread(serve)
    s_client(port, files, "-cert", files.client, "-quiet", "-no_ign_eof", octets=b"hello\n")
    assert served() == ("hello", (("email", "somebody@example.org"),))
    served = in_thread(serve)
    s_client(port, files, "-quiet", "-no_ign_eof", octets=b"hello\n")
    with pytest.raises(tls_error) as caught:
        served()
    assert caught.value.reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE"

    with s_server(files, "-Verify", "1", "-verify_return_error", "-CAfile", files.ca, "-rev") as (port, _):
        with make_socket(remote_host=HOST, remote_port=port,
                         tls={"ca_file": files.ca, "certificate": files.client}) as s:
            write_line("hello", s)
            finish_output(s)
            assert read_line(s, timeout=20) == "olleh"
        with pytest.raises(tls_error) as caught, make_socket(
                remote_host=HOST, remote_port=port, tls={"ca_file": files.ca}) as s:
            read_line(s, timeout=20)
        assert "CERTIFICATE_REQUIRED" in caught.value.reason


def type_in(process, line):
    """What s_server reads at once is one command, or text; so wait until it has read it."""
    process.stdin.write(line)
    process.stdin.flush()
    left = b"...."
    while left != bytes(4):
        left = fcntl.ioctl(process.stdin, termios.FIONREAD, bytes(4))


def test_keys_are_renewed(files):
    """KeyUpdate, of which the peer wants an answer or not."""
    with s_server(files, "-tls1_3") as (port, process):
        with make_socket(remote_host=HOST, remote_port=port, tls={"ca_file": files.ca}) as s:
            for command in b"K\n", b"k\n", b"K\n":
                type_in(process, command)
                type_in(process, b"said\n")
                assert read_line(s, timeout=20) == "said"
                write_line("heard", s)
                finish_output(s)


def test_a_handshake_that_is_wanted_anew_is_refused(files):
    """Renegotiation, of TLS 1.2; the peer gives up then."""
    with s_server(files, "-tls1_2") as (port, process):
        with make_socket(remote_host=HOST, remote_port=port, tls={"ca_file": files.ca}) as s:
            type_in(process, b"r\n")
            with contextlib.suppress(BrokenPipeError):
                type_in(process, b"after\n")
            # What was sent before it had our answer may come first.
            with pytest.raises(tls_error):
                while True:
                    read_line(s, timeout=10)


@pytest.mark.parametrize("option", VERSIONS)
def test_a_hundred_megabytes(server, files, in_thread, tmp_path, option):
    """To a client of openssl's, which writes what it gets into a file."""
    size = 100 * 10**6
    passive, port = server()
    block = os.urandom(10**6)
    digest = hashlib.sha256()
    for _ in range(size // len(block)):
        digest.update(block)

    def serve():
        with accept_connection(passive, timeout=20) as s:
            read_line(s, timeout=20)
            for _ in range(size // len(block)):
                write_sequence(block, s)
            finish_output(s)

    served = in_thread(serve)
    with open(tmp_path / "out", "wb") as out:
        done = subprocess.run(["openssl", "s_client", "-connect", f"{HOST}:{port}", "-quiet", option,
                               "-CAfile", files.ca], input=b"go\n", stdout=out, stderr=subprocess.PIPE,
                              timeout=50)
    served()
    assert done.returncode == 0, done.stderr
    found = hashlib.sha256()
    with open(tmp_path / "out", "rb") as out:
        while octets := out.read(10**6):
            found.update(octets)
    assert found.digest() == digest.digest()


# ---- curl, and servers and clients of Python's

def test_curl(server, files, in_thread, run):
    passive, port = server(alpn="http/1.1")

    def serve():
        with accept_connection(passive, timeout=20, external_format=("utf-8", "eol_style", "crlf")) as s:
            request = []
            while line := read_line(s, timeout=20):
                request.append(line)
            for line in "HTTP/1.1 200 OK", "Content-Length: 100000", "Connection: close", "":
                write_line(line, s)
            write_sequence(b"x" * 100000, s)
            return request[0], tls_alpn_protocol(s)

    served = in_thread(serve)
    done = run("curl", "--silent", "--show-error", "--http1.1", "--cacert", files.ca, "--max-time", "20",
               f"https://localhost:{port}/path")
    assert done.stdout == "x" * 100000
    assert served() == ("GET /path HTTP/1.1", "http/1.1")


def test_curl_refuses_what_it_cannot_trust(server, in_thread):
    passive, port = server()

    def serve():
        with accept_connection(passive, timeout=20) as s, pytest.raises(tls_error) as caught:
            read_line(s, timeout=20)
        return caught.value.reason

    served = in_thread(serve)
    done = subprocess.run(["curl", "--silent", "--max-time", "20", f"https://localhost:{port}/"], timeout=50)
    assert done.returncode == 60 and "UNKNOWN_CA" in served()


@pytest.fixture
def python_files(files, tmp_path):
    """`http.server` over `ssl`, on the folder `tmp_path`; its port."""
    class Handler(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __init__(self, *arguments):
            super().__init__(*arguments, directory=tmp_path)

        def log_message(self, *_):
            pass

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.server)
    s = http.server.ThreadingHTTPServer((HOST, 0), Handler)
    s.socket = context.wrap_socket(s.socket, server_side=True)
    with serving_in_thread(s) as port:
        yield port


def test_a_server_of_pythons(python_files, files, tmp_path):
    data = os.urandom(5 * 10**6)
    (tmp_path / "file").write_bytes(data)
    with make_socket(remote_host="localhost", remote_port=python_files, external_format=("utf-8", "eol_style", "crlf"),
                     tls={"ca_file": files.ca}) as s:
        for _ in range(2):
            for line in "GET /file HTTP/1.1", "Host: localhost", "":
                write_line(line, s)
            finish_output(s)
            assert read_line(s, timeout=20) == "HTTP/1.1 200 OK"
            headers = {}
            while line := read_line(s, timeout=20):
                name, value = line.split(": ", 1)
                headers[name.lower()] = value
            body = bytearray(int(headers["content-length"]))
            assert read_sequence(body, s, timeout=20) == len(data)
            assert body == data


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_a_client_of_pythons(server, files, in_thread, version):
    """Half closed, too: it ends its output, and gets the answer then."""
    passive, port = server()

    def serve():
        with accept_connection(passive, timeout=20) as s:
            octets = bytearray(10**6)
            count = read_sequence(octets, s, timeout=20)
            write_line(str(count), s)
            close(s)

    served = in_thread(serve)
    context = ssl.create_default_context(cafile=files.ca)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with socket.create_connection((HOST, port)) as inner, \
            context.wrap_socket(inner, server_hostname="localhost", suppress_ragged_eofs=False) as s:
        s.sendall(b"x" * 1000)
        s.setblocking(False)
        with pytest.raises(ssl.SSLWantReadError):
            s.unwrap()
        s.setblocking(True)
        served()
        if version == "TLSv1_3":
            # For an end that has said goodbye, its OpenSSL gives what comes by `read` only.
            assert s.read(100) == b"1000\n"


# ---- Hostile peers

def hello_of(files):
    """The octets with which a client begins."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context(cafile=files.ca).wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


GARBAGE = {
    "text": b"SSH-2.0-OpenSSH_9.0\r\n",
    "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "zeros": bytes(1000),
    "alert": b"\x15\x03\x03\x00\x02\x02\x28",
    "a record too long": b"\x16\x03\x01\xff\xff" + bytes(65535),
    "application data": b"\x17\x03\x03\x00\x10" + bytes(16),
    "a hello too short": b"\x16\x03\x01\x00\x04\x01\x00\x00\x00",
    "SSL 2": b"\x80\x2e\x01\x00\x02" + bytes(43),
    "random": bytes(range(255, 0, -1)) * 20,
}


@pytest.mark.parametrize("octets", GARBAGE.values(), ids=GARBAGE)
@pytest.mark.parametrize("side", ["server", "client"])
def test_garbage_instead_of_a_handshake(server, files, in_thread, octets, side):
    if side == "server":
        passive, port = server(timeout=5)
        with socket.create_connection((HOST, port)) as peer:
            peer.sendall(octets)
            with accept_connection(passive, timeout=20) as s, pytest.raises(tls_error):
                peer.shutdown(socket.SHUT_WR)
                read_line(s, timeout=20)
    else:
        with socket.create_server((HOST, 0)) as listener:
            def serve():
                peer, _ = listener.accept()
                with peer:
                    peer.recv(10000)
                    peer.sendall(octets)
                    peer.shutdown(socket.SHUT_WR)
                    while peer.recv(10000):
                        pass

            served = in_thread(serve)
            with pytest.raises(tls_error):
                make_socket(remote_host="localhost", remote_port=listener.getsockname()[1],
                            tls={"ca_file": files.ca, "timeout": 20})
            with contextlib.suppress(ConnectionError):
                served()


def test_a_handshake_that_is_cut_anywhere(server, files):
    passive, port = server()
    hello = hello_of(files)
    for count in sorted({0, 1, 4, 5, 6, 50, len(hello) // 2, len(hello) - 1, len(hello)}):
        with socket.create_connection((HOST, port)) as peer:
            peer.sendall(hello[:count])
            peer.shutdown(socket.SHUT_WR)
            with accept_connection(passive, timeout=20) as s, pytest.raises(tls_error) as caught:
                read_line(s, timeout=20)
            assert caught.value.reason == "TRUNCATED"


@pytest.mark.parametrize("count", [0, 1, 100, 10000])
def test_a_peer_that_stops_in_the_middle(server, files, count):
    """The limit is the handshake's, or that of the operator, whichever is the earlier."""
    passive, port = server(timeout=0.2)
    with socket.create_connection((HOST, port)) as peer:
        peer.sendall(hello_of(files)[:count])
        with accept_connection(passive, timeout=20) as s:
            before = time.monotonic()
            with pytest.raises(TimeoutError):
                read_line(s, timeout=0.05)
            assert time.monotonic() - before < 0.2
            with pytest.raises(TimeoutError):
                read_line(s)
            assert 0.15 < time.monotonic() - before < 2
            with pytest.raises(TimeoutError):
                write_line("x", s)
                finish_output(s)
    with socket.create_server((HOST, 0)) as listener:
        before = time.monotonic()
        with pytest.raises(TimeoutError):
            make_socket(remote_host=HOST, remote_port=listener.getsockname()[1], timeout=0.2,
                        tls={"ca_file": files.ca})
        assert 0.15 < time.monotonic() - before < 2


def test_octet_by_octet(server, files, in_thread):
    """A network that delivers one octet at a time changes nothing."""
    passive, port = server()

    def serve():
        with accept_connection(passive, timeout=20) as s:
            write_line(read_line(s, timeout=20).upper(), s)
            close(s)

    served = in_thread(serve)
    with socket.create_server((HOST, 0)) as listener:
        def forward(a, b):
            with contextlib.suppress(OSError):
                while octets := a.recv(1000):
                    for octet in octets:
                        b.sendall(bytes([octet]))
                b.shutdown(socket.SHUT_WR)

        def proxy():
            a, _ = listener.accept()
            b = socket.create_connection((HOST, port))
            with a, b:
                for s in a, b:
                    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                back = in_thread(forward, b, a)
                forward(a, b)
                back()

        proxied = in_thread(proxy)
        with make_socket(remote_host="localhost", remote_port=listener.getsockname()[1],
                         tls={"ca_file": files.ca}) as s:
            write_line("hello", s)
            finish_output(s)
            assert read_line(s, timeout=20) == "HELLO" and read_line(s, None, "end", timeout=20) == "end"
        served()
        proxied()


def test_a_record_that_was_changed(server, files, in_thread):
    passive, port = server()

    def serve():
        with accept_connection(passive, timeout=20) as s:
            assert read_line(s, timeout=20) == "hello"
            with pytest.raises(tls_error) as caught:
                read_line(s, timeout=20)
            with pytest.raises(tls_error):
                write_line("x", s)
                finish_output(s)
            return caught.value.reason

    served = in_thread(serve)
    with make_socket(remote_host="localhost", remote_port=port, tls={"ca_file": files.ca}) as s:
        write_line("hello", s)
        finish_output(s)
        s.python_socket.send(b"\x17\x03\x03\x00\x20" + bytes(32))
        reason = served()
        assert "MAC" in reason or "DECRYPTION" in reason
        with pytest.raises(tls_error, match="alert"):
            while True:
                read_line(s, timeout=20)


def test_clients_without_end_leave_no_descriptor(server, files):
    """What fails is closed, or can be, and is gone then."""
    passive, port = server(timeout=5)
    before = len(os.listdir("/proc/self/fd"))
    for n in range(30):
        with socket.create_connection((HOST, port)) as peer:
            peer.sendall(list(GARBAGE.values())[n % len(GARBAGE)])
        with accept_connection(passive, timeout=20) as s, pytest.raises((tls_error, ConnectionError)):
            read_line(s, timeout=20)
    with socket.create_server((HOST, 0)) as listener:
        for _ in range(10):
            with pytest.raises(TimeoutError):
                make_socket(remote_host=HOST, remote_port=listener.getsockname()[1], timeout=0.01,
                            tls={"ca_file": files.ca})
    assert len(os.listdir("/proc/self/fd")) == before


# ---- Two threads at full speed

SECONDS = float(os.environ.get("HY_IOLIB_SOAK", 10)) / 2


@pytest.mark.timeout(60 + 4 * SECONDS)
def test_two_threads_at_full_speed(server, files, in_thread):
    """One reads and one writes, on both sides, for a while: no octet is lost, and nobody waits for ever."""
    passive, port = server()
    ends = time.monotonic() + SECONDS

    def writer(s, seed):
        digest, count, block = hashlib.sha256(), 0, bytes(range(seed, seed + 200)) * 700
        sizes = [1, 100, 5000, 16384, 16385, 70000, 140000]
        while time.monotonic() < ends:
            for size in sizes:
                octets = block[:size]
                if size % 2:
                    write_sequence(octets, s)
                else:
                    finish_output(s)
                    sent = 0
                    while sent < size:
                        sent += send_to(s, octets, start=sent)
                digest.update(octets)
                count += size
        finish_output(s)
        shutdown(s, write=True)
        return count, digest.hexdigest()

    def reader(s):
        digest, count = hashlib.sha256(), 0
        while octets := receive_from(s, size=100000).data:
            digest.update(octets)
            count += len(octets)
        return count, digest.hexdigest()

    connected = in_thread(lambda: make_socket(remote_host="localhost", remote_port=port, tls={"ca_file": files.ca}))
    with accept_connection(passive, timeout=20) as a:
        written = in_thread(writer, a, 0)
        with connected() as b:
            read = in_thread(reader, b)
            others = in_thread(writer, b, 50), in_thread(reader, a)
            wait = SECONDS + 40
            first = written(wait)
            assert read(wait) == first and first[0] > 10**6
            second = others[0](wait)
            assert others[1](wait) == second and second[0] > 10**6


def test_file_objects_and_other_programs(server, files, in_thread):
    passive, port = server()

    def serve():
        with accept_connection(passive, timeout=20) as s, binary_file(s) as file:
            return file.read()

    served = in_thread(serve)
    s_client(port, files, "-quiet", "-no_ign_eof", octets=b"x" * 100000)
    assert served() == b"x" * 100000
