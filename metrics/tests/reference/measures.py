"""Values of scikit-learn and SciPy for `metrics/src/classification.rs`.

    python -m venv venv && venv/bin/pip install scikit-learn==1.9.1 && venv/bin/python measures.py

Prints one Rust constant for each figure. The predictions come from a formula, so that the test can
make them again.
"""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    log_loss,
    precision_recall_fscore_support,
    roc_auc_score,
)

N, CLASSES, BINS = 203, 4, 15

i = np.arange(N)
truths = np.array([0, 1, 2, 3, 1, 2, 1])[i % 7]
logits = 2.4 * np.sin(1.7 * i[:, None] + 0.9 * np.arange(CLASSES)) ** 3
logits += 2.5 * (truths[:, None] == np.arange(CLASSES)) * np.cos(0.37 * i)[:, None] ** 2
# Two decimals, so that some examples are equally probable.
logits = np.round(logits, 2)
p = softmax(logits, axis=1)
answers = p.argmax(axis=1)
confidence = p.max(axis=1)
right = answers == truths


def show(name, values):
    values = np.atleast_1d(values)
    text = ", ".join(f"{value:.12f}" for value in values)
    print(f"{name}: [{text}]")


show("accuracy", accuracy_score(truths, answers))
show("balanced accuracy", balanced_accuracy_score(truths, answers))
show("log loss", log_loss(truths, p, labels=range(CLASSES)))
# scikit-learn halves the score by default where there are two classes only.
show("brier", brier_score_loss(truths, p, labels=range(CLASSES), scale_by_half=False))
precision, recall, f1, _ = precision_recall_fscore_support(truths, answers)
show("precision", precision)
show("recall", recall)
show("f1", f1)
macro = precision_recall_fscore_support(truths, answers, average="macro")[:3]
show("macro precision, recall, f1", macro)
show("auroc", [roc_auc_score(truths == k, p[:, k]) for k in range(CLASSES)])
show("macro auroc", roc_auc_score(truths, p, multi_class="ovr", average="macro"))

# Expected calibration error with bins (low, high], as in Guo et al.'s own program.
edges = np.linspace(0, 1, BINS + 1)
ece = 0.0
for low, high in zip(edges[:-1], edges[1:]):
    inside = (confidence > low) & (confidence <= high)
    if inside.any():
        ece += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
show("expected calibration error", ece)

# Area under the risk-coverage curve; equally confident answers count as their mean.
order = np.argsort(-confidence, kind="stable")
ranked, wrong = confidence[order], (~right[order]).astype(float)
for value in np.unique(ranked):
    wrong[ranked == value] = wrong[ranked == value].mean()
risks = np.cumsum(wrong) / np.arange(1, N + 1)
show("aurc, accuracy at 90 %", [risks.mean(), 1 - risks[int(np.ceil(0.9 * N)) - 1]])


def smoothed_log_loss(log_temperature):
    """With one more example of unknown class, whose logits are the mean of the others'."""
    log_p = log_softmax(logits / np.exp(log_temperature), axis=1)
    known = log_p[i, truths].mean()
    unknown = log_p.mean()
    return -(N * known + unknown) / (N + 1)


best = minimize_scalar(smoothed_log_loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-12})
temperature = np.exp(best.x)
cooled = softmax(logits / temperature, axis=1)
show("temperature, log loss after", [temperature, log_loss(truths, cooled, labels=range(CLASSES))])

# The 95 % intervals of NumPy's own resamples, drawn by groups of three examples.
rng = np.random.default_rng(1)
groups = i // 3
members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
draws = []
for _ in range(4_000):
    chosen = np.concatenate([members[g] for g in rng.integers(0, len(members), len(members))])
    draws.append(
        [
            right[chosen].mean(),
            precision_recall_fscore_support(
                truths[chosen], answers[chosen], average="macro", zero_division=0
            )[2],
            right[chosen][truths[chosen] == 0].mean(),
        ]
        + [roc_auc_score(truths[chosen] == 0, p[chosen, 0])]
    )
low, high = np.nanpercentile(np.array(draws), [2.5, 97.5], axis=0)
for name, *interval in zip(["accuracy", "macro f1", "recall of 0", "auroc of 0"], low, high):
    show(f"interval of {name}", interval)
