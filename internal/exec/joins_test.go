package exec

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestRandomJoins draws networks whose results have several readers, which sums onto an operand and work in place must
// not corrupt.
func TestRandomJoins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.IntRange(1, 9).Draw(t, "side")
		d := rapid.SampledFrom([]int{1, 2, 4, 9}).Draw(t, "depth")
		j := joins{t: t, depth: d}
		layers := []string{j.same(0)}
		for range rapid.IntRange(1, 6).Draw(t, "items") {
			layers = append(layers, j.item())
		}
		checkNetwork(t, line(fmt.Sprintf("%dx%dx%d", side, side, d), strings.Join(layers, " -> ")), 2e-4)
	})
}

// joins draws items that keep the size of a volume, so that any two can be joined. It leaves out functions that
// saturate, and means over a plane: after the large sums of many layers their values depend only on rounding.
type joins struct {
	t      *rapid.T
	depth  int
	labels []string
}

func (j *joins) pick(words ...string) string { return rapid.SampledFrom(words).Draw(j.t, "word") }

// same draws one or a few layers.
func (j *joins) same(depth int) string {
	d := fmt.Sprint(j.depth)
	conv := j.pick("CONV3-", "CONV1-", "CONV5-") + d + j.pick("", " nobias")
	switch rapid.IntRange(0, 8).Draw(j.t, "layers") {
	case 0, 1:
		return conv + j.pick("", " -> BN") + j.pick("", " -> RELU", " -> SILU")
	case 2:
		return conv + " -> " + conv
	case 3:
		return "DWCONV3 -> " + j.pick("BN", "ELU")
	case 4:
		return "POOL3 s1 p1"
	case 5:
		return j.pick("DROPOUT", "BN", "ELU", "SILU", "RELU", "PRELU")
	case 6:
		return conv + " -> DROPOUT"
	case 8:
		return "ADD(" + conv + " | " + j.pick("GMP", "CONV1-1", "IDENTITY") + ")" + j.pick("", " -> RELU")
	case 7:
		if depth < 2 {
			return j.join(depth + 1)
		}
	}
	return conv
}

// path draws a path of a join.
func (j *joins) path(depth int) string {
	from := "IDENTITY"
	if len(j.labels) > 0 && rapid.Bool().Draw(j.t, "label") {
		from = "@" + j.pick(j.labels...)
	}
	switch rapid.IntRange(0, 2).Draw(j.t, "path") {
	case 0:
		return from
	case 1:
		if from != "IDENTITY" {
			return from + " -> " + j.same(depth)
		}
	}
	return j.same(depth)
}

func (j *joins) join(depth int) string {
	paths := []string{j.path(depth), j.path(depth)}
	if rapid.IntRange(0, 3).Draw(j.t, "third") == 0 {
		paths = append(paths, j.path(depth))
	}
	kind := j.pick("ADD", "ADD", "ADD", "MUL", "MAX", "CONCAT")
	text := kind + "(" + strings.Join(paths, " | ") + ")"
	if kind == "CONCAT" {
		text += fmt.Sprintf(" -> CONV1-%d", j.depth)
	}
	return text + j.pick("", " -> RELU", " -> BN", " -> DROPOUT")
}

// item draws a join or layers, sometimes with a label for later items.
func (j *joins) item() string {
	text := j.join(0)
	if rapid.IntRange(0, 2).Draw(j.t, "item") == 0 {
		text = j.same(0)
	}
	if rapid.Bool().Draw(j.t, "named") {
		label := fmt.Sprintf("r%d", len(j.labels))
		text = "[" + text + "] @" + label
		j.labels = append(j.labels, label)
	}
	return text
}
