"""The boxes that a detector finds are its surest ones, each once, in pixels."""

import pytest
import torch

from vanishing.detection import Detector, generate_images
from vanishing.found_boxes import FoundBoxes, _surest, watch_boxes


@pytest.mark.usefixtures("computed_here", "own_cache")
def test_boxes_are_found_before_any_training() -> None:
    found = watch_boxes(Detector(images=2, steps=0))
    assert found.steps == (0,)
    assert [len(boxes) for boxes in found.at(0)] == [2, 2]
    left, top, right, bottom = map(round, found.true[0][0])
    image = generate_images(2)["img"][0, :, top:bottom, left:right]
    assert image.mean() > 0.7  # bright inside, 0.4 outside


def test_the_same_box_counts_once() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 10, 10], [20, 20, 30, 30], [50, 50, 60, 60]])
    chosen = _surest(boxes, torch.tensor([0.8, 0.9, 0.1, 0.2]))
    assert chosen.tolist() == [boxes[1].tolist(), boxes[3].tolist()]


def test_boxes_are_those_of_the_nearest_step_before() -> None:
    boxes = FoundBoxes((), (0, 5), ((), (((0.0, 0.0, 1.0, 1.0),),)))
    assert boxes.at(4) == ()
    with pytest.raises(ValueError, match="step must be between 0 and 1000, got -1"):
        boxes.at(-1)
