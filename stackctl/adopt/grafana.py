"""Grafana's provisioning in the words of the manifest: dashboards, datasources, settings."""

from __future__ import annotations

import configparser
import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from stackctl import conventions as c
from stackctl.adopt.addresses import Addresses
from stackctl.adopt.compose import Container
from stackctl.adopt.folder import is_file
from stackctl.adopt.prometheus import escaped
from stackctl.adopt.remarks import changed, left_out
from stackctl.adopt.secrets import Secrets
from stackctl.adopt.setup import LoadedGrafana, Setup
from stackctl.adopt.source import Source, plain, with_booleans, with_texts
from stackctl.adopt.variables import filled
from stackctl.bounds.files import read_text
from stackctl.components.grafana import DatasourceSettings, OwnDatasourceSettings, datasource_defaults, default_uid
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.env_file import read_env
from stackctl.manifest.problems import Problems
from stackctl.promql.duration import is_shorter
from stackctl.secret_keys import is_secret_variable
from stackctl.source import Position

_PROVISIONING = "/etc/grafana/provisioning"
_INI = "/etc/grafana/grafana.ini"
# The places in a container whose files the manifest says.
PLACES = (_PROVISIONING, _INI)
_DATA = "/var/lib/grafana/"
_ADMIN = {"GF_SECURITY_ADMIN_USER": "user", "GF_SECURITY_ADMIN_PASSWORD": "password"}
_DATASOURCE_KEYS = {field.alias or name for name, field in DatasourceSettings.model_fields.items()}
_DATASOURCE_KEYS -= {"editable", "orgId"}
# How a datasource is reached, which the stack knows of its own Prometheus.
_OF_ACCESS = (
    "basicAuth",
    "basicAuthUser",
    "basicAuthPassword",
    "withCredentials",
    "user",
    "password",
    "secureJsonData",
)
# What Grafana expands in its provisioning files; two dollars are one.
_VARIABLE = re.compile(r"\$(?:\$|\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_OF_ALERTING = re.compile(r"\$(?:\$|__env\{(\w+)\}|\{(\w+)\}|(\w+))")
# Variables that concern the old container.
_OF_THE_CONTAINER = re.compile(r"GF_PATHS_\w+|GF_SERVER_HTTP_(PORT|ADDR)|GF_SECURITY_ADMIN_(USER|PASSWORD)(__FILE)?")


@dataclass
class Section:
    """The section `grafana`, the entries of `dashboards`, and what to say about them."""

    settings: dict[str, Any] = field(default_factory=dict)
    dashboards: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[Diagnostic] = field(default_factory=list)


def adopt_grafana(
    setup: Setup, container: Container, addresses: Addresses, scrape_interval: str, secrets: Secrets
) -> Section:
    """Say what a Grafana is provisioned with, and how it is set. `scrape_interval` is that of the stack."""
    made = Section()
    assert setup.compose  # noqa: S101 - the container is one of it
    at = setup.compose.at("services", container.name, "environment")
    environment = _with_files(setup, container, {**_from_ini(setup, container), **_variables(setup, container, made)})
    usual = f"{container.home}/provisioning" if container.is_repackaged else _PROVISIONING
    folder = container.started.environment.get("GF_PATHS_PROVISIONING") or usual
    alerting = [*setup.below(container, f"{folder}/alerting", ".yml", ".yaml", ".json")]
    texts = list(_texts(setup, alerting))

    _admin(environment, setup.variables, secrets, at, made)
    if alerting:
        made.settings["alerting"] = alerting
    _extra_env(environment, _used(texts), container, secrets, at, made)
    provisioned = list(_provisioned(setup, container, folder, "datasources"))
    ours = [
        each
        for source in provisioned
        for each in _entries(source)
        if not _is_of_another(each) and _is_own(each, addresses, container)
    ]
    if ours:
        _name_own(_expanded(ours[0], container.started.environment), made)
        _keep_default_uid(ours[0], texts, made)
    for source in provisioned:
        _datasources(source, container, addresses, scrape_interval, secrets, made)
    _name_own_elsewhere(ours, made)
    for source in _provisioned(setup, container, folder, "dashboards"):
        made.dashboards += _dashboards(setup, container, source, made.remarks)
    for kind in ("notifiers", "plugins", "access-control"):
        for source in _provisioned(setup, container, folder, kind):
            what, why = f"Grafana's {kind} in {source.path}", "adopt takes over dashboards, datasources and alerting."
            made.remarks.append(left_out(what, source.at(), why))
    return made


def _admin(
    environment: Mapping[str, str], variables: Mapping[str, str], secrets: Secrets, at: Position, made: Section
) -> None:
    """The administrator, by the variables `environment` of the container, which are at `at`."""
    admin = {
        key: secrets.moved(environment[name], "GRAFANA_ADMIN_PASSWORD", at) if key == "password" else environment[name]
        for name, key in _ADMIN.items()
        if filled(environment.get(name, ""), variables)
    }
    if admin:
        made.settings["admin"] = admin
    if any(name.startswith("GF_SECURITY_ADMIN_PASSWORD__FILE") for name in environment):
        why = "stackctl makes a password of its own, in .stackctl/; the data of the old Grafana is not taken over."
        remedy = "Write it as `grafana.admin.password`."
        made.remarks.append(left_out("the file with Grafana's password", at, why, remedy))


def _extra_env(
    environment: Mapping[str, str],
    of_alerting: Collection[str],
    container: Container,
    secrets: Secrets,
    at: Position,
    made: Section,
) -> None:
    """The other settings of Grafana in its environment, and the variables that its files of alerting use."""
    extra = {
        name: secrets.moved(value, name, at) if _is_secret(name, value, of_alerting) else value
        for name, value in environment.items()
        if (name.startswith("GF_") or name in of_alerting) and not _OF_THE_CONTAINER.fullmatch(name)
    }
    for name in [name for name, value in extra.items() if _is_gone(value, container) or name.endswith("__FILE")]:
        made.remarks.append(left_out(f"`{name}`", at, f"There is no {extra.pop(name)} in the new container."))
    if extra:
        made.settings["extra_env"] = extra


def _name_own_elsewhere(ours: Iterable[Mapping[str, Any]], made: Section) -> None:
    """Let the other datasources name that of the stack by the uid that it has now. `ours` are its old entries."""
    old = {str(each.get("uid") or default_uid(str(each.get("name", "")))) for each in ours}
    now = OwnDatasourceSettings.model_validate(made.settings.get("datasource", {})).known_uid
    for each in made.settings.get("datasources", ()):
        if "jsonData" in each:
            each["jsonData"] = _with_own_uid(each["jsonData"], old, now)


def adopt_loaded_grafana(loaded: LoadedGrafana, scrape_interval: str) -> Section:
    """Say what a Grafana has that runs. It tells no secrets, and not all settings of a datasource.

    `scrape_interval` is that of the stack, whose Prometheus takes the place of every other.
    """
    made = Section()
    ours = [each for each in loaded.datasources if each["type"] == c.PROMETHEUS]
    if ours:
        _name_own(escaped(ours[0]), made)
    for each in ours:
        _own_settings(escaped(each), None, scrape_interval, made)
    made.dashboards = [dict(each) for each in loaded.dashboards]
    others = [dict(each) for each in loaded.datasources if each["type"] != c.PROMETHEUS]
    if others:
        made.settings["datasources"] = others
        names = ", ".join(f"`{each['name']}`" for each in others)
        why = "Grafana does not tell them."
        remedy = "Write them as `jsonData` and `secureJsonData` of the datasource."
        made.remarks.append(left_out(f"settings and secrets of the datasources {names}", None, why, remedy))
    return made


def _keep_default_uid(own: Mapping[str, Any], alerting: Iterable[str], made: Section) -> None:
    """Keep the uid that Grafana made for the stack's own datasource, where texts of alerting name it."""
    uid = default_uid(str(own.get("name", "")))
    if not own.get("uid") and any(uid in text for text in alerting):
        made.settings.setdefault("datasource", {})["uid"] = uid


def _texts(setup: Setup, files: Iterable[str]) -> Iterator[str]:
    """The texts of files; `check` reports one that cannot be read."""
    for file in files:
        with suppress(OSError, UnicodeDecodeError):
            yield read_text(setup.folder / file)


def _used(alerting: Iterable[str]) -> frozenset[str]:
    """The names of the variables that texts of alerting use."""
    found = (names for text in alerting for names in _OF_ALERTING.findall(text))
    return frozenset(name for names in found for name in names if name)


def _is_secret(name: str, value: str, of_alerting: Collection[str]) -> bool:
    """Return whether a variable holds a secret: to know the URL of a contact point is enough to post there."""
    return is_secret_variable(name, value) or (name in of_alerting and "://" in value)


def _with_files(setup: Setup, container: Container, environment: Mapping[str, str]) -> dict[str, str]:
    """Variables with the contents of the files that some of them name, where the set-up has them."""
    found = dict(environment)
    for name, value in environment.items():
        path = container.seen(value) if name.endswith("__FILE") else None
        if path and is_file(setup.folder / path):
            try:
                found[name.removesuffix("__FILE")] = read_text(setup.folder / path).strip().replace("$", "$$")
            except (OSError, UnicodeDecodeError):
                continue
            del found[name]
    return found


def _is_gone(value: str, container: Container) -> bool:
    """Return whether a value is a path among the data or the provisioning of the old container."""
    mounted = [mount.inside for mount in container.mounts if mount.inside.startswith((*PLACES, _DATA))]
    return any(value == place or value.startswith(f"{place}/") for place in mounted)


def _variables(setup: Setup, container: Container, made: Section) -> dict[str, str]:
    """The variables of the container, those of its `env_file` among them."""
    found: dict[str, str] = {}
    files = container.block.get("env_file")
    for file in files if isinstance(files, list) else [files] if files else ():
        name = str(file.get("path") if isinstance(file, Mapping) else file)
        path = posixpath.normpath(filled(name, setup.variables))
        try:
            text = read_text(setup.folder / path)
        except (OSError, UnicodeDecodeError):
            if isinstance(file, Mapping) and file.get("required") is False:
                continue
            at = setup.compose.at("services", container.name, "env_file") if setup.compose else None
            made.remarks.append(left_out(f"the `env_file` {path} of Grafana", at, "There is no such file to read."))
            continue
        found |= read_env(text, path, setup.variables, Problems(), Problems()) or {}
    return {**found, **container.started.environment}


def _from_ini(setup: Setup, container: Container) -> dict[str, str]:
    """The settings of grafana.ini as variables: GF_<SECTION>_<KEY>."""
    path = container.seen(f"{container.home}/grafana.ini")
    if path is None or not is_file(setup.folder / path):
        return {}
    parser = configparser.ConfigParser(
        interpolation=None, strict=False, allow_no_value=True, inline_comment_prefixes=(";",)
    )
    try:
        parser.read_string(f"[DEFAULT]\n{read_text(setup.folder / path)}")
    except (OSError, UnicodeDecodeError, configparser.Error):
        return {}
    return {
        "GF_{}_{}".format(*(re.sub(r"[.-]", "_", part).upper() for part in (section, key))): _unquoted(value).replace(
            "${", "$${"
        )
        for section in parser.sections()
        for key, value in parser[section].items()
        if value is not None and key not in parser.defaults()
    }


def _unquoted(value: str) -> str:
    """A value of grafana.ini without the quotes around it, one or three, in which `;` and `#` are text."""
    for quote in ('"""', '"', "'", "`"):
        if len(value) >= 2 * len(quote) and value.startswith(quote) and value.endswith(quote):
            return value[len(quote) : -len(quote)]
    return value


def _provisioned(setup: Setup, container: Container, folder: str, kind: str) -> Iterator[Source]:
    """The files of one kind of provisioning."""
    for path in setup.below(container, f"{folder}/{kind}", ".yml", ".yaml"):
        source = setup.source(path, Problems())
        if source:
            yield replace(source, data=with_booleans(dict(source.data)))


def _entries(source: Source) -> list[Mapping[str, Any]]:
    listed = source.data.get("datasources")
    return [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []


def _datasources(
    source: Source,
    container: Container,
    addresses: Addresses,
    scrape_interval: str,
    secrets: Secrets,
    made: Section,
) -> None:
    listed = source.data.get("datasources")
    for index, entry in enumerate(listed if isinstance(listed, list) else ()):
        if not isinstance(entry, Mapping):
            continue
        if _is_of_another(entry):
            made.remarks.append(_of_another(f"the datasource `{entry.get('name')}`", source.at("datasources", index)))
            continue
        if _is_own(entry, addresses, container):
            own = _expanded(entry, container.started.environment)
            _own_settings(own, source.at("datasources", index), scrape_interval, made)
            continue
        filled_in = _expanded(entry, container.started.environment)
        name, at = str(entry.get("name") or index), source.at("datasources", index)
        kept = {key: value for key, value in filled_in.items() if key in _DATASOURCE_KEYS}
        if kept.get("access") not in ("proxy", "direct"):
            kept.pop("access", None)
        own_name = made.settings.get("datasource", {}).get("name", c.DATASOURCE_NAME)
        if name == own_name:
            kept["name"] = f"{name} ({addresses.now(_host(str(entry.get('url') or '')))})"
            why = f"The stack's own datasource is called {own_name}."
            made.remarks.append(changed(f"the datasource `{name}` is called `{kept['name']}`", at, why))
        hidden = {key: filled_in[key] for key in ("password", "basicAuthPassword") if filled_in.get(key)}
        hidden |= kept.get("secureJsonData") or {}
        if hidden:
            kept["secureJsonData"] = {
                key: secrets.moved(str(value), f"GRAFANA_{name}_{key}", at) for key, value in hidden.items()
            }
        made.settings.setdefault("datasources", []).append(kept)


def _is_of_another(entry: Mapping[str, Any]) -> bool:
    """Return whether a datasource or a provider is for another organisation of Grafana than the first."""
    return str(entry.get("orgId") or 1) != "1"


def _of_another(what: str, at: Position) -> Diagnostic:
    return left_out(what, at, "It is for another organisation of Grafana. The stack provisions the first one.")


def _name_own(entry: Mapping[str, Any], made: Section) -> None:
    """Take over what the datasource of the stack's Prometheus is called, where that is not what it is called anyway."""
    usual = OwnDatasourceSettings()
    for key, default in (("name", usual.name), ("uid", usual.known_uid)):
        value = entry.get(key)
        if isinstance(value, str) and value != default and _is_setting(key, value):
            made.settings.setdefault("datasource", {})[key] = value


def _own_settings(entry: Mapping[str, Any], at: Position | None, scrape_interval: str, made: Section) -> None:
    """Take over what the first datasource of the stack's Prometheus is set to, and say what its own cannot be."""
    anyway = datasource_defaults(scrape_interval)
    written = entry.get("jsonData")
    settings = {
        key: value
        for key, value in (written.items() if isinstance(written, Mapping) else ())
        if anyway.get(key) != value and key != "prometheusVersion"
    }
    first = made.settings.get("datasource", {}).get("jsonData")
    refused = {
        key
        for key, value in settings.items()
        if not _is_setting("jsonData", {key: value}) or (first and first.get(key) != value)
    }
    if "timeInterval" in settings and is_shorter(str(settings["timeInterval"]), scrape_interval):
        refused.add("timeInterval")
    refused |= {key for key in _OF_ACCESS if entry.get(key)}
    kept = {key: value for key, value in settings.items() if key not in refused}
    if kept and not first:
        made.settings.setdefault("datasource", {})["jsonData"] = kept
    if refused:
        what = ", ".join(f"`{each}`" for each in sorted(refused))
        why = "The stack has one datasource for its Prometheus, and says itself how that is reached and scraped."
        made.remarks.append(left_out(f"{what} of the datasource `{entry.get('name')}`", at, why))


def _is_setting(key: str, value: Any) -> bool:
    """Return whether the stack's own datasource can be set so."""
    try:
        OwnDatasourceSettings.model_validate({key: value})
    except ValueError:
        return False
    return True


def _with_own_uid(value: Any, own: Collection[str], now: str) -> Any:
    """Settings of a datasource that name the stack's Prometheus by its uid, which is another one `now`."""
    if isinstance(value, Mapping):
        return {
            key: now if key == "datasourceUid" and item in own else _with_own_uid(item, own, now)
            for key, item in value.items()
        }
    return [_with_own_uid(item, own, now) for item in value] if isinstance(value, list) else value


def _expanded(value: Any, environment: Mapping[str, str]) -> Any:
    """A value of a provisioning file as Grafana expands it, in the words of the manifest."""

    def known(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return environment.get(name, f"${{{name}}}") if name else "$"

    return escaped(with_texts(value, lambda text: _VARIABLE.sub(known, text)))


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0] or url


def _is_own(entry: Mapping[str, Any], addresses: Addresses, container: Container) -> bool:
    """Return whether a datasource of a Grafana's container is the Prometheus of the stack."""
    written = str(_expanded(str(entry.get("url") or ""), container.environment))
    url = re.fullmatch(r"https?://([^/]+?)(?::([0-9]+))?(/.*)?", filled(written, container.variables))
    if entry.get("type") != c.PROMETHEUS or not url:
        return False
    component = addresses.component(f"{url[1]}:{url[2] or 9090}")
    return component is not None and component.name == c.PROMETHEUS


def _dashboards(
    setup: Setup, container: Container, source: Source, remarks: list[Diagnostic]
) -> Iterator[dict[str, Any]]:
    whole = source.document.value if source.document else None
    # Without `apiVersion` the file is the list, in the format of Grafana 5.0.
    providers = plain(whole) if isinstance(whole, list) else source.data.get("providers")
    for index, provider in enumerate(providers if isinstance(providers, list) else ()):
        if not isinstance(provider, Mapping):
            continue
        if _is_of_another(provider):
            what = f"the provider `{provider.get('name', index)}`"
            remarks.append(_of_another(what, source.at("providers", index)))
            continue
        options = provider.get("options")
        inside = str(options.get("path") or options.get("folder") or "") if isinstance(options, Mapping) else ""
        files = setup.below(container, inside, ".json") if inside.startswith("/") else {}
        if not files:
            at = source.at("providers", index)
            why = f"There are no dashboards in {inside or 'its folder'}, as far as the folder of the set-up shows."
            remarks.append(left_out(f"the provider `{provider.get('name', index)}`", at, why))
        by_folder = isinstance(options, Mapping) and options.get("foldersFromFilesStructure") is True
        for file, below in files.items():
            folder = below.split("/")[0] if by_folder and "/" in below else str(provider.get("folder") or "")
            yield {"file": file, **({"folder": folder} if folder else {})}
