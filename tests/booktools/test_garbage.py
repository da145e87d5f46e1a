"""A process that builds looks for garbage seldom, and never in what was loaded before."""

from __future__ import annotations

import subprocess
import sys

from real_book import ROOT

SCRIPT = """
import gc
from booktools.garbage import collect_seldom
usual = gc.get_threshold()[0]
collect_seldom()
print(gc.get_freeze_count() > 0, gc.get_threshold()[0] > 10 * usual, gc.isenabled())
"""


def test_what_is_loaded_is_left_out_and_the_rest_is_searched_less_often() -> None:
    command = [sys.executable, "-c", SCRIPT]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert said.split() == ["True"] * 3
