"""The command line: `python -m booktools COMMAND`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from booktools import build as building
from booktools import serve as serving
from booktools.languages import ROOT, LanguageError, load_languages

PORT = 8000


class Commands(click.Group):
    """Turns an error in the input into a message; a fault of ours stays a traceback."""

    def invoke(self, context: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(context)
        except (building.BuildError, LanguageError, OSError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--root", type=click.Path(path_type=Path, exists=True), default=ROOT, hidden=True)
@click.pass_context
def booktools(context: click.Context, root: Path) -> None:
    """Build one book in several languages; write its notebooks; look after its catalogues."""
    context.obj = root.resolve()


def known_codes(context: click.Context, _: click.Parameter, value: tuple[str, ...] | str) -> object:
    """Return the codes as given; refuse one that languages.toml lacks."""
    known = [language.code for language in load_languages(_table(context.obj))]
    for code in (value,) if isinstance(value, str) else value:
        if code not in known:
            raise click.BadParameter(
                f"{code!r} is not a language of the book; choose from {', '.join(known)}, "
                f"or add it with: python -m booktools new {code}"
            )
    return value or tuple(known)


def _table(root: Path) -> Path:
    return root / "locales/languages.toml"


@booktools.command()
@click.argument("codes", nargs=-1, callback=known_codes, metavar="[CODE …]")
@click.pass_obj
def build(root: Path, codes: tuple[str, ...]) -> None:
    """Build these languages' sites (all without a CODE) into _build/html."""
    building.build_all(root, codes)
    click.echo(f"built: {root / '_build/html/index.html'}")


@booktools.command()
@click.argument("code", required=False)
@click.option("--port", default=PORT, show_default=True, help="0 takes any free port.")
@click.pass_context
def serve(context: click.Context, code: str | None, port: int) -> None:
    """Build one language, serve it, and rebuild the page when its .md or .po changes.

    Without a CODE, serve what is built and change nothing.
    """
    root: Path = context.obj
    if code is None:
        serving.serve_site(_built(root), port)
    else:
        known_codes(context, context.command.params[0], code)
        serving.serve_language(root, code, port)


def _built(root: Path) -> Path:
    site = root / "_build/html"
    if not (site / "index.html").exists():
        raise click.ClickException(f"nothing is built in {site}; run: python -m booktools build")
    return site


@booktools.command()
@click.argument("codes", nargs=-1, callback=known_codes, metavar="[CODE …]")
@click.pass_obj
def notebooks(root: Path, codes: tuple[str, ...]) -> None:
    """Regenerate these languages' notebooks (all without a CODE) from the book."""
    from booktools.notebooks import write_notebooks

    for path in write_notebooks(root, codes, root / "notebooks"):
        click.echo(path.relative_to(root))


@booktools.command()
@click.argument("codes", nargs=-1, callback=known_codes, metavar="[CODE …]")
@click.pass_obj
def check(root: Path, codes: tuple[str, ...]) -> None:
    """Check these languages' catalogues (all without a CODE) with every rule."""
    from booktools.checks import check_catalogues

    findings = check_catalogues(codes, root=root)
    for finding in findings:
        click.echo(finding)
    click.echo(f"{len(findings)} findings in {', '.join(codes)}", err=True)
    sys.exit(bool(findings))


if __name__ == "__main__":
    booktools(prog_name="python -m booktools")
