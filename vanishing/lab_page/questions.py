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
    """Hold a question, what to decide before training, the answer, and the part of an address.

    answer: what the three networks show, with every seed that was tried (0 to 3).
    chapter: the page of the book that explains it.
    networks: one text for each, as `vanishing/static/lab/state.js` reads it.
    show: what the chart by layer shows.
    covered: whether the chart would give the answer before the first update.
    """

    key: str
    question: str
    hint: str
    answer: str
    chapter: str
    networks: tuple[str, ...]
    show: str = "gradient_norms"
    covered: bool = False

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
            "A sigmoid network, a ReLU network with He initialization and a ResNet have 20 layers "
            "each. The chart shows their gradients before the first update. Decide which of them "
            "will read more than half of the images, then press Play."
        ),
        N_(
            "Until about 2010, deep networks often had units such as the sigmoid, and initial "
            "weights as small as those here. Before the first update, the first layer of the "
            "sigmoid network receives about 10⁻¹⁷ of the gradient of the last layer, and the "
            "network learns nothing. In the other two the gradient reaches the first layer, and "
            "both learn. The ResNet bears a ten times larger learning rate than the ReLU "
            "network, and learns much faster."
        ),
        "book/index",
        (f"{_SIGMOID},depth:20", f"{_RELU},depth:20", f"{_RESNET},depth:20"),
    ),
    Question(
        "depth",
        N_("How deep is too deep for the sigmoid?"),
        N_(
            "The sigmoid networks have 2, 5 and 10 layers. How much of the gradient of the last "
            "layer does the first layer receive in each: a tenth, a thousandth, a millionth? And "
            "which of them will learn?"
        ),
        N_(
            "Before the first update, each further layer makes the gradient of the first layer "
            "about seven times smaller. With 2 layers, about a tenth to a twentieth arrives, and "
            "the network learns. With 5 layers it is less than a thousandth, and the network "
            "learns nothing in 180 updates, no more than the one with 10 layers."
        ),
        "book/index",
        (f"{_SIGMOID},depth:2", f"{_SIGMOID},depth:5", f"{_SIGMOID},depth:10"),
        covered=True,
    ),
    Question(
        "start",
        N_("Is it the function or the start?"),
        N_(
            "All three are tanh networks with 30 layers, and only their initial weights differ: "
            "PyTorch's default, Xavier, orthogonal. Decide which of them will learn, and which "
            "will be the fastest. Then press Play."
        ),
        N_(
            "Here it is the start. The weights of PyTorch's default are too small for tanh: "
            "before the first update, the first layer receives about a millionth of the gradient "
            "of the last layer, and the network learns nothing. With Xavier's or with orthogonal "
            "weights, the same network learns. With orthogonal weights it reads half of the "
            "images first."
        ),
        "book/course/initialization",
        (_TANH, f"{_TANH},init:xavier", f"{_TANH},init:orthogonal"),
    ),
    Question(
        "relu",
        N_("Is “use ReLU” enough?"),
        N_(
            "All three use ReLU and have 30 layers, with PyTorch's default initialization, with "
            "Xavier's and with He's. Decide for each of them whether the gradient shrinks on its "
            "way back to layer 1, and whether the network will learn."
        ),
        N_(
            "No. Before the first update, the first layer receives less than a billionth of the "
            "gradient of the last layer with PyTorch's default. With Xavier's weights the "
            "gradient is of similar size at both ends, but hardly anything moves, because it is "
            "tiny in all layers: the signal has faded on its way forward (choose “size of the "
            "outputs”). With He's weights signal and gradient keep their size, and the network "
            "reads more than half of the images on the way. But its accuracy jumps, and with "
            "four seeds it ends between 41% and 62%. Even so, 30 plain layers are hard to train."
        ),
        "book/course/activations",
        (
            "depth:30,learning_rate:0.01",
            "depth:30,init:xavier,learning_rate:0.01",
            f"{_RELU},depth:30",
        ),
        covered=True,
    ),
    Question(
        "sum",
        N_("Does a plain residual sum do?"),
        N_(
            "The ReLU networks have 30 layers with skip connections. Their branches are added as "
            "they are, divided by the root of the depth, or multiplied by a learned number that "
            "starts at 0. Decide which of the networks will survive its first update, then make "
            "single steps."
        ),
        N_(
            "It does not. Each branch that is added as it is makes the signal larger (choose "
            "“size of the outputs”). After 30 of them the loss is above a million, and the first "
            "update ends in NaN. With scaled branches the loss begins high, but the network "
            "recovers and learns. With ReZero it begins without branches: its hidden layers "
            "receive no gradient at first. Then the learned numbers leave 0, and the network "
            "learns, too."
        ),
        "book/course/residual-connections",
        (_SUM, f"{_SUM},branch:scaled", f"{_SUM},branch:rezero"),
    ),
    Question(
        "normalization",
        N_("Which normalization saves the sigmoid?"),
        N_(
            "The three sigmoid networks have 30 layers: without normalization, with batch "
            "normalization, with layer normalization. Decide which of them will learn, then press "
            "Play."
        ),
        N_(
            "Batch normalization does: it makes the images differ in every unit again, so the "
            "gradient reaches the first layer, and the network learns. Layer normalization "
            "centers each image by itself, so all images stay alike (choose “similarity of the "
            "images”). Before the first update, the first layer then receives less than a "
            "trillionth of the gradient of the last layer, and the network learns nothing."
        ),
        "book/course/normalization",
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
            "The three sigmoid networks have 6 layers of 16, 64 and 128 units. Does the widest one "
            "receive more gradient in its first layer, and will one of them learn?"
        ),
        N_(
            "It does not help here. Before the first update, the gradient norm of the first "
            "layer is about 10⁻⁵ in all three networks, and none of them learns in 180 updates. "
            "What each layer takes away comes from the slope of the sigmoid and from the initial "
            "weights. PyTorch draws these smaller in a wider layer, so that the width changes "
            "little."
        ),
        "book/course/initialization",
        (
            f"{_SIGMOID},depth:6,width:16",
            f"{_SIGMOID},depth:6",
            f"{_SIGMOID},depth:6,width:128",
        ),
        covered=True,
    ),
    Question(
        "adam",
        N_("Does Adam cure it?"),
        N_(
            "Adam divides every gradient by its usual size. A and B have 4 sigmoid layers, A with "
            "momentum and B with Adam; C has 10 layers and Adam. The chart shows how far one "
            "update moves the weights of each layer. Decide which of them will learn, then press "
            "Play."
        ),
        N_(
            "With 4 layers it does: Adam soon moves all layers by a similar share of their "
            "length, and the network learns, while the first layer of A hardly moves. With 10 "
            "layers it does not. In the first layers the gradient is far below the 10⁻⁸ that "
            "Adam adds to its divisor, so their steps stay small, and to the last layer all "
            "images look alike (choose “gradient norm” or “similarity of the images”)."
        ),
        "book/course/optimizers",
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
            "The three ResNets have 10, 30 and 60 layers. Decide whether the deepest one will "
            "learn, and how many updates later than the shallowest one it will read half of the "
            "images. Then press Play."
        ),
        N_(
            "At least this deep. With 60 layers, the first layer receives more than a tenth of "
            "the gradient of the last layer before the first update. With four seeds, the "
            "network reads half of the images five to eight updates later than the one with 10 "
            "layers, and in the end all three read more than 95%."
        ),
        "book/course/residual-connections",
        (f"{_RESNET},depth:10", f"{_RESNET},depth:30", f"{_RESNET},depth:60"),
    ),
    Question(
        "clipping",
        N_("Does clipping tame it?"),
        N_(
            "The learning rate is too large for this ReLU network with 20 layers. A does not clip; "
            "B clips the norm of the whole gradient, C every component. Decide which of the three "
            "losses will come down, then press Play."
        ),
        N_(
            "Here both ways of clipping do. B and C learn with a learning rate at which A fails, "
            "in one way or another: with some seeds its loss becomes NaN, with others it stays "
            "high. Clipping bounds the length of a step. It cannot bring back a gradient that has "
            "vanished."
        ),
        "book/course/exploding-gradients",
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
            "The chart shows how alike two images of digits have become in each layer: at 1, all "
            "of them look the same from there on. Decide in which network they do so before "
            "the first update: sigmoid, ReLU with He initialization, or ResNet, each with 20 "
            "layers. Then press Play: does training change it?"
        ),
        N_(
            "In the sigmoid network all images look the same after a few layers, and training "
            "does not change that: nothing in the last layer says which digit it sees. In the "
            "ReLU network the cosine in the last hidden layer is above 0.9 before the first "
            "update, and training moves the images apart, to about 0.5. In the ResNet it falls "
            "from about 0.9 to about 0.8: the differences that are left are enough to learn "
            "from."
        ),
        "book/course/what-vanishes",
        (f"{_SIGMOID},depth:20", f"{_RELU},depth:20", f"{_RESNET},depth:20"),
        show="similarities",
        covered=True,
    ),
    Question(
        "bit",
        N_("What does one bit change?"),
        N_(
            "A and B are the same ReLU network with 30 layers, but for the last bit of one "
            "weight; C has another random seed. Decide whether the losses of A and B will stay "
            "together, or at which step they will part. Then press Play."
        ),
        N_(
            "For some dozens of updates the losses of A and B differ by less than 1%. Then they "
            "part and end at different values, like those of two seeds. A deep plain ReLU "
            "network like this one magnifies every rounding. So one run of it proves little, and "
            "PyTorch can come to another result on another computer."
        ),
        "book/course/initialization",
        (f"{_RELU},depth:30", f"{_RELU},depth:30,bit:true", f"{_RELU},depth:30,seed:1"),
    ),
)
