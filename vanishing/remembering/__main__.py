"""Ship what the cells of the book ask for: ``python -m vanishing.remembering FOLDER``.

The folder holds what they asked when they ran, as ``VANISHING_ASKED`` keeps it. Results that travel
already and were made by today's code stay, unless ``VANISHING_RESULTS=none`` forbids it; the others
are taken from the cache. What no cell asks for any more is left out.
"""

import json
import sys
from collections import defaultdict
from importlib import import_module
from pathlib import Path

from vanishing.remembering import kept
from vanishing.remembering.keys import code_version
from vanishing.remembering.shipped import FOLDER, file_of, write


def asked_in(folder: Path) -> set[str]:
    """Return what cells asked for, each once. Raises ``SystemExit`` where they asked nothing."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    lines = {line for path in files for line in path.read_text(encoding="utf-8").splitlines()}
    if not lines:
        raise SystemExit(f"{folder} holds nothing that a cell asked for: build the book first")
    return lines


def collect(folder: Path, results: Path = FOLDER) -> int:
    """Write the results of what the cells asked for; return their number.

    Raises ``SystemExit`` that names what is not in the cache.
    """
    pairs: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for line in sorted(asked_in(folder)):
        module = str(json.loads(line)["function"]).rpartition(".")[0]
        result = kept(json.loads(line))
        if result is None:
            raise SystemExit(f"the cache does not hold {line}: build the book anew")
        pairs[module].append((line, result))
    for module, found in pairs.items():
        code = code_version(Path(str(import_module(module).__file__)))
        write(file_of(module, results), code, found)
    for path in set(results.glob("*.tsv")) - {file_of(module, results) for module in pairs}:
        path.unlink()
    return sum(map(len, pairs.values()))


if __name__ == "__main__":
    print(f"{collect(Path(sys.argv[1]))} results are in {FOLDER}")
