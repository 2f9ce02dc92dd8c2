"""The programs of the benchmark. Each is a process that keeps its network in memory and runs it when told to."""
import contextlib
import glob
import json
import os
import subprocess
import time

import darknet

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(HERE, "cache")
CNNCALC, BENCH = os.path.join(CACHE, "cnncalc"), os.path.join(CACHE, "cnncalc-bench")
PHOTO = os.path.join(HERE, "..", "testdata", "pictures", "photo.jpg")
PYTHON = "/usr/bin/python3"  # the one that Debian's packages are for

IDLE_S = 0.01   # a program that has used no processor for so long has ceased to spin
PATIENCE_S = 1  # how long to wait for that


def cached(name):
    return os.path.join(CACHE, name)


class Program:
    """A process that speaks the protocol of cnncalc-bench/main.go."""

    def __init__(self, label, command, **environment):
        self.label = label
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, **environment})
        self.ready = json.loads(self.line())

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.label} ended with status {self.process.wait()}")
        return line

    def ask(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return [float(word) for word in self.line().split()]

    def turn(self, passes):
        """Milliseconds of each pass, after one that is not timed, and the processor's for one."""
        before = self.cpu_ms()
        times = self.ask(f"run {passes}")
        return times, (self.cpu_ms() - before) / (passes + 1)

    def cpu_ms(self):
        """The time that the process's threads have been on a processor."""
        total = 0
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat"):
            with contextlib.suppress(OSError), open(path) as f:
                total += int(f.read().split()[0])
        return total / 1e6

    def settle(self):
        """Waits until the program's threads sleep: OpenBLAS, OpenMP and ONNX Runtime let them spin for a while after a pass,
        at the cost of whoever comes next."""
        end, before = time.monotonic() + PATIENCE_S, -1
        while before != self.cpu_ms() and time.monotonic() < end:
            before = self.cpu_ms()
            time.sleep(IDLE_S)

    def peak_bytes(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            for line in f:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) << 10
        raise SystemExit("the system does not say VmHWM")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Darknet(Program):
    """darknet's classifier, which asks for the path of a picture again and again. Its turn is the time from one question
    to the next, with reading a small picture: some milliseconds."""

    PROMPT = "Enter Image Path: "

    def __init__(self, name):
        config, labels, data = cached(f"darknet-{name}.cfg"), cached("darknet.names"), cached("darknet.data")
        for path, text in (config, darknet.config(name)), (labels, "class\n" * 1000), (data, f"classes=1000\ntop=1\nnames={labels}\n"):
            with open(path, "w") as f:
                f.write(text)
        self.label = "darknet"
        self.picture = cached("darknet.ppm")
        with open(self.picture, "wb") as f:
            f.write(b"P6 224 224 255\n" + bytes(range(256)) * (224 * 224 * 3 // 256))
        self.process = subprocess.Popen(["darknet", "classifier", "predict", data, config], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.until_prompt()
        self.ready = {"version": version_of("darknet")}

    def until_prompt(self):
        text = ""
        while not text.endswith(self.PROMPT):
            read = os.read(self.process.stdout.fileno(), 4096).decode()
            if not read:
                raise SystemExit(f"darknet ended with status {self.process.wait()}: {text}")
            text += read

    def turn(self, passes):
        before, start = self.cpu_ms(), time.perf_counter()
        self.process.stdin.write(self.picture + "\n")
        self.process.stdin.flush()
        self.until_prompt()
        return [(time.perf_counter() - start) * 1000], self.cpu_ms() - before

    def close(self):
        self.process.kill()
        self.process.wait()


def cnncalc(name, threads, algo, variant="initialised", batch=1):
    return Program("cnncalc " + algo, [BENCH, "-weights", cached(f"{name}-{variant}.safetensors"), "-input", cached(name + ".npy"),
                                       "-batch", str(batch), "-threads", str(threads), "-algo", algo, "torchvision/" + name])


def onnxruntime_command(name, threads, batch=1):
    return ["node", os.path.join(HERE, "onnxruntime.js"), cached(name + ".onnx"), cached(name + ".npy"), str(threads), str(batch)]


def onnxruntime(name, threads, batch=1):
    return Program("ONNX Runtime", onnxruntime_command(name, threads, batch))


def pytorch(name, threads, batch=1):
    return Program("PyTorch", [PYTHON, os.path.join(HERE, "pytorch.py"), name, cached(name + ".npy"), str(threads), str(batch)],
                   OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))


def whole_commands(name, threads):
    """From a command to its result: commands that load a network, run it once and end, by label."""
    return {
        "cnncalc": [CNNCALC, "run", "torchvision/" + name, "--weights", cached(name + "-initialised.safetensors"),
                    "--input", PHOTO, "--threads", str(threads)],
        "ONNX Runtime": onnxruntime_command(name, threads) + ["once"],
    }


def version_of(package):
    return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True).stdout
