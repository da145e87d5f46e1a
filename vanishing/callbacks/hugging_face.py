"""Watch the gradients while Hugging Face trains: ``Trainer(…, callbacks=[WatchGradients()])``."""

from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from vanishing.watch import GradientWatch


class WatchGradients(TrainerCallback):
    """Keep a ``GradientWatch`` in ``watch`` from the start of the training on."""

    def __init__(self, every: int = 50) -> None:
        """Record every so many steps."""
        self.every = every
        self.watch: GradientWatch

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> None:
        """Make the watch."""
        optimizer = getattr(given["optimizer"], "optimizer", given["optimizer"])
        self.watch = GradientWatch(given["model"], self.every, optimizer)

    def on_pre_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> None:
        """Record the gradients of a step."""
        self.watch(state.global_step)
