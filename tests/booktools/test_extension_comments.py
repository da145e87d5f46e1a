from booktools.extension.comments import (
    Comment,
    code_comment,
    find_comments,
    is_one_line,
    write_comment,
)


def texts(code: str) -> list[str]:
    return [comment.text for comment in find_comments(code)]


def test_comments_are_found_on_their_own_line_and_after_code() -> None:
    code = "# first\nx = 1  # second\nif x:\n    # third\n    pass"
    assert texts(code) == ["first", "second", "third"]


def test_each_line_of_a_block_of_comments_is_a_message_of_its_own() -> None:
    assert texts("# one line\n# another line\nx = 1") == ["one line", "another line"]


def test_a_number_sign_inside_a_string_is_no_comment() -> None:
    assert texts("color = '# red'\ntext = '''\n# not this\n'''") == []


def test_directives_for_tools_are_no_comments_for_readers() -> None:
    assert texts("x = 1  # noqa: F401\ny = 2  # type: ignore\n#: documented\n# ----\n#!run") == []


def test_magic_commands_do_not_hide_the_comments_beside_them() -> None:
    assert texts("%matplotlib inline\n!pip install 'x'  # tool\n# draw the curve\n") == [
        "draw the curve"
    ]


def test_a_cell_in_another_language_has_no_comments() -> None:
    assert texts("%%bash\n# list the files\nls") == []


def test_unfinished_code_gives_the_comments_before_its_end() -> None:
    assert texts("# open\nprint((1, 2)") == ["open"]


def test_writing_a_comment_keeps_the_code_before_it() -> None:
    code = 'text = "é # x"  # old\n    # other'
    (comment, *_) = find_comments(code.split("\n")[0])
    assert comment == Comment(line=0, column=16, text="old")
    assert write_comment(code, comment, "mới") == 'text = "é # x"  # mới\n    # other'


def test_a_translated_comment_cannot_add_a_line_of_code() -> None:
    for end in ("\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"):
        assert not is_one_line(f"harmless{end}import os")


def test_a_translated_comment_cannot_hide_code_behind_a_change_of_direction() -> None:
    for character in "\u202e\u2066\u2067\u2069\u200e\u200f\u061c":
        assert not is_one_line(f"{character}import os")
    assert is_one_line("نحسب معيار التدرج")
    assert is_one_line("10\u00a0% do tempo")


def test_a_comment_that_a_tool_would_obey_stays_english_though_no_rule_has_seen_it() -> None:
    for text in ("%%bash", "!run", "type: ignore", "noqa", "-*- coding: utf-7 -*-", "\u200f"):
        node = code_comment(text="English")
        node.apply_translated_message("English", text)
        assert node["text"] == "English"
