"""Put the library's own catalogues into its wheel, and none of the book's."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Catalogues(BuildHookInterface):
    """Find them for every language; an editable installation reads those of the clone."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add them to what is built."""
        if version == "editable":
            return
        root = Path(self.root)
        for path in root.glob("locales/*/LC_MESSAGES/vanishing.po"):
            place = path.relative_to(root).as_posix()
            build_data["force_include"][str(path)] = f"vanishing/{place}"
