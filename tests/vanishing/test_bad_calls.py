"""Whatever a cell hands over by mistake, the answer is a sentence: the input, bound and remedy."""

import inspect
import math
import time
import traceback
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from vanishing import (
    Experiment,
    GradientWatch,
    Run,
    activations,
    build_network,
    convolutions,
    detection,
    diagnose,
    directions,
    explore,
    explosions,
    figures,
    gradient_profile,
    language_models,
    load_digits,
    localisation,
    mean_field,
    measurements,
    number_words,
    optimizers,
    pictures,
    products,
    recurrence,
    residual,
    scaled_starts,
    sequences,
    set_language,
    signals,
    starts,
    tables,
    theory,
    train,
    training,
    transformers,
    translation,
)
from vanishing.bounds import shown

OURS = ("vanishing", "figures", "scenes", "diagnosis", "explorer")
SMALL = Experiment(depth=1, width=2, learning_rate=0.1, batch_size=1500, epochs=1)
HUGE = 10**400


class Thing:
    """What nothing here can use."""


ODD: dict[str, Any] = {
    "None": None,
    "text": "relu",
    "nul": "a\0b",
    "surrogate": "\ud800",
    "long": "x" * 10_000,
    "empty list": [],
    "empty dict": {},
    "True": True,
    "negative": -1,
    "huge": HUGE,
    "NaN": math.nan,
    "infinity": math.inf,
    "complex": 1j,
    "array": numpy.zeros((2, 3)),
    "tensor": torch.zeros(2, 2),
    "object": Thing(),
    "class": Thing,
    "ragged": [[1.0, 2.0], [3.0]],
    "huge in a list": [HUGE],
    "huge in a dict": {"a": [1.0, HUGE]},
    "NUL in a dict": {"a\0": [1.0]},
    "reversed": (1.0, 0.5),
}


def network() -> nn.Sequential:
    with torch.random.fork_rng():
        return _network()


def _network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3))


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.zeros(8, 4), torch.zeros(8, dtype=torch.int64)


@cache
def diagnosis() -> Any:
    return diagnose(network(), *batch())


@cache
def history() -> Any:
    return watch().history


def watch() -> GradientWatch:
    model = network()
    cross_entropy(model(batch()[0]), batch()[1]).backward()
    watching = GradientWatch(model)
    watching(0)
    return watching


def picture(depth: int = 2) -> Any:
    return figures.draw_gradient_norms({"a": [1.0] * depth})


@cache
def run() -> Run:
    return train(SMALL)


def optimized_run() -> optimizers.OptimizedRun:
    settings = optimizers.Optimization(depth=1)
    return optimizers.OptimizedRun(
        settings, (0, 1), (2.3, 2.2), (0.1, 0.2), (0.1, 0.2), ((0.1, 0.2),), "stalled"
    )


def image_run() -> convolutions.ImageRun:
    network = convolutions.ImageNetwork(blocks=1, channels=4, epochs=1)
    norms = ((0.1,) * 8, (0.2,) * 8)
    return convolutions.ImageRun(network, (0, 1), norms, (2.3, 2.2), (0.1, 0.2), "stalled")


def followed() -> convolutions.Followed:
    return convolutions.Followed((1.0, 2.0), (2.0, 1.0), (0.5, 1.0))


def started() -> starts.Started:
    return starts.Started((1.0, 0.5), (2.0, 0.5), 2, (2.3, 0.5), (0.1, 0.9), "learned")


def language_run() -> language_models.LanguageRun:
    return language_models.LanguageRun((0, 1), (3.0, 2.0), (3.0,), (1.0,), 2.0, "one")


def detector_run() -> detection.DetectorRun:
    return detection.DetectorRun((0, 1), (0,), ((0.5, 1.0),), (2.0,))


NORMS = {"a": [1.0, 2.0]}
LENGTHS = {"a": {10: 1.0}}

CALLS: dict[str, tuple[Callable[..., Any], Callable[[], dict[str, Any]]]] = {
    "train": (train, lambda: {"experiment": SMALL}),
    "build_network": (build_network, lambda: {"experiment": SMALL}),
    "set_language": (set_language, lambda: {"code": "en"}),
    "gradient_profile": (
        gradient_profile,
        lambda: (
            dict(zip(("model", "inputs", "targets"), (network(), *batch()), strict=True))
            | {"loss": cross_entropy}
        ),
    ),
    "diagnose": (
        diagnose,
        lambda: (
            dict(zip(("model", "inputs", "targets"), (network(), *batch()), strict=True))
            | {"loss": cross_entropy}
        ),
    ),
    "GradientWatch": (GradientWatch, lambda: {"model": network(), "every": 1}),
    "watch": (lambda step: watch()(step), lambda: {"step": 1}),
    "history": (lambda step: history().diagnosis(step), lambda: {"step": 0}),
    "explore": (explore, lambda: {"figure_function": picture, "depth": [1, 2]}),
    "watch_units": (activations.watch_units, lambda: {"experiment": SMALL, "bias": 0.0}),
    "typical_units": (
        activations.typical_units,
        lambda: {"experiment": SMALL, "bias": 0.0, "seeds": (0,)},
    ),
    "build_detector": (detection.build_detector, lambda: {"detector": None}),
    "build_images": (
        convolutions.build_images,
        lambda: {"network": convolutions.ImageNetwork(blocks=1, channels=4)},
    ),
    "follow": (
        convolutions.follow,
        lambda: {"filters": convolutions.Filters(depth=1, channels=1, images=2)},
    ),
    "gradient_factor": (lambda first: followed().gradient_factor(first), lambda: {"first": 0}),
    "main_path": (
        convolutions.main_path,
        lambda: {"module": convolutions.build_images(convolutions.ImageNetwork(blocks=1))},
    ),
    "median_gradient": (
        convolutions.median_gradient,
        lambda: {"filters": convolutions.Filters(depth=1, channels=1, images=2), "seeds": 1},
    ),
    "norms_at, images": (lambda step: image_run().norms_at(step), lambda: {"step": 1}),
    "signal_factor": (lambda first: followed().signal_factor(first), lambda: {"first": 0}),
    "train_images": (
        convolutions.train_images,
        lambda: {"network": convolutions.ImageNetwork(blocks=1, channels=4, epochs=1)},
    ),
    "trained_images": (
        convolutions.trained_images,
        lambda: {
            "network": convolutions.ImageNetwork(blocks=1, channels=4, epochs=1),
            "seeds": (0,),
        },
    ),
    "generate_images": (detection.generate_images, lambda: {"count": 1, "size": 64, "seed": 0}),
    "median_losses": (detection.median_losses, lambda: {"runs": [detector_run()]}),
    "median_norms": (detection.median_norms, lambda: {"runs": [detector_run()], "step": 0}),
    "watch_seeds": (detection.watch_seeds, lambda: {"detector": None, "seeds": (0,)}),
    "median_lost_shares": (
        explosions.median_lost_shares,
        lambda: {"experiment": SMALL, "number_format": "float16", "seeds": 1},
    ),
    "lost_shares": (
        explosions.lost_shares,
        lambda: {"experiment": SMALL, "number_format": "float16", "exponents": (0,)},
    ),
    "record_divergence": (
        explosions.record_divergence,
        lambda: {"experiment": SMALL, "most": 1},
    ),
    "median_propagation": (
        mean_field.median_propagation,
        lambda: {
            "network": mean_field.TanhNetwork(weight_variance=1.0, width=2, depth=12),
            "seeds": 1,
        },
    ),
    "check": (measurements.check, lambda: {"comparisons": measurements.compare("blocks")}),
    "compare": (measurements.compare, lambda: {"predictions": theory.PREDICTIONS[:1]}),
    "predicted_and_measured": (
        tables.predicted_and_measured,
        lambda: {"comparisons": measurements.compare(predictions=theory.PREDICTIONS[:1])},
    ),
    "draw_block": (pictures.draw_block, lambda: {"kinds": ["plain"]}),
    "draw_chain": (pictures.draw_chain, lambda: {"factors": [0.5]}),
    "draw_attention": (pictures.draw_attention, lambda: {"weights": [[0.5, 0.5]], "step": 0}),
    "draw_block_map": (
        pictures.draw_block_map,
        lambda: {"names": ["a", "b", "c"], "links": [[-1], [-1], [-1]], "backbone": 1},
    ),
    "draw_boxes": (
        pictures.draw_boxes,
        lambda: {"true": [[]], "predicted": [[]], "size": 64, "step": 0},
    ),
    "draw_overlap": (
        pictures.draw_overlap,
        lambda: {
            "true": (2.0, 2.0, 22.0, 22.0),
            "predicted": (5.0, 2.0, 25.0, 22.0),
            "losses": {"IoU": (0.5, 0.1)},
            "across": 64,
        },
    ),
    "draw_clipping": (
        pictures.draw_clipping,
        lambda: {"gradient": (3.0, 0.4), "threshold": 1.0, "largest": 0.5},
    ),
    "draw_dead_unit": (
        pictures.draw_dead_unit,
        lambda: {"points": [(0.1, 0.2)], "weights": (-1.0, -1.0), "biases": [1.0]},
    ),
    "draw_gates": (
        pictures.draw_gates,
        lambda: {"gates": [[0.5, 0.5]], "marks": [1], "step": 0},
    ),
    "draw_skip_paths": (pictures.draw_skip_paths, lambda: {"blocks": 2}),
    "draw_sums": (
        pictures.draw_sums,
        lambda: {"shares": [0.5, 0.5], "edge": 8.0, "curve": [0.0, 1.0], "step": 0},
    ),
    "draw_words": (
        pictures.draw_words,
        lambda: {"words": ["one"], "norms": {"RNN": [0.1]}, "step": 0},
    ),
    "draw_both_ways": (
        pictures.draw_both_ways,
        lambda: {
            "images": [[0.5] * 64],
            "places": [[0.0], [1.0]],
            "spreads": [0.1, 0.2],
            "gradient_norms": [0.1, 0.2],
        },
    ),
    "draw_cliff": (
        pictures.draw_cliff,
        lambda: {"weights": [0.0, 1.0], "losses": [0.1, 0.2], "paths": {"a": [0.5]}},
    ),
    "draw_digits": (pictures.draw_digits, lambda: {"images": [[0.5] * 64]}),
    "draw_ellipses": (
        pictures.draw_ellipses,
        lambda: {"products": {"a": [[1.0, 0.0], [0.0, 1.0]]}},
    ),
    "draw_heat_map": (
        pictures.draw_heat_map,
        lambda: {"steps": [0, 1], "norms": [[0.1, 0.2], [0.1, 0.2]]},
    ),
    "draw_pulse": (pictures.draw_pulse, lambda: {"norms": [0.1, 0.2], "layer": 1}),
    "draw_two_inputs": (pictures.draw_two_inputs, lambda: {"degrees": [30.0, 20.0]}),
    "cliff": (signals.cliff, lambda: {"weight": 5.0}),
    "descend_cliff": (
        signals.descend_cliff,
        lambda: {"start": 4.6, "learning_rate": 1.0, "steps": 2, "threshold": None},
    ),
    "digit_images": (signals.digit_images, lambda: {"count": 3}),
    "follow_digits": (signals.follow_digits, lambda: {"experiment": SMALL}),
    "median_angles": (
        signals.median_angles,
        lambda: {
            "network": mean_field.TanhNetwork(weight_variance=1.0, width=2, depth=12),
            "seeds": 1,
        },
    ),
    "plane_product": (
        signals.plane_product,
        lambda: {"kind": "gaussian", "factors": 2, "seed": 0},
    ),
    "draw_path_lengths": (pictures.draw_path_lengths, lambda: {"positions": 4}),
    "draw_ranges": (pictures.draw_ranges, lambda: {"ranges": {"a": (0.1, 1.0)}}),
    "draw_two_axes": (pictures.draw_two_axes, lambda: {"values": [0.5]}),
    "draw_unrolled": (pictures.draw_unrolled, lambda: {"steps": 3}),
    "spell": (number_words.spell, lambda: {"number": 7, "language": "pt"}),
    "tokens": (number_words.tokens, lambda: {"number": 7, "language": "pt"}),
    "teachable": (number_words.teachable, lambda: {"language": "pt"}),
    "build": (starts.build, lambda: {"start": starts.Start()}),
    "train_from": (starts.train_from, lambda: {"start": starts.Start(epochs=1)}),
    "output_gradients": (starts.output_gradients, lambda: {"score": -8.0}),
    "stream": (
        language_models.stream,
        lambda: {"model": language_models.LanguageModel(blocks=1, width=16)},
    ),
    "feed_forward_share": (
        language_models.feed_forward_share,
        lambda: {"model": language_models.LanguageModel(blocks=1, width=16)},
    ),
    "learn_to_write": (
        language_models.learn_to_write,
        lambda: {"model": language_models.LanguageModel(blocks=1, width=16, updates=1)},
    ),
    "final_losses": (
        language_models.final_losses,
        lambda: {
            "model": language_models.LanguageModel(blocks=1, width=16, updates=1),
            "seeds": (0,),
        },
    ),
    "loss_at": (lambda step: language_run().loss_at(step), lambda: {"step": 1}),
    "optimize": (
        optimizers.optimize,
        lambda: {"optimization": optimizers.Optimization(depth=1, width=2, epochs=1)},
    ),
    "optimized": (
        optimizers.optimized,
        lambda: {
            "optimization": optimizers.Optimization(depth=1, width=2, epochs=1),
            "seeds": (0,),
        },
    ),
    "updates_at": (lambda step: optimized_run().updates_at(step), lambda: {"step": 1}),
    "powers": (
        products.powers,
        lambda: {"factor": 0.5, "count": 3, "number_format": "float32"},
    ),
    "singular_values": (
        products.singular_values,
        lambda: {"product": products.MatrixProduct(kind="gaussian", factors=1, width=2)},
    ),
    "gradient_through_time": (
        recurrence.gradient_through_time,
        lambda: {"recurrence": recurrence.Recurrence(unit="tanh", length=2, width=2), "seeds": 1},
    ),
    "learn_adding": (
        recurrence.learn_adding,
        lambda: {
            "recurrence": recurrence.Recurrence(unit="tanh", length=2, width=2),
            "learning_rate": 0.1,
            "updates": 20,
        },
    ),
    "growth": (residual.growth, lambda: {"stack": residual.Stack(blocks=2, width=2)}),
    "factor": (
        lambda start: residual.Growth((1.0, 2.0), (2.0, 1.0)).factor(start),
        lambda: {"start": 0},
    ),
    "two_directions": (directions.two_directions, lambda: {"experiment": SMALL}),
    "read_out": (directions.read_out, lambda: {"experiment": SMALL}),
    "train_scaled": (
        scaled_starts.train_scaled,
        lambda: {"experiment": SMALL, "weight_scale": 2.0},
    ),
    "lesions": (residual.lesions, lambda: {"experiment": SMALL.at(width=64)}),
    "path_gradients": (
        residual.path_gradients,
        lambda: {"experiment": SMALL.at(width=64, residual=True)},
    ),
    "path_shares": (residual.path_shares, lambda: {"blocks": 3}),
    "adding_problem": (
        sequences.adding_problem,
        lambda: {"length": 2, "number": 1, "seed": 0},
    ),
    "backward_ratio": (theory.backward_ratio, lambda: {"activation": "relu", "init": "he"}),
    "cell_path_factor": (theory.cell_path_factor, lambda: {"forget_bias": 1.0, "steps": 5}),
    "chi": (theory.chi, lambda: {"weight_variance": 1.0, "bias_variance": 0.1}),
    "critical_weight_variance": (
        theory.critical_weight_variance,
        lambda: {"bias_variance": 0.1},
    ),
    "fixed_length": (theory.fixed_length, lambda: {"weight_variance": 1.0, "bias_variance": 0.1}),
    "gaussian_lyapunov_exponents": (theory.gaussian_lyapunov_exponents, lambda: {"width": 4}),
    "recurrent_factor": (theory.recurrent_factor, lambda: {"radius": 0.9, "steps": 5}),
    "share_of_paths": (
        theory.share_of_paths,
        lambda: {"blocks": 4, "shortest": 1, "longest": 2},
    ),
    "slope_extremes": (theory.slope_extremes, lambda: {"activation": "relu"}),
    "updates": (
        training.updates,
        lambda: {
            "network": build_network(SMALL),
            "experiment": SMALL,
            "digits": load_digits(),
        },
    ),
    "norms_at": (lambda step: run().norms_at(step), lambda: {"step": 0}),
    "block_gradients": (
        transformers.block_gradients,
        lambda: {"norm": "Pre-LN", "depth": 1, "seeds": 1},
    ),
    "learn_to_recall": (
        transformers.learn_to_recall,
        lambda: {"recall": transformers.Recall(length=2, width=2, updates=1)},
    ),
    "recall_accuracies": (
        transformers.recall_accuracies,
        lambda: {"recall": transformers.Recall(length=2, width=2, updates=1), "seeds": (0,)},
    ),
    "accuracies_by_length": (
        translation.accuracies_by_length,
        lambda: {"translation": None, "seeds": (0,)},
    ),
    "build_translator": (
        translation.build_translator,
        lambda: {"translation": translation.Translation()},
    ),
    "learn_to_translate": (translation.learn_to_translate, lambda: {"translation": None}),
    "sentences": (
        translation.sentences,
        lambda: {"target": "pt", "length": 2, "number": 1, "seed": 0},
    ),
    "vocabulary": (translation.vocabulary, lambda: {"language": "pt"}),
    "Experiment": (Experiment, lambda: dict(vars(SMALL))),
    "Detector": (detection.Detector, lambda: dict(vars(detection.Detector()))),
    "TanhNetwork": (
        mean_field.TanhNetwork,
        lambda: dict(vars(mean_field.TanhNetwork(weight_variance=1.0))),
    ),
    "MatrixProduct": (
        products.MatrixProduct,
        lambda: dict(vars(products.MatrixProduct(kind="gaussian", factors=1))),
    ),
    "Recurrence": (
        recurrence.Recurrence,
        lambda: dict(vars(recurrence.Recurrence(unit="tanh"))),
    ),
    "Filters": (convolutions.Filters, lambda: dict(vars(convolutions.Filters()))),
    "Followed": (convolutions.Followed, lambda: dict(vars(followed()))),
    "ImageNetwork": (convolutions.ImageNetwork, lambda: dict(vars(convolutions.ImageNetwork()))),
    "ImageRun": (convolutions.ImageRun, lambda: dict(vars(image_run()))),
    "Start": (starts.Start, lambda: dict(vars(starts.Start()))),
    "Started": (starts.Started, lambda: dict(vars(started()))),
    "Stack": (residual.Stack, lambda: dict(vars(residual.Stack()))),
    "LanguageModel": (
        language_models.LanguageModel,
        lambda: dict(vars(language_models.LanguageModel())),
    ),
    "Optimization": (optimizers.Optimization, lambda: dict(vars(optimizers.Optimization()))),
    "OptimizedRun": (optimizers.OptimizedRun, lambda: dict(vars(optimized_run()))),
    "Recall": (transformers.Recall, lambda: dict(vars(transformers.Recall()))),
    "Translation": (translation.Translation, lambda: dict(vars(translation.Translation()))),
    "Run": (Run, lambda: dict(vars(run()))),
}

FIGURES: dict[str, Callable[[], dict[str, Any]]] = {
    "draw_accuracies": lambda: {"accuracies": {"a": [0.5]}, "chance": 0.1},
    "draw_accuracies_by_length": lambda: {"accuracies": {"a": {10: [0.5]}}, "chance": 0.1},
    "draw_accuracies_by_depth": lambda: {"accuracies": {"a": {5: [0.5]}}, "chance": 0.1},
    "draw_activation": lambda: {
        "name": "a",
        "positions": [0.0, 1.0],
        "values": [0.0, 1.0],
        "slopes": [0.0, 1.0],
        "limits": None,
    },
    "draw_block_gradients": lambda: {"norms": NORMS, "limits": None},
    "draw_blocks": lambda: {"norms": {"a": {0: 1.0}}, "step": 0, "limits": None},
    "draw_chi": lambda: {"predicted": {1.0: 0.5}, "measured": {1.0: 0.5}},
    "draw_clipped_runs": lambda: {"runs": {"none": run()}, "chance": 2.3},
    "draw_dead_units": lambda: {"steps": [0, 1], "shares": [[0.1], [0.2]]},
    "draw_detector_losses": lambda: {"losses": NORMS},
    "draw_diagnosis": lambda: {"diagnosis": diagnosis(), "limits": None},
    "draw_divergence": lambda: {
        "losses": [1.0],
        "gradient_norms": [1.0],
        "largest_weights": [1.0],
    },
    "draw_first_token_gradients": lambda: {"gradients": LENGTHS},
    "draw_gradient_by_time": lambda: {"relative": NORMS, "limits": None},
    "draw_gradient_norms": lambda: {"norms": NORMS, "notes": None, "limits": None},
    "draw_gradients_by_length": lambda: {"gradients": LENGTHS},
    "draw_history": lambda: {"history": history(), "limits": None},
    "draw_lesions": lambda: {"whole": {"a": 0.5}, "without": {"a": [0.5]}, "chance": 0.1},
    "draw_losses": lambda: {"runs": [run()], "chance": 2.3, "names": None},
    "draw_losses_by_rate": lambda: {"losses": {"a": {0.1: [2.0]}}},
    "draw_lost_shares": lambda: {
        "exponents": (0,),
        "zero": [0.5],
        "overflowed": [0.5],
        "expected_zero": [0.5],
    },
    "draw_image_runs": lambda: {"runs": [image_run()], "step": 0, "limits": None},
    "draw_optimized_runs": lambda: {"runs": [optimized_run()], "step": 1, "limits": None},
    "draw_path_shares": lambda: {"paths": [0.5], "gradient": [0.5]},
    "draw_powers": lambda: {"powers": NORMS, "limits": None},
    "draw_propagation": lambda: {
        "norms": [1.0, 2.0],
        "measured": 1.0,
        "predicted": 1.0,
        "limits": None,
    },
    "draw_rates": lambda: {"rates": {5: [0.5]}, "limit": [0.5]},
    "draw_relative_updates": lambda: {"updates": NORMS, "limits": None},
    "draw_right_words": lambda: {"accuracies": {"a": {8: [0.5]}}, "unrelated": None},
    "draw_runs": lambda: {"runs": [run()], "step": 0, "limits": None, "names": None},
    "draw_saturated_units": lambda: {"steps": [0, 1], "shares": [[0.1], [0.2]]},
    "draw_sensitivities": lambda: {"sensitivities": NORMS, "limits": None},
    "draw_signal_growth": lambda: {"mean_squares": NORMS, "limits": None},
    "draw_slopes": lambda: {"positions": [0.0, 1.0], "slopes": NORMS},
    "draw_source_gradients": lambda: {"gradients": NORMS, "limits": None},
    "draw_spectra": lambda: {"spectra": NORMS, "limits": None},
    "draw_start": lambda: {"run": started(), "limits": None},
    "draw_stream": lambda: {"signal": [1.0, 2.0], "gradient": [2.0, 1.0], "limits": None},
    "draw_training": lambda: {"run": run(), "limits": None},
    "draw_two_directions": lambda: {
        "spreads": [1.0, 0.1],
        "gradient_norms": [0.1, 1.0],
        "limits": None,
    },
}

REFUSED: tuple[type[Exception], ...] = (TypeError, ValueError)
OWN = (*REFUSED, RuntimeError)
READERS_OWN = {("gradient_profile", "inputs"), ("diagnose", "inputs")}
"""What the model makes of its inputs is the model's matter; its errors say where they arose."""


def state() -> tuple[Any, ...]:
    """Return what of the process a call may change for others."""
    return (
        torch.get_rng_state().tolist(),
        torch.get_default_dtype(),
        torch.get_num_threads(),
        torch.is_grad_enabled(),
        numpy.random.get_state()[1].tolist(),  # type: ignore[index]
        localisation.language(),
    )


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    run()
    diagnosis()  # the first one in a process imports much of PyTorch
    before = state()
    yield
    assert state() == before


@pytest.mark.parametrize("name", [*CALLS, *FIGURES])
def test_a_wrong_argument_is_answered_by_a_sentence_soon(name: str) -> None:
    function, good = CALLS.get(name) or (getattr(figures, name), FIGURES[name])
    arguments = good()
    for parameter in arguments:
        for odd in ODD.values():
            started = time.monotonic()
            _call(function, {**good(), parameter: odd}, name, parameter, odd)
            assert time.monotonic() - started < 10, (name, parameter, shown(odd))


def _call(
    function: Callable[..., Any], arguments: dict[str, Any], name: str, parameter: str, odd: Any
) -> None:
    own = (name, parameter) in READERS_OWN
    refused = OWN if own else REFUSED
    try:
        result = function(**arguments)
    except refused as error:
        said = " ".join([str(error), *getattr(error, "__notes__", ())])
        room = traceback.extract_tb(error.__traceback__)[-1].filename.split("/")[-2]
    else:
        assert name not in FIGURES or odd is None or result.svg()
        return
    assert len(said) < 700, said
    assert own or (room in OURS and "must" in said and ": " in said), (parameter, shown(odd), said)


def _limited() -> list[str]:
    return [name for name, good in LIMITED.items() if good]


LIMITED = {
    name: "limits" in inspect.signature(getattr(figures, name)).parameters for name in FIGURES
}


@pytest.mark.parametrize("name", _limited())
@pytest.mark.parametrize(
    ("limits", "error", "message"),
    [
        ((1.0, 0.5), ValueError, r"limits must rise, got \(1.0, 0.5\): pass the smaller number"),
        ((0.5, 0.5), ValueError, r"limits must rise, got \(0.5, 0.5\): pass the smaller number"),
        ((math.nan, 1.0), ValueError, r"limits\[0\] must be a number between .*, got nan: leave"),
        ((0.1, math.inf), ValueError, r"limits\[1\] must be a number between .*, got inf: leave"),
        ((0.1, HUGE), ValueError, r"limits\[1\] must be at most 1.8e.308 in size, got 1000.*: wr"),
        ((0.1, 1j), TypeError, r"limits\[1\] must be a number, got 1j: write 1.0"),
        ((0.1,), ValueError, r"limits must be two numbers, got 1: pass \(0.1, 1.0\)"),
        ("ab", TypeError, r"limits must be a list, got 'ab': pass \(0.1, 1.0\)"),
        (0, TypeError, r"limits must be a list, got 0: pass \(0.1, 1.0\)"),
    ],
)
def test_limits_that_span_nothing_are_refused_at_the_call(
    name: str, limits: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        getattr(figures, name)(**{**FIGURES[name](), "limits": limits})


@pytest.mark.parametrize("limits", [(0, 1), (-1.0, 1.0)])
def test_a_logarithmic_axis_begins_above_zero(limits: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=r"limits\[0\] must be above 0, got .*: write 1e-9"):
        figures.draw_gradient_norms(NORMS, limits=limits)


@pytest.mark.parametrize(
    ("name", "parameter", "value", "error", "message"),
    [
        ("train", "experiment", None, TypeError, "an Experiment, got None: pass one such as RELU"),
        ("train", "experiment", Experiment, TypeError, "an Experiment, got <class .*: pass one"),
        ("build_network", "experiment", "relu", TypeError, "got 'relu': pass one such as RELU"),
        ("set_language", "code", None, TypeError, 'code must be a string, got None: write "en"'),
        ("set_language", "code", "../..", ValueError, "got '../..': choose one of them"),
        ("watch_units", "bias", 101, ValueError, "bias must be between -100 and 100, got 101"),
        ("typical_units", "seeds", 3, TypeError, r"a list, got 3: pass \(0, 1, 2\)"),
        ("powers", "factor", HUGE, ValueError, "factor must be between 0 and 1e.300, got 1000"),
        ("Run", "state", "won", ValueError, "known name, got 'won': choose from learned, stall"),
        ("Run", "steps", (), ValueError, "steps must hold at least 1, got none: pass"),
        (
            "Run",
            "accuracies",
            (2.0,),
            ValueError,
            r"\[0\] must be between 0 and 1, got 2",
        ),
        ("Run", "experiment", None, TypeError, "experiment must be an Experiment, got None"),
        ("share_of_paths", "longest", 0, ValueError, "longest must be at least 1, got 0: exchange"),
        ("explore", "figure_function", 7, TypeError, "given a function, got 7: write one that"),
        ("explore", "depth", 7, TypeError, r"axis depth must be a list, got 7: pass \[2, 5, 10\]"),
        ("explore", "depth", "abc", TypeError, "axis depth must be a list, got 'abc': pass"),
        ("explore", "depth", iter(int, 1), ValueError, "axis depth must hold at most 2000 items"),
        ("explore", "depth", [], ValueError, r"axis depth must offer at least one .*: pass \[2"),
        ("draw_gradient_norms", "norms", [1.0], TypeError, r"a dictionary, got \[1.0\]: pass {n"),
        ("draw_gradient_norms", "norms", "a", TypeError, "norms must be a dictionary, got 'a'"),
        ("draw_gradient_norms", "norms", {"a": 1.0}, TypeError, r"norms\['a'\] must be a list"),
        ("draw_gradient_norms", "norms", {"a": [1j]}, TypeError, r"\['a'\]\[0\] must be a number"),
        ("draw_gradient_norms", "norms", {"a": [HUGE]}, ValueError, "at most 1.8e.308 in size"),
        ("draw_gradient_norms", "norms", {"a": [math.nan, -1]}, ValueError, "at least 0, got -1.0"),
        ("draw_gradient_norms", "norms", {"a\0": [1]}, ValueError, r"got '.x00' in 'a.x00': leave"),
        ("draw_gradient_norms", "norms", {"\ud800": [1]}, ValueError, "letters that can be shown"),
        ("draw_gradient_norms", "norms", {"\uffff": [1]}, ValueError, "letters that can be shown"),
        ("draw_gradient_norms", "norms", {"a" * 10_000: [1]}, ValueError, "got 10000: shorten it"),
        ("draw_gradient_norms", "norms", {7: [1]}, TypeError, "must be a text, got 7: write it"),
        (
            "draw_gradient_norms",
            "norms",
            {f"{n}": [1.0] for n in range(500)},
            ValueError,
            "norms must name at most 30 networks, got 500: pass {name: norms}",
        ),
        (
            "draw_gradient_norms",
            "norms",
            {f"a network with a long name {n}": [1.0] for n in range(20)},
            ValueError,
            "at most 10 rows of names above it, got 20: draw fewer lines, or give them shorter",
        ),
        ("draw_losses", "chance", -1, ValueError, "chance must be above 0, got -1.0: write 1e-9"),
        ("draw_lesions", "chance", -1, ValueError, "chance must be between 0 and 1, got -1.0"),
        ("draw_accuracies", "chance", math.nan, ValueError, "chance must be a number .*, got nan"),
        ("draw_runs", "runs", None, TypeError, r"runs must be a list, got None: pass \[train"),
        ("draw_runs", "runs", [None], TypeError, r"runs\[0\] must be a run, got None: pass train"),
        ("draw_runs", "names", [7], TypeError, r"names\[0\] must be a text, got 7: write it"),
        ("draw_training", "run", Run, TypeError, "run must be a run, got <class .*: pass train"),
        (
            "draw_activation",
            "values",
            [1.0],
            ValueError,
            "got 1 values and 2 positions: pass",
        ),
        ("draw_dead_units", "shares", [[1], [1, 2]], ValueError, "as many layers at every step"),
        ("draw_gradients_by_length", "gradients", {"a": {0: 1}}, ValueError, "1000000, got 0: cho"),
        ("draw_blocks", "norms", {"a": {24: 1}}, ValueError, "between 0 and 23, got 24: choose 23"),
        ("draw_diagnosis", "diagnosis", None, TypeError, "got None: pass diagnose"),
        ("draw_history", "history", None, TypeError, "a history, got None: pass watch.history"),
    ],
)
def test_the_sentence_names_the_input_the_bound_and_the_remedy(
    name: str, parameter: str, value: Any, error: type[Exception], message: str
) -> None:
    function, good = CALLS.get(name) or (getattr(figures, name), FIGURES.get(name))
    assert good is not None
    with pytest.raises(error, match=message):
        function(**{**good(), parameter: value})


MEASURING = (gradient_profile, diagnose)


@pytest.mark.parametrize("measure", MEASURING)
@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"model": nn.Linear}, TypeError, "got the class Linear: make one of it first"),
        ({"model": cross_entropy}, TypeError, "an nn.Module, got function: write a class for it"),
        ({"model": None}, TypeError, "must be an nn.Module, got NoneType: write a class"),
        ({"model": nn.ReLU()}, ValueError, "one layer with weights, got ReLU without: pass a mod"),
        ({"model": nn.LazyLinear(3)}, ValueError, "got weight of a lazy module without: run the"),
        ({"model": nn.Linear(4, 3, device="meta")}, ValueError, "on the device meta without: use"),
        ({"inputs": numpy.zeros((8, 4))}, TypeError, r"ndarray of shape \(8, 4\): pass torch.as_"),
        ({"inputs": None}, TypeError, "inputs must be a tensor, got NoneType None: pass torch"),
        ({"inputs": [[1.0] * 4]}, TypeError, "inputs must be a tensor, got list .*: pass torch"),
        ({"inputs": torch.zeros(0, 4)}, ValueError, r"at least one example, got shape \(0, 4\)"),
        ({"targets": numpy.zeros(8)}, TypeError, r"targets must be a tensor, got ndarray of shape"),
        ({"targets": None}, TypeError, "targets must be a tensor, got NoneType None: pass torch"),
        ({"targets": torch.zeros(8)}, TypeError, r"int64, got float32: pass targets.long\(\), or"),
        ({"targets": torch.full((8,), 3)}, ValueError, "between 0 and 2, .*, got 3: count the cl"),
        ({"targets": torch.full((8,), -1)}, ValueError, "between 0 and 2, .*, got -1: count the"),
        ({"targets": batch()[1][:5]}, ValueError, r"shape \(8,\), got shape \(5,\): pass as many"),
        ({"targets": batch()[1][:, None]}, ValueError, r"shape \(8,\), got shape \(8, 1\): pass"),
        ({"loss": None}, TypeError, "a function of outputs and targets, got None: pass torch.nn"),
        ({"loss": nn.MSELoss}, TypeError, "got the class MSELoss: make one of it first"),
        ({"loss": lambda o, t: 1.0}, ValueError, "number in a tensor, got 1.0: return the tensor"),
        ({"loss": lambda o, t: None}, ValueError, "in a tensor, got None: return the tensor"),
        ({"loss": lambda o, t: o}, ValueError, r"a tensor of shape \(8, 3\): choose a loss that a"),
        ({"loss": lambda o, t: o.argmax()}, ValueError, "one real number .*, got int64: choose"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_the_remedy(
    measure: Callable[..., Any], changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    good = CALLS["diagnose"][1]()
    with pytest.raises(error, match=message):
        measure(**{**good, **changes})


@pytest.mark.parametrize("measure", MEASURING)
def test_a_scripted_model_is_refused(measure: Callable[..., Any]) -> None:
    traced = torch.jit.trace(network(), batch()[0])
    with pytest.raises(
        TypeError, match=r"must run in Python, got .* of torch.jit: diagnose it bef"
    ):
        measure(traced, *batch())


@pytest.mark.parametrize("measure", MEASURING)
def test_a_model_nested_too_deep_is_refused(measure: Callable[..., Any]) -> None:
    model: nn.Module = network()
    for _ in range(1000):
        model = nn.Sequential(model)
    with pytest.raises(ValueError, match="at most 250 modules deep, got more: put its layers side"):
        measure(model, *batch())


@pytest.mark.parametrize("measure", MEASURING)
def test_an_error_inside_the_readers_model_says_in_which_layer(
    measure: Callable[..., Any],
) -> None:
    message = (
        r"^in layer '0' \(Linear\), the signal must have 4 features, .* got 5: let what stands"
    )
    with pytest.raises(RuntimeError, match=message) as caught:
        measure(network(), torch.zeros(8, 5), batch()[1])
    assert str(caught.value.__cause__).startswith("mat1 and mat2 shapes cannot be multiplied")
    (note,) = caught.value.__notes__
    assert note == (
        f"raised by the model while {measure.__name__} ran it forward, in layer '0' (Linear), "
        "on inputs: a tensor of shape (8, 5), float32"
    )


@pytest.mark.parametrize("measure", MEASURING)
def test_an_error_of_the_readers_loss_stays_and_says_where(measure: Callable[..., Any]) -> None:
    def loss(outputs: Any, targets: Any) -> Any:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine") as caught:
        measure(network(), *batch(), loss)
    assert caught.value.__notes__[0].startswith(f"raised by the loss while {measure.__name__}")


@pytest.mark.parametrize("measure", MEASURING)
def test_other_losses_take_what_they_like(measure: Callable[..., Any]) -> None:
    assert measure(network(), batch()[0], torch.zeros(8, 3), mse_loss)
    assert measure(network(), batch()[0], torch.full((8, 3), 1 / 3))
    assert measure(network(), batch()[0], torch.full((8,), -100).scatter(0, torch.tensor([1]), 2))


def test_a_compiled_model_is_measured_as_what_it_was_made_of() -> None:
    model = network()
    assert gradient_profile(torch.compile(model), *batch()) == gradient_profile(model, *batch())


def test_too_many_states_are_refused_before_anything_is_drawn() -> None:
    with pytest.raises(ValueError, match=r"at most 2000 combinations .*, got 1000000: offer fewer"):
        explore(lambda a, b: picture(), a=range(1000), b=range(1000))


def test_a_figure_function_that_returns_no_drawing_is_named() -> None:
    def forgetful(depth: int) -> Any:
        picture(depth)

    with pytest.raises(TypeError, match="forgetful must return a drawing, got None at depth=2"):
        explore(forgetful, depth=[2]).draw([0])


def test_an_error_of_a_figure_function_stays_and_says_at_which_values() -> None:
    def broken(depth: int) -> Any:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        explore(broken, depth=[2]).draw([0])
    assert caught.value.__notes__ == ["raised by broken at depth=2"]
