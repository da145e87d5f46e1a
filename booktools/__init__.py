"""One book in several languages: sites, notebooks, checked catalogues. Never imports torch."""

from pathlib import Path


def missing(error: ModuleNotFoundError) -> str:
    """Return a sentence with the line that installs what these tools need."""
    folder = Path(__file__).parents[1]
    cloned = (folder / "requirements.txt").is_file()
    remedy = (
        f'pip install -r "{folder / "requirements.txt"}" -e "{folder}"'
        if cloned
        else 'pip install "vanishing-gradients[book]"'
    )
    return f"booktools needs {error.name}, which is not installed: run {remedy}"
