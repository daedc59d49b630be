"""The values of models/tests/integration/translator.rs, by PyTorch: nn.GRU on packed sequences, its gradients by autograd.

Run: python models/tests/reference/translator.py
"""

import math

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.set_default_dtype(torch.float64)
SOURCE, TARGET, WIDTH, UNITS, HIDDEN = 11, 13, 6, 5, 7
LENGTHS = [4, 2, 3]
TOKENS = torch.tensor([[3, 10, 5, 7], [4, 2, 0, 0], [9, 6, 2, 0]])
BEFORE = torch.tensor([[1, 5, 7, 3, 12], [1, 4, 0, 0, 0], [1, 11, 8, 0, 0]])
AFTER = torch.tensor([[5, 7, 3, 12, 2], [4, 2, 0, 0, 0], [11, 8, 2, 0, 0]])
SMOOTHING = 0.1

count = 0
parameters = []


def parameter(*shape):
    """The next one in the order of the network's fields: 0.4 sin(0.9 i + 1.7 k) at place i of parameter k."""
    global count
    size = math.prod(shape)
    values = 0.4 * torch.sin(0.9 * torch.arange(size) + 1.7 * count)
    count += 1
    tensor = values.reshape(shape).requires_grad_()
    parameters.append(tensor)
    return tensor


def linear(inputs, outputs):
    weight = parameter(inputs, outputs)
    return weight, parameter(outputs)


def gated(inputs, units):
    weight, bias = linear(inputs, 3 * units)
    return weight, bias, parameter(units, 3 * units), parameter(3 * units)


def run(unit, inputs, initial, lengths=None):
    """Batch first."""
    weight, bias, recurrent, recurrent_bias = unit
    module = nn.GRU(weight.shape[0], recurrent.shape[0], batch_first=True)
    for name, value in zip(
        ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"],
        [weight.T, recurrent.T, bias, recurrent_bias],
    ):
        delattr(module, name)
        setattr(module, name, value)
    if lengths is None:
        return torch.func.functional_call(module, {}, (inputs, initial[None]))[0]
    packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
    states, last = module(packed, initial[None])
    return pad_packed_sequence(states, batch_first=True, total_length=inputs.shape[1])[0], last[0]


source_embedding = parameter(SOURCE, WIDTH)
forwards, backwards = gated(WIDTH, UNITS), gated(WIDTH, UNITS)
keys, bridge = parameter(2 * UNITS, HIDDEN), linear(2 * UNITS, 2 * HIDDEN)
target_embedding = parameter(TARGET, WIDTH)
first, second = gated(WIDTH, HIDDEN), gated(HIDDEN + 2 * UNITS, HIDDEN)
output = linear(HIDDEN + 2 * UNITS, WIDTH)
bias = parameter(TARGET)

words = source_embedding[TOKENS]
zeros = torch.zeros(len(LENGTHS), UNITS)
ahead, ahead_last = run(forwards, words, zeros, LENGTHS)
turned = torch.stack([torch.cat([w[:n].flip(0), w[n:]]) for w, n in zip(words, LENGTHS)])
back, back_last = run(backwards, turned, zeros, LENGTHS)
back = torch.stack([torch.cat([b[:n].flip(0), b[n:]]) for b, n in zip(back, LENGTHS)])
annotations = torch.cat([ahead, back], 2)
start = torch.tanh(torch.cat([ahead_last, back_last], 1) @ bridge[0] + bridge[1])
states = run(first, target_embedding[BEFORE], start[:, :HIDDEN])
scores = states @ (annotations @ keys).transpose(1, 2)
padded = torch.arange(TOKENS.shape[1])[None] >= torch.tensor(LENGTHS)[:, None]
attention = torch.softmax(scores.masked_fill(padded[:, None], -math.inf), 2)
contexts = attention @ annotations
upper = run(second, torch.cat([states, contexts], 2), start[:, HIDDEN:])
meant = torch.tanh(torch.cat([upper, contexts], 2) @ output[0] + output[1])
logits = meant @ target_embedding.T + bias
loss = nn.CrossEntropyLoss(ignore_index=0, label_smoothing=SMOOTHING)(
    logits.reshape(-1, TARGET), AFTER.reshape(-1)
)
plain = nn.CrossEntropyLoss(ignore_index=0)(logits.reshape(-1, TARGET), AFTER.reshape(-1))
loss.backward()


def show(name, values):
    print(f"{name}: [{', '.join(f'{value.item():.6f}' for value in values)}]")


show("logits of the last step of the first sentence", logits[0, 4])
show("logits of the second step of the second sentence", logits[1, 1])
show("attention of the third step of the third sentence", attention[2, 2])
show("loss, without smoothing", [loss, plain])
print("gradients: sum, sum of absolute values, the first and the last")
for tensor in parameters:
    gradient = tensor.grad.flatten()
    show(str(list(tensor.shape)), [gradient.sum(), gradient.abs().sum(), gradient[0], gradient[-1]])
