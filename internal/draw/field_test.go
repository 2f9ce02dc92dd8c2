package draw

import (
	"fmt"
	"strings"
	"testing"

	"cnncalc/internal/shape"
)

func fieldOf(t *testing.T, n *shape.Network, name string, x, y int64) *Field {
	t.Helper()
	for i := range n.Nodes {
		if n.Nodes[i].Name == name {
			f, err := NewField(n, i, x, y)
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
	}
	t.Fatalf("no layer %s", name)
	return nil
}

func TestFields(t *testing.T) {
	for _, c := range []struct{ name, text, layer, want string }{
		// The notes: three 3x3 CONV layers have a 7x7 view of the input. A ReLU sees what its CONV sees.
		{"a stack", `
input: 15x15x1
layers: INPUT -> [CONV3-4 s1 p1 -> RELU]*3 -> FC-10
`, "relu3", "input 7x7; conv1 < 5x5; conv2 < 3x3; relu3 < 1x1"},
		{"everything", `
input: 15x15x1
layers: INPUT -> CONV3-4 s1 p1 -> POOL3 s3 -> FC-10
`, "fc1", "input all; pool1 < all; fc1 < all"},
		// The paths see 1, 5 and 3+2 pixels of the input. All maps of a single place but the last are one.
		{"branches", `
input: 15x15x1
layers: INPUT -> CONCAT(CONV1-2 | CONV5-2 s1 p2 | CONV3-2 s1 p1 -> POOL3 s1 p1) -> CONV1-4
`, "conv4", "input 5x5 of 2; conv1 < 1x1; conv3 3x3; conv4 1x1"},
	} {
		var got []string
		n := read(t, "net", c.text)
		middle := int64(7)
		if c.layer == "fc1" {
			middle = 0
		}
		for _, m := range fieldOf(t, n, c.layer, middle, middle).Maps {
			text := m.Name
			if m.Follows {
				text += " <"
			}
			if m.IsAll() {
				text += " all"
			} else {
				text += fmt.Sprintf(" %dx%d", m.Patch.W, m.Patch.H)
			}
			if m.Patch.Parts > 1 {
				text += fmt.Sprintf(" of %d", m.Patch.Parts)
			}
			got = append(got, text)
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s: %s; want %s", c.name, strings.Join(got, "; "), c.want)
		}
	}
}

// The last map is the layer's own, with its depth, also where it looks like the one before it or like the picture.
func TestFieldEndsWithTheLayer(t *testing.T) {
	n := read(t, "net", "input: 16x16x3\nlayers: INPUT -> CONV1-4 -> RELU -> CONV3-8 -> CONV1-5 -> GAP -> FC-9\n")
	for i := range n.Nodes {
		f, err := NewField(n, i, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		first, last := f.Maps[0], f.Maps[len(f.Maps)-1]
		if first.Name != "input" || first.Shape != n.InputShape() {
			t.Errorf("%s: the first map is %s, %s", n.Nodes[i].Name, first.Name, first.Shape)
		}
		if last.Name != n.Nodes[i].Name || last.Shape != n.Layers[i].Out {
			t.Errorf("%s, %s: the last map is %s, %s", n.Nodes[i].Name, n.Layers[i].Out, last.Name, last.Shape)
		}
	}
}

// Of very many maps, the picture shows those near the input and near the layer.
func TestFieldLeavesMapsOut(t *testing.T) {
	f := fieldOf(t, read(t, "net", "input: 500x500x1\nlayers: INPUT -> [CONV3-1 s1 p1]*100"), "conv100", 250, 250)
	first, last := f.Maps[24], f.Maps[25]
	if len(f.Maps) != mostFieldMaps || f.LeftOut != 101-mostFieldMaps || first.Name != "conv24" || last.Name != "conv77" ||
		last.Follows {
		t.Errorf("%d maps, %d left out, %s and %s", len(f.Maps), f.LeftOut, first.Name, last.Name)
	}
	svg := f.SVG("net", "", "")
	if !strings.Contains(string(svg), ">52 maps in the middle are left out.<") {
		t.Error("the drawing does not say what it leaves out")
	}
}

// The picture is at its place, and so is the rectangle.
func TestFieldOnPicture(t *testing.T) {
	f := fieldOf(t, read(t, "net", "input: 8x8x1\nlayers: INPUT -> CONV3-1 s1 p1"), "conv1", 3, 4)
	svg := f.SVG("net", "", "data:image/png;base64,AAAA")
	// By hand: 3x3 pixels from 2,3 on, of 42 each; the picture begins below the title and two lines.
	for _, want := range []string{
		fmt.Sprintf(`<rect class="frame" x="%v" y="%v" width="126" height="126"/>`, 24+2*42, 105+3*42),
		` href="data:image/png;base64,AAAA"/>`,
	} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("no %s in %s", want, svg)
		}
	}
}
