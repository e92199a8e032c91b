"""Tasks and their futures. Whether they are run by threads or by processes is said where the pool is made."""

import os
import threading

from common import Hand, items

mine = threading.local()


def task(item):
    if not hasattr(mine, "hand"):
        mine.hand = Hand(threading.get_ident())
    hand = mine.hand
    hand.item(item)
    latencies, hand.latencies = hand.latencies, []
    return (os.getpid(), hand.worker), hand.finish() | {"latencies": latencies}


def solve(pool):
    shares = {}
    with pool:
        for worker, share in pool.map(task, range(items)):
            earlier = shares.get(worker, {"latencies": []})
            shares[worker] = share | {"latencies": earlier["latencies"] + share["latencies"]}
    return [share | {"worker": number} for number, share in enumerate(shares.values())]
