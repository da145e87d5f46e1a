"""An experiment is frozen, complete and never invalid."""

import dataclasses

import numpy
import pytest

from vanishing.experiment import ACTIVATIONS, INITS, RELU, RESNET, SIGMOID, Experiment

OUT_OF_BOUNDS = [
    ("depth", 0, "depth must be between 1 and 200, got 0: choose more layers"),
    ("depth", 900, "depth must be between 1 and 200, got 900: choose fewer layers"),
    ("width", 0, "width must be between 1 and 1024, got 0: choose wider layers"),
    ("width", 1025, "width must be between 1 and 1024, got 1025: choose narrower layers"),
    ("epochs", 0, "epochs must be between 1 and 1000, got 0: choose at least one epoch"),
    ("epochs", 1001, "epochs must be between 1 and 1000, got 1001: choose fewer epochs"),
    ("batch_size", 1, "batch_size must be between 2 and 1500, got 1: choose larger batches"),
    ("batch_size", 1501, "batch_size must be between 2 and 1500, got 1501: choose smaller"),
    ("seed", -1, "seed must be between 0 and 4294967295, got -1: choose a seed from 0 on"),
    ("seed", 2**32, "seed must be between 0 and 4294967295, got 4294967296: choose a smaller"),
    ("learning_rate", 0.0, "learning_rate must be between 1e-09 and 100, got 0.0: choose a larger"),
    ("learning_rate", -0.1, "learning_rate must be .*, got -0.1: choose a larger step"),
    ("learning_rate", 1e9, "learning_rate must be .*, got 1000000000.0: choose a smaller step"),
    ("learning_rate", float("inf"), "learning_rate must be .*, got inf: choose a smaller step"),
    (
        "learning_rate",
        float("nan"),
        "learning_rate must be between .*, got nan: choose a smaller",
    ),
    ("momentum", -0.1, "momentum must be between 0 and 0.999, got -0.1: choose 0 for none"),
    ("momentum", 1.0, "momentum must be between 0 and 0.999, got 1.0: choose less momentum"),
    (
        "momentum",
        float("nan"),
        "momentum must be between 0 and 0.999, got nan: choose less",
    ),
    ("data", "mnist", "data must be a known name, got 'mnist': choose from digits"),
    (
        "activation",
        "ReLU",
        "activation must be a known name, got 'ReLU': choose from sigmoid, tanh",
    ),
    ("normalization", "group", "normalization must be .*, got 'group': choose from none, batch"),
    ("branch", "mean", "branch must be a known name, got 'mean': choose from sum, scaled, rezero"),
    ("clip_norm", 0.0, "clip_norm must be between 1e-09 and .*, got 0.0: choose a larger bound"),
    ("clip_value", -1.0, "clip_value must be .*, got -1.0: choose a larger bound, or None"),
    ("init", "zeros", "init must be a known name, got 'zeros': choose from default, xavier, he"),
]

WRONG_TYPE = [
    ("depth", True, "depth must be a whole number between 1 and 200, got True: write 1"),
    ("depth", 3.0, "depth must be a whole number between 1 and 200, got 3.0: write 1"),
    ("depth", "3", "depth must be a whole number between 1 and 200, got '3': write 1"),
    ("width", None, "width must be a whole number between 1 and 1024, got None: write 1"),
    ("epochs", float("nan"), "epochs must be a whole number between 1 and 1000, got nan: write 1"),
    ("batch_size", 50.5, "batch_size must be a whole number between 2 and 1500, got 50.5: write 2"),
    ("seed", False, "seed must be a whole number between 0 and 4294967295, got False: write 0"),
    ("learning_rate", "0.1", "learning_rate must be a number between 1e-09 and 100, got '0.1'"),
    ("learning_rate", True, "learning_rate must be a number between 1e-09 and 100, got True"),
    ("momentum", None, "momentum must be a number between 0 and 0.999, got None"),
    ("residual", 1, "residual must be True or False, got 1: write True or False"),
    ("branch", True, "branch must be a string, got True: choose from sum"),
    ("clip_norm", "1", "clip_norm must be a number between 1e-09 and .*, got '1'"),
    ("clip_value", True, "clip_value must be a number between 1e-09 and .*, got True"),
    ("residual", "yes", "residual must be True or False, got 'yes': write True or False"),
    ("data", None, "data must be a string, got None: choose from digits"),
    ("activation", 3, "activation must be a string, got 3: choose from sigmoid"),
    ("normalization", True, "normalization must be a string, got True: choose from none"),
    ("init", ["he"], r"init must be a string, got \['he'\]: choose from default"),
]


@pytest.mark.parametrize(("field", "value", "message"), OUT_OF_BOUNDS)
def test_a_value_out_of_bounds_is_refused_with_its_bounds_and_a_remedy(
    field: str, value: object, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        RELU.at(**{field: value})


@pytest.mark.parametrize(("field", "value", "message"), WRONG_TYPE)
def test_a_value_of_the_wrong_type_is_refused_with_a_remedy(
    field: str, value: object, message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        RELU.at(**{field: value})


def test_every_field_has_a_guard() -> None:
    fields = {field.name for field in dataclasses.fields(Experiment)}
    assert {field for field, *_ in OUT_OF_BOUNDS + WRONG_TYPE} == fields


@pytest.mark.parametrize(
    ("field", "lowest", "highest"),
    [("depth", 1, 200), ("width", 1, 1024), ("epochs", 1, 1000), ("seed", 0, 2**32 - 1)],
)
def test_the_bounds_themselves_are_allowed(field: str, lowest: int, highest: int) -> None:
    assert getattr(RELU.at(**{field: lowest}), field) == lowest
    assert getattr(RELU.at(**{field: highest}), field) == highest


def test_an_unknown_field_is_named_and_the_known_ones_are_listed() -> None:
    with pytest.raises(TypeError, match="no field 'deepth': choose from data, depth, width"):
        RELU.at(deepth=3)


def test_an_experiment_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        RELU.depth = 3  # type: ignore[misc]


def test_at_changes_only_what_it_is_told() -> None:
    assert RELU.at(depth=30) == dataclasses.replace(RELU, depth=30)
    assert RELU.at() == RELU


def test_numbers_of_numpy_become_plain_numbers() -> None:
    experiment = RELU.at(depth=numpy.int64(7), learning_rate=numpy.float64(0.5), momentum=0)
    assert type(experiment.depth) is int
    assert type(experiment.learning_rate) is float
    assert type(experiment.momentum) is float


def test_the_presets_are_what_the_papers_mean() -> None:
    assert (SIGMOID.activation, SIGMOID.residual, SIGMOID.init) == ("sigmoid", False, "default")
    assert (RELU.activation, RELU.residual, RELU.init) == ("relu", False, "he")
    assert (RESNET.activation, RESNET.residual) == ("relu", True)
    assert RESNET.normalization != "none"


def test_the_presets_train_for_the_same_number_of_steps() -> None:
    assert len({(preset.epochs, preset.batch_size) for preset in (SIGMOID, RELU, RESNET)}) == 1


@pytest.mark.parametrize(
    ("experiment", "label"),
    [
        (SIGMOID, "sigmoid"),
        (RELU, "ReLU"),
        (RESNET, "ResNet"),
        (RELU.at(init="default"), "ReLU + PyTorch init"),
        (RELU.at(init="xavier"), "ReLU + Xavier init"),
        (RELU.at(residual=True), "ReLU + skip"),
        (RELU.at(normalization="batch"), "ReLU + BatchNorm"),
        (SIGMOID.at(activation="tanh", init="orthogonal"), "tanh + orthogonal init"),
        (RESNET.at(normalization="layer"), "ReLU + skip + LayerNorm"),
    ],
)
def test_a_label_names_the_network_as_the_field_does(experiment: Experiment, label: str) -> None:
    assert experiment.label == label


def test_networks_of_different_kinds_have_different_labels() -> None:
    kinds = [
        RELU.at(activation=activation, init=init, residual=residual, normalization=normalization)
        for activation in ACTIVATIONS
        for init in INITS
        for residual in (False, True)
        for normalization in ("none", "batch", "layer")
    ]
    assert len({kind.label for kind in kinds}) == len(kinds)
