"""A set-up that somebody else wrote, as a manifest: its files, or what its servers have loaded."""

from stackctl.adopt.finding import find_setup
from stackctl.adopt.manifest import Adopted, adopt
from stackctl.adopt.setup import Setup

__all__ = ["Adopted", "Setup", "adopt", "find_setup"]
