"""From what was found to the files of a first manifest. Pure but for the templates, which it reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.data import DELIMITERS, data_dir
from stackctl.starter.dashboard import dashboard
from stackctl.starter.names import service_name
from stackctl.starter.probe import Found, Service

# Keys and values that every reader of YAML takes for the same text; all else is quoted.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


@dataclass(frozen=True)
class Listening:
    """The port that a component gets. `taken` are ports that other programs hold, so it could not have them."""

    port: int
    taken: tuple[int, ...] = ()


@dataclass(frozen=True)
class Draft:
    """All that a first manifest is made from. Without anything found, the machine itself is monitored."""

    name: str
    found: Sequence[Found] = ()
    listening: Mapping[str, Listening] = field(default_factory=dict)

    @property
    def services(self) -> list[Service]:
        services: list[Service] = []
        for found in self.found:
            product = found.scrape.product if found.scrape else ""
            taken = {service.name for service in services}
            services.append(Service(service_name(found.url, product, taken), found))
        return services


def draft_files(draft: Draft) -> dict[str, bytes]:
    """Relative path -> content. The manifest comes last: once it is there, all that it names is there too."""
    services = draft.services
    values = {
        "name": draft.name,
        "services": services,
        "listening": {each.name: draft.listening.get(each.name, Listening(each.port)) for each in registry.running()},
        "rules": f"rules/{draft.name}.yml",
        "dashboard": f"dashboards/{draft.name}.json",
    }
    board = json.dumps(dashboard(draft.name, services), indent=2) + "\n"
    return {
        str(values["rules"]): _rendered("rules.yml.j2", values),
        str(values["dashboard"]): board.encode(),
        c.MANIFEST: _rendered("stack.yml.j2", values),
    }


def scalar(text: str) -> str:
    """`text` as a YAML scalar that reads back as the same text."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    # YAML folds line breaks, of which it knows several, and refuses control characters.
    return character if " " <= character <= "~" else f"\\U{ord(character):08x}"


def _rendered(template: str, values: Mapping[str, Any]) -> bytes:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(data_dir("templates") / "init"),
        **DELIMITERS,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - the output is YAML, not HTML
        keep_trailing_newline=True,
    )
    environment.filters["scalar"] = scalar
    environment.filters["json"] = json.dumps
    return environment.get_template(template).render(values).encode()
