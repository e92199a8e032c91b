"""What all programs have in common: the work, and how it is timed."""

import json
import os
import resource
import socket
import sys
import time

REQUEST = 64
NUMBERS = {"cpu": 10_000, "io": 0, "mixed": 20_000, "dining": 100}

kind = sys.argv[1] if len(sys.argv) > 1 else "cpu"
items, seats, workers, port = (int(argument) for argument in sys.argv[2:6]) if len(sys.argv) > 5 else (0, 5, 1, 0)
asks = kind in ("io", "mixed")
meals = items // seats


def is_prime(number):
    if number < 2 or number % 2 == 0:
        return number == 2
    divisor = 3
    while divisor * divisor <= number:
        if number % divisor == 0:
            return False
        divisor += 2
    return True


def primes(item):
    start = 100_000 + item % 16 * NUMBERS[kind]
    return sum(map(is_prime, range(start, start + NUMBERS[kind])))


def request(item):
    with open(f"file.{item % 16}", "rb") as file:
        content = file.read()
    return (item.to_bytes(8, "little") + sum(content).to_bytes(8, "little")).ljust(REQUEST, b"\0")


class Hand:
    """Does items, and notes when, and how long each took."""

    def __init__(self, worker):
        self.worker = worker
        self.connection = None
        self.began = self.ended = self.items = self.sum = 0
        self.latencies = []

    def item(self, item):
        began = time.monotonic_ns()
        answer = self.ask(item) if asks else 0
        self.note(began, answer + primes(item))

    def note(self, began, result):
        self.ended = time.monotonic_ns()
        self.began = self.began or began
        self.items += 1
        self.sum += result
        self.latencies.append(self.ended - began)

    def ask(self, item):
        if self.connection is None:
            self.connection = socket.create_connection(("127.0.0.1", port))
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection.sendall(request(item))
        answer = b""
        while len(answer) < REQUEST:
            answer += self.connection.recv(REQUEST - len(answer))
        return sum(answer)

    def finish(self):
        names = ("worker", "began", "ended", "items", "sum", "latencies")
        return {name: getattr(self, name) for name in names} | {"process": os.getpid()}


def forks_of(seat):
    """The forks of a seat, the one with the lower number first."""
    return sorted((seat, (seat + 1) % seats))


def eat_at_seats(forks, first):
    """Eats all meals at every so many-th seat, from this one on."""
    hand = Hand(first)
    for meal in range(meals):
        for seat in range(first, seats, workers):
            began = time.monotonic_ns()
            one, other = forks_of(seat)
            with forks[one], forks[other]:
                result = primes(meal * seats + seat)
            hand.note(began, result)
    return hand.finish()


def used():
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in both)
    return cpu, sum(usage.ru_nvcsw + usage.ru_nivcsw for usage in both)


def memory(shares):
    """Of this process, and for each worker that is another one as much as the largest of them had."""
    others = {share["process"] for share in shares} - {os.getpid()}
    own, largest = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return 1024 * (own + len(others) * largest)


def measure(solve):
    """Calls a solution, and prints what it took."""
    (cpu, switches), called = used(), time.monotonic_ns()
    shares = solve()
    returned, (cpu_after, switches_after) = time.monotonic_ns(), used()
    run = {"called": called, "returned": returned, "shares": shares, "memory": memory(shares)}
    print(json.dumps(run | {"cpu": cpu_after - cpu, "switches": switches_after - switches}))
