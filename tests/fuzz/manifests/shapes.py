"""Values made by the shape that is described as data, with a right value in each place or at times an odd one."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Odd:
    """One of `usual`, or at times one of `odd`: what is wrong, or right and rare."""

    usual: tuple[Any, ...]
    odd: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Many:
    """A list of things of a shape."""

    shape: Any
    fewest: int = 1
    most: int = 3


@dataclass(frozen=True)
class Named:
    """A mapping from names to things of a shape."""

    name: Any
    shape: Any
    most: int = 3


class Dice:
    """Makes values of shapes, the same for the same number."""

    def __init__(self, number: int) -> None:
        self.random = random.Random(number)
        # Half of all manifests have nothing odd, and some have many keys.
        self._oddness = self.random.choice((0, 0, 0, 0, 0.02, 0.05, 0.05, 0.1))
        self._fullness = self.random.choice((0.1, 0.2, 0.3, 0.6))

    def make(self, shape: Any) -> Any:
        """A value of a shape: one of a tuple's; a mapping, whose keys that end with `?` may be missing; a literal."""
        match shape:
            case Odd():
                is_odd = shape.odd and self.random.random() < self._oddness
                return self.make(shape.odd if is_odd else shape.usual)
            case Many():
                return [self.make(shape.shape) for _ in range(self.random.randint(shape.fewest, shape.most))]
            case Named():
                return {
                    self.make(shape.name): self.make(shape.shape) for _ in range(self.random.randint(1, shape.most))
                }
            case tuple():
                return self.make(self.random.choice(shape))
            case dict():
                return {key.removesuffix("?"): self.make(each) for key, each in shape.items() if self._has(key)}
            case list():
                return [self.make(each) for each in shape]
            case _:
                return shape

    def _has(self, key: str) -> bool:
        return not (isinstance(key, str) and key.endswith("?")) or self.random.random() < self._fullness
