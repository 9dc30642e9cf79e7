"""blackbox.yml: the modules that a probe can name."""

from __future__ import annotations

from typing import Any

# Containers and many hosts have no way out by IPv6; the other family is still tried when this one has no address.
_IPV4 = {"preferred_ip_protocol": "ip4"}


def blackbox_config() -> dict[str, Any]:
    """The content of blackbox.yml."""
    return {
        "modules": {
            "http_2xx": {"prober": "http", "http": dict(_IPV4)},
            "http_post_2xx": {"prober": "http", "http": {"method": "POST", **_IPV4}},
            "tcp_connect": {"prober": "tcp", "tcp": dict(_IPV4)},
            "icmp": {"prober": "icmp", "icmp": dict(_IPV4)},
        }
    }
