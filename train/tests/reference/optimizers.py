"""PyTorch's NAdam and Adamax for `train/src/nadam.rs` and `train/src/adamax.rs`.

    python -m venv venv && venv/bin/pip install torch==2.15.0 && venv/bin/python optimizers.py

Fifty steps on a fixed problem, in double precision: the gradient of parameter i at w is
(i + 1) sin(w_i - i) + w_(i + 1) / 10, the last one's neighbour being the first. Prints one Rust constant for
each: the parameters after steps 1, 10 and 50.
"""

import torch

torch.set_default_dtype(torch.float64)


def run(name, make):
    w = torch.nn.Parameter(torch.tensor([0.5, -0.25, 1.0, 2.0]))
    optimizer = make([w])
    rows = []
    for step in range(1, 51):
        i = torch.arange(4.0)
        w.grad = ((i + 1) * torch.sin(w - i) + torch.roll(w, -1) / 10).detach()
        optimizer.step()
        if step in (1, 10, 50):
            rows.append("[" + ", ".join(repr(round(value, 12)) for value in w.tolist()) + "]")
    print(f"const {name}: [[f64; 4]; 3] = [{', '.join(rows)}];")


run("NADAM", lambda parameters: torch.optim.NAdam(parameters, lr=0.02))
run("ADAMAX", lambda parameters: torch.optim.Adamax(parameters, lr=0.02))
