"""The page on which a reader's browser trains: its words and its HTML; in a notebook, sliders."""

from vanishing.lab_page.asking import ask
from vanishing.lab_page.showing import LabPage, laboratory

__all__ = ["LabPage", "ask", "laboratory"]
