"""A page's own words have the plural forms of its language."""

from gettext import NullTranslations

import pytest

from booktools.extension.theme import BookTranslations, is_plain_form
from booktools.languages import Language

ARABIC = (
    "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 "
    ": n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
)
LANGUAGE = Language(code="ar", tag="ar", name="العربية", direction="rtl", plurals=ARABIC)
MINUTES = "{count} min", "{count} min"
FORMS = ("أقل من دقيقة", "دقيقة", "دقيقتان", "{count} دقائق", "{count} دقيقة", "{count} دقيقة.")


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (1, "دقيقة"),
        (2, "دقيقتان"),
        (7, "{count} دقائق"),
        (25, "{count} دقيقة"),
        (100_000, FORMS[5]),
    ],
)
def test_a_number_takes_its_form(count: int, text: str) -> None:
    words = BookTranslations({}, NullTranslations(), {MINUTES: FORMS}, LANGUAGE.plural_form)
    assert words.ngettext(*MINUTES, count) == text
    assert words.ngettext("{count} hour", "{count} hours", count) == (
        "{count} hour" if count == 1 else "{count} hours"
    )


@pytest.mark.parametrize(
    ("text", "alone", "is_plain"),
    [
        ("دقيقتان", True, True),
        ("دقيقتان", False, False),
        ("{count} دقيقة", False, True),
        ("{counts} دقيقة", False, False),
        ("<b>{count}</b>", False, False),
        ("{count} {count}", True, False),
    ],
)
def test_a_form_brings_words_and_spells_a_number_only_where_it_has_one(
    text: str, alone: bool, is_plain: bool
) -> None:
    assert is_plain_form(*MINUTES, text, alone=alone) is is_plain
