"""Filters are linear layers that look through windows, and their networks are He's."""

import math
from typing import Any

import pytest
import torch
from drawn import axes_of, data_of, legend_of
from torch import nn
from torch.nn.functional import cross_entropy

from vanishing import load_digits
from vanishing.convolutions import (
    Filters,
    Followed,
    ImageNetwork,
    ImageRun,
    build_images,
    follow,
    main_path,
    median_gradient,
    train_images,
    trained_images,
)
from vanishing.figures import draw_image_runs
from vanishing.training_theory import forgotten_fan_in, zero_padding_factor

pytestmark = pytest.mark.usefixtures("computed_here", "own_cache")

SMALL = Filters(depth=4, channels=4, images=2)
QUICK = ImageNetwork(blocks=1, channels=4, epochs=1)


@pytest.mark.parametrize(
    ("start", "kernel", "variance"),
    [("He", 3, 2 / 288), ("channels only", 3, 2 / 32), ("default", 5, 1 / 2400), ("He", 1, 2 / 32)],
)
def test_a_start_is_the_variance_of_the_weights(start: str, kernel: int, variance: float) -> None:
    found = follow(Filters(depth=1, channels=32, kernel=kernel, start=start, padding="circular"))
    # on a ring, each pre-activation adds up as many numbers of variance 1 as there are inputs
    assert found.signal[0] == pytest.approx(variance * 32 * kernel**2, rel=0.1)


def test_windows_of_one_position_forget_nothing() -> None:
    one, other = (follow(SMALL.at(kernel=1, start=start)) for start in ("He", "channels only"))
    assert one == other


def test_a_gradient_of_norm_one_goes_back_and_factors_are_means_per_layer() -> None:
    found = follow(SMALL)
    assert len(found.gradient) == len(found.signal) == 4
    assert found.gradient[-1] == pytest.approx(1)
    assert found.gradient_factor() ** 3 == pytest.approx(found.gradient[0] ** 2)
    assert found.signal_factor(1) ** 2 == pytest.approx(found.signal[-1] / found.signal[1])


@pytest.mark.parametrize("kind", ["batch", "group"])
def test_behind_a_normalization_the_size_of_the_weights_plays_no_part(kind: str) -> None:
    one = follow(SMALL.at(normalization=kind))
    other = follow(SMALL.at(normalization=kind, start="channels only"))
    # each weight is three times as large, and so is what the gradient is divided by
    assert other.gradient == pytest.approx(one.gradient, rel=0.01)


@pytest.mark.parametrize("side", [3, 8])
def test_the_factor_of_the_border_is_the_largest_eigenvalue_of_the_average(side: int) -> None:
    line = torch.zeros(side, side, dtype=torch.float64)
    for at in range(side):
        line[at, max(0, at - 1) : at + 2] = 1 / 3
    square = torch.kron(line, line)
    assert zero_padding_factor(side) == pytest.approx(torch.linalg.eigvalsh(square)[-1].item())


def test_a_window_has_as_many_positions_as_the_square_of_its_side() -> None:
    assert [forgotten_fan_in(kernel) for kernel in (1, 3, 5)] == [1, 9, 25]


def test_medians_are_taken_layer_by_layer() -> None:
    runs = [follow(SMALL.at(seed=seed)).gradient for seed in range(3)]
    assert median_gradient(SMALL) == tuple(sorted(norms)[1] for norms in zip(*runs, strict=True))


@pytest.mark.parametrize("blocks", [1, 3])
def test_the_main_path_has_six_layers_for_each_block_and_two_more(blocks: int) -> None:
    for shortcut in ("none", "always"):
        network = ImageNetwork(blocks=blocks, shortcut=shortcut)
        assert len(main_path(build_images(network))) == network.layers == 6 * blocks + 2


@pytest.mark.parametrize(
    ("shortcut", "projections", "zeros", "identities"),
    [("none", 0, 0, 0), ("zeros", 0, 2, 4), ("projection", 2, 0, 4), ("always", 6, 0, 0)],
)
def test_each_kind_of_shortcut_has_its_matrices(
    shortcut: str, projections: int, zeros: int, identities: int
) -> None:
    module = build_images(ImageNetwork(blocks=2, shortcut=shortcut, normalization="none"))
    kinds = [type(part).__name__ for part in module.modules()]
    matrices = [one for one in module.modules() if isinstance(one, nn.Conv2d)]
    assert sum(one.kernel_size == (1, 1) for one in matrices) == projections
    # without normalization, the identity stands for it behind each of the other layers
    assert kinds.count("Zeros") == zeros
    assert kinds.count("Identity") == identities + 13 + projections


def test_a_block_without_its_branch_is_its_shortcut() -> None:
    module = build_images(ImageNetwork(blocks=1, shortcut="zeros", normalization="none"))
    with torch.no_grad():
        for number in (1, 2, 3):
            module.get_submodule(f"{number}.second.0").get_parameter("weight").zero_()
    images = torch.randn(2, 1, 8, 8)
    first = module.get_submodule("0")(images)
    last = module.get_submodule("3")(module.get_submodule("2")(module.get_submodule("1")(first)))
    assert torch.equal(last[:, :8], first[:, :, ::4, ::4])
    assert not last[:, 8:].any()


def test_a_run_starts_from_the_network_that_build_gives() -> None:
    run = train_images(QUICK)
    digits, module = load_digits(), build_images(QUICK)
    loss = cross_entropy(module(digits.train_inputs.view(-1, 1, 8, 8)), digits.train_targets)
    (gradient,) = torch.autograd.grad(loss, main_path(module)[0])
    assert run.losses[0] == pytest.approx(loss.item(), rel=1e-4)
    assert run.norms_at(0)[0] == pytest.approx(gradient.norm().item(), rel=1e-3)
    assert run.steps == (0, 15)
    assert run.losses[-1] < run.losses[0]


def test_seeds_and_shortcuts_give_other_runs_and_equal_settings_equal_ones() -> None:
    first, second = trained_images(QUICK, seeds=(0, 1))
    assert first.losses != second.losses
    assert train_images(QUICK.at(seed=1)) == second
    assert train_images(QUICK.at(shortcut="none")).losses != first.losses


def test_a_clipped_step_is_no_longer_than_the_rate_times_the_bound() -> None:
    wild = QUICK.at(normalization="none", start="channels only")
    clipped = train_images(wild.at(clip_norm=1e-6, learning_rate=1e-6))
    assert clipped.losses[-1] == pytest.approx(clipped.losses[0], rel=1e-3)


@pytest.mark.parametrize(
    ("settings", "changes", "error", "message"),
    [
        (Filters, {"kernel": 4}, ValueError, "kernel must be odd, got 4: choose 3 or 5"),
        (Filters, {"groups": 3}, ValueError, "groups must divide the 16 channels, got 3: choose 1"),
        (Filters, {"start": "he"}, ValueError, "start must be a known name, got 'he': choose from"),
        (
            Filters,
            {"images": 1},
            ValueError,
            "images must be between 2 and 1000, got 1: choose two",
        ),
        (ImageNetwork, {"channels": 6}, ValueError, "channels must be a multiple of 4, got 6"),
        (ImageNetwork, {"blocks": 0}, ValueError, "blocks must be between 1 and 18, got 0: choose"),
        (
            ImageNetwork,
            {"clip_norm": 0},
            ValueError,
            "clip_norm must be between 1e-09 and 1000000000",
        ),
        (ImageNetwork, {"shortcut": None}, TypeError, "shortcut must be a string, got None"),
    ],
)
def test_settings_out_of_bounds_are_refused(
    settings: type, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        settings(**changes)


def a_run(shortcut: str, state: str) -> ImageRun:
    network = ImageNetwork(shortcut=shortcut)
    return ImageRun(network, (0, 9), ((0.5, 1.0), (2.0, 4.0)), (2.3, 0.1), (0.1, 0.97), state)


def test_a_run_with_lists_of_unequal_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"one value per step, got 2 steps and lists for \[1, 2\]"):
        ImageRun(QUICK, (0, 9), ((0.5,),), (2.3, 0.1), (0.1, 0.9), "learned")


def test_the_figure_names_runs_by_their_shortcut_and_their_end() -> None:
    drawing = draw_image_runs([a_run("none", "stalled"), a_run("always", "learned")], step=9)
    assert axes_of(drawing).get_yscale() == "log"
    assert data_of(drawing) == ([1, 2], [2.0, 4.0])
    names = ["plain: stalled, accuracy 97%", "projection in every block: learned, accuracy 97%"]
    assert legend_of(drawing) == names
    with pytest.raises(TypeError, match=r"runs\[0\] must be a run, got 7: pass train_images\(net"):
        draw_image_runs([7])  # type: ignore[list-item]


def test_what_was_followed_has_factors_of_its_own() -> None:
    found = Followed((1.0, 4.0, 16.0), (8.0, 2.0, 1.0), (0.5, 1.0))
    assert found.signal_factor() == pytest.approx(4)
    assert found.gradient_factor() == pytest.approx(8)
    assert found.gradient_factor(1) == pytest.approx(4)
    assert math.isclose(found.signal_factor(1), 4)
