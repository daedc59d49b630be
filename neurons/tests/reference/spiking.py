"""Reference spikes of AdEx and Izhikevich neurons, by SciPy's adaptive Runge-Kutta method of order 8 with the
spike as a terminal event: nothing is shared with the Rust program but the equations. Prints the constants of
neurons/tests/integration/spiking.rs.

    python neurons/tests/reference/spiking.py      # NumPy, SciPy
"""

import numpy as np
from scipy.integrate import solve_ivp


def simulate(derivative, reset, peak, state, current, duration, edges):
    """The spike times; the integration is restarted at every jump of the current and after every spike."""
    spikes, time = [], 0.0
    def crossing(t, y, i):
        return y[0] - peak
    crossing.terminal, crossing.direction = True, 1.0
    for end in [*edges, duration]:
        while time < end:
            found = solve_ivp(
                derivative, (time, end), state, method="DOP853", rtol=1e-11, atol=1e-11,
                events=crossing, args=(current((time + end) / 2),), max_step=1.0,
            )
            time, state = found.t[-1], found.y[:, -1]
            if found.status == 1:
                spikes.append(time)
                state = reset(state)
    return spikes, state


def adex(c, g, e, vt, delta, a, tau, b, vr):
    # From 15 delta above the threshold on the rest of the upstroke takes tau e^-15, a few nanoseconds: cutting it there
    # spares the method a stretch where it would need steps below the resolution of the time.
    peak = vt + 15 * delta
    def derivative(t, y, i):
        v, w = y
        return [(g * (e - v) + g * delta * np.exp((v - vt) / delta) - w + i) / c, (a * (v - e) - w) / tau]
    return derivative, lambda y: np.array([vr, y[1] + b]), peak, np.array([e, 0.0])


def izhikevich(a, b, c, d):
    def derivative(t, y, i):
        v, u = y
        return [0.04 * v * v + 5 * v + 140 - u + i, a * (b * v - u)]
    root = (-(5 - b) - np.sqrt((5 - b) ** 2 - 0.16 * 140)) / 0.08
    return derivative, lambda y: np.array([c, y[1] + d]), 30.0, np.array([root, b * root])


def show(name, neuron, amplitude, start, until, duration):
    current = lambda t: amplitude if start <= t < until else 0.0
    edges = [edge for edge in (start, until) if 0 < edge < duration]
    spikes, state = simulate(*neuron, current, duration, edges)
    print(name, len(spikes))
    print("   ", ", ".join(f"{spike:.6f}" for spike in spikes))
    print("    ends at", ", ".join(f"{value:.6f}" for value in state))


if __name__ == "__main__":
    # Brette and Gerstner 2005, table 1.
    show("adex default, 800 pA from 20 to 400 ms", adex(281, 30, -70.6, -50.4, 2, 4, 144, 80.5, -70.6), 800, 20, 400, 500)
    # A bursting neuron in the manner of Naud et al. 2008.
    show("adex bursting, 210 pA", adex(200, 10, -58, -50, 2, 2, 120, 100, -46), 210, 0, 400, 400)
    for name, parameters, amplitude in [
        ("regular-spiking", (0.02, 0.2, -65, 8), 10),
        ("intrinsically-bursting", (0.02, 0.2, -55, 4), 10),
        ("chattering", (0.02, 0.2, -50, 2), 10),
        ("fast-spiking", (0.1, 0.2, -65, 2), 10),
        ("low-threshold-spiking", (0.02, 0.25, -65, 2), 10),
        ("thalamo-cortical", (0.02, 0.25, -65, 0.05), 5),
    ]:
        show(name, izhikevich(*parameters), amplitude, 20, 300, 300)
    # A burst after inhibition ends.
    show("thalamo-cortical rebound", izhikevich(0.02, 0.25, -65, 0.05), -10, 20, 120, 250)
    # Below its threshold, it answers with damped oscillations: no spike, but this state.
    show("resonator", izhikevich(0.1, 0.26, -65, 2), 0.2, 20, 60, 60)
