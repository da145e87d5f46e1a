"""Find the sick layers of any network: which ones starve, why, and what to try."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.nn.functional import cross_entropy

from vanishing import given, recipes
from vanishing.calling import Loss
from vanishing.diagnosis.evidence import measure
from vanishing.diagnosis.table import diagnosis_html, diagnosis_text
from vanishing.diagnosis.verdicts import Judgement, judge
from vanishing.figures.diagnosis import draw_diagnosis


@dataclass(frozen=True)
class Diagnosis(Judgement):
    """Show a judgement: as a table and a figure in a notebook or on a page, printed as a text."""

    def __str__(self) -> str:
        """Return the table as a text, in the reader's language."""
        return diagnosis_text(self)

    def page(self) -> dict[str, str]:
        """Return what a page of the book shows, and a notebook."""
        html = diagnosis_html(self, draw_diagnosis(self).html())
        return {"text/html": html, "text/plain": diagnosis_text(self)}

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        return recipes.bundle(self) if recipes.wanted() else self.page()


def diagnose(
    model: nn.Module, inputs: Any, targets: Any = None, loss: Loss = cross_entropy
) -> Diagnosis:
    """Judge every layer of a model by the gradient of ``loss(model(inputs), targets)``.

    A layer is a module's weights, or one parameter where a module has several matrices or modules
    inside. ``vanishing.diagnosis.verdicts`` documents every threshold. Where a sequence passes
    through ``nn.RNN``, ``nn.LSTM``, ``nn.GRU`` or a layer that is called many times and feeds
    itself, the gradient is also followed along its steps.

    inputs: one tensor, a tuple by position, a dictionary by name, or whatever ``forward`` takes.
    An output object with ``loss`` or ``logits`` suits the usual loss. Data parallelism and
    ``torch.compile`` are looked through; checkpointed parts run without checkpoints, which takes
    more memory.

    The model runs once, in the mode that it is in, with one way back, or several where entries
    of the gradient are zero. Its parameters, gradients, buffers, mode and hooks, the tensors and
    collections that modules keep as attributes, and the random state are as before afterwards,
    also when it raises. That does not hold for a second network inside ``loss``: its layers are not
    judged and its buffers may change.

    Raises what ``gradient_profile`` raises.
    """
    model = given.module_of(model)
    given.refuse_examples(inputs)
    given.refuse_loss(loss)
    around, evidence, left_out = measure(model, inputs, targets, loss)
    return Diagnosis(
        type(model).__name__,
        around.loss,
        judge(evidence, around),
        around.alarm,
        around.broken,
        left_out,
        right=around.right,
        ignored=around.ignored,
        softmax_twice=around.softmax_twice,
    )
