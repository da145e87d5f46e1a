"""Further broken networks, each with the words that name its fault, and further sound ones."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from small_networks import Apply
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.functional import cross_entropy

from vanishing.diagnose import diagnose
from vanishing.diagnosis.verdicts import LayerEvidence, Surroundings, judge

Made = tuple[nn.Module, Any, Any, Callable[[Any, Any], Tensor]]


def rows(size: int = 16, features: int = 8) -> Tensor:
    return torch.randn(size, features)


def labels(size: int = 16, classes: int = 3) -> Tensor:
    return torch.randint(classes, (size,))


def chain(
    *between: nn.Module, loss: Callable[[Any, Any], Tensor] = cross_entropy, out: int = 3
) -> Made:
    model = nn.Sequential(nn.Linear(8, 16), *between, nn.Linear(16, out))
    return model, rows(), labels(), loss


def changed(made: Made, change: Callable[[Any], object]) -> Made:
    change(made[0])
    return made


class Recurrent(nn.Module):
    """Read with a cell, or with a stack of which the second layer is far too large."""

    def __init__(self, reader: nn.Module) -> None:
        super().__init__()
        self.reader, self.head = reader, nn.Linear(8, 3)

    def forward(self, sequence: Tensor) -> Tensor:
        if isinstance(self.reader, nn.GRU):
            return self.head(self.reader(sequence)[0].mean(1))  # type: ignore[no-any-return]
        state = cell = sequence.new_zeros(len(sequence), 8)
        for step in sequence.unbind(1):
            state, cell = self.reader(step, (state, cell))
        return self.head(state)  # type: ignore[no-any-return]


def stacked() -> Made:
    reader = nn.GRU(4, 8, 2, batch_first=True)
    for name in ("weight_ih_l1", "weight_hh_l1"):
        getattr(reader, name).data.mul_(1e3)
    return Recurrent(reader), torch.randn(16, 6, 4), labels(), cross_entropy


def forgetful() -> Made:
    cell = nn.LSTMCell(4, 8)
    cell.bias_ih.data[8:16] = -3
    return Recurrent(cell), torch.randn(16, 40, 4), labels(), cross_entropy


class Attention(nn.Module):
    def __init__(self, positions: float) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(8, 8) for _ in range(3))
        self.positions = nn.Parameter(positions * torch.randn(1, 6, 8))
        self.head = nn.Linear(8, 3)

    def forward(self, signal: Tensor) -> Tensor:
        signal = signal + self.positions[:, : signal.shape[1]]
        scores = self.query(signal) @ self.key(signal).mT / 8**0.5
        return self.head((scores.softmax(-1) @ self.value(signal)).mean(1))  # type: ignore[no-any-return]


class Layers(nn.Module):
    def __init__(self, make: Callable[[], nn.Module], depth: int) -> None:
        super().__init__()
        self.body, self.head = nn.ModuleList(make() for _ in range(depth)), nn.Linear(16, 3)

    def forward(self, signal: Tensor) -> Tensor:
        for layer in self.body:
            signal = (
                layer(signal, signal, signal)[0]
                if isinstance(layer, nn.MultiheadAttention)
                else layer(signal)[0]
            )
        return self.head(signal.mean(1))  # type: ignore[no-any-return]


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.enter, self.block, self.head = nn.Linear(8, 16), nn.Linear(16, 16), nn.Linear(16, 3)

    def forward(self, signal: Tensor) -> Tensor:
        signal = self.enter(signal)
        for _ in range(20):
            signal = torch.tanh(self.block(signal))
        return self.head(signal)  # type: ignore[no-any-return]


class Hidden(nn.Module):
    """Compute the features without a gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.encode, self.head = nn.Linear(8, 16), nn.Linear(16, 3)

    def forward(self, signal: Tensor) -> Tensor:
        with torch.no_grad():
            features = torch.relu(self.encode(signal))
        return self.head(features)  # type: ignore[no-any-return]


class Tempered(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.score, self.temperature = nn.Linear(8, 3), nn.Parameter(torch.zeros(1))

    def forward(self, signal: Tensor) -> Tensor:
        return self.score(signal) / self.temperature  # type: ignore[no-any-return]


def lengthened() -> Made:
    made = chain(Apply(lambda one: one / one.norm(dim=1, keepdim=True)))
    made[0][0].bias.data.zero_()  # type: ignore[index]
    made[1][3] = 0
    return made


def in_half(made: Made, scale: float) -> Made:
    model, inputs, targets, loss = made
    return model.half(), (scale * inputs).half(), targets, loss


def narrow() -> Made:
    layers: list[nn.Module] = []
    for width in (8, *[40] * 89):
        layers += [nn.Linear(width, 40), nn.LeakyReLU(0.01)]
        nn.init.kaiming_normal_(layers[-2].weight)  # type: ignore[arg-type]
    return nn.Sequential(*layers, nn.Linear(40, 3)), rows(), labels(), cross_entropy


def masked(scores: Tensor, targets: Tensor) -> Tensor:
    mask = torch.zeros(len(targets))
    return (cross_entropy(scores, targets, reduction="none") * mask).sum() / mask.sum()


def unweighted(scores: Tensor, targets: Tensor) -> Tensor:
    return cross_entropy(scores, 0 * targets, weight=torch.tensor([0.0, 1.0, 1.0]))


def accuracy(scores: Tensor, targets: Tensor) -> Tensor:
    return 1 - (scores.argmax(1) == targets).float().mean() + 0 * scores.sum()


def one_output() -> Made:
    model, inputs, _labels, loss = chain(nn.ReLU(), out=1)
    return model, inputs, torch.zeros(16, dtype=torch.long), loss


def certain(end: nn.Module, loss: Callable[[Any, Any], Tensor], bias: float) -> Made:
    model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 1), end)
    nn.init.constant_(model[2].bias, bias)  # type: ignore[arg-type]
    return model, rows(), torch.zeros(16, 1) + 0.5 * (bias < 0), loss


BROKEN: dict[str, tuple[Callable[[], Made], str, str]] = {
    "a length of zero": (lengthened, "not finite", "“div” after layer “0”"),
    "the logarithm of a softmax": (
        lambda: chain(nn.ReLU(), loss=lambda s, t: F.nll_loss((900 * s).softmax(1).log(), t)),
        "not finite",
        "“log” in the loss",
    ),
    "a mean over an empty mask": (
        lambda: chain(nn.ReLU(), loss=masked),
        "not finite",
        "Zero is divided by zero",
    ),
    "labels whose classes have no weight": (
        lambda: chain(nn.ReLU(), loss=unweighted),
        "not finite",
        "the class weight of every label",
    ),
    "a temperature of zero": (
        lambda: (Tempered(), rows(), labels(), cross_entropy),
        "not finite",
        "“div” after layer “score”",
    ),
    "a loss scale that is too large": (
        lambda: in_half(chain(nn.ReLU(), loss=lambda s, t: 1e6 * cross_entropy(s, t)), 1.0),
        "not finite",
        "“mul” in the loss is the first operation to give a number too large for float16",
    ),
    "a variance in float16": (
        lambda: in_half(chain(Apply(lambda h: h / h.pow(2).sum(1, keepdim=True).sqrt())), 2e3),
        "not finite",
        "Later operations may hide this infinity",
    ),
    "an exponential in float16": (
        lambda: in_half(chain(Apply(torch.exp)), 40.0),
        "not finite",
        "“exp” after layer “0”",
    ),
    "a second recurrent layer that is far too large": (
        stacked,
        "starving",
        "inside layer “reader.weight_ih_l1”",
    ),
    "a cell that forgets": (forgetful, "starving", "The gradient fades along the sequence"),
    "one block twenty times": (
        lambda: (Block(), rows(), labels(), cross_entropy),
        "starving",
        "used 20 times one after the other",
    ),
    "twelve recurrent modules": (
        lambda: (
            Layers(lambda: nn.LSTM(16, 16, batch_first=True), 12),
            torch.randn(16, 5, 16),
            labels(),
            cross_entropy,
        ),
        "starving",
        "through the stacked recurrent layers",
    ),
    "attention without residual connections": (
        lambda: (
            Layers(lambda: nn.MultiheadAttention(16, 2, batch_first=True), 12),
            torch.randn(16, 6, 16),
            labels(),
            cross_entropy,
        ),
        "starving",
        "The weights are too small",
    ),
    "everything is dropped": (
        lambda: chain(nn.ReLU(), nn.Dropout(1.0)),
        "starving",
        "multiplies the gradient by zero",
    ),
    "features without a gradient": (
        lambda: (Hidden(), rows(), labels(), cross_entropy),
        "starving",
        "(1 of 2 layers: “encode”): The loss does not depend on this layer",
    ),
    "signs": (lambda: chain(Apply(torch.sign)), "starving", "“sign” has no slope"),
    "a loss of data": (
        lambda: chain(nn.ReLU(), loss=lambda s, t: cross_entropy(s.data, t).requires_grad_()),
        "starving",
        "does not depend on any parameter",
    ),
    "attention to a single key": (
        lambda: (Attention(0.1), torch.randn(16, 1, 8), labels(), cross_entropy),
        "starving",
        "“softmax” works on a single number",
    ),
    "attention that is certain": (
        lambda: (Attention(1e3), torch.randn(16, 6, 8), labels(), cross_entropy),
        "exploding",
        "Smaller scores before the softmax",
    ),
    "a rectifier at the end": (
        lambda: certain(nn.ReLU(), F.mse_loss, -9),
        "dead",
        "(1 of 2 layers: “2”): 100% of the units",
    ),
    "probabilities of one": (
        lambda: certain(nn.Sigmoid(), F.binary_cross_entropy, 200),
        "starving",
        "binary_cross_entropy_with_logits() the sigmoid",
    ),
    "cross-entropy over one output": (
        one_output,
        "starving",
        "The softmax in the loss gets a single number",
    ),
    "a softmax twice": (
        lambda: changed(
            (nn.Sequential(*chain(nn.ReLU())[0], nn.Softmax(1)), rows(), labels(), cross_entropy),  # type: ignore[misc]
            lambda model: model[2].weight.data.mul_(1e3),
        ),
        "starving",
        "Leave the softmax out of the model",
    ),
    "counted answers for a loss": (
        lambda: chain(nn.ReLU(), loss=accuracy),
        "starving",
        "takes “argmax()” of the outputs",
    ),
    "a loss that is constant": (
        lambda: chain(nn.ReLU(), loss=lambda s, _: (0 * s).sum() + 1),
        "starving",
        "The loss does not change when other outputs are tried",
    ),
    "a sum that float16 cannot hold, hidden by tanh": (
        lambda: in_half(chain(Apply(lambda h: h.cumsum(1).tanh())), 1.4e4),
        "not finite",
        "“cumsum” after layer “0” is the first operation to give a number too large for float16",
    ),
    "ninety narrow layers": (narrow, "alike", "falls from"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_network_is_named_by_its_fault(name: str) -> None:
    torch.manual_seed(1)
    make, verdict, words = BROKEN[name]
    found = diagnose(*make())
    assert found.verdict == verdict
    assert words in str(found)


class Pairs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(8, 16), nn.Linear(8, 16)
        self.scale = nn.Parameter(torch.tensor(2.6))

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        left, right = F.normalize(self.left(left)), F.normalize(self.right(right))
        return self.scale.exp() * left @ right.mT


class Conditioned(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.condition, self.enter, self.head = nn.Linear(4, 32), nn.Linear(8, 16), nn.Linear(16, 3)

    def forward(self, signal: Tensor, condition: Tensor) -> Tensor:
        scale, shift = self.condition(condition).chunk(2, 1)
        return self.head(torch.relu(scale * self.enter(signal) + shift))  # type: ignore[no-any-return]


class Writer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed, self.cell, self.head = (
            nn.Embedding(20, 8),
            nn.LSTMCell(8, 16),
            nn.Linear(16, 20),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        state = cell = torch.zeros(len(tokens), 16)
        scores = []
        for step in self.embed(tokens).unbind(1):
            state, cell = self.cell(step, (state, cell))
            scores.append(self.head(state))
        return torch.stack(scores, 2)


class Grouped(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.filter, self.norm = nn.Conv2d(8, 8, 3, padding=1), nn.GroupNorm(2, 8)

    def forward(self, signal: Tensor) -> Tensor:
        return signal + self.norm(torch.relu(self.filter(signal)))  # type: ignore[no-any-return]


class Mixer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.along, self.across = nn.LayerNorm(16), nn.Linear(6, 6), nn.Linear(16, 16)

    def forward(self, signal: Tensor) -> Tensor:
        signal = signal + F.gelu(self.along(self.norm(signal).mT)).mT
        return signal + F.gelu(self.across(self.norm(signal)))


class Coupling(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 8))

    def forward(self, signal: Tensor) -> Tensor:
        left, right = signal.chunk(2, 1)
        scale, shift = self.net(left).chunk(2, 1)
        return torch.cat([right * scale.tanh().exp() + shift, left], 1)


class Variational(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encode, self.mean, self.log = nn.Linear(8, 16), nn.Linear(16, 4), nn.Linear(16, 4)
        self.decode = nn.Linear(4, 8)

    def forward(self, signal: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        hidden = torch.relu(self.encode(signal))
        mean, log = self.mean(hidden), self.log(hidden)
        return self.decode(mean + torch.randn_like(mean) * (log / 2).exp()), mean, log


class Player(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body, self.policy, self.value = nn.Linear(8, 32), nn.Linear(32, 4), nn.Linear(32, 1)

    def forward(self, signal: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.body(signal).tanh()
        return self.policy(hidden), self.value(hidden)


class Spelling(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.read, self.head = nn.GRU(8, 16, bidirectional=True), nn.Linear(32, 6)

    def forward(self, sequence: Tensor) -> Tensor:
        return self.head(self.read(sequence)[0]).log_softmax(-1)  # type: ignore[no-any-return]


def waves() -> Made:
    parts = [nn.Linear(2, 32), nn.Linear(32, 32), nn.Linear(32, 1)]
    for part, bound in zip(parts, (0.5, 6**0.5 / 32**0.5 / 30, 6**0.5 / 32**0.5 / 30), strict=True):
        nn.init.uniform_(part.weight, -bound, bound)
    sine = Apply(lambda signal: torch.sin(30 * signal))
    model = nn.Sequential(parts[0], sine, parts[1], sine, parts[2])
    return model, 2 * torch.rand(64, 2) - 1, torch.rand(64, 1), F.mse_loss


def images(*body: nn.Module) -> Made:
    ends = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3)]
    model = nn.Sequential(nn.Conv2d(3, 8, 3), *body, *ends)
    return model, torch.randn(8, 3, 8, 8), labels(8), cross_entropy


def evidence(outputs: Any, signal: Tensor) -> Tensor:
    made, mean, log = outputs
    return F.mse_loss(made, signal) + 0.1 * (log.exp() + mean**2 - 1 - log).mean()  # type: ignore[no-any-return]


def played(outputs: Any, actions: Tensor) -> Tensor:
    return cross_entropy(outputs[0], actions) + F.mse_loss(outputs[1], torch.ones(16, 1))


def spelled(outputs: Tensor, targets: Tensor) -> Tensor:
    return F.ctc_loss(outputs, targets, torch.full((4,), 12), torch.full((4,), 3))


def pairs() -> Made:
    left = rows()
    return Pairs(), (left, left + 0.1 * rows()), torch.arange(16), cross_entropy


def written() -> Made:
    tokens = torch.randint(20, (8, 12))
    return Writer(), tokens, tokens.roll(-1, 1), cross_entropy


def hinge() -> Made:
    model = nn.Sequential(nn.Linear(8, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    targets = 2 * torch.randint(2, (32, 1)) - 1
    return model, rows(32), targets, lambda s, t: torch.relu(1 - t * s).mean()


def mixed() -> Made:
    body = [Mixer(), Mixer(), Mixer(), Apply(lambda one: one.mean(1))]
    model = nn.Sequential(nn.Linear(8, 16), *body, nn.Linear(16, 3))
    return model, torch.randn(16, 6, 8), labels(), cross_entropy


def tagged() -> Made:
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 5), nn.Sigmoid())
    return model, rows(), torch.randint(2, (16, 5)).float(), F.binary_cross_entropy


def reconstructed() -> Made:
    signal = rows()
    return Variational(), signal, signal, evidence


def flow() -> Made:
    model = nn.Sequential(*(Coupling() for _ in range(4)))
    return model, rows(), None, lambda one, _: one.square().sum(1).mean() / 2


SOUND: dict[str, Callable[[], Made]] = {
    "pairs of images and texts": pairs,
    "a condition that scales": lambda: (
        Conditioned(),
        (rows(), rows(16, 4)),
        labels(),
        cross_entropy,
    ),
    "a cell that writes": written,
    "group normalization": lambda: images(*(Grouped() for _ in range(4))),
    "a mixer": mixed,
    "a critic with a hinge": hinge,
    "waves": waves,
    "a flow": flow,
    "a variational autoencoder": reconstructed,
    "an actor and a critic": lambda: (Player(), rows(), labels(16, 4), played),
    "spelling": lambda: (Spelling(), torch.randn(12, 4, 8), torch.randint(1, 6, (4, 3)), spelled),
    "many tags": tagged,
    "a frozen body": lambda: changed(
        chain(nn.ReLU()), lambda model: model[0].requires_grad_(False)
    ),
    "a head of zeros": lambda: changed(
        chain(nn.ReLU()), lambda model: nn.init.zeros_(model[2].weight)
    ),
    "attention": lambda: (Attention(1.0), torch.randn(16, 6, 8), labels(), cross_entropy),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_network_is_called_healthy_and_says_what_was_not_checked(name: str) -> None:
    torch.manual_seed(1)
    found = diagnose(*SOUND[name]())
    assert found.is_healthy
    assert "Checked: NaN and infinity" in str(found)
    assert "Not checked: the data and the labels" in str(found)


def test_labels_that_are_ignored_are_counted() -> None:
    torch.manual_seed(0)
    model, inputs, _labels, loss = chain(nn.ReLU())
    assert "16 of 16 labels are ignored" in str(diagnose(model, inputs, torch.full((16,), -100)))
    some = labels()
    some[:15] = -100
    assert diagnose(model, inputs, some, loss).is_healthy
    nothing = diagnose(model, inputs, some, lambda s, _: s[:0].mean())
    assert "it is a mean of nothing" in str(nothing)


def test_what_is_learned_is_told_by_its_right_answers() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    nn.init.normal_(model[2].weight, std=1e6)  # type: ignore[arg-type]
    inputs = rows()
    found = diagnose(model, inputs, model(inputs).argmax(1))
    assert {one.cause for one in found.layers} == {"fitted"}
    assert "The largest output is the right answer for 16 of 16 examples" in str(found)


@pytest.mark.parametrize(("scale", "cause"), [(3e4, "large_inputs"), (1.0, "grows_backward")])
def test_large_inputs_are_told_from_a_gradient_that_grows(scale: float, cause: str) -> None:
    first, last = (
        LayerEvidence(
            name=name,
            kind="Linear",
            gradient_norm=norm,
            weight_norm=1.0,
            relative_gradient=norm,
            at_loss=name == "last",
        )
        for name, norm in (("first", 447.0), ("last", 1.9))
    )
    found = judge([first, last], Surroundings(input_scale=scale))
    assert (found[0].verdict, found[0].cause) == ("exploding", cause)
    assert found[1].verdict == "healthy"
