"""A set-up that somebody else wrote, as a manifest: Compose file, prometheus.yml, alertmanager.yml, Grafana's files."""

from stackctl.adopt.manifest import Adopted, adopt
from stackctl.adopt.setup import Setup, find_setup

__all__ = ["Adopted", "Setup", "adopt", "find_setup"]
