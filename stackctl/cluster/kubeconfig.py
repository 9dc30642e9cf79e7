"""Reading a kubeconfig, as kubectl does: which API server a context leads to, and how this machine logs in there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stackctl.access import Access
from stackctl.bounds import files
from stackctl.errors import InputError, Unavailable
from stackctl.model import Kubernetes

_AUTHORITY_BYTES = 1 << 20
_PACKAGE = "stackctl-monitoring[kubernetes]"
_DEFAULT = "~/.kube/config"
_LIST = "`kubectl config get-contexts` lists the contexts; KUBECONFIG names other files than ~/.kube/config."


def access(place: Kubernetes) -> Access:
    """Return how the API server of a context is asked. A program that the kubeconfig names for the login is run.

    Raises InputError for a context that is not there, cannot be used or would not verify the server, and Unavailable
    where the client library is missing, or there is no login.
    """
    found = _configuration(place)
    if not found.verify_ssl:
        summary = f"the context `{place.context}` does not verify the certificate of its API server"
        remedy = "Replace `insecure-skip-tls-verify` by `certificate-authority` in the kubeconfig."
        raise InputError.of("cluster.context", summary, position=place.origin, remedy=remedy)
    if found.proxy:
        summary = f"the context `{place.context}` leads through a proxy, which stackctl does not use"
        remedy = "Use a context without `proxy-url`."
        raise InputError.of("cluster.context", summary, position=place.origin, remedy=remedy)
    ca = files.read_text(Path(found.ssl_ca_cert), _AUTHORITY_BYTES) if found.ssl_ca_cert else ""
    pair = (found.cert_file, found.key_file) if found.cert_file and found.key_file else None
    login = (found.username, found.password) if found.username and found.password else None
    token = _token(found.api_key)
    return Access(found.host.rstrip("/"), login, ca, found.tls_server_name or "", token=token, certificate=pair)


def core_api(place: Kubernetes) -> Any:
    """Return the library's own client, for the one thing that is more than a request: a forwarded port."""
    from kubernetes import client

    return client.CoreV1Api(client.ApiClient(_configuration(place)))


def _configuration(place: Kubernetes) -> Any:
    try:
        from kubernetes import client, config
    except ImportError:
        remedy = f"Install it: `pipx inject stackctl-monitoring kubernetes`, or `uv tool install '{_PACKAGE}'`."
        raise Unavailable.of(
            "cluster.library", "the Python package `kubernetes` is not installed", remedy=remedy
        ) from None
    import yaml

    found = client.Configuration()
    try:
        config.load_kube_config(  # type: ignore[no-untyped-call]
            config_file=os.environ.get("KUBECONFIG") or _DEFAULT, context=place.context, client_configuration=found
        )
    except (config.ConfigException, yaml.YAMLError, OSError, ValueError, LookupError, TypeError) as error:
        summary = f"the context `{place.context}` cannot be used"
        raise InputError.of("cluster.context", summary, position=place.origin, cause=str(error), remedy=_LIST) from None
    return found


def _token(keys: Mapping[str, str]) -> str:
    """Return the bearer token, "" where the login is another one."""
    return next((value.removeprefix("Bearer ") for value in keys.values() if value.startswith("Bearer ")), "")
