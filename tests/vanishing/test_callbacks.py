"""Trainings that other packages run are watched, and TensorBoard reads what was recorded."""

import importlib
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from vanishing.diagnose import diagnose
from vanishing.watch import GradientWatch

INPUTS, TARGETS = (
    torch.randn(32, 4, generator=torch.Generator().manual_seed(0)),
    torch.arange(32) % 3,
)


def package(name: str) -> Any:
    """Import a package, or skip the test and say why it cannot be had here."""
    try:
        return importlib.import_module(name)
    except (ImportError, RuntimeError) as error:  # torchvision beside another build of torch
        pytest.skip(f"{name} does not import here: {error}: pip install .[callbacks]")


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))


def test_lightning_trains_under_the_watch(tmp_path: Path) -> None:
    pl = package("lightning.pytorch")
    watch_gradients = package("vanishing.callbacks.lightning").WatchGradients

    class Module(pl.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.body = network()

        def training_step(self, batch: Any, _number: int) -> Tensor:
            return cross_entropy(self.body(batch[0]), batch[1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=1e-2)

    callback = watch_gradients(every=2, part="body")
    quiet = {"logger": False, "enable_progress_bar": False, "enable_checkpointing": False}
    trainer = pl.Trainer(
        max_steps=5, accelerator="cpu", callbacks=[callback], default_root_dir=tmp_path, **quiet
    )
    data = torch.utils.data.TensorDataset(INPUTS, TARGETS)
    trainer.fit(Module(), torch.utils.data.DataLoader(data, batch_size=32))
    check(callback.watch)


def test_hugging_face_trains_under_the_watch(tmp_path: Path) -> None:
    transformers = package("transformers")
    package("accelerate")
    package("transformers.trainer")
    watch_gradients = package("vanishing.callbacks.hugging_face").WatchGradients

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = network()

        def forward(self, x: Tensor, labels: Tensor) -> dict[str, Tensor]:
            scores = self.body(x)
            return {"loss": cross_entropy(scores, labels), "logits": scores}

    callback = watch_gradients(every=2)
    settings = transformers.TrainingArguments(
        output_dir=str(tmp_path),
        max_steps=5,
        per_device_train_batch_size=32,
        use_cpu=True,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
    )
    rows = [{"x": x, "labels": y} for x, y in zip(INPUTS, TARGETS, strict=True)]
    transformers.Trainer(Model(), settings, train_dataset=rows, callbacks=[callback]).train()
    check(callback.watch)


def check(watch: GradientWatch) -> None:
    assert watch.history.steps == (0, 2, 4)
    assert watch.history.surroundings[0] is not None
    first = watch.history.records[0]
    expected = [one.evidence.gradient_norm for one in diagnose(network(), INPUTS, TARGETS).layers]
    assert [one.gradient_norm for one in first] == pytest.approx(expected, rel=1e-4)
    assert all(one.update > 0 for one in first)
    assert watch.diagnosis().is_healthy


def test_tensorboard_reads_the_log(tmp_path: Path) -> None:
    package("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from torch.utils.tensorboard import SummaryWriter

    model = network()
    watch = GradientWatch(model)
    for step in range(3):
        cross_entropy(model(INPUTS), TARGETS).backward()  # type: ignore[no-untyped-call]
        watch(step)
    writer = SummaryWriter(str(tmp_path))  # type: ignore[no-untyped-call]
    watch.history.log(writer)
    writer.close()  # type: ignore[no-untyped-call]
    log = EventAccumulator(str(tmp_path)).Reload()
    assert log.Tags()["scalars"] == ["gradient_norm/0", "gradient_norm/2"]
    written = [one.value for one in log.Scalars("gradient_norm/0")]
    assert written == pytest.approx([record[0].gradient_norm for record in watch.history.records])
