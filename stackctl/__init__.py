"""stackctl: one manifest becomes a running and proven Prometheus, Alertmanager and Grafana stack."""

__version__ = "0.1.0"
