"""Keras's categorical cross-entropy on two sigmoid outputs, by its formula.

Keras 3 (keras/src/backend/*/nn.py, categorical_crossentropy with from_logits=False) divides the
outputs by their sum, clips them to [1e-7, 1 - 1e-7] and takes -sum(t * log y). The numbers stand
in ../networks.rs. Run: python normalized_sigmoid.py
"""

import math


def keras_loss(z, label):
    y = [1 / (1 + math.exp(-v)) for v in z]
    y = [v / sum(y) for v in y]
    y = [min(max(v, 1e-7), 1 - 1e-7) for v in y]
    return -math.log(y[label]), y[1]


for z, label in [((2, -1), 0), ((2, -1), 1), ((-3, 0.5), 0), ((0, 0), 1), ((6, 4), 1)]:
    loss, probability = keras_loss(z, label)
    print(f"z={z} class={label} loss={loss:.6f} p1={probability:.6f}")
