"""Interleaved measurement: ours against a peer, in one process, by medians of pairs."""

import gc
import statistics
import time

PAIRS = 15


def timed(function, number):
    start = time.perf_counter()
    function(number)
    return (time.perf_counter() - start) / number


def compare(name, ours, peer, number, limit, pairs=PAIRS):
    """Time OURS and PEER, functions of a repeat count, in turn, and print the median ratio."""
    timed(ours, number // 10 + 1)
    timed(peer, number // 10 + 1)
    gc.collect()
    rows = []
    for i in range(pairs):
        # Whoever comes first in a pair has the colder caches: take turns.
        if i % 2:
            a = timed(ours, number)
            b = timed(peer, number)
        else:
            b = timed(peer, number)
            a = timed(ours, number)
        rows.append((a, b, a / b))
    a, b, ratio = (statistics.median(column) for column in zip(*rows))
    low, high = min(r for _, _, r in rows), max(r for _, _, r in rows)
    print(f"{name}: {ratio:.2f} times the peer ({low:.2f} to {high:.2f}; limit {limit});"
          f" {a * 1e6:.2f} µs, peer {b * 1e6:.2f} µs", flush=True)
    return ratio
