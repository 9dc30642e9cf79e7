"""Build the documentation site into a folder: `python docs/website.py FOLDER`, or `make site`.

The pages are those that are read in the repository. They are copied into one tree, with their links rewritten, and
Zensical makes the site from it, strictly: a dead link or anchor fails the build. The page of the commands becomes one
page for each command.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
COMMANDS = DOCS / "cli.md"
# Pages that have their place outside of docs/, and what they are called in the site.
OUTSIDE = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "reporting.md",
}
# Title of a part of the navigation -> its pages; a folder stands for all pages in it.
NAVIGATION = {
    "Get started": ("index.md", "examples"),
    "Guides": (
        "adopt.md", "exporters.md", "alerts.md", "testing.md", "dashboards.md", "packs.md", "slo.md", "contracts.md",
        "dependencies.md", "simulate.md", "drill.md", "diagnosis.md", "external.md", "kubernetes.md", "operations.md",
        "sizing.md", "environments.md", "ci.md", "secrets.md", "security.md",
    ),
    "Reference": ("manifest.md", "checks.md", "versions.md", "limits.md"),
    "Commands": ("commands",),
    "Codes": ("codes.md", "codes"),
    "Packs": ("packs",),
    "Runbooks": ("runbooks",),
    "Project": ("architecture.md", "contributing.md", "changelog.md", "reporting.md"),
}  # fmt: skip
_LINK = re.compile(
    r"(!?)\[((?:[^\[\]]|!?\[[^\[\]]*\](?:\([^()\s]*\))?)*)\]\((?!https?://|mailto:)([^)#\s]*)(#[^)\s]+)?\)"
)
_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def pages() -> dict[Path, str]:
    """Return the pages and pictures of the repository that are in the site: file -> its path there."""
    documents = [path for kind in ("md", "png", "svg") for path in DOCS.rglob(f"*.{kind}")]
    examples = {path: f"examples/{path.parent.name}.md" for path in sorted((ROOT / "examples").glob("*/README.md"))}
    outside = {ROOT / name: path for name, path in OUTSIDE.items()}
    return {**outside, **{path: path.relative_to(DOCS).as_posix() for path in sorted(documents)}, **examples}


def tree() -> dict[str, bytes]:
    """Return the files from which the site is made: path -> content."""
    known = pages()
    commands = dict(_commands(COMMANDS.read_text()))
    made = {}
    for file, path in known.items():
        if file == COMMANDS:
            made |= {f"commands/{name}.md": _linked(text, file, f"commands/{name}.md", known).encode()
                     for name, text in commands.items()}  # fmt: skip
        elif file.suffix == ".md":
            made[path] = _linked(file.read_text(), file, path, known).encode()
        else:
            made[path] = file.read_bytes()
    return made


def _commands(text: str) -> Iterator[tuple[str, str]]:
    """The sections of the page of the commands, as pages: name, text."""
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        yield _command_page(title), f"# {title}\n{body}"


def _command_page(title: str) -> str:
    return title.strip().replace(" ", "-")


def _linked(text: str, file: Path, path: str, known: Mapping[Path, str]) -> str:
    """The text of the page `file` with its links as they are from `path` of the site."""

    def link(match: re.Match[str]) -> str:
        mark, words, target, anchor = match[1], _LINK.sub(link, match[2]), match[3], match[4] or ""
        aim = (file.parent / target).resolve() if target else file
        if aim == COMMANDS:
            place, anchor = f"commands/{anchor.removeprefix('#') or 'stackctl'}.md", ""
        elif aim in known:
            place = known[aim]
        elif aim.is_dir() and (aim / "README.md") in known:
            place = known[aim / "README.md"]
        else:
            return words  # a file of the repository that is not a page
        return f"{mark}[{words}]({os.path.relpath(place, PurePosixPath(path).parent)}{anchor})"

    parts = _FENCE.split(text)
    return "".join(part if part.startswith("```") else _LINK.sub(link, part) for part in parts)


def settings(files: Mapping[str, bytes]) -> str:
    """Return Zensical's settings, which are YAML: the navigation, search, light and dark."""
    navigation = [{title: [page for name in names for page in _of(name, files)]} for title, names in NAVIGATION.items()]
    palette = [
        {
            "media": f"(prefers-color-scheme: {name})",
            "scheme": scheme,
            "toggle": {"icon": f"lucide/{icon}", "name": f"Switch to {other} mode"},
        }
        for name, scheme, icon, other in (("light", "default", "sun", "dark"), ("dark", "slate", "moon", "light"))
    ]
    features = ["navigation.tabs", "navigation.top", "content.code.copy", "search.highlight"]
    return json.dumps({
        "site_name": "stackctl",
        "site_description": "One manifest becomes a running and proven monitoring stack",
        "docs_dir": "pages",
        "site_dir": "site",
        "use_directory_urls": False,
        "nav": navigation,
        "theme": {"features": features, "palette": palette},
    })  # fmt: skip


def _of(name: str, files: Mapping[str, bytes]) -> list[str]:
    """The page of that name, or those in the folder of that name."""
    return (
        [name]
        if name in files
        else sorted(path for path in files if path.startswith(f"{name}/") and path.endswith(".md"))
    )


def build(site: Path, files: Mapping[str, bytes]) -> None:
    """Build the site of `files` into the folder `site`. Raises CalledProcessError when a link leads nowhere."""
    with tempfile.TemporaryDirectory(prefix="stackctl-site-") as name:
        folder = Path(name)
        for path, content in files.items():
            (folder / "pages" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "pages" / path).write_bytes(content)
        (folder / "mkdocs.yml").write_text(settings(files))
        command = [str(Path(sys.executable).with_name("zensical")), "build", "--strict", "--config-file", "mkdocs.yml"]
        subprocess.run(command, cwd=folder, check=True)
        shutil.rmtree(site, ignore_errors=True)
        shutil.copytree(folder / "site", site)


if __name__ == "__main__":
    build(Path(sys.argv[1]), tree())
