package onnxnet

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/onnx"
	"cnncalc/internal/plain"
)

// newestOpset is the last version of ONNX's operators that this package knows: that of onnx 1.22.
const newestOpset = 27

// operator is what this package knows of one of ONNX's operators. Which types of elements an operator takes, which is
// most of what opsets change, does not matter here.
type operator struct {
	span // the opsets that have the operator
	// inputs is the number of inputs that a node needs at least, or allInputs.
	inputs int
	// attributes lists the names of the attributes, with the opsets that have them: "name:10-" from opset 10 on, "name:-6"
	// up to opset 6.
	attributes string
	// shape is nil for operators that are computed now or not at all.
	shape shapeRule
}

// allInputs marks an operator of any number of inputs, of which none may be left out.
const allInputs = -1

// Attributes that many operators have. ONNX has replaced broadcast and axis by numpy's rules. It no longer has
// consumed_inputs, a hint for saving memory.
const (
	consumed   = "consumed_inputs:-5 "
	aligned    = "axis:-6 broadcast:-6 "
	windowed   = "auto_pad kernel_shape pads strides "
	quantised  = "axis:13- block_size:21- "
	convolved  = windowed + "dilations group "
	reduced    = "axes:-17 keepdims noop_with_empty_axes:18- "
	normalised = "epsilon is_test:-6 momentum spatial:-8 training_mode:14- "
	constants  = "value_float:12- value_floats:12- value_int:12- value_ints:12- value_string:12- value_strings:12- "
	resized    = "mode coordinate_transformation_mode:11- cubic_coeff_a:11- exclude_outside:11- extrapolation_value:11- " +
		"nearest_mode:11- antialias:18- axes:18- keep_aspect_ratio_policy:18- "
)

// operators is the table of all operators that have a shape or can be computed. Those that are not in it are refused.
// testdata/onnx/operators.txt has the attributes of each opset as ONNX's own programs list them.
var operators = map[string]operator{
	"Abs":                       {span{1, 0}, 1, consumed, sameShape},
	"Add":                       {span{1, 0}, 2, aligned + consumed, broadcastShape},
	"And":                       {span{1, 0}, 2, aligned, broadcastShape},
	"AveragePool":               {span{1, 0}, 1, windowed + "count_include_pad:7- ceil_mode:10- dilations:19-", poolShape},
	"BatchNormalization":        {span{1, 0}, 5, consumed + normalised, sameShape},
	"Cast":                      {span{1, 0}, 1, "to saturate:19- round_mode:24-", sameShape},
	"Ceil":                      {span{1, 0}, 1, consumed, sameShape},
	"Celu":                      {span{12, 0}, 1, "alpha", sameShape},
	"Clip":                      {span{1, 0}, 1, consumed + "min:-10 max:-10", sameShape},
	"Concat":                    {span{1, 0}, allInputs, "axis", concatShape},
	"Constant":                  {span{1, 0}, 0, "value sparse_value:11- " + constants, nil},
	"ConstantOfShape":           {span{9, 0}, 1, "value", nil},
	"Conv":                      {span{1, 0}, 2, convolved, convShape},
	"ConvTranspose":             {span{1, 0}, 2, convolved + "output_padding output_shape", convTransposeShape},
	"DepthToSpace":              {span{1, 0}, 1, "blocksize mode:11-", blockShape},
	"DequantizeLinear":          {span{10, 0}, 2, quantised + "output_dtype:23-", sameShape},
	"Div":                       {span{1, 0}, 2, aligned + consumed, broadcastShape},
	"Dropout":                   {span{1, 0}, 1, consumed + "is_test:-6 ratio:-11 seed:12-", sameShape},
	"Elu":                       {span{1, 0}, 1, consumed + "alpha", sameShape},
	"Equal":                     {span{1, 0}, 2, aligned, broadcastShape},
	"Erf":                       {span{9, 0}, 1, "", sameShape},
	"Exp":                       {span{1, 0}, 1, consumed, sameShape},
	"Expand":                    {span{8, 0}, 2, "", expandShape},
	"Flatten":                   {span{1, 0}, 1, "axis", flattenShape},
	"Floor":                     {span{1, 0}, 1, consumed, sameShape},
	"Gather":                    {span{1, 0}, 2, "axis", gatherShape},
	"Gelu":                      {span{20, 0}, 1, "approximate", sameShape},
	"Gemm":                      {span{1, 0}, 2, "alpha beta broadcast:-6 transA transB", gemmShape},
	"GlobalAveragePool":         {span{1, 0}, 1, "", globalShape},
	"GlobalLpPool":              {span{1, 0}, 1, "p", globalShape},
	"GlobalMaxPool":             {span{1, 0}, 1, "", globalShape},
	"Greater":                   {span{1, 0}, 2, aligned, broadcastShape},
	"GroupNormalization":        {span{18, 0}, 3, "epsilon num_groups stash_type:21-", sameShape},
	"HardSigmoid":               {span{1, 0}, 1, consumed + "alpha beta", sameShape},
	"HardSwish":                 {span{14, 0}, 1, "", sameShape},
	"Identity":                  {span{1, 0}, 1, "", sameShape},
	"InstanceNormalization":     {span{1, 0}, 3, consumed + "epsilon", sameShape},
	"LRN":                       {span{1, 0}, 1, "alpha beta bias size", sameShape},
	"LayerNormalization":        {span{17, 0}, 2, "axis epsilon stash_type", sameShape},
	"LeakyRelu":                 {span{1, 0}, 1, consumed + "alpha", sameShape},
	"Less":                      {span{1, 0}, 2, aligned, broadcastShape},
	"Log":                       {span{1, 0}, 1, consumed, sameShape},
	"LogSoftmax":                {span{1, 0}, 1, "axis", sameShape},
	"LpNormalization":           {span{1, 0}, 1, "axis p", sameShape},
	"LpPool":                    {span{1, 0}, 1, windowed + "p ceil_mode:18- dilations:18-", poolShape},
	"MatMul":                    {span{1, 0}, 2, "", matMulShape},
	"Max":                       {span{1, 0}, allInputs, consumed, broadcastShape},
	"MaxPool":                   {span{1, 0}, 1, windowed + "storage_order:8- ceil_mode:10- dilations:10-", poolShape},
	"Mean":                      {span{1, 0}, allInputs, consumed, broadcastShape},
	"MeanVarianceNormalization": {span{9, 0}, 1, "axes", sameShape},
	"Min":                       {span{1, 0}, allInputs, consumed, broadcastShape},
	"Mish":                      {span{18, 0}, 1, "", sameShape},
	"Mod":                       {span{10, 0}, 2, "fmod", nil},
	"Mul":                       {span{1, 0}, 2, aligned + consumed, broadcastShape},
	"Neg":                       {span{1, 0}, 1, consumed, sameShape},
	"Not":                       {span{1, 0}, 1, "", sameShape},
	"Or":                        {span{1, 0}, 2, aligned, broadcastShape},
	"PRelu":                     {span{1, 0}, 2, consumed, sameShape},
	"Pad":                       {span{1, 0}, 1, "mode paddings:-1 pads:2-10 value:-10", padShape},
	"Pow":                       {span{1, 0}, 2, aligned, broadcastShape},
	"QLinearConv":               {span{10, 0}, 8, convolved, nil},
	"QLinearMatMul":             {span{10, 0}, 8, "", nil},
	"QuantizeLinear":            {span{10, 0}, 2, quantised + "saturate:19- output_dtype:21- precision:23-", sameShape},
	"Range":                     {span{11, 0}, 3, "stash_type:27-", nil},
	"Reciprocal":                {span{1, 0}, 1, consumed, sameShape},
	"ReduceL2":                  {span{1, 0}, 1, reduced, reduceShape},
	"ReduceMax":                 {span{1, 0}, 1, reduced, reduceShape},
	"ReduceMean":                {span{1, 0}, 1, reduced, reduceShape},
	"ReduceSum":                 {span{1, 0}, 1, "axes:-12 keepdims noop_with_empty_axes:13-", reduceShape},
	"Relu":                      {span{1, 0}, 1, consumed, sameShape},
	"Reshape":                   {span{1, 0}, 1, "consumed_inputs:-4 shape:-4 allowzero:14-", reshapeShape},
	"Resize":                    {span{10, 0}, 1, resized, resizeShape},
	"Round":                     {span{11, 0}, 1, "", sameShape},
	"ScatterND":                 {span{11, 0}, 3, "reduction:16-", sameShape},
	"Selu":                      {span{1, 0}, 1, consumed + "alpha gamma", sameShape},
	"Shape":                     {span{1, 0}, 1, "start:15- end:15-", nil},
	"Sigmoid":                   {span{1, 0}, 1, consumed, sameShape},
	"Size":                      {span{1, 0}, 1, "", nil},
	"Slice":                     {span{1, 0}, 1, "axes:-9 ends:-9 starts:-9", sliceShape},
	"Softmax":                   {span{1, 0}, 1, "axis", sameShape},
	"Softplus":                  {span{1, 0}, 1, "", sameShape},
	"Softsign":                  {span{1, 0}, 1, "", sameShape},
	"SpaceToDepth":              {span{1, 0}, 1, "blocksize", blockShape},
	"Split":                     {span{1, 0}, 1, "axis split:-12 num_outputs:18-", splitShape},
	"Sqrt":                      {span{1, 0}, 1, consumed, sameShape},
	"Squeeze":                   {span{1, 0}, 1, "axes:-12", squeezeShape},
	"Sub":                       {span{1, 0}, 2, aligned + consumed, broadcastShape},
	"Sum":                       {span{1, 0}, allInputs, consumed, broadcastShape},
	"Swish":                     {span{24, 0}, 1, "alpha", sameShape},
	"Tanh":                      {span{1, 0}, 1, consumed, sameShape},
	"ThresholdedRelu":           {span{10, 0}, 1, "alpha", sameShape},
	"Transpose":                 {span{1, 0}, 1, "perm", transposeShape},
	"Unsqueeze":                 {span{1, 0}, 1, "axes:-12", squeezeShape},
	"Upsample":                  {span{1, 9}, 1, "mode height_scale:-6 width_scale:-6 scales:7-8", resizeShape},
	"Where":                     {span{9, 0}, 3, "", broadcastShape},
}

// kindsOf returns the kinds of value that an attribute of a name may have, whatever the operator.
func kindsOf(name string) []onnx.Kind {
	switch name {
	case "value":
		return []onnx.Kind{onnx.KindTensor, onnx.KindFloat} // of Constant, and of Pad
	case "to":
		return []onnx.Kind{onnx.KindInt, onnx.KindString} // below opset 6, its name
	case "p":
		return []onnx.Kind{onnx.KindInt, onnx.KindFloat} // below opset 2
	case "sparse_value":
		return []onnx.Kind{onnx.KindSparse}
	case "alpha", "beta", "bias", "cubic_coeff_a", "epsilon", "extrapolation_value", "gamma", "height_scale", "max", "min",
		"momentum", "ratio", "value_float", "width_scale":
		return []onnx.Kind{onnx.KindFloat}
	case "scales", "value_floats":
		return []onnx.Kind{onnx.KindFloats}
	case "approximate", "auto_pad", "coordinate_transformation_mode", "keep_aspect_ratio_policy", "mode", "nearest_mode",
		"reduction", "round_mode", "value_string":
		return []onnx.Kind{onnx.KindString}
	case "value_strings":
		return []onnx.Kind{onnx.KindStrings}
	case "axes", "consumed_inputs", "dilations", "ends", "kernel_shape", "output_padding", "output_shape", "paddings",
		"pads", "perm", "shape", "split", "starts", "strides", "value_ints":
		return []onnx.Kind{onnx.KindInts}
	}
	return []onnx.Kind{onnx.KindInt}
}

// span is the opsets that have an operator or an attribute; until is 0 if the newest one does.
type span struct{ since, until int64 }

// spans returns the attributes of an operator with their opsets.
func (o operator) spans() map[string]span {
	all := map[string]span{}
	for _, entry := range strings.Fields(o.attributes) {
		name, opsets, _ := strings.Cut(entry, ":")
		from, to, _ := strings.Cut(opsets, "-")
		since, _ := strconv.ParseInt(from, 10, 64) // 0 where it is left out, as until
		until, _ := strconv.ParseInt(to, 10, 64)
		all[name] = span{max(since, o.since), until}
	}
	return all
}

// has reports whether an opset is one of the span.
func (s span) has(opset int64) bool { return opset >= s.since && (s.until == 0 || opset <= s.until) }

func (s span) String() string {
	switch {
	case s.until == 0:
		return fmt.Sprintf("from opset %d on", s.since)
	case s.since <= 1:
		return fmt.Sprintf("up to opset %d", s.until)
	}
	return fmt.Sprintf("from opset %d to %d", s.since, s.until)
}

// checkVersions returns an error for a model of a version of ONNX that is not known here.
func checkVersions(m *onnx.Model) error {
	opset, isDeclared := m.Opsets[""]
	switch {
	case m.IRVersion < 3:
		return fmt.Errorf("the model has IR version %d, and cnncalc reads version 3 and later: "+
			"save it with a later onnx package", m.IRVersion)
	case !isDeclared: // no operator of ONNX may be used
		return nil
	case opset < 1:
		return fmt.Errorf("the model declares opset %d; opsets start with 1", opset)
	case opset > newestOpset:
		return fmt.Errorf("the model has opset %d, and cnncalc knows the operators up to opset %d: export it with "+
			"opset_version=%d, or convert it with onnx.version_converter", opset, newestOpset, newestOpset)
	}
	return nil
}

// checkOperator returns an error for a node that is not one of its operator at the model's opset: the operator is from
// another one, or the node has an attribute that it cannot have, which might change the result.
func (m *model) checkOperator(n *node) error {
	o, isKnown := operators[n.Op]
	switch {
	case !isKnown || n.Domain != "":
		return nil // refused by its name
	case m.opset == 0:
		return errors.New("the model does not declare the opset of ONNX's operators: export it again")
	case !o.has(m.opset):
		return fmt.Errorf("ONNX has the operator %s, but the model declares opset %d: export it with another opset_version",
			o.span, m.opset)
	}
	spans, isParsed := m.spans[n.Op]
	if !isParsed {
		spans = o.spans()
		m.spans[n.Op] = spans
	}
	for i := range n.Attributes {
		a := &n.Attributes[i]
		if err := checkAttribute(a, n.Attribute(a.Name) != a, spans, m.opset); err != nil {
			return err
		}
	}
	return nil
}

func checkAttribute(a *onnx.Attribute, isTwice bool, spans map[string]span, opset int64) error {
	name := func() string { return plain.Quote(plain.Cut(a.Name)) }
	s, isKnown := spans[a.Name]
	switch {
	case !isKnown:
		return fmt.Errorf("ONNX knows no attribute %s of it: remove the attribute, or export the model again", name())
	case !s.has(opset):
		return fmt.Errorf("ONNX knows its attribute %s %s, but the model declares opset %d: "+
			"export it with another opset_version", name(), s, opset)
	case isTwice:
		return fmt.Errorf("it has the attribute %s twice: export the model again", name())
	case a.Ref != "":
		return fmt.Errorf("its attribute %s is one of a function that is not there: export the model again", name())
	case a.Kind != onnx.KindNone && !slices.Contains(kindsOf(a.Name), a.Kind):
		return fmt.Errorf("its attribute %s is %s, not %s: export the model again", name(), a.Kind, kindsOf(a.Name)[0])
	}
	return nil
}
