"""Recursive networks, node by node, in PyTorch: the values of tests/integration/tree_net.rs.

    python models/tests/reference/tree_net.py

Two trees and a single word, weights by formula. Prints the logits of every node in postorder, the mean
cross-entropy over the labelled nodes, and of each parameter's gradient the sum weighted with cos(index),
index counting Burn's layout [in, out] row by row.
"""
import torch

torch.set_default_dtype(torch.float64)
VOCABULARY, EMBEDDING, CLASSES = 7, 4, 5
# (left, right, label) or (word, label); None: no label
TREES = [
    (((1, 2), ((2, 3), (3, None), 1), 4), (4, 0), 3),
    ((5, 4), ((6, None), ((1, 1), ((2, 2), (0, 3), 0), 2), 4), 1),
    (3, 2),
]


def made(rows, columns, kind):
    row = torch.arange(rows).reshape(-1, 1)
    column = torch.arange(columns).reshape(1, -1)
    return (0.5 * torch.sin(1.3 * row + 0.7 * column + kind)).requires_grad_()


def run(kind):
    lstm = kind == "tree-lstm"
    hidden = 3 if lstm else EMBEDDING
    words, phrases = (3, 5) if lstm else (0, 1)
    parameters = {"embedding.weight": made(VOCABULARY, EMBEDDING, 1)}
    if words:
        parameters["words.weight"] = made(EMBEDDING, words * hidden, 2)
        parameters["words.bias"] = made(1, words * hidden, 3)
    parameters["phrases.weight"] = made(2 * hidden, phrases * hidden, 4)
    parameters["phrases.bias"] = made(1, phrases * hidden, 5)
    parameters["classes.weight"] = made(hidden, CLASSES, 6)
    parameters["classes.bias"] = made(1, CLASSES, 7)
    p = parameters
    logits, labels = [], []

    def visit(node):
        if len(node) == 2:
            x = p["embedding.weight"][node[0]]
            if lstm:
                i, o, u = (x @ p["words.weight"] + p["words.bias"][0]).split(hidden)
                c = torch.sigmoid(i) * torch.tanh(u)
                state = torch.sigmoid(o) * torch.tanh(c), c
            else:
                state = x, None
        else:
            (left, left_cell), (right, right_cell) = visit(node[0]), visit(node[1])
            sums = torch.cat([left, right]) @ p["phrases.weight"] + p["phrases.bias"][0]
            if lstm:
                i, f_l, f_r, o, u = sums.split(hidden)
                c = torch.sigmoid(i) * torch.tanh(u) + torch.sigmoid(f_l) * left_cell + torch.sigmoid(f_r) * right_cell
                state = torch.sigmoid(o) * torch.tanh(c), c
            else:
                state = torch.tanh(sums), None
        logits.append(state[0] @ p["classes.weight"] + p["classes.bias"][0])
        labels.append(node[-1])
        return state

    for tree in TREES:
        visit(tree)
    kept = [k for k, label in enumerate(labels) if label is not None]
    loss = torch.nn.functional.cross_entropy(torch.stack([logits[k] for k in kept]), torch.tensor([labels[k] for k in kept]))
    loss.backward()
    print(kind)
    for row in logits:
        print("    [" + ", ".join(f"{v:.6f}" for v in row.tolist()) + "],")
    print(f"loss {loss.item():.7f}")
    for name, parameter in parameters.items():
        g = parameter.grad.flatten()
        print(f'    ("{name}", {(g * torch.cos(torch.arange(len(g)))).sum().item():.7f}),')


run("plain")
run("tree-lstm")
