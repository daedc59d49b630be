"""Recurrent layers in PyTorch, for models/src/recurrent/tests.rs.

Every weight is 0.4 sin(1.3 k + n) and every input sin(0.9 k), k the place in memory and n the number of the
parameter in the order input.weight, input.bias, state.weight, state.bias, forwards and backwards, layer by layer;
weights in the transposed layout of Burn. Prints the sums of outputs * cos(0.7 k) and, for each parameter and the
inputs, those of its gradient, of the loss sum(steps * cos(0.7 k)) + sum(last * cos(0.7 k)).

Run: python models/tests/reference/recurrent.py (PyTorch 2)
"""
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.set_default_dtype(torch.float64)
STEPS, BATCH, FEATURES, UNITS = 5, 3, 4, 6
LENGTHS = [5, 2, 4]


def wave(shape, rate, offset=0.0):
    count = int(torch.tensor(shape).prod())
    return torch.sin(rate * torch.arange(count) + offset).reshape(shape)


def scored(values):
    flat = values.reshape(-1)
    return (flat * torch.cos(0.7 * torch.arange(len(flat)))).sum()


def run(kind, layers, both, lengths):
    net = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[kind](
        FEATURES, UNITS, num_layers=layers, bidirectional=both
    )
    names, number = [], 0
    for layer in range(layers):
        for end in ["", "_reverse"] if both else [""]:
            for name in ["weight_ih", "bias_ih", "weight_hh", "bias_hh"]:
                name = f"{name}_l{layer}{end}"
                param = getattr(net, name)
                shape = tuple(param.shape)[::-1]
                values = 0.4 * wave(shape, 1.3, number)
                param.data = values.T.contiguous() if values.dim() == 2 else values
                names.append(name)
                number += 1
    inputs = wave((STEPS, BATCH, FEATURES), 0.9).requires_grad_()
    if lengths:
        packed = pack_padded_sequence(inputs, lengths, enforce_sorted=False)
        steps, hidden = net(packed)
        steps, _ = pad_packed_sequence(steps, total_length=STEPS)
    else:
        steps, hidden = net(inputs)
    hidden = hidden[0] if kind == "lstm" else hidden
    last = torch.cat([hidden[-2], hidden[-1]], 1) if both else hidden[-1]
    (scored(steps) + scored(last)).backward()
    grads = [getattr(net, name).grad for name in names]
    grads = [g.T if g.dim() == 2 else g for g in grads]
    values = [scored(steps), scored(last), scored(inputs.grad)] + [scored(g) for g in grads]
    text = ", ".join(f"{float(v):.9f}" for v in values)
    print(f"({kind}, {layers}, {both}, {bool(lengths)}): [{text}]")


for kind in ["rnn", "gru", "lstm"]:
    run(kind, 1, False, None)
    run(kind, 1, True, None)
    run(kind, 2, True, LENGTHS)
