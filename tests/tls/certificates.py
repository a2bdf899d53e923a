"""What the tests of TLS share: certificates made by trustme, and pairs of sockets that speak TLS."""

import contextlib
import datetime
import subprocess
import types

import pytest
import trustme

from hy_iolib import (accept_connection, finish_output, local_port, make_socket, make_socket_pair, read_line,
                      start_tls, write_line)

HOST = "127.0.0.1"


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Paths of PEM files: `ca`, `other_ca`; with their keys `server` (of localhost and 127.0.0.1),
    `elsewhere` (of another host), `expired`, `selfsigned`, `stranger` (of another CA), `client`."""
    folder = tmp_path_factory.mktemp("certificates")
    ca, other = trustme.CA(), trustme.CA()
    now = datetime.datetime.now(datetime.timezone.utc)
    days = datetime.timedelta(days=1)
    certificates = {
        "server": ca.issue_cert("localhost", HOST, "::1"),
        "elsewhere": ca.issue_cert("elsewhere.example"),
        "expired": ca.issue_cert("localhost", HOST, not_before=now - 3 * days, not_after=now - days),
        "stranger": other.issue_cert("localhost", HOST),
        "client": ca.issue_cert("somebody@example.org"),
    }
    paths = {}
    for name, certificate in certificates.items():
        paths[name] = str(folder / f"{name}.pem")
        certificate.private_key_and_cert_chain_pem.write_to_path(paths[name])
    for name, authority in [("ca", ca), ("other_ca", other)]:
        paths[name] = str(folder / f"{name}.pem")
        authority.cert_pem.write_to_path(paths[name])
    paths["selfsigned"] = str(folder / "selfsigned.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "2",
                    "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
                   check=True, capture_output=True)
    with open(paths["selfsigned"], "w") as file:
        for part in "key.pem", "certificate.pem":
            file.write((folder / part).read_text())
    paths["key_alone"], paths["certificate_alone"] = str(folder / "key.pem"), str(folder / "certificate.pem")
    return types.SimpleNamespace(**paths)


@pytest.fixture
def server(files):
    """`server(option=…)` is a passive socket with TLS, whose options these are, and its port."""
    with contextlib.ExitStack() as stack:
        def make(passive=(), **options):
            s = stack.enter_context(make_socket(connect="passive", local_host=HOST, **dict(passive),
                                                tls={"certificate": files.server, **options}))
            return s, local_port(s)
        yield make


@pytest.fixture
def pair(files):
    """`pair(option=…)` is two sockets that speak TLS with each other, the server's first; they are closed
    when the test is over. The options are those of `make_socket_pair`."""
    made = []

    def make(server=(), client=(), establish=True, **options):
        a, b = make_socket_pair(**options)
        made.extend((a, b))
        start_tls(a, **{"server_side": True, "certificate": files.server, "wait": False, **dict(server)})
        start_tls(b, **{"server_name": "localhost", "ca_file": files.ca, "wait": False, **dict(client)})
        if establish:
            shake(a, b)
        return a, b

    yield make
    for s in made:
        s.close(abort=True)


def shake(*sockets):
    """Let the handshakes of two sockets that are connected to each other come to their ends."""
    for _ in range(10):
        for s in sockets:
            with contextlib.suppress(BlockingIOError):
                s._channel.advance()
    for s in sockets:  # what comes after it, as tickets
        s._channel.look(True)


def echo_lines(passive):
    """Serve one connection of PASSIVE: each line comes back."""
    with accept_connection(passive, timeout=20) as s:
        while (line := read_line(s, None, None, timeout=20)) is not None:
            write_line(line, s)
            finish_output(s, timeout=20)
