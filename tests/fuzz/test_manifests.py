"""The generated manifests say all that a manifest can say: what they never say is never compared."""

from __future__ import annotations

from collections import Counter

from stackctl.manifest.schema import Manifest
from tests.fuzz.keys import all_keys, used_keys
from tests.fuzz.manifests import manifest

MANIFESTS = 1500
FEWEST = 3  # manifests that have to use a key


def test_generated_manifests_use_every_key() -> None:
    schema = Manifest.model_json_schema()
    counts = Counter(key for number in range(MANIFESTS) for key in used_keys(schema, manifest(number)))
    assert not [key for key in sorted(all_keys(schema)) if counts[key] < FEWEST]
    assert counts.keys() <= all_keys(schema)


def test_manifest_of_a_number_is_always_the_same() -> None:
    assert manifest(7) == manifest(7)
    assert manifest(7) != manifest(8)
