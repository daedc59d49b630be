"""Keras's side of bench/compare: the chapter's networks, measured the way a Keras user runs them.

bench/compare starts this file with the Python of its environment. Where the two sides take turns, one
line on standard input starts a turn and one line of JSON answers it.

- steps: a compiled graph function (tf.function: forward, loss, gradients, Adam) on tensors that are
  already there; the leanest training step Keras has, about a third faster than `train_on_batch`. The
  recurrent networks clip the norm of all gradients together to 1, as ours do, and are unrolled where
  that is faster.
- epochs: `model.fit` over arrays in memory, with validation after each epoch; the pixels stay bytes and
  are scaled inside the graph, which takes a quarter of the memory of arrays of floats and is as fast.
- read: from files to arrays, `tf.data` on all threads for pictures.
- answer: a process that loads a saved model, reads one picture and prints the classes.
"""

import argparse
import csv
import gzip
import json
import os
import statistics
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

LEARNING_RATE = 1e-3
# Random batches that the steps take in turn, as in src/training.rs.
BATCHES = 4
# Steps that are joined into one call of the graph by the tuned `fit`.
STEPS_PER_EXECUTION = 32
# Keras's LSTM has one bias for each gate where ours, as PyTorch's, has two: 512 parameters fewer.
PARAMETERS = {
    "mnist-mlp": 101_770, "mnist-cnn": 2_770_634, "brain-tumor-cnn": 4_447_044,
    "mnist-lstm": 81_674, "eeg-gru": 13_186,
}  # fmt: skip
CLASSES = {"mnist-mlp": 10, "mnist-cnn": 10, "brain-tumor-cnn": 4, "mnist-lstm": 10, "eeg-gru": 2}
# What goes in, one recording of EEG as a picture one value wide.
PICTURES = {
    "mnist-mlp": (28, 28, 1), "mnist-cnn": (28, 28, 1), "brain-tumor-cnn": (150, 150, 3),
    "mnist-lstm": (28, 28, 1), "eeg-gru": (178, 1, 1),
}  # fmt: skip
# The networks whose gradients are clipped, and to which norm of them all.
CLIPPING = {"mnist-lstm": 1.0, "eeg-gru": 1.0}
# The ways to run a step that are tried, as options of `steps`. Not XLA for the nine convolutions: there it
# takes ten times as long, and a minute to compile; nor for unrolled networks, which compile longer still.
WAYS = {"brain-tumor-cnn": ([],)}
WAYS |= dict.fromkeys(CLIPPING, ([], ["--xla"], ["--unroll"]))


def hidden_layers(network, unroll):
    """The layers between the input and the logits."""
    if network == "mnist-mlp":
        return [layers.Flatten(), layers.Dense(128, activation="relu")]
    if network == "mnist-cnn":
        return [
            layers.Conv2D(32, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
        ]
    if network == "mnist-lstm":
        return [layers.Reshape((28, 28)), layers.LSTM(128, unroll=unroll)]
    if network == "eeg-gru":
        return [
            layers.Reshape((89, 2)),
            layers.GRU(64, reset_after=True, return_sequences=True, unroll=unroll),
            layers.GlobalAveragePooling1D(),
            layers.Dropout(0.2),
        ]

    def conv(filters, activation):
        return layers.Conv2D(filters, 3, activation=activation, kernel_initializer="he_uniform")

    def dense(units):
        return layers.Dense(units, activation="relu", kernel_initializer="he_uniform")

    def pool():
        return layers.MaxPooling2D(2)

    def drop():
        return layers.Dropout(0.3)

    return [
        conv(32, "relu6"), conv(64, "relu6"), pool(), drop(),
        conv(64, "relu6"), conv(64, "relu6"), drop(), pool(), drop(),
        conv(128, "relu6"), conv(128, "relu6"), conv(128, "relu6"), pool(), drop(),
        conv(128, "relu"), conv(256, "relu"), pool(), drop(),
        layers.Flatten(), dense(512), dense(512), drop(),
    ]  # fmt: skip


def build(network, scaling=None, unroll=False):
    """The network; with `scaling`, a layer in front, it takes pixels as bytes."""
    start = keras.Input(PICTURES[network], dtype="uint8" if scaling else "float32")
    spread = {}
    if network == "brain-tumor-cnn":
        spread["kernel_initializer"] = keras.initializers.RandomNormal(stddev=0.01)
    logits = layers.Dense(CLASSES[network], **spread)
    model = keras.Sequential([start, *([scaling] if scaling else []), *hidden_layers(network, unroll), logits])
    # Keras counts the mean and the variance of a normalisation as parameters that do not learn.
    found = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    if found != PARAMETERS[network]:
        sys.exit(f"{network}: Keras has {found} parameters, not {PARAMETERS[network]}")
    return model


def cross_entropy():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def training_step(network, batch, xla, unroll=False):
    """A function that takes one training step and returns its loss."""
    model, loss = build(network, unroll=unroll), cross_entropy()
    adam = keras.optimizers.Adam(LEARNING_RATE, global_clipnorm=CLIPPING.get(network))
    adam.build(model.trainable_variables)

    @tf.function(jit_compile=xla)
    def graph(pictures, labels):
        with tf.GradientTape() as tape:
            value = loss(labels, model(pictures, training=True))
        gradients = tape.gradient(value, model.trainable_variables)
        adam.apply_gradients(zip(gradients, model.trainable_variables))
        return value

    labels = tf.constant(np.arange(batch) % CLASSES[network])
    batches = [tf.random.uniform((batch, *PICTURES[network])) for _ in range(BATCHES)]
    taken = 0

    def step():
        nonlocal taken
        taken += 1
        return float(graph(batches[taken % BATCHES], labels))

    return step


def seconds_of(step, count):
    times = []
    for _ in range(count):
        started = time.perf_counter()
        step()
        times.append(time.perf_counter() - started)
    return times


def choose(arguments):
    """The options with which the step is fastest."""
    ways = WAYS.get(arguments.network, ([], ["--xla"]))
    if len(ways) == 1:
        return say(options=ways[0])
    steps = [training_step(arguments.network, arguments.batch, "--xla" in way, "--unroll" in way) for way in ways]
    for step in steps:
        seconds_of(step, 20)
    turns = [[] for _ in ways]
    for _ in range(5):
        for step, times in zip(steps, turns):
            times += seconds_of(step, 30)
    medians = [statistics.median(times) for times in turns]
    say(options=ways[medians.index(min(medians))], tried=ways, seconds=medians)


def steps(arguments):
    step = training_step(arguments.network, arguments.batch, arguments.xla, arguments.unroll)
    seconds_of(step, arguments.warm_up)
    for line in sys.stdin:
        say(seconds=seconds_of(step, int(line)))


class Split:
    """Pixels and labels of the examples that Hebb's split.csv puts into training and validation."""

    def __init__(self, network, data, table):
        with open(table, newline="") as file:
            rows = list(csv.DictReader(file))
        started = time.perf_counter()
        if network == "brain-tumor-cnn":
            self.train, self.valid = (
                read_scans(data, rows, part, PICTURES[network]) for part in ("train", "valid")
            )
        else:
            self.train, self.valid = (read_digits(data, rows, part) for part in ("train", "valid"))
        self.read_seconds = time.perf_counter() - started


def read_digits(data, rows, split):
    """MNIST's IDX files; the rows are named `train/17` and `test/17`."""
    pixels, labels = [], []
    chosen = [row["path"].rsplit("/", 1) for row in rows if row["split"] == split]
    for part, prefix in (("train", "train"), ("test", "t10k")):
        numbers = [int(number) for folder, number in chosen if folder == part]
        if numbers:
            images = idx(data, f"{prefix}-images-idx3-ubyte", 16).reshape(-1, 28, 28, 1)
            pixels.append(images[numbers])
            labels.append(idx(data, f"{prefix}-labels-idx1-ubyte", 8)[numbers])
    return np.concatenate(pixels), np.concatenate(labels).astype("int64")


def idx(data, name, header):
    path = os.path.join(data, name)
    if os.path.exists(path):
        with open(path, "rb") as file:
            return np.frombuffer(file.read(), np.uint8, offset=header)
    with gzip.open(path + ".gz") as file:
        return np.frombuffer(file.read(), np.uint8, offset=header)


def read_scans(data, rows, split, shape):
    names = sorted({row["class"] for row in rows})
    chosen = [row for row in rows if row["split"] == split]
    labels = np.array([names.index(row["class"]) for row in chosen])
    files = tf.data.Dataset.from_tensor_slices([os.path.join(data, row["path"]) for row in chosen])
    # As many pictures at once as pays, in the order of the rows.
    pictures = files.map(lambda path: picture(path, shape[:2]), num_parallel_calls=tf.data.AUTOTUNE)
    pixels = np.empty((len(chosen), *shape), np.uint8)
    for index, decoded in enumerate(pictures.prefetch(16).as_numpy_iterator()):
        pixels[index] = decoded
    return pixels, labels


def picture(path, size, channels=3):
    decoded = tf.io.decode_image(tf.io.read_file(path), channels=channels, expand_animations=False)
    return tf.cast(tf.round(tf.image.resize(decoded, size)), tf.uint8)


def scaling(network, pixels):
    """As Hebb prepares pictures: MNIST divided by 255, scans standardised."""
    if network != "brain-tumor-cnn":
        return layers.Rescaling(1 / 255)
    sample = pixels[:: max(1, len(pixels) // 256)].astype("float32")
    return layers.Normalization(mean=sample.mean((0, 1, 2)), variance=sample.var((0, 1, 2)))


def read(arguments):
    say(seconds=Split(arguments.network, arguments.data, arguments.split).read_seconds)


class Clock(keras.callbacks.Callback):
    """The seconds of each epoch, validation included."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.started)


def epochs(arguments):
    data = Split(arguments.network, arguments.data, arguments.split)
    model = build(arguments.network, scaling(arguments.network, data.train[0]))
    tuned = {"jit_compile": arguments.xla, "steps_per_execution": STEPS_PER_EXECUTION} if arguments.tuned else {}
    model.compile(keras.optimizers.Adam(LEARNING_RATE), cross_entropy(), metrics=["accuracy"], **tuned)

    def fit(count, train, valid):
        clock = Clock()
        options = {"batch_size": arguments.batch, "validation_data": valid, "verbose": 0}
        history = model.fit(*train, epochs=count, callbacks=[clock], **options).history
        return clock.seconds, history

    # The graphs are made here: of whole batches and of short ones.
    few = 2 * arguments.batch * (STEPS_PER_EXECUTION if arguments.tuned else 1) + 1
    fit(1, [part[:few] for part in data.train], tuple(part[:few] for part in data.valid))
    for line in sys.stdin:
        seconds, history = fit(int(line), data.train, data.valid)
        figures = {name: values[-1] for name, values in history.items()}
        say(seconds=seconds, train=len(data.train[1]), valid=len(data.valid[1]), figures=figures)


def save(arguments):
    """An untrained network as its user would save a trained one. What it answers does not matter here."""
    pixels = np.random.default_rng(1).integers(0, 256, (16, *PICTURES[arguments.network]), dtype=np.uint8)
    build(arguments.network, scaling(arguments.network, pixels)).save(arguments.model)
    say(saved=arguments.model)


def answer(arguments):
    model = keras.models.load_model(arguments.model, compile=False)
    height, width, channels = model.input_shape[1:]
    pixels = picture(arguments.picture, (height, width), channels)[None]
    probabilities = tf.nn.softmax(model(pixels, training=False))[0].numpy()
    for index in np.argsort(-probabilities)[:5]:
        print(f"{index}  {100 * probabilities[index]:5.1f} %")


def versions(_):
    say(
        python=sys.version.split()[0],
        keras=keras.__version__,
        tensorflow=tf.__version__,
        numpy=np.__version__,
    )


def say(**values):
    print(json.dumps(values), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = {"versions": versions, "choose": choose, "steps": steps, "epochs": epochs}
    commands |= {"read": read, "save": save, "answer": answer}
    parser.add_argument("command", choices=commands)
    parser.add_argument("--network", choices=PARAMETERS)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--warm-up", type=int, default=3)
    parser.add_argument("--xla", action="store_true")
    parser.add_argument("--unroll", action="store_true")
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--data")
    parser.add_argument("--split")
    parser.add_argument("--model")
    parser.add_argument("--picture")
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    keras.utils.set_random_seed(42)
    commands[arguments.command](arguments)


if __name__ == "__main__":
    main()
