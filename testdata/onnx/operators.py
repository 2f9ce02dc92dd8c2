"""Writes which attributes ONNX's operators have, at every opset, for the operators that internal/onnxnet reads.

Needs python3-onnx, node, and onnxruntime-node (recorded with onnx 1.12.0 and onnxruntime-node 1.30.0: npm install
--ignore-scripts onnxruntime-node@1.30.0). Run it in this folder: python3 operators.py FOLDER > operators.txt, where
FOLDER has node_modules. A line holds an operator, the opset from which it has these attributes, and their names. Up to
the newest opset of the onnx package, they come from its schemas. For later opsets, ONNX Runtime is asked: it says of a
node with an attribute that the operator does not have that it is unrecognized. Only the attributes in NEWER are tried
there, and those of earlier opsets.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile

import onnx
from onnx import TensorProto, helper

OPERATORS = """Abs Add And AveragePool BatchNormalization Cast Ceil Celu Clip Concat Constant ConstantOfShape Conv
    ConvTranspose DepthToSpace DequantizeLinear Div Dropout Elu Equal Erf Exp Expand Flatten Floor
    Gather Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GroupNormalization HardSigmoid
    HardSwish Identity InstanceNormalization LRN LayerNormalization LeakyRelu Less Log LogSoftmax
    LpNormalization LpPool MatMul Max MaxPool Mean MeanVarianceNormalization Min Mish Mod Mul Neg Not Or
    PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear Range Reciprocal ReduceL2 ReduceMax
    ReduceMean ReduceSum Relu Reshape Resize Round ScatterND Selu Shape Sigmoid Size Slice Softmax
    Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tanh ThresholdedRelu Transpose
    Unsqueeze Upsample Where""".split()
NEWEST = 27
# Attributes that came after the newest opset of onnx 1.12, which is 17.
NEWER = """alpha antialias approximate axes axis block_size ceil_mode dilations epsilon
    keep_aspect_ratio_policy noop_with_empty_axes num_groups num_outputs output_dtype precision
    reduction round_mode saturate stash_type""".split()
# ONNX Runtime makes an initializer of a Constant before it looks at it, and has a LayerNormalization of its own.
NOT_ASKED = ("Constant", "LayerNormalization")
INPUTS = {"GroupNormalization": 3}  # of operators that onnx 1.12 does not know; 1 for others

ASK = """
const [root, path] = process.argv.slice(2);
const fs = require("fs"), ort = require(root + "/node_modules/onnxruntime-node");
ort.env.logLevel = "fatal";
(async () => {
  const answers = [];
  for (const model of JSON.parse(fs.readFileSync(path))) {
    let message = "";
    try {
      await ort.InferenceSession.create(Buffer.from(model, "base64"), {logSeverityLevel: 4});
    } catch (e) { message = e.message; }
    answers.push(message);
  }
  console.log(JSON.stringify(answers));
})();
"""


def from_schemas():
    """{operator: {since: attributes}} of the onnx package."""
    known = {name: {} for name in OPERATORS}
    for schema in onnx.defs.get_all_schemas_with_history():
        if schema.domain == "" and schema.name in known:
            known[schema.name][schema.since_version] = set() if schema.deprecated else set(schema.attributes)
    return known


def model(name, opset, attribute, inputs):
    """A model of one node with an attribute."""
    names = [f"x{i}" for i in range(inputs)]
    node = helper.make_node(name, names, ["y"])
    node.attribute.append(helper.make_attribute(attribute, 1))
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in names]
    graph = helper.make_graph([node], "g", values, [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8).SerializeToString()


def ask(root, models):
    """What ONNX Runtime says of each model."""
    with tempfile.TemporaryDirectory() as folder:
        script, questions = os.path.join(folder, "ask.js"), os.path.join(folder, "models.json")
        with open(script, "w") as f:
            f.write(ASK)
        with open(questions, "w") as f:
            json.dump([base64.b64encode(m).decode() for m in models], f)
        environment = dict(os.environ, ALLOW_RELEASED_ONNX_OPSET_ONLY="0")  # for the newest opset
        command = ["node", script, os.path.abspath(root), questions]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def main():
    known = from_schemas()
    first = onnx.defs.onnx_opset_version() + 1
    questions = []
    for name, versions in known.items():
        if name in NOT_ASKED:
            continue
        every = sorted(set(NEWER).union(*versions.values())) + ["made_up"]
        inputs = INPUTS.get(name, 1)
        if versions:
            inputs = onnx.defs.get_schema(name).min_input
        for opset in range(first, NEWEST + 1):
            questions += [(name, opset, a, model(name, opset, a, inputs)) for a in every]
    answers = ask(sys.argv[1], [q[3] for q in questions])
    has, missing = {}, set()
    for (name, opset, attribute, _), answer in zip(questions, answers):
        if "is not a registered function/op" in answer or "No Op registered" in answer or "deprecated" in answer:
            missing.add((name, opset))
        elif "Unrecognized attribute: " + attribute not in answer:
            has.setdefault((name, opset), set()).add(attribute)
    unclear = {name for (name, _), attributes in has.items() if "made_up" in attributes}
    assert not unclear, unclear
    for name, versions in known.items():
        last = versions[max(versions)] if versions else None
        for opset in range(first, NEWEST + 1):
            if (name, opset) in missing or name in NOT_ASKED:
                continue
            now = has.get((name, opset), set())
            if now != last:
                versions[opset] = last = now
    for name in OPERATORS:
        for since in sorted(known[name]):
            print(" ".join([name, str(since)] + sorted(known[name][since])))


main()
