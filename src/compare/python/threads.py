"""Threads that take items from a queue."""

from queue import Empty, SimpleQueue
from threading import Lock, Thread

from common import Hand, eat_at_seats, items, kind, measure, seats, workers


def solve():
    queue, shares, forks = SimpleQueue(), SimpleQueue(), [Lock() for _ in range(seats)]
    for item in range(items):
        queue.put(item)

    def work(worker):
        hand = Hand(worker)
        try:
            while True:
                hand.item(queue.get_nowait())
        except Empty:
            shares.put(hand.finish())

    def dine(worker):
        shares.put(eat_at_seats(forks, worker))

    target = dine if kind == "dining" else work
    threads = [Thread(target=target, args=(worker,)) for worker in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [shares.get() for _ in threads]


measure(solve)
