"""Runs the node cases of the onnx package (onnx.backend.test.case) through cnncalc.

Needs python3-onnx (recorded with onnx 1.12). Run it in this folder: python3 node_cases.py CNNCALC > node_cases.md. A case
is one operator with inputs and outputs. All inputs but the first become initializers, as exporters write weights and
sizes; operators that join volumes are tried with inputs only, too. Each case is either computed within its tolerance or
refused with a message. The exit status is 1 if one is computed wrongly, or ends otherwise.
"""

import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np

warnings.filterwarnings("ignore")
for old in ("float", "bool", "int", "object"):  # names that numpy has dropped and the cases use
    setattr(np, old, getattr(__builtins__, old))

import onnx  # noqa: E402
from onnx import numpy_helper  # noqa: E402
from onnx.backend.test.case import node as node_cases  # noqa: E402

OPERATORS = """Abs Add AveragePool BatchNormalization Celu Clip Concat Conv ConvInteger ConvTranspose DepthToSpace
    DequantizeLinear Div Dropout Elu Erf Exp Expand Flatten Gemm GlobalAveragePool GlobalMaxPool HardSigmoid HardSwish Identity
    InstanceNormalization LRN LayerNormalization LeakyRelu Log LogSoftmax MatMul Max MaxPool MaxUnpool Mean
    MeanVarianceNormalization Min Mul Neg PRelu Pad Pow QLinearConv QuantizeLinear ReduceL2 ReduceMax ReduceMean ReduceSum Relu
    Reshape Resize Selu Shrink Sigmoid Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tanh
    ThresholdedRelu Tile Transpose Unsqueeze Upsample""".split()
JOINS = ("Add", "Sub", "Mul", "Div", "Max", "Min", "Mean", "Sum", "Concat", "MatMul", "Pow")


def as_volume(array):
    """The array as cnncalc's --input takes it: [N, C, H, W]."""
    shape = {2: (*array.shape, 1, 1), 3: (*array.shape[:2], 1, *array.shape[2:])}.get(array.ndim, array.shape)
    return array.reshape(shape).astype(np.float32)


def run(program, model, inputs, outputs):
    """What became of a model: "computed", "refused: ...", or "WRONG: ..."."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.onnx")
        onnx.save(model, path)
        # One output at a time, so that the last layer is the one to compare.
        command = [program, "run", path, "--dump", os.path.join(folder, "d"), "--format", "json"]
        for name, array in inputs:
            file = os.path.join(folder, f"{len(command)}.npy")
            np.save(file, as_volume(array))
            command += ["--input", f"{name}={file}" if len(inputs) > 1 else file]
        checked = subprocess.run([program, "check", path], capture_output=True, text=True, timeout=60)
        if checked.returncode == 1:
            return "refused: " + checked.stdout.splitlines()[0].removeprefix(path + ": ").removeprefix("m.onnx: ")
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if "is quantised, which run and convert do not compute with" in done.stderr:
            return "refused by run: it is quantised"
        if done.returncode != 0:
            return f"WRONG: exit status {done.returncode}: " + done.stderr.strip().splitlines()[-1]
        made = [np.load(os.path.join(folder, "d", f)) for f in os.listdir(os.path.join(folder, "d"))]
        return compare(made, outputs)


def compare(made, outputs):
    worst = "computed"
    for want, rtol, atol in outputs:
        fits = [m for m in made if m.size == want.size]
        if any(np.allclose(m.reshape(-1), want.reshape(-1), rtol=rtol, atol=atol) for m in fits):
            continue
        orders = [m for m in fits if np.allclose(np.sort(m.reshape(-1)), np.sort(want.reshape(-1)), rtol=rtol, atol=atol)]
        if not orders:
            return "WRONG: no layer has these values"
        worst = "computed, dimensions in another order"
    return worst


def variants(case):
    """The model with all inputs but the first as initializers, and for joins the model as it is."""
    names = [i.name for i in case.model.graph.input]
    arrays = [np.asarray(a) for a in case.data_sets[0][0]]
    stored = onnx.ModelProto.FromString(case.model.SerializeToString())
    del stored.graph.input[1:]
    stored.graph.initializer.extend(numpy_helper.from_array(a, n) for n, a in zip(names[1:], arrays[1:]))
    yield "weights", stored, list(zip(names, arrays))[:1]
    if len(stored.graph.output) > 1 and case.model.graph.node[0].op_type != "Split":
        first = onnx.ModelProto.FromString(stored.SerializeToString())
        del first.graph.output[1:]
        yield "weights, one output", first, list(zip(names, arrays))[:1]
    if case.model.graph.node[0].op_type in JOINS and len(names) > 1:
        yield "inputs", case.model, list(zip(names, arrays))


def main(program):
    rows, wrong = [], 0
    for case in node_cases.collect_testcases(None):
        operators = {n.op_type for n in case.model.graph.node}
        if len(operators) != 1 or not operators <= set(OPERATORS) or len(case.model.graph.node) != 1:
            continue
        if case.model.graph.node[0].domain not in ("", "ai.onnx"):
            continue
        for variant, model, inputs in variants(case):
            outputs = [(np.asarray(o), case.rtol, max(case.atol, 1e-6)) for o in case.data_sets[0][1][:len(model.graph.output)]]
            result = run(program, model, inputs, outputs)
            wrong += result.startswith("WRONG")
            rows.append((case.name.removeprefix("test_"), variant, result))
    counts = {k: sum(r[2].startswith(k) for r in rows) for k in ("computed", "refused", "WRONG")}
    print(f"# Node cases of onnx {onnx.__version__}\n")
    print(f"{len(rows)} cases: {counts['computed']} computed, {counts['refused']} refused, {counts['WRONG']} wrong. "
          "Written by node_cases.py.\n\n| case | all but the first are | result |\n|:--|:--|:--|")
    for row in sorted(rows):
        print("| " + " | ".join(c.replace("|", "\\|") for c in row) + " |")
    sys.exit(wrong > 0)


main(os.path.abspath(sys.argv[1]))
