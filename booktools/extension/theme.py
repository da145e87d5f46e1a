"""Install our translations of the page's own words over those of Sphinx and of the themes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from gettext import NullTranslations

from sphinx import locale
from sphinx.application import Sphinx
from sphinx.config import Config

from booktools.book import THEME
from booktools.checks.security import is_visible, same_places
from booktools.extension.messages import current_language, read_messages, read_plurals
from booktools.languages import Language

CATALOGUES = (THEME, "sphinx", "booktheme", "togglebutton")
Plurals = Mapping[tuple[str, str], tuple[str, ...]]
_MARKUP = frozenset('<>"`\\{}')


class BookTranslations(NullTranslations):
    """Our messages, and behind them the translations that were installed before."""

    def __init__(
        self,
        messages: Mapping[str, str],
        upstream: NullTranslations,
        plurals: Plurals,
        form_of: Callable[[int], int],
    ) -> None:
        """Take msgid -> msgstr, and the translations that answer for other messages.

        plurals: (singular, plural) -> the forms. form_of: which of them a number takes.
        """
        super().__init__()
        self._messages = messages
        self._plurals = plurals
        self._form_of = form_of
        self.add_fallback(upstream)

    def gettext(self, message: str) -> str:
        """Return our translation, else upstream's, else the message."""
        return self._messages.get(message) or super().gettext(message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """Return the form of our translation for a number, else upstream's, else the English."""
        if forms := self._plurals.get((singular, plural)):
            return forms[self._form_of(n)]
        return super().ngettext(singular, plural, n)


def is_plain_text(msgid: str, msgstr: str) -> bool:
    """Tell whether a translation brings words only: templates print it raw, Sphinx formats it."""
    new = (_MARKUP & set(msgstr)) - set(msgid)
    return not new and is_visible(msgstr) and same_places(msgid, msgstr)


def is_plain_form(singular: str, plural: str, text: str, *, alone: bool) -> bool:
    """Tell whether a plural form brings words only; one that is `alone` may spell its number."""
    if not alone:
        return is_plain_text(plural, text)
    return is_plain_text(singular, text) or is_plain_text(singular.replace("{count}", ""), text)


def _plural_forms(app: Sphinx, language: Language) -> Plurals:
    found = read_plurals(app, language.code, THEME)
    alone = [language.plural_numbers(form) == 1 for form in range(language.plural_count)]
    return {
        (singular, plural): texts
        for (singular, plural), texts in found.items()
        if len(texts) == len(alone)
        if all(
            is_plain_form(singular, plural, text, alone=one)
            for text, one in zip(texts, alone, strict=True)
        )
    }


def install(app: Sphinx, config: Config) -> None:
    """Replace the translators of every catalogue that a page's words come from."""
    found = read_messages(app, config.language, THEME)
    messages = {msgid: text for msgid, text in found.items() if is_plain_text(msgid, text)}
    language = current_language(app)
    plurals = _plural_forms(app, language)
    for catalogue in CATALOGUES:
        upstream = locale.get_translator(catalogue)
        if isinstance(upstream, BookTranslations):  # an earlier build in this process
            upstream = NullTranslations()
        locale.translators["general", catalogue] = BookTranslations(
            messages, upstream, plurals, language.plural_form
        )
    app.translator = locale.get_translator()  # what templates ask


def setup(app: Sphinx) -> None:
    """Install the messages before any builder or template asks for one."""
    app.connect("config-inited", install, priority=100)
