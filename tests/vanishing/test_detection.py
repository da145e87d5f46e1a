"""A detector is built in silence, taken apart and measured; without its package, we say so."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from vanishing import detection
from vanishing.detection import (
    VARIANTS,
    Detector,
    DetectorRun,
    block_norms,
    build_detector,
    generate_images,
    load_ultralytics,
    median_losses,
    median_norms,
    remove_batch_norm,
    remove_shortcuts,
    replace_activation,
    watch_detector,
    watch_seeds,
)

if find_spec("ultralytics") is None:  # not imported here, where it would write its settings
    pytest.skip("the optional package ultralytics is missing", allow_module_level=True)

IMPORT = """
import json, os, socket, sys, warnings
from pathlib import Path
import numpy, torch

asked = []
def refuse(*address, **_more):
    asked.append(str(address))
    raise OSError("no network in this test")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse

import vanishing
assert "ultralytics" not in sys.modules, "vanishing imports it before it is needed"
def state():
    return [dict(os.environ), numpy.get_printoptions(), repr(torch._tensor_str.PRINT_OPTS),
            list(map(str, warnings.filters)), torch.save.__module__]
before = state()
from vanishing.detection import Detector, build_detector, generate_images
network = build_detector(Detector())
network.loss(generate_images(2))[0].sum().backward()
assert state() == before, [pair for pair in zip(before, state()) if pair[0] != pair[1]]
import ultralytics
print(json.dumps({
    "asked": asked,
    "torchvision": "torchvision" in sys.modules,
    "sync": ultralytics.settings["sync"],
    "settings": str(ultralytics.settings.file),
}))
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Remember nothing from one test to the next."""
    monkeypatch.setenv("VANISHING_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def profiles() -> dict[str, list[dict[int, float]]]:
    """Return variant -> the gradient norms of three untrained networks."""
    found = {}
    for name, variant in {**VARIANTS, "sigmoid -BN": OLD}.items():
        found[name] = [profile(replace(variant, seed=seed)) for seed in range(3)]
    return found


OLD = Detector(activation="sigmoid", batch_norm=False)


def profile(detector: Detector) -> dict[int, float]:
    network: Any = build_detector(detector)
    batch = generate_images(4, seed=detector.seed)
    (network.loss(batch)[0].sum() / 4).backward()
    return block_norms(network)


def test_the_import_is_silent_offline_and_leaves_no_trace(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "TMPDIR": str(tmp_path / "tmp")}
    for name in ("XDG_CONFIG_HOME", "YOLO_CONFIG_DIR", "YOLO_OFFLINE", "OMP_NUM_THREADS"):
        environment.pop(name, None)
    (tmp_path / "tmp").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", IMPORT], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    said = json.loads(done.stdout)  # and nothing else was printed
    assert said["asked"] == []
    assert said["torchvision"] is False
    assert said["sync"] is False
    assert said["settings"].startswith(str(tmp_path / "tmp"))
    left = [path for path in tmp_path.rglob("*") if "ltralytics" in path.name]
    assert left == [], "the temporary settings are removed at the end"


def test_without_the_package_the_error_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "ultralytics", raising=False)
    monkeypatch.setattr(detection, "find_spec", lambda _name: None)
    with pytest.raises(ModuleNotFoundError, match=r"AGPL-3\.0.*pip install ultralytics"):
        watch_detector(Detector())


def test_the_package_is_imported_once() -> None:
    assert load_ultralytics() is load_ultralytics()


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"shortcuts": 1}, TypeError, "shortcuts must be True or False, got 1"),
        ({"batch_norm": "no"}, TypeError, "batch_norm must be True or False, got 'no'"),
        ({"activation": "tanh"}, ValueError, "activation must be a known name, got 'tanh'"),
        (
            {"image_size": 32},
            ValueError,
            "image_size must be between 64 and 640, got 32: choose 64",
        ),
        ({"image_size": 100}, ValueError, "image_size must be a multiple of 32, got 100"),
        ({"images": 1}, ValueError, "images must be between 2 and 64, got 1: choose 2"),
        ({"steps": 1001}, ValueError, "steps must be between 0 and 1000, got 1001: choose 1000"),
        ({"steps": 1.5}, TypeError, "steps must be a whole number between 0 and 1000, got 1.5"),
        (
            {"seed": True},
            TypeError,
            "seed must be a whole number between 0 and 4294967295, got True",
        ),
        ({"learning_rate": 0}, ValueError, "learning_rate must be between 1e-09 and 100, got 0"),
        ({"learning_rate": float("nan")}, ValueError, "learning_rate must be .* got nan"),
        ({"momentum": 1.0}, ValueError, "momentum must be between 0 and 0.999, got 1.0"),
    ],
)
def test_a_detector_that_cannot_be_trained_is_refused(
    wrong: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Detector(**wrong)


def test_every_variant_has_its_own_name() -> None:
    assert list(VARIANTS) == ["YOLO26", "-skip", "-BN", "-skip -BN", "sigmoid"]
    assert OLD.label == "sigmoid -BN"


def test_equal_seeds_build_equal_networks_and_leave_the_random_state_alone() -> None:
    state = torch.get_rng_state()
    first, again, other = (build_detector(Detector(seed=seed)) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    weights = [next(network.parameters()) for network in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_the_weights_are_those_that_a_seeded_global_state_gives() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        expected = load_ultralytics().YOLO("yolo26n.yaml").model.state_dict()
    found = build_detector(Detector(seed=3)).state_dict()
    assert all(torch.equal(expected[name], tensor) for name, tensor in found.items())


def test_nobody_else_meets_the_seed_while_a_network_is_built() -> None:
    build_detector(Detector())
    before, looks = torch.get_rng_state(), 0
    thread = threading.Thread(target=lambda: [build_detector(Detector(seed=n)) for n in range(3)])
    thread.start()
    while thread.is_alive():
        assert torch.equal(torch.get_rng_state(), before)
        looks += 1
    assert looks > 3


def test_the_changes_leave_nothing_of_what_they_remove() -> None:
    network = build_detector(Detector())
    assert remove_shortcuts(network) == 16
    assert remove_batch_norm(network) == 114
    assert replace_activation(network, nn.Sigmoid()) == 105
    modules = list(network.modules())
    assert not any(getattr(module, "add", False) is True for module in modules)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in modules)
    assert not any(isinstance(getattr(module, "act", None), nn.SiLU) for module in modules)
    assert remove_shortcuts(network) == remove_batch_norm(network) == 0


def test_a_block_without_its_shortcut_returns_the_branch_alone() -> None:
    network: Any = build_detector(Detector()).eval()
    block = next(m for m in network.modules() if type(m).__name__ == "Bottleneck")
    signal = torch.randn(1, block.cv1.conv.in_channels, 8, 8)
    whole = block(signal)
    remove_shortcuts(network)
    torch.testing.assert_close(block(signal), whole - signal, atol=1e-6, rtol=1e-4)


def test_every_rectangle_is_as_bright_as_its_box_says() -> None:
    batch = generate_images(6, size=64, seed=3)
    assert batch["img"].shape == (6, 3, 64, 64)
    assert batch["bboxes"].shape == (12, 4)
    assert not batch["cls"].any()
    inside = torch.zeros(6, 64, 64, dtype=torch.bool)
    for number, box in zip(batch["batch_idx"], batch["bboxes"] * 64, strict=True):
        left, top = (box[:2] - box[2:] / 2).round().int().tolist()
        right, bottom = (box[:2] + box[2:] / 2).round().int().tolist()
        assert 0 <= left < right <= 64
        assert 0 <= top < bottom <= 64
        inside[int(number), top:bottom, left:right] = True
    grey = batch["img"].mean(dim=1)
    assert grey[inside].mean() > 0.75
    assert grey[~inside].mean() == pytest.approx(0.4, abs=0.01)


def test_images_depend_on_their_seed_alone() -> None:
    torch.manual_seed(5)
    first = generate_images(2, seed=1)["img"]
    torch.manual_seed(6)
    assert torch.equal(first, generate_images(2, seed=1)["img"])
    assert not torch.equal(first, generate_images(2, seed=2)["img"])


def test_the_norm_of_a_block_is_that_of_finite_differences() -> None:
    network: Any = nn.Module()
    network.model = nn.Sequential(nn.Conv2d(1, 2, 2, bias=False), nn.Flatten()).double()
    weight = network.model[0].weight
    image = torch.arange(9.0, dtype=torch.float64).reshape(1, 1, 3, 3)

    def loss() -> torch.Tensor:
        return torch.as_tensor(network.model(image).square().sum())

    torch.autograd.backward(loss())
    norms = block_norms(network)
    slopes = []
    with torch.no_grad():
        for at in range(weight.numel()):
            sides = []
            for step in (1e-5, -1e-5):
                weight.view(-1)[at] += step
                sides.append(loss().item())
                weight.view(-1)[at] -= step
            slopes.append((sides[0] - sides[1]) / 2e-5)
    assert list(norms) == [0], "a block without a convolution is left out"
    assert norms[0] == pytest.approx(sum(slope**2 for slope in slopes) ** 0.5, rel=1e-6)


def test_a_run_is_remembered_and_starts_from_the_untrained_network() -> None:
    short = Detector(steps=1)
    run = watch_detector(short)
    assert run == watch_detector(short)
    assert run.steps == (0, 1)
    assert len(run.losses) == 2
    assert run.norms_at(0) == pytest.approx(profile(short), rel=1e-4)
    assert run.norms_at(7) == run.norms_at(1) != run.norms_at(0)


def test_medians_are_taken_over_the_seeds() -> None:
    runs = [DetectorRun((0, 4), (0,), ((norm, 1.0),), (norm,)) for norm in (3.0, 1.0, 2.0)]
    assert median_norms(runs) == {0: 2.0, 4: 1.0}
    assert median_losses(runs) == [2.0]


def test_each_seed_has_its_own_run() -> None:
    runs = watch_seeds(Detector(steps=0), seeds=(0, 1))
    assert runs[0].losses != runs[1].losses


def test_the_gradient_grows_towards_the_input_of_the_complete_network(
    profiles: dict[str, list[dict[int, float]]],
) -> None:
    for norms in profiles["YOLO26"] + profiles["-skip"]:
        assert norms[0] > 2 * norms[23]


def test_without_batch_normalization_the_gradient_vanishes_with_or_without_shortcuts(
    profiles: dict[str, list[dict[int, float]]],
) -> None:
    for norms in profiles["-BN"] + profiles["-skip -BN"]:
        assert max(norms.values()) < 1e-3
        assert norms[4] > 1000 * norms[8], "the way back to block 4 is shorter"


def test_sigmoid_makes_the_gradient_vanish_only_without_batch_normalization(
    profiles: dict[str, list[dict[int, float]]],
) -> None:
    for norms in profiles["sigmoid"]:
        assert norms[0] > 0.1
    for norms in profiles["sigmoid -BN"]:
        assert norms[23] > 1
        assert norms[0] < 1e-8


def test_a_few_steps_teach_more_with_batch_normalization() -> None:
    for seed in range(3):
        complete = watch_detector(Detector(steps=10, seed=seed)).losses
        bare = watch_detector(Detector(steps=10, seed=seed, batch_norm=False)).losses
        assert complete[-1] < bare[-1] < bare[0]


def test_the_copy_that_answers_once_does_not_reach_the_backbone() -> None:
    network: Any = build_detector(Detector())
    batch = generate_images(2)
    network.loss(batch)
    network.criterion.o2m, network.criterion.o2o = 0.0, 1.0
    network.loss(batch)[0].sum().backward()
    norms = block_norms(network)
    assert norms.pop(23) > 0
    assert set(norms.values()) == {0.0}
