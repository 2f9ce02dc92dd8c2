package draw

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cnncalc/architectures"
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/shape"
)

func builtIn(t testing.TB, name string) *shape.Network {
	t.Helper()
	data, err := architectures.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, name, string(data))
}

func read(t testing.TB, name, text string) *shape.Network {
	t.Helper()
	n, err := network.Sound(name, []byte(text), graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// outline writes a diagram's parts and edges as a test can state them.
func outline(d *Diagram) string {
	var b strings.Builder
	names := map[*Part]string{}
	var write func(parts []*Part, depth int)
	write = func(parts []*Part, depth int) {
		for _, p := range parts {
			b.WriteString(strings.Repeat("  ", depth))
			if p.IsFrame() {
				b.WriteString("[" + strings.Join(p.label(), "; ") + "]\n")
				write(p.Inner, depth+1)
				continue
			}
			names[p] = p.Rows[0].Name
			lines := p.lines()
			if times := p.times(); times != "" {
				lines = append(lines, times)
			}
			b.WriteString(strings.Join(lines, ", ") + " | " + p.below() + "\n")
		}
	}
	write(d.Parts, 0)
	for _, e := range d.Edges {
		b.WriteString(names[e.From] + " -> " + names[e.To] + "\n")
	}
	return b.String()
}

func TestDiagrams(t *testing.T) {
	for _, c := range []struct {
		name, text string
		options    Options
		want       string
	}{
		{"a chain, and a repeat that is drawn once", `
input: 32x32x3
layers: INPUT -> [CONV3-8 s1 p1 -> BN -> RELU]*3 -> POOL2 s2 -> [FC-10 -> RELU]*2 -> FC-4
`, Options{Depth: -1}, `
INPUT | 32x32x3
CONV3-8, BN, RELU, x3 | 32x32x8
POOL2 s2 | 16x16x8
FC-10, RELU, x2 | 1x1x10
FC-4 | 1x1x4
input -> conv1
conv1 -> pool1
pool1 -> fc1
fc1 -> fc3
`},
		{"all turns", `
input: 32x32x3
layers: INPUT -> [CONV3-8 -> RELU]*2 -> FC-4
`, Options{Depth: -1, Unfolded: true}, `
INPUT | 32x32x3
CONV3-8, RELU | 32x32x8
CONV3-8, RELU | 32x32x8
FC-4 | 1x1x4
input -> conv1
conv1 -> conv2
conv2 -> fc1
`},
		{"turns that differ in size", `
input: 32x32x3
layers: INPUT -> [CONV3-8 -> RELU -> POOL2]*2 -> FC-4
`, Options{Depth: -1}, `
INPUT | 32x32x3
[x2; sizes of the first]
  CONV3-8, RELU | 32x32x8
  POOL2 s2 | 16x16x8
FC-4 | 1x1x4
input -> conv1
conv1 -> pool1
pool1 -> fc1
`},
		{"a block with a shortcut, twice", `
input: 8x8x4
blocks:
  unit(w): ADD(CONV3-w -> RELU | IDENTITY) -> RELU
layers: INPUT -> unit(4)*2 -> GAP
`, Options{Depth: -1}, `
INPUT | 8x8x4
[unit x2]
  CONV3-4, RELU | 8x8x4
  ADD, RELU | 8x8x4
GAP | 1x1x4
input -> unit1.conv1
unit1.conv1 -> unit1.add1
input -> unit1.add1
unit1.add1 -> gap1
`},
		{"blocks that are not unfolded", `
input: 8x8x4
blocks:
  unit(w): ADD(CONV3-w -> RELU | IDENTITY) -> RELU
layers: INPUT -> unit(4)*2 -> GAP
`, Options{Depth: 0}, `
INPUT | 8x8x4
unit, 4 layers, x2 | 8x8x4
GAP | 1x1x4
input -> unit1
unit1 -> gap1
`},
		{"layers that read all layers before them", `
input: 8x8x4
layers: INPUT @a+ -> [CONCAT(@a) -> CONV3-2 @a+]*3 -> CONCAT(@a) -> GAP
`, Options{Depth: -1}, `
INPUT | 8x8x4
[x3; each reads all before; sizes of the first]
  CONCAT | 8x8x4
  CONV3-2 | 8x8x2
CONCAT | 8x8x10
GAP | 1x1x10
input -> concat1
concat1 -> conv1
input -> concat4
conv1 -> concat4
concat4 -> gap1
`},
		{"a repeat within a repeat", `
input: 8x8x4
layers: INPUT -> [[CONV3-4 -> RELU]*2 -> POOL3 s1 p1]*3 -> GAP
`, Options{Depth: -1}, `
INPUT | 8x8x4
[x3]
  CONV3-4, RELU, x2 | 8x8x4
  POOL3 | 8x8x4
GAP | 1x1x4
input -> conv1
conv1 -> pool1
pool1 -> gap1
`},
		{"heads", `
input: 8x8x4
layers: INPUT -> CONV3-4 @a -> RELU -> GAP
heads:
  aux: {layers: "@a -> GAP", training: true}
  side: "@a -> GMP"
`, Options{Depth: -1}, `
INPUT | 8x8x4
CONV3-4 | 8x8x4
GAP | 1x1x4 = aux, in training
RELU | 8x8x4
GAP | 1x1x4 = output
GMP | 1x1x4 = side
input -> a
a -> aux.gap1
a -> relu1
relu1 -> gap1
a -> side.gmp1
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := outline(New(read(t, "net", c.text), c.options))
			if want := strings.TrimPrefix(c.want, "\n"); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

// The shares of all boxes add up to the whole, with the turns that are not drawn.
func TestHeat(t *testing.T) {
	n := builtIn(t, "vgg16")
	macs := make([]int64, len(n.Nodes))
	for i, l := range n.Layers {
		macs[i] = l.MACs
	}
	var sum float64
	var shares []string
	for _, p := range New(n, Options{Depth: -1, Heat: macs}).Parts {
		sum += p.Heat
		shares = append(shares, p.share())
	}
	// By hand from the notes' table: 1,936,392,192 of 15,470,264,320 MACs are in the first two layers.
	const want = " 13%  18%  30%  30%  9%   "
	if got := strings.Join(shares, " "); got != want || math.Abs(sum-1) > 1e-9 {
		t.Errorf("%q, in sum %v; want %q", got, sum, want)
	}
}

// The class of a layer follows from what it does, so that no kind is forgotten.
func TestClasses(t *testing.T) {
	n := read(t, "net", `
input: 8x8x4
layers: |
  INPUT -> CONV3-4 -> BN -> RELU -> LRN5 -> DROPOUT0.5 -> POOL3 s1 -> UPSAMPLE2 -> AVGPOOL2 -> DWCONV3
  -> ADD(IDENTITY | PRELU) -> LN -> SHUFFLE2 -> CROP4 -> UPCONV2-4 s2 -> GAP -> FC-10 -> SOFTMAX
`)
	var got []string
	for i := range n.Nodes {
		got = append(got, n.Nodes[i].Op.Kind()+" "+string(classOf(n, i)))
	}
	const want = "INPUT input, CONV conv, BN norm, RELU activation, LRN activation, DROPOUT activation, POOL pool, " +
		"UPSAMPLE reshape, AVGPOOL pool, DWCONV conv, PRELU norm, ADD join, LN norm, SHUFFLE activation, CROP reshape, " +
		"UPCONV conv, GAP pool, FC linear, SOFTMAX activation"
	if strings.Join(got, ", ") != want {
		t.Errorf("got %s\nwant %s", strings.Join(got, ", "), want)
	}
}

// In the pictures of all built-in networks, nothing lies over anything else.
func TestNothingOverlaps(t *testing.T) {
	for _, name := range architectures.Names() {
		n := builtIn(t, name)
		heat := make([]int64, len(n.Nodes))
		for i, l := range n.Layers {
			heat[i] = l.Activations
		}
		for _, o := range []Options{{Depth: -1, Heat: heat}, {Depth: 0}, {Depth: 1}, {Depth: -1, Unfolded: true}} {
			d := New(n, o)
			p, err := place(d)
			if err != nil {
				if errors.Is(err, errTooLong) && o.Unfolded {
					continue
				}
				t.Fatalf("%s: %v", name, err)
			}
			checkPicture(t, name, d, p)
		}
	}
}

// The same is true of any graph: with any joins, repeats and blocks around any of its layers.
func TestNothingOverlapsInRandomGraphs(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		n := randomNetwork(t, r)
		for _, o := range []Options{{Depth: -1}, {Depth: r.IntN(3)}, {Depth: -1, Unfolded: true}} {
			d := New(n, o)
			p, err := place(d)
			if err != nil {
				t.Fatal(err)
			}
			checkPicture(t, fmt.Sprint("seed ", seed), d, p)
			if t.Failed() {
				t.Fatalf("seed %d, %+v", seed, o)
			}
		}
	}
}

// randomNetwork returns a network of convolutions and joins that read any earlier layers, within random scopes.
func randomNetwork(t *testing.T, r *rand.Rand) *shape.Network {
	parts := read(t, "parts", "input: 8x8x4\nlayers: INPUT -> CONV3-4 -> RELU -> ADD(IDENTITY | CONV1-4)").Nodes
	input, conv, relu, add := parts[0].Op, parts[1].Op, parts[2].Op, parts[4].Op
	var b graph.Builder
	b.Add(graph.Node{Name: "input", Op: input})
	var scope *graph.Scope
	line := 1
	for i := 1; i < 4+r.IntN(60); i++ {
		switch r.IntN(6) {
		case 0:
			scope = &graph.Scope{Outer: scope, Block: "block", Call: "block", Pos: diag.Pos{Line: 1 + r.IntN(3), Col: 1}}
		case 1:
			if scope != nil {
				scope = scope.Outer
			}
		}
		node := graph.Node{Name: "n" + strings.Repeat("i", i), Op: conv, Inputs: []int{b.Len() - 1}, Within: scope}
		if r.IntN(3) == 0 {
			node.Op = relu
		}
		if r.IntN(3) == 0 {
			node.Op = add
			for range r.IntN(4) {
				node.Inputs = append(node.Inputs, r.IntN(b.Len()))
			}
		}
		if line += r.IntN(2); line > 0 {
			node.Pos = diag.Pos{Line: line, Col: 1}
		}
		b.Add(node)
	}
	return inferred(t, &b)
}

// inferred returns the network of a graph that was built.
func inferred(t *testing.T, b *graph.Builder) *shape.Network {
	t.Helper()
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	n, problems := shape.Infer(g)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return n
}

// checkPicture checks that no two boxes touch, that frames hold their parts and no others, that text is within its
// place, that edges lead down, and that they cross no box.
func checkPicture(t *testing.T, name string, d *Diagram, p *picture) {
	t.Helper()
	const slack = 0.01
	inside := func(a, b rect) bool {
		return a.x >= b.x-slack && a.y >= b.y-slack && a.x+a.w <= b.x+b.w+slack && a.y+a.h <= b.y+b.h+slack
	}
	meet := func(a, b rect) bool {
		return a.x < b.x+b.w-slack && b.x < a.x+a.w-slack && a.y < b.y+b.h-slack && b.y < a.y+a.h-slack
	}
	page := rect{0, 0, p.width, p.height}
	var cells []rect // of boxes with their texts
	for _, b := range p.boxes {
		cell := b.rect
		cell.h += sizeHeight
		cell.w = max(b.w, b.w/2+besideLine+textWidth(b.below()))
		if times := b.times(); times != "" {
			cell.w = max(cell.w, b.w+besideBox+textWidth(times))
		}
		if share := b.share(); share != "" {
			cell.x -= besideBox + textWidth(share)
			cell.w += besideBox + textWidth(share)
		}
		for _, line := range b.lines() {
			if textWidth(line) > b.w {
				t.Errorf("%s: %s is wider than its box", name, line)
			}
		}
		if !inside(cell, page) {
			t.Errorf("%s: %s leaves the page", name, b.names())
		}
		for k, other := range cells {
			if meet(cell, other) {
				t.Errorf("%s: %s lies over %s", name, b.names(), p.boxes[k].names())
			}
		}
		cells = append(cells, cell)
	}
	within := map[*Part]map[*Part]bool{} // the parts in each frame, at any depth
	var note func(parts []*Part, around []*Part)
	note = func(parts []*Part, around []*Part) {
		for _, part := range parts {
			for _, f := range around {
				within[f][part] = true
			}
			if part.IsFrame() {
				within[part] = map[*Part]bool{}
				note(part.Inner, append(around, part))
			}
		}
	}
	note(d.Parts, nil)
	var titles []rect
	for _, f := range p.frames {
		w, h := titleSize(f.Part)
		title := rect{f.x, f.y, w - framePad/2, h}
		titles = append(titles, title)
		if !inside(title, f.rect) {
			t.Errorf("%s: the label of %s is outside its frame", name, f.Title)
		}
		for k, b := range p.boxes {
			switch isIn := within[f.Part][b.Part]; {
			case isIn && !inside(cells[k], f.rect):
				t.Errorf("%s: %s leaves its frame %s", name, b.names(), f.Title)
			case !isIn && meet(cells[k], f.rect), isIn && meet(cells[k], title):
				t.Errorf("%s: %s lies over the frame %s", name, b.names(), f.Title)
			}
		}
		for _, other := range p.frames {
			if other.Part != f.Part && !within[f.Part][other.Part] && !within[other.Part][f.Part] && meet(f.rect, other.rect) {
				t.Errorf("%s: the frames %s and %s overlap", name, f.Title, other.Title)
			}
		}
	}
	for _, e := range p.paths {
		if e.from > e.y1+slack || e.y1 > e.y2+slack || e.y2 > e.to+slack {
			t.Errorf("%s: an edge does not lead down: %+v", name, e)
		}
		left, right := min(e.x1, e.x2), max(e.x1, e.x2)
		for _, piece := range []rect{
			{e.x1 - 0.1, e.from, 0.2, e.y1 - e.from}, {left - 0.1, e.y1, right - left + 0.2, e.y2 - e.y1}, {e.x2 - 0.1, e.y2, 0.2, e.to - e.y2},
		} {
			for _, b := range p.boxes {
				if meet(piece, b.rect) {
					t.Errorf("%s: an edge crosses %s: %+v", name, b.names(), e)
				}
			}
			for k, title := range titles {
				if meet(piece, title) {
					t.Errorf("%s: an edge crosses the label of the frame %s: %+v", name, p.frames[k].Title, e)
				}
			}
		}
	}
}

// An SVG is XML, and text of a user is nothing but text in it.
func TestSVGIsXML(t *testing.T) {
	for _, name := range []string{"lenet5", "googlenet", "unet", `</title><script>alert("1")</script>`, "\u202Eevil\x00"} {
		n := builtIn(t, "lenet5")
		if data, err := architectures.Open(name); err == nil {
			n = read(t, name, string(data))
		}
		n.Name = name
		d := New(n, Options{Depth: -1})
		svg, err := d.SVG()
		if err != nil {
			t.Fatal(err)
		}
		texts := 0
		for decoder := xml.NewDecoder(strings.NewReader(string(svg))); ; {
			token, err := decoder.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if start, ok := token.(xml.StartElement); ok {
				switch start.Name.Local {
				case "svg", "title", "desc", "style", "rect", "path", "g":
				case "text":
					texts++
				default:
					t.Errorf("%s: an element %s", name, start.Name.Local)
				}
			}
		}
		if texts < 10 {
			t.Errorf("%s: only %d texts", name, texts)
		}
	}
}

// The names that a page needs to find what was chosen are those of the network's layers and blocks.
func TestNamesInSVG(t *testing.T) {
	n := read(t, "net", `
input: 8x8x4
blocks:
  unit(w): ADD(CONV3-w -> RELU | IDENTITY) -> RELU
layers: INPUT -> unit(4)*2 -> [CONV3-4 -> POOL3 s1 p1]*2 -> GAP
`)
	for _, c := range []struct {
		depth    int
		hasNames bool
		want     string
	}{
		{-1, true, "block=unit1.conv1 0 block=conv1 0 layer=input layer=input layer=unit1.conv1 layer=unit1.conv1 layer=unit1.relu1 " +
			"layer=unit1.add1 layer=unit1.add1 layer=unit1.relu2 layer=conv1 layer=conv1 layer=pool1 layer=pool1 " +
			"layer=gap1 layer=gap1"},
		{0, true, "layer=input layer=input block=unit1.conv1 0 block=conv1 0 layer=gap1 layer=gap1"},
		{-1, false, ""},
	} {
		d := New(n, Options{Depth: c.depth})
		d.HasNames = c.hasNames
		svg, err := d.SVG()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, match := range regexp.MustCompile(` data-([a-z]+="[^"]*")`).FindAllStringSubmatch(string(svg), -1) {
			got = append(got, strings.ReplaceAll(match[1], `"`, ""))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("depth %d: %s; want %s", c.depth, strings.Join(got, " "), c.want)
		}
	}
}

// Each frame of a network can be a single box, alone and with all others.
func TestFolded(t *testing.T) {
	for _, name := range []string{"googlenet", "unet", "torchvision/resnet50", "torchvision/densenet121"} {
		n := builtIn(t, name)
		frames, boxes := keys(New(n, Options{Depth: -1}).Parts)
		if len(frames) == 0 || len(boxes) != 0 {
			t.Fatalf("%s: frames %q, single boxes %q", name, frames, boxes)
		}
		for _, key := range frames {
			open, folded := keys(New(n, Options{Depth: -1, Folded: []string{key, "nothing"}}).Parts)
			if !slices.Equal(folded, []string{key}) || slices.Contains(open, key) {
				t.Errorf("%s: folding %s leaves the frames %q and the single boxes %q", name, key, open, folded)
			}
		}
		if open, folded := keys(New(n, Options{Depth: -1, Folded: frames}).Parts); len(open) != 0 || len(folded) == 0 {
			t.Errorf("%s: folding all leaves the frames %q and the single boxes %q", name, open, folded)
		}
	}
}

// keys returns the keys of frames, and those of single boxes.
func keys(parts []*Part) (frames, boxes []string) {
	for _, p := range parts {
		if p.IsFrame() {
			frames = append(frames, p.Key)
		} else if p.Key != "" {
			boxes = append(boxes, p.Key)
		}
		f, b := keys(p.Inner)
		frames, boxes = append(frames, f...), append(boxes, b...)
	}
	return frames, boxes
}

// Layers that all read from far above would take rows times columns of places: they are refused.
func TestTooManyLongEdges(t *testing.T) {
	parts := read(t, "parts", "input: 8x8x4\nlayers: INPUT -> CONV3-4 -> ADD(IDENTITY | CONV1-4)").Nodes
	var b graph.Builder
	b.Add(graph.Node{Name: "input", Op: parts[0].Op})
	const half = 2000
	for i := 1; i <= 2*half; i++ {
		node := graph.Node{Name: fmt.Sprint("n", i), Op: parts[1].Op, Inputs: []int{i - 1}, Pos: diag.Pos{Line: i, Col: 1}}
		if i > half {
			node.Op, node.Inputs = parts[3].Op, []int{i - 1, 2*half - i}
		}
		b.Add(node)
	}
	n := inferred(t, &b)
	if _, err := New(n, Options{Depth: -1}).SVG(); !errors.Is(err, errTooLong) {
		t.Error(err)
	}
}
