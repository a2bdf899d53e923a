"""What an event on ten connections costs beside ten thousand idle ones: processor time of a server
whose clients are in other processes, against the same without them, in turn."""

import resource
import socket
import statistics
import subprocess
import sys
import time

IDLE = 10000
ROUNDS = 5

CROWD = """
import socket, sys
place = ("127.0.0.1", int(sys.argv[1]))
crowd = []
for line in sys.stdin:
    if line == "come\\n":
        for _ in range(%d):
            crowd.append(socket.create_connection(place))
    elif line == "go\\n":
        for s in crowd:
            s.close()
        crowd = []
    print("done", flush=True)
""" % IDLE

SERVER = """
import sys, time
from hy_iolib import *
base = event_base()
server = make_socket(connect="passive", local_host="127.0.0.1", backlog=MAX_BACKLOG_SIZE)
clients, counts = set(), [0, 0.0]

def accept(fd, event, exception):
    while (client := accept_connection(server, wait=False)) is not None:
        clients.add(client)
        buffer = bytearray(64)
        def answer(fd, event, exception, client=client, buffer=buffer):
            count = receive_from(client, buffer=buffer).count
            if not count:
                clients.discard(client)
                close(client, abort=True)
            else:
                send_to(client, buffer[:count])
        set_io_handler(base, client, "read", answer)

set_io_handler(base, server, "read", accept)
print(local_port(server), flush=True)

def command(fd, event, exception):
    line = sys.stdin.readline()
    if not line:
        exit_event_loop(base)
    print(len(clients), time.process_time(), flush=True)

set_io_handler(base, 0, "read", command)
event_dispatch(base)
close(server)
close(base)
"""


def main():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if limit != resource.RLIM_INFINITY and limit < IDLE + 200:
        print(f"idle descriptors: the limit of descriptors, {limit}, is too low for {IDLE}")
        return

    def all_of_them():
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    start = dict(text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=all_of_them)
    with subprocess.Popen([sys.executable, "-c", SERVER], **start) as server:
        port = server.stdout.readline().strip()
        active = []
        with subprocess.Popen([sys.executable, "-c", CROWD, port], **start) as crowd:
            try:
                measure(server, crowd, active, int(port))
            finally:
                for s in active:
                    s.close()
                crowd.stdin.close()
                server.stdin.close()


def measure(server, crowd, active, port):
    active += [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(10)]

    def ask():
        server.stdin.write("x\n")
        server.stdin.flush()
        count, seconds = server.stdout.readline().split()
        return int(count), float(seconds)

    def until(count):
        deadline = time.monotonic() + 60
        while ask()[0] != count:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def tell(order):
        crowd.stdin.write(order + "\n")
        crowd.stdin.flush()
        assert crowd.stdout.readline() == "done\n"

    def cost(rounds=1500):
        before = ask()[1]
        for _ in range(rounds):
            for s in active:
                s.send(b"0123456789")
            for s in active:
                assert s.recv(64) == b"0123456789"
        return (ask()[1] - before) / rounds / len(active)

    until(10)
    cost(200)
    alone, beside = [cost()], []
    for _ in range(ROUNDS):
        tell("come")
        until(10 + IDLE)
        beside.append(cost())
        tell("go")
        until(10)
        alone.append(cost())
    ratios = [2 * b / (before + after) for b, before, after in zip(beside, alone, alone[1:])]
    print(f"an event beside {IDLE} idle descriptors: {statistics.median(ratios):.2f} times one without"
          f" ({min(ratios):.2f} to {max(ratios):.2f}; limit 1.2); {statistics.median(beside) * 1e6:.2f} µs,"
          f" without {statistics.median(alone) * 1e6:.2f} µs", flush=True)


if __name__ == "__main__":
    main()
