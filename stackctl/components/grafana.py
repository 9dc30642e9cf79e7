"""The Grafana server. What it provisions is rendered by `render/grafana.py`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Literal
from urllib.parse import parse_qsl

from pydantic import Field, model_validator

from stackctl import conventions as c
from stackctl import secret_names
from stackctl.components.component import ENV_FILE, Component, Container, Place, Support
from stackctl.components.release import Archive, Program, Release, image_version
from stackctl.components.settings import OwnScrapeSettings, OwnServerSettings
from stackctl.manifest.base import Model
from stackctl.manifest.block_fields import PlainBlock
from stackctl.manifest.fields import (
    Boolean,
    DatasourceUid,
    EnvironmentName,
    Filled,
    Integer,
    MaybeSecret,
    MetricsPath,
    PluginName,
    SecretText,
    SettingName,
    Text,
    wrong,
)
from stackctl.model import Datasource, Grafana, Prometheus
from stackctl.runtimes.facts import Facts
from stackctl.source import Secret

# Grafana expands this variable in its provisioning files, so that the same bytes serve in any place.
TREE_VARIABLE = "STACKCTL_TREE"
# So are these, which hold Grafana's words for "the content of this file": it expands variables first, then files.
PASSWORD_VARIABLE = "STACKCTL_PROMETHEUS_PASSWORD"  # noqa: S105 - the name of a variable that names a file
CA_VARIABLE = "STACKCTL_PROMETHEUS_CA"
# Prometheus' password, written so that what Grafana expands is the password, and what has signed its certificate.
PROMETHEUS_PASSWORD_FILE = f"{c.GRAFANA_WEB_FOLDER}password"
PROMETHEUS_CA_FILE = f"{c.GRAFANA_WEB_FOLDER}ca.crt"

# Grafana's own variables that it can read from a file. The image's start script sees the others before it does that.
FROM_FILE = re.compile(r"GF_(?!AWS_|INSTALL_|PATHS_)\w+(?<!__FILE)")

_DEFAULTS = {
    "GF_ANALYTICS_REPORTING_ENABLED": "false",
    "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
    "GF_ANALYTICS_FEEDBACK_LINKS_ENABLED": "false",
    "GF_NEWS_NEWS_FEED_ENABLED": "false",
    "GF_PLUGINS_PREINSTALL_DISABLED": "true",
    "GF_SECURITY_DISABLE_GRAVATAR": "true",
    "GF_SNAPSHOTS_EXTERNAL_ENABLED": "false",
    "GF_USERS_ALLOW_SIGN_UP": "false",
}


# From this version on Grafana itself installs plugins before it starts; before, the image's start script did.
_PREINSTALLS = (12, 1)
_NO_UPDATES = {"GF_PLUGINS_PREINSTALL_AUTO_UPDATE": "false"}
# Settings of the stack's own datasource that say how Prometheus is reached.
_OF_ACCESS = re.compile(r"tls\w+|serverName|httpHeaderName\d+")
# Variables that install plugins.
_INSTALLING = frozenset({"GF_INSTALL_PLUGINS", "GF_PLUGINS_PREINSTALL", "GF_PLUGINS_PREINSTALL_SYNC"})


class AdminSettings(Model):
    """Grafana's administrator."""

    user: Text = Field("admin", description="The login name.")
    password: SecretText | None = Field(None, description="The password. Generated and kept when not given.")


class DatasourceSettings(Model):
    """A datasource next to the stack's own Prometheus, in the words of Grafana's provisioning files."""

    name: Filled = Field(description="The name. `Prometheus` is the stack's own.")
    type: Filled = Field(description="The type: `loki`, `tempo`, `prometheus`, `grafana-postgresql-datasource`, ...")
    url: Text | None = Field(None, description="Its URL as Grafana reaches it; `localhost` means this machine.")
    uid: DatasourceUid | None = Field(None, description="The uid, which dashboards name; made of the name by default.")
    access: Literal["proxy", "direct"] = Field("proxy", description="Whether Grafana or the browser asks it.")
    user: Text | None = Field(None, description="The user of a database.")
    database: Text | None = Field(None, description="The database.")
    basic_auth: Boolean | None = Field(None, alias="basicAuth", description="HTTP basic authentication.")
    basic_auth_user: Text | None = Field(None, alias="basicAuthUser", description="Its user.")
    with_credentials: Boolean | None = Field(None, alias="withCredentials", description="Whether cookies are sent.")
    is_default: Boolean = Field(
        False, alias="isDefault", description="Whether Grafana offers it first, instead of the stack's Prometheus."
    )
    org_id: Integer | None = Field(None, alias="orgId", description="The number of the organisation.")
    editable: Boolean = Field(False, description="Whether people can change it in Grafana.")
    json_data: PlainBlock = Field(default_factory=dict, alias="jsonData", description="Settings of its type.")
    secure_json_data: dict[Text, SecretText] = Field(
        default_factory=dict,
        alias="secureJsonData",
        description="Secret settings of its type, like `basicAuthPassword`; preferably given as `${VARIABLE}`.",
    )
    correlations: list[PlainBlock] = Field(default_factory=list, description="Links to other datasources.")


class OwnDatasourceSettings(Model):
    """The datasource of the stack's own Prometheus. How it is reached is set by stackctl."""

    name: Filled = Field(c.DATASOURCE_NAME, description="The name that people see.")
    uid: DatasourceUid | None = Field(
        None,
        description="The identifier by which dashboards, links and other datasources name it; by default `prometheus`, "
        "or what Grafana makes of a `name`. Change it with the name: Grafana keeps the datasource that it had, and "
        "does not start with two of one `uid`.",
    )
    json_data: PlainBlock = Field(
        default_factory=dict,
        alias="jsonData",
        description="Settings of its type: `exemplarTraceIdDestinations`, `timeInterval`, `httpMethod`, ... By default "
        "`timeInterval` is the scrape interval; a shorter one is refused.",
    )

    @property
    def known_uid(self) -> str:
        """Return the uid that it has."""
        return self.uid or (c.DATASOURCE_UID if self.name == c.DATASOURCE_NAME else default_uid(self.name))

    @model_validator(mode="after")
    def _is_open(self) -> OwnDatasourceSettings:
        for key in filter(_OF_ACCESS.fullmatch, self.json_data):
            raise wrong(f"`jsonData.{key}` is set by stackctl itself", "Remove it, or see `prometheus.auth`.")
        if secret := next(_secrets_in(self.json_data), ""):
            remedy = "Remove it: the stack's own Prometheus needs no more than `prometheus.auth` says."
            raise wrong(f"`jsonData` cannot have the secret `{secret}`: everybody who queries may read it", remedy)
        return self


def datasource_defaults(interval: str) -> dict[str, str]:
    """The settings of the stack's own datasource that the user may change. `interval` is that of its scrapes."""
    return {"timeInterval": interval, "httpMethod": "POST", "prometheusType": "Prometheus"}


def _secrets_in(value: Any) -> Iterator[str]:
    """Yield the names of secrets in settings, those of a text with the parameters of requests among them."""
    if isinstance(value, list):
        yield from (name for each in value for name in _secrets_in(each))
    for key, item in value.items() if isinstance(value, dict) else ():
        if secret_names.sounds_secret(key):
            yield key
        elif key == "customQueryParameters":
            yield from filter(secret_names.sounds_secret, dict(parse_qsl(str(item), keep_blank_values=True)))
        yield from _secrets_in(item)


class GrafanaScrapeSettings(OwnScrapeSettings):
    """Scrape of Grafana itself."""

    metrics_path: MetricsPath = Field(
        "/metrics", description="The path of the metrics, like `/grafana/metrics` where it serves from a sub path."
    )


class GrafanaSettings(OwnServerSettings):
    """The Grafana server. It runs when the section is there, if only as `grafana: {}`."""

    scrape: GrafanaScrapeSettings = Field(
        default_factory=GrafanaScrapeSettings, description="How it is scraped itself."
    )
    admin: AdminSettings = Field(default_factory=AdminSettings, description="The administrator.")
    extra_env: dict[EnvironmentName, MaybeSecret] = Field(
        default_factory=dict, description="More `GF_*` environment variables. Secret ones become files."
    )
    extra: dict[SettingName, dict[SettingName, MaybeSecret]] = Field(
        default_factory=dict,
        description="Settings of grafana.ini, by section: `{smtp: {enabled: true}}`. Secret ones become files.",
    )
    plugins: list[PluginName] = Field(
        default_factory=list,
        description="Plugins to install before it starts, from Grafana's catalog: `grafana-clock-panel`, or with a "
        "version `grafana-clock-panel@2.1.5`.",
    )
    datasource: OwnDatasourceSettings = Field(
        default_factory=OwnDatasourceSettings, description="The datasource of the stack's own Prometheus."
    )
    datasources: list[DatasourceSettings] = Field(
        default_factory=list, description="Datasources next to the stack's own Prometheus: Loki, databases, ..."
    )
    alerting: list[Filled] = Field(
        default_factory=list,
        description="Files of the alerting that Grafana itself evaluates, as it exports them: alert rules, contact "
        "points, notification policies, mute timings, templates. A path begins at the manifest; a pattern like "
        "`alerting/*.yml` names several.",
    )

    @model_validator(mode="after")
    def _one_password(self) -> GrafanaSettings:
        remedy = "Write it as `grafana.admin.password`."
        name = next((each for each in self.extra_env if each.startswith("GF_SECURITY_ADMIN_PASSWORD")), None)
        if name:
            raise wrong(f"`{name}` is set by stackctl itself", remedy)
        if "admin_password" in self.extra.get("security", {}):
            raise wrong("`extra.security.admin_password` is set by stackctl itself", remedy)
        return self

    @property
    def variables(self) -> dict[str, str | Secret]:
        """Return the variables of the user's own: settings of grafana.ini, and `extra_env`, which wins."""
        settings = {
            f"GF_{_in_capitals(section)}_{_in_capitals(key)}": value
            for section, keys in self.extra.items()
            for key, value in keys.items()
        }
        return {**settings, **self.extra_env}


def _in_capitals(name: str) -> str:
    """Return a name of grafana.ini as its variable has it."""
    return re.sub(r"[.-]", "_", name).upper()


def _arguments(_: Grafana, place: Place) -> tuple[str, ...]:
    """It takes all else by its environment."""
    return ("server", f"--homepath={place.home}") if place.home else ()


def _environment(grafana: Grafana, place: Place) -> dict[str, str]:
    """The user's own variables win."""
    return {
        **_DEFAULTS,
        "GF_PATHS_PROVISIONING": f"{place.tree}/grafana/provisioning",
        "GF_SECURITY_ADMIN_USER": grafana.admin_user,
        "GF_SERVER_HTTP_PORT": place.listen.rpartition(":")[2],
        TREE_VARIABLE: place.expanded or place.tree,
        c.DOLLAR_VARIABLE: "$",
        **(_of_the_container(place) if place.runtime.runs_images else _of_the_process(grafana, place)),
        **_datasource(place.stack.prometheus, place.tree),
        **_secret_settings(grafana, place),
        **_plugins(grafana, place.runtime),
        **_own(grafana, place),
    }


def _plugins(grafana: Grafana, runtime: Facts) -> dict[str, str]:
    """The variables that install plugins. What stackctl turns off by default would keep Grafana from installing any."""
    version = image_version(grafana.image) if runtime.runs_images else ()
    on = {} if () < version < _PREINSTALLS else {"GF_PLUGINS_PREINSTALL_DISABLED": "false", **_NO_UPDATES}
    if not grafana.plugins:
        return on if _INSTALLING & grafana.extra_env.keys() else {}
    if () < version < _PREINSTALLS:
        return {"GF_INSTALL_PLUGINS": ",".join(each.replace("@", " ") for each in grafana.plugins)}
    listed = ",".join(grafana.plugins)
    # A program of this machine may be older than the image: then it installs them while it starts.
    older = {} if runtime.runs_images else {"GF_PLUGINS_PREINSTALL": listed}
    return {**on, "GF_PLUGINS_PREINSTALL_SYNC": listed, **older}


def _of_the_container(place: Place) -> dict[str, str]:
    # The image's start script reads the file and sets the variable without the suffix.
    return {"GF_SECURITY_ADMIN_PASSWORD__FILE": f"{place.tree}/{c.GRAFANA_PASSWORD_FILE}"}


def _of_the_process(grafana: Grafana, place: Place) -> dict[str, str]:
    return {
        # Grafana's own way to say "the content of this file".
        "GF_SECURITY_ADMIN_PASSWORD": f"$__file{{{place.tree}/{c.GRAFANA_PASSWORD_FILE}}}",
        "GF_SERVER_HTTP_ADDR": grafana.listen.host,
        "GF_PATHS_DATA": place.data,
        "GF_PATHS_LOGS": f"{place.data}/log",
        "GF_PATHS_PLUGINS": f"{place.data}/plugins",
    }


def _datasource(prometheus: Prometheus, tree: str) -> dict[str, str]:
    """The variables that the datasource names. No secret is in them."""
    login, tls = prometheus.login, prometheus.tls
    return {
        **({PASSWORD_VARIABLE: f"$__file{{{tree}/{PROMETHEUS_PASSWORD_FILE}}}"} if login else {}),
        **({CA_VARIABLE: f"$__file{{{tree}/{PROMETHEUS_CA_FILE}}}"} if tls and tls.ca else {}),
    }


def default_uid(name: str) -> str:
    """Return the uid that Grafana gives a datasource which has none."""
    return f"P{hashlib.sha256(name.encode()).hexdigest()[:16]}".upper()


def secret_settings(grafana: Grafana) -> dict[str, tuple[Datasource, str]]:
    """Return the variable that a provisioning file names for each secret of a datasource: also the name of its file."""
    return {
        f"STACKCTL_DATASOURCE_{number}_{re.sub(r'[^A-Za-z0-9]', '_', key).upper()}_{place}": (source, key)
        for number, source in enumerate(grafana.datasources, 1)
        for place, key in enumerate(source.secrets, 1)
    }


def _secret_settings(grafana: Grafana, place: Place) -> dict[str, str]:
    """The variables that the other datasources name. No secret is in them."""
    return {name: f"$__file{{{place.secret(c.GRAFANA, name)}}}" for name in secret_settings(grafana)}


def _own(grafana: Grafana, place: Place) -> dict[str, str]:
    """The user's own variables. A secret is named by its file where Grafana reads one."""
    made = {}
    for name, value in grafana.extra_env.items():
        if not isinstance(value, Secret):
            made[name] = value
        elif not FROM_FILE.fullmatch(name):
            made |= {} if place.runtime.has_env_files else {name: value.reveal()}
        elif place.runtime.runs_images:
            made[f"{name}__FILE"] = place.secret(c.GRAFANA, name)
        else:
            made[name] = f"$__file{{{place.secret(c.GRAFANA, name)}}}"
    return made


def _secrets(grafana: Grafana, runtime: Facts) -> dict[str, str]:
    """The secret variables of the user's own, each as a file; natively those that Grafana does not read, in one."""
    hidden = {name: value.reveal() for name, value in grafana.extra_env.items() if isinstance(value, Secret)}
    files = {name: value for name, value in hidden.items() if FROM_FILE.fullmatch(name)}
    rest = {name: value for name, value in hidden.items() if name not in files}
    return {**files, **({ENV_FILE: json.dumps(rest)} if rest and runtime.has_env_files else {})}


# It supports a minor release for nine months, and the last one of a major release for fifteen.
_SUPPORT = Support(
    ends={
        (11, 6): date(2026, 6, 25),
        (12, 0): date(2026, 2, 5),
        (12, 1): date(2026, 4, 22),
        (12, 2): date(2026, 6, 23),
        (12, 3): date(2026, 8, 19),
    },
    ended_before=(12, 4),
)

COMPONENT = Component(
    name=c.GRAFANA,
    rank=2,
    settings=GrafanaSettings,
    image="grafana/grafana:13.2.3",
    other_images=("grafana-oss", "grafana-enterprise"),
    minimum=(10,),
    support=_SUPPORT,
    port=3000,
    ready="/api/health",
    own_variables=("GF_",),
    container=Container(user="472", data="/var/lib/grafana", tmpfs=("/tmp",)),  # noqa: S108 - in the container
    release=Release(
        project="grafana",
        programs=(Program("grafana"),),
        minimum="10.0",
        archive=Archive(
            home="https://dl.grafana.com/oss/release",
            folder="",
            name="grafana-{version}.{system}-{machine}.tar.gz",
            sums=("{name}.sha256", "sha256sums.txt"),
            whole=True,
        ),
        home_file="conf/defaults.ini",
        homepage="https://grafana.com/docs/grafana/latest/setup-grafana/installation/",
    ),
    series=("grafana_", "access_evaluation_"),
    # It polls the dashboards, which so need neither a restart nor a reload.
    reads_at_start=("grafana/provisioning/",),
    arguments=_arguments,
    environment=_environment,
    secrets=_secrets,
)
