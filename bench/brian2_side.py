#!/usr/bin/env python3
"""Brian2's side of bench/compare-neurons: Hodgkin and Huxley's neurons under 10 uA/cm2 in steps of 0.01 ms.

The equations as its user would write them to be fastest, with products for powers and no functions but exp, and its
fastest target: C++ standalone with its own flags (-O3 -march=native -ffast-math), with OpenMP where several threads
are asked for. A spike monitor notes the spikes, as Hebb does. For each line of standard input, a number of ms, the
neurons are simulated anew from rest and a line of JSON says how long the run of the network took by the clock on the
wall, without building, starting and writing results. (Brian2's own figure is the processor's time.)
"""

import argparse
import json
import pathlib
import sys
import tempfile

import brian2 as b2

STEP = 0.01  # ms
EQUATIONS = """
dV/dt = (10 - 120*m*m*m*h*(V - 50) - 36*n*n*n*n*(V + 77) - 0.3*(V + 54.387))/ms : 1
dm/dt = (0.1*(V + 40)/(1 - exp(-(V + 40)/10))*(1 - m) - 4*exp(-(V + 65)/18)*m)/ms : 1
dh/dt = (0.07*exp(-(V + 65)/20)*(1 - h) - h/(1 + exp(-(V + 35)/10)))/ms : 1
dn/dt = (0.01*(V + 55)/(1 - exp(-(V + 55)/10))*(1 - n) - 0.125*exp(-(V + 65)/80)*n)/ms : 1
"""
REST = {"V": -64.996379331, "m": 0.052955086813, "h": 0.59599412474, "n": 0.31773239976}
WRITE_SECONDS = """
const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
std::ofstream("FOLDER/seconds") << seconds.count() << std::endl;
"""


def build(neurons, threads, duration, folder):
    """Compiles a simulation of so many ms; gives the group and the monitor."""
    b2.device.reinit()
    b2.device.activate(build_on_run=False)
    b2.prefs.devices.cpp_standalone.openmp_threads = threads if threads > 1 else 0
    b2.defaultclock.dt = STEP * b2.ms
    group = b2.NeuronGroup(neurons, EQUATIONS, method="rk4", threshold="V >= 0", refractory="V >= 0")
    for name, value in REST.items():
        setattr(group, name, value)
    spikes = b2.SpikeMonitor(group)
    b2.device.insert_code("before_network_run", "const auto started = std::chrono::steady_clock::now();")
    b2.device.insert_code("after_network_run", WRITE_SECONDS.replace("FOLDER", folder))
    b2.Network(group, spikes).run(duration * b2.ms)
    b2.device.build(directory=folder, run=False, compile=True, with_output=False)
    return group, spikes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("neurons", type=int, nargs="?")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--versions", action="store_true")
    arguments = parser.parse_args()
    if arguments.versions:
        print(json.dumps({"brian2": b2.__version__, "numpy": b2.np.__version__}))
        return
    b2.set_device("cpp_standalone", build_on_run=False)
    b2.prefs.codegen.cpp.headers += ["<chrono>", "<fstream>"]
    built = None
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            duration = int(line)
            if built is None or built[0] != duration:
                built = (duration, *build(arguments.neurons, arguments.threads, duration, folder))
            b2.device.run(with_output=False)
            _, group, spikes = built
            found = {
                "neurons": arguments.neurons,
                "threads": arguments.threads,
                "duration_ms": duration,
                "neuron_steps": round(arguments.neurons * duration / STEP),
                "seconds": float((pathlib.Path(folder) / "seconds").read_text()),
                "spikes": int((b2.np.asarray(spikes.i) == 0).sum()),
                "voltage": float(group.V[:][0]),
            }
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
