"""Pictures of the course: each is drawn by code, from data or from a scene of words and numbers."""

from vanishing.figures.scenes.blocks import BLOCKS, draw_block

__all__ = ["BLOCKS", "draw_block"]
