"""The stylesheet's sets of colours: each can be read, each is drawn by names, and a clinic's colour fits into each."""

import re
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.colours import CONTRAST, DARK, DARK_CONTRAST, LIGHT, OWN, SCHEMES, Scheme, contrast, faults, nearest
from portal.web.schemes import brand_style, in_each_scheme, scheme_head

ROOT = Path(__file__).resolve().parents[2]
CSS = re.sub(r"/\*.*?\*/", "", (ROOT / "static/css/portal.css").read_text("utf-8"), flags=re.DOTALL)
BLOCK = re.compile(r"(?:@media ([^{]*) \{ )?:root \{\n(.*?)\n\}(?: \})?\n", re.DOTALL)
QUESTIONS = {
    "": LIGHT,
    "screen and (prefers-contrast: more)": CONTRAST,
    "screen and (prefers-color-scheme: dark)": DARK,
    "screen and (prefers-color-scheme: dark) and (prefers-contrast: more)": DARK_CONTRAST,
}
#: The set of which a scheme's own is a change.
UNDER: dict[str, tuple[Scheme, ...]] = {
    "light": (LIGHT,),
    "contrast": (LIGHT, CONTRAST),
    "dark": (LIGHT, DARK),
    "dark-contrast": (LIGHT, CONTRAST, DARK, DARK_CONTRAST),
}
TINTS = ("good-tint", "look-tint", "bad-tint", "know-tint")


def _blocks() -> dict[str, dict[str, str]]:
    found = {}
    for question, body in BLOCK.findall(CSS):
        found[QUESTIONS[question].name] = dict(re.findall(r"--([\w-]+): ([^;]+);", body))
    return found


def shades(scheme: Scheme) -> dict[str, str]:
    """A scheme's colours by name, as a browser comes to them."""
    blocks, found = _blocks(), {}
    for one in UNDER[scheme.name]:
        found |= blocks[one.name]
    return {name: found["brand"] if value == "var(--brand)" else value for name, value in found.items()} | {
        name: found[value[6:-1]] for name, value in found.items() if value.startswith("var(")
    }


def test_there_is_a_set_of_colours_for_each_scheme() -> None:
    assert set(_blocks()) == {one.name for one in SCHEMES}


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda one: one.name)
def test_every_pair_that_stands_together_can_be_read(scheme: Scheme) -> None:
    shade, wanted = shades(scheme), scheme.least
    pairs = [("ink", ground, 7) for ground in ("paper", "ground", "tint", "well", *TINTS)]
    pairs += [(text, ground, wanted) for text in ("muted", "brand") for ground in ("paper", "ground", "tint", "well")]
    pairs += [(text, f"{text}-tint", wanted) for text in ("good", "look", "bad", "know")]
    pairs += [(text, ground, wanted) for text in ("bad", "good") for ground in ("paper", "ground")]
    pairs += [("on", fill, wanted) for fill in ("brand", "good", "bad")]
    pairs += [("on-banner", "banner", wanted), ("on-alarm", "alarm", wanted), ("paper", "ink", wanted)]
    pairs += [("edge", ground, 3) for ground in ("paper", "ground")]
    pairs += [("focus", ground, 3) for ground in ("paper", "ground", "tint")]
    faint = {(one, other): contrast(shade[one], shade[other]) for one, other, least in pairs
             if contrast(shade[one], shade[other]) < least}  # fmt: skip
    assert faint == {}


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda one: one.name)
def test_a_clinics_colour_is_checked_against_what_the_sheet_draws(scheme: Scheme) -> None:
    shade = shades(scheme)
    drawn = {name: shade[name] for name in ("on", "paper", "ground", "tint", "well")}
    assert drawn == {name: getattr(scheme, name) for name in drawn}


def test_our_own_colour_is_the_nearest_in_each_scheme_too() -> None:
    assert {one.name: shades(one)["brand"] for one in SCHEMES} == in_each_scheme(OWN)


@given(st.integers(0, 0xFFFFFF))
def test_every_colour_has_a_shade_near_it_that_can_be_read(number: int) -> None:
    for scheme in SCHEMES:
        shade = nearest(f"#{number:06x}", scheme)
        assert faults(shade, scheme) == []
        # Links stand in notices, too.
        assert all(contrast(shade, shades(scheme)[tint]) >= scheme.least for tint in TINTS)


def test_a_colour_that_can_be_read_is_left_as_it_is() -> None:
    assert nearest("#5b2a86", LIGHT) == "#5b2a86"
    assert nearest("#ffd24d", LIGHT) != "#ffd24d"


def test_colours_have_names_but_for_the_stage_of_a_call() -> None:
    rules = BLOCK.sub("", CSS)
    bare = [line for line in rules.splitlines() if re.search(r"#[0-9a-fA-F]{3,8}\b", line)]
    assert [line for line in bare if not line.startswith(".stage")] == []


def test_every_name_that_is_used_is_set_and_every_one_that_is_set_is_used() -> None:
    used = set(re.findall(r"var\(--([\w-]+)\)", CSS))
    assert used == {name for block in _blocks().values() for name in block}


def test_paper_is_always_light() -> None:
    assert all("screen" in question for question, _body in BLOCK.findall(CSS) if question)


def test_clinics_colour_stands_in_each_scheme_in_a_shade_that_can_be_read(within: Flask) -> None:
    style = brand_style({"colour": "#5b2a86", "corner": "sharp"}, "n")
    assert "--brand:#5b2a86" in style and "--corner:0px" in style
    for shade in in_each_scheme("#5b2a86").values():
        assert f"--brand:{shade}" in style
    assert 'content="#5b2a86"' in scheme_head({"colour": "#5b2a86"})


def test_clinics_colour_that_cannot_be_read_or_is_none_is_left_out(within: Flask) -> None:
    assert brand_style({"colour": "#ffd24d"}, "n") == ""
    assert brand_style({"colour": "red;} body{display:none"}, "n") == ""
    assert brand_style({"colour": "#5b2a86", "dark": "#000000"}, "n") == brand_style({"colour": "#5b2a86"}, "n")
    assert brand_style({"corner": "x}"}, "n") == brand_style(None, "n") == ""


def test_a_choice_finds_its_question_in_every_place_where_the_sheet_asks_it() -> None:
    asked = set(re.findall(r"\((prefers-(?:color-scheme|contrast): \w+)\)", CSS))
    assert asked == {"prefers-color-scheme: dark", "prefers-contrast: more"}
