"""The book's pictures: each has a caption and an id of its own, and several can be moved."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conftest import ROOT, book_pages

from vanishing import pictures

PICTURE = re.compile(
    r"^```\{code-cell\}[^\n]*\n((?:(?!^```).)*?)^```\n\n```\{numbered\} (\S+)\n(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def found() -> Iterator[tuple[str, str, str]]:
    """Yield the cell, the id and the caption of each picture."""
    for page in book_pages():
        text = (ROOT / f"{page}.md").read_text(encoding="utf-8")
        yield from PICTURE.findall(text)


def test_at_least_twenty_five_pictures_have_an_id_of_their_own() -> None:
    names = [name for _cell, name, _caption in found()]
    assert len(names) == len(set(names)) >= 25
    assert all(name.startswith("fig-") for name in names)


def test_no_caption_is_overlooked() -> None:
    texts = [(ROOT / f"{page}.md").read_text(encoding="utf-8") for page in book_pages()]
    assert sum(text.count("```{numbered}") for text in texts) == len(list(found()))


def test_a_caption_says_what_is_seen_in_whole_sentences() -> None:
    for _cell, name, caption in found():
        assert len(caption.split()) >= 12, name
        assert caption.rstrip().endswith("."), name


def test_every_picture_of_the_library_stands_in_the_book() -> None:
    cells = " ".join(cell for cell, _name, _caption in found())
    drawn = {name for name in pictures.__all__ if name.startswith("draw_")}
    assert [name for name in sorted(drawn) if f"{name}(" not in cells] == []


def test_at_least_seven_pictures_can_be_moved() -> None:
    assert sum("explore(" in cell for cell, _name, _caption in found()) >= 7
