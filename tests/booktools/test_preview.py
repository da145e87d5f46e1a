"""The picture of a shared link has its letters and its curves."""

from __future__ import annotations

import struct

import pytest
from real_book import BOOK, ROOT

from booktools.preview import HEIGHT, WIDTH, Preview, curves_of, draw, first_figure

FONTS = [ROOT / "vanishing/fonts/NotoSansSC-subset.otf"]
CURVE = "M0 0L1 2L2 3L3 5L4 8"
TITLES = {
    "en": "Vanishing gradient",
    "vi": "Tiêu biến gradient: những điều đã biết",
    "zh_CN": "梯度消失与 LSTM",
    "tr": "Kaybolan gradyan: ığüşöç",
    "pt": "Desaparecimento do gradiente",
    "ar": "تلاشي التدرج في LSTM",
}


def test_every_language_has_a_title_to_try() -> None:
    assert TITLES.keys() == {language.code for language in BOOK.languages}


@pytest.mark.parametrize("code", TITLES)
def test_a_title_is_drawn_in_every_script(code: str) -> None:
    direction = BOOK.language(code).direction
    curve = ((0.0, 0.0), (1.0, 1.0))
    picture = draw(Preview(TITLES[code], "Book", direction, (curve,)), FONTS)
    assert picture[:4] == b"\x89PNG"
    assert struct.unpack(">II", picture[16:24]) == (WIDTH, HEIGHT)
    assert picture != draw(Preview("", "Book", direction), FONTS)


def test_there_is_no_picture_with_boxes_for_letters() -> None:
    assert draw(Preview("梯度消失", "Book", "ltr")) == b""


def test_a_picture_is_the_same_twice() -> None:
    preview = Preview("A title that is too long for one line of the picture", "Book", "ltr")
    assert draw(preview) == draw(preview)


def test_curves_come_from_the_first_figure_that_has_some() -> None:
    def svg(data: str, fill: str = "none") -> str:
        return f'<svg viewBox="0 0 9 9"><path d="{data}" style="fill:{fill};stroke:red"/></svg>'

    assert curves_of(svg("M0 0L9 9") + svg(CURVE, "red") + svg(CURVE) + svg("M9 9" + CURVE)) == (
        ((0, 0), (1, 2), (2, 3), (3, 5), (4, 8)),
    )
    steps = curves_of(svg("M0 0l1 2 1 1 1 2 1 3"))
    assert steps == curves_of(svg(CURVE))
    moved = curves_of(svg("m9 9l1 0m-10-9l1 2 1 1 1 2 1 3"))
    assert moved == curves_of(svg(CURVE))
    assert curves_of(svg("M0 0C1 2 3 4 5 6")) == ()
    assert curves_of("<p>no figure</p>") == ()


def test_the_first_figure_is_the_first_drawing_with_a_description() -> None:
    icon = '<svg viewBox="0 0 9 9" aria-hidden="true"><path d="M0 0"/></svg>'
    figure = '<svg viewBox="0 0 8 8" role="img" aria-label="A curve."><path d="M1 1"/></svg>'
    alone = first_figure(f"<p>{icon}{figure}{figure}</p>")
    assert alone.startswith('<svg viewBox="0 0 8 8" role="img" aria-label="A curve."><rect ')
    assert alone.endswith('<path d="M1 1"/></svg>')
    assert first_figure(icon) == ""
