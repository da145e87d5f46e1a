"""The {chapters} directive: the chapters of the course as cards, with the time that reading takes.

Its body is what stands in a notebook, too: lists of links to chapters, each with what it teaches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.locale import _, get_translator
from sphinx.util import docname_join, logging
from sphinx.util.docutils import SphinxDirective
from sphinx_design.shared import is_component

from booktools.extension.quiz import quiz_answer, quiz_choice

_logger = logging.getLogger(__name__)

STYLE = "landing.css"
LIST, START, AIM, MINUTES = "vg-chapters", "vg-start", "vg-aim", "vg-minutes"
PAGE = "chapter"  # attribute of a list's item: the page that it leads to
TIME, CARDS = "minutes to read", "has cards"  # among what Sphinx keeps of a page
_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[^\W_]+")
WORDS_PER_MINUTE, CHARACTERS_PER_MINUTE = 180, 300
_NOT_READ = (nodes.raw, nodes.math_block, nodes.comment)


class Chapters(SphinxDirective):
    """Read lists of chapters."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the lists; an item without a chapter becomes a warning, which fails the build."""
        body = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, body)
        for one in body.findall(nodes.bullet_list):
            one["classes"].append(LIST)
            for item in one.children:
                self._note_page(item)
        return body.children

    def _note_page(self, item: Any) -> None:
        links = item.findall(addnodes.pending_xref)
        target = next((link["reftarget"] for link in links if link["reftype"] == "doc"), None)
        if target is None:
            fault = "a chapter's card needs a link: begin its line with {doc}`its page`"
            _logger.warning(fault, location=self.get_location(), type="chapters")
        else:
            item[PAGE] = docname_join(self.env.docname, target)


def minutes(text: str) -> int:
    """Return how many minutes a text takes to read, at least one."""
    characters = len(_HAN.findall(text))
    words = len(_WORD.findall(_HAN.sub(" ", text)))
    return max(1, round(words / WORDS_PER_MINUTE + characters / CHARACTERS_PER_MINUTE))


def note_time(app: Sphinx, doctree: nodes.document) -> None:
    """Remember how long the words of a page take, those of its code among them.

    What stays folded is not counted: an answer is read after its exercise, whose minutes it tells.
    Nor is what a drawing says to those who do not see it.
    """
    words = (
        text.astext()
        for text in doctree.findall(nodes.Text)
        if not isinstance(text.parent, _NOT_READ) and not _folded(text)
    )
    kept = app.env.metadata[app.env.docname]
    kept[TIME], kept[CARDS] = minutes(" ".join(words)), any(_lists(doctree))


def _folded(text: nodes.Node) -> bool:
    """Return whether a text waits in something closed, or behind a drawing."""
    around = text.parent
    return around is not None and (_closes(around, text) or _folded(around))


def _closes(around: nodes.Element, part: nodes.Node) -> bool:
    """Return whether a dropdown, a question, a cell or an output does not show one of its parts."""
    if is_component(around, "dropdown"):
        return not around["opened"]
    if isinstance(around, quiz_answer):
        return not isinstance(part, quiz_choice)
    marks = getattr(part, "attributes", {})
    if marks.get("mime_type") == "text/plain":
        return "<svg" in around.astext()
    mode = around.get("hide_mode")
    return mode == "all" or f"cell_{mode}" in marks.get("classes", ())


def write_cards_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return the pages with cards, if a chapter takes another time than before."""
    times = {page: kept.get(TIME) for page, kept in env.metadata.items()}
    before = getattr(env, "book_times_shown", times)
    env.book_times_shown = times  # type: ignore[attr-defined]
    return [page for page, kept in env.metadata.items() if kept.get(CARDS) and times != before]


def make_cards(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """On a web page, make cards of the lists, with a button to the first chapter before them."""
    lists = list(_lists(doctree))
    if app.builder.format != "html" or not lists:
        return
    cards = [item for one in lists for item in one.findall(nodes.list_item) if PAGE in item]
    _find_missing(app, page, {item[PAGE] for item in cards}, lists[0])
    if cards:
        address = app.builder.get_relative_uri(page, cards[0][PAGE])
        link = nodes.reference("", _("Start the course"), refuri=address, internal=True)
        first = _before(lists[0])
        button = nodes.paragraph("", "", link, classes=[START])
        first.parent.insert(first.parent.index(first), button)
    for item in cards:
        _make_card(app.env, item)


def _lists(doctree: nodes.document) -> Iterator[nodes.bullet_list]:
    for one in doctree.findall(nodes.bullet_list):
        if LIST in one["classes"]:
            yield one


def _before(first: nodes.Element) -> nodes.Element:
    """Return the heading of the first group, or the list itself."""
    place = first.parent.index(first)
    above = first.parent[place - 1] if place else first
    strong = next(above.findall(nodes.strong), None) if isinstance(above, nodes.paragraph) else None
    is_heading = strong is not None and strong.astext() == above.astext()
    return above if is_heading and isinstance(above, nodes.Element) else first


def _make_card(env: BuildEnvironment, item: nodes.list_item) -> None:
    """Put below the link what the chapter teaches, and how long it takes."""
    paragraph = next(item.findall(nodes.paragraph))
    link, *rest = paragraph.children
    aim = nodes.inline("", "", *rest, classes=[AIM])
    if aim.children and isinstance(aim[0], nodes.Text):
        aim[0] = nodes.Text(aim[0].lstrip(" :："))
    count = env.metadata[item[PAGE]].get(TIME, 1)
    # Translators: how long a chapter takes to read; "min" is short for "minutes".
    time = get_translator().ngettext("{count} min", "{count} min", count).format(count=count)
    paragraph[:] = [link, aim, nodes.inline("", time, classes=[MINUTES])]


def _find_missing(app: Sphinx, page: str, shown: set[str], place: nodes.Element) -> None:
    """Warn of the pages that stand in a part of the contents with chapters of the cards."""
    parts = [
        [name for _title, name in part["entries"]]
        for part in app.env.tocs[app.config.root_doc].findall(addnodes.toctree)
    ]
    for name in [name for names in parts if shown & set(names) for name in names]:
        if name not in shown:
            fault = "the chapter %s has no card: write a line for it, or move it to another part"
            _logger.warning(fault, name, location=place, type="chapters")


def link_style(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Link the style of the cards where there are some."""
    if LIST in context.get("body", ""):
        app.add_css_file(STYLE)


def setup(app: Sphinx) -> None:
    """Register the directive and the listeners."""
    app.add_directive("chapters", Chapters)
    app.connect("doctree-read", note_time)
    app.connect("env-updated", write_cards_again)
    app.connect("doctree-resolved", make_cards)
    app.connect("html-page-context", link_style)
