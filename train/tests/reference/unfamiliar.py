"""How to tell pictures that are no head scan: five scores on one trained model.

    cargo run -p train -- brain-tumor --data DATA --split random
    python -m venv venv && venv/bin/pip install scikit-image==0.26.0
    venv/bin/python train/tests/reference/unfamiliar.py runs/latest DATA

Every score's limit lets one validation scan in a hundred go. Printed is the share of the pictures of
each kind above the limit; the more the better, but for the test scans. The table stands in
`datasets/src/images/statistics.rs`. The network (three convolutions, two dense layers) is computed here in
NumPy, from the model's file.
"""

import csv
import gzip
import json
import os
import struct
import sys

import numpy as np
import skimage
from PIL import Image, ImageDraw

RUN, DATA = sys.argv[1], sys.argv[2]
rng = np.random.default_rng(0)


def load():
    with open(os.path.join(RUN, "model.safetensors"), "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    card = json.loads(header.pop("__metadata__")["hebb"])
    tensors = {}
    for name, about in header.items():
        start, end = (8 + length + offset for offset in about["data_offsets"])
        tensors[name] = np.frombuffer(content[start:end], "<f4").reshape(about["shape"])
    return card, tensors


def convolve(x, weight, bias):
    n, c, h, w = x.shape
    x = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))
    columns = windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * h * w, c * 9)
    y = columns @ weight.reshape(len(weight), -1).T + bias
    return y.reshape(n, h, w, -1).transpose(0, 3, 1, 2)


def forward(t, pictures):
    """The last hidden layer and the logits."""
    mean, std = (SCALING[key][0] for key in ("mean", "std"))
    features, logits = [], []
    for start in range(0, len(pictures), 64):
        x = ((pictures[start : start + 64, None] / 255 - mean) / std).astype(np.float32)
        for layer in (0, 2, 4):
            x = convolve(x, t[f"features.{layer}.conv.weight"], t[f"features.{layer}.conv.bias"])
            n, c, h, w = x.shape
            x = np.maximum(x, 0).reshape(n, c, h // 2, 2, w // 2, 2).max((3, 5))
        x = x.reshape(len(x), -1) @ t["classifier.1.dense.weight"]
        features.append(np.maximum(x + t["classifier.1.dense.bias"], 0))
        out = features[-1] @ t["classifier.3.dense.weight"] + t["classifier.3.dense.bias"]
        logits.append(out)
    return np.concatenate(features), np.concatenate(logits)


def prepared(picture):
    return np.asarray(picture.convert("L").resize((64, 64), Image.BILINEAR), float)


def scans():
    pictures, classes = {}, {}
    for row in csv.DictReader(open(os.path.join(RUN, "split.csv"))):
        path = os.path.join(DATA, "brain-tumor-mri", row["path"])
        pictures.setdefault(row["split"], []).append(prepared(Image.open(path)))
        classes.setdefault(row["split"], []).append(row["class"])
    return {part: np.stack(list_) for part, list_ in pictures.items()}, classes


def mnist(count=300):
    path = os.path.join(DATA, "mnist", "t10k-images-idx3-ubyte.gz")
    digits = np.frombuffer(gzip.open(path).read()[16:], np.uint8).reshape(-1, 28, 28)
    chosen = digits[rng.permutation(len(digits))[:count]]
    return np.stack([prepared(Image.fromarray(digit)) for digit in chosen])


def generated(each=60, side=128):
    uniform, pictures = rng.uniform, []
    y, x = np.mgrid[0:side, 0:side] / side

    def add(values):
        values = np.clip(values, 0, 255).astype(np.uint8)
        pictures.append(prepared(Image.fromarray(values)))

    for _ in range(each):
        add(uniform(0, 255, (side, side)))
        add(rng.normal(uniform(40, 200), uniform(10, 60), (side, side)))
        coarse = int(rng.integers(4, 40))
        small = Image.fromarray(uniform(0, 255, (coarse, coarse)).astype(np.uint8))
        add(np.asarray(small.resize((side, side), Image.BICUBIC)))
        add(np.full((side, side), rng.integers(0, 256)))
        angle = uniform(0, 2 * np.pi)
        slope = x * np.cos(angle) + y * np.sin(angle)
        add(uniform(0, 255) + uniform(-255, 255) * slope)
        fields = int(rng.integers(2, 17))
        odd = ((x * fields).astype(int) + (y * fields).astype(int)) % 2
        add(uniform(0, 100) + uniform(60, 155) * odd)
        add(127 + 120 * np.sin(uniform(2, 30) * 2 * np.pi * slope))
        spectrum = np.fft.fft2(rng.normal(size=(side, side)))
        frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
        frequency[0, 0] = 1
        natural = np.fft.ifft2(spectrum / frequency ** uniform(0.8, 1.6)).real
        natural = (natural - natural.mean()) / natural.std()
        add(uniform(80, 170) + uniform(30, 60) * natural)
        horizon = uniform(0.3, 0.7)
        sky, ground = uniform(150, 240) - 40 * y, uniform(40, 120) + 60 * (y - horizon)
        add(np.where(y < horizon, sky, ground) + 8 * natural)
        stars = np.zeros((side, side))
        stars[tuple(rng.integers(0, side, (2, 40)))] = 255
        add(stars)
        for ground in (int(uniform(0, 255)), 0):
            picture = Image.new("L", (side, side), ground)
            draw = ImageDraw.Draw(picture)
            if ground:
                for _ in range(int(uniform(2, 12))):
                    (left, top), (w, h) = uniform(0, side, 2), uniform(5, 60, 2)
                    draw.ellipse([left, top, left + w, top + h], fill=int(uniform(0, 255)))
            else:
                draw.ellipse([20, 15, 108, 118], fill=int(uniform(80, 255)))
            pictures.append(prepared(picture))
    return np.stack(pictures)


def photographs(each=30):
    folder = os.path.join(os.path.dirname(skimage.__file__), "data")
    names = """astronaut.png brick.png camera.png cell.png chelsea.png coffee.png coins.png grass.png
        gravel.png horse.png hubble_deep_field.jpg ihc.png microaneurysms.png moon.png
        motorcycle_left.png page.png retina.jpg rocket.jpg text.png""".split()
    pictures = []
    for name in names:
        whole = Image.open(os.path.join(folder, name)).convert("L")
        pictures.append(prepared(whole))
        for _ in range(each - 1):
            side = rng.uniform(0.3, 1) * min(whole.size)
            left, top = (rng.uniform(0, length - side) for length in whole.size)
            box = [int(edge) for edge in (left, top, left + side, top + side)]
            pictures.append(prepared(whole.crop(box)))
    return np.stack(pictures)


def statistics(pictures):
    """Those of `datasets/src/images/statistics.rs`, but for the colour."""
    x = pictures / 255
    n = len(x)
    flat = x.reshape(n, -1)
    border = np.ones((64, 64), bool)
    border[4:-4, 4:-4] = False
    centre = x[:, 24:40, 24:40].reshape(n, -1)
    columns = [flat.mean(1), flat.std(1), (flat < 0.05).mean(1), (flat > 0.9).mean(1)]
    columns += [np.median(flat, 1), np.quantile(flat, 0.9, axis=1)]
    columns += [x[:, border].mean(1), x[:, border].std(1), centre.mean(1), centre.std(1)]
    scaled = x
    for _ in range(4):
        for axis in (2, 1):
            columns.append(np.log(np.abs(np.diff(scaled, axis=axis)).mean((1, 2)) + 1e-3))
        side = scaled.shape[1] // 2
        scaled = scaled.reshape(n, side, 2, side, 2).mean((2, 4))
    centred = x - x.mean((1, 2), keepdims=True)
    both = (centred * centred[:, :, ::-1]).sum((1, 2))
    columns.append(both / ((centred**2).sum((1, 2)) + 1e-3))
    levels = np.minimum((flat * 8).astype(int), 7)
    shares = np.stack([(levels == level).mean(1) for level in range(8)])
    columns.append(-(shares * np.log(shares + 1e-12)).sum(0))
    return np.stack(columns, 1)


def mahalanobis(rows, means):
    """The squared distance to the nearest mean, with one covariance of `rows`."""
    precision = np.linalg.inv(np.cov(rows.T) + 1e-3 * np.diag(rows.var(0) + 1e-6))

    def distance(points):
        away = points[:, None] - means
        return np.einsum("nki,ij,nkj->nk", away, precision, away).min(1)

    return distance


card, tensors = load()
SCALING = card["preprocess"]["scaling"]["standardize"]
parts, classes = scans()
pictures = {**parts, "MNIST": mnist(), "generated": generated(), "photographs": photographs()}
outputs = {name: forward(tensors, of_kind) for name, of_kind in pictures.items()}

labels = np.array(classes["train"])
hidden = outputs["train"][0]
means = np.stack([hidden[labels == name].mean(0) for name in card["class_names"]])
within = hidden - means[[card["class_names"].index(label) for label in labels]]
hidden_distance = mahalanobis(within, means)
unit = hidden / np.linalg.norm(hidden, axis=1, keepdims=True)
looks = {name: statistics(of_kind) for name, of_kind in pictures.items()}
spread = looks["train"].std(0)
looks_distance = mahalanobis(looks["train"] / spread, (looks["train"] / spread).mean(0)[None])


def log_sum(logits):
    largest = logits.max(1, keepdims=True)
    return np.log(np.exp(logits - largest).sum(1)) + largest[:, 0]


def neighbour(name):
    rows = outputs[name][0]
    rows = rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9)
    return -np.sort(rows @ unit.T, axis=1)[:, -10]


scores = {
    "highest probability": lambda name: log_sum(outputs[name][1]) - outputs[name][1].max(1),
    "energy of the logits": lambda name: -log_sum(outputs[name][1]),
    "Mahalanobis, hidden layer": lambda name: hidden_distance(outputs[name][0]),
    "tenth neighbour, hidden layer": neighbour,
    "Mahalanobis, statistics": lambda name: looks_distance(looks[name] / spread),
}
kinds = ["MNIST", "generated", "photographs", "test"]
print(f"{'':32}" + "".join(f"{kind:>13}" for kind in kinds))
for name, score in scores.items():
    limit = np.quantile(score("valid"), 0.99)
    shares = [np.mean(score(kind) > limit) for kind in kinds]
    print(f"{name:32}" + "".join(f"{100 * share:11.1f} %" for share in shares))
