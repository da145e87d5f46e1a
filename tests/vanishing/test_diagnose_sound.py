"""Sound networks, at their own initialization and after training, raise no alarm."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.functional import cross_entropy

from vanishing.calling import called
from vanishing.diagnose import diagnose

Made = tuple[nn.Module, Any, Any, Callable[[Any, Any], Tensor]]


class Block(nn.Module):
    def __init__(self, channels: int, zero: bool) -> None:
        super().__init__()
        self.a, self.b = (nn.Conv2d(channels, channels, 3, padding=1, bias=False) for _ in range(2))
        self.na, self.nb = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)
        if zero:
            nn.init.zeros_(self.nb.weight)

    def forward(self, signal: Tensor) -> Tensor:
        return F.relu(signal + self.nb(self.b(F.relu(self.na(self.a(signal))))))


def images() -> tuple[Tensor, Tensor]:
    return torch.randn(16, 3, 8, 8), torch.randint(10, (16,))


def resnet(zero: bool = False) -> Made:
    stem = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    blocks = [Block(16, zero) for _ in range(6)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)]
    return nn.Sequential(*stem, *blocks, *head), *images(), cross_entropy


def perceptron(kind: type[nn.Module]) -> Made:
    width = 64 if kind is nn.GLU else 32
    parts = [nn.Linear(8, width), kind(), nn.Linear(32, width), kind(), nn.Linear(32, 3)]
    return nn.Sequential(*parts), torch.randn(64, 8), torch.randint(3, (64,)), cross_entropy


class Language(nn.Module):
    def __init__(self, blocks: int, first: bool, tied: bool) -> None:
        super().__init__()
        self.embed, self.head = nn.Embedding(50, 32), nn.Linear(32, 50, bias=False)
        self.positions = nn.Parameter(0.02 * torch.randn(1, 12, 32))
        layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True, norm_first=first)
        self.body = nn.TransformerEncoder(layer, blocks, enable_nested_tensor=False)
        if tied:
            self.head.weight = self.embed.weight
            for parameter in self.parameters():
                if parameter.dim() > 1:
                    nn.init.normal_(parameter, std=0.02)

    def forward(self, tokens: Tensor) -> Tensor:
        mask = nn.Transformer.generate_square_subsequent_mask(tokens.shape[1])
        return self.head(self.body(self.embed(tokens) + self.positions, mask=mask))  # type: ignore[no-any-return]


def language(blocks: int, first: bool, tied: bool) -> Made:
    tokens = torch.randint(50, (4, 12))
    return Language(blocks, first, tied), tokens, tokens.roll(-1, 1), by_token


def by_token(scores: Tensor, targets: Tensor) -> Tensor:
    return cross_entropy(scores.flatten(0, 1), targets.flatten())


class Reader(nn.Module):
    def __init__(self, kind: type[nn.RNNBase], layers: int, both: bool) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, 16)
        self.body = kind(16, 32, num_layers=layers, batch_first=True, bidirectional=both)
        self.head = nn.Linear(64 if both else 32, 5)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(self.body(self.embed(tokens))[0].mean(1))  # type: ignore[no-any-return]


def reader(kind: type[nn.RNNBase], layers: int, both: bool) -> Made:
    tokens = torch.randint(50, (8, 12))
    return Reader(kind, layers, both), tokens, torch.randint(5, (8,)), cross_entropy


def generator() -> Made:
    parts = [nn.Linear(16, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 32), nn.Tanh()]
    critic = nn.Sequential(nn.Linear(32, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))

    def fooled(made: Tensor, _: Any) -> Tensor:
        return F.binary_cross_entropy_with_logits(critic(made), torch.ones(len(made), 1))

    return nn.Sequential(*parts), torch.randn(32, 16), None, fooled


def autoencoder() -> Made:
    parts = [
        nn.Linear(64, 32),
        nn.ReLU(),
        nn.Linear(32, 8),
        nn.ReLU(),
        nn.Linear(8, 64),
        nn.Sigmoid(),
    ]
    inputs = torch.rand(64, 64)
    return nn.Sequential(*parts), inputs, inputs, F.mse_loss


def discriminator() -> Made:
    norm = nn.utils.parametrizations.spectral_norm
    model = nn.Sequential(norm(nn.Linear(8, 32)), nn.LeakyReLU(0.2), norm(nn.Linear(32, 1)))
    return model, torch.randn(64, 8), torch.ones(64, 1), F.binary_cross_entropy_with_logits


ACTIVATIONS = (nn.ReLU, nn.Tanh, nn.GELU, nn.SiLU, nn.ELU, nn.SELU, nn.LeakyReLU, nn.Sigmoid)
ACTIVATIONS += (nn.Softplus, nn.Mish, nn.Hardswish, nn.Softsign, nn.ReLU6, nn.PReLU, nn.GLU)  # type: ignore[assignment]

SOUND: dict[str, Callable[[], Made]] = {
    **{kind.__name__: lambda kind=kind: perceptron(kind) for kind in ACTIVATIONS},
    "ResNet": resnet,
    "ResNet that starts at zero": lambda: resnet(zero=True),
    "Transformer, 24 blocks": lambda: language(24, True, False),
    "Transformer, Post-LN": lambda: language(6, False, False),
    "language model, tied": lambda: language(8, True, True),
    "LSTM": lambda: reader(nn.LSTM, 1, False),
    "LSTM, two layers, both ways": lambda: reader(nn.LSTM, 2, True),
    "GRU": lambda: reader(nn.GRU, 2, False),
    "generator": generator,
    "autoencoder": autoencoder,
    "spectral normalization": discriminator,
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_network_raises_no_alarm(name: str) -> None:
    torch.manual_seed(0)
    model, inputs, targets, loss = SOUND[name]()
    assert diagnose(model, inputs, targets, loss).sick == ()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(8):
        optimizer.zero_grad()
        loss(called(model, inputs), targets).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert diagnose(model, inputs, targets, loss).sick == ()
