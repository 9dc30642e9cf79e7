"""Access to a port of a pod that the API server forwards, for a server whose login its proxy would not pass on."""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from stackctl.access import Access
from stackctl.model import Kubernetes


@dataclass(frozen=True)
class Forwarded(Access):
    """Access to a server in a pod. `url` only names it; each connection is forwarded by the API server."""

    dial: Callable[[], Any] | None = None

    def connection(self, seconds: float) -> http.client.HTTPConnection:
        assert self.dial  # noqa: S101 - made with one
        return _Connection(self.url.partition("://")[2], seconds, self.dial)


def forwarded(
    api: Callable[[], Any], place: Kubernetes, find_pod: Callable[[], str], port: int, login: tuple[str, str]
) -> Forwarded:
    """Return the access to a port of the pod that `find_pod` names, asked at each connection: pods come and go.

    `api` returns that of `kubeconfig.core_api`.
    """

    def dial() -> Any:
        from kubernetes.client.exceptions import ApiException
        from kubernetes.stream import portforward

        try:
            forward = portforward(
                api().connect_get_namespaced_pod_portforward, find_pod(), place.namespace, ports=str(port)
            )
        except ApiException as error:
            raise OSError(f"the API server forwards no port: {error.reason}") from None
        return forward.socket(port)

    return Forwarded(f"http://{place.namespace}.{place.context}:{port}", login, dial=dial)


class _Connection(http.client.HTTPConnection):
    """HTTP over a forwarded port."""

    def __init__(self, place: str, seconds: float, dial: Callable[[], Any]) -> None:
        super().__init__(place, timeout=seconds)
        self._dial = dial
        self._forwarded: Any = None

    def connect(self) -> None:
        self._forwarded = self._dial()
        # The library's own object stands for a socket, and is none.
        self.sock = socket.socket(fileno=os.dup(self._forwarded.fileno()))
        self.sock.settimeout(self.timeout)

    def close(self) -> None:
        super().close()
        with suppress(OSError):
            if self._forwarded is not None:
                self._forwarded.close()
