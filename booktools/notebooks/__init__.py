"""Write notebooks, in each language, from the translated doctree."""

from booktools.notebooks.addresses import Addresses
from booktools.notebooks.builder import setup
from booktools.notebooks.writing import differences, write_notebooks

__all__ = ["Addresses", "differences", "setup", "write_notebooks"]
