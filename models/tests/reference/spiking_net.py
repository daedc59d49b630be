"""A spiking network in snnTorch: the values of tests/integration/spiking_net.rs.

    pip install torch snntorch
    python models/tests/reference/spiking_net.py

4 inputs, 5 hidden units, 3 classes, 12 steps of a constant current, two examples; weights by formula. Prints the
counts of the output, and of each parameter's gradient the sum weighted with cos(index), index counting Burn's layout
[in, out] row by row; the loss is the sum of counts weighted with cos(index).
"""
import snntorch as snn
import torch
from snntorch import surrogate

STEPS = 12


def made(rows, columns, kind):
    row = torch.arange(rows).reshape(-1, 1)
    column = torch.arange(columns).reshape(1, -1)
    return torch.sin(1.3 * row + 0.7 * column + kind)


def weighted(values):
    values = values.reshape(-1)
    return float((values * torch.cos(torch.arange(len(values)))).sum())


def run(reset, gradient):
    w1, b1, w2, b2 = made(4, 5, 1), made(1, 5, 2), made(5, 3, 3), made(1, 3, 1)
    for parameter in (w1, b1, w2, b2):
        parameter.requires_grad_()
    options = dict(learn_beta=True, reset_mechanism=reset, spike_grad=gradient)
    hidden = snn.Leaky(beta=made(1, 5, 6)[0] * 0.1 + 0.8, **options)
    output = snn.Leaky(beta=made(1, 3, 7)[0] * 0.1 + 0.8, **options)
    inputs = made(2, 4, 5) + 1
    m1, m2 = hidden.init_leaky(), output.init_leaky()
    counts = 0
    for _ in range(STEPS):
        s1, m1 = hidden(inputs @ w1 + b1, m1)
        s2, m2 = output(s1 @ w2 + b2, m2)
        counts = counts + s2
    (counts.reshape(-1) * torch.cos(torch.arange(6))).sum().backward()
    parameters = (w1, b1, hidden.beta, w2, b2, output.beta)
    print(f"{reset}: counts {[int(count) for count in counts.reshape(-1)]}")
    print("   ", ", ".join(f"{weighted(p.grad):.6}" for p in parameters))


for reset in ("subtract", "zero"):
    for gradient in (surrogate.fast_sigmoid(slope=25), surrogate.atan(alpha=2.0)):
        run(reset, gradient)
