package pytorchcode

// helpers are functions and modules that PyTorch does not have, in the order in which a file has those that it needs.
var helpers = []struct{ name, code string }{
	{"LayerNorm2d", `class LayerNorm2d(nn.LayerNorm):
    """Layer normalisation over the channels of each place."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
`},
	{"Scale", `class Scale(nn.Module):
    """A learnt factor, and perhaps a learnt shift, for each channel."""

    def __init__(self, channels, bias=False):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1)) if bias else None

    def forward(self, x):
        x = x * self.weight
        return x if self.bias is None else x + self.bias
`},
	{"StochasticDepth", `class StochasticDepth(nn.Module):
    """Sets the volumes of a share p of the pictures to zero in training, and scales up the others."""

    def __init__(self, p, mode="row"):
        super().__init__()
        self.p, self.mode = p, mode

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        size = [x.shape[0] if self.mode == "row" else 1] + [1] * (x.dim() - 1)
        return x * x.new_empty(size).bernoulli_(1 - self.p).div_(1 - self.p)
`},
	{"Local", `class Local(nn.Module):
    """A convolution with filters of its own at each place of the output, whose size is (height, width)."""

    def __init__(self, in_channels, channels, kernel_size, size, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1),
                 bias=True):
        super().__init__()
        self.kernel_size, self.size = kernel_size, size
        self.stride, self.padding, self.dilation = stride, padding, dilation
        fan_in = in_channels * kernel_size[0] * kernel_size[1]
        self.weight = nn.Parameter(torch.randn(*size, channels, in_channels, *kernel_size) * (2 / fan_in) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(channels, *size)) if bias else None

    def forward(self, x):
        windows = F.unfold(F.pad(x, self.padding), self.kernel_size, self.dilation, stride=self.stride)
        windows = windows.reshape(x.shape[0], x.shape[1], *self.kernel_size, *self.size)
        x = torch.einsum("ncijhw,hwkcij->nkhw", windows, self.weight)
        return x if self.bias is None else x + self.bias
`},
	{"channel_shuffle", `def channel_shuffle(x, groups):
    """Takes channels from each group in turn."""
    n, channels, height, width = x.shape
    x = x.view(n, groups, channels // groups, height, width)
    return x.transpose(1, 2).reshape(n, channels, height, width)
`},
	{"center_crop", `def center_crop(x, size):
    """Cuts the middle out of a volume; size is (height, width)."""
    top, left = (x.shape[2] - size[0]) // 2, (x.shape[3] - size[1]) // 2
    return x[:, :, top:top + size[0], left:left + size[1]]
`},
	{"average_of_values", `def average_of_values(x, padding, kernel_size, stride=None):
    """Average pooling that leaves the padding (left, right, top, bottom) out of the average."""
    count = F.avg_pool2d(F.pad(torch.ones_like(x), padding), kernel_size, stride)
    return F.avg_pool2d(F.pad(x, padding), kernel_size, stride) / count
`},
}

// loadCode reads safetensors. NETWORK is the class of the network, UNUSED a condition for names that may be missing.
const loadCode = `def load(path):
    """Returns the network with the weights of a safetensors file, whose names are those of the state_dict."""
    types = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
    with open(path, "rb") as file:
        size, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = bytearray(file.read())
    state = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            state[name] = torch.frombuffer(data[begin:end], dtype=types[entry["dtype"]]).reshape(entry["shape"])
    net = NETWORK()
    missing, unexpected = net.load_state_dict(state, strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")UNUSED]
    if missing or unexpected:
        raise ValueError(f"{path}: missing {missing}, unexpected {unexpected}")
    return net
`
