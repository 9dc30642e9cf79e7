"""`python -m stackctl` is `stackctl`."""

from stackctl.cli.main import run

run()
