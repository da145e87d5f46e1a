"""Sliders over experiments: live they compute on release, on a page they need no kernel."""

from vanishing.explorer.explore import Explorer, explore

__all__ = ["Explorer", "explore"]
