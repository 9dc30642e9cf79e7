"""Explanations of the codes of diagnostics: cause, remedy, and examples. They are the pages of the codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import Any

import yaml

from stackctl import conventions as c
from stackctl.bounds.files import read_text
from stackctl.codes import ABOUT_RULES, CODES, IGNORABLE
from stackctl.data import data_dir

# The address below which the folder docs/ is published; "" until it is, as in the wheel and on a checkout.
PUBLISHED_AT = ""

_HEAD = "version: 1\nname: shop\n"
_SERVICES = 'services:\n  api: {targets: ["localhost:8000"]}\n'


@dataclass(frozen=True)
class Example:
    """The files of a folder, and the commands after which the code is reported or not: `check` is `stackctl check`."""

    files: Mapping[str, str | bytes]
    commands: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """Explanation of a code.

    Either `bad` and `good` are examples that can be tried; they may use the files `given`, which are too long to show.
    Or `sample` is what `reported_by`, a command, shows of it, where it takes running servers or a certain machine;
    then `key` is what of the manifest it is about, "" where it is about none.
    """

    code: str
    cause: str
    remedy: str
    bad: Example | None = None
    good: Example | None = None
    given: tuple[str, ...] = ()
    sample: str = ""
    reported_by: str = ""
    key: str = ""


def documentation(code: str) -> str:
    """Return the page of a code: below docs/ of stackctl's repository, or its address once that is published."""
    return f"{PUBLISHED_AT}docs/codes/{code}.md"


def explain(code: str) -> Explanation:
    """The explanation of a code."""
    family = code.partition(".")[0]
    written: Any = dict(_family(family)[code])
    examples = {key: _example(written.pop(key)) for key in ("bad", "good") if key in written}
    return Explanation(code, **{**written, **examples, "given": tuple(written.get("given", ()))})


@cache
def _family(name: str) -> Any:
    """The explanations of a family's codes, as its file has them."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(read_text(data_dir("codes") / f"{name}.yml"), loader)  # noqa: S506 - a safe one


def page(code: str) -> str:
    """The page of a code, in Markdown."""
    explained = explain(code)
    parts = [
        f"# `{code}`",
        CODES[code],
        f"**Usual cause.** {explained.cause.strip()}",
        f"**What to do.** {explained.remedy.strip()}",
        *(_tried(explained) if explained.bad else _shown(explained)),
        *_accepting(code),
    ]
    return "\n\n".join(parts) + "\n"


def _example(written: str | dict[str, Any]) -> Example:
    """An example as its files. A text is a `manifest` without its first lines, which are added, and a service if it has
    none. Commands are under `run`."""
    if isinstance(written, str):
        written = {"manifest": written}
    run = written.get("run", "check")
    commands = (run,) if isinstance(run, str) else tuple(run)
    files = {name: text for name, text in written.items() if name not in ("manifest", "run")}
    if "manifest" in written:
        files = {c.MANIFEST: _whole(written["manifest"]), **files}
    return Example(files, commands)


def _whole(fragment: str) -> str:
    keys = {line.partition(":")[0] for line in fragment.splitlines()}
    return _HEAD + ("" if {"services", "exporters"} & keys else _SERVICES) + fragment


def _tried(explained: Explanation) -> Iterator[str]:
    assert explained.bad  # noqa: S101 - the caller has looked
    assert explained.good  # noqa: S101 - a test holds that both are there
    yield f"## Bad\n\n{_run(explained.bad)} reports `{explained.code}`:"
    yield from _files(explained.bad, explained.given)
    tried = explained.good.commands == explained.bad.commands
    yield f"## Good\n\n{_run(explained.good)} {'does not' if tried else 'accepts this'}:"
    yield from _files(explained.good, explained.given)


def _run(example: Example) -> str:
    return ", then ".join(f"`stackctl {command}`" for command in example.commands)


def _files(example: Example, given: tuple[str, ...]) -> Iterator[str]:
    for name, content in example.files.items():
        if isinstance(content, bytes):
            yield f"`{name}` has the bytes `{content.hex(' ')}`."
        else:
            language = {".json": "json", ".yml": "yaml"}.get(PurePath(name).suffix, "text")
            yield f"`{name}`:\n\n```{language}\n{content.rstrip()}\n```"
    if given:
        yield f"Next to it: {', '.join(f'`{name}`' for name in given)}."


def _shown(explained: Explanation) -> Iterator[str]:
    about = f" It is about `{explained.key}` in the manifest." if explained.key else ""
    yield f"## Example\n\nIt depends on servers or on the machine, so this is a sample of the output.{about}"
    yield f"```text\n$ stackctl {explained.reported_by}\n{explained.sample.rstrip()}\n```"


def _accepting(code: str) -> Iterator[str]:
    """Yield how the code can be accepted, where it can."""
    from stackctl.checks.registry import IDS

    if code not in IGNORABLE and code not in IDS:
        return
    comment = f", or for one rule by the comment `# stackctl: ignore {code} (reason)`" if code in ABOUT_RULES else ""
    yield "## Accept it"
    yield f"For one run: `--ignore {code}`. For longer, in the manifest{comment}:"
    yield f"```yaml\nignore:\n  - {{check: {code}, reason: why it is accepted}}\n```"
