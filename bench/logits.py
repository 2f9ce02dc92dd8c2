"""Compares the logits of the programs with PyTorch's."""
import dataclasses
import json

from programs import cached, cnncalc, onnxruntime

VARIANTS = ["initialised", "calibrated"]  # of the weights: see networks.py

# Largest difference of a logit from PyTorch's, as a part of the largest logit.
TOLERANCES = {"im2col": 1e-4, "direct": 1e-4, "ONNX Runtime": 1e-4}
TOLERANCE_OF_WINOGRAD = 1e-3  # which auto may choose


@dataclasses.dataclass
class Agreement:
    """How the logits of a program compare with PyTorch's."""
    program: str
    variant: str
    difference: float  # the largest, as a part of the largest logit
    top5: bool         # the same five, in the same order
    tolerance: float

    @property
    def sound(self):
        return self.difference <= self.tolerance and self.top5


def compare_logits(name, algos):
    """An Agreement for each of cnncalc's algorithms and variants of the weights, and for ONNX Runtime as a yardstick."""
    found = []
    for variant in VARIANTS:
        with open(cached(f"{name}-{variant}.json")) as f:
            want = json.load(f)
        for algo in algos:
            found.append(agreement(cnncalc(name, 2, algo, variant), variant, want, TOLERANCES.get(algo, TOLERANCE_OF_WINOGRAD)))
    with open(cached(f"{name}-initialised.json")) as f:
        found.append(agreement(onnxruntime(name, 2), "initialised", json.load(f), TOLERANCES["ONNX Runtime"]))
    return found


def agreement(program, variant, want, tolerance):
    program.turn(1)
    got = program.ask("logits")
    program.close()
    if len(got) != len(want):
        raise SystemExit(f"{program.label} has {len(got)} logits, PyTorch {len(want)}")
    # A NaN is as far off as can be: max would pass over it.
    differences = [abs(g - w) if g == g else float("inf") for g, w in zip(got, want)]
    return Agreement(program.label, variant, max(differences) / max(map(abs, want)), top(got) == top(want), tolerance)


def top(logits):
    return sorted(range(len(logits)), key=lambda i: -logits[i])[:5]
