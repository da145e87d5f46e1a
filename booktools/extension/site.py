"""Bring the book's stylesheets and scripts into the site, and leave out what no page needs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ext import add_global_html_resources
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

from booktools.extension.messages import book_of, current_language

OWN_STATIC = Path(__file__).parents[1] / "static"
STYLE = "book.css"
PRINTED = "print.css"
SCRIPT = "book.js"
SEARCH = "search"
SIGNS = "search/signs.js"  # of Traditional Chinese
OUTPUTS = "jupyter_execute"  # MyST-NB's name for the folder
MODULE = "module "  # stands before the name of a script that imports others

# Copied by Sphinx, the theme and its relatives, and asked for by no page.
BALLAST = (
    "locales",
    "scripts",
    "vendor",
    "webpack-macros.html",
    "**/*.map",
    "**/*.mo",
    "**/*.po",
    "**/*.pot",
)

# Loaded by default, and never used: the page's few scripts are in book.js.
UNUSED = (
    "clipboard",
    "copybutton",
    "design-tabs",
    "sphinx-design",
    "sphinx-book-theme.js",
    "thebe",
    "togglebutton",
    "togglehint",
    "toggleopenonprint",
    "documentation_options.pagename",
    "translations.js",
    "documentation_options.js",
    "doctools.js",
    "sphinx_highlight.js",
)
UNUSED_SCRIPTS = (
    "_sphinx_javascript_frameworks_compat",
    "clipboard",
    "copybutton",
    "design-tabs",
    "doctools",
    "documentation_options",
    "language_data",
    "searchtools",
    "sphinx-thebe",
    "sphinx_highlight",
    "togglebutton",
    "translations",
)
UNUSED_EXTENSIONS = ("sphinx_thebe", "sphinx_comments", "sphinx_copybutton", "sphinx_togglebutton")

_SIDES = {"left": "start", "right": "end"}
_BOX = re.compile(r"\b(margin|padding|border)-(left|right)(?=[-:])")
_INSET = re.compile(r"(?<=[{;])\s*(left|right)(?=:)")
_VALUE = re.compile(r"(?<=text-align:)(left|right)")
_FLOAT = re.compile(r"\b(float|clear):(left|right)")


def add_static_folders(app: Sphinx, config: Config) -> None:
    """Copy these folders' files into the site's _static."""
    config.html_static_path = [*config.html_static_path, *map(str, static_folders(app))]


def static_folders(app: Sphinx) -> list[Path]:
    """Return the folders with the files of every page and of this book's figures."""
    root = book_of(app).root
    return [OWN_STATIC, *(root / name for name in app.config.book_static)]


def name_folders_from_the_book(app: Sphinx, config: Config) -> None:
    """Leave the machine's paths out of the settings, whose digest stands in .buildinfo."""
    for name in ("templates_path", "html_static_path"):
        config[name] = [_from_the_book(Path(app.confdir), folder) for folder in config[name]]


def _from_the_book(root: Path, folder: str) -> str:
    path = Path(folder)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else folder


def silence_unused(app: Sphinx, config: Config) -> None:
    """Keep the extensions that Jupyter Book always loads from adding scripts to the text."""
    for listeners in app.events.listeners.values():
        for listener in list(listeners):
            if listener.handler.__module__ in UNUSED_EXTENSIONS:
                listeners.remove(listener)


def replace_index(app: Sphinx) -> None:
    """Write the page for searching, but not Sphinx's own index, which nothing asks."""
    if isinstance(app.builder, StandaloneHTMLBuilder):
        app.builder.search = False
        app.config.html_additional_pages = {
            SEARCH: f"{SEARCH}.html",
            **app.config.html_additional_pages,
        }


def keep_outputs_apart(app: Sphinx) -> None:
    """Let MyST-NB put what cells show beside the sites, not among what is published."""
    folder = Path(app.doctreedir).parents[1] / OUTPUTS / Path(app.outdir).name
    app.env.mystnb_config = app.env.mystnb_config.copy(  # type: ignore[attr-defined]
        output_folder=str(folder)
    )


def choose_assets(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Link what this page uses and drop the rest."""
    app.add_css_file(STYLE, priority=900)
    app.add_css_file(PRINTED, priority=950, media="print")
    app.add_js_file(SCRIPT, loading_method="defer", priority=900)
    for marker, files in app.config.book_assets.items():
        if marker in context.get("body", ""):
            _link(app, files)
    for kind in ("css_files", "script_files"):
        context[kind] = [asset for asset in context[kind] if not _is_any(asset, UNUSED)]


def _link(app: Sphinx, files: Iterable[str]) -> None:
    for name in files:
        if name.endswith(".css"):
            app.add_css_file(name, priority=850)
        elif name.startswith(MODULE):
            app.add_js_file(name.removeprefix(MODULE), type="module")
        else:
            app.add_js_file(name, loading_method="defer")


def _is_any(asset: Any, names: Iterable[str]) -> bool:
    body = getattr(asset, "attributes", {}).get("body", "")
    text = f"{getattr(asset, 'filename', asset)} {body}".lower()
    return any(name in text for name in names)


def write_style_of_cells(app: Sphinx, env: BuildEnvironment) -> None:
    """Write MyST-NB's stylesheet before the pages, not after: they link it by what it holds."""
    if app.builder.format == "html":
        (Path(app.outdir) / "_static").mkdir(parents=True, exist_ok=True)
        add_global_html_resources(app, None)


def drop_ballast(app: Sphinx, exception: Exception | None) -> None:
    """Leave out of the site what no page asks for."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    unused = [*BALLAST, *(f"{name}*.js" for name in UNUSED_SCRIPTS)]
    for path in {path for pattern in unused for path in static.glob(pattern)}:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    (Path(app.outdir) / "searchindex.js").unlink(missing_ok=True)


def mirror_styles(app: Sphinx, exception: Exception | None) -> None:
    """Let the theme's stylesheets follow the writing direction of a right-to-left book."""
    if exception or app.builder.format != "html" or current_language(app).direction == "ltr":
        return
    static = Path(app.outdir) / "_static"
    names = ("basic.css", "styles/*.css", "mystnb*.css")
    for path in (path for name in names for path in static.glob(name)):
        path.write_text(to_logical(path.read_text(encoding="utf-8")), encoding="utf-8")


def to_logical(css: str) -> str:
    """Replace left and right by start and end in a stylesheet's properties."""
    css = _BOX.sub(lambda match: f"{match[1]}-inline-{_SIDES[match[2]]}", css)
    css = _INSET.sub(lambda match: f"inset-inline-{_SIDES[match[1]]}", css)
    css = _VALUE.sub(lambda match: _SIDES[match[1]], css)
    return _FLOAT.sub(lambda match: f"{match[1]}:inline-{_SIDES[match[2]]}", css)


def link_signs(app: Sphinx) -> None:
    """Let the search on a page in Chinese know the signs of the other script, too."""
    if current_language(app).tag.partition("-")[0] == "zh":
        app.add_js_file(SIGNS, loading_method="defer")


def setup(app: Sphinx) -> None:
    """Register the folders, the choice of assets and the files that are written last."""
    app.add_config_value("book_static", [], "html")  # folders in the book, copied to _static
    app.add_config_value("book_assets", {}, "html")  # what a page must hold -> files it then links
    app.connect("config-inited", add_static_folders)
    app.connect("config-inited", name_folders_from_the_book, priority=990)
    app.connect("config-inited", silence_unused, priority=10)
    app.connect("html-page-context", choose_assets, priority=900)
    app.connect("env-updated", write_style_of_cells)
    app.connect("builder-inited", replace_index)
    app.connect("builder-inited", keep_outputs_apart, priority=900)
    app.connect("build-finished", mirror_styles)
    app.connect("build-finished", drop_ballast, priority=930)
