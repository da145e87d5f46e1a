"""Say again what PyTorch raises, as a sentence: what must hold, what it got, what to do."""

import re

import torch

MADE_OF_TEXT = (
    *(RuntimeError, TypeError, ValueError, IndexError, AssertionError, NotImplementedError),
    torch.OutOfMemoryError,
)
"""Types of errors that PyTorch raises, and that a text alone makes."""

_NUMBERS = "give the inputs the number format of the weights, as inputs.to(weight.dtype)"
_FLOATS = "convert it, as with float()"
_DEVICE = "move both to one, as with model.to(device) and inputs.to(device)"
_IN_PLACE = "let it return a new tensor, such as a + 1 for a += 1 and relu(a) for relu_(a)"
_CALL = (
    "give it what forward() names; the model itself takes a tuple of all inputs by position, or a "
    "dictionary by their names"
)
_PAIRS = "give outputs and targets one shape, as with squeeze(1) or unsqueeze(1)"
_CLASSES = "cross_entropy takes scores (N, classes, …) and whole numbers (N, …)"

KNOWN: dict[str, tuple[str, str]] = {
    # Shapes
    r"mat1 and mat2 shapes cannot be multiplied \(\d+x(\d+) and (\d+)x\d+\)": (
        "the signal must have {1} features, as the weights take, got {0}",
        "let what stands before give {1} features, or make the weights for {0}",
    ),
    r"size mismatch, got .*mat \(\d+x(\d+)\), vec \((\d+)\)": (
        "the vector must have as many entries as the matrix has columns, {0}, got {1}",
        "make the two sizes one",
    ),
    r"expected input(\[.*\]) to have (\d+) channels, but got (\d+) channels": (
        "the signal must have {1} channels along dimension 1, got {2} in shape {0}",
        "let what stands before give {1} channels, or make the layer for {2}; permute() moves them",
    ),
    r"running_mean should contain (\d+) elements not (\d+)": (
        "the signal must have {1} features along dimension 1, as the normalization has, got {0}",
        "make the normalization for {0} features",
    ),
    r"normalized_shape=(\[.*?\]).*got input of size(\[.*\])": (
        "the signal's last dimensions must be {0}, as the normalization has, got shape {1}",
        "make the normalization for the signal's last dimensions, or permute() them",
    ),
    r"divisible by num_groups, but got .*shape (\[.*\]) and num_groups=(\d+)": (
        "the number of channels must be a multiple of {1} groups, got shape {0}",
        "choose a number of groups that divides the channels",
    ),
    r"input.size\(-1\) must be equal to input_size. Expected (\d+), got (\d+)": (
        "each step of the sequence must have {0} features, got {1}",
        "make the recurrent layer with input_size={1}, or look at batch_first",
    ),
    r"inconsistent input_size: got (\d+) expected (\d+)": (
        "the signal must have {1} features, got {0}",
        "make the cell for {0} features",
    ),
    r"Expected hidden(?:\[\d\])? size \(?([\d, ]+)\)?, got \[?([\d, ]+)": (
        "the state must have shape ({0}), got ({1})",
        "give the state the size of this batch, or look at batch_first",
    ),
    r"expecting embedding dimension of (\d+), but got (\d+)": (
        "the signal must have {0} features, as embed_dim says, got {1}",
        "make the attention with embed_dim={1}",
    ),
    r"The size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\).*dimension (\d+)": (
        "two tensors that meet must have one size along dimension {2}, or size 1, got {0} and {1}",
        "print both shapes there; view(), unsqueeze() or a layer of another size makes them fit",
    ),
    r"Sizes of tensors must match except in dimension (\d+). Expected size (\d+) but got size (\d+)": (  # noqa: E501
        "tensors that are put together must agree but in dimension {0}, got sizes {1} and {2}",
        "bring them to one size first, or put them together along the other dimension",
    ),
    r"stack expects each tensor to be equal size, but got (\[.*?\]).* and (\[.*?\])": (
        "tensors that are stacked must have one shape, got {0} and {1}",
        "pad them to one size, or use cat()",
    ),
    r"Expected size for first two dimensions of batch2 tensor to be: (\[.*?\]) but got: (\[.*?\])": (  # noqa: E501
        "in a product of batches, the second one must begin with {0}, got {1}",
        "transpose(1, 2) it, or make the inner sizes equal",
    ),
    r"subscript (\w) has size (\d+) for operand \d+ .* size (\d+)": (
        "the subscript {0} must stand for one size, got {2} and {1}",
        "print the shapes of both operands",
    ),
    r"shape '(\[.*\])' is invalid for input of size (\d+)": (
        "the new shape must hold as many entries as there are, {1}, got {0}",
        "write -1 for the dimension of the batch, and look at the size before",
    ),
    r"view size is not compatible": (
        "view() must not change the order of entries, got a tensor of another order",
        "write reshape() for view(), or contiguous() before it",
    ),
    r"[Ee]xpected .*input(?: to \w+)?(?: to be 2D or 3D)?,? ?\(?(?:but )?got (?:input of size: )?(\[.*?\]|\dD)": (  # noqa: E501
        "the signal must have as many dimensions as the layer works on, got {0}",
        "add the missing ones with unsqueeze() or view(), such as (N, channels, height, width)",
    ),
    r"Expected more than 1 value per channel when training, got .*(\[.*\])": (
        "batch normalization must have more than one value per channel, got shape {0}",
        "pass a batch of two examples or more, or call model.eval() first",
    ),
    r"(?:Kernel size can't be greater than actual input size|Output size is too small)": (
        "an image must be at least as large as the window that moves over it, got a smaller one",
        "pass larger images, or pool less often",
    ),
    r"The expanded size of the tensor \((\d+)\) must match the existing size \((\d+)\)": (
        "a dimension that is expanded must have size 1 before, got {1} for {0}",
        "unsqueeze() the tensor where the new dimension shall stand",
    ),
    r"Dimension out of range \(expected to be in range of (\[.*?\]), but got (-?\d+)\)": (
        "the dimension must be in the range {0}, got {1}",
        "the tensor has fewer dimensions than this code expects: look at its shape",
    ),
    r"The shape of the mask (\[.*?\]) .* indexed tensor (\[.*?\])": (
        "a mask must have the shape of what it chooses from, {1}, got {0}",
        "make the mask from this very batch",
    ),
    # Targets
    r"Target (-?\d+) is out of bounds": (
        "every target must be below the number of scores, got {0}",
        "count the classes from 0, or give the model more outputs",
    ),
    r"(?:multi-target not supported|Expected target size (\[.*?\]), got)": (
        "targets must hold one class for each example, got another shape",
        _CLASSES + ": squeeze() the targets, or move the classes to dimension 1",
    ),
    r"Expected input batch_size \((\d+)\) to match target batch_size \((\d+)\)": (
        "there must be as many targets as outputs, {0}, got {1}",
        "pass the targets of this very batch; flatten both or neither",
    ),
    r"expected target dtype to be Long or Byte, but got (\w+)|expected scalar type Long but found (\w+)": (  # noqa: E501
        "targets must be whole numbers of dtype int64, got another format",
        "pass targets.long(), or a loss for real numbers, such as mse_loss",
    ),
    r"[Tt]arget size \(torch.Size\((\[.*?\])\)\) .* input size \(torch.Size\((\[.*?\])\)\)": (
        "targets must have the shape of the outputs, {1}, got {0}",
        _PAIRS,
    ),
    r"result type Float can't be cast|Found dtype Long but expected Float": (
        "targets of this loss must be real numbers, got whole ones",
        "pass targets.float(), or cross_entropy for classes",
    ),
    r"all elements of (?:input|target) should be between 0 and 1": (
        "binary_cross_entropy must have probabilities from 0 to 1, got others",
        "write binary_cross_entropy_with_logits for scores, and look for NaN",
    ),
    r"Expected input_lengths to have value at most (\d+), but got value (\d+)": (
        "input lengths must be at most the number of time steps, {0}, got {1}",
        "count the steps behind the layers that shorten the sequence",
    ),
    # Number formats
    r"(?:must|to) have the same dtype,? but got:? (\w+) (?:and|!=) (\w+)": (
        "both factors of a product must have one number format, got {0} and {1}",
        f"{_NUMBERS}, or work inside torch.autocast",
    ),
    r"Input type \((.*?)\) and (?:bias|weight) type \((.*?)\) should be the same": (
        "inputs and weights must have one number format on one device, got {0} and {1}",
        f"{_NUMBERS} and inputs.to(weight.device)",
    ),
    r"input must have the type torch\.(\w+), got type torch\.(\w+)": (
        "the sequence must have the number format of the weights, {0}, got {1}",
        _NUMBERS,
    ),
    r"RNN input dtype \(torch\.(\w+)\) does not match weight dtype \(torch\.(\w+)\)": (
        "the sequence must have the number format of the weights, {1}, got {0}",
        _NUMBERS,
    ),
    r"mixed dtype|expected scalar type (\w+) but found (\w+)|same data ?type": (
        "signal and weights must have one number format, got two",
        _NUMBERS,
    ),
    r"one of the following scalar types: Long, Int; but got \w+\.(\w+)Tensor": (
        "an embedding must have whole numbers, got {0}",
        "pass tokens.long()",
    ),
    r"not implemented for '(\w+)'|dtype must be either a floating point.* Got: (\w+)": (
        "the operation must have numbers of a format that it knows, got others",
        _FLOATS + ", or long() for indices",
    ),
    r"Expected dtype int32/int64 for index|tensors used as indices must be": (
        "indices must be whole numbers, got others",
        "convert them with long()",
    ),
    r"Could not run '(?:\w+::)?(\w+)' with arguments from the '(\w+)' backend": (
        "the operation must know the tensors that it gets, {0} got some of the kind {1}",
        "write another operation, or to_dense() for a sparse tensor",
    ),
    r"more than one value is ambiguous|(?:cannot|can) be converted to (?:Python s|S)calar": (
        "a choice or a number must come from one number, got a tensor of several",
        "take any(), all(), mean() or torch.where(), which choose entry by entry",
    ),
    r"number of dimensions in the tensor input does not match": (
        "permute() must name every dimension once, got another number of them",
        "look at the shape before: a batch has one dimension more than an example",
    ),
    r"is not supported for complex types|not implemented for 'Complex": (
        "the operation must have real numbers, got complex ones",
        "take abs(), or real and imag apart",
    ),
    # Indices
    r"index out of range in self": (
        "every index must be below the number of rows, num_embeddings, got a larger one",
        "give the embedding more rows, or look for tokens that are not in the vocabulary",
    ),
    r"index (-?\d+) is out of bounds for dimension (\d+) with size (\d+)": (
        "an index into dimension {1} must be below its size, {2}, got {0}",
        "look at what the index counts",
    ),
    # Devices and memory
    r"same device|is not on the expected device|on the same GPU": (
        "model, inputs and targets must be on one device, got two",
        _DEVICE,
    ),
    r"out of memory|can't allocate memory": (
        "signals and gradients must fit into memory, got too many",
        "pass a smaller batch: every signal is kept, and checkpoints are left aside",
    ),
    # The way back
    r"does not require grad and does not have a grad_fn|does not require grad$": (
        "what is differentiated must hang on something that requires a gradient, got a constant",
        "look for detach(), no_grad(), item() and frozen parameters; requires_grad_() for inputs",
    ),
    r"appears? to not have been used in the graph": (
        "what is differentiated must depend on every tensor asked for, got one that it does not",
        "pass allow_unused=True, or leave that tensor out",
    ),
    r"grad can be implicitly created only for scalar outputs": (
        "what is differentiated must be one number, got several",
        "take sum() or mean() first",
    ),
    r"modified by an inplace operation: .*output \d+ of (\w+?)(?:Backward\d*)?\b": (
        "what the way back needs must stay as it is, got a change in place of what {0} has given",
        _IN_PLACE,
    ),
    r"leaf Variable that requires grad is being used in an in-place operation": (
        "a parameter must not be changed in place where gradients are recorded, got such a change",
        "do it inside torch.no_grad(), or compute a new tensor of it",
    ),
    r"is a view and is being modified in-?place": (
        "a view that came with others must not be changed in place, got such a change",
        _IN_PLACE,
    ),
    r"backward through the graph a second time": (
        "every way back must have a graph of its own, got one that is used up",
        "detach() what the model keeps from the batch before; no backward() inside the loss",
    ),
    r"derivative for .* is not implemented|[Dd]ouble backwards? .*not|marked with @once_diff": (
        "every operation must have the derivative that is asked for, got one without",
        "write it with other operations; for nn.LSTM and others on a GPU, switch cuDNN off around "
        "them: torch.backends.cudnn.flags(enabled=False)",
    ),
    r"Inference tensors cannot be saved": (
        "signals must be made where gradients are recorded, got one from inference_mode()",
        "write no_grad() for inference_mode(), or clone() it",
    ),
    r"Can't call numpy\(\) on Tensor that requires grad": (
        "the way to the loss must stay in PyTorch, got a call of numpy()",
        "compute with PyTorch's functions; detach().numpy() only for what is shown",
    ),
    # Calls
    r"forward\(\) (missing .*|takes .*|got .*)": (
        "forward() must get the inputs that it names, got others ({0})",
        _CALL,
    ),
    r"argument '(\w+)' \(position \d+\) must be Tensor, not (\w+)": (
        "a layer must get a tensor, got {1}",
        "take the part that is meant, such as output[0] behind nn.LSTM or nn.MultiheadAttention",
    ),
    r"uninitialized parameter": (
        "every parameter must have a shape, got one of a lazy module without",
        "run the model once on a batch first",
    ),
    r"`?lengths`? array must be sorted": (
        "lengths must be sorted from the longest on, got another order",
        "pass enforce_sorted=False",
    ),
}
"""What must hold, what it got, and what to do, by the pattern of PyTorch's own words."""


def said_again(error: Exception, place: str) -> Exception | None:
    """Return an error that says where it is and what helps, or None where PyTorch's is unknown."""
    if type(error) not in MADE_OF_TEXT:
        return None
    for pattern, (must, remedy) in KNOWN.items():
        if match := re.search(pattern, str(error)):
            groups = [group or "" for group in match.groups()]
            return type(error)(f"in {place}, {must.format(*groups)}: {remedy.format(*groups)}")
    return None
