"""The command line: `python -m booktools COMMAND`."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import NoReturn

from booktools import missing

try:
    import click

    from booktools import catalogues
    from booktools.book import CONTENTS, SETTINGS, Book, book_around
    from booktools.build import build_all
    from booktools.checks import check_catalogues, shortened
    from booktools.downloads import KINDS
    from booktools.extraction import extract_messages
    from booktools.faults import FAULTS, as_sentence
    from booktools.languages import Language, check_code, is_code, near_codes, understood
    from booktools.progress import Stands
    from booktools.serve import serve_language, serve_site
except ModuleNotFoundError as error:
    sys.exit(missing(error))

PORT = 8000
PORTS = click.IntRange(0, 65535)
_ROW = "{:>6} {:<40} {:>5} {:>10} {:>6} {:>8}"


@dataclass(frozen=True)
class Place:
    """Where the book is: the folder given, or the one in which the user stands."""

    given: Path | None

    @cached_property
    def root(self) -> Path:
        """The book's folder; a sentence where there is none."""
        files = f"{SETTINGS} and {CONTENTS}"
        root = self.given or book_around(Path.cwd())
        if root is None:
            raise click.UsageError(
                f"no book is here: neither {Path.cwd()} nor a folder above it has {files}; "
                "go to the book's folder, or name it with --root"
            )
        if not any((root / name).exists() for name in (SETTINGS, CONTENTS)):
            raise click.UsageError(f"no book is in {root}: it has no {files}; correct --root")
        return root.resolve()

    @property
    def book(self) -> Book:
        """The book as its files are now."""
        return Book(self.root)


class Commands(click.Group):
    """Turns an error in the input into a message; a fault of ours stays a traceback."""

    def invoke(self, context: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(context)
        except FAULTS as error:
            raise click.ClickException(str(error)) from error
        except ModuleNotFoundError as error:
            raise click.ClickException(missing(error)) from error
        except KeyboardInterrupt:
            _end_at_once()
        except OSError as error:
            raise click.ClickException(as_sentence(error, context.obj.root)) from error


def _end_at_once() -> NoReturn:
    """End without Python's own clearing up, which takes seconds once Sphinx is loaded."""
    click.echo("\nAborted!", err=True)
    sys.stdout.flush()
    os._exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The book's folder; by default the one in which you are, or the nearest above it.",
)
@click.pass_context
def booktools(context: click.Context, root: Path | None) -> None:
    """Build one book in several languages; write its notebooks; look after its catalogues."""
    context.obj = Place(root)


def known_codes(
    context: click.Context, _: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the codes, or all; refuse one that languages.toml lacks."""
    languages = context.obj.book.languages
    given = dict.fromkeys(_known_code(code, languages) for code in value)
    return tuple(given) or tuple(language.code for language in languages)


def translation_codes(
    context: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the codes, or all, of languages with catalogues; refuse the source language."""
    codes = known_codes(context, parameter, value)
    book = context.obj.book
    source = book.source.code
    if value and source in codes:
        others = ", ".join(language.code for language in book.translations)
        raise click.BadParameter(
            f"{source} is the language in which the book is written and has no catalogue; "
            f"leave it out, or choose from {others}"
        )
    return tuple(code for code in codes if code != source)


def known_code(context: click.Context, _: click.Parameter, value: str | None) -> str | None:
    """Return the code where one is given; refuse one that languages.toml lacks."""
    return value and _known_code(value, context.obj.book.languages)


def new_code(context: click.Context, _: click.Parameter, value: str) -> str:
    """Return the code of a language to be added; refuse one that is there or is no code."""
    book = context.obj.book
    if code := understood(value, () if book.untranslated else book.languages):
        raise click.BadParameter(f"{code} is a language of the book already; choose another code")
    check_code(book.language_table, value)
    return value


def _known_code(given: str, languages: Sequence[Language]) -> str:
    if code := understood(given, languages):
        return code
    known = ", ".join(language.code for language in languages)
    near = " or ".join(near_codes(given, languages))
    remedy = f"did you mean {near}? Choose" if near else "choose"
    addition = f", or add it with: python -m booktools new {given}" if is_code(given) else ""
    raise click.BadParameter(
        f"{given!r} is not a language of the book; {remedy} from {known}{addition}"
    )


@booktools.command()
@click.argument("codes", nargs=-1, callback=known_codes, metavar="[CODE …]")
@click.option("--port", type=PORTS, help="Then serve them at this port; 0 takes any free one.")
@click.pass_obj
def build(place: Place, codes: tuple[str, ...], port: int | None) -> None:
    """Build these languages' sites (all without a CODE) into _build/html."""
    site = place.root / "_build/html"

    def make(stands: Stands | None = None) -> None:
        build_all(place.root, codes, stands)
        click.echo(f"built: {site / 'index.html'}")

    if port is None:
        make()
    else:
        serve_site(site, port, make)


@booktools.command()
@click.argument("codes", nargs=-1, callback=known_codes, metavar="[CODE …]")
@click.option(
    "--only", "kinds", multiple=True, type=click.Choice(KINDS), help="Make this kind; repeatable."
)
@click.pass_obj
def editions(place: Place, codes: tuple[str, ...], kinds: tuple[str, ...]) -> None:
    """Build these languages' sites with the book as a zip, an EPUB and a PDF to take along."""
    from booktools.editions import make_editions

    for made in make_editions(place.root, codes, kinds or KINDS):
        click.echo(made)


@booktools.command()
@click.argument("code", required=False, callback=known_code)
@click.option("--port", type=PORTS, default=PORT, show_default=True, help="0 takes any free port.")
@click.pass_obj
def serve(place: Place, code: str | None, port: int) -> None:
    """Build one language, serve it, and rebuild the page when its .md or .po changes.

    Without a CODE, serve what is built and change nothing.
    """
    if code is None:
        serve_site(_built(place.root), port)
    else:
        serve_language(place.root, code, port)


def _built(root: Path) -> Path:
    site = root / "_build/html"
    if not (site / "index.html").exists():
        raise click.ClickException(f"nothing is built in {site}; run: python -m booktools build")
    return site


@booktools.command()
@click.argument("codes", nargs=-1, callback=known_codes, metavar="[CODE …]")
@click.pass_obj
def notebooks(place: Place, codes: tuple[str, ...]) -> None:
    """Regenerate these languages' notebooks (all without a CODE) from the book."""
    from booktools.notebooks import write_notebooks

    for path in write_notebooks(place.root, codes, place.root / "notebooks"):
        click.echo(path.relative_to(place.root))


@booktools.command()
@click.argument("codes", nargs=-1, callback=known_codes, metavar="[CODE …]")
@click.pass_obj
def check(place: Place, codes: tuple[str, ...]) -> None:
    """Check these languages' catalogues (all without a CODE) with every rule."""
    findings = check_catalogues(codes, root=place.root, report=partial(click.echo, err=True))
    for line in shortened(findings):
        click.echo(line)
    click.echo(f"{len(findings)} findings in {', '.join(codes)}", err=True)
    sys.exit(bool(findings))


@booktools.command()
@click.argument("codes", nargs=-1, callback=translation_codes, metavar="[CODE …]")
@click.pass_obj
def update(place: Place, codes: tuple[str, ...]) -> None:
    """Bring new and changed messages of the book and its packages into the catalogues."""
    changes = catalogues.update(codes, root=place.root, extract=_extract(place.root))
    for change in changes:
        counts = f"{len(change.fuzzied)} to look at, {len(change.carried)} carried over"
        click.echo(f"{change.language:>6} {change.domain:<40} {change.state}: {counts}")
        for line in shortened(change.findings):
            click.echo(line, err=True)
    sys.exit(any(change.findings for change in changes))


@booktools.command()
@click.argument("codes", nargs=-1, callback=translation_codes, metavar="[CODE …]")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list instead of a table.")
@click.pass_obj
def status(place: Place, codes: tuple[str, ...], as_json: bool) -> None:
    """Show how much of each catalogue is translated, fuzzy and missing."""
    rows = catalogues.status(codes, root=place.root)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    click.echo(_ROW.format("", "catalogue", "done", "translated", "fuzzy", "missing"))
    for row in rows:
        share = f"{math.floor(100 * row.share)}%"
        counts = row.translated, row.fuzzy, row.missing
        click.echo(_ROW.format(row.language, row.domain, share, *counts))
        if row.unread:
            click.echo(row.unread, err=True)


@booktools.command()
@click.argument("code", callback=new_code)
@click.option("--tag", default="", help="BCP 47 tag for HTML, such as zh-CN.")
@click.option("--name", default="", help="The language's name in itself.")
@click.option("--direction", default="", help="ltr or rtl.")
@click.option("--plurals", default="", help="gettext's Plural-Forms.")
@click.pass_obj
def new(place: Place, code: str, tag: str, name: str, direction: str, plurals: str) -> None:
    """Add a language: its entry in languages.toml, its catalogues, its folder of notebooks.

    What no option gives comes from Unicode's tables.
    """
    language = catalogues.new_language(
        code,
        tag=tag,
        name=name,
        direction=direction,
        plurals=plurals,
        root=place.root,
        extract=_extract(place.root),
    )
    click.echo(
        f"{language.name} is in {place.book.language_table}; its catalogues are in locales/{code}"
    )
    click.echo(f"See it with: python -m booktools serve {code}")


def _extract(root: Path) -> Callable[[Path], None]:
    def extract(target: Path) -> None:
        click.echo("reading the messages of the book")
        extract_messages(target, root)

    return extract


if __name__ == "__main__":
    booktools(prog_name="python -m booktools")
