"""Watch the gradients of a plain PyTorch loop with one line after ``loss.backward()``."""

import math
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from vanishing import bounds, given
from vanishing.calling import in_the_open
from vanishing.diagnose import Diagnosis
from vanishing.diagnosis.activity import watching
from vanishing.diagnosis.evidence import Measurement, following_steps
from vanishing.diagnosis.parts import LOOKUPS, Part, find_parts, squared_scale
from vanishing.diagnosis.verdicts import LayerDiagnosis, LayerEvidence, Surroundings, judge
from vanishing.diagnosis.way_back import WayBack, norm_of
from vanishing.figures.diagnosis import draw_history
from vanishing.probes import find_layers, is_measuring, listening

STEP = bounds.whole(0, 10**12)


class Writer(Protocol):
    """What writes a log, such as TensorBoard's ``SummaryWriter``."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> Any:
        """Write one number of one step."""


@dataclass(frozen=True)
class GradientHistory:
    """Hold what each layer received at the recorded steps, as plain data.

    ``records[i][j]`` belongs to ``steps[i]`` and to the j-th layer: in the order of the forward
    pass where ``surroundings[i]`` is known, else in the order of the model's definition.
    """

    model: str
    steps: tuple[int, ...] = ()
    records: tuple[tuple[LayerEvidence, ...], ...] = ()
    surroundings: tuple[Surroundings | None, ...] = ()

    @bounds.checked(step=bounds.optional(STEP))
    def diagnosis(self, step: int | None = None) -> Diagnosis:
        """Judge a recorded step, the last one by default.

        Where the watch has heard the forward pass, the verdicts are those of ``diagnose``, but for
        gradients that underflow and for what only the loss knows. Else they rest on the norms alone
        and leave the cause open.

        Raises ``ValueError`` for a step that was not recorded.
        """
        if not self.steps or (step is not None and step not in self.steps):
            known = f"{', '.join(map(str, self.steps[-5:]))} at the end" if self.steps else "none"
            raise ValueError(
                f"step must be one that was recorded ({known}), got {step}: "
                "call watch(step) after loss.backward()"
            )
        at = -1 if step is None else self.steps.index(step)
        around = self.surroundings[at] if self.surroundings else None
        judged = _by_norms(self.records[at]) if around is None else judge(self.records[at], around)
        scope = "norms" if around is None else "step"
        return Diagnosis(self.model, math.nan, judged, scope=scope)

    def log(self, writer: Writer) -> None:
        """Write every layer's gradient norm, and its updates where they are known, into a log."""
        for step, record in zip(self.steps, self.records, strict=True):
            for layer in record:
                writer.add_scalar(f"gradient_norm/{layer.name}", layer.gradient_norm, step)
                if not math.isnan(layer.update):
                    writer.add_scalar(f"update/{layer.name}", layer.update, step)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        return draw_history(self)._repr_mimebundle_()


class GradientWatch:
    """Remember the gradient norm of every layer while a loop trains a model.

    Write ``watch = GradientWatch(model, every=50)`` before the loop and ``watch(step)`` in it,
    between ``loss.backward()`` and ``optimizer.step()``; count the steps one by one. At the steps
    that it records, the watch also listens to the forward pass and the way back; it changes
    neither. With the optimizer, it records how far each update moves the weights. With a gradient
    scaler, call ``scaler.unscale_(optimizer)`` first. ``close()`` takes its hooks away.
    """

    @bounds.checked(every=bounds.whole(1, 10**12, more="50 for every fiftieth step"))
    def __init__(
        self, model: nn.Module, every: int = 1, optimizer: torch.optim.Optimizer | None = None
    ) -> None:
        """Find the layers of the model, as ``diagnose`` does.

        Raises ``TypeError`` for what is no module, and ``ValueError`` for a model without weights
        or with weights that have no values yet, and for ``every`` below 1.
        """
        called, model = model, given.module_of(model)
        find_parts(model)
        self.model: nn.Module = model
        self.every: int = every
        self.history: GradientHistory = GradientHistory(type(model).__name__)
        self._next = 0
        self._listener: _Listener | None = None
        self._before: list[tuple[Part, list[Tensor]]] = []
        self._hooks = [
            called.register_forward_pre_hook(self._begin, prepend=True),
            called.register_forward_hook(self._end, always_call=True),
        ]
        if optimizer is not None:
            self._hooks.append(optimizer.register_step_post_hook(self._note_updates))
        self._optimizer = optimizer

    def close(self) -> None:
        """Take all hooks away; what was recorded stays."""
        self._forget()
        for hook in self._hooks:
            hook.remove()

    @bounds.checked(step=STEP)
    def __call__(self, step: int) -> None:
        """Record the gradients of a step whose number is a multiple of ``every``.

        Raises ``TypeError`` for a step that is no whole number, and ``ValueError`` for one that is
        not above the last recorded one and where no layer has a gradient.
        """
        self._next = step + 1
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.stop()
        if step % self.every:
            return
        past = self.history
        if past.steps and step <= past.steps[-1]:
            raise ValueError(
                f"step must be above the last recorded one, {past.steps[-1]}, got {step}: count "
                "on through all epochs, or begin a new GradientWatch"
            )
        parts = find_parts(self.model)[0]
        heard = listener.evidence() if listener is not None else None
        record = tuple(heard[1] if heard else map(_evidence, parts))
        if not any(one.connected for one in record):
            raise ValueError(
                f"at step {step}, at least one weight must have a gradient, got none: call "
                "watch(step) after loss.backward() and before optimizer.zero_grad()"
            )
        around = heard[0] if heard else None
        self.history = GradientHistory(
            past.model,
            (*past.steps, step),
            (*past.records, record),
            (*past.surroundings, around),
        )
        if self._optimizer is not None:
            self._before = [(part, [w.detach().clone() for w in part.weights]) for part in parts]

    def diagnosis(self, step: int | None = None) -> Diagnosis:
        """Judge a recorded step, the last one by default; see ``GradientHistory.diagnosis``."""
        return self.history.diagnosis(step)

    def _begin(self, _module: nn.Module, args: Any) -> None:
        is_training = torch.is_grad_enabled() and not is_measuring()
        if self._next % self.every == 0 and self._listener is None and is_training:
            self._listener = _Listener(self.model, args)

    def _end(self, _module: nn.Module, _args: Any, outputs: Any) -> None:
        if self._listener is not None:
            self._listener.hear_the_way_back(outputs)

    def _forget(self) -> None:
        if self._listener is not None:
            self._listener.stop()
        self._listener = None

    def _note_updates(self, *_: Any) -> None:
        """Add to the last record how far the optimizer has moved the weights."""
        moved = {part.name: _update(part, before) for part, before in self._before}
        self._before = []
        if moved:
            *earlier, last = self.history.records
            record = tuple(replace(one, update=moved.get(one.name, math.nan)) for one in last)
            self.history = replace(self.history, records=(*earlier, record))


class _Listener:
    """Hear one forward pass, then the way back that a loop starts by itself."""

    def __init__(self, model: nn.Module, inputs: Any) -> None:
        self.parts, _left_out = find_parts(model)
        self.layers = find_layers(model)
        self.inputs = inputs
        self.forward = ExitStack()
        self.backward = ExitStack()
        self.measured: Measurement | None = None
        self.forward.enter_context(in_the_open())
        self.steps = self.forward.enter_context(following_steps(self.layers))
        self.forward.enter_context(listening(self.layers))
        self.tape = self.forward.enter_context(watching(model))

    def hear_the_way_back(self, outputs: Any) -> None:
        """Stop listening forward, and begin to listen backward."""
        self.forward.close()
        ends = [one for one in given.tensors_in(outputs) if one.grad_fn is not None]
        if self.measured is not None or not ends:
            return
        self.tape.end = 2**62  # what follows is not heard
        way = WayBack.of(*ends)
        self.measured = Measurement(
            self.parts, self.layers, self.steps, self.tape, torch.tensor(1.0), way
        )
        self.backward.enter_context(self.measured.hearing())

    def stop(self) -> None:
        """Take all hooks away."""
        self.forward.close()
        self.backward.close()

    def evidence(self) -> tuple[Surroundings, list[LayerEvidence]] | None:
        """Return what was heard, or nothing where no gradient came back."""
        if self.measured is None or not self.measured.way.flows:
            return None
        self.measured.take_gradients()
        return self.measured.surroundings(self.inputs, None), self.measured.evidence()


def _update(part: Part, before: list[Tensor]) -> float:
    """Return how far weights have moved, as a share of their length."""
    moved = norm_of([now.detach() - then for now, then in zip(part.weights, before, strict=True)])
    scale = math.sqrt(sum(map(squared_scale, before)))
    return moved / scale if scale else math.nan


def _by_norms(record: tuple[LayerEvidence, ...]) -> tuple[LayerDiagnosis, ...]:
    """Judge layers of which neither the order nor anything but the gradient is known."""
    ordered = sorted(record, key=lambda layer: layer.gradient_norm)
    judged = {one.name: _without_cause(one, record) for one in judge(ordered)}
    return tuple(judged[layer.name] for layer in record)


def _without_cause(found: LayerDiagnosis, record: tuple[LayerEvidence, ...]) -> LayerDiagnosis:
    if found.verdict == "healthy" or found.cause in ("bad_weights", "disconnected"):
        return found
    if found.evidence.gradient_norm == 0 and any(_is_starting(one, found) for one in record):
        return replace(found, verdict="healthy", cause="", culprit="")
    return replace(found, cause="unseen", culprit="", operation="", remedy="")


def _is_starting(layer: LayerEvidence, found: LayerDiagnosis) -> bool:
    """Say whether a neighbour starts at zero and is about to leave it."""
    neighbours = layer.name.rpartition(".")[0] == found.name.rpartition(".")[0]
    return neighbours and layer.weight_norm == 0 and layer.gradient_norm > 0


def _evidence(part: Part) -> LayerEvidence:
    gradients = [weight.grad for weight in part.weights]
    norm, scale = norm_of(gradients), math.sqrt(sum(map(squared_scale, part.weights)))
    return LayerEvidence(
        name=part.name,
        kind=part.kind,
        gradient_norm=norm,
        weight_norm=norm_of(part.weights),
        relative_gradient=math.nan if part.frozen or not scale else norm / scale,
        dtype=str(part.weights[0].dtype).removeprefix("torch."),
        frozen=part.frozen,
        connected=any(gradient is not None for gradient in gradients),
        lookup=isinstance(part.module, LOOKUPS),
        at_loss=True,
    )
