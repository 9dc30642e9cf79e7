"""Grafana's colours by name, its classic palette, and shades of a colour."""

from __future__ import annotations

import re

# Hue -> its shades from dark to super light.
_HUES = {
    "green": ("37872D", "56A64B", "73BF69", "96D98D", "C8F2C2"),
    "yellow": ("E0B400", "F2CC0C", "FADE2A", "FFEE52", "FFF899"),
    "orange": ("FA6400", "FF780A", "FF9830", "FFB357", "FFCB7D"),
    "red": ("C4162A", "E02F44", "F2495C", "FF7383", "FFA6B0"),
    "blue": ("1F60C4", "3274D9", "5794F2", "8AB8FF", "C0D8FF"),
    "purple": ("8F3BB8", "A352CC", "B877D9", "CA95E5", "DEB6F2"),
}
_SHADES = ("dark-", "semi-dark-", "", "light-", "super-light-")
_NAMED = {
    f"{shade}{hue}": f"#{code}" for hue, codes in _HUES.items() for shade, code in zip(_SHADES, codes, strict=True)
}
_CLASSIC = (
    "green", "semi-dark-yellow", "light-blue", "semi-dark-orange", "red", "blue", "purple", "#705DA0", "dark-green",
    "yellow", "#447EBC", "#C15C17", "#890F02", "#0A437C", "#6D1F62", "#584477", "#B7DBAB", "#F4D598", "#70DBED",
)  # fmt: skip
_CODE = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_STEPS = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
GREY = "#8e8e99"
# Low to high, of the colour modes that go over from one colour to the next.
_CONTINUOUS = {"GrYlRd": ("green", "yellow", "red"), "RdYlGr": ("red", "yellow", "green"), "BlPu": ("blue", "purple")}


def code_of(name: str) -> str:
    """The code of a colour that Grafana names; grey for one that is neither a name nor a code."""
    if name in _NAMED:
        return _NAMED[name]
    if _CODE.fullmatch(name):
        return name
    return _rgb(name) or GREY


def classic(index: int) -> str:
    """The colour of the series with this index in the classic palette."""
    return code_of(_CLASSIC[index % len(_CLASSIC)])


def shade(name: str, index: int) -> str:
    """The shade of a colour for the series with this index: darker and brighter by turns."""
    base = code_of(name)
    place = index % (2 * len(_STEPS) + 1)
    if place == 0 or len(base) != 7:
        return base
    share = _STEPS[(place - 1) // 2]
    return mixed(base, "#000000" if place % 2 else "#ffffff", share)


def continuous(mode: str, share: float) -> str:
    """The colour at `share` of the scale in a mode like `continuous-GrYlRd`."""
    names = _CONTINUOUS.get(mode.removeprefix("continuous-"), ("green", "yellow", "red"))
    place = max(0.0, min(share, 1.0)) * (len(names) - 1)
    lower = min(int(place), len(names) - 2)
    return mixed(code_of(names[lower]), code_of(names[lower + 1]), 1 - (place - lower))


def mixed(one: str, other: str, share: float) -> str:
    """A colour of which `share` is `one`."""
    parts = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in parts)


def _parts(code: str) -> list[int]:
    digits = code[1:] if len(code) == 7 else "".join(digit * 2 for digit in code[1:4])
    return [int(digits[n : n + 2], 16) for n in (0, 2, 4)]


def _rgb(text: str) -> str:
    found = re.fullmatch(r"rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*(?:,[^)]*)?\)", text)
    return "#" + "".join(f"{min(int(part), 255):02x}" for part in found.groups()) if found else ""
