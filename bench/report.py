"""The tables of the benchmark, in Markdown."""
import os
import platform
import statistics
import subprocess

from programs import HERE
from rounds import DARKNET_ROUNDS, quartiles


class Report:
    """All that was found, as it comes in."""

    def __init__(self, o):
        self.options = o
        self.agreements = []  # (network, Agreement)
        self.all = []  # Measured
        self.wholes = []  # (network, milliseconds by label)

    @property
    def sound(self):
        """Whether all logits are within their tolerances."""
        return all(a.sound for _, a in self.agreements)

    def logits(self, name, agreements):
        self.agreements += [(name, a) for a in agreements]

    def measured(self, m):
        self.all.append(m)

    def whole(self, name, times):
        self.wholes.append((name, times))

    def whole_text(self):
        """The times from command to result."""
        rows = []
        for name, times in self.wholes:
            low, ratio, high = quartiles([a / b for a, b in zip(times["cnncalc"], times["ONNX Runtime"])])
            rows.append([name, *(f"{statistics.median(times[label]):.0f}" for label in times), f"{ratio:.2f}", f"{low:.2f} to {high:.2f}"])
        head = ["network", *(self.wholes[0][1]), "cnncalc / ONNX Runtime", "quartiles"]
        return ("Milliseconds from command to result, with reading the network, the weights and the picture; "
                f"{max(self.options.threads)} threads, the median of {self.options.rounds} rounds:\n\n" + table(head, rows))

    def text(self):
        return "\n\n".join(["# Measured by bench/run", self.machine(), self.ratio_table(), self.time_table(), *self.darknet_table(),
                            self.memory_table(), self.logits_table()]) + "\n"

    def machine(self):
        versions = {}
        for m in self.all:
            for label, version in m.versions.items():
                # cnncalc's label ends with the algorithm.
                versions["cnncalc " + commit() if label.startswith("cnncalc") else label] = version
        lines = [f"- {processor()}, {os.cpu_count()} processors, {memory_gib():.0f} GiB; Linux {platform.release()}"]
        lines += [f"- {program}: {version}" for program, version in versions.items()]
        pictures = "one picture" if self.options.batch == 1 else f"{self.options.batch} pictures at a time"
        lines.append(f"- {pictures}, float32, {self.options.rounds} rounds")
        return "\n".join(lines)

    def labels(self):
        """The programs that run every network."""
        return [label for label in self.all[0].peaks if label != "darknet"]

    def ratio_table(self):
        main = "cnncalc " + self.options.algos[0]
        head = ["network", "threads"] + [f"{algo} / ONNX Runtime" for algo in self.options.algos] + [
            "quartiles", "by processor time", f"{self.options.algos[0]} / PyTorch", "quiet rounds"]
        rows = []
        for m in self.all:
            low, _, high = m.ratio(main, "ONNX Runtime")
            rows.append([m.network, m.threads] + [f"{m.ratio('cnncalc ' + algo, 'ONNX Runtime')[1]:.2f}" for algo in self.options.algos] + [
                f"{low:.2f} to {high:.2f}", f"{m.ratio(main, 'ONNX Runtime', 'cpu')[1]:.2f}", f"{m.ratio(main, 'PyTorch')[1]:.2f}",
                f"{m.quiet}/{len(m.rounds)}"])
        return ("Ratios of times, the median over the rounds (below 1: cnncalc is faster). The quartiles and the processor time, "
                f"with what spins, are those of {self.options.algos[0]} / ONNX Runtime:\n\n" + table(head, rows))

    def time_table(self):
        labels = self.labels()
        rows = [[m.network, m.threads] + [f"{m.time(label):.1f}" for label in labels] for m in self.all]
        return "Milliseconds, the median over the rounds:\n\n" + table(["network", "threads", *labels], rows)

    def darknet_table(self):
        main = "cnncalc " + self.options.algos[0]
        rows = []
        for m in self.all:
            if m.slow_rounds:
                took = statistics.median(r.times["darknet"] for r in m.slow_rounds)
                _, ratio, _ = quartiles([r.times["darknet"] / r.times[main] for r in m.slow_rounds])
                rows.append([m.network, f"{took:.0f}", f"{ratio:.1f}"])
        if not rows:
            return []
        return [f"darknet, which has one thread, over {DARKNET_ROUNDS} rounds:\n\n"
                + table(["network", "milliseconds", f"/ {main}"], rows)]

    def memory_table(self):
        threads = max(self.options.threads)
        labels = self.labels()
        main = "cnncalc " + self.options.algos[0]
        mib = lambda n: f"{n / 2**20:.0f}"
        rows = [[m.network, mib(m.planned[main])] + [mib(m.peaks[label]) for label in labels] for m in self.all if m.threads == threads]
        return (f"Peak memory of the process (VmHWM) in MiB, {threads} threads; planned are weights, packed copies, arena and picture:\n\n"
                + table(["network", f"planned {self.options.algos[0]}", *labels], rows))

    def logits_table(self):
        columns = list(dict.fromkeys((a.program, a.variant) for _, a in self.agreements))
        rows = []
        for name in self.options.networks:
            own = {(a.program, a.variant): a for network, a in self.agreements if network == name}
            rows.append([name] + [verdict(own[c]) for c in columns])
        head = ["network"] + [f"{program}, {variant}" for program, variant in columns]
        return ("Logits, the largest difference from PyTorch's over the largest logit; the top 5 agree unless said:\n\n" + table(head, rows))


def verdict(a):
    text = f"{a.difference:.1e}"
    if not a.top5:
        text += " (top 5 differ)"
    return text if a.sound else f"**{text}**"


def table(head, rows):
    """A Markdown table, numbers to the right."""
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))) + " |"
             for row in [head, *rows]]
    lines.insert(1, "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|")
    return "\n".join(lines)


def processor():
    """The model, and the widest vectors."""
    model, flags = platform.machine(), []
    with open("/proc/cpuinfo") as f:
        for line in f:
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                model = value.strip()
            if key.strip() in ("flags", "Features"):
                flags = value.split()
    vectors = next((label for flag, label in (("avx512f", "AVX-512"), ("avx2", "AVX2"), ("asimd", "NEON")) if flag in flags), "")
    return f"{model} with {vectors}" if vectors else model


def memory_gib():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def commit():
    """The commit that is measured, and whether files were changed since."""
    git = lambda *words: subprocess.run(["git", *words], cwd=HERE, capture_output=True, text=True).stdout.strip()
    changed = git("status", "--porcelain", "--untracked-files=no", "--", "..", ":(exclude).")
    return (git("rev-parse", "--short", "HEAD") or "without git") + (" with changes" if changed else "")
