"""The laboratory's experiments: each a question, and three networks that answer it."""

from __future__ import annotations

from dataclasses import dataclass

from vanishing.localisation import N_

_SIGMOID = "activation:sigmoid"
_RELU = "init:he,learning_rate:0.01"
_RESNET = "init:he,residual:true,normalization:batch"
_SUM = f"{_RELU},residual:true,depth:30"
_TANH = "activation:tanh,depth:30,learning_rate:0.02"


@dataclass(frozen=True)
class Question:
    """Hold a question, where to look for its answer, and the part of an address that asks it.

    networks: one text for each, as `vanishing/static/lab/state.js` reads it.
    show: what the chart by layer shows.
    """

    key: str
    question: str
    hint: str
    networks: tuple[str, ...]
    show: str = "gradient_norms"

    @property
    def address(self) -> str:
        """What stands behind the `#` of the page's address."""
        parts = [f"{letter}={text}" for letter, text in zip("abc", self.networks, strict=False)]
        shown = [] if self.show == "gradient_norms" else [f"show={self.show}"]
        return "&".join(["v=1", *parts, *shown])


QUESTIONS = (
    Question(
        "twenty",
        N_("Why did twenty layers not train before 2010?"),
        N_(
            "The networks are a sigmoid network, a ReLU network with He initialization and a "
            "ResNet, each with 20 layers. Before you press Play: in which of them does the "
            "gradient reach layer 1?"
        ),
        (f"{_SIGMOID},depth:20", f"{_RELU},depth:20", f"{_RESNET},depth:20"),
    ),
    Question(
        "depth",
        N_("How deep is too deep for the sigmoid?"),
        N_(
            "The networks have 2, 5 and 10 layers. Look at the left end of each line: how much is "
            "lost with every further layer, and which networks learn all the same?"
        ),
        (f"{_SIGMOID},depth:2", f"{_SIGMOID},depth:5", f"{_SIGMOID},depth:10"),
    ),
    Question(
        "start",
        N_("Is it the function or the start?"),
        N_(
            "All three are tanh networks with 30 layers, and only their initial weights differ: "
            "PyTorch's default, Xavier, orthogonal. Which of them train?"
        ),
        (_TANH, f"{_TANH},init:xavier", f"{_TANH},init:orthogonal"),
    ),
    Question(
        "relu",
        N_("Is “use ReLU” enough?"),
        N_(
            "All three use ReLU and have 30 layers, with PyTorch's default initialization, with "
            "Xavier's and with He's. Compare how high and how steep the lines are before the "
            "first update, then press Play."
        ),
        (
            "depth:30,learning_rate:0.01",
            "depth:30,init:xavier,learning_rate:0.01",
            f"{_RELU},depth:30",
        ),
    ),
    Question(
        "sum",
        N_("Does a plain residual sum do?"),
        N_(
            "The branches are added as they are, scaled, or multiplied by a learned number that "
            "starts at 0. Make single steps, and watch the gradient and the loss of network A."
        ),
        (_SUM, f"{_SUM},branch:scaled", f"{_SUM},branch:rezero"),
    ),
    Question(
        "normalization",
        N_("Which normalization saves the sigmoid?"),
        N_(
            "The three sigmoid networks have 30 layers: without normalization, with batch "
            "normalization, with layer normalization. Guess first, then press Play."
        ),
        (
            f"{_SIGMOID},depth:30",
            f"{_SIGMOID},depth:30,normalization:batch",
            f"{_SIGMOID},depth:30,normalization:layer",
        ),
    ),
    Question(
        "width",
        N_("Does width help?"),
        N_(
            "The three sigmoid networks have 6 layers of 16, 64 and 128 units. Is one of the "
            "lines flatter than the others?"
        ),
        (
            f"{_SIGMOID},depth:6,width:16",
            f"{_SIGMOID},depth:6",
            f"{_SIGMOID},depth:6,width:128",
        ),
    ),
    Question(
        "adam",
        N_("Does Adam cure it?"),
        N_(
            "Adam divides every gradient by its usual size. A and B have 4 sigmoid layers, A with "
            "plain gradient descent and B with Adam; C has 10 layers and Adam. The chart shows how "
            "far one update moves the weights of each layer."
        ),
        (
            f"{_SIGMOID},depth:4",
            f"{_SIGMOID},depth:4,learning_rate:0.01,optimizer:adam",
            f"{_SIGMOID},depth:10,learning_rate:0.01,optimizer:adam",
        ),
        show="update_ratios",
    ),
    Question(
        "resnet",
        N_("How deep can a residual network go?"),
        N_(
            "The networks have 10, 30 and 60 layers. Does the deepest one lose anything on the "
            "way back, and does it learn more slowly?"
        ),
        (f"{_RESNET},depth:10", f"{_RESNET},depth:30", f"{_RESNET},depth:60"),
    ),
    Question(
        "clipping",
        N_("Does clipping tame it?"),
        N_(
            "The learning rate is too large for this ReLU network. A does not clip; B clips the "
            "norm of the whole gradient, C every component. Watch the three losses."
        ),
        (
            "init:he,depth:20,learning_rate:0.05",
            "init:he,depth:20,learning_rate:0.05,clip_norm:1",
            "init:he,depth:20,learning_rate:0.05,clip_value:0.01",
        ),
    ),
    Question(
        "collapse",
        N_("Can the last layer still tell the images apart?"),
        N_(
            "The chart shows how alike two images have become in each layer: at 1, all of them "
            "look the same from there on. Compare the three networks before the first update."
        ),
        (f"{_SIGMOID},depth:20", f"{_RELU},depth:20", f"{_RESNET},depth:20"),
        show="similarities",
    ),
    Question(
        "bit",
        N_("What does one bit change?"),
        N_(
            "A and B are the same network, but for the last bit of one weight; C has another "
            "random seed. When do the losses of A and B part?"
        ),
        (f"{_RELU},depth:30", f"{_RELU},depth:30,bit:true", f"{_RELU},depth:30,seed:1"),
    ),
)
