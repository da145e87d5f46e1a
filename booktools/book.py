"""One book: the folder in which it is written, its languages, its catalogues, its pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from posixpath import commonpath
from typing import Any

import yaml

from booktools.faults import BuildError
from booktools.glossary_terms import Terms, load_terms
from booktools.languages import Language, LanguageError, load_languages
from booktools.library import Library

TOC, THEME = "toc", "theme"  # catalogues of the parts' captions and of what stands around a page
OWN_DOMAINS = (TOC, THEME)
SPHINX = "sphinx"  # messages of its templates, which the theme's catalogue has
RESERVED = (*OWN_DOMAINS, SPHINX)
BRANCH = "main"
OWN_LANGUAGE = "en"
SUFFIXES = (".md", ".ipynb", ".rst")
CONTENTS = "_toc.yml"
SETTINGS = "_config.yml"
CATALOGUES = "locales"
LANGUAGES = f"{CATALOGUES}/languages.toml"
_MESSAGES = "LC_MESSAGES"  # where gettext looks, below a folder for each language


@dataclass(frozen=True)
class Book:
    """Know what stands where in the folder of a book.

    What is read is kept: a book whose files have changed is another `Book`.
    """

    root: Path

    @property
    def language_table(self) -> Path:
        """The file that lists the languages."""
        return self.root / LANGUAGES

    @cached_property
    def languages(self) -> tuple[Language, ...]:
        """The languages in the order of their table; raises `LanguageError` where it is wrong.

        The source language is the one that the book's settings name, English where they name none:
        the table may be a stranger's.
        """
        languages = load_languages(self.language_table)
        marked = next(language.code for language in languages if language.source)
        if marked != self.own_code:
            raise LanguageError(
                f"{self.language_table}: [{marked}] says source = true, but the book is written in "
                f"{self.own_code}; correct that, or `language` under sphinx: config: in {SETTINGS}"
            )
        return languages

    @property
    def own_code(self) -> str:
        """The code of the language in which the book is written: its settings', else English."""
        config = _part(_part(self._settings(), "sphinx"), "config")
        return str(config.get("language") or OWN_LANGUAGE)

    @property
    def untranslated(self) -> bool:
        """Whether nobody has begun to translate: there is no table and no folder of catalogues."""
        table = self.language_table
        folders = self.root.glob(f"{CATALOGUES}/*/{_MESSAGES}")
        return not (table.exists() or table.is_symlink() or any(folders))

    @property
    def source(self) -> Language:
        """The language in which the book is written."""
        return next(language for language in self.languages if language.source)

    @property
    def translations(self) -> tuple[Language, ...]:
        """All languages but the source."""
        return tuple(language for language in self.languages if not language.source)

    def language(self, code: str | None) -> Language:
        """Return the language with this code, the source where there is none.

        Raises `LanguageError` that lists the known codes.
        """
        for language in self.languages:
            if language.code == code or (code is None and language.source):
                return language
        known = ", ".join(language.code for language in self.languages)
        raise LanguageError(
            f"language must be one of {known}, got {code!r}; "
            f"add it with `python -m booktools new {code}`"
        )

    def chosen(self, codes: Iterable[str]) -> tuple[Language, ...]:
        """Return the translations with these codes, or all where there are none.

        The source language is left out. Raises `LanguageError` where a code is unknown.
        """
        named = tuple(self.language(code) for code in codes)
        return tuple(language for language in named or self.languages if not language.source)

    def language_folder(self, code: str) -> Path:
        """Return the folder of all that belongs to one language."""
        return self.root / CATALOGUES / code

    def catalogue_folder(self, language: Language) -> Path:
        """Return the folder of a language's catalogues."""
        return catalogues_below(self.root / CATALOGUES, language.code)

    def catalogue(self, language: Language, domain: str) -> Path:
        """Return the file of a catalogue of this name."""
        return self.catalogue_folder(language) / f"{domain}.po"

    def catalogues(self, language: Language) -> Iterator[tuple[str, Path]]:
        """Yield (gettext's name, path) of every catalogue file of a language, by path."""
        folder = self.catalogue_folder(language)
        for path in sorted(folder.rglob("*.po")):
            yield path.relative_to(folder).with_suffix("").as_posix(), path

    def terms(self, language: Language) -> Terms:
        """Return the table of terms of a language; raises `TermsError` where it is wrong."""
        return load_terms(self.language_folder(language.code) / "terms.toml")

    @cached_property
    def pages(self) -> tuple[str, ...]:
        """The pages of the table of contents in their order, such as "book/index"."""
        return tuple(dict.fromkeys(self._named(self._read(CONTENTS))))

    def page_source(self, page: str) -> Path:
        """Return the file in which a page is written, the usual one where there is none."""
        paths = [self.root / f"{page}{suffix}" for suffix in SUFFIXES]
        return next((path for path in paths if path.is_file()), paths[0])

    @property
    def packages(self) -> Mapping[str, str]:
        """Catalogue -> folder of each package of the book that has messages of its own."""
        return _part(self.settings, "book_packages")

    def is_page(self, domain: str) -> bool:
        """Say whether a catalogue is that of a page, there still or not: the parser reads it."""
        return domain not in self.packages and domain not in OWN_DOMAINS

    @property
    def library(self) -> Library | None:
        """The library that the cells use, if the settings name one."""
        named = _part(self.settings, "book_library")
        return Library(**named) if named else None

    @property
    def repository(self) -> str:
        """The address of the repository in the settings; "" where they have none."""
        return str(_part(self._settings(), "repository").get("url") or "")

    @property
    def base_address(self) -> str:
        """The address of the published book in the settings; "" where they have none."""
        return str(_part(self._settings(), "html").get("baseurl") or "").strip()

    @property
    def branch(self) -> str:
        """The branch of the repository that pages link to."""
        return str(_part(self._settings(), "repository").get("branch") or BRANCH)

    def in_repository(self, path: Path) -> str:
        """Return where a file of the book is in its repository."""
        folder = str(_part(self._settings(), "repository").get("path_to_book") or "")
        return (PurePosixPath(folder) / path.relative_to(self.root).as_posix()).as_posix()

    @property
    def domains(self) -> frozenset[str]:
        """The names that a catalogue may have."""
        return frozenset({*self.pages, *self.packages, *OWN_DOMAINS})

    @property
    def first_page(self) -> str:
        """The file name of the page with which the book begins."""
        return f"{_without_suffix(self._said(CONTENTS, 'root'))}.html"

    @property
    def title(self) -> str:
        """The title of the book in its own language."""
        return self._said(SETTINGS, "title")

    @property
    def author(self) -> str:
        """Who wrote the book; "" where the settings do not say it."""
        return str(self._settings().get("author") or "")

    @property
    def icon(self) -> str:
        """The name of the icon's file in the site's _static, "" where the book has none."""
        return PurePosixPath(str(_part(self._settings(), "html").get("favicon") or "")).name

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the book's settings say to Sphinx."""
        return _part(_part(self._read(SETTINGS), "sphinx"), "config")

    def check(self) -> None:
        """Raise BuildError where the two files cannot be read or name a page that is not there."""
        _needed = self.title, self.first_page
        for page in self.pages:
            if not any((self.root / f"{page}{suffix}").is_file() for suffix in ("", *SUFFIXES)):
                raise BuildError(
                    f"{self.root / CONTENTS} names the page {page}, "
                    f"but {self.root / page}.md is not there; write it, or remove its line"
                )
            if page in RESERVED or page in self.packages:
                raise BuildError(
                    f"{self.root / CONTENTS} names the page {page}, but {page}.po is the catalogue "
                    "of something else; call the page's file otherwise"
                )

    def _said(self, name: str, key: str) -> str:
        if value := self._read(name).get(key):
            return str(value)
        raise BuildError(f"{self.root / name}: `{key}:` is missing; add that line")

    def _settings(self) -> Mapping[str, Any]:
        """Return the settings; a book that Sphinx's own conf.py describes has none."""
        return self._read(SETTINGS) if (self.root / SETTINGS).exists() else {}

    def _named(self, part: Any) -> Iterator[str]:
        """Yield the pages that a part of the table of contents names."""
        if isinstance(part, list):
            for inner in part:
                yield from self._named(inner)
        elif isinstance(part, dict):
            for key, inner in part.items():
                if key in ("root", "file"):
                    yield _without_suffix(str(inner))
                elif key == "glob":
                    yield from self._matching(str(inner))
                else:
                    yield from self._named(inner)

    def _matching(self, pattern: str) -> Iterator[str]:
        for path in sorted(self.root.glob(pattern)):
            if path.suffix in SUFFIXES:
                yield path.relative_to(self.root).with_suffix("").as_posix()

    def _read(self, name: str) -> Mapping[str, Any]:
        """Return what one of the two files holds; raises BuildError where it holds no keys."""
        path = self.root / name
        try:
            return _keys(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BuildError(f"{path}: {error.strerror}; the book needs this file") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise BuildError(f"{_place(path, error)}: not YAML ({_what(error)}); mend it") from None


def catalogues_below(folder: Path, code: str) -> Path:
    """Return where a language's catalogues are, below a folder that holds every language's."""
    return folder / code / _MESSAGES


def notebook_name(page: str, pages: Iterable[str]) -> str:
    """Name a page's notebook: its path below the folder in which all pages of the book are."""
    folders = (PurePosixPath(name).parent.as_posix() for name in pages)
    folder = commonpath([PurePosixPath(page).parent.as_posix(), *folders])
    return f"{PurePosixPath(page).relative_to(folder or '.').as_posix()}.ipynb"


def notebook_path(page: str, pages: Iterable[str], language: Language) -> str:
    """Return where a page's notebook in a language is, from the book's folder."""
    return f"notebooks/{language.code}/{notebook_name(page, pages)}"


def book_around(folder: Path) -> Path | None:
    """Return the nearest folder, this one or above it, that holds a book."""
    folders = (folder, *folder.parents)
    return next(
        (one for one in folders if (one / SETTINGS).is_file() and (one / CONTENTS).is_file()), None
    )


@lru_cache(maxsize=8)
def _keys(text: str) -> Mapping[str, Any]:
    """Return what a text in YAML holds; each build asks hundreds of times."""
    found = yaml.safe_load(text)
    return found if isinstance(found, dict) else {}


def _part(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the settings below a key; what is none of the kind is said by the build."""
    found = settings.get(key)
    return found if isinstance(found, dict) else {}


def _place(path: Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"{path}:{mark.line + 1}" if mark else f"{path}"


def _what(error: Exception) -> str:
    return getattr(error, "problem", None) or str(error).splitlines()[0]


def _without_suffix(page: str) -> str:
    return page.removesuffix(Path(page).suffix) if page.endswith(SUFFIXES) else page
