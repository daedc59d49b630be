"""The squid axon of Hodgkin and Huxley (1952), integrated by SciPy: reference values of
neurons/tests/integration/hodgkin_huxley.rs.

    pip install numpy scipy && python neurons/tests/reference/hodgkin_huxley.py

It evaluates the textbook's six exponentials and integrates from rest by DOP853 with tolerances of 1e-11, restarting
at each jump of the current. Spikes are upward crossings of 0 mV, found by SciPy's events.
"""

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

C, G_NA, G_K, G_L = 1.0, 120.0, 36.0, 0.3
E_NA, E_K, E_L = 50.0, -77.0, -54.387


def ratio(x):
    """x / (1 - exp(-x)), 1 at 0."""
    return 1.0 if abs(x) < 1e-9 else x / -np.expm1(-x)


def rates(v):
    return {
        "m": (ratio((v + 40) / 10), 4 * np.exp(-(v + 65) / 18)),
        "h": (0.07 * np.exp(-(v + 65) / 20), 1 / (1 + np.exp(-(v + 35) / 10))),
        "n": (0.1 * ratio((v + 55) / 10), 0.125 * np.exp(-(v + 65) / 80)),
    }


def derivative(y, current):
    v, m, h, n = y
    gates = rates(v)
    ionic = G_NA * m**3 * h * (v - E_NA) + G_K * n**4 * (v - E_K) + G_L * (v - E_L)
    change = lambda gate, x: gates[gate][0] * (1 - x) - gates[gate][1] * x
    return np.array([(current - ionic) / C, change("m", m), change("h", h), change("n", n)])


def steady(v):
    return [a / (a + b) for a, b in rates(v).values()]


def rest():
    v = brentq(lambda v: derivative([v, *steady(v)], 0.0)[0], -75, -55, xtol=1e-14)
    return np.array([v, *steady(v)])


def simulate(pieces):
    """The spikes and the state at the end; a piece is its end in ms and its current over time."""
    y, start, spikes = rest(), 0.0, []
    crossing = lambda t, y: y[0]
    crossing.direction = 1
    for end, current in pieces:
        found = solve_ivp(
            lambda t, y: derivative(y, current(t)),
            (start, end),
            y,
            method="DOP853",
            rtol=1e-11,
            atol=1e-11,
            max_step=0.2,
            events=crossing,
        )
        spikes += list(found.t_events[0])
        y, start = found.y[:, -1], end
    return spikes, y


def pulses(amplitude, width, every, end):
    pieces, start = [], 0.0
    while start < end:
        pieces.append((min(start + width, end), lambda t: amplitude))
        pieces.append((min(start + every, end), lambda t: 0.0))
        start += every
    return pieces


def fastest(y):
    """The largest real part of -eigenvalues of the Jacobian at a state, by central differences."""
    columns = []
    for place, step in enumerate([1e-5, 1e-7, 1e-7, 1e-7]):
        up, down = np.array(y, float), np.array(y, float)
        up[place] += step
        down[place] -= step
        columns.append((derivative(up, 0.0) - derivative(down, 0.0)) / (2 * step))
    return -np.linalg.eigvals(np.array(columns).T).real.min()


def main():
    np.set_printoptions(precision=10)
    print("rest", rest())
    for v in (-90.0, -65.0, -55.0, -40.0, -54.9, 20.0):
        print("rates at", v, {gate: [f"{rate:.15g}" for rate in pair] for gate, pair in rates(v).items()})
    hold = lambda amplitude: lambda t: amplitude
    protocols = {
        "step:7": [(200.0, hold(7.0))],
        "step:10": [(200.0, hold(10.0))],
        "step:30,from=20,until=150": [(20.0, hold(0.0)), (150.0, hold(30.0)), (200.0, hold(0.0))],
        "ramp:0..20": [(200.0, lambda t: 20 * t / 200)],
        "sine:8,hz=30,mean=6": [(200.0, lambda t: 6 + 8 * np.sin(2 * np.pi * 30 * t / 1000))],
        "pulses:15,width=2,every=17": pulses(15.0, 2.0, 17.0, 200.0),
    }
    for name, pieces in protocols.items():
        spikes, last = simulate(pieces)
        print(f'("{name}", &[{", ".join(f"{time:.6f}" for time in spikes)}], {[round(x, 8) for x in last]}),')
    for y in ([-65.0, 0.05, 0.6, 0.32], [-20.0, 0.6, 0.4, 0.4], [35.0, 0.98, 0.25, 0.6], [-40.0, 0.9, 0.1, 0.75]):
        print("fastest", y, f"{fastest(y):.6f}")


if __name__ == "__main__":
    main()
