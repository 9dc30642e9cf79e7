"""The shape that files of a set-up have to have: that of the parts which are read, by the programs' own documentation.

A file of another shape would not be loaded by its program either, so it is refused with the place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from stackctl.adopt.source import Source, markup
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.problems import Problems
from stackctl.promql.duration import seconds


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, bool | int | float) else value


def _as_duration(value: str) -> str:
    seconds(value)
    return value


Text = Annotated[str, BeforeValidator(_as_text)]
Duration = Annotated[Text, AfterValidator(_as_duration)]
Block = dict[str, Any]


class _Part(BaseModel):
    """A mapping, of whose other keys nothing is known."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True, defer_build=True)


class _Group(_Part):
    targets: list[Text] | None = None
    labels: dict[str, Text | None] | None = None


class _Step(_Part):
    source_labels: list[Text] | None = None
    separator: Text | None = None
    # VictoriaMetrics takes several.
    regex: Text | list[Text] | None = None
    modulus: int | None = None
    target_label: Text | None = None
    replacement: Text | None = None
    action: Text | None = None


class _Files(_Part):
    files: list[Text] | None = None


class _Lists(_Part):
    """A mapping in which keys with one of these endings are lists of mappings."""

    @model_validator(mode="after")
    def _are_lists(self) -> _Lists:
        for key, value in (self.model_extra or {}).items():
            is_list = isinstance(value, list) and all(isinstance(each, dict) for each in value)
            if key.endswith("_configs") and value is not None and not is_list:
                raise ValueError(f"`{key}` has to be a list of mappings")
        return self


class _Job(_Lists):
    job_name: Text
    static_configs: list[_Group] | None = None
    file_sd_configs: list[_Files] | None = None
    params: dict[str, list[Text]] | None = None
    relabel_configs: list[_Step] | None = None
    metric_relabel_configs: list[_Step] | None = None
    scrape_interval: Duration | None = None
    scrape_timeout: Duration | None = None
    metrics_path: Text | None = None
    scheme: Text | None = None
    basic_auth: Block | None = None


class _Global(_Part):
    scrape_interval: Duration | None = None
    scrape_timeout: Duration | None = None
    evaluation_interval: Duration | None = None
    external_labels: dict[str, Text | None] | None = None


class _Server(_Part):
    static_configs: list[_Group] | None = None


class _Alerting(_Part):
    alertmanagers: list[_Server] | None = None


class PrometheusFile(_Part):
    """A prometheus.yml."""

    common: _Global | None = Field(None, alias="global")
    scrape_configs: list[_Job] | None = None
    rule_files: list[Text] | None = None
    scrape_config_files: list[Text] | None = None
    alerting: _Alerting | None = None
    remote_write: list[Block] | None = None
    remote_read: list[Block] | None = None


class _Route(_Part):
    receiver: Text | None = None
    routes: list[_Route] | None = None


class _Receiver(_Lists):
    name: Text


class AlertmanagerFile(_Part):
    """An alertmanager.yml."""

    common: Block | None = Field(None, alias="global")
    route: _Route | None = None
    receivers: list[_Receiver] | None = None
    inhibit_rules: list[Block] | None = None
    time_intervals: list[Block] | None = None
    mute_time_intervals: list[Block] | None = None
    templates: list[Text] | None = None


class _Service(_Part):
    image: Text | None = None
    build: Text | Block | None = None
    command: Text | list[Text] | None = None
    entrypoint: Text | list[Text] | None = None
    container_name: Text | None = None
    hostname: Text | None = None
    environment: dict[str, Text | None] | list[Text] | None = None
    env_file: Text | list[Text | Block] | None = None
    ports: list[Text | Block] | None = None
    volumes: list[Text | Block] | None = None
    configs: list[Text | Block] | None = None
    secrets: list[Text | Block] | None = None
    networks: list[Text] | dict[str, Block | None] | None = None
    depends_on: list[Text] | Block | None = None
    links: list[Text] | None = None
    deploy: Block | None = None


class ComposeFile(_Part):
    """A Compose file."""

    services: dict[str, _Service | None]
    networks: dict[str, Block | None] | None = None
    volumes: dict[str, Block | None] | None = None
    configs: dict[str, Block | None] | None = None
    secrets: dict[str, Block | None] | None = None


def is_shaped(source: Source, shape: type[BaseModel], problems: Problems) -> bool:
    """Return whether a file has a shape; where it has not, each reason is added to `problems`."""
    try:
        shape.model_validate(dict(source.data))
    except ValidationError as error:
        found = {tuple(_written(each["loc"])): each["msg"] for each in reversed(error.errors())}
        for place, message in found.items():
            summary = f"{'.'.join(map(str, place)) or source.path}: {_in_words(message)}"
            remedy = "The program that reads it does not load it either: correct it there."
            if found_markup := markup(_at(source.data, place)):
                summary = f"{'.'.join(map(str, place))} is `{found_markup}`: {source.path} is a template"
                remedy = "Render it first, as Ansible or Helm do, and adopt what comes out."
            problems.add(Diagnostic("file.format", summary, source.at(*place), remedy=remedy))
        return False
    return True


def _at(data: Any, place: tuple[int | str, ...]) -> str:
    """Return the text at a place of the data, "" where there is none."""
    for step in place:
        is_there = isinstance(data, Mapping) and step in data
        is_there |= isinstance(data, list) and isinstance(step, int) and step < len(data)
        data = data[step] if is_there else None
    return data if isinstance(data, str) else ""


def _written(place: tuple[int | str, ...]) -> list[int | str]:
    """A place without the names of the alternatives that were tried there."""
    return [each for each in place if isinstance(each, int) or not ("[" in each or each in _ALTERNATIVES)]


_ALTERNATIVES = frozenset({"function-before[_as_text(), str]", "str", "nullable", "_Service"})


def _in_words(message: str) -> str:
    expected = {
        "Input should be a valid list": "a list is expected",
        "Input should be a valid dictionary": "a mapping is expected",
        "Input should be a valid string": "text is expected",
        "Field required": "it is missing",
    }
    for begin, words in expected.items():
        if message.startswith(begin):
            return words
    if "valid dictionary or instance" in message:
        return "a mapping is expected"
    return message.removeprefix("Value error, ")
