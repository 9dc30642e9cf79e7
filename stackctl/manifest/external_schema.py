"""The schema of `external`: servers that somebody else runs, and how they are asked."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator

from stackctl.manifest.base import Model
from stackctl.manifest.fields import Filled, SecretText, ServerUrl, UserName, wrong


class ExternalLoginModel(Model):
    """The user and the password of a server that somebody else runs."""

    username: UserName = Field(description="The user name.")
    password: SecretText | None = Field(None, description="The password; preferably given as `${VARIABLE}`.")
    password_file: Filled | None = Field(None, description="A file that holds it, relative to the manifest.")

    @model_validator(mode="after")
    def _has_one_password(self) -> ExternalLoginModel:
        if (self.password is None) == (self.password_file is None):
            raise wrong("`basic_auth` needs either `password` or `password_file`", "Write one of the two.")
        return self


class ExternalServerModel(Model):
    """A server that somebody else runs. The short form is its URL."""

    shorthand: ClassVar[str] = "url"

    url: ServerUrl = Field(
        description="The base of its URLs, with its path prefix, as this machine reaches it: "
        "`https://prometheus.example.com/prometheus`."
    )
    basic_auth: ExternalLoginModel | None = Field(None, description="The user and the password to log in with.")
    token: SecretText | None = Field(
        None,
        description="A bearer token, or the token of a service account of Grafana; preferably given as `${VARIABLE}`.",
    )
    token_file: Filled | None = Field(None, description="A file that holds the token, relative to the manifest.")
    ca_file: Filled | None = Field(
        None, description="The CA of its certificate in PEM form, relative to the manifest; the system's by default."
    )
    cert_file: Filled | None = Field(None, description="A client certificate in PEM form, relative to the manifest.")
    key_file: Filled | None = Field(None, description="The key of the client certificate, without a passphrase.")

    @model_validator(mode="after")
    def _has_one_login(self) -> ExternalServerModel:
        given = [name for name in ("basic_auth", "token", "token_file") if getattr(self, name) is not None]
        if len(given) > 1:
            raise wrong(f"`{given[0]}` and `{given[1]}` are two logins", "Keep one of them.")
        if (self.cert_file is None) != (self.key_file is None):
            raise wrong("`cert_file` and `key_file` belong together", "Write both, or neither.")
        return self


class ExternalModel(Model):
    """Servers that somebody else runs, for `runtime: external`."""

    prometheus: ExternalServerModel = Field(description="The Prometheus that has to load the jobs and rules.")
    alertmanager: ExternalServerModel | None = Field(
        None, description="The Alertmanager that it sends alerts to, which has to load the routes and receivers."
    )
    grafana: ExternalServerModel | None = Field(None, description="The Grafana that has to load the dashboards.")
