"""The stack for servers that stackctl does not run: objects for a cluster, and jobs for a Prometheus that runs."""
