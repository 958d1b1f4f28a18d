"""How long drawing a full form takes: `python -m tests.load.bench_assembly`.

Prints figures and asserts nothing: what is fast enough depends on the machine.
"""

import random
import sys
from statistics import median
from time import perf_counter

from app.domain.assembly import draw_form
from app.domain.items import PoolItem
from tests.pools import FULL, even_pool, uneven_pool

DRAWS = 20
SIZES = (240, 600, 1200)


def seconds_per_draw(pool: list[PoolItem], seed: int) -> float:
    """Time one draw for a candidate who has seen a fifth of a bank in use."""
    rng = random.Random(seed)
    seen = {item.item_id: rng.randint(1, 3) for item in rng.sample(pool, len(pool) // 5)}
    exposure = {item.item_id: rng.randint(0, 40) for item in pool}
    start = perf_counter()
    draw_form(pool, FULL, seen=seen, exposure=exposure, rng=rng)
    return perf_counter() - start


def main() -> None:
    """Print the median and the longest of 20 draws for each size of bank."""
    start = perf_counter()
    seconds_per_draw(even_pool(240), seed=0)
    sys.stdout.write(f"first draw, solver loading: {perf_counter() - start:.3f} s\n")
    for size in SIZES:
        times = [
            seconds_per_draw(uneven_pool(size, random.Random(seed)), seed) for seed in range(DRAWS)
        ]
        figures = f"median {median(times):.3f} s, longest {max(times):.3f} s"
        sys.stdout.write(f"120 of {size} items, {DRAWS} draws: {figures}\n")


if __name__ == "__main__":
    main()
