"""Measure every statement of ``vanishing.training_theory``, to put the two side by side."""

from collections.abc import Callable, Iterable
from functools import partial
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn import functional

from vanishing import bounds
from vanishing.convolutions import Filters, follow
from vanishing.language_models import LanguageModel, feed_forward_share, learn_to_write, stream
from vanishing.measurements import Comparison, Measured
from vanishing.optimizers import Optimization, optimized
from vanishing.starts import Start, output_gradients, train_from
from vanishing.training_theory import TRAINING_PREDICTIONS

GROUPS = tuple(dict.fromkeys(prediction.group for prediction in TRAINING_PREDICTIONS))


def compare_training(*groups: str) -> tuple[Comparison, ...]:
    """Measure what the predictions of these groups predict; without a name, all of them.

    Raises ``ValueError`` for a group without predictions.
    """
    for group in groups:
        bounds.choice(GROUPS)("group", group)
    chosen = [one for one in TRAINING_PREDICTIONS if one.group in (groups or GROUPS)]
    return tuple(Comparison(one, TRAINING_MEASUREMENTS[one.key]().value) for one in chosen)


def momentum_growth() -> Measured:
    """Measure the 200th step of SGD with momentum 0.9 at a gradient of 1, divided by the first."""
    steps = _steps(lambda weights: torch.optim.SGD(weights, lr=0.01, momentum=0.9), [1.0] * 200)
    return Measured(steps[-1] / steps[0])


def small_step() -> Measured:
    """Measure the 100th step of Adam at a gradient of 1e-8, in learning rates."""
    return Measured(_steps(lambda weights: torch.optim.Adam(weights, lr=0.01), [1e-8] * 100)[-1])


def rare_step() -> Measured:
    """Measure Adam's step at a gradient of 1 behind 8,000 gradients of 0, in learning rates."""
    gradients = [0.0] * 8_000 + [1.0]
    return Measured(_steps(lambda weights: torch.optim.Adam(weights, lr=0.01), gradients)[-1])


def first_update() -> Measured:
    """Measure how far Adam's first update moves the middle layer of a plain sigmoid network.

    Five hidden layers of 64 units, learning rate 0.01; the median of three seeds.
    """
    runs = optimized(Optimization(depth=5, epochs=1))
    return Measured(median(run.updates_at(1)[2] for run in runs))


def rank_of_equal_weights() -> Measured:
    """Count the singular values that are not 0 after a training from equal weights.

    The largest number of three seeds, with weights of 0.01.
    """
    runs = [train_from(Start(constant=0.01, seed=seed)) for seed in range(3)]
    return Measured(max(sum(value > 0 for value in run.after) for run in runs))


def squared_error() -> Measured:
    """Measure the gradient of the squared error of a sigmoid at a score of -8."""
    return Measured(abs(output_gradients(-8)["squared error"]))


def scale_free() -> Measured:
    """Measure how the gradient grows when weights in front of a batch normalization are divided.

    By ten; 64 units, 256 random images, in float64.
    """
    random = torch.Generator(device="cpu").manual_seed(0)
    inputs = torch.randn(256, 64, generator=random, dtype=torch.float64)
    start = torch.randn(64, 64, generator=random, dtype=torch.float64)
    norms = []
    for scale in (1.0, 0.1):
        weights = (start * scale).requires_grad_()
        # a constant so small that it plays no part beside the variance
        signal = functional.batch_norm(inputs @ weights.T, None, None, training=True, eps=1e-12)
        (gradient,) = torch.autograd.grad(signal.relu().square().mean(dim=0)[:32].sum(), weights)
        norms.append(gradient.norm().item())
    return Measured(norms[1] / norms[0])


def loss_of_random_scores() -> Measured:
    """Measure the mean cross-entropy of 100,000 rows of ten normal scores of variance 0.25."""
    random = torch.Generator(device="cpu").manual_seed(0)
    scores = 0.5 * torch.randn(100_000, 10, generator=random, dtype=torch.float64)
    targets = torch.randint(10, (100_000,), generator=random)
    return Measured(functional.cross_entropy(scores, targets).item())


def linear_recurrence() -> Measured:
    """Differentiate the last of 1,000 states of h = λ·h + u by the first, with |λ| = 0.99.

    λ is complex, with a random angle, and the inputs are random; in float64.
    """
    random = torch.Generator(device="cpu").manual_seed(0)
    angle = 6.28 * torch.rand(1, generator=random, dtype=torch.float64)
    factor = torch.polar(torch.full_like(angle, 0.99), angle)
    inputs = torch.randn(1000, 1, generator=random, dtype=torch.complex128)
    first = torch.zeros_like(factor).requires_grad_()
    state: Tensor = first
    for step in inputs.unbind():
        state = factor * state + step
    (arrived,) = torch.autograd.grad(state.real.sum(), [first])
    return Measured(arrived.abs().item())


def fan_in_of_channels() -> Measured:
    """Measure the squared gradient norm's factor per layer with the variance 2/channels.

    3 × 3 filters, 128 channels, no border, layers 6 to 20; the median of three seeds.
    """
    filters = Filters(channels=128, start="channels only", padding="circular", images=2)
    return _median_factor(filters)


def border_of_zeros() -> Measured:
    """Measure the mean square's factor per layer with zeros around 8 × 8 positions.

    512 channels, layers 7 to 16; the median of three seeds.
    """
    filters = Filters(depth=16, channels=512, images=2)
    return Measured(median(follow(filters.at(seed=n)).signal_factor(6) for n in range(3)))


def normalized_filters(normalization: str, channels: int, images: int) -> Measured:
    """Measure the squared gradient norm's factor per layer with a normalization, without border.

    Group normalization has one group; layers 6 to 20; the median of three seeds.
    """
    return _median_factor(
        Filters(channels=channels, normalization=normalization, padding="circular", images=images)
    )


def _median_factor(filters: Filters) -> Measured:
    return Measured(median(follow(filters.at(seed=n)).gradient_factor(5) for n in range(3)))


def first_loss() -> Measured:
    """Measure the first loss of a language model whose output matrix starts at 0."""
    return Measured(stream(LanguageModel(blocks=2, mup=True)).loss)


def feed_forward() -> Measured:
    """Measure the first feed-forward branch at a width of 256; the median of three seeds."""
    models = [LanguageModel(blocks=1, width=256, seed=seed) for seed in range(3)]
    return Measured(median(feed_forward_share(model) for model in models))


def deep_stream() -> Measured:
    """Measure how the stream's end grows from 16 to 64 blocks with GPT-2's scale.

    The ratio of the medians of three seeds.
    """
    ends = [
        median(
            stream(LanguageModel(blocks=blocks, branch="GPT-2", seed=seed)).signal[-1]
            for seed in range(3)
        )
        for blocks in (16, 64)
    ]
    return Measured(ends[1] / ends[0])


def largest_score() -> Measured:
    """Measure the largest score after a training at a high rate with normalized queries and keys.

    The largest of three seeds.
    """
    model = LanguageModel(blocks=2, learning_rate=0.1, query_key_norm=True, updates=100)
    return Measured(max(learn_to_write(model.at(seed=n)).largest_score for n in range(3)))


def bfloat16_change() -> Measured:
    """Halve a number as long as adding it to 1 gives another number in bfloat16."""
    one = torch.ones((), dtype=torch.bfloat16, device="cpu")
    added = one.clone()
    while (one + added / 2).item() != 1:
        added = added / 2
    return Measured(added.item())


def _steps(
    make: Callable[[list[Tensor]], torch.optim.Optimizer], gradients: Iterable[float]
) -> list[float]:
    """Return how far one weight moves under each gradient, in learning rates of 0.01."""
    weight = nn.Parameter(torch.zeros(1, dtype=torch.float64, device="cpu"))
    optimizer, steps = make([weight]), []
    for gradient in gradients:
        before = weight.item()
        weight.grad = torch.full_like(weight, gradient)
        optimizer.step()
        steps.append(abs(weight.item() - before) / 0.01)
    return steps


TRAINING_MEASUREMENTS: dict[str, Callable[[], Measured]] = {
    "starts/rank": rank_of_equal_weights,
    "starts/squared-error": squared_error,
    "starts/scale-free": scale_free,
    "starts/first-loss": loss_of_random_scores,
    "memory/linear": linear_recurrence,
    "optimizers/momentum-limit": momentum_growth,
    "optimizers/adam-small": small_step,
    "optimizers/adam-rare": rare_step,
    "optimizers/adam-first": first_update,
    "convolutions/forgotten": fan_in_of_channels,
    "convolutions/zeros": border_of_zeros,
    "convolutions/batch": partial(normalized_filters, "batch", 64, 32),
    "convolutions/group": partial(normalized_filters, "group", 128, 4),
    "language/zero-head": first_loss,
    "language/feed-forward": feed_forward,
    "language/deep-stream": deep_stream,
    "language/largest-score": largest_score,
    "language/bfloat16": bfloat16_change,
}
