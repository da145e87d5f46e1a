"""PyTorch's errors come out as sentences with a remedy, in the place where they were raised."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from vanishing.diagnose import diagnose
from vanishing.probes import gradient_profile
from vanishing.torch_errors import said_again

IMAGES, ROWS, STEPS = torch.ones(2, 1, 8, 8), torch.ones(2, 4), torch.ones(2, 5, 4)
CLASSES = torch.zeros(2, dtype=torch.long)


class Apply(nn.Module):
    """Put any function behind a layer."""

    def __init__(self, function: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.first, self.function = nn.Linear(4, 4), function

    def forward(self, signal: Tensor) -> Any:
        return self.function(self.first(signal))


class Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(4, 3)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return self.body(left + right)  # type: ignore[no-any-return]


def bend(signal: Tensor) -> Tensor:
    value = torch.cdist(signal, signal + 1, p=3.0).sum()
    return torch.autograd.grad(value, signal, create_graph=True)[0]


def rows(*layers: nn.Module) -> nn.Module:
    return nn.Sequential(*layers)


IN_THE_MODEL: list[tuple[nn.Module, Any, str]] = [
    (rows(nn.Linear(4, 8), nn.Linear(6, 3)), ROWS, r"layer '1' \(Linear\), .* 6 .*, got 8: let w"),
    (rows(nn.Conv2d(3, 8, 3)), IMAGES, "3 channels along dimension 1, got 1 in shape"),
    (rows(nn.Conv2d(1, 8, 3)), ROWS, r"got \[2, 4\]: add the missing ones with unsqueeze"),
    (rows(nn.Conv2d(1, 8, 9)), IMAGES, "at least as large as the window"),
    (rows(nn.Linear(4, 8), nn.BatchNorm1d(6)), ROWS, "6 features .*, got 8: make the normal"),
    (rows(nn.Linear(4, 8), nn.LayerNorm(6)), ROWS, r"must be \[6\].*got shape \[2, 8\]"),
    (rows(nn.BatchNorm1d(4)), ROWS[:1], r"more than one value .*got shape \[1, 4\]: pass a batch"),
    (nn.LSTM(3, 4), STEPS, r"must have 3 features, got 4: .*batch_first"),
    (nn.MultiheadAttention(8, 2), (STEPS,) * 3, "8 features, as embed_dim says, got 4"),
    (Apply(lambda h: h + torch.ones(5)), ROWS, "one size along dimension 1, .*, got 4 and 5"),
    (Apply(lambda h: torch.cat([h, h[:1]], 1)), ROWS, "agree but in dimension 1, got sizes 2 and"),
    (Apply(lambda h: h.view(3, 3)), ROWS, r"as there are, 8, got \[3, 3\]: write -1"),
    (Apply(lambda h: h.t().view(-1)), ROWS, r"write reshape\(\) for view\(\)"),
    (Apply(lambda h: h.numpy()), ROWS, "the way to the loss must stay in PyTorch"),
    (Apply(lambda h: h if h > 0 else -h), ROWS, r"torch\.where\(\)"),
    (rows(nn.LSTM(4, 4), nn.Linear(4, 3)), STEPS, r"got tuple: take .* output\[0\] behind nn.LSTM"),
    (rows(nn.Linear(4, 3).half()), ROWS, r"got Float and Half: .*inputs\.to\(weight\.dtype\)"),
    (rows(nn.Linear(4, 3)), ROWS.long(), "got Long and Float"),
    (rows(nn.Conv2d(1, 3, 3)), IMAGES.double(), "got double and float"),
    (nn.LSTM(4, 4), STEPS.double(), "format of the weights, float32, got float64"),
    (rows(nn.Embedding(5, 4)), ROWS, r"whole numbers, got Float: pass tokens\.long\(\)"),
    (rows(nn.Embedding(5, 4)), CLASSES + 5, "below the number of rows, num_embeddings"),
    (Apply(lambda h: h + torch.ones(4, device="meta")), ROWS, r"one device.*model\.to\(device\)"),
    (Two(), ROWS, "missing 1 required positional argument: 'right'.*a tuple of all inputs"),
    (Two(), {"left": ROWS, "other": ROWS}, "a dictionary by their names"),
    (Apply(lambda h: h.add_(1).sigmoid().mul_(2).sigmoid()), ROWS, "what Sigmoid has given"),
    (Apply(bend), ROWS, "must have the derivative that is asked for"),
]


@pytest.mark.parametrize(("model", "inputs", "message"), IN_THE_MODEL)
def test_an_error_of_the_model_says_what_must_hold_and_what_to_do(
    model: nn.Module, inputs: Any, message: str
) -> None:
    with pytest.raises(Exception, match=message) as caught:
        diagnose(model, inputs, None, lambda outputs, _: outputs.sum())
    assert str(caught.value).startswith("in ")
    assert type(caught.value.__cause__) is type(caught.value)
    assert caught.value.__notes__[0].startswith("raised ")


def twice(outputs: Tensor, _: Any) -> Tensor:
    value = outputs.square().sum()
    value.backward()  # type: ignore[no-untyped-call]
    return value


@pytest.mark.parametrize(
    ("loss", "targets", "message"),
    [
        (lambda s, t: F.cross_entropy(s, t), CLASSES + 9, "number of scores, got 9: count the"),
        (lambda s, t: F.cross_entropy(s, t), CLASSES[:, None], r"\(N, classes, …\)"),
        (lambda s, t: F.cross_entropy(s, t), CLASSES[:1], "as many targets as outputs, 2, got 1"),
        (lambda s, t: F.nll_loss(s, t), CLASSES.int(), r"pass targets\.long\(\)"),
        (F.binary_cross_entropy_with_logits, torch.ones(2), r"\[2, 3\], got \[2\]: .*unsqueeze"),
        (F.binary_cross_entropy, torch.ones(2, 3), "with_logits for scores"),
        (lambda s, t: (s - t).square().mean(), torch.ones(2, 2), "got 3 and 2"),
        (lambda s, t: torch.autograd.grad(s.sum(), torch.ones(3))[0], None, "hang on something"),
        (lambda s, t: torch.autograd.grad(s, s)[0], None, r"take sum\(\) or mean\(\) first"),
        (twice, None, r"graph of its own, got one that is used up: detach\(\)"),
    ],
)
def test_an_error_of_the_loss_says_what_must_hold_and_what_to_do(
    loss: Callable[..., Tensor], targets: Any, message: str
) -> None:
    with pytest.raises(Exception, match=message) as caught:
        gradient_profile(nn.Linear(4, 3), ROWS, targets, loss)
    assert str(caught.value).startswith(("in the loss, ", "in the way back from the loss, "))
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            "Expected all tensors to be on the same device, but found at least two devices",
            "one dev",
        ),
        (
            "Expected all tensors to be on the same device, but got mat1 is on cpu, different",
            "one d",
        ),
        ("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total", "a smaller batch"),
        (
            "[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory",
            "smaller",
        ),
        ("the derivative for '_cudnn_rnn_backward' is not implemented.", "switch cuDNN off"),
        (
            "derivative for aten::_scaled_dot_product_flash_attention_backward is not implemented",
            "w",
        ),
    ],
)
def test_what_only_other_machines_raise_is_known(said: str, message: str) -> None:
    for kind in (RuntimeError, torch.OutOfMemoryError):
        again = said_again(kind(said), "layer 'a'")
        assert type(again) is kind
        assert message in str(again)


def test_an_error_of_the_readers_own_stays() -> None:
    class OwnError(RuntimeError):
        def __init__(self, code: int, reason: str) -> None:
            super().__init__(f"{code}: out of memory, {reason}")

    assert said_again(OwnError(3, "mine"), "Net") is None
    assert said_again(RuntimeError("the price is negative"), "Net") is None
    with pytest.raises(OwnError) as caught:
        diagnose(nn.Linear(4, 3), ROWS, None, lambda s, _: (_ for _ in ()).throw(OwnError(3, "a")))
    assert caught.value.__cause__ is None
