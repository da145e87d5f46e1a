"""The {translations} directive: how far each language is, and where its translators begin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.locale import _
from sphinx.util.docutils import SphinxDirective

from booktools.book import Book
from booktools.catalogues import Count, Progress, status
from booktools.extension.fallback import CLASS
from booktools.languages import Language


@dataclass
class Counted:
    """What is known of the catalogues, and what the pages show of it."""

    known: dict[Path, Count] = field(default_factory=dict)
    pages: dict[str, tuple[Progress, ...]] = field(default_factory=dict)

    def rows(self, root: Path) -> tuple[Progress, ...]:
        """Count what has changed."""
        return status(root=root, known=self.known)


def counted(env: BuildEnvironment) -> Counted:
    """Return what an environment keeps."""
    if not hasattr(env, "book_counted"):
        env.book_counted = Counted()  # type: ignore[attr-defined]
    kept: Counted = env.book_counted  # type: ignore[attr-defined]
    return kept


def recounted(app: Sphinx, env: BuildEnvironment, *_sets: Any) -> Sequence[str]:
    """Name the pages whose numbers are others than when they were read."""
    shown = counted(env).pages
    rows = counted(env).rows(Path(app.srcdir)) if shown else ()
    return [page for page, before in shown.items() if page in env.all_docs and before != rows]


def forget_page(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Forget a page that is read again or gone."""
    counted(env).pages.pop(page, None)


def merge_pages(app: Sphinx, env: BuildEnvironment, pages: set[str], other: Any) -> None:
    """Take over what another process has read."""
    theirs = counted(other).pages
    counted(env).pages.update({page: theirs[page] for page in pages & theirs.keys()})


class Translations(SphinxDirective):
    """Put a table with a row per translation here."""

    def run(self) -> list[nodes.Node]:
        """Return the table; the page is read again when one of its numbers changes."""
        book = Book(Path(self.env.srcdir))
        rows = counted(self.env).rows(book.root)
        counted(self.env).pages[self.env.docname] = rows
        body = [
            list(_row(language, book, [row for row in rows if row.language == language.code]))
            for language in book.translations
        ]
        titles = (_("Language"), _("Translated"), _("Finished pages"), _("Guide"))
        address = self.config.book_repository
        guides = [_guide(book, language, address) for language in book.translations]
        head = [nodes.paragraph("", title) for title in titles]
        return [_table([head, *([*row, guide] for row, guide in zip(body, guides, strict=True))])]


def _row(language: Language, book: Book, rows: Sequence[Progress]) -> Iterator[nodes.paragraph]:
    name = nodes.inline("", language.name, classes=[CLASS + language.tag])
    yield nodes.paragraph("", "", name)
    done, total = sum(row.translated for row in rows), sum(row.total for row in rows)
    yield nodes.paragraph("", f"{100 * done // max(total, 1)}%")
    pages = [row for row in rows if book.is_page(row.domain)]
    finished = sum(row.translated == row.total for row in pages)
    yield nodes.paragraph("", f"{finished} / {len(pages)}")


def _guide(book: Book, language: Language, address: str | None) -> nodes.paragraph:
    """Name the language's own guide for translators, else the general one."""
    own = book.language_folder(language.code) / "TRANSLATING.md"
    path = own if own.exists() else book.root / "TRANSLATING.md"
    text = nodes.literal("", path.relative_to(book.root).as_posix())
    target = f"{address}/blob/{book.branch}/{book.in_repository(path)}"
    link = nodes.reference("", "", text, refuri=target)
    return nodes.paragraph("", "", link if address and path.exists() else text)


def _table(rows: Sequence[Sequence[nodes.Node]]) -> nodes.table:
    group = nodes.tgroup(cols=len(rows[0]))
    group += [nodes.colspec(colwidth=1) for _cell in rows[0]]
    entries = [nodes.row("", *(nodes.entry("", cell) for cell in row)) for row in rows]
    group += [nodes.thead("", entries[0]), nodes.tbody("", *entries[1:])]
    return nodes.table("", group, classes=["colwidths-auto"])


def setup(app: Sphinx) -> None:
    """Register the directive and what keeps its numbers up to date."""
    app.add_directive("translations", Translations)
    app.connect("env-get-outdated", recounted)
    app.connect("env-purge-doc", forget_page)
    app.connect("env-merge-info", merge_pages)
