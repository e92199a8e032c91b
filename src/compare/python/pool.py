"""A pool of threads."""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from common import eat_at_seats, kind, measure, seats, workers
from tasks import solve


def dine():
    forks = [Lock() for _ in range(seats)]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda worker: eat_at_seats(forks, worker), range(workers)))


measure(dine if kind == "dining" else lambda: solve(ThreadPoolExecutor(workers)))
