"""Watch the gradients while Lightning trains: ``Trainer(callbacks=[WatchGradients(every=50)])``."""

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from torch import nn

from vanishing.watch import GradientWatch


class WatchGradients(Callback):
    """Keep a ``GradientWatch`` in ``watch`` from the start of the training on.

    part: the name of the submodule that ``training_step`` calls ("": it calls the module itself).
    """

    def __init__(self, every: int = 50, part: str = "") -> None:
        """Record every so many steps."""
        self.every, self.part = every, part
        self.watch: GradientWatch

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Make the watch."""
        model: nn.Module = pl_module.get_submodule(self.part)
        self.watch = GradientWatch(model, self.every, trainer.optimizers[0])

    def on_before_optimizer_step(self, trainer: Trainer, *_: Any) -> None:
        """Record the gradients of a step, after they have been unscaled."""
        self.watch(trainer.global_step)
