"""All that can be known to be wrong with a manifest without starting anything: for `check`, and for `render`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c

if TYPE_CHECKING:
    from stackctl.manifest.queries import Review
    from stackctl.model import Stack


@dataclass(frozen=True)
class Checked:
    """A stack with which nothing is wrong, the review of its expressions, and the checkers that are not installed."""

    stack: Stack
    review: Review
    unchecked: tuple[str, ...]


def check_manifest(manifest: Path) -> Checked:
    """The stack of the manifest, when nothing is wrong with it. Raises InputError, CheckFailed or Unavailable with all
    that is."""
    from tempfile import TemporaryDirectory

    from stackctl.manifest import load
    from stackctl.manifest.queries import review_queries
    from stackctl.operations.refused import error_of, refused
    from stackctl.render import render
    from stackctl.render.write import write
    from stackctl.runtime.compose_file import CONFIG, has_config
    from stackctl.runtime.local_checker import Local
    from stackctl.runtime.validation import validate
    from stackctl.source import Secret

    stack = load(manifest)
    review = review_queries(stack)
    tree = render(stack, c.NATIVE, {c.GRAFANA_ADMIN_PASSWORD: Secret("only-checked")})
    with TemporaryDirectory(prefix="stackctl-check-") as folder:
        path = Path(folder)
        write(tree, path)
        run = Local(path)
        problems = refused(stack, tree, stack.root, lambda texts: validate(path, texts, run), review)
    if problems:
        raise error_of(problems)
    composed = any(service.run.docker for service in stack.services)
    unchecked = {CONFIG} if composed and not has_config() else set()
    return Checked(stack, review, tuple(sorted({*run.missing, *unchecked})))
