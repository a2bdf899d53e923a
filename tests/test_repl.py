"""What is seen at a prompt, Python's and Hy's: signatures, help, completion, and how objects print."""

import copy
import inspect
import pickle
import pydoc
import re
import rlcompleter
import subprocess
import sys
import types

import hy
import hy.completer
import pytest

import hy_iolib
from hy_iolib import trivial_sockets
from hy_iolib.sockets.classes import kinds

PUBLIC = {f"{module.__name__}.{name}": getattr(module, name)
          for module in (hy_iolib, trivial_sockets) for name in module.__all__}
CALLABLE = {name: thing for name, thing in PUBLIC.items() if callable(thing)}

# What takes any keyword, or passes all on; and the classes of conditions that have no slots.
OPEN = {"hy_iolib.invoke_restart", "hy_iolib.signal",
        *(name for name, thing in CALLABLE.items() if getattr(thing, "slots", None) == ())}


def test_signatures_show_parameters():
    for name, thing in CALLABLE.items():
        signature = inspect.signature(thing)
        assert "object at 0x" not in str(signature) and "hyx_" not in str(signature), name
        for parameter in signature.parameters.values():
            assert parameter.annotation is parameter.empty, (name, parameter)
            assert parameter.kind is not parameter.VAR_KEYWORD or name in OPEN, name


def test_the_options_of_make_socket_are_shown():
    shown = inspect.signature(hy_iolib.make_socket).parameters
    options = set().union(*(kind.options for kind in kinds.values()))
    assert set(shown) == {"address_family", "type", "connect", "ipv6", "protocol", *options}
    assert str(shown["ipv6"]) == "ipv6=*ipv6*" and str(shown["type"]) == "type='stream'"
    assert all(shown[name].default is None for name in options)
    for function in (hy_iolib.make_socket_pair, hy_iolib.make_socket_from_fd):
        assert {"external_format", "input_buffer_size", "output_buffer_size", "max_line_length"} <= set(
            inspect.signature(function).parameters)


def test_what_is_only_there_for_mistakes_is_not_shown():
    with hy_iolib.make_socket(connect="passive", local_host="127.0.0.1") as server, \
            hy_iolib.make_socket(remote_host="127.0.0.1", remote_port=hy_iolib.local_port(server)) as client:
        for function, arguments in ((hy_iolib.bind_address, [server, "127.0.0.1"]),
                                    (hy_iolib.listen_on, [server]),
                                    (hy_iolib.start_tls, [client]),
                                    (hy_iolib.make_netmask, [])):
            inspect.signature(function).bind(*arguments)
            with pytest.raises(TypeError, match=":nonsense is not one of"):
                function(*arguments, nonsense=1)


def test_conditions_show_their_slots():
    assert str(inspect.signature(hy_iolib.poll_timeout)) == "(*arguments, fd=None, event_type=None)"
    assert str(inspect.signature(hy_iolib.error)) == "(*arguments, **slots)"
    for thing in CALLABLE.values():
        if isinstance(thing, type) and issubclass(thing, hy_iolib.condition):
            assert set(thing.slots) <= set(inspect.signature(thing).parameters)


def test_names_are_readable():
    for name, thing in PUBLIC.items():
        for attribute in ("__name__", "__qualname__"):
            assert "hyx_" not in getattr(thing, attribute, ""), name
        if isinstance(thing, types.FunctionType):
            assert pickle.loads(pickle.dumps(thing)) is thing
    for kind in CALLABLE.values():
        if isinstance(kind, type):
            assert not [name for name in dir(kind) if "hyx_" in name], kind


def test_help_shows_no_mangled_name():
    for name, thing in PUBLIC.items():
        if getattr(thing, "__module__", None) == "hy_iolib.syscalls" and name != "hy_iolib.ewouldblock":
            continue  # many, and all alike
        text = pydoc.render_doc(thing, renderer=pydoc.plaintext)
        assert not re.search(r"hyx_|_hy_anon", text), name
    help_text = pydoc.render_doc(hy_iolib.ipv6, renderer=pydoc.plaintext)
    assert hy_iolib.ipv6.__doc__.split("\n")[0] in help_text
    for name, macro in hy_iolib._hy_macros.items():
        if not hasattr(hy_iolib, name):  # else the function has the documentation
            assert len(pydoc.render_doc(macro, renderer=pydoc.plaintext).splitlines()) > 3, name


# ---- Completion

def test_python_completes_plain_names():
    assert not [name for name in dir(hy_iolib) if "hyx_" in name]
    assert {"ipv6", "IPV4_LOOPBACK", "address_eq", "make_socket", "socket"} <= set(dir(hy_iolib))
    assert "sys" not in dir(hy_iolib)
    complete = rlcompleter.Completer({"hy_iolib": hy_iolib}).attr_matches
    assert complete("hy_iolib.address_e") == ["hy_iolib.address_eq(", "hy_iolib.address_equal_p("]
    assert complete("hy_iolib.hyx") == []
    namespace = {}
    exec("from hy_iolib import *", namespace)
    assert not [name for name in namespace if "hyx_" in name] and "address_eq" in namespace


@pytest.mark.parametrize("package", ["lisp", "multiplex", "streams", "sockets"])
def test_packages_complete_plain_names(package):
    assert not [name for name in dir(getattr(hy_iolib, package)) if "hyx_" in name]


def test_hy_completes_its_own_names():
    complete = hy.completer.Completer({"hy_iolib": hy_iolib}).attr_matches
    assert complete("hy-iolib.*ip") == ["hy-iolib.*ipv6*"]
    assert "hy-iolib.address=" in complete("hy-iolib.addr")
    assert "hy-iolib.+any-host+" in complete("hy-iolib.+")
    module = types.ModuleType("trial")
    hy.eval(hy.read("(do (require hy-iolib *) (import hy-iolib *))"), module=module)
    complete = hy.completer.Completer(vars(module)).global_matches
    assert "*ipv6*" in complete("*") and "with-open-socket" in complete("with-")


# ---- How objects print

def printed(thing):
    """What Python's prompt and Hy's say of it."""
    return repr(thing), hy.repr(thing)


def same(text):
    return text, text


def test_keywords(pair_of):
    assert printed(hy_iolib.socket_type(pair_of()[0])) == same(":stream")
    assert printed({"a": [hy_iolib.keyword("b")]}) == ("{'a': [:b]}", '{"a" [:b]}')


def test_several_values():
    assert printed(hy_iolib.values(1, hy_iolib.keyword("a"))) == same("(values 1 :a)")
    assert printed(hy_iolib.lookup_service(80)) == (
        "service_entry(port=80, name='http', protocol=:tcp)",
        '(service_entry :port 80 :name "http" :protocol :tcp)')
    assert repr(hy_iolib.address_to_vector("127.1")) == "address_vector(vector=(127, 0, 0, 1), type=:ipv4)"


def test_sockets():
    with hy_iolib.make_socket(connect="passive", local_host="127.0.0.1") as server:
        port = hy_iolib.local_port(server)
        assert printed(server) == same(f"#<passive IPv4 stream socket waiting @ 127.0.0.1/{port}>")
        with hy_iolib.make_socket(remote_host="127.0.0.1", remote_port=port) as client:
            assert printed(client) == same(f"#<active IPv4 stream socket connected to 127.0.0.1/{port}>")
        assert printed(client) == same("#<active IPv4 stream socket, closed>")
    assert printed(server) == same("#<passive IPv4 stream socket, closed>")


def test_streams_and_files(pair_of):
    a, b = pair_of()
    # The files close their sockets.
    with hy_iolib.text_file(a) as text, hy_iolib.binary_file(b) as octets:
        assert printed(text)[0].startswith("#<text-file of #<active local stream socket")
        assert printed(octets)[0].startswith("#<binary-file of #<active local stream socket")
    for thing in (text, octets):
        assert "object at 0x" not in printed(thing)[0]
    assert printed(hy_iolib.external_format("utf-8", eol_style="crlf")) == same(
        "(external-format :utf-8 :eol-style :crlf)")


def test_event_bases(pair_of):
    base = hy_iolib.event_base(mux=hy_iolib.poll_multiplexer())
    with base:
        hy_iolib.set_io_handler(base, pair_of()[0], "read", print)
        timer = hy_iolib.add_timer(base, print, 60)
        assert printed(base) == same("#<event base, poll-multiplexer, 1 descriptors, 1 timers>")
        assert re.fullmatch(r"#<timer every 60 s, due in \d+\.\d{3} s>", printed(timer)[0])
        hy_iolib.remove_timer(base, timer)
        assert printed(timer) == same("#<timer every 60 s, not scheduled>")
    assert printed(base) == same("#<event base, poll-multiplexer, closed>")
    assert printed(base.mux) == same("#<poll-multiplexer>")


def test_addresses_and_variables():
    assert printed(hy_iolib.IPV4_LOOPBACK) == same("#/ip/127.0.0.1")
    assert printed(hy_iolib.ANY_HOST) == same("#/ip/0.0.0.0")
    assert printed(hy_iolib.ipv4_network("10.0.0.0/8")) == same("#/net/10.0.0.0/8")
    assert printed(hy_iolib.local_address("x", abstract=True)) == same("#/local/@x")
    assert printed(hy_iolib.ipv6) == same("<special variable *ipv6*: None>")


def test_conditions(pair_of):
    a, _ = pair_of()
    a.close()
    with pytest.raises(hy_iolib.socket_error) as caught:
        hy_iolib.read_line(a)
    assert printed(caught.value) == same(
        "socket_closed_error('#<active local stream socket, closed> is closed')")
    assert printed(copy.copy(caught.value)) == printed(caught.value)
    for name, kind in CALLABLE.items():
        if isinstance(kind, type) and issubclass(kind, hy_iolib.condition) and kind is not hy_iolib.error:
            assert repr(kind()).startswith(f"{kind.__name__}("), name


# ---- Sessions

SESSION = """
(require hy-iolib *)
(import hy-iolib *)
(setv [a b] (make-socket-pair))
(socket-type a)
(lookup-service "http" :tcp)
*ipv6*
(error-identifier (handler-case (make-socket :remote-host "127.0.0.1" :remote-port 1) (error [e] e)))
(help listen-on)
(help (get-macro with-event-base))
[(close a) (close b) a]
"""


def prompt(arguments, text):
    done = subprocess.run([sys.executable, *arguments], input=text, capture_output=True, text=True,
                          timeout=50)
    return done.stdout + done.stderr


def test_a_session_in_hy():
    said = prompt(["-m", "hy", "-i"], SESSION)
    assert "Traceback" not in said
    for line in ("=> :stream\n", '=> (service_entry :port 80 :name "http" :protocol :tcp)\n',
                 "=> <special variable *ipv6*: None>\n", "=> :econnrefused\n",
                 "\nlisten_on(socket, *, backlog=None)\n", "\nwith_event_base(binding, *body)\n",
                 "=> [True True #<active local stream socket, closed>]\n"):
        assert line in said, said


def test_a_session_in_python():
    said = prompt(["-i", "-c", "from hy_iolib import *"], """
a, b = make_socket_pair()
socket_type(a)
lookup_service("http")
help(listen_on)
close(a), close(b), a
""")
    assert "Error" not in said
    for line in (":stream\n", "service_entry(port=80, name='http', protocol=:tcp)\n",
                 "\nlisten_on(socket, *, backlog=None)\n",
                 "(True, True, #<active local stream socket, closed>)\n"):
        assert line in said, said
