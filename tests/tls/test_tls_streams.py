"""The model of streams over TLS, in the role of the server and of the client."""

import pathlib
import sys

import pytest

from certificates import files, shake  # noqa: F401
from hy_iolib import close, make_socket_pair, start_tls

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "streams"))

from test_model import MACHINES, RUNS, run_machine  # noqa: E402


class OverTls:
    """What differs: how the two ends are made, and how the peer ends without an error."""

    certificates = server_side = None

    def make_pair(self, **options):
        stream, peer = make_socket_pair(**options)
        server, client = (stream, peer) if self.server_side else (peer, stream)
        start_tls(server, server_side=True, certificate=self.certificates.server, wait=False)
        start_tls(client, server_name="localhost", ca_file=self.certificates.ca, wait=False)
        shake(server, client)
        return stream, peer

    def peer_close(self):
        close(self.peer)

    def droppable(self):
        # A record that was begun is sent to its end.
        return not self.narrowed


@pytest.mark.slow
@pytest.mark.timeout(60 + RUNS // 5)
@pytest.mark.parametrize("server_side", [True, False], ids=["server", "client"])
@pytest.mark.parametrize("machine", MACHINES)
def test_streams_over_tls_and_their_model(machine, server_side, files):  # noqa: F811
    name = f"{machine.__name__}OverTls"
    run_machine(type(name, (OverTls, machine), {"certificates": files, "server_side": server_side}),
                max(1, RUNS // len(MACHINES) // 4))
