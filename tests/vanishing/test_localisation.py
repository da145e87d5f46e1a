"""Messages, plural forms and numbers reach the reader in the language asked for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from vanishing import localisation
from vanishing.localisation import N_, _, format_number, language, ngettext, set_language

ARABIC = (
    "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 "
    ": n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
)
HEADER = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: {}\\n"\n\n'
)
LAYERS = "".join(
    f'msgstr[{form}] "{text}"\n'
    for form, text in enumerate(
        ("لا طبقات", "طبقة واحدة", "طبقتان", "{count} طبقات", "{count} طبقة", "{count} طبقة.")
    )
)
Write = Callable[[str, str, str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Give a function that writes a catalogue into an otherwise empty folder of locales."""
    monkeypatch.setattr(localisation, "LOCALES", tmp_path)
    monkeypatch.setattr(localisation, "_chosen", None)

    def write_catalogue(code: str, plural_forms: str, entries: str) -> None:
        path = tmp_path / code / "LC_MESSAGES" / "vanishing.po"
        path.parent.mkdir(parents=True)
        path.write_text(HEADER.format(plural_forms) + entries, encoding="utf-8")

    return write_catalogue


def entry(message: str, translation: str) -> str:
    return f'msgid "{message}"\nmsgstr "{translation}"\n\n'


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "لا طبقات"),
        (1, "طبقة واحدة"),
        (2, "طبقتان"),
        (3, "3 طبقات"),
        (10, "10 طبقات"),
        (11, "11 طبقة"),
        (100, "100 طبقة."),
        (103, "103 طبقات"),
    ],
)
def test_arabic_counts_use_all_six_forms(write: Write, count: int, text: str) -> None:
    write("ar", ARABIC, f'msgid "{{count}} layer"\nmsgid_plural "{{count}} layers"\n{LAYERS}')
    set_language("ar")
    assert ngettext("{count} layer", "{count} layers", count) == text


def test_a_new_language_affects_only_later_messages(write: Write) -> None:
    write("zh_CN", "nplurals=1; plural=0;", entry("Layer", "层"))
    before = _("Layer")
    set_language("zh_CN")
    assert (before, _("Layer"), language()) == ("Layer", "层", "zh_CN")


def test_the_environment_chooses_the_first_language(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("tr", "nplurals=2; plural=(n != 1);", entry("Layer", "Katman"))
    monkeypatch.setenv("VANISHING_LANGUAGE", "tr")
    assert _("Layer") == "Katman"


def test_an_untranslated_or_fuzzy_entry_stays_english(write: Write) -> None:
    write("pt", "nplurals=2; plural=(n != 1);", "#, fuzzy\n" + entry("Layer", "Galinha"))
    set_language("pt")
    assert (_("Layer"), _("Loss")) == ("Layer", "Loss")


def test_a_missing_plural_form_stays_english(write: Write) -> None:
    write("ar", ARABIC, 'msgid "{count} layer"\nmsgid_plural "{count} layers"\nmsgstr[0] "لا"\n')
    set_language("ar")
    assert ngettext("{count} layer", "{count} layers", 4) == "4 layers"


@pytest.mark.filterwarnings("ignore:vi/vanishing.po brings")
@pytest.mark.parametrize(
    "hostile", ["{secret}", "{percent.real}", "{percent:>99999999}", "{", "{}"]
)
def test_a_translation_with_a_strange_field_stays_english(write: Write, hostile: str) -> None:
    write("vi", "nplurals=1; plural=0;", entry("accuracy {percent}%", f"đúng {hostile}"))
    set_language("vi")
    assert _("accuracy {percent}%", percent=97) == "accuracy 97%"


def test_a_catalogue_that_brings_more_than_words_says_so_once(write: Write) -> None:
    write("vi", "nplurals=1; plural=0;", entry("Layer", "<b>") + entry("Loss", "{x}"))
    set_language("vi")
    with pytest.warns(UserWarning, match="in 2 of its messages; `python -m booktools check vi`"):
        assert _("Layer") == "Layer"
    assert _("Loss") == "Loss"


@pytest.mark.parametrize(
    "broken",
    [
        'msgid"x"\nmsgstr "y"\n',
        'msgid "x"\n',
        'msgid "x"\nmsgstr "y"\nmsgstr "z"\n',
        "#" * 3_000_000,
    ],
)
def test_a_catalogue_that_cannot_be_read_says_so_and_where_to_ask(
    write: Write, broken: str
) -> None:
    write("vi", "nplurals=1; plural=0;", entry("Layer", "Lớp") + broken)
    set_language("vi")
    with pytest.warns(UserWarning, match="vi/vanishing.po cannot be read: figures stay in English"):
        assert _("Layer") == "Layer"


def test_a_device_in_place_of_a_catalogue_is_not_read(write: Write, tmp_path: Path) -> None:
    (tmp_path / "vi/LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "vi/LC_MESSAGES/vanishing.po").symlink_to("/dev/zero")
    set_language("vi")
    with pytest.warns(UserWarning, match="cannot be read"):
        assert _("Layer") == "Layer"


def test_a_build_reads_the_copies_that_it_has_checked(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("vi", "nplurals=1; plural=0;", entry("Layer", "Lớp"))
    set_language("vi")
    copy = tmp_path / "safe/vi/LC_MESSAGES/vanishing.po"
    copy.parent.mkdir(parents=True)
    text = (tmp_path / "vi/LC_MESSAGES/vanishing.po").read_text(encoding="utf-8")
    copy.write_text(text.replace("Lớp", "Tầng"), encoding="utf-8")
    monkeypatch.setenv("VANISHING_LOCALES", str(tmp_path / "safe"))
    assert _("Layer") == "Tầng"
    monkeypatch.setenv("VANISHING_LOCALES", str(tmp_path / "missing"))
    assert _("Layer") == "Layer"


def test_names_are_isolated_only_in_right_to_left_text(write: Write) -> None:
    write("ar", ARABIC, entry("The {network} network", "شبكة {network}"))
    assert _("The {network} network", network="ReLU") == "The ReLU network"
    set_language("ar")
    assert _("The {network} network", network="ReLU") == "شبكة \u2068ReLU\u2069"


def test_a_language_without_a_catalogue_yet_speaks_english(write: Write, tmp_path: Path) -> None:
    (tmp_path / "fi" / "LC_MESSAGES").mkdir(parents=True)
    set_language("fi")
    assert _("Layer") == "Layer"


def test_an_unknown_code_names_the_known_ones_and_the_remedy(write: Write) -> None:
    write("ar", ARABIC, "")
    with pytest.raises(
        ValueError,
        match=r"one of ar, en, got 'xx': choose one of them; a new language needs a folder",
    ):
        set_language("xx")


def test_an_unknown_code_in_the_environment_is_an_error(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VANISHING_LANGUAGE", "../ar")
    with pytest.raises(ValueError, match=r"language must be one of en, got '\.\./ar'"):
        _("Layer")


def test_a_catalogue_is_read_once(write: Write, tmp_path: Path) -> None:
    write("vi", "nplurals=1; plural=0;", entry("Layer", "Lớp"))
    set_language("vi")
    first = _("Layer")
    (tmp_path / "vi" / "LC_MESSAGES" / "vanishing.po").unlink()
    assert (first, _("Layer")) == ("Lớp", "Lớp")


def test_every_language_of_the_book_can_be_chosen() -> None:
    for code in localisation.known_languages():
        set_language(code)
        assert localisation.direction() in ("ltr", "rtl")
    set_language("en")


def test_marking_a_message_changes_nothing() -> None:
    assert N_("Layer") == "Layer"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10, "10"),
        (10.0, "10"),
        (0.25, "0.25"),
        (0.0, "0"),
        (97.84, "98"),
        (1234.5, "1234"),
        (2.34e-8, "2.3e-8"),
        (0.0005, "5.0e-4"),
        (1.5e30, "1.5e30"),
        (float("nan"), "NaN"),
        (float("inf"), "∞"),
        (float("-inf"), "-∞"),
    ],
)
def test_a_number_has_western_digits_and_a_point(value: float, text: str) -> None:
    assert format_number(value) == text
