"""The perceptrons of the chapter (figure 10.2) and of Lab 2: reference values of `neurons/src/learning/perceptron.rs`.

    python -m venv venv && venv/bin/pip install numpy && venv/bin/python perceptron.py

The class and the function are the chapter's code; the lab's also returns the weights after each pass. Prints one
Rust constant for each.
"""

import numpy as np


class Perceptron(object):
    def __init__(self, no_of_inputs, threshold=100, learning_rate=0.01):
        self.threshold = threshold
        self.learning_rate = learning_rate
        self.weights = np.zeros(no_of_inputs + 1)

    def predict(self, inputs):
        inputsum = np.dot(inputs, self.weights[1:]) + self.weights[0]
        if inputsum > 0:
            activate = 1
        else:
            activate = 0
        return activate

    def train(self, training_inputs, labels):
        for _ in range(self.threshold):
            for inputs, label in zip(training_inputs, labels):
                prediction = self.predict(inputs)
                self.weights[1:] += self.learning_rate * (label - prediction) * inputs
                self.weights[0] += self.learning_rate * (label - prediction)


def perceptron_sgd(X, Y, epochs):
    w = np.zeros(len(X[0]))
    eta = 1
    for t in range(epochs):
        for i, x in enumerate(X):
            if (np.dot(X[i], w) * Y[i]) <= 0:
                w = w + eta * X[i] * Y[i]
    return w


def show(name, weights):
    text = ", ".join(repr(float(weight)) for weight in weights)
    print(f"const {name}: [f64; {len(weights)}] = [{text}];")


def learned(points, labels):
    unit = Perceptron(points.shape[1])
    unit.train(points, labels)
    return unit.weights


corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
show("CHAPTER_AND", learned(corners, [0, 0, 0, 1]))
show("CHAPTER_OR", learned(corners, [0, 1, 1, 1]))
show("CHAPTER_XOR", learned(corners, [0, 1, 1, 0]))
i = np.arange(40.0)
cloud = np.stack([(i * 7) % 11 / 4 - 1, (i * 5) % 13 / 8 - 0.5], axis=1)
show("CHAPTER_CLOUD", learned(cloud, (1.5 * cloud[:, 0] - cloud[:, 1] > 0.3).astype(int)))

X = np.array([[-2, 4, -1], [4, 1, -1], [1, 6, -1], [2, 4, -1], [6, 2, -1]])
y = np.array([-1, -1, 1, 1, 1])
passes = ", ".join(str([float(w) for w in perceptron_sgd(X, y, t)]) for t in range(1, 21))
print(f"const LAB: [[f64; 3]; 20] = [{passes}];")
