"""What it costs to pass something on: a task to a worker, a list of numbers to another process."""

import json
import time
from array import array
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import Pipe, Process
from multiprocessing.shared_memory import SharedMemory

LENGTH, LISTS, TASKS = 8192, 20, 200


def add_one(number):
    return number + 1


def tasks(pool):
    with pool:
        number = pool.submit(add_one, 0).result()
        began = time.monotonic()
        for _ in range(TASKS):
            number = pool.submit(add_one, number).result()
        return (time.monotonic() - began) / TASKS


def numbers(round):
    return [place * (round + 1) for place in range(LENGTH)]


def sum_lists(connection):
    while (received := connection.recv()) is not None:
        connection.send(sum(received))


def sum_blocks(connection, memory):
    while connection.recv() is not None:
        decoded = array("Q", bytes(memory.buf[: 8 * LENGTH]))
        connection.send(sum(decoded))


def lists_summed(target, arguments, pass_on):
    ours, theirs = Pipe()
    process = Process(target=target, args=(theirs, *arguments))
    process.start()
    for round in range(LISTS + 1):
        if round == 1:
            began = time.monotonic()
        pass_on(ours, numbers(round))
        assert ours.recv() == (round + 1) * LENGTH * (LENGTH - 1) // 2
    seconds = (time.monotonic() - began) / LISTS
    ours.send(None)
    process.join()
    return seconds


def in_shared_memory():
    memory = SharedMemory(create=True, size=8 * LENGTH)

    def pass_on(connection, values):
        memory.buf[: 8 * LENGTH] = array("Q", values).tobytes()
        connection.send(True)

    try:
        return lists_summed(sum_blocks, (memory,), pass_on)
    finally:
        memory.close()
        memory.unlink()


if __name__ == "__main__":
    prices = {
        "task-to-thread": tasks(ThreadPoolExecutor(1)),
        "task-to-process": tasks(ProcessPoolExecutor(1)),
        "list-through-pipe": lists_summed(sum_lists, (), lambda connection, values: connection.send(values)),
        "list-in-shared-memory": in_shared_memory(),
    }
    print(json.dumps(prices))
