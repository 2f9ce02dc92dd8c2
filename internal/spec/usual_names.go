package spec

import (
	"strings"

	"cnncalc/internal/pattern"
)

// usualNames are the names that other programs give to kinds of layers (PyTorch, Keras, Caffe, ONNX, darknet), without
// the number of dimensions. A name that leads to no kind is that of a layer that cnncalc does not have: no kind of a
// similar name is suggested for it, since that would change what the network computes.
var usualNames = map[string]string{
	// Convolutions and fully connected layers.
	"CONVOLUTION": "CONV", "CONVOLUTIONAL": "CONV",
	"DEPTHWISE": "DWCONV", "DEPTHWISECONV": "DWCONV", "DEPTHWISECONVOLUTION": "DWCONV",
	"SEPARABLECONV": "DWCONV3 -> CONV1-64", "SEPCONV": "DWCONV3 -> CONV1-64",
	"SEPARABLECONVOLUTION": "DWCONV3 -> CONV1-64",
	"LOCALLYCONNECTED":     "LOCAL", "LOCALCONNECTED": "LOCAL",
	"DECONV": "UPCONV", "DECONVOLUTION": "UPCONV", "DECONVOLUTIONAL": "UPCONV", "CONVTRANSPOSE": "UPCONV",
	"CONVTRANSPOSED": "UPCONV", "CONV2DTRANSPOSE": "UPCONV", "TRANSPOSECONV": "UPCONV",
	"TRANSPOSEDCONV": "UPCONV", "TCONV": "UPCONV", "UPCONVOLUTION": "UPCONV",
	"DENSE": "FC", "LINEAR": "FC", "FULLYCONNECTED": "FC", "INNERPRODUCT": "FC", "CONNECTED": "FC",
	"GEMM":     "FC",
	"AFFINE":   "FC or SCALE bias",
	"BILINEAR": "", "DEFORMCONV": "", "SPARSECONV": "", "LAZYCONV": "", "LAZYLINEAR": "", "EMBEDDING": "",
	"RNN": "", "LSTM": "", "GRU": "", "ATTENTION": "", "MULTIHEADATTENTION": "", "TRANSFORMER": "",
	"MATMUL": "",

	// Pools. Unpooling needs the places of the largest values, and LPPOOL has no norm by default.
	"MAXPOOL": "POOL", "MAXPOOLING": "POOL", "POOLING": "POOL",
	"AVERAGEPOOL": "AVGPOOL", "AVERAGEPOOLING": "AVGPOOL", "AVGPOOLING": "AVGPOOL", "AVEPOOL": "AVGPOOL",
	"MEANPOOL":      "AVGPOOL",
	"GLOBALAVGPOOL": "GAP", "GLOBALAVGPOOLING": "GAP", "GLOBALAVERAGEPOOL": "GAP",
	"GLOBALAVERAGEPOOLING": "GAP",
	"ADAPTIVEAVGPOOL":      "ADAPTAVG", "ADAPTIVEAVERAGEPOOL": "ADAPTAVG",
	"GLOBALMAXPOOL": "GMP", "GLOBALMAXPOOLING": "GMP",
	"ADAPTIVEMAXPOOL": "ADAPTMAX",
	"LPPOOL":          "", "GLOBALPOOL": "", "GLOBALPOOLING": "", "MAXUNPOOL": "", "MAXUNPOOLING": "", "UNPOOL": "",
	"UNPOOLING": "", "FRACTIONALMAXPOOL": "", "ROIPOOL": "", "ROIALIGN": "", "SPP": "",
	"SPATIALPYRAMIDPOOLING": "",

	// Activation functions. A name that is close to another function's is here without a kind.
	"RECTIFIER": "RELU",
	"LEAKY":     "LEAKYRELU", "LRELU": "LEAKYRELU",
	"LOGISTIC": "SIGMOID",
	"SWISH":    "SILU",
	"HSWISH":   "HARDSWISH",
	"HSIGMOID": "HARDSIGMOID",
	"CLAMP":    "CLIP", "HARDTANH": "CLIP min=-1 max=1",
	"CELU": "", "CRELU": "", "RRELU": "", "THRESHOLDEDRELU": "", "THRESHOLD": "",
	"SOFTSIGN": "", "SOFTMIN": "", "SOFTSHRINK": "", "HARDSHRINK": "", "TANHSHRINK": "",
	"LOGSIGMOID": "", "GLU": "", "GEGLU": "", "SWIGLU": "", "QUICKGELU": "",
	"STEP": "",

	// Normalisation and regularisation.
	"BATCHNORM": "BN", "BATCHNORMALIZATION": "BN", "BATCHNORMALISATION": "BN", "SYNCBATCHNORM": "BN",
	"LAYERNORM": "LN", "LAYERNORMALIZATION": "LN", "LAYERNORMALISATION": "LN",
	"GROUPNORM": "GN", "GROUPNORMALIZATION": "GN", "GROUPNORMALISATION": "GN",
	"INSTANCENORM": "IN", "INSTANCENORMALIZATION": "IN", "INSTANCENORMALISATION": "IN",
	"LOCALRESPONSENORM": "LRN", "LOCALRESPONSENORMALIZATION": "LRN", "RESPONSENORM": "LRN",
	"CROSSMAPLRN": "LRN",
	"LAYERSCALE":  "SCALE",
	"DROP":        "DROPOUT",
	"DROPOUT2D":   "DROPOUT channels", "SPATIALDROPOUT": "DROPOUT channels",
	"FEATUREDROPOUT":  "DROPOUT channels",
	"STOCHASTICDEPTH": "STOCHDEPTH", "DROPPATH": "STOCHDEPTH",
	"NORM": "", "NORMALIZE": "", "NORMALIZATION": "", "L2NORM": "", "RMSNORM": "", "WEIGHTNORM": "",
	"SPECTRALNORM": "", "ALPHADROPOUT": "", "DROPBLOCK": "", "DROPCONNECT": "",

	// Layers that move values. By default, DepthToSpace of ONNX and TensorFlow has another order of channels than
	// PyTorch's PixelShuffle, and so have darknet's reorg and YOLOv5's Focus.
	"UPSAMPLING": "UPSAMPLE", "UPSAMPLENEAREST": "UPSAMPLE", "UPSAMPLINGNEAREST": "UPSAMPLE",
	"INTERPOLATE": "RESIZE", "INTERP": "RESIZE", "UPSAMPLINGBILINEAR": "RESIZE bilinear align",
	"ZEROPAD": "PAD", "ZEROPADDING": "PAD", "PADDING": "PAD", "CONSTANTPAD": "PAD value=0.5",
	"REFLECTIONPAD": "PAD reflect", "REFLECTPAD": "PAD reflect", "REPLICATIONPAD": "PAD replicate",
	"REPLICATEPAD": "PAD replicate", "CIRCULARPAD": "",
	"CENTERCROP": "CROP", "CENTRECROP": "CROP", "CROPPING": "CROP",
	"SLICE": "CHANNELS", "NARROW": "CHANNELS", "CHUNK": "CHANNELS", "SPLIT": "CHANNELS",
	"CHANNELSHUFFLE": "SHUFFLE", "SHUFFLECHANNEL": "SHUFFLE", "SHUFFLECHANNELS": "SHUFFLE",
	"SUBPIXEL":     "PIXELSHUFFLE",
	"DEPTHTOSPACE": "", "SPACETODEPTH": "", "REORG": "", "FOCUS": "", "RESHAPE": "", "VIEW": "", "PERMUTE": "",
	"TRANSPOSE": "", "ROUTE": "",

	// Layers that join paths.
	"CAT": "CONCAT", "CONCATENATE": "CONCAT", "CONCATENATION": "CONCAT",
	"SUM": "ADD", "PLUS": "ADD", "ELTWISE": "ADD", "ELTWISESUM": "ADD",
	"MULTIPLY": "MUL", "TIMES": "MUL", "PROD": "MUL", "ELTWISEPROD": "MUL", "SCALECHANNELS": "MUL",
	"MAXIMUM": "MAX", "ELTWISEMAX": "MAX", "MAXOUT": "MAX",
	"SKIP": "IDENTITY", "SHORTCUT": "IDENTITY",
	"MIN": "", "MINIMUM": "", "SUB": "", "SUBTRACT": "", "DIV": "", "DIVIDE": "", "DOT": "", "AVERAGE": "",
	"STACK": "",
}

// A name may have a size after it, and the number of dimensions: MAXPOOL2, MAXPOOL2D, CONV2D3, DROPOUT_2D.
var (
	sized       = pattern.Lazy(`^(.*?[A-Z])(?:[0-9][0-9X.]*)?$`)
	dimensional = pattern.Lazy(`^([A-Z0-9]*[A-Z])([123])D(?:[0-9][0-9X.]*)?$`)
)

// usualName returns the layer that other programs call by the name in word, or "" if they mean one that is not here.
// known is false if it is no such name.
func (t *kindTable) usualName(word string) (layer string, known bool) {
	name := strings.ReplaceAll(strings.ToUpper(word), "_", "")
	if m := sized().FindStringSubmatch(name); m != nil {
		if layer, known = t.usual(m[1]); known {
			return layer, true
		}
	}
	m := dimensional().FindStringSubmatch(name)
	if m == nil {
		return "", false
	}
	if layer, known = t.usual(m[1] + m[2] + "D"); known {
		return layer, true
	}
	layer, known = t.usual(m[1])
	if _, isKind := t.find(m[1]); isKind {
		layer, known = m[1], true
	}
	if m[2] == "3" {
		layer = "" // volumes are planes of channels
	}
	return layer, known
}

// isUsualName reports whether other programs call a layer by the name in word.
func (t *kindTable) isUsualName(word string) bool {
	_, known := t.usualName(word)
	return known
}

// usual looks a name up, and leaves out a layer of a kind that is not here.
func (t *kindTable) usual(name string) (layer string, known bool) {
	layer, known = usualNames[name]
	first, _, _ := strings.Cut(layer, " ")
	kind := strings.TrimRight(first, "0123456789")
	if _, isKind := t.find(kind); !isKind && kind != "IDENTITY" {
		return "", known
	}
	return layer, known
}
