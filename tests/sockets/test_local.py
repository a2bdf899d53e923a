"""Local sockets: their files, and what is passed over them."""

import array
import os
import pathlib
import signal
import socket as python
import stat
import subprocess
import sys

import pytest

import hy_iolib
from hy_iolib import (IPV4_LOOPBACK, accept_connection, bind_address, close, connect, listen_on, local_address,
                      local_filename, local_name, local_port, make_socket, make_socket_from_fd, make_socket_pair,
                      poll_timeout, read_line, receive_file_descriptor, receive_from, remote_filename, remote_name,
                      send_file_descriptor, send_to, socket_address_in_use_error, socket_connection_refused_error,
                      socket_option, write_line)

LOCAL = {"address_family": "local"}


@pytest.fixture
def path(tmp_path):
    # Short enough for sun_path, whatever the folder of the tests is called.
    os.chdir(tmp_path)
    return pathlib.Path("s")


def listener(path, **keywords):
    return make_socket(**LOCAL, connect="passive", local_filename=path, **keywords)


def client(path, **keywords):
    return make_socket(**LOCAL, remote_filename=path, **keywords)


@pytest.mark.parametrize("designator", [str, os.fsencode, pathlib.Path, local_address, lambda p: os.path.abspath(p)])
def test_paths(path, designator):
    with listener(designator(path)) as server, client(designator(path)) as s, accept_connection(server) as peer:
        name = hy_iolib.ensure_address(designator(path), family="local").name
        assert local_name(server) == remote_name(s) == local_address(name)
        assert local_filename(server) == remote_filename(s) == name == local_filename(peer)
        assert local_name(s) == remote_name(peer) == local_address("") and local_filename(s) is None
        assert repr(server) == f"#<passive local stream socket waiting @ {name}>"
        assert repr(s) == f"#<active local stream socket connected to {name}>"
        assert repr(peer) == '#<active local stream socket connected to @"">'
        write_line("hello", s)
        hy_iolib.finish_output(s)
        assert read_line(peer, timeout=5) == "hello"
    assert not os.path.lexists(path)


def test_abstract_names():
    name = local_address(f"hy_iolib {os.getpid()}", abstract=True)
    with listener(name) as server, client(name), accept_connection(server) as peer:
        assert local_name(server) == name and repr(server).endswith(f"waiting @ @{name.name}>")
        assert local_filename(server) == name.name and hy_iolib.abstract_address_p(local_name(peer))
        with pytest.raises(socket_address_in_use_error, match=name.name):
            listener(name)
    assert not os.path.lexists(name.name)
    odd = local_address(b"\xff\0%d" % os.getpid(), abstract=True)
    with listener(odd) as server:
        assert local_name(server) == odd


def test_octets_that_are_no_text(path):
    with listener(b"s\xff") as server, client(b"s\xff"):
        assert os.path.exists(b"s\xff") and os.fsencode(local_filename(server)) == b"s\xff"
        repr(server)


def test_paths_at_and_over_the_limit(path):
    longest = "x" * 107
    with listener(longest) as server, client(longest), accept_connection(server):
        assert local_filename(server) == longest
    for make in (listener, client):
        with pytest.raises(hy_iolib.enametoolong, match="108 octets, where 107 fit"):
            make("x" * 108)
        with pytest.raises(hy_iolib.enametoolong):
            make(local_address("x" * 108, abstract=True))
        with pytest.raises(hy_iolib.enametoolong):
            make("ü" * 54)
    with make_socket(**LOCAL, type="datagram") as s, pytest.raises(hy_iolib.enametoolong):
        send_to(s, b"x", remote_filename="x" * 200)
    assert not os.listdir()


def test_missing_and_refusing(path):
    with pytest.raises(hy_iolib.enoent, match="connect 's'"):
        client(path)
    with pytest.raises(hy_iolib.enoent):
        listener("none/s")
    path.write_text("a file")
    with pytest.raises(socket_connection_refused_error):
        client(path)


# ---- Files that are in the way

def stale(path, type=python.SOCK_STREAM):
    with python.socket(python.AF_UNIX, type) as s:
        s.bind(os.fspath(path))


@pytest.mark.parametrize("type", ["stream", "datagram"])
def test_a_stale_file_makes_place(path, type):
    stale(path, getattr(python, "SOCK_DGRAM" if type == "datagram" else "SOCK_STREAM"))
    keywords = {"connect": "passive", "type": type} if type == "stream" else {"type": type}
    with pytest.raises(socket_address_in_use_error):
        make_socket(**LOCAL, **keywords, local_filename=path, reuse_address=False)
    with make_socket(**LOCAL, **keywords, local_filename=path) as s:
        assert local_filename(s) == "s"
        with pytest.raises(socket_address_in_use_error, match="bind 's'"):
            make_socket(**LOCAL, **keywords, local_filename=path)
        assert path.is_socket()
    assert not os.path.lexists(path)


def test_a_live_one_of_another_type_stays(path):
    with make_socket(**LOCAL, type="datagram", local_filename=path):
        with pytest.raises(socket_address_in_use_error):
            listener(path)
        assert path.is_socket()


def test_a_busy_one_stays(path):
    with python.socket(python.AF_UNIX) as server:
        server.bind("s")
        server.listen(0)
        with client(path), pytest.raises(socket_address_in_use_error):
            listener(path)
        assert path.is_socket()


def test_who_listens_does_not_notice_that_it_was_asked_for(path):
    with listener(path) as server:
        with pytest.raises(socket_address_in_use_error):
            listener(path)
        assert accept_connection(server, wait=False) is None


def test_what_is_no_socket_stays(path):
    path.write_text("precious")
    with pytest.raises(socket_address_in_use_error):
        listener(path)
    assert path.read_text() == "precious"
    os.mkdir("d")
    with pytest.raises(socket_address_in_use_error):
        listener("d")


def test_a_symbolic_link_is_never_followed(path):
    stale("real")
    os.symlink("real", "s")
    with pytest.raises(socket_address_in_use_error):
        listener(path)
    assert path.is_symlink() and pathlib.Path("real").is_socket()
    os.symlink("nowhere", "dangling")
    with pytest.raises(socket_address_in_use_error):
        listener("dangling")


def test_what_took_the_place_stays(path):
    server = listener(path)
    os.unlink(path)
    with listener(path) as other:
        close(server)
        assert path.is_socket()
        with client(path), accept_connection(other):
            pass
    server = listener(path)
    os.unlink(path)
    path.write_text("precious")
    close(server)
    assert path.read_text() == "precious"


def test_the_folder_may_change_and_the_file_be_gone(path, tmp_path):
    server = listener(path)
    os.chdir("/")
    close(server)
    assert not os.listdir(tmp_path)
    os.chdir(tmp_path)
    server = listener(path)
    os.unlink(path)
    assert close(server)


def test_clients_and_twins_remove_nothing(path):
    with listener(path) as server:
        with client(path), accept_connection(server):
            pass
        make_socket_from_fd(server, dup=True).close()
        assert path.is_socket()
    with make_socket(**LOCAL, local_filename=path) as s:  # a client with a name of its own
        assert path.is_socket() and local_filename(s) == "s"
    assert not os.path.lexists(path)


def test_a_second_binding_removes_nothing(path):
    stale("old")
    with listener(path) as server:
        with pytest.raises((hy_iolib.einval, socket_address_in_use_error)):
            bind_address(server, "old")
        assert pathlib.Path("old").is_socket() and path.is_socket()


def test_an_interrupt_after_binding_leaves_no_file(path, monkeypatch):
    def strike(*_, **__):
        raise KeyboardInterrupt

    for name in ("lstat", "chmod"):
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(os, name, strike)
            before = os.umask(0o077)
            try:
                listener(path, mode=0o666)
            finally:
                os.umask(before)
        assert not os.path.lexists(path)


def test_an_interrupted_close_can_be_completed(path, monkeypatch):
    server = listener(path)
    number = server.fileno()
    with monkeypatch.context() as patched:
        patched.setattr(type(server._file), "remove", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            close(server)
    assert path.is_socket() and server.close() is False and not os.path.lexists(path)
    with pytest.raises(OSError):
        os.fstat(number)


@pytest.mark.parametrize("wrong", ["\ud800", "a\udc80\ud800", 5, None, ["x"]], ids=ascii)
def test_what_is_no_path(path, wrong):
    for attempt in (listener, client):
        if wrong is not None:
            with pytest.raises(hy_iolib.type_error):
                attempt(wrong)
    with make_socket(**LOCAL, type="datagram") as s:
        with pytest.raises(hy_iolib.type_error):
            bind_address(s, wrong)
        with pytest.raises(hy_iolib.type_error):
            connect(s, wrong)


def test_a_failure_after_binding_leaves_no_file(path):
    with pytest.raises(hy_iolib.enoent):
        make_socket(**LOCAL, local_filename=path, remote_filename="none")
    with pytest.raises(hy_iolib.type_error):
        make_socket(**LOCAL, connect="passive", local_filename=path, backlog=0)
    assert not os.listdir()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("mode", [None, 0o600, 0o660, 0o777])
def test_modes(path, umask, mode):
    before = os.umask(umask)
    try:
        with listener(path, mode=mode):
            assert stat.S_IMODE(os.stat(path).st_mode) == (0o777 & ~umask if mode is None else mode)
    finally:
        os.umask(before)
    with make_socket(**LOCAL, connect="passive") as s:
        bind_address(s, path, mode=0o600)
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600 and listen_on(s) is s
    with make_socket() as s, pytest.raises(hy_iolib.type_error, match="no file is made"):
        bind_address(s, IPV4_LOOPBACK, mode=0o600)


def test_a_full_backlog(path, in_thread):
    with listener(path, backlog=1) as server:
        waiting = []
        try:
            with pytest.raises(poll_timeout):
                for _ in range(10):
                    waiting.append(client(path, timeout=0.1))
            with make_socket(**LOCAL) as s:
                with pytest.raises(hy_iolib.ewouldblock):
                    connect(s, path, wait=False)
                connecting = in_thread(lambda: connect(s, path, timeout=20))
                accept_connection(server).close()
                assert connecting() is s
        finally:
            for s in waiting:
                s.close()


def test_peer_credentials(path):
    with listener(path) as server, client(path) as s, accept_connection(server) as peer:
        for one in (s, peer):
            assert socket_option(one, "peer-credentials") == (os.getpid(), os.getuid(), os.getgid())
        assert socket_option(peer, "peer-credentials").pid == os.getpid()


# ---- Forks

def test_a_forked_child_leaves_the_file_alone(path):
    with listener(path) as server:
        child = os.fork()
        if not child:
            signal.alarm(20)
            close(server)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert path.is_socket()
        with client(path), accept_connection(server):
            pass


@pytest.mark.parametrize("kind", ["local", "tcp", "udp", "local datagram"])
def test_a_forking_server(kind, path):
    """A child that answers, for each kind: the parent closes its copy, and each lives on by itself."""
    datagram = kind in ("udp", "local datagram")
    here = {"local_filename": path} if kind.startswith("local") else {"local_host": IPV4_LOOPBACK}
    family = "local" if kind.startswith("local") else "internet"
    with make_socket(address_family=family, type="datagram" if datagram else "stream", connect="passive", **here) as server:
        there = {"remote_filename": path} if family == "local" else {
            "remote_host": IPV4_LOOPBACK, "remote_port": local_port(server)}
        mine = {"local_filename": "client"} if kind == "local datagram" else {}
        for i in range(3):
            with make_socket(address_family=family, type="datagram" if datagram else "stream", **there, **mine) as s:
                send_to(s, b"ping")
                connection = None if datagram else accept_connection(server, timeout=10)
                child = os.fork()
                if not child:
                    status = 1
                    try:
                        signal.alarm(20)
                        if datagram:
                            got = receive_from(server, size=100)
                            to = {"remote_filename": got.host} if family == "local" else {
                                "remote_host": got.host, "remote_port": got.port}
                            send_to(server, got.data + b"-pong", **to)
                        else:
                            close(server)
                            got = receive_from(connection, size=100)
                            write_line(got.data.decode() + "-pong", connection)
                            close(connection)
                        status = 0
                    finally:
                        os._exit(status)
                if connection:
                    close(connection)
                assert receive_from(s, size=100, timeout=20).data.strip() == b"ping-pong"
                assert os.waitpid(child, 0)[1] == 0


# ---- Passing descriptors

def test_passing(tmp_path):
    for type in ("stream", "datagram"):
        a, b = make_socket_pair(type=type)
        with a, b, open(tmp_path / "file", "w+") as file:
            file.write("inside")
            file.flush()
            assert send_file_descriptor(a, file) is a and send_file_descriptor(a, file.fileno()) is a
            for _ in range(2):
                fd = receive_file_descriptor(b, timeout=5)
                assert fd != file.fileno() and not os.get_inheritable(fd)
                assert os.pread(fd, 10, 0) == b"inside"
                os.close(fd)
            assert os.fstat(file.fileno())
            with pytest.raises(poll_timeout):
                receive_file_descriptor(b, timeout=0.01)


def test_passing_to_another_process(path):
    with listener(path) as server:
        child = subprocess.Popen([sys.executable, "-c", """if True:
            import os, sys, hy_iolib as h
            with h.make_socket(address_family="local", remote_filename=sys.argv[1]) as s:
                fd = h.receive_file_descriptor(s, timeout=20)
            os.write(fd, b"from the child")
            """, os.path.abspath(path)])
        with accept_connection(server, timeout=20) as peer:
            read, write = os.pipe()
            send_file_descriptor(peer, write)
            os.close(write)
            assert os.read(read, 100) == b"from the child" and os.read(read, 1) == b""
            os.close(read)
        assert child.wait(20) == 0


def test_extra_descriptors_are_closed():
    a, b = make_socket_pair()
    with a, b:
        for count in (2, 5, 253):
            before = len(os.listdir("/proc/self/fd"))
            rights = array.array("i", [0] * count)
            a.python_socket.sendmsg([b"x"], [(python.SOL_SOCKET, python.SCM_RIGHTS, rights)])
            os.close(receive_file_descriptor(b))
            assert len(os.listdir("/proc/self/fd")) == before


def test_an_empty_datagram_is_no_end():
    a, b = make_socket_pair(type="datagram")
    with a, b:
        send_to(a, b"")
        with pytest.raises(hy_iolib.no_descriptor):
            receive_file_descriptor(b)


def test_no_descriptor_left(tmp_path):
    """What the system could not take in is said, and is not taken for nothing."""
    done = subprocess.run([sys.executable, "-c", """if True:
        import os, resource, hy_iolib as h
        a, b = h.make_socket_pair()
        h.send_file_descriptor(a, 0)
        resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
        held = []
        try:
            while True: held.append(os.open("/dev/null", 0))
        except OSError: pass
        try: h.receive_file_descriptor(b)
        except h.emfile: print("emfile")
        for fd in held: os.close(fd)
        """], capture_output=True, text=True, timeout=50)
    assert done.stdout == "emfile\n", done.stderr


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers")
def test_interrupts_lose_no_descriptor():
    """A signal handler that raises wherever it strikes: what was passed is closed, or returned."""
    class Interrupt(Exception):
        pass

    def strike(*_):
        raise Interrupt

    # SIGALRM is pytest-timeout's.
    before = signal.signal(signal.SIGVTALRM, strike)
    a, b = make_socket_pair()
    try:
        with a, b:
            count = len(os.listdir("/proc/self/fd"))
            for i in range(1500):
                fd = None
                send_file_descriptor(a, 0)
                try:
                    signal.setitimer(signal.ITIMER_VIRTUAL, 1e-6 * (1 + i % 30))
                    fd = receive_file_descriptor(b, timeout=0)
                except (Interrupt, poll_timeout):
                    pass
                try:
                    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
                except Interrupt:
                    pass
                if fd is not None:
                    os.close(fd)
                try:
                    os.close(receive_file_descriptor(b, timeout=0))
                except poll_timeout:
                    pass
            # One that struck between the operator's return and the assignment is lost here, and not there.
            assert len(os.listdir("/proc/self/fd")) - count <= 3
            for name in set(os.listdir("/proc/self/fd")):
                if int(name) > max(a.fileno(), b.fileno()) and os.path.realpath(f"/proc/self/fd/{name}") == os.path.realpath("/proc/self/fd/0"):
                    os.close(int(name))
    finally:
        signal.signal(signal.SIGVTALRM, before)


def test_octets_without_a_descriptor_and_the_end():
    a, b = make_socket_pair()
    with a, b:
        send_to(a, b"x")
        with pytest.raises(hy_iolib.no_descriptor, match="an octet without a descriptor"):
            receive_file_descriptor(b)
        a.python_socket.sendmsg([b"y"], [(python.SOL_SOCKET, python.SCM_RIGHTS, array.array("i"))])
        with pytest.raises(hy_iolib.no_descriptor):
            receive_file_descriptor(b)
        a.close()
        with pytest.raises(hy_iolib.end_of_file):
            receive_file_descriptor(b)
        with pytest.raises(hy_iolib.epipe):
            send_file_descriptor(b, 0)


@pytest.mark.parametrize("wrong", [-1, "1", None, True, 1.0, 2**40], ids=repr)
def test_what_is_no_descriptor(wrong):
    a, b = make_socket_pair()
    with a, b, pytest.raises(hy_iolib.type_error, match="file-descriptor: .* is not a descriptor"):
        send_file_descriptor(a, wrong)
    a, b = make_socket_pair()
    with a, b, pytest.raises(hy_iolib.ebadf):
        send_file_descriptor(a, 2**20)


def test_waiting_to_receive_is_woken(in_thread):
    a, b = make_socket_pair()
    with a, b:
        waiting = in_thread(receive_file_descriptor, b)
        send_file_descriptor(a, 0)
        os.close(waiting())
        waiting = in_thread(receive_file_descriptor, b)
        b.close()
        with pytest.raises(hy_iolib.socket_closed_error):
            waiting()
