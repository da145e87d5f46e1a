"""The house keeps its measures: functions stay short, in both packages."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("vanishing", "booktools")
MOST_LINES = 40  # signature, docstring and body together


def functions(source: str) -> Iterator[tuple[str, int]]:
    """Yield the name of each function, however deep it lies, and the number of its lines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("package", PACKAGES)
def test_no_function_is_longer_than_forty_lines(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    lengths = [
        (f"{path.relative_to(ROOT)}:{name}", length)
        for path in files
        for name, length in functions(path.read_text(encoding="utf-8"))
    ]
    assert len(lengths) > 400
    assert [(name, length) for name, length in lengths if length > MOST_LINES] == []


def test_the_lines_of_a_function_are_counted_whole() -> None:
    source = (
        "class A:\n    @cached\n    async def b(\n        self,\n    ) -> int:\n        return 1\n"
    )
    assert list(functions(source)) == [("b", 4)]
