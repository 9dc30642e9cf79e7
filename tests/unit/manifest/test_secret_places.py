"""Places of secrets are known before the schema is."""

from __future__ import annotations

import pytest

from stackctl.manifest.secret_places import is_secret
from tests.unit.manifest.test_no_secret_shown import LOGINS, PLACES, QUERIES


@pytest.mark.parametrize("place", PLACES)
def test_the_places_are_known_before_the_schema_is(place: str) -> None:
    lines, _, key = PLACES[place]
    above = [line.strip(" -:") for line in lines.splitlines() if line.endswith(":")]
    assert place in LOGINS | QUERIES or is_secret((*above, key), "some-value")
