"""Hold the words of a diagnosis: verdicts, what is wrong with the loss, causes, what to try."""

from vanishing.localisation import N_

WORDS = {
    "healthy": N_("healthy"),
    # Translators: verdict on a layer: too little gradient reaches it, so it cannot learn.
    "starving": N_("starving"),
    # Translators: verdict on a layer: its units give zero whatever the input is.
    "dead": N_("dead"),
    # Translators: verdict on a layer: its gradient is far too large.
    "exploding": N_("exploding"),
    # Translators: verdict on a layer or a loss: a calculation gives NaN or infinity.
    "not finite": N_("not finite"),
    # Translators: verdict on a layer: its gradient is too small for the computer's numbers.
    "underflowing": N_("underflowing"),
    # Translators: verdict on a layer: it puts out nearly the same for every example.
    "alike": N_("alike"),
}

SIGNS = {
    "healthy": "●",
    "starving": "◆",
    "dead": "✖",
    "exploding": "▲",
    "not finite": "▼",
    "underflowing": "■",
    "alike": "≈",
}

# What is wrong with the loss itself.
ALARMS = {
    "nan_loss": N_("The loss is NaN."),
    "infinite_loss": N_("The loss is infinite."),
    "no_terms": N_("The loss has no term left: it is a mean of nothing."),
    "no_weight": N_(
        "The loss has no term left: the class weight of every label that is not ignored is zero."
    ),
    "constant": N_("The loss does not depend on any parameter that is trained."),
    "all_frozen": N_("Every parameter is frozen, so nothing is trained."),
}

CAUSES = {
    "frozen": N_("The layer is frozen, and no gradient is computed for it."),
    "inactive": N_(
        "{portion} of the units after this layer give zero on every example, so no gradient "
        "passes through them."
    ),
    "disconnected": N_(
        "The loss does not depend on this layer: it is not used, or the way back is cut."
    ),
    "uncalled": N_("This layer was not called on these examples."),
    "cut": N_(
        "No gradient comes back to this layer. What it gives goes into “{operation}”, which has no "
        "slope."
    ),
    "padding": N_(
        "Every entry that this layer looked up is the padding, whose row is not trained."
    ),
    "turns": N_(
        "The layer is used {turns} times one after the other, and the first of these uses receives "
        "{share} of what the best one receives."
    ),
    "grows_in_time": N_(
        "The gradient grows along the sequence on its way back, from the last step to the first."
    ),
    "statistics": N_(
        "The running statistics of layer “{layer}” do not fit this batch, so it puts out numbers "
        "that are far too large or too small."
    ),
    "lost_forward": N_(
        "The signal is lost on its way forward: layer “{layer}” puts out far less than the layer "
        "before it."
    ),
    "unfed": N_("All inputs of this layer are zero, so its weights cannot matter."),
    "unfed_by": N_("All inputs of this layer are zero, because layer “{layer}” before it is dead."),
    "blocked": N_("Layer “{layer}” on the way back is dead and lets no gradient through."),
    "zero_weights": N_(
        "Every entry of “{layer}” is zero, so the gradient is exactly zero. Gradients alone do not "
        "end this."
    ),
    "zero_pair": N_(
        "These factors are zero in every entry: “{layer}”. Each multiplies the gradient of another "
        "by zero, so no update ends this."
    ),
    "zero": N_("The gradient is exactly zero, and the measurements do not show why."),
    "still": N_(
        "The gradient is exactly zero in all layers. Either these examples are fitted already, or "
        "the loss cannot depend on the outputs. The measurements do not decide."
    ),
    "fitted": N_(
        "The gradient is exactly zero in all layers, and none of the other outputs that were tried "
        "lowers the loss. These examples seem to be fitted."
    ),
    "constant_loss": N_(
        "The loss does not change when other outputs are tried, so no gradient comes back from it."
    ),
    "time": N_(
        "The gradient fades along the sequence: its beginning receives {share} of what the best "
        "step receives."
    ),
    "saturated_at": N_(
        "The function “{operation}” after layer “{layer}” is saturated: it is flat where the "
        "signal is, so it lets hardly any gradient through."
    ),
    "saturated_inside": N_(
        "The functions inside layer “{layer}” are saturated: they are flat where the signal is, so "
        "they let hardly any gradient through."
    ),
    "saturated_in_loss": N_(
        "The function “{operation}” at the end is saturated: it is flat where the signal is, so it "
        "lets hardly any gradient through."
    ),
    "still_flat": N_(
        "The loss is flat here, and not because it is at its least: other outputs lower it, but it "
        "has hardly any slope in their direction."
    ),
    "single": N_(
        "“{operation}” works on a single number, so its result is the same whatever the number is."
    ),
    "single_output": N_(
        "The softmax in the loss gets a single number per example. Its result is always 1, "
        "whatever the network puts out."
    ),
    "cut_in_loss": N_(
        "The loss takes “{operation}” of the outputs, which has no slope, so no gradient comes "
        "back."
    ),
    "stairs": N_("“{operation}” has no slope, so no gradient passes through it."),
    "slope": N_(
        "The loss uses derivatives of the network, and the second derivative of a piecewise linear "
        "function such as ReLU is zero."
    ),
    "zero_at": N_(
        "“{operation}” after layer “{layer}” multiplies the gradient by zero or passes none of it."
    ),
    "start": N_(
        "The gradient is exactly zero because “{layer}” starts at zero. It receives a gradient "
        "itself, so the first update ends this."
    ),
    "small_start": N_(
        "The gradient is small because the learned factor “{layer}” starts close to zero. It "
        "receives a gradient itself, so training can end this."
    ),
    "unseen": N_(
        "Only the norms of this step were recorded, without its forward pass, so the cause is open."
    ),
    "unasked": N_(
        "On these examples, the loss asks nothing of this layer: its gradient is exactly zero."
    ),
    "alike": N_(
        "What this layer puts out hardly depends on the example: between two examples, 1 minus the "
        "cosine falls from {first} in the first layer to {distance}."
    ),
    "stacked": N_("The gradient shrinks on its way back through the stacked recurrent layers."),
    "saturated": N_(
        "Most activation functions on the way back are saturated: they are flat where the signal "
        "is, so their slopes shrink the gradient."
    ),
    "squashed": N_(
        "The slope of the sigmoid is at most 0.25, and the weights do not make up for it."
    ),
    "small_weights": N_(
        "The weights are too small for the activation function, so the gradient shrinks in every "
        "layer."
    ),
    "faded": N_("The signal fades on its way forward, so the last layers see hardly anything."),
    "flat": N_(
        "The gradient is small in all layers, the last one included: the network has learned these "
        "examples, or the loss is scaled down."
    ),
    "passed": N_(
        "A layer nearer to the input receives far more, so the gradient does pass; the weights of "
        "this layer hardly change the loss on these examples."
    ),
    "lost": N_("The gradient shrinks little by little on its way back to this layer."),
    "lost_at": N_("Most of the gradient is lost on its way back through layer “{layer}”."),
    "bad_inputs": N_("The inputs contain NaN or infinite values."),
    "bad_weights": N_("The weights of layer “{layer}” contain NaN or infinite values."),
    "large_weights": N_("The weights are too large for the activation function."),
    "large_weights_at": N_("The weights of layer “{layer}” are far too large."),
    "growing_sum": N_(
        "The signal grows on its way forward although the weights have the usual size, as in a sum "
        "of residual branches that are not scaled."
    ),
    "overflow": N_("The output of layer “{layer}” is too large for its number format."),
    "bad_targets": N_("The targets contain NaN or infinite values."),
    "broken_forward": N_(
        "“{operation}” after layer “{layer}” is the first operation on the way forward to give "
        "NaN or infinity."
    ),
    "broken_forward_in_loss": N_(
        "“{operation}” in the loss is the first operation on the way forward to give NaN or "
        "infinity."
    ),
    "broken_forward_at_start": N_(
        "“{operation}” before the first layer is the first operation on the way forward to give "
        "NaN or infinity."
    ),
    "broken_backward": N_(
        "The loss is finite. On the way back, “{operation}” after layer "
        "“{layer}” is the first operation to give NaN or infinity."
    ),
    "broken_backward_in_loss": N_(
        "The loss is finite. On the way back, “{operation}” in the loss is "
        "the first operation to give NaN or infinity."
    ),
    "broken_backward_at_start": N_(
        "The loss is finite. On the way back, “{operation}” before the first "
        "layer is the first operation to give NaN or infinity."
    ),
    "broken_format_in_loss": N_(
        "“{operation}” in the loss is the first operation to give a number too large for float16, "
        "which ends at 65504. Later operations may hide this infinity."
    ),
    "broken_format": N_(
        "“{operation}” after layer “{layer}” is the first operation to give a number too large for "
        "float16, which ends at 65504. Later operations may hide this infinity."
    ),
    "not_a_number": N_(
        "A calculation gives NaN or infinity, although the inputs and the weights are finite."
    ),
    "grows_backward": N_(
        "The gradient grows from layer to layer on its way back, as it does with batch "
        "normalization without residual connections."
    ),
    "large_inputs": N_(
        "The inputs are large numbers, which the gradient of the weights that read them is "
        "multiplied by."
    ),
    "large_error": N_(
        "The gradient is large from the start of its way back: the error is large, or the loss is "
        "a sum and not a mean."
    ),
    "half_precision": N_(
        "Up to {portion} of the entries of a gradient are rounded to zero, because float16 has no "
        "smaller numbers."
    ),
}

_BOTH = N_("ReLU with He initialization; residual connections with normalization.")
_REPAIR = N_("Repair layer “{layer}” first, then diagnose again.")
REMEDIES = {
    "frozen": N_("Nothing, if it is meant to be frozen."),
    "inactive": N_("Biases of zero, a smaller learning rate, or Leaky ReLU."),
    "disconnected": N_("Look for detach(), no_grad() or an output that is not used."),
    "uncalled": N_(
        "If it should run here, look at where forward() leaves it out; else diagnose again on "
        "another batch."
    ),
    "cut": N_(
        "If this is its only way to the loss, a smooth function in its place, or a "
        "straight-through estimator. If not, look for detach() or no_grad() on the other way."
    ),
    "padding": N_("Look at the tokens of this batch, and at how they are padded."),
    "turns": N_(
        "In depth, residual connections with normalization around it, or fewer uses; along a "
        "sequence, LSTM, attention, or shorter sequences."
    ),
    "grows_in_time": N_(
        "Gradient clipping; smaller or orthogonal recurrent weights; LSTM, GRU, or shorter "
        "sequences."
    ),
    "lost_forward": N_(
        "Look at the weights and gains of layer “{layer}”: initialize it anew, or put a "
        "normalization after it."
    ),
    "statistics": N_(
        "Look at how the running statistics came about: model.train() takes those of the batch, "
        "and updates them."
    ),
    "unfed": N_("Look at the inputs and at what stands before this layer."),
    "unfed_by": _REPAIR,
    "blocked": _REPAIR,
    "zero_weights": N_("Start these weights from random numbers, as the usual initializations do."),
    "zero_pair": N_(
        "Start one factor of each product from random numbers. One alone may start at zero, as B "
        "does in LoRA by design."
    ),
    "start": N_(
        "Nothing, if it is meant to start so, as B does in LoRA. Diagnose again after a few "
        "updates."
    ),
    "small_start": N_("Nothing, if it is meant to start so. Diagnose again after a few updates."),
    "large_inputs": N_(
        "Scale the inputs to mean 0 and standard deviation 1: their numbers are large. Then "
        "smaller weights, or normalization before the function."
    ),
    "saturated_inside": N_("Smaller weights and biases, or normalization before this layer."),
    "still_flat": N_(
        "Give the loss scores in place of probabilities: cross_entropy() takes the softmax itself, "
        "binary_cross_entropy_with_logits() the sigmoid. For a generator, the non-saturating loss: "
        "−log D(G(z)) in place of log(1 − D(G(z)))."
    ),
    "cut_in_loss": N_(
        "A loss with a slope, such as cross_entropy(). Count right answers beside it, not in its "
        "place."
    ),
    "single_output": N_(
        "One output per class, or binary_cross_entropy_with_logits() for a single output."
    ),
    "single": N_("Let it work along the dimension that holds several numbers."),
    "stairs": N_(
        "A smooth function in its place, or a straight-through estimator: round(), sign() and "
        "argmax() have no slope."
    ),
    "slope": N_("A smooth activation function, such as tanh or SiLU."),
    "zero_at": N_("Look at what this operation does: a mask, a factor of zero, a choice."),
    "unseen": N_("Make the watch before the loop begins, or diagnose the batch itself."),
    "unasked": N_("Diagnose again on another batch."),
    "alike": N_("Normalization, residual connections, or fewer layers."),
    "stacked": N_("Residual connections between the recurrent layers, or fewer of them."),
    "masked_row": N_(
        "Let every row of the mask leave at least one entry, or put a large negative number in "
        "place of −inf."
    ),
    "too_large": N_("Smaller numbers before it: normalization, scaled inputs, or clamp()."),
    "overflow_16": N_("bfloat16 or float32 for this operation, or smaller numbers before it."),
    "exponential": N_("Bound its input with clamp(), or use softplus() or logsumexp()."),
    "logarithm": N_(
        "Keep its input above zero, for example with clamp(min=1e-6); for probabilities, "
        "log_softmax() or logsigmoid()."
    ),
    "root": N_(
        "Keep what is under the root above zero, for example by adding a small number: at zero its "
        "slope is infinite."
    ),
    "division": N_("Keep the divisor away from zero, for example with clamp(min=1e-6)."),
    "nothing_by_nothing": N_(
        "Zero is divided by zero: count what is left before the division, and skip a batch with "
        "nothing left."
    ),
    "where": N_(
        "torch.where() sends zero times infinity back through the branch that was not taken: make "
        "the input of that branch harmless first, with another torch.where()."
    ),
    "labels": N_(
        "More labels than time steps: leave such examples out, or pass zero_infinity=True."
    ),
    "domain": N_("Keep its input inside the range where its slope is finite."),
    "constant_number": N_("Look for a NaN or an infinity that is written in the code."),
    "bad_targets": N_("Clean the data: isfinite() finds the values."),
    "nan_loss": N_("Look at what the loss is computed from, one operation at a time."),
    "infinite_loss": N_("Look at what the loss is computed from, one operation at a time."),
    "no_terms": N_(
        "Look at the targets of this batch: labels equal to ignore_index are not counted. It is "
        "−100 where nothing else is said."
    ),
    "no_weight": N_("Look at the class weights, and at the labels of this batch."),
    "constant": N_(
        "Look for detach(), no_grad(), item(), argmax() or numpy() between outputs and loss."
    ),
    "all_frozen": N_("Set requires_grad to True for what is to be trained."),
    "zero": N_(
        "Diagnose again on another batch, and look for functions without a slope between the "
        "layers, such as round()."
    ),
    "still": N_(
        "Look at the accuracy on these examples. If it is poor, change the outputs by hand: if the "
        "loss does not change with them, look at how it is computed."
    ),
    "fitted": N_(
        "Look at the accuracy. If it is good, there is nothing to learn from these examples. If it "
        "is poor, the loss asks for something else."
    ),
    "constant_loss": N_(
        "Look at how the loss is computed: a mask or a bound that leaves nothing, a wrong "
        "dimension, a constant."
    ),
    "time": N_("LSTM with a large forget-gate bias, attention, or shorter sequences."),
    "saturated": N_("Smaller weights, normalization before the activation function, or ReLU."),
    "squashed": _BOTH,
    "small_weights": N_(
        "He initialization for ReLU, Xavier initialization for tanh; or residual connections with "
        "normalization."
    ),
    "faded": N_("Larger initial weights, normalization, or residual connections."),
    "flat": N_("Compare the loss with that of guessing. If it is small, there is little to learn."),
    "passed": N_(
        "Diagnose again on another batch. In one of several branches, or as the gain of a "
        "normalization, this can be harmless."
    ),
    "lost": N_("Residual connections with normalization."),
    "lost_at": N_("Look at what layer “{layer}” does to its input; go around it with a sum."),
    "bad_inputs": N_("Clean the data: isfinite() finds the values."),
    "bad_weights": N_("Go back to weights from before, and train with a smaller learning rate."),
    "large_weights": N_("He or Xavier initialization; gradient clipping as a first aid."),
    "large_weights_at": N_("Initialize this layer anew; gradient clipping as a first aid."),
    "growing_sum": N_("Normalize or scale the residual branches."),
    "overflow": N_("Smaller signals through normalization, or bfloat16 or float32."),
    "scores": N_(
        "Smaller scores before the softmax: normalized queries and keys, a division by the root of "
        "their width, or a higher temperature."
    ),
    "twice": N_("Leave the softmax out of the model: cross_entropy() takes it itself."),
    "not_a_number": N_(
        "Look for NaN in the targets, a division by zero, a logarithm or root of zero or less, and "
        "a loss scale that is too large."
    ),
    "grows_backward": N_("Residual connections around the normalized layers."),
    "large_error": N_(
        "Scale inputs and targets, take the mean; gradient clipping and a smaller step."
    ),
    "half_precision": N_("Loss scaling, or bfloat16 in place of float16."),
}
