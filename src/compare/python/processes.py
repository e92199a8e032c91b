"""A pool of processes. At the table each worker is a process, and the forks are locks of multiprocessing."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Lock, Process, SimpleQueue

from common import eat_at_seats, kind, measure, seats, workers
from tasks import solve


def philosopher(forks, worker, shares):
    shares.put(eat_at_seats(forks, worker))


def dine():
    forks, shares = [Lock() for _ in range(seats)], SimpleQueue()
    processes = [Process(target=philosopher, args=(forks, worker, shares)) for worker in range(workers)]
    for process in processes:
        process.start()
    results = [shares.get() for _ in processes]
    for process in processes:
        process.join()
    return results


if __name__ == "__main__":
    measure(dine if kind == "dining" else lambda: solve(ProcessPoolExecutor(workers)))
