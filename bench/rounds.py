"""Lets the programs take turns, and keeps the times."""
import dataclasses
import os
import random
import statistics
import subprocess
import time

import darknet
from programs import Darknet, cnncalc, onnxruntime, pytorch, whole_commands

TURN_MS = 80        # a turn has so many passes that they take about this long together
MAX_PASSES = 20     # but no more than these
DARKNET_ROUNDS = 3  # before the others: its turns take too long for more

QUIET = 0.05   # a round is quiet if other processes took less than this part of one processor
MAX_TRIES = 3  # rounds that are played for each that is wanted, until enough were quiet
SEED = 1       # of the order of turns


@dataclasses.dataclass
class Round:
    """One turn of every program, by its label."""
    times: dict         # milliseconds of a pass
    cpu: dict           # the same of the processor
    disturbance: float  # the part of a processor that other processes took meanwhile


@dataclasses.dataclass
class Measured:
    """What one network and number of threads gave. The dictionaries are by the program's label."""
    network: str
    threads: int
    rounds: list       # Round
    slow_rounds: list  # those with darknet
    peaks: dict        # bytes
    versions: dict
    planned: dict      # of cnncalc: bytes

    @property
    def quiet(self):
        return sum(r.disturbance <= QUIET for r in self.rounds)

    def time(self, label):
        return statistics.median(r.times[label] for r in self.rounds)

    def __str__(self):
        times = ", ".join(f"{label} {self.time(label):.1f} ms" for label in self.peaks if label != "darknet")
        return f"{self.network}, threads {self.threads}: {times}; {self.quiet} of {len(self.rounds)} rounds quiet"

    def ratio(self, a, b, clock="times"):
        """The quartiles of a's time over b's in the same round."""
        return quartiles([getattr(r, clock)[a] / getattr(r, clock)[b] for r in self.rounds])


def quartiles(values):
    return statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3


def measure(name, threads, o):
    programs = [cnncalc(name, threads, algo, batch=o.batch) for algo in o.algos]
    programs += [onnxruntime(name, threads, o.batch), pytorch(name, threads, o.batch)]
    passes = {}
    for p in programs:
        p.settle()  # after getting ready
        passes[p.label] = passes_in_a_turn(p)
        p.settle()
    slow = []
    if o.darknet and threads == 1 and o.batch == 1 and name in darknet.NETWORKS:
        slow = [Darknet(name)]
        passes["darknet"] = 1
    order = random.Random(SEED)
    slow_rounds = [play(programs + slow, passes, order) for _ in range(DARKNET_ROUNDS if slow else 0)]
    rounds = quiet_rounds(lambda: play(programs, passes, order), o.rounds)
    m = Measured(name, threads, rounds, slow_rounds, {p.label: p.peak_bytes() for p in programs + slow},
                 {p.label: p.ready["version"] for p in programs + slow},
                 {p.label: p.ready["planned"]["total"] for p in programs if "planned" in p.ready})
    for p in programs + slow:
        p.close()
    return m


def measure_whole(name, threads, o):
    """Milliseconds from command to result, by label, one of each round, after a round that is not counted."""
    commands, order = whole_commands(name, threads), random.Random(SEED)
    times = {label: [] for label in commands}
    for counts in [False] + [True] * o.rounds:
        for label in order.sample(list(commands), len(commands)):
            start = time.perf_counter()
            subprocess.run(commands[label], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            if counts:
                times[label].append((time.perf_counter() - start) * 1000)
    return times


def play(programs, passes, order):
    """A round, in another order each time, so that no program always follows the same one."""
    r = Round({}, {}, 0)
    busy, own, start = machine_busy_ms(), ours_ms(programs), time.perf_counter()
    for p in order.sample(programs, len(programs)):
        milliseconds, r.cpu[p.label] = p.turn(passes[p.label])
        r.times[p.label] = statistics.median(milliseconds)
        p.settle()
    wall = (time.perf_counter() - start) * 1000
    r.disturbance = max(0, (machine_busy_ms() - busy) - (ours_ms(programs) - own)) / wall
    return r


def quiet_rounds(play_one, n):
    """n rounds without other work on the machine. Where that takes too many tries, the least disturbed of them."""
    rounds = []
    while len(rounds) < MAX_TRIES * n and sum(r.disturbance <= QUIET for r in rounds) < n:
        rounds.append(play_one())
    return sorted(rounds, key=lambda r: r.disturbance)[:n]


def machine_busy_ms():
    """What all processors have worked: user, nice, system, irq, softirq, steal."""
    with open("/proc/stat") as f:
        fields = [int(word) for word in f.readline().split()[1:]]
    return 1000 / os.sysconf("SC_CLK_TCK") * (sum(fields[0:3]) + sum(fields[5:8]))


def ours_ms(programs):
    return sum(p.cpu_ms() for p in programs) + time.process_time() * 1000


def passes_in_a_turn(program):
    program.turn(1)
    times, _ = program.turn(2)
    return max(1, min(MAX_PASSES, round(TURN_MS / max(min(times), 0.01))))
