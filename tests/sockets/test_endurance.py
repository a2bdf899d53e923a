"""Many connections, and peers that do not behave: nothing is left, nothing hangs past its limit."""

import os
import socket as python
import struct
import threading
import time
import warnings

import pytest

import hy_iolib
from hy_iolib import (accept_connection, bind_address, connect, finish_output, handler_bind, invoke_restart, local_address,
                      local_port, make_socket, make_socket_from_fd, make_socket_pair, poll_timeout, read_byte, read_line,
                      receive_file_descriptor, receive_from, send_file_descriptor, send_to, shutdown, write_line)

HOST = "127.0.0.1"


def descriptors():
    return sorted(os.listdir("/proc/self/fd"), key=int)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_twenty_thousand_connections(tmp_path):
    """Half of them fail, in every way there is: not one descriptor, thread or file is left."""
    os.chdir(tmp_path)
    with make_socket(connect="passive", local_host=HOST, backlog=100) as tcp, \
            make_socket(address_family="local", connect="passive", local_filename="server", backlog=100) as local, \
            make_socket(connect="passive") as nobody, python.socket() as busy:
        port, refusing = local_port(tcp), local_port(bind_address(nobody, HOST))
        busy.bind((HOST, 0))
        busy.listen(0)
        waiting = [python.socket() for _ in range(3)]
        for s in waiting:
            s.setblocking(False)
            s.connect_ex(busy.getsockname())
        os.mkdir("folder")
        local_family = {"address_family": "local"}

        def talk(server, **there):
            with make_socket(**there) as a, accept_connection(server, timeout=20) as b:
                write_line("x", a)
                finish_output(a)
                assert read_line(b, timeout=20) == "x"

        def reset():
            with make_socket(remote_host=HOST, remote_port=port) as a:
                b = accept_connection(tcp, timeout=20)
                hy_iolib.set_socket_option(b, "linger", 0)
                b.close()
                with pytest.raises(ConnectionResetError):
                    receive_from(a, size=1, timeout=20)

        def hang_up():
            a, b = make_socket_pair()
            b.close()
            with pytest.raises(hy_iolib.epipe), a:
                send_to(a, b"x")

        def pass_on():
            a, b = make_socket_pair()
            with a, b:
                send_file_descriptor(a, b)
                make_socket_from_fd(receive_file_descriptor(b)).close()

        def fails(expected, **arguments):
            def attempt():
                with pytest.raises(expected):
                    make_socket(**arguments)
            return attempt

        def raises_within():
            with pytest.raises(KeyError), make_socket(remote_host=HOST, remote_port=port):
                accept_connection(tcp, timeout=20).close()
                raise KeyError

        succeeding = [
            lambda: talk(tcp, remote_host=HOST, remote_port=port),
            lambda: talk(local, **local_family, remote_filename="server"),
            lambda: talk(local, **local_family, remote_filename="server", local_filename="client"),
            lambda: talk(tcp, remote_host="localhost", remote_port=port, timeout=20),
            pass_on,
            lambda: make_socket(type="datagram", local_host=HOST, remote_host=HOST, remote_port=port).close(),
            lambda: make_socket(**local_family, connect="passive", local_filename="another", mode=0o600).close(),
            lambda: [s.close() for s in make_socket_pair(type="datagram")],
        ]
        failing = [
            fails(hy_iolib.socket_connection_refused_error, remote_host=HOST, remote_port=refusing),
            fails(hy_iolib.type_error, remote_host=HOST, remote_port=70000),
            fails(hy_iolib.unknown_service, remote_host=HOST, remote_port="nonesuch"),
            fails(hy_iolib.resolver_error, remote_host="", remote_port=1),
            fails(hy_iolib.socket_address_not_available_error, local_host="192.0.2.1"),
            fails(hy_iolib.socket_address_in_use_error, connect="passive", local_host=HOST, local_port=port),
            fails(hy_iolib.socket_address_in_use_error, **local_family, connect="passive", local_filename="server"),
            fails(hy_iolib.socket_address_in_use_error, **local_family, connect="passive", local_filename="folder"),
            fails(hy_iolib.enoent, **local_family, local_filename="client", remote_filename="none"),
            fails(hy_iolib.enametoolong, **local_family, remote_filename="x" * 200),
            fails(hy_iolib.type_error, **local_family, connect="passive", local_filename="x", backlog=-1),
            fails(hy_iolib.poll_timeout, remote_host=HOST, remote_port=busy.getsockname()[1], timeout=0.001),
            fails(hy_iolib.unknown_interface, remote_host="fe80::1%nonesuch", remote_port=1),
            raises_within, reset, hang_up,
        ]
        before, threads = descriptors(), threading.active_count()
        with warnings.catch_warnings():
            warnings.simplefilter("error", ResourceWarning)
            for i in range(10000):
                succeeding[i % len(succeeding)]()
                failing[i % len(failing)]()
        assert descriptors() == before and threading.active_count() == threads
        assert sorted(os.listdir()) == ["folder", "server"]
        for s in waiting:
            s.close()
    assert os.listdir() == ["folder"]


# ---- Peers that do not behave

@pytest.fixture(params=["tcp", "local"])
def ends(request, tmp_path):
    """Our end of a connection, and a peer that is a socket of Python's."""
    os.chdir(tmp_path)
    family = python.AF_INET if request.param == "tcp" else python.AF_UNIX
    with python.socket(family) as server:
        server.bind((HOST, 0) if request.param == "tcp" else "s")
        server.listen()
        there = {"remote_host": HOST, "remote_port": server.getsockname()[1]} if request.param == "tcp" else {
            "address_family": "local", "remote_filename": "s"}
        with make_socket(**there) as ours:
            peer, _ = server.accept()
            with peer:
                yield ours, peer


def within(seconds, function, *arguments, **keywords):
    start = time.monotonic()
    try:
        return function(*arguments, **keywords)
    finally:
        assert time.monotonic() - start < seconds


RECEIVERS = {
    "receive-from": lambda s, timeout: receive_from(s, size=5, timeout=timeout),
    "receive-from wait-all": lambda s, timeout: receive_from(s, size=5, wait_all=True, timeout=timeout),
    "receive-from into": lambda s, timeout: receive_from(s, buffer=bytearray(5), timeout=timeout),
    "read-line": lambda s, timeout: read_line(s, timeout=timeout),
    "read-byte": lambda s, timeout: read_byte(s, timeout=timeout),
}


@pytest.mark.parametrize("how", RECEIVERS)
def test_a_peer_that_says_nothing(ends, how):
    with pytest.raises(poll_timeout):
        within(5, RECEIVERS[how], ends[0], 0.05)


@pytest.mark.parametrize("how", RECEIVERS)
def test_a_peer_that_resets(ends, how, request):
    ours, peer = ends
    send_to(ours, b"unread")
    peer.setsockopt(python.SOL_SOCKET, python.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
    with pytest.raises(hy_iolib.socket_connection_reset_error) as e:
        within(5, RECEIVERS[how], ours, 4)
    assert isinstance(e.value, ConnectionResetError)


def test_a_peer_that_half_closes(ends):
    ours, peer = ends
    peer.sendall(b"last\nwords")
    peer.shutdown(python.SHUT_WR)
    assert read_line(ours, timeout=5) == "last" and read_line(ours, timeout=5) == "words"
    assert read_line(ours, None, "eof", timeout=5) == "eof" and receive_from(ours, size=5).count == 0
    write_line("still here", ours)
    finish_output(ours)
    assert peer.recv(100) == b"still here\n"
    shutdown(ours, write=True)
    assert peer.recv(1) == b""


def test_a_peer_that_sends_one_octet_at_a_time(ends, in_thread):
    ours, peer = ends
    text = "zwölf Boxkämpfer\n" * 20

    def drip():
        for octet in text.encode():
            peer.sendall(bytes([octet]))

    dripping = in_thread(drip)
    assert [read_line(ours, timeout=20) for _ in range(20)] == text.splitlines()
    dripping()
    dripping = in_thread(drip)
    assert receive_from(ours, size=len(text.encode()), wait_all=True, timeout=20).data == text.encode()
    dripping()


def test_a_peer_that_is_slower_than_the_limit(ends, in_thread):
    """The limit is for the call, however often something comes."""
    ours, peer = ends
    stop = threading.Event()

    def drip():
        while not stop.wait(0.01):
            peer.sendall(b"x")

    dripping = in_thread(drip)
    try:
        with pytest.raises(poll_timeout):
            within(5, read_line, ours, timeout=0.2)
        got = within(5, receive_from, ours, size=10**6, wait_all=True, timeout=0.2)
        assert 0 < got.count < 10**6
    finally:
        stop.set()
        dripping()


def test_a_peer_that_never_reads(ends):
    ours, peer = ends
    with pytest.raises(poll_timeout):
        while True:
            within(5, send_to, ours, bytes(100000), timeout=0.1)
    with pytest.raises(poll_timeout):
        while True:
            hy_iolib.write_string("x" * 1000, ours, timeout=0.1)
            within(5, finish_output, ours, timeout=0.1)
    within(5, ours.close, abort=True)


def test_a_listener_that_never_accepts():
    with make_socket(connect="passive", local_host=HOST) as server:
        with make_socket(remote_host=HOST, remote_port=local_port(server), timeout=5) as s:
            with pytest.raises(poll_timeout):
                within(5, read_line, s, timeout=0.05)


def test_connections_that_end_before_they_are_accepted():
    with make_socket(connect="passive", local_host=HOST) as server:
        for _ in range(5):
            with python.socket() as s:
                s.connect((HOST, local_port(server)))
                s.setsockopt(python.SOL_SOCKET, python.SO_LINGER, struct.pack("ii", 1, 0))
        while (c := within(5, accept_connection, server, wait=False)) is not None:
            with c, pytest.raises((ConnectionResetError, hy_iolib.end_of_file)):
                within(5, read_byte, c, timeout=2)


def test_connect_without_waiting_then_finding_out():
    with make_socket(connect="passive") as nobody, make_socket() as s:
        port = local_port(bind_address(nobody, HOST))
        with pytest.raises(ConnectionRefusedError):
            connect(s, HOST, port=port, wait=False)
            connect(s, HOST, port=port, timeout=5)


def test_restarts_by_keyword_of_seconds():
    """`retry-syscall` waits as long as it is told, then tries again, and the error shows again."""
    a, b = make_socket_pair()
    with a, b:
        tries = []

        def retry(c):
            tries.append(time.monotonic())
            if len(tries) == 3:
                invoke_restart("ignore-syscall-error")
            invoke_restart("retry-syscall", 0.05)

        with handler_bind(hy_iolib.ewouldblock, retry):
            assert receive_from(a, size=5, dont_wait=True).count == 0
        assert len(tries) == 3 and tries[2] - tries[0] >= 0.1


def test_one_reads_one_writes_a_third_closes(in_thread):
    for kind in ("stream", "datagram"):
        a, b = make_socket_pair(type=kind)
        with b:
            def fill():
                while True:
                    send_to(a, bytes(1000))
            writing = in_thread(fill)
            waiting = in_thread(lambda: receive_from(a, size=1))
            deadline = time.monotonic() + 10
            while len(a._waiters) < 2 and time.monotonic() < deadline:
                time.sleep(0.001)
            a.close()
            for one in (waiting, writing):
                with pytest.raises(hy_iolib.socket_closed_error):
                    within(5, one)


def test_abstract_names_leave_no_file(tmp_path):
    os.chdir(tmp_path)
    name = local_address(f"gone {os.getpid()}", abstract=True)
    with make_socket(address_family="local", connect="passive", local_filename=name):
        assert not os.listdir()
