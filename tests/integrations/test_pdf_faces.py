"""The faces of PDFs: our own, each of its language's and no other, embedded as subsets, with every glyph drawn."""

import hashlib
import logging
import os
from dataclasses import replace

import pytest

from portal.integrations.pdf import renderer
from portal.kernel.locale import LANGUAGES
from tests.support.papers import CLINIC, PAPERS, paper, receipt
from tests.support.pdf import faces_of, glyphs_of

#: The face that draws what Latin faces lack.
SCRIPTS = {"ar": "Noto-Sans-Arabic", "hi": "Noto-Sans-Devanagari", "bn": "Noto-Sans-Bengali", "zh": "Noto-Sans-CJK-SC"}
#: A hieroglyph: no face of ours has it.
WITHOUT_A_FACE = "\U00013000"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", PAPERS)
def test_paper_has_its_languages_faces_and_no_other(kind, language) -> None:
    families = {"Noto-Sans", *([SCRIPTS[language]] if language in SCRIPTS else [])}
    wanted = {name for family in families for name in (family, f"{family}-Bold")}
    assert faces_of(paper(kind, language)) == dict.fromkeys(wanted, "yes yes yes")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", PAPERS)
def test_every_glyph_of_a_paper_is_drawn(kind, language) -> None:
    glyphs = glyphs_of(paper(kind, language))
    assert len(glyphs) > 100
    assert [glyph for glyph in glyphs if not glyph.is_drawn] == []


@pytest.mark.parametrize(
    "name",
    [
        "Nguyễn Thị Hồng Ngọc",
        "Åse Žižić-Łoś Ọlá",
        "Иван Ελένη",
        "محمد عبد الله",
        "गीता शर्मा",
        "রহিমা খাতুন",
        "王㛃 李䶮 张翀",  # of the third level of China's table: given names
    ],
)
def test_name_of_another_script_is_drawn_with_our_own_faces(name) -> None:
    content = receipt("en", patient_name=name)
    assert [glyph for glyph in glyphs_of(content) if not glyph.is_drawn] == []
    assert set(faces_of(content)) <= {"Noto-Sans", "Noto-Sans-Bold", *SCRIPTS.values()}


def test_rare_character_in_a_heading_is_drawn_in_regular(monkeypatch) -> None:
    monkeypatch.setattr(renderer, "OURS_AND_THE_MACHINES", renderer.OURS)
    glyphs = glyphs_of(receipt("zh", clinic=replace(CLINIC, name="䶮港诊所")))
    (rare,) = (glyph for glyph in glyphs if glyph.text == "䶮")
    assert rare.is_drawn
    assert rare.face.endswith("+Noto-Sans-CJK-SC")


def test_missing_glyph_is_seen_and_told_without_saying_which(monkeypatch, caplog) -> None:
    monkeypatch.setattr(renderer, "OURS_AND_THE_MACHINES", renderer.OURS)
    with caplog.at_level(logging.WARNING, logger=renderer.__name__):
        glyphs = glyphs_of(receipt("en", patient_name=f"Eve {WITHOUT_A_FACE}"))
    assert [glyph.text for glyph in glyphs if not glyph.is_drawn] == [WITHOUT_A_FACE]
    (told,) = (record for record in caplog.records if record.name == renderer.__name__)
    assert told.args == (1,)


def test_only_a_paper_that_lacks_a_character_looks_at_the_machines_faces(monkeypatch) -> None:
    seen = []
    fonts = renderer._fonts
    monkeypatch.setattr(renderer, "_fonts", lambda faces: seen.append(faces) or fonts(faces))
    receipt("zh")
    assert seen == [renderer.OURS]
    receipt("zh", patient_name=WITHOUT_A_FACE)
    assert seen[1:] == [renderer.OURS, renderer.OURS_AND_THE_MACHINES]


def test_no_face_of_the_machine_is_known() -> None:
    from weasyprint.text.ffi import fontconfig

    known = fontconfig.FcConfigGetFonts(renderer._fonts(renderer.OURS)._config, fontconfig.FcSetSystem)
    assert known.nfont == len(list(renderer.FACES_DIR.glob("*.[ot]tf")))


@pytest.mark.parametrize("before", [None, "/etc/fonts/fonts.conf"])
def test_programs_that_this_process_starts_keep_the_machines_faces(monkeypatch, before) -> None:
    monkeypatch.delenv("FONTCONFIG_FILE", raising=False)
    if before:
        monkeypatch.setenv("FONTCONFIG_FILE", before)
    receipt("en")
    assert os.environ.get("FONTCONFIG_FILE") == before


def test_faces_are_those_that_were_made() -> None:
    sums = dict(reversed(line.split()) for line in (renderer.FACES_DIR / "SHA256SUMS").read_text().splitlines())
    found = {path.name: path.read_bytes() for path in renderer.FACES_DIR.glob("*.[ot]tf")}
    assert {name: hashlib.sha256(content).hexdigest() for name, content in found.items()} == sums


def test_faces_come_with_their_licence_and_stay_small() -> None:
    assert "SIL OPEN FONT LICENSE Version 1.1" in (renderer.FACES_DIR / "OFL.txt").read_text()
    assert sum(path.stat().st_size for path in renderer.FACES_DIR.iterdir()) < 4_500_000
