"""The adding problem asks for the sum of two marked numbers and gives nothing else away."""

import pytest
import torch

from vanishing.sequences import adding_problem


@pytest.mark.parametrize("length", [2, 3, 10, 25])
def test_one_mark_lies_in_each_half(length: int) -> None:
    inputs, _ = adding_problem(length, 500, seed=0)
    marks = inputs[:, :, 1]
    assert set(marks.unique().tolist()) <= {0.0, 1.0}
    assert (marks[:, : length // 2].sum(dim=1) == 1).all()
    assert (marks[:, length // 2 :].sum(dim=1) == 1).all()


def test_every_place_is_marked_about_equally_often() -> None:
    inputs, _ = adding_problem(10, 20_000, seed=1)
    # a fifth of the sequences mark each place of a half; the deviation of a share is 0.003
    torch.testing.assert_close(
        inputs[:, :, 1].mean(dim=0), torch.full((10,), 0.2), atol=0.015, rtol=0
    )


def test_the_target_is_the_sum_of_the_two_marked_values() -> None:
    inputs, targets = adding_problem(9, 50, seed=2)
    for sequence, target in zip(inputs.tolist(), targets.tolist(), strict=True):
        marked = [value for value, mark in sequence if mark == 1.0]
        assert len(marked) == 2
        assert target == pytest.approx(sum(marked), abs=1e-6)


def test_shapes_and_ranges_are_as_promised() -> None:
    inputs, targets = adding_problem(12, 7, seed=3)
    assert inputs.shape == (7, 12, 2)
    assert targets.shape == (7,)
    assert inputs.dtype == targets.dtype == torch.float32
    assert 0 <= inputs.min() <= inputs.max() <= 1


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_always_answering_one_costs_a_sixth(seed: int) -> None:
    _, targets = adding_problem(20, 50_000, seed=seed)
    # the deviation of the mean of 50,000 squares is 0.0009
    assert (targets - 1).square().mean().item() == pytest.approx(1 / 6, abs=0.005)


def test_equal_arguments_give_equal_sequences_and_leave_the_random_state_alone() -> None:
    before = torch.random.get_rng_state()
    one, other = adding_problem(10, 5, seed=4), adding_problem(10, 5, seed=4)
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    assert not torch.equal(one[0], adding_problem(10, 5, seed=5)[0])
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 10, 0), "length must be between 2 and 10000, got 1: choose a longer sequence"),
        ((10_001, 10, 0), "length must be .*, got 10001: choose a shorter sequence"),
        ((10, 0, 0), "number must be between 1 and 1000000, got 0: choose more sequences"),
        ((10, 1_000_001, 0), "number must be .*, got 1000001: choose fewer sequences"),
        ((10, 10, -1), "seed must be between 0 and 4294967295, got -1: choose a seed from 0 on"),
        ((10, 10, 2**32), "seed must be .*, got 4294967296: choose a smaller seed"),
    ],
)
def test_a_number_out_of_bounds_is_refused(arguments: tuple[int, int, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        adding_problem(*arguments)


@pytest.mark.parametrize("value", [2.0, True, "3", None])
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="length must be a whole number between 2 and 10000, got"):
        adding_problem(value, 10, 0)  # type: ignore[arg-type]
