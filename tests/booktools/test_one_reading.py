"""Check, pages, figures and gettext's own tools read one catalogue alike, or the check says so."""

from __future__ import annotations

import gettext
import random
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from hostile import cases
from real_book import BOOK, ROOT
from small_book import write_frame

from booktools.checks import SECURITY_RULES, check_catalogues, check_entry
from booktools.glossary_terms import Terms
from booktools.po import Entry, quote
from booktools.safe_copies import write_safe_copies
from vanishing import localisation
from vanishing.untrusted import brings_only_words

GOOD = """\
# head
msgid ""
msgstr ""
"Language: tr\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

# mine
#. note
#: a.py b.py
#, python-brace-format
msgid "one {n}"
msgstr "bir {n}"

#, fuzzy
#| msgid "old"
msgid "two"
msgstr "iki"

msgid "{count} layer"
msgid_plural "{count} layers"
msgstr[0] "{count} katman"
msgstr[1] "{count} tane"

msgid ""
"three "
"four"
msgstr ""
"üç "
"dört"

#~ msgid "gone"
#~ msgstr "gitti"
"""
SINGLE = ("one {n}", "two", "three four", "gone")
PLURAL = ("{count} layer", "{count} layers")
ENGLISH = [*SINGLE, *PLURAL]
ONE, HEAD = 'msgid "one {n}"', '"Language: tr\\n"'
TYPE = '"Content-Type: text/plain; charset=UTF-8\\n"'
installed = pytest.mark.skipif(not shutil.which("msgfmt"), reason="gettext is not installed")

# what a check accepts: every reader understands it
FINE = {
    "carriage returns": GOOD.replace("\n", "\r\n"),
    "blanks around lines": GOOD.replace("\nmsgid", "\n  msgid").replace('"\n', '" \t\n'),
    "several blanks behind a keyword": GOOD.replace('msgstr "bir', 'msgstr   "bir'),
    "blanks on empty lines": GOOD.replace("\n\n", "\n \t \n"),
    "an empty line within an entry": GOOD.replace('msgstr "bir', '\nmsgstr "bir'),
    "no empty lines": GOOD.replace("\n\n", "\n"),
    "no line break at the end": GOOD.rstrip("\n"),
    "a location with an isolate": GOOD.replace("a.py b.py", "a\u2068.py"),
    "a previous msgid of an obsolete entry": GOOD.replace("#~ msgid", '#~| msgid "x"\n#~ msgid'),
    "an empty obsolete line": GOOD.replace("#~ msgid", "#~\n#~ msgid"),
    "a tab within a text": GOOD.replace("bir {n}", "bir {n}").replace("# mine", "#\tmine"),
    "flags without a blank": GOOD.replace("#, fuzzy", "#,fuzzy"),
    "a field of an editor": GOOD.replace(HEAD, HEAD + '\n"X-Generator: Poedit 3.4\\n"'),
    "a numbered field": GOOD.replace(HEAD, HEAD + '\n"X-Poedit-SearchPath-0: .\\n"'),
    "a colon in a value": GOOD.replace(HEAD, HEAD + '\n"Project-Id-Version: a: b\\n"'),
}
ODD = {
    "a context of its own": GOOD.replace(ONE, 'msgctxt "menu"\nmsgid "one {n}"'),
    "byte order mark": "\ufeff" + GOOD,
    "no blank behind a keyword": GOOD.replace('msgid "one', 'msgid"one'),
    "a tab behind a keyword": GOOD.replace('msgid "one', 'msgid\t"one'),
    "a blank and a tab": GOOD.replace('msgid "one', 'msgid \t"one'),
    "a hard blank behind a keyword": GOOD.replace('msgid "one', 'msgid\u00a0"one'),
    "a keyword in capitals": GOOD.replace('msgid "one', 'MSGID "one'),
    "two charsets": GOOD.replace("charset=UTF-8", "charset=latin-1; charset=UTF-8"),
    "another charset": GOOD.replace("charset=UTF-8", "charset=latin-1"),
    "a charset of another field": GOOD.replace(TYPE, '"X-Foo charset=latin-1\\n"\n' + TYPE),
    "a field twice": GOOD.replace(TYPE, TYPE + '\n"content-type: text/plain; charset=x\\n"'),
    "a field over two lines": GOOD.replace(TYPE, TYPE + '\n" charset=latin-1\\n"'),
    "plural forms of another field": GOOD.replace(HEAD, HEAD + '\n"plural=0\\n"'),
    "Arabic digits": GOOD.replace("msgstr[0]", "msgstr[\u0660]"),
    "full-width digits": GOOD.replace("msgstr[0]", "msgstr[\uff10]"),
    "a blank within brackets": GOOD.replace("msgstr[0]", "msgstr[ 0 ]"),
    "two digits": GOOD.replace("msgstr[0]", "msgstr[00]"),
    "a gap between forms": GOOD.replace("msgstr[1]", "msgstr[2]"),
    "forms in the wrong order": GOOD.replace("[0]", "[2]").replace("[1]", "[0]"),
    "forms from one": GOOD.replace("msgstr[1]", "msgstr[2]").replace("msgstr[0]", "msgstr[1]"),
    "a form twice": GOOD.replace("msgstr[1]", "msgstr[0]"),
    "a form without a plural": GOOD.replace('msgstr "bir', 'msgstr[0] "bir'),
    "a plural without forms": GOOD.replace(ONE, ONE + '\nmsgid_plural "ones {n}"'),
    "an escape of a byte": GOOD.replace("bir", "b\\x69r"),
    "an octal escape": GOOD.replace("bir", "b\\151r"),
    "an escape that C knows": GOOD.replace("bir", "bir\\a"),
    "an escape at the end": GOOD.replace('bir {n}"', 'bir {n}\\"'),
    "a quotation mark within": GOOD.replace("bir", 'b"i"r'),
    "two strings on a line": GOOD.replace("bir {n}", 'bir" " {n}'),
    "text behind a string": GOOD.replace('bir {n}"', 'bir {n}" x'),
    "a comment behind a string": GOOD.replace('bir {n}"', 'bir {n}" # x'),
    "single quotation marks": GOOD.replace('"bir {n}"', "'bir {n}'"),
    "a form feed": GOOD.replace("# mine", "\f\n# mine"),
    "a hard blank on a line": GOOD.replace("# mine", "\u00a0\n# mine"),
    "a line separator between lines": GOOD.replace("# mine", "\u2028\n# mine"),
    "line ends of old machines": GOOD.replace("\n", "\r"),
    "a null in the English": GOOD.replace("one {n}", "one\0 {n}"),
    "a separator of contexts in the English": GOOD.replace("one {n}", "menu\x04one {n}"),
    "a comment within an entry": GOOD.replace('msgstr "bir', '# x\nmsgstr "bir'),
    "a location within an entry": GOOD.replace('msgstr "bir', '#: x.py\nmsgstr "bir'),
    "a comment within a text": GOOD.replace('"dört"', '# x\n"dört"'),
    "an obsolete line within an entry": GOOD.replace('msgstr "bir', '#~ "x"\nmsgstr "bir'),
    "an empty obsolete line within an entry": GOOD.replace('msgstr "bir', '#~\nmsgstr "bir'),
    "a line of an obsolete entry without its mark": GOOD + '"x"\n',
    "an obsolete msgstr of a msgid": GOOD.replace('msgstr "bir', '#~ msgstr "bir'),
    "a context behind the msgid": GOOD.replace(ONE, ONE + '\nmsgctxt "menu"'),
    "a context twice": GOOD.replace(ONE, 'msgctxt "a"\nmsgctxt "b"\n' + ONE),
    "a context without an entry": GOOD + '\nmsgctxt "menu"\n',
    "a header with a context": GOOD.replace('msgid ""\nmsgstr', 'msgctxt "x"\nmsgid ""\nmsgstr'),
    "a header with a plural": GOOD.replace(
        'msgid ""\nmsgstr ""\n"L', 'msgid ""\nmsgid_plural "x"\nmsgstr[0] ""\n"L'
    ),
    "a header in the middle": GOOD.replace("# head", 'msgid "a"\nmsgstr "b"\n\n# head'),
    "a second header": GOOD + '\nmsgid ""\nmsgstr "Language: vi\\n"\n',
    "a fuzzy header": GOOD.replace("# head", "#, fuzzy"),
    "no header": GOOD.split("\n\n", 1)[1],
    "flags without a comma": GOOD.replace("#, fuzzy", "#, fuzzy no-wrap"),
    "two lines of flags": GOOD.replace("#, fuzzy", "#, fuzzy\n#, no-wrap"),
    "a comment behind a previous msgid": GOOD.replace('#| msgid "old"', '#| msgid "old"\n# x'),
    "a previous msgid at the end": GOOD + '#| msgid "x"\n',
    "a previous msgid of an obsolete entry without its mark": GOOD.replace(
        "#~ msgid", '#| msgid "x"\n#~ msgid'
    ),
    "a line break at the end of one text": GOOD.replace("bir {n}", "bir {n}\\n"),
    "a domain of its own": GOOD.replace("# mine", 'domain "other"\n# mine'),
    "a message twice": GOOD + '\nmsgid "one {n}"\nmsgstr "tek {n}"\n',
    "plural forms without a semicolon": GOOD.replace("=2; plural", "=2 plural"),
    "a sign with a blank in it": GOOD.replace("n != 1", "n ! = 1"),
}  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder for one catalogue of the library's messages in Turkish."""
    root = tmp_path_factory.mktemp("root")
    (root / "locales/tr/LC_MESSAGES").mkdir(parents=True)
    shutil.copy(ROOT / "locales/languages.toml", root / "locales/languages.toml")
    write_frame(root)
    return root


class Readings:
    """What each reader makes of one catalogue."""

    def __init__(self, root: Path, text: str) -> None:
        """Write the catalogue and let everyone read it."""
        path = root / "locales/tr/LC_MESSAGES/vanishing.po"
        path.write_text(text, encoding="utf-8", newline="")
        self.findings = check_catalogues(["tr"], root=root)
        write_safe_copies("tr", root / "safe", root=root)
        copy = root / "safe/tr/LC_MESSAGES/vanishing.po"
        self.page = spoken(compiled(copy.with_suffix(".mo")))
        self.figure = figure(root / "safe")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.alone = figure(root / "locales")
        self.words = [str(warning.message) for warning in caught]
        self.gettext = self._gettext(path, root / "gettext.mo")

    def _gettext(self, path: Path, target: Path) -> list[str] | None:
        if not shutil.which("msgfmt"):
            return self.page
        done = subprocess.run(["msgfmt", "-o", target, path], capture_output=True)
        return None if done.returncode else spoken(compiled(target))

    def silent(self) -> list[str]:
        """Return what is English in a figure alone, though a page shows it and nobody says so."""
        both = zip(self.alone, self.page, ENGLISH, strict=True)
        return [] if self.words else [own for own, page, english in both if own == english != page]


def compiled(path: Path) -> gettext.NullTranslations:
    with path.open("rb") as file:
        try:
            return gettext.GNUTranslations(file)
        except (LookupError, ValueError):  # a charset, or a rule, that Python does not know
            return gettext.NullTranslations()


def figure(locales: Path) -> list[str]:
    localisation._translations.cache_clear()
    return spoken(localisation._translations(locales, "tr")[0])


def spoken(speaker: gettext.NullTranslations) -> list[str]:
    counted = [speaker.ngettext(*PLURAL, count) for count in (1, 5)]
    return [*map(speaker.gettext, SINGLE), *counted]


@installed
@pytest.mark.parametrize("name", ["good", *FINE])
def test_everyone_reads_an_unusual_file_alike(name: str, root: Path) -> None:
    readings = Readings(root, FINE.get(name, GOOD))
    assert readings.findings == []
    assert readings.page == readings.figure == readings.alone == readings.gettext
    assert readings.words == []
    assert "üç dört" in readings.page
    assert "iki" not in readings.page


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_has_a_finding_with_line_and_remedy(name: str, root: Path) -> None:
    readings = Readings(root, ODD[name])
    assert readings.findings
    assert all(finding.line and finding.remedy for finding in readings.findings)
    assert readings.page == readings.figure
    assert "iki" not in readings.page
    assert readings.silent() == []


def test_no_spoiled_file_is_read_in_two_ways_without_a_word(root: Path) -> None:
    for seed in range(150):
        text = spoiled(random.Random(seed))
        readings = Readings(root, text)
        if not readings.findings:
            same = readings.page == readings.alone == readings.gettext
            assert same, text
            assert readings.words == []
        assert readings.page == readings.figure
        assert readings.silent() == [], text


def spoiled(chance: random.Random) -> str:
    """Return the good file with one to three lines moved, doubled, lost or disturbed."""
    pieces = [" ", "\t", "\r", "\f", "\u00a0", "\u2028", '"', "\\", "\\x41", "#", "#~ ", "#| ",
              "#, fuzzy", "msgctxt ", "msgid ", "msgstr ", "msgstr[2] ", "{n}", '"x"']  # fmt: skip
    lines = GOOD.split("\n")
    for _ in range(chance.randint(1, 3)):
        here, there = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.randrange(5):
            case 0:
                lines.insert(there, lines[here])
            case 1:
                lines.insert(there, lines.pop(here))
            case 2:
                lines[here] = ""
            case 3:
                lines.insert(here, chance.choice(pieces))
            case _:
                cut = chance.randint(0, len(lines[here]))
                lines[here] = lines[here][:cut] + chance.choice(pieces) + lines[here][cut:]
    return "\n".join(lines)


TURKISH = next(language for language in BOOK.languages if language.code == "tr")
LABELS = (
    "training step", "accuracy {percent}%", "%d of {all}", "2 < 3", 'a "name"', "see `x` $y$",
    "https://a.org/x", "50 % of it", "<b>bold</b>", "{{x}}", "line\nline",
)  # fmt: skip
PIECES = (
    "<", ">", "<b>", "</b>", "<!--", '"', "'", "`x`", "`", "\\", "](", "[x](y)", "&lt;img", "&lt;",
    "&amp;lt;b&gt;", "javascript:x", "javascript: x", "&#106;avascript:x", "data:a/b", "data: 5",
    "https://a.org/x", "www.a.org", "ftp://x", "//a.org", "{percent}", "{percent.x}", "{}", "{",
    "}", "{{", "{%", "{all}", "%", "%d", "%(a)s", "%%", "100 % d", "$y$", "$", "$$", "\u202e",
    "\u2067", "\u2067x\u2069", "\u2069", "\u200b", "\u200f", "\ufeff", "\u00ad", "\U000e0041",
    "\0", "\x1b", "\n", "\r", "\t", "\x85", "\u2028", "\uffff", "\ufdd0", "\U0001fffe", "_x",
    "\U0001f600", "ก", "e\u0301", "x" * 400, "x" * 5000, "\n" * 100, "!" * 400,
)  # fmt: skip


def labels() -> Iterator[tuple[str, str]]:
    for english, piece in product(LABELS, PIECES):
        yield english, f"{english} {piece}"
        yield english, f"{piece}{english}"
        yield english, piece
    for case in cases():
        yield case.entry.msgid, case.entry.msgstr[0]


def test_the_library_refuses_exactly_what_the_check_refuses_in_a_label() -> None:
    for english, translation in labels():
        entry = Entry(msgid=english, msgstr=(translation,), lines=(1,))
        found = [*check_entry(entry, TURKISH, Terms(), SECURITY_RULES, on_page=False)]
        assert brings_only_words(english, translation) is not bool(found), (entry, found)


@pytest.mark.parametrize("code", ["tr", "ar", "zh_CN"])
def test_the_forms_of_a_number_are_judged_alike(code: str, root: Path) -> None:
    language = next(one for one in BOOK.languages if one.code == code)
    header = f"Language: {code}\nContent-Type: text/plain; charset=UTF-8\n"
    header += f"Plural-Forms: {language.plurals}\n"
    path = root / "locales" / code / "LC_MESSAGES/vanishing.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    for place in range(language.plural_count):
        forms = ["{count} x"] * language.plural_count
        for text in ("one", "{count} <b>", "{count} {other}"):
            forms[place] = text
            entry = Entry(msgid=PLURAL[0], plural=PLURAL[1], msgstr=tuple(forms))
            lines = "".join(f"msgstr[{n}] {quote(form)}\n" for n, form in enumerate(forms))
            catalogue = f'msgid ""\nmsgstr {quote(header)}\n\nmsgid "{PLURAL[0]}"\n'
            path.write_text(f'{catalogue}msgid_plural "{PLURAL[1]}"\n{lines}', encoding="utf-8")
            refused = any(check_entry(entry, language, Terms(), SECURITY_RULES, on_page=False))
            catalog = localisation._read(path, code)
            assert bool(localisation._refused(catalog)) is refused


def test_a_note_of_a_translator_makes_no_comment_of_a_label() -> None:
    entry = Entry(msgid="Search", msgstr=('x" y',), notes=("code comment",), lines=(1,))
    found = [rule for rule, *_ in check_entry(entry, TURKISH, Terms(), on_page=False)]
    assert found == ["plain_text"]


@pytest.mark.parametrize(
    ("translation", "rule"),
    [
        ("[x](//pwned.example)", "links"),
        ("![x](//pwned.example/x.png)", "links"),
        ("{download}`x`", "roles"),
    ],
)
def test_a_note_of_a_translator_makes_no_comment_of_a_paragraph(
    translation: str, rule: str
) -> None:
    entry = Entry(msgid="A layer.", msgstr=(translation,), notes=("code comment",), lines=(1,))
    found = check_entry(entry, TURKISH, Terms(), SECURITY_RULES, on_page=True)
    assert rule in [name for name, *_ in found]
