"""Every prediction is measured, and what is measured is what is predicted."""

import math
from dataclasses import replace

import pytest
import torch

from vanishing.measurements import (
    MEASUREMENTS,
    Comparison,
    DisagreementError,
    block_growth,
    cell_path,
    check,
    compare,
    largest_slope,
    layer_ratio,
    least_slope,
    measure,
    path_length_share,
    recurrent_norm,
    underflow,
)
from vanishing.theory import PREDICTIONS, Prediction, Source

FALSE = Prediction(key="slopes/tanh-max", value=0.5, tolerance=0.01, source=Source("No one 2000"))


@pytest.mark.parametrize("prediction", PREDICTIONS, ids=lambda one: one.key)
def test_what_is_measured_is_what_is_predicted(prediction: Prediction) -> None:
    measured = measure(prediction.key)
    assert prediction.agrees_with(measured), f"measured {measured}, predicted {prediction}"


@pytest.mark.parametrize(
    "prediction",
    [one for one in PREDICTIONS if one.key.startswith(("layers/", "blocks/relu-"))],
    ids=lambda one: one.key,
)
def test_the_tolerances_are_not_made_for_one_choice_of_seeds(prediction: Prediction) -> None:
    group, _, names = prediction.key.partition("/")
    first, second = names.split("-")
    if group == "layers":
        measured = layer_ratio(first, second, first_seed=5).value
    else:
        measured = layer_ratio("relu", "he", second, first_seed=5).value
    assert prediction.agrees_with(measured), f"measured {measured}, predicted {prediction}"


@pytest.mark.parametrize("prediction", PREDICTIONS, ids=lambda one: one.key)
def test_a_wrong_prediction_would_fail(prediction: Prediction) -> None:
    measured = measure(prediction.key)
    wrong = replace(prediction, value=prediction.value * (0.3 if prediction.is_bound else 1.1))
    with pytest.raises(DisagreementError, match=prediction.key):
        check((Comparison(wrong, measured),))


def test_every_prediction_is_measured_and_nothing_else() -> None:
    assert set(MEASUREMENTS) == {one.key for one in PREDICTIONS}


def test_groups_are_chosen_by_name_and_stay_in_order() -> None:
    chosen = compare("underflow")
    assert [one.prediction.key for one in chosen] == [
        "underflow/float32",
        "underflow/float16",
        "underflow/bfloat16",
    ]
    assert [one.measured for one in chosen] == [75, 13, 67]


def test_a_false_prediction_is_found_out() -> None:
    comparisons = compare("slopes", predictions=(FALSE,))
    assert not comparisons[0].agrees
    with pytest.raises(DisagreementError, match=r"slopes/tanh-max: predicted 0.5, measured 1"):
        check(comparisons)


def test_a_check_counts_what_agrees() -> None:
    assert check(compare("slopes")) == len([one for one in PREDICTIONS if one.group == "slopes"])


def test_a_measurement_that_is_not_a_number_never_agrees() -> None:
    with pytest.raises(DisagreementError, match="measured nan"):
        check((Comparison(FALSE, math.nan),))


def test_unknown_groups_and_keys_are_refused() -> None:
    with pytest.raises(ValueError, match=r"group must be a known name, got 'magic': choose from"):
        compare("magic")
    with pytest.raises(ValueError, match=r"key must be a known name, got 'a/b': choose from"):
        measure("a/b")


def test_the_slopes_are_those_of_finite_differences() -> None:
    points = torch.linspace(-8, 8, 16_001, dtype=torch.float64)
    slopes = torch.nn.functional.gelu(points).diff() / points.diff()
    assert largest_slope("gelu").value == pytest.approx(slopes.max().item(), abs=1e-5)
    assert least_slope("gelu").value == pytest.approx(slopes.min().item(), abs=1e-5)


def test_a_number_underflows_also_where_subnormals_are_flushed() -> None:
    torch.set_flush_denormal(True)
    try:
        assert underflow.__wrapped__("float32").value == 75  # type: ignore[attr-defined]
    finally:
        torch.set_flush_denormal(False)


def test_doubled_weights_would_be_noticed() -> None:
    he = layer_ratio("relu", "he", seeds=1).value
    xavier = layer_ratio("relu", "xavier", seeds=1).value
    assert he == pytest.approx(2 * xavier, rel=0.03)


def test_the_order_of_the_residual_branch_matters() -> None:
    assert block_growth("relu_last").value > block_growth("linear_last").value + 0.5


def test_a_saturated_recurrence_loses_more_than_a_linear_one() -> None:
    assert recurrent_norm("tanh", 1.1).value < recurrent_norm("linear", 1.1).value


def test_an_open_forget_gate_keeps_the_gradient() -> None:
    assert cell_path(30).value == pytest.approx(1)


def test_more_paths_do_not_change_the_share() -> None:
    few, many = path_length_share(20_000).value, path_length_share(100_000).value
    assert few == pytest.approx(many, abs=5e-3)
