"""A running stack next to its manifest: what `reload` and `verify` work with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.operations.live import Live, Target

if TYPE_CHECKING:
    from stackctl.clients.http import Answer
    from stackctl.model import Stack, Waiver
    from stackctl.source import Secret
    from stackctl.state import State
    from stackctl.tree import Tree


@dataclass(frozen=True)
class Session(Live):
    """The running stack and the manifest: `stack`, and the `tree` that it renders to."""

    stack: Stack
    tree: Tree

    @classmethod
    def open(cls, manifest: Path, ignored: Sequence[Waiver] = ()) -> Session:
        """The session of a manifest, which accepts what is `ignored` too.

        Raises InputError for a bad manifest and Unavailable when nothing runs or the runtime does not answer.
        """
        from stackctl.operations.checking import load_or_report

        return cls.of_stack(manifest, load_or_report(manifest, ignored))

    @classmethod
    def of_stack(cls, manifest: Path, stack: Stack) -> Session:
        """The same for the stack that the manifest describes."""
        from stackctl.render import render

        live = Live.of(manifest, f"the stack `{stack.name}`")
        tree = render(stack, live.runtime.name, kept_secrets(live.state), live.state.salt())
        return cls(live.state, live.running, live.current, live.runtime, stack, tree)

    def target(self) -> Target:
        """Return the manifest's generation, which is written but not live yet."""
        known = {one.id for one in self.state.generations()}
        generation = self.state.write(self.tree)
        return Target(generation, self.tree, self.stack, fresh=generation.id not in known)

    def fetch(self, url: str) -> Answer:
        """Return the response to a GET of `url` from where Prometheus runs. Raises NoAnswer when nothing answers."""
        from stackctl.clients.http import Answer, NoAnswer

        answer = self.runtime.fetch(url)
        if not answer.status:
            raise NoAnswer.of("server.no-answer", f"{url} does not answer: {answer.text}")
        return Answer(answer.status, "", answer.text)


def kept_secrets(state: State) -> dict[str, Secret]:
    """The secrets that stackctl has made for this stack."""
    password = state.kept_secret(c.GRAFANA_ADMIN_PASSWORD)
    return {c.GRAFANA_ADMIN_PASSWORD: password} if password else {}
