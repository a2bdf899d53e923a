"""TLS on sockets: how it begins, what it verifies, what sockets say of it, and how it ends."""

import contextlib
import gc
import io
import os
import pathlib
import pickle
import select
import socket as python_socket
import ssl
import time
import weakref

import pytest

import hy_iolib
from hy_iolib import (accept_connection, binary_file, close, connect, ensure_address, fd_readablep,
                      fd_writablep, finish_output, input_buffer_size, listen, local_port, make_socket,
                      make_socket_pair, poll_timeout, read_char, read_line, read_sequence, receive_from,
                      remote_name, send_file_descriptor, send_to, shutdown, socket_closed_error, start_tls,
                      tls_alpn_protocol, tls_certificate_error, tls_cipher, tls_error, tls_p,
                      tls_peer_certificate, tls_version, type_error, wait_until_fd_ready, write_line,
                      write_sequence, write_string, epipe, hangup, ewouldblock)

from certificates import HOST, echo_lines, files, pair, server, shake  # noqa: F401
from conftest import Interrupt, interrupt, signalled


# ---- Ways to begin

def test_client_and_server(server, files, in_thread):
    passive, port = server()
    served = in_thread(echo_lines, passive)
    with make_socket(remote_host="localhost", remote_port=port, tls={"ca_file": files.ca}) as s:
        assert tls_p(s) and tls_version(s) == "TLSv1.3" and tls_cipher(s).startswith("TLS_")
        assert ("DNS", "localhost") in tls_peer_certificate(s)["subjectAltName"]
        assert ssl.DER_cert_to_PEM_cert(tls_peer_certificate(s, der=True)) in pathlib.Path(files.server).read_text()
        assert tls_alpn_protocol(s) is None
        assert isinstance(s, hy_iolib.socket_stream_internet_active)
        assert repr(s).endswith(", TLSv1.3>")
        write_line("grüß dich", s)
        finish_output(s)
        assert read_line(s) == "grüß dich"
    served()


@pytest.mark.parametrize("host", ["localhost", HOST, ensure_address(HOST), [127, 0, 0, 1]])
def test_the_host_is_remembered(server, files, in_thread, host):
    passive, port = server()
    served = in_thread(echo_lines, passive)
    with make_socket() as s:
        connect(s, host, port=port)
        start_tls(s, ca_file=files.ca)
        write_line("x", s)
        finish_output(s)
        assert read_line(s) == "x"
    served()


def test_an_option_of_a_socket_that_connects_later(server, files, in_thread):
    passive, port = server()
    served = in_thread(echo_lines, passive)
    with make_socket(tls=["ca-file", files.ca]) as s:
        assert not tls_p(s) and tls_version(s) is None
        connect(s, "localhost", port=port)
        assert tls_p(s)
    served()


def test_ipv6(files, in_thread):
    with make_socket(connect="passive", local_host="::1", tls={"certificate": files.server}) as passive:
        served = in_thread(echo_lines, passive)
        with make_socket(remote_host="::1", remote_port=local_port(passive), tls={"ca_file": files.ca}) as s:
            assert tls_p(s)
        served()


def test_connecting_without_a_wait(server, files, in_thread):
    passive, port = server()
    served = in_thread(echo_lines, passive)
    with make_socket(tls={"ca_file": files.ca}) as s:
        connect(s, "localhost", port=port, wait=False)
        assert tls_p(s)
        write_line("x", s)
        finish_output(s)
        assert read_line(s, timeout=20) == "x" and tls_version(s)
    served()


def test_starttls(files, in_thread, pair_of):
    a, b = pair_of()

    def serve():
        assert read_line(a) == "STARTTLS"
        write_line("go ahead", a)
        # It is sent in the clear, before.
        start_tls(a, server_side=True, certificate=files.server)
        write_line(read_line(a).upper(), a)
        finish_output(a)

    served = in_thread(serve)
    write_line("STARTTLS", b)
    finish_output(b)
    assert read_line(b) == "go ahead"
    assert start_tls(b, server_name="localhost", ca_file=files.ca) is b
    write_line("secret", b)
    finish_output(b)
    assert read_line(b) == "SECRET"
    served()


def test_a_context_is_used_as_it_is(pair, files):
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(files.server)
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    a, b = pair({"context": server, "certificate": None},
                {"context": client, "ca_file": None, "server_name": None})
    assert tls_version(a) == tls_version(b) == "TLSv1.2"
    assert tls_peer_certificate(b) == {} and tls_peer_certificate(b, der=True)
    assert tls_peer_certificate(a) is None


def test_old_versions_are_refused(pair_of, files):
    a, b = pair_of()
    start_tls(a, server_side=True, certificate=files.server, wait=False)
    old = ssl.create_default_context(cafile=files.ca)
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    start_tls(b, context=old, server_name="localhost", wait=False)
    with pytest.raises(tls_error) as caught:
        shake(a, b)
    assert caught.value.reason in ("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION")


def test_alpn(pair):
    a, b = pair({"alpn": ["h2", "http/1.1"]}, {"alpn": ["http/1.1", "h2"]})
    assert tls_alpn_protocol(a) == tls_alpn_protocol(b) == "h2"
    a, b = pair({"alpn": "x"}, {})
    assert tls_alpn_protocol(b) is None


def test_certificates_of_clients(pair, files):
    a, b = pair({"ca_file": files.ca}, {"certificate": files.client})
    assert ("email", "somebody@example.org") in tls_peer_certificate(a)["subjectAltName"]
    for client in ({}, {"certificate": files.stranger}):
        with pytest.raises(tls_error) as caught:
            pair({"ca_file": files.ca}, client)
        assert caught.value.reason in ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "CERTIFICATE_VERIFY_FAILED")


def test_a_client_is_told_that_its_certificate_is_missing(pair, files):
    a, b = pair({"ca_file": files.ca}, establish=False)
    with pytest.raises(tls_error):
        shake(a, b)
    with pytest.raises(tls_error) as caught:
        read_line(b, timeout=5)
    assert "CERTIFICATE_REQUIRED" in caught.value.reason


def test_local_sockets(files, tmp_path, in_thread):
    with make_socket(address_family="local", connect="passive", local_filename=tmp_path / "s") as passive:
        with make_socket(address_family="local", remote_filename=tmp_path / "s") as b:
            with accept_connection(passive) as a:
                start_tls(a, server_side=True, certificate=files.server, wait=False)
                started = in_thread(lambda: start_tls(b, server_name="localhost", ca_file=files.ca))
                write_line("x", a)
                finish_output(a)
                started()
                assert read_line(b) == "x"


# ---- What is verified

@pytest.mark.parametrize("certificate, message", [
    ("elsewhere", "not valid for 'localhost'"),
    ("expired", "expired"),
    ("selfsigned", "self-signed|self signed"),
    ("stranger", "issuer certificate"),
])
def test_certificates_that_are_refused(server, files, in_thread, certificate, message):
    passive, port = server(certificate=getattr(files, certificate))

    def serve():
        with accept_connection(passive, timeout=20) as s:
            with pytest.raises(tls_error) as caught:
                read_line(s, timeout=20)
            return caught.value

    served = in_thread(serve)
    before = time.monotonic()
    with pytest.raises(tls_certificate_error, match=message) as caught:
        make_socket(remote_host="localhost", remote_port=port, tls={"ca_file": files.ca}, timeout=20)
    e = caught.value
    assert time.monotonic() - before < 10
    assert isinstance(e, ssl.SSLCertVerificationError) and isinstance(e, OSError) and e.errno is None
    assert not isinstance(e, hy_iolib.syscall_error)
    assert e.reason == "CERTIFICATE_VERIFY_FAILED" and e.verify_code and e.server_name == "localhost"
    assert "localhost" in str(e)
    # The alert arrives.
    assert "ALERT" in served().reason


def test_without_the_ca_the_system_is_asked(server, in_thread):
    passive, port = server()

    def serve():
        with accept_connection(passive, timeout=20) as s, pytest.raises(tls_error):
            read_line(s, timeout=20)

    served = in_thread(serve)
    with pytest.raises(tls_certificate_error):
        make_socket(remote_host="localhost", remote_port=port, tls=True)
    served()


def test_a_server_name_is_required(pair_of, files):
    a, b = pair_of()
    with pytest.raises(type_error, match="server-name"):
        start_tls(b, ca_file=files.ca)
    # Nothing has happened.
    assert not tls_p(b) and not b.closed


def test_a_server_name_that_is_given_counts(server, files, in_thread):
    passive, port = server()
    served = in_thread(echo_lines, passive)
    with pytest.raises(tls_certificate_error, match="other.example"):
        make_socket(remote_host="localhost", remote_port=port,
                    tls={"ca_file": files.ca, "server_name": "other.example"})
    with pytest.raises(tls_error):
        served()


def test_the_dot_at_the_end_of_a_name_is_none_of_it(pair):
    pair({}, {"server_name": "localhost."})


def test_the_name_of_the_server_is_sent(pair, files):
    seen = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.server)
    context.sni_callback = lambda tls, name, _: seen.append(name)
    pair({"context": context, "certificate": None})
    assert seen == ["localhost"]


# ---- Arguments

@pytest.mark.parametrize("arguments, named", [
    ({"server_side": True}, "certificate"),
    ({"certificate": "server", "server_side": True, "server_name": "x"}, "server-name"),
    ({"server_name": ""}, "server-name"),
    ({"server_name": 5}, "server-name"),
    ({"server_name": "x\0y"}, "server-name"),
    ({"server_name": ".x"}, "server-name"),
    ({"server_name": "x" * 70 + ".example"}, "server-name"),
    ({"context": 5}, "context"),
    ({"key": "server"}, "key"),
    ({"ca_file": 5}, "ca-file"),
    ({"ca_file": "key_alone"}, "ca-file"),
    ({"certificate": "ca"}, "certificate"),
    ({"certificate": "certificate_alone", "key": "server"}, "certificate"),
    ({"alpn": 5}, "alpn"), ({"alpn": [""]}, "alpn"), ({"alpn": ["x" * 256]}, "alpn"), ({"alpn": [b"x"]}, "alpn"),
    ({"timeout": -1}, "timeout"), ({"timeout": "1"}, "timeout"), ({"wait": -1}, "wait"), ({"wait": "x"}, "wait"),
])
def test_wrong_arguments(pair_of, files, arguments, named):
    a, b = pair_of()
    arguments = {name: getattr(files, value) if isinstance(value, str) and hasattr(files, value) else value
                 for name, value in {"server_name": "localhost", **arguments}.items()}
    if arguments.get("server_side") and arguments["server_name"] == "localhost":
        del arguments["server_name"]
    with pytest.raises(type_error, match=named):
        start_tls(a, **arguments)
    assert not tls_p(a)
    # In the clear still.
    write_line("x", a)
    finish_output(a)
    assert read_line(b) == "x"


def test_files_that_are_not_there(pair_of, tmp_path):
    a, _ = pair_of()
    for option in "ca_file", "certificate":
        with pytest.raises(FileNotFoundError, match="missing") as caught:
            start_tls(a, **{"server_name": "x", option: tmp_path / "missing"})
        assert isinstance(caught.value, hy_iolib.syscall_error)


def test_a_key_that_is_encrypted_is_no_question(pair_of, files, tmp_path, run):
    a, _ = pair_of()
    run("openssl", "pkey", "-in", files.key_alone, "-aes256", "-passout", "pass:secret",
        "-out", tmp_path / "key.pem")
    with pytest.raises(type_error, match="encrypted"):
        start_tls(a, server_side=True, certificate=files.certificate_alone, key=tmp_path / "key.pem")


def test_contexts_of_the_wrong_side(pair_of, files):
    a, b = pair_of()
    with pytest.raises(type_error, match="for servers"):
        start_tls(a, server_side=True, context=ssl.create_default_context())
    with pytest.raises(type_error, match="for clients"):
        start_tls(a, server_name="x", context=ssl.create_default_context(ssl.Purpose.CLIENT_AUTH))
    with pytest.raises(type_error, match="ca-file"):
        start_tls(a, server_name="x", context=ssl.create_default_context(), ca_file=files.ca)


@pytest.mark.parametrize("tls", [5, "x", b"x", [1], {"nonsense": 1}, {5: 1}, ["ca-file"], {"ca_file": 5}, object()])
def test_wrong_values_of_tls(tls):
    with pytest.raises(type_error):
        make_socket(tls=tls)


def test_tls_is_for_internet_streams():
    for wrong in ({"type": "datagram"}, {"address_family": "local"}):
        with pytest.raises(type_error, match=":tls"):
            make_socket(tls=True, **wrong)
    with pytest.raises(type_error, match="certificate"):
        make_socket(connect="passive", local_host=HOST, tls=True)
    with make_socket(tls=False) as s:
        assert s._tls is None


def test_sockets_that_can_have_no_tls(pair_of, pair):
    with make_socket(type="datagram") as s, pytest.raises(type_error, match="stream"):
        start_tls(s, server_name="x")
    with make_socket(connect="passive") as s, pytest.raises(type_error):
        start_tls(s, server_name="x")
    with make_socket() as s, pytest.raises(hy_iolib.socket_not_connected_error):
        start_tls(s, server_name="x")
    a, _ = pair_of()
    a.close()
    with pytest.raises(socket_closed_error):
        start_tls(a, server_name="x")
    a, _ = pair()
    with pytest.raises(type_error, match="no TLS yet"):
        start_tls(a, server_name="x")
    for wrong in (5, None, io.BytesIO()):
        with pytest.raises(type_error):
            start_tls(wrong, server_name="x")
        with pytest.raises(type_error):
            tls_p(wrong)


def test_accessors_of_other_sockets(pair_of):
    a, _ = pair_of()
    for accessor in (tls_version, tls_cipher, tls_peer_certificate, tls_alpn_protocol):
        assert accessor(a) is None
        with pytest.raises(type_error):
            accessor(5)
    a.close()
    assert tls_p(a) is False
    with pytest.raises(socket_closed_error):
        tls_version(a)


# ---- STARTTLS injection

@pytest.mark.parametrize("read_ahead", [b"injected\r\n", b"x"])
def test_plaintext_that_was_read_ahead_is_an_error(pair_of, files, read_ahead):
    a, b = pair_of()
    send_to(b, b"STARTTLS\r\n" + read_ahead)
    assert read_line(a) == "STARTTLS\r"
    with pytest.raises(tls_error) as caught:
        start_tls(a, server_side=True, certificate=files.server, timeout=5)
    assert caught.value.reason == "PLAINTEXT" and a.closed


def test_plaintext_that_comes_later_is_one_too(pair_of, files):
    a, b = pair_of()
    send_to(b, b"STARTTLS\r\n")
    assert read_line(a) == "STARTTLS\r"
    send_to(b, b"injected\r\n")
    with pytest.raises(tls_error):
        start_tls(a, server_side=True, certificate=files.server, timeout=5)
    assert a.closed


def test_what_was_read_before_cannot_be_unread(pair_of, files):
    a, b = pair_of()
    send_to(b, b"x")
    assert read_char(a) == "x"
    start_tls(a, server_side=True, certificate=files.server, wait=False)
    with pytest.raises(hy_iolib.no_characters_to_unread):
        hy_iolib.unread_char("x", a)


# ---- Operators

def test_octets(pair):
    a, b = pair()
    assert send_to(a, b"hello", end=4) == 4
    assert receive_from(b, size=10).data == b"hell"
    assert send_to(a, b"") == 0
    send_to(a, b"hello")
    assert receive_from(b, size=2).data == b"he"
    assert receive_from(b, buffer=bytearray(10), start=2, end=4).data == b"ll"
    buffer = [0] * 3
    assert receive_from(b, buffer=buffer).count == 1 and buffer == [ord("o"), 0, 0]
    with pytest.raises(poll_timeout):
        receive_from(b, size=1, timeout=0.01)
    with pytest.raises(ewouldblock):
        receive_from(b, size=1, dont_wait=True)
    send_to(a, b"z")
    assert receive_from(b, size=0).count == 0 and read_sequence(bytearray(), b) == 0
    assert receive_from(b, buffer=memoryview(bytearray(3))[1:]).data == b"z"
    for wrong in ("text", 5, None, [256], [1, "x"]):
        with pytest.raises(type_error):
            send_to(a, wrong)
    for wrong in ("text", b"octets", 5):
        with pytest.raises(type_error):
            receive_from(b, buffer=wrong)
    send_to(a, bytearray(b"x"))
    send_to(a, [120, 121])
    assert receive_from(b, size=3, wait_all=True).data == b"xxy"


def test_large_amounts(pair, in_thread):
    a, b = pair()
    data = bytes(range(256)) * 40000
    sent = in_thread(lambda: (write_sequence(data, a), finish_output(a), shutdown(a, write=True)))
    received = bytearray(len(data))
    assert read_sequence(received, b) == len(data)
    assert received == data
    assert read_line(b, None, "end") == "end"
    sent()


@pytest.mark.parametrize("option", ["out_of_band", "dont_route", "confirm", "more"])
def test_flags_of_send_to(pair, option):
    a, b = pair()
    with pytest.raises(type_error, match=f"{option.replace('_', '-')}.*TLS"):
        send_to(a, b"x", **{option: True})
    with pytest.raises(type_error, match="TLS"):
        send_to(a, b"x", flags=[option])


@pytest.mark.parametrize("option", ["out_of_band", "peek"])
def test_flags_of_receive_from(pair, option):
    a, b = pair()
    send_to(a, b"x")
    with pytest.raises(type_error, match=f"{option.replace('_', '-')}.*TLS"):
        receive_from(b, size=1, **{option: True})
    with pytest.raises(type_error, match="TLS"):
        receive_from(b, size=1, flags=python_socket.MSG_PEEK)
    assert receive_from(b, size=1).data == b"x"


def test_descriptors_cannot_be_passed(pair):
    a, b = pair()
    with pytest.raises(type_error, match="TLS"):
        send_file_descriptor(a, 0)
    with pytest.raises(type_error, match="TLS"):
        hy_iolib.receive_file_descriptor(a)


def test_listen_and_readiness(pair):
    a, b = pair()
    assert not listen(b) and not fd_readablep(b) and fd_writablep(b)
    assert not wait_until_fd_ready(b, "input", 0.01)
    send_to(a, b"xy")
    assert fd_readablep(b) and listen(b)
    assert hy_iolib.multiple_value_list(wait_until_fd_ready(b, "io")) == [True, True]
    assert read_char(b) == "x" and fd_readablep(b)
    assert read_char(b) == "y" and not fd_readablep(b)


def test_what_is_no_data_is_not_readable(pair_of, files):
    """The handshake itself, and tickets after it, make the descriptor readable, but not the socket."""
    a, b = pair_of()
    start_tls(a, server_side=True, certificate=files.server, wait=False)
    start_tls(b, server_name="localhost", ca_file=files.ca, wait=False)
    assert not fd_readablep(b) and not fd_writablep(b)
    for _ in range(5):
        fd_readablep(a), fd_readablep(b)
    assert tls_version(a) and tls_version(b)
    assert fd_writablep(a) and fd_writablep(b) and not fd_readablep(a) and not fd_readablep(b)


def test_file_objects(pair, in_thread):
    a, b = pair()
    file = binary_file(a)
    file.write(b"one\ntwo\n")
    file.flush()
    assert binary_file(b).readline() == b"one\n"
    assert hy_iolib.text_file(b).readline() == "two\n"


def test_time_limits(pair):
    a, b = pair()
    for read in (read_line, read_char, hy_iolib.read_byte):
        with pytest.raises(poll_timeout):
            read(b, timeout=0.01)


def test_a_writer_whose_peer_does_not_read(pair):
    """What could not be sent whole is sent when it is given again, once, and also a part of it."""
    a, b = pair()
    data = bytes(range(251)) * 8000
    sent = 0
    with pytest.raises(ewouldblock):
        while True:
            sent += send_to(a, data, start=sent, dont_wait=True)
    with pytest.raises(poll_timeout):
        send_to(a, data, start=sent, timeout=0.01)
    received = b""
    while sent < len(data):
        with contextlib.suppress(BlockingIOError):
            received += receive_from(b, size=100000, dont_wait=True).data
        with contextlib.suppress(BlockingIOError):
            sent += send_to(a, data, start=sent, end=min(sent + 1000, len(data)), dont_wait=True)
    close(a)
    while more := receive_from(b, size=100000).data:
        received += more
    assert received == data


def test_output_that_blocked_and_is_dropped(pair):
    a, b = pair()
    with pytest.raises(poll_timeout):
        write_sequence(bytes(10**7), a, timeout=0.05)
    hy_iolib.clear_output(a)
    with pytest.raises(poll_timeout):
        write_line("hello", a)
        finish_output(a, timeout=0.05)
    received = b""
    while not received.endswith(b"hello\n"):
        received += receive_from(b, size=10**6, timeout=5).data
        try:
            finish_output(a, timeout=0)
        except poll_timeout:
            pass
    assert set(received[:-6]) == {0}


def test_closing_wakes_who_waits(pair, in_thread):
    a, b = pair()
    reading = in_thread(read_line, b)
    while not b._waiters:
        time.sleep(0.001)
    b.close()
    with pytest.raises(socket_closed_error):
        reading()


def test_remote_names_and_the_like_work(server, files, in_thread):
    passive, port = server()
    served = in_thread(echo_lines, passive)
    with make_socket(remote_host="localhost", remote_port=port, tls={"ca_file": files.ca}) as s:
        assert remote_name(s)[1] == port
        with pytest.raises(TypeError):
            pickle.dumps(s)
    served()


# ---- The end

def test_close_tells_the_peer(pair):
    a, b = pair()
    write_line("last", a)
    assert close(a)
    assert read_line(b) == "last" and read_line(b, None, "end") == "end"
    assert receive_from(b, size=1).count == 0


@pytest.mark.parametrize("read", [read_line, read_char, lambda s: receive_from(s, size=1)])
def test_a_connection_that_is_cut_is_no_end_of_file(pair, read):
    a, b = pair()
    close(a, abort=True)
    for _ in range(2):
        with pytest.raises(tls_error) as caught:
            read(b)
        assert caught.value.reason == "TRUNCATED" and not isinstance(caught.value, EOFError)


def test_a_line_that_is_cut(pair):
    a, b = pair()
    write_string("no newli", a)
    finish_output(a)
    close(a, abort=True)
    with pytest.raises(tls_error):
        read_line(b)
    assert input_buffer_size(b) == 8


def test_half_closed(pair):
    a, b = pair()
    write_line("request", a)
    shutdown(a, write=True)
    assert read_line(b) == "request" and read_line(b, None, None) is None
    write_line("answer", b)
    close(b)
    assert read_line(a) == "answer" and read_line(a, None, "end") == "end"
    with pytest.raises(hangup):
        write_line("more", a)
        finish_output(a)
    with pytest.raises(epipe):
        send_to(a, b"more")


def test_half_closed_while_octets_arrive(pair):
    """The goodbye must not swallow what is there to be read."""
    a, b = pair()
    for n in range(10):
        write_line(f"line {n}", b)
        finish_output(b)
    assert fd_readablep(a)
    shutdown(a, write=True)
    assert [read_line(a) for _ in range(10)] == [f"line {n}" for n in range(10)]
    write_line("and one more", b)
    close(b)
    assert read_line(a) == "and one more" and read_line(a, None, None) is None


def test_no_more_input(pair):
    a, b = pair()
    shutdown(b, read=True)
    assert read_line(b, None, "end") == "end"
    a, b = pair()
    shutdown(b, read=True, write=True)
    assert read_line(a, None, "end") == "end"


def test_closing_is_bounded_and_quiet(pair):
    a, b = pair()
    b.close(abort=True)
    assert close(a) and a.closed


def test_closing_before_the_handshake(pair_of, files):
    a, b = pair_of()
    start_tls(b, server_name="localhost", ca_file=files.ca, wait=False)
    before = time.monotonic()
    close(b)
    assert time.monotonic() - before < 1


def test_octets_that_nobody_read_do_not_reset_the_connection(server, files, in_thread):
    """Else what was sent last could be lost on its way."""
    passive, port = server()

    def serve():
        with accept_connection(passive, timeout=20) as s:
            assert read_line(s, timeout=20) == "hello"
            write_line("unread", s)
            finish_output(s)
            return read_line(s, timeout=20), read_line(s, None, "end", timeout=20), s.python_socket.recv(1)

    served = in_thread(serve)
    with make_socket(remote_host="localhost", remote_port=port, tls={"ca_file": files.ca}) as s:
        write_line("hello", s)
        finish_output(s)
        # It stays where it is.
        assert select.select([s.python_socket], [], [], 20)[0]
        write_line("last words", s)
    assert served() == ("last words", "end", b"")


def test_an_alert_tells_more_than_that_the_peer_is_gone(pair_of, files):
    a, b = pair_of()
    b.python_socket.send(b"\x15\x03\x03\x00\x02\x02\x28")
    close(b)
    with pytest.raises(tls_error) as caught:
        start_tls(a, server_name="localhost", ca_file=files.ca, timeout=5)
    assert caught.value.reason == "SSLV3_ALERT_HANDSHAKE_FAILURE"
    a, b = pair_of()
    close(b)
    with pytest.raises(BrokenPipeError):
        start_tls(a, server_name="localhost", ca_file=files.ca, timeout=5)


# ---- Threads, interrupts, forks

def test_one_thread_reads_while_another_writes(pair, in_thread):
    a, b = pair()
    size = 5 * 10**6
    data = bytes(range(256)) * (size // 256)

    def write(s):
        for start in range(0, len(data), 30000):
            write_sequence(data[start:start + 30000], s)
        finish_output(s)

    def read(s):
        octets = bytearray(len(data))
        assert read_sequence(octets, s) == len(data)
        return octets

    work = [in_thread(f, s) for f in (write, read) for s in (a, b)]
    assert [done() for done in work][2:] == [data, data]


def test_reading_and_writing_share_the_handshake(pair, in_thread):
    for _ in range(20):
        a, b = pair(establish=False)
        work = [in_thread(read_line, a), in_thread(read_line, b)]
        for s in (a, b):
            work.append(in_thread(lambda s=s: (write_line("x", s), finish_output(s))))
        assert [done() for done in work][:2] == ["x", "x"]


def test_a_signal_handler_cannot_use_what_it_has_interrupted(pair):
    a, b = pair()
    a._channel.busy = True
    with pytest.raises(tls_error) as caught:
        send_to(a, b"x")
    assert caught.value.reason == "BUSY"
    a._channel.busy = False
    send_to(a, b"x")
    assert receive_from(b, size=1).data == b"x"


def test_a_forked_child_does_not_say_goodbye(pair):
    a, b = pair()
    child = os.fork()
    if not child:
        try:
            a.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    write_line("still there", a)
    finish_output(a)
    assert read_line(b) == "still there"


def test_messages(pair):
    a, b = pair()
    close(a, abort=True)
    with pytest.raises(tls_error, match="TLS on #<active local stream socket.*without the peer's word"):
        read_line(b)
    with pytest.raises(tls_error) as caught:
        read_line(b)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert caught.value.stream is b


# ---- What an attack on it found

def drained(s, in_thread):
    """All that comes until the end, in a thread."""
    def run():
        octets = b""
        while more := receive_from(s, size=100000).data:
            octets += more
        return octets
    return in_thread(run)


@pytest.mark.parametrize("again", [1000, 70000, 200000])
def test_what_blocked_is_given_again_in_parts(pair, in_thread, again):
    a, b = pair()
    data, sent = os.urandom(10**6), 0
    with pytest.raises(ewouldblock):
        while True:
            sent += send_to(a, data, start=sent, dont_wait=True)
    for _ in range(2):
        with contextlib.suppress(BlockingIOError):
            sent += send_to(a, data, start=sent, end=min(sent + again, len(data)), dont_wait=True)
    received = drained(b, in_thread)
    while sent < len(data):
        sent += send_to(a, data, start=sent, end=min(sent + again, len(data)))
    close(a)
    assert received(40) == data


def test_what_blocked_is_followed_by_something_else(pair, in_thread):
    a, b = pair()
    sent = 0
    with pytest.raises(ewouldblock):
        while True:
            sent += send_to(a, b"x" * 10000, dont_wait=True)
    received = drained(b, in_thread)
    for n in range(100):
        send_to(a, b"%02d" % n)
    close(a)
    octets = received(40)
    assert octets.endswith(b"".join(b"%02d" % n for n in range(100)))
    assert set(octets[:-200]) == {ord("x")} and len(octets) - 200 in (sent, sent + 10000)


def test_a_blocked_reader_does_not_spin_for_what_was_not_sent(pair):
    a, b = pair()
    with pytest.raises(ewouldblock):
        while True:
            send_to(a, bytes(10**5), dont_wait=True)
    before = time.process_time()
    assert not wait_until_fd_ready(a, "input", 0.3)
    with pytest.raises(poll_timeout):
        read_line(a, timeout=0.3)
    assert time.process_time() - before < 0.2


def interrupted_at(channel, name):
    """Raise an Interrupt when the function of that name has returned, once."""
    function = getattr(channel, name)

    def instead(*arguments):
        setattr(channel, name, function)
        function(*arguments)
        raise Interrupt
    setattr(channel, name, instead)


@pytest.mark.parametrize("at", ["push", "seal"])
def test_writing_that_was_interrupted(pair, at):
    a, b = pair()
    write_line("hello", a)
    interrupted_at(a._channel, at)
    with pytest.raises(Interrupt):
        finish_output(a)
    finish_output(a)
    write_line("more", a)
    finish_output(a)
    assert [read_line(b), read_line(b)] == ["hello", "more"] and not listen(b)
    # Other octets instead: what was encrypted is sent, and nothing is swallowed.
    interrupted_at(a._channel, at)
    with pytest.raises(Interrupt):
        send_to(a, b"AAAA\n")
    send_to(a, b"BBBBBBBB\n")
    assert [read_line(b), read_line(b)] == ["AAAA", "BBBBBBBB"]
    write_line("CCCC", a)
    interrupted_at(a._channel, at)
    with pytest.raises(Interrupt):
        finish_output(a)
    hy_iolib.clear_output(a)
    write_line("DDDDDDDD", a)
    finish_output(a)
    assert [read_line(b), read_line(b)] == ["CCCC", "DDDDDDDD"]


def test_interrupts_while_writing(pair):
    a, b = pair()
    count = 0
    with signalled(interrupt) as attempt:
        for n in range(1500):
            write_line(f"line {n}", a)
            for _ in range(3):
                attempt(lambda: finish_output(a))
            finish_output(a)
            count += read_line(b, timeout=5) == f"line {n}"
    assert count == 1500 and not listen(b)


def test_interrupts_while_reading(pair):
    """Octets arrive once, or the connection is at its end, since what was decrypted is lost."""
    for size in (1, 7, 16384):
        a, b = pair(input_buffer_size=size)
        with signalled(interrupt) as attempt:
            for n in range(1500):
                write_line(f"line {n}", a)
                finish_output(a)
                line = None
                try:
                    while line is None:
                        line = attempt(lambda: read_line(b, timeout=5))
                except tls_error as e:
                    assert e.reason == "INTERRUPTED"
                    break
                assert line == f"line {n}"


def test_what_was_received_before_an_interrupt_is_there(pair):
    a, b = pair()
    send_to(a, b"0123456789")
    interrupted_at(b._channel, "fill_view")
    with pytest.raises(Interrupt):
        receive_from(b, size=4)
    with pytest.raises(ewouldblock):
        receive_from(a, size=20, dont_wait=True)
    octets = b""
    with contextlib.suppress(BlockingIOError):
        while True:
            octets += receive_from(b, size=20, dont_wait=True).data
    assert octets == b"0123456789"


def test_nothing_goes_in_the_clear_of_what_was_to_be_encrypted(files):
    with make_socket(connect="passive", local_host=HOST) as passive:
        with make_socket(tls={"ca_file": files.ca, "server_name": ".x"}) as s:
            with pytest.raises(type_error, match="server-name"):
                connect(s, HOST, port=local_port(passive))
            assert not hy_iolib.socket_connected_p(s)
            for operator in (lambda: (write_line("secret", s), finish_output(s)), lambda: send_to(s, b"secret"),
                             lambda: read_line(s), lambda: receive_from(s, size=1)):
                with pytest.raises(hy_iolib.socket_not_connected_error):
                    operator()
            hy_iolib.clear_output(s)


def test_connecting_again_ends_the_handshake(server, files, in_thread):
    passive, port = server(certificate=files.elsewhere)
    served = in_thread(echo_lines, passive)
    with make_socket(tls={"ca_file": files.ca}) as s:
        connect(s, HOST, port=port, wait=False)
        with pytest.raises(tls_certificate_error):
            connect(s, HOST, port=port)
    with pytest.raises(tls_error):
        served()


def test_a_refused_connection_is_one(files):
    with make_socket(connect="passive", local_host=HOST) as passive:
        port = local_port(passive)
    with make_socket(tls={"ca_file": files.ca}) as s, pytest.raises(ConnectionRefusedError):
        connect(s, HOST, port=port, wait=False)
        read_line(s, timeout=5)


def test_deaf_before_the_handshake(pair_of, files):
    a, b = pair_of()
    start_tls(b, server_name="localhost", ca_file=files.ca, wait=False)
    shutdown(b, read=True)
    with pytest.raises(tls_error):
        read_line(b, timeout=5)


def test_what_is_closed_gives_nothing_more(pair):
    a, b = pair()
    send_to(a, b"hello")
    receive_from(b, size=2)
    close(b)
    for operator in (lambda: receive_from(b, size=2), lambda: send_to(b, b""), lambda: send_to(b, b"x"),
                     lambda: read_line(b)):
        with pytest.raises(socket_closed_error):
            operator()


def test_sockets_are_freed_at_once(pair_of, files):
    """Without the collector's help, also after an error."""
    def cut(a, b):
        shake(a, b)
        close(a, abort=True)
        with pytest.raises(tls_error):
            read_line(b)
        with pytest.raises(tls_error):
            receive_from(b, size=1)

    def garbage(a, b):
        a.python_socket.send(b"GET / HTTP/1.0\r\n\r\n")
        with pytest.raises(tls_error):
            read_line(b)

    def fine(a, b):
        shake(a, b)
        write_line("x", a)
        finish_output(a)
        read_line(b)

    gc.disable()
    try:
        for use in (cut, garbage, fine):
            a, b = make_socket_pair()
            start_tls(a, server_side=True, certificate=files.server, wait=False)
            start_tls(b, server_name="localhost", ca_file=files.ca, wait=False)
            use(a, b)
            references = weakref.ref(b), weakref.ref(b._channel)
            a.close(abort=True)
            b.close(abort=True)
            del a, b
            assert [r() for r in references] == [None, None], use
    finally:
        gc.enable()


def test_octets_keep_their_order_when_another_thread_says_goodbye(pair, in_thread):
    a, b = pair()
    send_to(a, b"xfirst-")
    assert receive_from(b, size=1).data == b"x"
    with b._channel.lock:
        reading = in_thread(lambda: receive_from(b, size=12).data)
        while reading.thread.is_alive() and not b._channel.taken > 1:
            time.sleep(0.001)
        shutdown(b, write=True)
        send_to(a, b"second")
    assert reading() == b"first-"
    assert receive_from(b, size=12).data == b"second"


@pytest.mark.parametrize("option", ["ca_file", "certificate"])
@pytest.mark.parametrize("value", ["x\0y", "", b"\0"])
def test_paths_that_are_none(pair_of, option, value):
    a, _ = pair_of()
    with pytest.raises(type_error, match=option.replace("_", "-")):
        start_tls(a, **{"server_name": "x", option: value})


def test_too_many_protocols(pair_of):
    a, _ = pair_of()
    with pytest.raises(type_error, match="alpn"):
        start_tls(a, server_name="x", alpn=["x" * 250] * 270)
    assert not a.closed


def test_what_is_written_before_connecting_is_encrypted(server, files, in_thread):
    passive, port = server()
    served = in_thread(echo_lines, passive)
    with make_socket(tls={"ca_file": files.ca}) as s:
        write_line("early", s)
        connect(s, "localhost", port=port)
        finish_output(s)
        assert read_line(s) == "early"
    served()


def test_messages_name_the_file_that_is_wrong(files, tmp_path):
    for options, message in [
            ({"certificate": files.certificate_alone, "key": tmp_path / "nokey"}, "nokey"),
            ({"certificate": files.certificate_alone}, "which is :key"),
            ({"certificate": files.server, "key": files.key_alone}, "key.pem"),
            ({"certificate": files.server, "ca_file": files.key_alone}, "ca-file.*certificates in PEM form")]:
        with pytest.raises((type_error, FileNotFoundError), match=message):
            make_socket(connect="passive", local_host=HOST, tls=options)


def test_a_misspelt_keyword_of_start_tls(pair_of):
    a, _ = pair_of()
    with pytest.raises(type_error, match="did you mean :ca-file"):
        start_tls(a, cafile="x")


def test_an_address_as_the_name(pair, files):
    pair({}, {"server_name": ensure_address(HOST)})


def test_an_error_says_who_the_peer_was(server, files):
    passive, port = server()
    with python_socket.create_connection((HOST, port)) as peer:
        with accept_connection(passive, timeout=20) as s:
            peer.close()
            with pytest.raises(tls_error) as caught:
                read_line(s, timeout=20)
    assert f"connected to {HOST}/" in str(caught.value) and "in the midst of the TLS handshake" in str(caught.value)


def test_waiting_for_the_handshake_of_a_client(server, files, in_thread):
    passive, port = server(alpn="x")
    served = in_thread(lambda: make_socket(remote_host="localhost", remote_port=port,
                                           tls={"ca_file": files.ca, "alpn": "x"}))
    with accept_connection(passive, timeout=20) as s:
        assert wait_until_fd_ready(s, "output", 20)
        assert tls_alpn_protocol(s) == "x"
        served().close()
