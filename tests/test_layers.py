"""Imports point one way: the rooms meet in the model and the tree, and only what commands do puts them together."""

from __future__ import annotations

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "stackctl"

# Room -> the rooms and modules of stackctl that it may import. What is not listed here may not exist.
GROUND = {"diagnostic", "errors", "source", "conventions", "redaction", "secret_names", "bounds", "runtimes.facts"}
CORE = {
    *GROUND,
    "model",
    "tree",
    "scrape",
    "sizing",
    "wait",
    "promql",
    "data",
    "metrics",
    "support",
    "secret_fields",
    "secret_keys",
    "ownership",
}
CORE |= {"addresses", "components"}
ALLOWED = {
    "__init__": set[str](),
    "__main__": {"cli"},
    "redaction": {"secret_names"},
    "secret_names": set[str](),
    "source": {"redaction"},
    "diagnostic": {"source"},
    "errors": {"diagnostic", "source"},
    "codes": set[str](),
    "clock": set[str](),
    "secret_fields": set[str](),
    "secret_keys": {*GROUND, "secret_fields"},
    "bounds": set[str](),
    "access": set[str](),
    "exposition": set[str](),
    "conventions": set[str](),
    "runtimes.facts": {"conventions"},
    "addresses": {"conventions", "runtimes.facts"},
    "listeners": set(),
    # The sections of the manifest are written in its own words: `manifest/fields` and the like.
    "components": {*GROUND, "addresses", "model", "manifest", "secret_keys"},
    "home": {"bounds"},
    "program": {"bounds", "diagnostic"},
    "progress": set(),
    "wait": {"bounds", "errors"},
    "data": GROUND,
    "model": {"diagnostic", "errors", "promql", "source"},
    "tree": {*GROUND},
    "ownership": {*GROUND, "components", "tree"},
    "scrape": {*GROUND, "addresses", "components", "model", "tree"},
    "promql": {"bounds"},
    "sizing": set(),
    "support": {*GROUND, "components", "model"},
    "design": {"promql"},
    "metrics": {*GROUND, "components", "model", "promql", "scrape"},
    "manifest": {*CORE, "__init__", "access"} - {"scrape", "wait"},
    "render": {*CORE, "design"},
    "runtimes.rendering": {*CORE, "render"},
    "export": {*CORE, "render"},
    "state": {*GROUND, "access", "home", "ownership", "tree", "wait"},
    "tools": {*GROUND, "components", "program"},
    "runtimes": {*GROUND, "access", "components", "data", "home", "ownership", "tree", "wait", "tools", "listeners"},
    "backup": {*GROUND, "components", "runtimes"},
    "clients": {*GROUND, "access"},
    "cluster": {*GROUND, "access", "model", "tree"},
    "verification": {*CORE, "access", "clients"},
    "diagnosis": {*CORE, "clients", "verification"},
    "backing": {*CORE, "clients", "verification", "diagnosis"},
    "checks": {*CORE, "access", "clients", "contract", "verification", "diagnosis", "backing"},
    "report": {
        *GROUND,
        "__init__",
        "codes",
        "model",
        "clients",
        "checks",
        "lineage",
        "verification",
        "data",
        "wait",
        "promql",
        "sizing",
    },
    "preview": {*GROUND, "backing", "checks", "clients", "data", "design", "report", "verification"},
    "simulate": {*GROUND, "access", "components", "model", "scrape"},
    "drill": {*CORE, "checks", "clients", "clock", "render", "verification"},
    "rule_tests": {*CORE, "manifest"},
    "starter": {*CORE, "access", "design", "exposition", "listeners", "manifest"},
    "contract": {*CORE, "exposition", "manifest"},
    "adopt": {*CORE, "diagnosis", "manifest"},
    "lineage": {*CORE, "manifest"},
}
TOOLS = {"access", "design", "export", "home", "preview", "tools", "clients", "report", "simulate", "drill", "backup"}
TOOLS |= {"adopt", "cluster", "contract", "exposition", "lineage", "program", "progress", "rule_tests", "starter"}
PROOF = {"verification", "diagnosis", "backing", "checks"}
ALLOWED["runtimes"].add("program")
ALLOWED["operations"] = {
    *CORE,
    *TOOLS,
    *PROOF,
    "__init__",
    "clock",
    "codes",
    "manifest",
    "progress",
    "render",
    "state",
    "runtimes",
}
# The command line reads arguments and prints: it gets at servers, containers, the state and checks by operations alone.
SHOWN = {"__init__", "clock", "codes", "model", "tree", "support", "report"}
ALLOWED["cli"] = {*GROUND, *SHOWN, "adopt", "operations", "manifest", "promql", "render", "export", "starter", "tools"}


def imports(path: Path) -> set[Path]:
    """The files of stackctl that a file imports, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {_file(name.split(".")) for name in names if name.split(".")[0] == PACKAGE.name}


def _file(name: list[str]) -> Path:
    """Where a dotted name is defined: in a module of that name, or in the module that the rest of it names."""
    place = PACKAGE.joinpath(*name[1:])
    found = [path for path in (place.with_suffix(".py"), place / "__init__.py") if path.exists()]
    return found[0] if found else _file(name[:-1])


# What is known of a runtime, and how a stack is rendered for it, are rooms of their own: no other part of it is needed.
_PARTS = {"registry": "facts", "facts": "facts", "rendering": "rendering", "compose_service": "rendering"}


def room_of(path: Path) -> str:
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return f"{room}.{_PARTS[path.stem]}" if room == "runtimes" and path.stem in _PARTS else room


# What writes to the terminal, or for the process that has started it.
WRITES = {"cli/main.py", "report/console.py", "simulate/__main__.py", "drill/sink_pod.py", "cluster/volume_pod.py"}
FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_what_is_below_it(path: Path) -> None:
    room = room_of(path)
    assert room in ALLOWED, f"say in ALLOWED what the room `{room}` may import"
    assert {room_of(used) for used in imports(path)} - {room} <= ALLOWED[room]


def test_no_module_needs_itself_by_way_of_others() -> None:
    TopologicalSorter({path: imports(path) for path in PACKAGE.rglob("*.py")}).prepare()


def test_only_what_writes_to_terminals_knows_rich() -> None:
    users = [
        path for path in PACKAGE.rglob("*.py") if "import rich" in path.read_text() or "from rich" in path.read_text()
    ]
    assert sorted(str(path.relative_to(PACKAGE)) for path in users) == ["report/console.py", "report/live.py"]


def test_only_the_command_line_prints() -> None:
    """Below it, progress is an argument, and what was done is returned."""
    console = PACKAGE / "report" / "console.py"
    users = {path.parent.name for path in FILES if console in imports(path)}
    assert users <= {"cli", "report"}
    writing = re.compile(r"\bprint\(|typer\.echo|sys\.std(out|err)\.write")
    assert {str(path.relative_to(PACKAGE)) for path in FILES if writing.search(path.read_text())} <= WRITES


# What starts programs, each with the reason.
STARTS = {
    "program.py": "programs that answer and end: promtool, amtool and all that is asked for its version",
    "runtimes/docker/command.py": "the docker command",
    "runtimes/native/runtime.py": "the servers",
    "runtimes/native/process.py": "ps, where there is no /proc",
    "tools/debian.py": "apt, which needs a folder and variables of its own",
    "tools/launcher.py": "tries whether a namespace can be made",
}


def test_each_kind_of_program_has_one_module_that_starts_it() -> None:
    starting = re.compile(r"subprocess\.(run|Popen|call|check_call|check_output)\(|os\.(system|exec|spawn)")
    assert {str(path.relative_to(PACKAGE)) for path in FILES if starting.search(path.read_text())} == STARTS.keys()


def test_only_one_module_names_the_docker_command() -> None:
    for path in FILES:
        lists = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.List) and node.elts]
        named = [node for node in lists if isinstance(node.elts[0], ast.Constant) and node.elts[0].value == "docker"]
        assert not named or path == PACKAGE / "runtimes" / "docker" / "command.py", path


@pytest.mark.parametrize("name", ["utils", "util", "helpers", "helper", "manager", "common", "misc"])
def test_no_module_has_a_name_that_says_nothing(name: str) -> None:
    assert not [path for path in PACKAGE.rglob("*") if path.stem == name]


def test_the_core_does_no_input_or_output() -> None:
    """The pure rooms open no file, socket or process."""
    rooms = ("tree", "scrape", "metrics", "conventions", "source", "errors")
    pure = [*(PACKAGE / f"{name}.py" for name in rooms), *(PACKAGE / "model").rglob("*.py")]
    forbidden = {"os", "subprocess", "socket", "requests", "docker", "urllib", "http"}
    for path in [*pure, *(PACKAGE / "promql").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.split(".")[0] for name in names} & forbidden, path


# What opens, reads or asks by itself, each with the reason; everything else goes through `bounds`.
READS_BY_ITSELF = {
    "runtimes/native/tail.py": "follows logs that grow; a line is what it takes at once",
    "runtimes/native/runtime.py": "writes logs and data",
    "state/generation.py": "writes generations",
    "state/disk.py": "writes files, and folders to the disk",
    "state/lock.py": "holds its lock",
    "tools/cache.py": "writes its lock",
    "cluster/volume_pod.py": "runs in a pod, at the data of a server",
    "tools/archive.py": "writes downloads, whose size it bounds",
    "report/console.py": "replaces a stream that nobody reads",
}
_READING = {"open", "read_text", "read_bytes", "urlopen"}
_OPENERS = {"open", "path", "log", "os", "io", "gzip", "to", "lock", "file"}


def _reads(tree: ast.AST) -> set[str]:
    """The calls in a file that open, read or ask without a bound."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            found |= {name for name in names if name in ("requests", "urllib.request")}
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id == "open":
            found.add("open()")
        if isinstance(node.func, ast.Attribute) and node.func.attr in _READING:
            owner = ast.unparse(node.func.value).rpartition(".")[2]
            if owner not in ("files", "tarfile", "webbrowser") and (node.func.attr != "open" or owner in _OPENERS):
                found.add(f"{owner}.{node.func.attr}()")
    return found


def test_only_bounds_reads_files_and_answers() -> None:
    found = {
        str(path.relative_to(PACKAGE)): reads
        for path in FILES
        if room_of(path) != "bounds" and (reads := _reads(ast.parse(path.read_text())))
    }
    assert {name: reads for name, reads in found.items() if name not in READS_BY_ITSELF} == {}


def test_only_one_module_makes_http_requests() -> None:
    """It bounds them. Connections are made where their trust is known; downloads use the system's proxies."""
    signs = {
        "bounds/http.py": re.compile(r"\.getresponse\(\)"),
        "access.py": re.compile(r"HTTPS?Connection\("),
        "tools/archive.py": re.compile(r"import requests|requests\.(get|post|Session)|urllib3|urlopen"),
    }
    for owner, sign in signs.items():
        assert [str(path.relative_to(PACKAGE)) for path in FILES if sign.search(path.read_text())] == [owner]


def test_answers_are_read_within_bounds() -> None:
    for path in FILES:
        text = path.read_text()
        assert "json.loads(text)" not in text or room_of(path) == "bounds", path
        assert "response.read()" not in text, path


def _names_a_runtime(node: ast.AST) -> bool:
    return ast.unparse(node) in ("c.DOCKER", "c.NATIVE", "DOCKER", "NATIVE", "'docker'", "'native'")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_runtimes_depend_on_the_name_of_one(path: Path) -> None:
    """Elsewhere its facts are asked: another runtime is a package of its own, and changes nothing else."""
    if path.is_relative_to(PACKAGE / "runtimes"):
        return
    for node in ast.walk(ast.parse(path.read_text())):
        asked = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        asked += [node.pattern] if isinstance(node, ast.match_case) else []
        named = [part for each in asked if each for part in ast.walk(each) if _names_a_runtime(part)]
        assert not named, f"line {named[0].lineno}: ask `runtimes.registry.facts`"
