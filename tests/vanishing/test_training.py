"""A training run is honest, always the same, and kept whole or not at all."""

import json
import math
import os
import random
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path

import numpy
import pytest
import torch
from torch.nn.functional import cross_entropy

from vanishing import remembering, training
from vanishing.data import load_digits
from vanishing.experiment import RELU, RESNET, SIGMOID, Experiment
from vanishing.networks import Network, build_network
from vanishing.probes import gradient_profile
from vanishing.progress import Cancelled, observer
from vanishing.training import CHANCE_LOSS, Run, end_state, train

SMALL = RELU.at(depth=2, width=8, epochs=1)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "experiments"
    monkeypatch.setenv("VANISHING_CACHE", str(folder))
    return folder


def entries(folder: Path) -> list[Path]:
    return sorted(folder.glob("*")) if folder.exists() else []


def train_anew(experiment: Experiment, folder: Path) -> Run:
    for entry in entries(folder):
        entry.unlink()
    return train(experiment)


# What a run holds


def test_a_run_holds_one_norm_per_layer_and_one_loss_and_accuracy_per_recorded_step() -> None:
    run = train(SMALL)
    assert run.experiment == SMALL
    assert run.layers == ("1", "2", "output")
    assert run.steps == (0, 1, 2, 5, 10, 15)
    assert len(run.losses) == len(run.accuracies) == len(run.gradient_norms) == len(run.steps)
    assert {len(norms) for norms in run.gradient_norms} == {3}
    assert all(0 <= accuracy <= 1 for accuracy in run.accuracies)


@pytest.mark.parametrize(
    ("batch_size", "epochs", "steps"),
    [
        (1500, 1, (0, 1)),
        (750, 1, (0, 1, 2)),
        (100, 4, (0, 1, 2, 5, 10, 20, 50, 60)),
        (400, 7, (0, 1, 2, 5, 10, 20, 21)),
    ],
)
def test_recorded_steps_are_zero_then_1_2_5_spaced_and_the_last(
    batch_size: int, epochs: int, steps: tuple[int, ...]
) -> None:
    assert train(SMALL.at(batch_size=batch_size, epochs=epochs)).steps == steps


def test_step_zero_is_the_network_as_it_was_built() -> None:
    run, network, digits = train(SMALL), build_network(SMALL), load_digits()
    profile = gradient_profile(network, digits.train_inputs, digits.train_targets)
    assert run.gradient_norms[0] == pytest.approx(profile.weight_norms)
    loss = cross_entropy(network(digits.train_inputs), digits.train_targets)
    assert run.losses[0] == pytest.approx(loss.item())


def test_one_full_batch_step_is_the_gradient_step_of_the_text_book() -> None:
    experiment = SMALL.at(batch_size=1500, epochs=1, learning_rate=0.1)
    network, digits = build_network(experiment), load_digits()
    cross_entropy(network(digits.train_inputs), digits.train_targets).backward()
    with torch.no_grad():
        for parameter in network.parameters():
            assert parameter.grad is not None
            parameter -= 0.1 * parameter.grad
        loss = cross_entropy(network(digits.train_inputs), digits.train_targets)
        right = network(digits.test_inputs).argmax(dim=1) == digits.test_targets
    run = train(experiment)
    assert run.losses[1] == pytest.approx(loss.item(), rel=1e-5)
    assert run.accuracies[1] == pytest.approx(right.double().mean().item(), abs=1e-9)


def test_norms_at_gives_the_nearest_recorded_step_at_or_before() -> None:
    run = train(SMALL)
    assert run.norms_at(0) == run.gradient_norms[0]
    assert run.norms_at(4) == run.gradient_norms[2]
    assert run.norms_at(5) == run.gradient_norms[3]
    assert run.norms_at(10**6) == run.gradient_norms[-1]


@pytest.mark.parametrize("step", [-1, 1.5, True, "5"])
def test_norms_at_refuses_what_is_no_step(step: object) -> None:
    with pytest.raises(
        (TypeError, ValueError), match=f"step must be .*0 and 1000000000, got {step!r}: "
    ):
        train(SMALL).norms_at(step)  # type: ignore[arg-type]


# How a run ends


def test_shallow_networks_learn_whatever_the_preset() -> None:
    for preset in (SIGMOID, RELU, RESNET):
        run = train(preset.at(depth=2))
        assert run.state == "learned"
        assert run.accuracies[-1] > 0.9


def test_a_deep_sigmoid_network_stalls_at_chance_and_a_deep_residual_one_learns() -> None:
    sigmoid, residual = train(SIGMOID.at(depth=20)), train(RESNET.at(depth=20))
    assert sigmoid.state == "stalled"
    assert sigmoid.accuracies[-1] < 0.2
    assert sigmoid.losses[-1] == pytest.approx(math.log(10), rel=0.02)
    assert residual.state == "learned"
    assert residual.accuracies[-1] > 0.9


def test_relu_at_pytorchs_default_init_does_not_train_deep() -> None:
    assert train(RELU.at(depth=20, init="default")).state == "stalled"
    assert train(RELU.at(depth=10)).state == "learned"  # deeper ends depend on the processor


def test_a_residual_sum_without_normalization_explodes_to_nan_and_is_still_a_result() -> None:
    run = train(RESNET.at(depth=20, normalization="none"))
    assert run.state == "diverged"
    assert math.isnan(run.losses[-1])
    assert all(map(math.isnan, run.gradient_norms[-1]))
    assert run.losses[0] > 1000


@pytest.mark.parametrize(
    ("losses", "accuracy", "state"),
    [
        ((2.3, 0.1), 0.95, "learned"),
        ((2.3, 1.5), 0.5, "learned"),
        ((2.3, 1.5), 0.49, "stalled"),
        ((2.3, CHANCE_LOSS), 0.1, "stalled"),
        ((2.3, 4.5), 0.1, "stalled"),
        ((2.3, 4.7), 0.9, "diverged"),
        ((900.0, 5.0), 0.1, "stalled"),
        ((900.0, 901.0), 0.1, "diverged"),
        ((2.3, float("nan")), 0.1, "diverged"),
        ((2.3, float("inf"), 0.1), 0.95, "diverged"),
    ],
)
def test_the_end_state_follows_its_rules(
    losses: tuple[float, ...], accuracy: float, state: str
) -> None:
    assert end_state(losses, accuracy) == state


# Always the same, without effects


def test_a_run_depends_on_nothing_but_its_experiment(cache: Path) -> None:
    expected = train(SMALL)
    torch.manual_seed(77)
    numpy.random.seed(77)
    random.seed(77)
    torch.set_default_dtype(torch.float64)
    torch.set_flush_denormal(True)
    try:
        with torch.no_grad():
            assert train_anew(SMALL, cache) == expected
        with torch.inference_mode():
            assert train_anew(SMALL, cache) == expected
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_flush_denormal(False)


def test_the_number_of_threads_does_not_matter_and_is_restored(cache: Path) -> None:
    before, runs = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            runs.append(train_anew(SMALL.at(width=200), cache))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert runs[0] == runs[1] == runs[2]


@pytest.mark.parametrize("raises", [False, True])
def test_training_leaves_no_trace_in_the_session(raises: bool) -> None:
    def stop(done: int, of: int) -> None:
        if raises and done == 3:
            raise Cancelled

    torch_state, numpy_state = torch.get_rng_state(), numpy.random.get_state()[1].copy()
    random_state, threads = random.getstate(), torch.get_num_threads()
    token = observer.set(stop)
    try:
        train(SMALL)
    except Cancelled:
        assert raises
    finally:
        observer.reset(token)
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert (numpy.random.get_state()[1] == numpy_state).all()
    assert random.getstate() == random_state
    assert torch.get_num_threads() == threads
    assert torch.is_grad_enabled()
    assert torch.tensor(1e-40).mul(1.0).item() > 0


def test_gradients_below_the_normal_numbers_are_recorded_as_float32_has_them() -> None:
    experiment = SIGMOID.at(depth=46, epochs=1, batch_size=1500)
    network, digits = build_network(experiment), load_digits()
    profile = gradient_profile(network, digits.train_inputs, digits.train_targets)
    assert 0 < profile.weight_norms[0] < 1e-38
    assert train(experiment).gradient_norms[0] == pytest.approx(profile.weight_norms, rel=0.05)


def test_threads_of_one_process_do_not_disturb_each_other(cache: Path) -> None:
    experiments = [SMALL.at(seed=seed) for seed in range(4)]
    expected = [train(experiment) for experiment in experiments]
    for entry in entries(cache):
        entry.unlink()
    threads_before, found = torch.get_num_threads(), {}
    threads = [
        threading.Thread(target=lambda e=experiment: found.update({e: train(e)}))
        for experiment in experiments
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[experiment] for experiment in experiments] == expected
    assert torch.get_num_threads() == threads_before


# The observer


def test_the_observer_hears_of_every_step() -> None:
    heard: list[tuple[int, int]] = []
    token = observer.set(lambda done, of: heard.append((done, of)))
    try:
        train(SMALL)
    finally:
        observer.reset(token)
    assert heard == [(step, 15) for step in range(16)]


def test_a_cancelled_run_is_not_kept_and_can_be_done_again(cache: Path) -> None:
    def stop(done: int, of: int) -> None:
        if done == 7:
            raise Cancelled

    token = observer.set(stop)
    try:
        with pytest.raises(Cancelled):
            train(SMALL)
    finally:
        observer.reset(token)
    assert entries(cache) == []
    assert train(SMALL).steps[-1] == 15


def test_clipping_bounds_the_first_update() -> None:
    """Plain SGD moves the weights by the learning rate times the clipped gradient."""
    for field, norm in (("clip_norm", 2.0), ("clip_value", math.inf)):
        experiment = SMALL.at(momentum=0.0, learning_rate=1.0, **{field: 1e-3})
        network = build_network(experiment)
        before = [weight.detach().clone() for weight in network.parameters()]
        states = training.updates(network, experiment, load_digits())
        next(states), next(states)
        pairs = zip(before, network.parameters(), strict=True)
        moved = torch.cat([(old - new).flatten() for old, new in pairs])
        assert moved.norm(norm).item() == pytest.approx(1e-3, rel=1e-3)


# The cache


@pytest.fixture
def counted(computed_here: None, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """List the experiments that were really trained."""
    trained: list[object] = []
    original = training.build_network

    def count(experiment: Experiment) -> Network:
        trained.append(experiment)
        return original(experiment)

    monkeypatch.setattr(training, "build_network", count)
    return trained


def test_a_run_is_trained_once_and_remembered_equal(counted: list[object]) -> None:
    assert train(SMALL) == train(SMALL)
    assert counted == [SMALL]


def test_every_field_of_the_experiment_is_part_of_the_key(counted: list[object]) -> None:
    others = [
        SMALL.at(depth=3),
        SMALL.at(width=9),
        SMALL.at(activation="tanh"),
        SMALL.at(residual=True),
        SMALL.at(branch="scaled"),
        SMALL.at(clip_norm=1.0),
        SMALL.at(clip_value=1.0),
        SMALL.at(normalization="layer"),
        SMALL.at(init="xavier"),
        SMALL.at(learning_rate=0.02),
        SMALL.at(momentum=0.8),
        SMALL.at(batch_size=200),
        SMALL.at(epochs=2),
        SMALL.at(seed=1),
    ]
    for experiment in (SMALL, *others):
        assert train(experiment).experiment == experiment
    assert counted == [SMALL, *others]


def test_other_code_does_not_meet_old_results(
    counted: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    train(SMALL)
    monkeypatch.setattr(remembering, "code_version", lambda module: "changed")
    train(SMALL)
    assert len(counted) == 2


def test_nan_and_infinity_survive_the_disk(counted: list[object]) -> None:
    experiment = RESNET.at(depth=20, normalization="none", epochs=1)
    first, again = train(experiment), train(experiment)
    assert len(counted) == 1
    assert math.isnan(first.losses[-1])
    assert repr(again) == repr(first)


DAMAGES = {
    "empty": "",
    "cut": '{"experiment": {"data": "dig',
    "not an object": "[]",
    "null": "null",
    "a field missing": '{"experiment": {}}',
    "binary": "\x00\x01",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=list(DAMAGES))
def test_a_damaged_entry_is_computed_anew_and_mended(
    damage: str, cache: Path, counted: list[object]
) -> None:
    expected = train(SMALL)
    (entry,) = entries(cache)
    entry.write_text(damage, encoding="utf-8")
    assert train(SMALL) == expected
    assert train(SMALL) == expected
    assert len(counted) == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("losses", [1.0]),
        ("gradient_norms", [[1.0]] * 6),
        ("steps", ["soon"]),
        ("arguments", {"experiment": asdict(SMALL.at(depth=3))}),
        ("experiment", {"depth": 900}),
    ],
)
def test_an_entry_that_is_not_this_run_is_computed_anew(
    field: str, value: object, cache: Path, counted: list[object]
) -> None:
    expected = train(SMALL)
    (entry,) = entries(cache)
    stored = json.loads(entry.read_text())
    part = "arguments" if field == "arguments" else "result"
    stored[part].update(value if part == "arguments" else {field: value})
    entry.write_text(json.dumps(stored))
    assert train(SMALL) == expected
    assert len(counted) == 2


def test_a_folder_that_cannot_be_written_gives_a_warning_and_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("VANISHING_CACHE", str(tmp_path / "file" / "folder"))
    with pytest.warns(UserWarning, match="could not be kept .*: set VANISHING_CACHE to a folder"):
        assert train(SMALL).steps[-1] == 15


def test_an_error_while_writing_leaves_nothing_behind(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(handle: int, mode: str, encoding: str) -> None:
        os.write(handle, b'{"experiment":')
        os.close(handle)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdopen", half)
        with pytest.raises(KeyboardInterrupt):
            train(SMALL)
    assert entries(cache) == []


def in_another_process(code: str) -> subprocess.Popen[str]:
    prelude = (
        "import os, sys\n"
        "from vanishing.experiment import RELU\n"
        "from vanishing.progress import observer\n"
        "from vanishing.training import train\n"
        "SMALL = RELU.at(depth=2, width=8, epochs=1)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", prelude + code],
        cwd=Path(training.__file__).parents[1],
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )


def test_a_run_killed_while_training_leaves_nothing(cache: Path) -> None:
    code = "observer.set(lambda done, of: print(done, flush=True))\ntrain(SMALL.at(epochs=1000))"
    process = in_another_process(code)
    assert process.stdout is not None
    while process.stdout.readline().strip() != "20":
        assert process.poll() is None
    process.kill()
    process.communicate()
    assert entries(cache) == []


def test_a_run_killed_while_writing_leaves_no_entry(cache: Path, counted: list[object]) -> None:
    code = (
        "def die(handle, mode, encoding):\n"
        "    os.write(handle, b'{\"experiment\":')\n"
        "    os.kill(os.getpid(), 9)\n"
        "os.fdopen = die\n"
        "train(SMALL)\n"
    )
    process = in_another_process(code)
    process.communicate()
    assert process.returncode != 0
    assert list(cache.glob("*.json")) == []
    assert train(SMALL) == train(SMALL)
    assert counted == [SMALL]


def test_two_processes_at_once_do_no_harm(cache: Path) -> None:
    code = "print(repr(train(SMALL.at(epochs=5))))"
    processes = [in_another_process(code) for _ in range(2)]
    answers = [process.communicate()[0] for process in processes]
    assert answers[0] == answers[1]
    assert len(entries(cache)) == 1
    assert f"{train(SMALL.at(epochs=5))!r}\n" == answers[0]


def test_without_a_chosen_folder_the_users_cache_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VANISHING_CACHE")
    monkeypatch.setattr(
        remembering.platformdirs, "user_cache_path", lambda name: tmp_path / "user" / name
    )
    train(SMALL)
    assert len(entries(tmp_path / "user" / "vanishing-gradients")) == 1


def test_a_recorded_network_with_batch_normalization_trains_as_one_that_is_not() -> None:
    """Recording must not move the running statistics: one more record, the same end."""
    experiment = RESNET.at(depth=2, width=8, epochs=1)
    network, digits = build_network(experiment), load_digits()
    for _ in training.updates(network, experiment, digits):
        pass
    network.eval()
    right = network(digits.test_inputs).argmax(dim=1) == digits.test_targets
    assert train(experiment).accuracies[-1] == pytest.approx(right.double().mean().item(), abs=1e-9)
