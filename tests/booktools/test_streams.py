"""A page shows what a cell printed, in whatever pieces the kernel sent it."""

from nbformat.v4 import new_output

from booktools.extension.streams import join_streams


def stream(text: str, name: str = "stdout") -> object:
    return new_output("stream", name=name, text=text)


def test_pieces_that_end_within_a_line_become_that_line() -> None:
    outputs = [stream("1 ["), stream("2]\n3"), stream("\n")]
    assert [output["text"] for output in join_streams(outputs)] == ["1 [2]\n3\n"]


def test_joining_changes_no_output_of_the_cell_itself() -> None:
    outputs = [stream("a"), stream("b")]
    join_streams(outputs)
    assert [output["text"] for output in outputs] == ["a", "b"]


def test_what_is_shown_between_two_prints_keeps_its_place_behind_them() -> None:
    shown = new_output("display_data", data={"text/plain": "figure"})
    outputs = join_streams([stream("a\n"), shown, stream("b\n"), stream("c", "stderr")])
    assert [output.get("text") for output in outputs] == ["a\nb\n", None, "c"]
