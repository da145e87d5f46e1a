"""A computation is observed, and what it recorded is found again."""

import pytest

from vanishing.progress import last_recorded


@pytest.mark.parametrize(("step", "place"), [(0, 0), (1, 1), (4, 2), (5, 3), (6, 3), (10**9, 3)])
def test_the_nearest_recorded_step_is_the_last_one_up_to_the_step(step: int, place: int) -> None:
    assert last_recorded((0, 1, 2, 5), step) == place
