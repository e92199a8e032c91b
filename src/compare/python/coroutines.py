"""Tasks on one thread."""

import asyncio
import time

from common import REQUEST, Hand, asks, forks_of, items, kind, meals, measure, port, primes, request, seats, workers


async def ask(connection, item):
    reader, writer = connection
    writer.write(request(item))
    return sum(await reader.readexactly(REQUEST))


async def work(worker, numbers):
    hand = Hand(worker)
    connection = await asyncio.open_connection("127.0.0.1", port) if asks else None
    for item in numbers:
        began = time.monotonic_ns()
        answer = await ask(connection, item) if asks else 0
        hand.note(began, answer + primes(item))
        await asyncio.sleep(0)
    if connection:
        connection[1].close()
    return hand.finish()


async def philosopher(worker, forks):
    hand = Hand(worker)
    for meal in range(meals):
        for seat in range(worker, seats, workers):
            began = time.monotonic_ns()
            one, other = forks_of(seat)
            async with forks[one]:
                await asyncio.sleep(0)
                async with forks[other]:
                    result = primes(meal * seats + seat)
            hand.note(began, result)
    return hand.finish()


async def solve():
    if kind == "dining":
        forks = [asyncio.Lock() for _ in range(seats)]
        return await asyncio.gather(*(philosopher(worker, forks) for worker in range(workers)))
    numbers = iter(range(items))
    return await asyncio.gather(*(work(worker, numbers) for worker in range(workers)))


measure(lambda: asyncio.run(solve()))
