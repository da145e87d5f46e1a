"""A cell's output leads to another page of the book by its name."""

from types import SimpleNamespace
from typing import cast

from sphinx.application import Sphinx

from booktools.extension.links import find_ways
from booktools.extension.site import choose_assets

BODY = '<a href="page:book/room#v=1&amp;a=x">x</a> page:book/room <a href="page:gone">y</a>'


def app(**config: object) -> Sphinx:
    builder = SimpleNamespace(get_relative_uri=lambda here, there: f"from {here} to {there}")
    env = SimpleNamespace(found_docs={"book/room", "book/index"})
    added: list[tuple[str, dict[str, object]]] = []
    return cast(
        Sphinx,
        SimpleNamespace(
            builder=builder,
            env=env,
            config=SimpleNamespace(**config),
            added=added,
            add_css_file=lambda name, **kwargs: added.append((name, kwargs)),
            add_js_file=lambda name, **kwargs: added.append((name, kwargs)),
        ),
    )


def test_a_link_finds_the_way_from_the_page_that_it_stands_on() -> None:
    context = {"body": BODY}
    find_ways(app(), "book/course/one", "page.html", context, None)
    way = "from book/course/one to book/room"
    assert context["body"] == (
        f'<a href="{way}#v=1&amp;a=x">x</a> page:book/room <a href="#">y</a>'
    )


def test_a_page_without_a_body_is_left_alone() -> None:
    context: dict[str, object] = {}
    find_ways(app(), "search", "search.html", context, None)
    assert context == {}


def test_a_script_that_imports_others_is_a_module_on_the_pages_that_hold_its_element() -> None:
    book = app(book_assets={"vg-lab": ["module lab/page.js", "lab.css"]})
    for body, expected in (
        (
            '<div class="vg-lab">',
            [("lab/page.js", {"type": "module"}), ("lab.css", {"priority": 850})],
        ),
        ("<p>", []),
    ):
        added = book.added  # type: ignore[attr-defined]
        added.clear()
        context = {"body": body, "css_files": [], "script_files": []}
        choose_assets(book, "book/index", "page.html", context, None)
        assert [one for one in added if "lab" in one[0]] == expected
