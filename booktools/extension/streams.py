"""Show what a cell prints as it was printed, whatever pieces the kernel sent it in."""

from __future__ import annotations

from copy import copy

from myst_nb.core import render
from nbformat import NotebookNode
from sphinx.application import Sphinx


def join_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join the pieces of each stream, standard output before standard error.

    MyST-NB's own function ends every piece with a new line, but a kernel that is slow may end a
    piece within a line.
    """
    streams: dict[str, NotebookNode] = {}
    joined = []
    for output in outputs:
        if output["output_type"] != "stream":
            joined.append(output)
        elif output["name"] in streams:
            streams[output["name"]]["text"] += output["text"]
        else:
            streams[output["name"]] = copy(output)
            joined.append(streams[output["name"]])
    return sorted(joined, key=lambda output: output.get("name") == "stderr")


def setup(app: Sphinx) -> None:
    """Take the place of MyST-NB's function, which nb_merge_streams calls."""
    render.coalesce_streams = join_streams
