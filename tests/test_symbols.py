"""Each symbol that IOLib 0.8 exports is what it is there: tests/data/symbols.tsv, recorded on IOLib 0.8.4."""

import csv
import importlib
import inspect
import re
import types

import hy
import pytest

import hy_iolib
from conftest import ROOT
from hy_iolib import control_error, ewouldblock, handler_bind, receive_from, send_to, special
from hy_iolib.lisp.places import setters

with open(ROOT / "tests/data/symbols.tsv") as table:
    ROWS = list(csv.DictReader(table, delimiter="\t"))


def rows(*kinds):
    """(symbol, module, lambda list) of each symbol of KINDS, for each module that must have it."""
    for row in ROWS:
        if row["kinds"] in kinds:
            package = importlib.import_module(f"hy_iolib.{row['package'].split('/')[1].replace('-', '_')}")
            for home in [package] if row["package"] == "iolib/trivial-sockets" else [package, hy_iolib]:
                yield row["symbol"], home, row["lambda_list"]


def python_name(symbol):
    for pattern, name in ((r"\+(.+)\+", lambda stem: stem.upper()), (r"\*(.+)\*", str),
                          (r"(.+)=", "{}_eq".format), (r"(.+)\*", "{}_star".format)):
        found = re.fullmatch(pattern, symbol)
        if found:
            return name(found[1]).replace("-", "_")
    return symbol.replace("-", "_")


def things(*kinds):
    """(symbol, object) as `rows`; the object has both names."""
    for symbol, home, _ in rows(*kinds):
        thing = getattr(home, hy.mangle(symbol))
        assert getattr(home, python_name(symbol)) is thing, symbol
        yield symbol, thing


def evaluate(text, **names):
    """The value of TEXT, forms of Hy, in a module of its own, which is given NAMES and may be read."""
    evaluate.module = types.ModuleType("trial")
    vars(evaluate.module).update(names)
    for form in hy.read_many(text):
        value = hy.eval(form, module=evaluate.module)
    return value


def test_the_table_is_whole():
    assert len(ROWS) == 283
    assert {row["kinds"] for row in ROWS} == {
        "function", "generic-function", "macro", "class", "structure", "condition", "variable", "constant",
        "symbol-macro", "name"}


WITHOUT_OBJECT = ["ip", "net"]  # what follows # in a literal


@pytest.mark.parametrize("package", ["sockets", "streams", "multiplex", "trivial_sockets", None])
def test_all_are_imported_by_name(package):
    name = "hy_iolib" + (f".{package}" if package else "")
    home = importlib.import_module(name)
    symbols = sorted({symbol for symbol, module, _ in rows(*{row["kinds"] for row in ROWS} - {"macro"})
                      if module is home} - set(WITHOUT_OBJECT))
    assert len(symbols) > 5
    evaluate(f"(import {hy.unmangle(name)} [{' '.join(symbols)}])")
    in_hy = vars(evaluate.module)
    in_python = {}
    exec(f"from {name} import {', '.join(map(python_name, symbols))}", in_python)
    for symbol in symbols:
        assert in_hy[hy.mangle(symbol)] is in_python[python_name(symbol)]


def test_functions():
    """They can be called as IOLib's: with so many arguments, and with those keywords."""
    for symbol, home, lambda_list in rows("function", "generic-function"):
        function = getattr(home, python_name(symbol))
        assert inspect.isroutine(function), symbol
        assert function is getattr(home, hy.mangle(symbol))
        signature = inspect.signature(function)
        # Flat: of what is optional or has a default the name only.
        words = "" if lambda_list == "nil" else re.sub(r"\((\S+) .*?\)+(?= |$)", r"\1", lambda_list[1:-1])
        marker, required, optional, keywords = None, [], [], []
        for word in words.split():
            if word.startswith("&"):
                marker = word
            else:
                {None: required, "&optional": optional, "&key": keywords}.get(marker, []).append(word)
        # `class` can't be shown as the name of a parameter.
        named = {{"class": "class_"}.get(word, hy.mangle(word)): None for word in keywords}
        if "&rest" not in words or required:
            signature.bind(*required, **named)
            signature.bind(*required, *optional)


def test_accessors_whose_places_are_set():
    for symbol in ("socket-option", "fd-non-blocking", "external-format-of"):
        assert getattr(hy_iolib, hy.mangle(symbol)) in setters


def test_macros():
    for symbol, home, _ in rows("macro"):
        package = hy.unmangle(home.__name__)
        for required in (f"[{symbol}]", f"[{symbol} :as trial]", "*", ":as module"):
            name = {f"[{symbol}]": symbol, "*": symbol, f"[{symbol} :as trial]": "trial",
                    ":as module": f"module.{symbol}"}[required]
            form = f"(require {package} {required}) (get-macro {name})"
            assert evaluate(form).__doc__, form
        # Not without what it is to be bound to.
        with pytest.raises(Exception, match=rf"\({symbol} \("):
            evaluate(f"(require {package} [{symbol}]) ({symbol} 1)")


def test_classes():
    for symbol, thing in things("class", "structure"):
        assert isinstance(thing, type) and not issubclass(thing, BaseException), symbol


def test_conditions():
    for symbol, thing in things("condition"):
        assert issubclass(thing, Exception) and issubclass(thing, hy_iolib.condition), symbol


def test_variables():
    for symbol, thing in things("variable"):
        assert isinstance(thing, special) and thing.name == symbol
        with thing.let("bound"):
            assert evaluate(f"(import hy-iolib [{symbol}]) (. {symbol} value)") == "bound"
        assert thing.value != "bound"
        assert evaluate(f"""(require hy-iolib [setf special-let]) (import hy-iolib [{symbol}])
                            (special-let [{symbol} 1] (setf {symbol} 2) (. {symbol} value))""") == 2


def test_constants():
    for symbol, thing in things("constant"):
        assert isinstance(thing, (int, hy_iolib.inet_address)) and not isinstance(thing, bool), symbol
        assert hash(thing) == hash(thing)
        for attribute in ("name", "packed", "anything"):
            with pytest.raises(AttributeError):
                setattr(thing, attribute, 1)


def test_symbol_macros():
    for symbol, thing in things("symbol-macro"):
        four, six = {"+any-host+": ("0.0.0.0", "::"), "+loopback+": ("127.0.0.1", "::1")}[symbol]
        assert str(thing) == four
        with hy_iolib.ipv6.let(True):
            assert str(thing) == six


def test_names():
    """What the table knows nothing of but that the symbol is exported."""
    kinds = {
        "icmp-types": dict, "icmp-unreach": dict, "poll-multiplexer": type,
        "socket-datagram-internet-active": type, "socket-datagram-local-active": type,
        "read-buffer-empty-p": types.FunctionType, "read-buffer-size": types.FunctionType,
        "write-buffer-empty-p": types.FunctionType, "write-buffer-size": types.FunctionType,
        "*default-event-loop-timeout*": special,
        "retry-syscall": types.FunctionType, "ignore-syscall-error": types.FunctionType}
    assert {row["symbol"] for row in ROWS if row["kinds"] == "name"} == {*kinds, *WITHOUT_OBJECT}
    for symbol, home, _ in rows("name"):
        if symbol in kinds:
            assert isinstance(getattr(home, python_name(symbol)), kinds[symbol]), symbol
    # One class, by the manual's name and that of IOLib 0.8.
    assert hy_iolib.socket_datagram_internet_active is hy_iolib.socket_datagram_internet
    assert hy_iolib.socket_datagram_local_active is hy_iolib.socket_datagram_local
    for literals, kind in ((hy_iolib.icmp_types, "type"), (hy_iolib.icmp_unreach, "unreach")):
        for name, number in literals.items():
            assert getattr(hy_iolib, hy.mangle(str(name))) == number, kind


@pytest.mark.parametrize("package", ["hy-iolib", "hy-iolib.sockets"])
def test_literals(package):
    module = types.ModuleType("trial")
    hy.eval(hy.read(f"(require {package} :readers [ip net])"), module=module)
    reader = hy.HyReader()
    reader.reader_macros.update(module._hy_reader_macros)
    value = hy.eval(hy.read("[#ip 10.0.0.1 #net 10.0.0.0/8]", reader=reader), module=module)
    assert value == [hy_iolib.ensure_address("10.0.0.1"), hy_iolib.ipv4_network("10.0.0.0/8")]


def test_restarts_can_be_called(pair_of):
    a, b = pair_of()
    with handler_bind(ewouldblock, hy_iolib.ignore_syscall_error):
        assert receive_from(b, size=1, dont_wait=True).count == 0

    def later(e):
        send_to(a, b"x")
        hy_iolib.retry_syscall(e, seconds=5)

    with handler_bind(ewouldblock, later):
        assert receive_from(b, size=1, dont_wait=True).data == b"x"
    with pytest.raises(control_error, match="not on offer"):
        hy_iolib.retry_syscall()
