"""The README's code runs as printed."""

import re
import socketserver
import sys
import threading

import pytest

from conftest import ROOT

BLOCKS = re.findall(r"```(\w+)\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


def test_there_are_two_commands_of_one_line():
    commands = [text for language, text in BLOCKS if language == "sh"]
    assert [c.count("\n") for c in commands] == [1, 1]
    assert "-m hy_iolib" in commands[0] and "pytest" in commands[1]


@pytest.fixture
def echo_port():
    class Echo(socketserver.StreamRequestHandler):
        def handle(self):
            for line in self.rfile:
                self.wfile.write(line)

    with socketserver.TCPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.handle_request, daemon=True)
        thread.start()
        yield server.server_address[1]
        thread.join(20)


@pytest.mark.parametrize("language", ["hy", "python"])
def test_the_echo_client(language, echo_port, tmp_path, run, hy_script):
    [source] = [text for name, text in BLOCKS if name == language]
    script = tmp_path / "client"
    script.write_text(source.replace("port 7", f"port {echo_port}").replace("port=7", f"port={echo_port}"))
    command = hy_script if language == "hy" else [sys.executable]
    assert run(*command, script).stdout == "connected to 127.0.0.1\none\ntwo\nthree\n"
