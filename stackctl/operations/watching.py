"""Watching a manifest and the files that it names: each edit is reloaded as one transaction, or reported."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl.errors import StackctlError

if TYPE_CHECKING:
    from threading import Event

    from stackctl.diagnostic import Diagnostic
    from stackctl.manifest.reads import Reads
    from stackctl.model import Waiver
    from stackctl.operations.reload import Reloaded
    from stackctl.progress import Progress

# Editors write a file in several steps, and tools several files: an edit has ended when nothing happens for so long.
_QUIET_MILLISECONDS = 30
# Where something is written all the time, as a log next to the manifest is, the edit is taken after so long.
_BUSY_MILLISECONDS = 400
# File systems that report no changes, as some network and virtual ones, are asked so often; and so are all about an
# edit that came before they were watched. New folders are looked for each time in so many.
_ASK_MILLISECONDS = 100
_FOLDERS_EVERY = 10


@dataclass(frozen=True)
class Round:
    """Result of one edit: what was `done`, or the `error` with which the stack was left alone.

    `seconds` is how long that took, from when the edit was seen.
    """

    done: Reloaded | None
    error: StackctlError | None
    seconds: float


def rounds(
    manifest: Path, deadline: float, progress: Progress, stop: Event, ignored: Sequence[Waiver] = ()
) -> Iterator[Round]:
    """Yield the result of a reload at once, and of another one after each edit, until `stop` is set.

    A transaction that has begun ends before that. Each may take `deadline` seconds.
    """
    import watchfiles  # noqa: F401 - loaded before the first edit, and not by it

    from stackctl.manifest.reads import recorded
    from stackctl.operations.reload import reload_manifest
    from stackctl.runtimes.recall import recalled

    with recalled():
        while True:
            began, done, error = time.monotonic(), None, None
            with recorded() as reads:
                try:
                    done = reload_manifest(manifest, deadline, progress, ignored=ignored)
                except StackctlError as failure:
                    error = failure
            yield Round(done, error, time.monotonic() - began)
            if not _wait_for_edit(reads, stop):
                return


def warnings(manifest: Path, ignored: Sequence[Waiver] = ()) -> list[Diagnostic]:
    """Return the warnings about a manifest, those that no checker has to be asked for; none about one that has been
    edited since, and has mistakes now.
    """
    from stackctl.manifest.queries import review_queries
    from stackctl.operations.checked import Checked
    from stackctl.operations.checking import load_or_report
    from stackctl.operations.findings import findings

    try:
        stack = load_or_report(manifest, ignored)
    except StackctlError:
        return []
    return [each for each in findings(Checked(stack, review_queries(stack), ())) if each.status == "warn"]


def _wait_for_edit(reads: Reads, stop: Event) -> bool:
    """Wait until what was read has changed, and nothing has changed for a moment. Return False when `stop` is set."""
    while not stop.is_set():
        folders = reads.folders()
        for number, _ in enumerate(_wakes(folders, stop), 1):
            if reads.have_changed():
                return True
            if number % _FOLDERS_EVERY == 0 and reads.folders() != folders:
                break
    return False


def _wakes(folders: frozenset[Path], stop: Event) -> Iterator[object]:
    """Yield whenever something has changed in one of the folders, and now and then."""
    import watchfiles

    def watch(polls: bool | None) -> Iterator[object]:
        return watchfiles.watch(
            *folders,
            watch_filter=None,
            debounce=_BUSY_MILLISECONDS,
            step=_QUIET_MILLISECONDS,
            rust_timeout=_ASK_MILLISECONDS,
            yield_on_timeout=True,
            recursive=False,
            stop_event=stop,
            force_polling=polls,
        )

    try:
        yield from watch(None)
    except OSError:
        # The system watches no more folders for this user.
        yield from watch(True)
