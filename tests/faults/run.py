"""The matrix of faults: python -m tests.faults.run [--runtime native] [--every] [--only OPERATION] [--part K/N]

Prints how many points times actions times next commands were run, and each that failed. Exits 1 when one did.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from zlib import crc32

from tests.faults.bench import Bench, Violation, bench
from tests.faults.cases import ACTIONS, NEXT, OPERATIONS, Case, cases, check, points

_EACH = 25  # cases, between two lines of progress


def main() -> int:
    """Run what the arguments say."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="stackctl-faults-") as folder:
        with bench(Path(folder, "record"), options.runtime) as recorded:
            chosen = [one for one in OPERATIONS if not options.only or one.name in options.only]
            found = {operation: points(recorded, operation) for operation in chosen}
        for operation, names in found.items():
            _say(f"{operation.name}: {len(names)} points")
            if options.list:
                _say("\n".join(f"    {name}" for name in names))
        part, parts = options.part
        todo = [case for case in cases(found, every=options.every) if crc32(str(case).encode()) % parts == part - 1]
        random.Random(options.seed).shuffle(todo)
        failed, missed, ran = _run_all(Path(folder), options, todo[: options.limit or None])
    total = sum(map(len, found.values()))
    _say(
        f"{total} points x {len(ACTIONS)} actions x {len(NEXT)} next commands ({'all' if options.every else 'in turn'})"
    )
    _say(f"{ran} of {len(todo)} cases were run, {missed} did not reach their point, failures: {failed}")
    return 1 if failed else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runtime", choices=("native", "docker"), default="native")
    parser.add_argument("--every", action="store_true", help="each point and action with every next command")
    parser.add_argument("--only", action="append", help="only this operation; repeatable")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--limit", type=int, default=0, help="run only so many cases")
    parser.add_argument("--part", type=_part, default=(1, 1), help="K/N: the K-th of N parts, the same in each run")
    parser.add_argument("--minutes", type=float, default=0, help="stop after so many minutes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true", help="print the points too")
    return parser.parse_args()


def _part(text: str) -> tuple[int, int]:
    part, _, parts = text.partition("/")
    return int(part), int(parts)


def _run_all(folder: Path, options: argparse.Namespace, todo: list[Case]) -> tuple[int, int, int]:
    """Failures, points that were not reached, and cases that were run."""
    queue: Queue[Case] = Queue()
    for case in todo:
        queue.put(case)
    ends = time.monotonic() + options.minutes * 60 if options.minutes else float("inf")
    results: list[str] = []

    def work(number: int) -> None:
        places = (folder / f"{number}-{count}" for count in range(len(todo) + 1))
        while time.monotonic() < ends and not queue.empty():
            with _surviving(results), bench(next(places), options.runtime) as made:
                _work(made, queue, ends, results)

    with ThreadPoolExecutor(options.workers) as pool:
        list(pool.map(work, range(options.workers)))
    return results.count("failed"), results.count("missed"), len(results)


@contextmanager
def _surviving(results: list[str]) -> Iterator[None]:
    """A bench that a failure has spoilt is replaced by another."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
        results.append("failed")
        _say(f"FAILED {error}")


def _work(made: Bench, queue: Queue[Case], ends: float, results: list[str]) -> None:
    while time.monotonic() < ends:
        try:
            case = queue.get_nowait()
        except Empty:
            return
        try:
            is_reached = check(made, case)
        except Exception as error:
            raise Violation(f"{case}\n  {type(error).__name__}: {error}\n{made.story()}") from error
        results.append("passed" if is_reached else "missed")
        if len(results) % _EACH == 0:
            _say(f"{len(results)} cases, {results.count('failed')} failed")
        if not is_reached:
            _say(f"not reached: {case}")


if __name__ == "__main__":
    sys.exit(main())
