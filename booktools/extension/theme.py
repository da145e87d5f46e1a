"""Install our translations of the page's own words over those of Sphinx and of the themes."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import NullTranslations

from sphinx import locale
from sphinx.application import Sphinx
from sphinx.config import Config

from booktools.book import THEME
from booktools.checks.security import is_visible, same_places
from booktools.extension.messages import read_messages

CATALOGUES = (THEME, "sphinx", "booktheme", "togglebutton")
_MARKUP = frozenset('<>"`\\{}')


class BookTranslations(NullTranslations):
    """Our messages, and behind them the translations that were installed before."""

    def __init__(self, messages: Mapping[str, str], upstream: NullTranslations) -> None:
        """Take msgid -> msgstr, and the translations that answer for other messages."""
        super().__init__()
        self._messages = messages
        self.add_fallback(upstream)

    def gettext(self, message: str) -> str:
        """Return our translation, else upstream's, else the message."""
        return self._messages.get(message) or super().gettext(message)


def is_plain_text(msgid: str, msgstr: str) -> bool:
    """Tell whether a translation brings words only: templates print it raw, Sphinx formats it."""
    new = (_MARKUP & set(msgstr)) - set(msgid)
    return not new and is_visible(msgstr) and same_places(msgid, msgstr)


def install(app: Sphinx, config: Config) -> None:
    """Replace the translators of every catalogue that a page's words come from."""
    found = read_messages(app, config.language, THEME)
    messages = {msgid: text for msgid, text in found.items() if is_plain_text(msgid, text)}
    for catalogue in CATALOGUES:
        upstream = locale.get_translator(catalogue)
        if isinstance(upstream, BookTranslations):  # an earlier build in this process
            upstream = NullTranslations()
        locale.translators["general", catalogue] = BookTranslations(messages, upstream)
    app.translator = locale.get_translator()  # what templates ask


def setup(app: Sphinx) -> None:
    """Install the messages before any builder or template asks for one."""
    app.connect("config-inited", install, priority=100)
