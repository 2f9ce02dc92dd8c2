package spec

import (
	"math"
	"slices"

	"cnncalc/internal/graph"
)

// Bounds of what is written as a path of a merge: how deep merges nest, and how many items a path has. Beyond them the
// nodes are written before the merge, which refers to them by labels.
const (
	maxNestedMerges = 2
	maxPathItems    = 256
)

// chainItem is a node as an item of a printed chain.
type chainItem struct {
	node  int
	from  int         // the earlier result that the item reads, or none if it reads the item before
	paths []chainPath // of a merge
	depth int         // how deep merges nest in its paths
}

// chainPath is a path of a merge. Without items it is the result from, or IDENTITY if that is none.
type chainPath struct {
	from  int // the earlier result that it starts from, or none if the whole merge starts there
	items []chainItem
}

// none is the index of no node.
const none = -1

// fragment is a run of nodes, each of which reads the one before it. The first one reads the result from.
type fragment struct {
	from  int
	items []chainItem
}

func (f *fragment) end() int { return f.items[len(f.items)-1].node }

// arranger finds the chain that a graph is printed as. Reading a chain makes nodes in the order of the text, so the
// nodes of a merge's paths come right before it, path after path. The arranger visits the nodes in order and keeps the
// fragments that no merge has joined yet. A merge takes the last fragments as its paths if nothing else refers to their
// nodes. Otherwise it refers to its inputs by labels, which always reads back as the same graph.
type arranger struct {
	graph     *graph.Graph
	uses      []int // how many inputs, settings and outputs refer to each node
	lastUse   []int // the last node that reads or names each node, or math.MaxInt for an output
	fragments []fragment
	// labelsSkips makes the chain go down and up again as it does in a U-Net, with labels for the results that skip over
	// that, not with paths in paths.
	labelsSkips bool
}

func newArranger(g *graph.Graph) *arranger {
	a := &arranger{graph: g, uses: make([]int, len(g.Nodes)), lastUse: make([]int, len(g.Nodes))}
	a.countUses()
	return a
}

// chain returns the nodes from first to before end as one chain. It starts with the INPUT, if that is the first node,
// and else from an earlier result.
func (a *arranger) chain(first, end int) []chainItem {
	a.fragments = nil
	for i := first; i < end; i++ {
		switch in := a.graph.Nodes[i].Inputs; {
		case len(in) == 0:
			a.begin(none, i, end)
		case a.graph.Nodes[i].JoinsPaths():
			a.merge(i)
		case in[0] == i-1 && i > first:
			a.follow(chainItem{node: i, from: none})
		default:
			a.begin(in[0], i, end)
		}
	}
	if len(a.fragments) == 1 {
		return a.fragments[0].items
	}
	var chain []chainItem
	for _, f := range a.fragments {
		chain = append(chain, f.items...)
	}
	return chain
}

func (a *arranger) countUses() {
	for i := range a.graph.Nodes {
		for _, in := range a.graph.Nodes[i].Inputs {
			a.uses[in]++
			a.lastUse[in] = i
		}
		for _, r := range a.graph.Nodes[i].Refs {
			a.uses[r.Node]++
			a.lastUse[r.Node] = i
		}
	}
	for _, out := range a.graph.Outputs {
		a.uses[out]++
		a.lastUse[out] = math.MaxInt
	}
}

// begin starts a fragment with node i, which reads the result from, with room for the nodes before end that follow it
// one after the other.
func (a *arranger) begin(from, i, end int) {
	last := i + 1
	for last < end && len(a.graph.Nodes[last].Inputs) == 1 && a.graph.Nodes[last].Inputs[0] == last-1 {
		last++
	}
	items := make([]chainItem, 1, last-i)
	items[0] = chainItem{node: i, from: from}
	a.fragments = append(a.fragments, fragment{from, items})
}

// follow appends an item to the last fragment.
func (a *arranger) follow(item chainItem) {
	last := &a.fragments[len(a.fragments)-1]
	if len(last.items) == cap(last.items) {
		last.items = slices.Grow(last.items, len(last.items)) // items are large, as nodes are
	}
	last.items = append(last.items, item)
}

// merge adds node i, which joins paths.
func (a *arranger) merge(i int) {
	for count := a.paths(i); count > 0; count-- {
		if a.skipsOverWhole(i, count) && a.joinWhole(i, count) || a.joinCut(i, count) || a.joinWhole(i, count) {
			return
		}
	}
	if len(a.fragments) == 0 {
		from := a.graph.Nodes[i].Inputs[0]
		item := a.item(i, from, nil)
		item.from = from
		a.fragments = []fragment{{from, []chainItem{item}}}
		return
	}
	a.follow(a.item(i, i-1, nil))
}

// paths returns how many of the last fragments end in inputs of node i, in the order of the inputs, and in nothing
// else's.
func (a *arranger) paths(i int) int {
	inputs := a.graph.Nodes[i].Inputs
	count := 0
	for ; count < len(a.fragments); count++ {
		end := a.fragments[len(a.fragments)-1-count].end()
		if a.uses[end] != 1 {
			break
		}
		at := slices.Index(inputs, end)
		if at < 0 {
			break
		}
		inputs = inputs[:at]
	}
	return count
}

// skipsOverWhole reports whether node i also reads the result before its last count fragments, as IDENTITY.
func (a *arranger) skipsOverWhole(i, count int) bool {
	before := len(a.fragments) - 1 - count
	return before >= 0 && slices.Contains(a.graph.Nodes[i].Inputs, a.fragments[before].end())
}

// joinWhole makes node i follow the fragment before the last count ones, which become its paths. It returns false if
// they cannot.
func (a *arranger) joinWhole(i, count int) bool {
	first := len(a.fragments) - count
	if first == 0 {
		return false
	}
	segments := slices.Clone(a.fragments[first:])
	if !a.areClosed(segments) {
		return false
	}
	item := a.item(i, a.fragments[first-1].end(), segments)
	a.fragments = a.fragments[:first]
	a.follow(item)
	return true
}

// joinCut makes node i follow a result within the first of the last count fragments, or the result that this fragment
// starts from. What comes after that result becomes the first path, and the later fragments become the others. It
// returns false if they cannot.
func (a *arranger) joinCut(i, count int) bool {
	first := len(a.fragments) - count
	base := &a.fragments[first]
	start, ok := a.start(i, first)
	if !ok {
		return false
	}
	cut := 0 // items of base that stay before the merge
	if start != base.from {
		byNode := func(item chainItem, node int) int { return item.node - node }
		at, found := slices.BinarySearchFunc(base.items, start, byNode)
		if !found || at == len(base.items)-1 {
			return false
		}
		cut = at + 1
	}
	segments := slices.Clone(a.fragments[first:])
	segments[0] = fragment{start, base.items[cut:]}
	if !a.areClosed(segments) {
		return false
	}
	item := a.item(i, start, segments)
	if cut == 0 {
		item.from = start
	}
	base.items = append(base.items[:cut], item) // paths have copies of what it overwrites
	a.fragments = a.fragments[:first+1]
	return true
}

// start returns the result that the paths of node i start from if the first is cut out of fragment first: the one that
// the later fragments start from or, if there are none, the other result that node i reads.
func (a *arranger) start(i, first int) (start int, ok bool) {
	start = none
	for _, f := range a.fragments[first+1:] {
		start = max(start, f.from)
	}
	for _, in := range a.graph.Nodes[i].Inputs {
		endsIn := func(f fragment) bool { return f.end() == in }
		isPath := in > start && slices.ContainsFunc(a.fragments[first:], endsIn)
		switch {
		case isPath || in == start:
		case first+1 < len(a.fragments):
			if in > start {
				return none, false
			}
		case start == none:
			start = in
		default:
			return none, false // several results besides a single path
		}
	}
	return start, start != none
}

// areClosed reports whether nothing outside a segment reads a result inside it, except for its end, and whether all
// segments are small enough for paths.
func (a *arranger) areClosed(segments []fragment) bool {
	for _, s := range segments {
		if len(s.items) > maxPathItems || a.labelsSkips && a.goesUp(s) {
			return false
		}
		end := s.end()
		for k, item := range s.items {
			if item.depth >= maxNestedMerges || k < len(s.items)-1 && a.lastUse[item.node] > end {
				return false
			}
		}
	}
	return true
}

// goesUp reports whether a segment enlarges the plane after other layers.
func (a *arranger) goesUp(s fragment) bool {
	enlarges := func(item chainItem) bool { return enlargesPlane(a.graph.Nodes[item.node].Op.Kind()) }
	return len(s.items) > 4 && slices.ContainsFunc(s.items, enlarges)
}

func enlargesPlane(kind string) bool {
	return slices.Contains([]string{"UPCONV", "UPSAMPLE", "RESIZE", "PIXELSHUFFLE"}, kind)
}

// item returns node i with its paths: a segment, IDENTITY for the result start, or a label.
func (a *arranger) item(i, start int, segments []fragment) chainItem {
	item := chainItem{node: i, from: none}
	for _, in := range a.graph.Nodes[i].Inputs {
		path := chainPath{from: in}
		switch {
		case in == start:
			path.from = none
		case len(segments) > 0 && segments[0].end() == in:
			path = segments[0].path(start)
			segments = segments[1:]
		}
		for _, inner := range path.items {
			item.depth = max(item.depth, inner.depth+1)
		}
		item.paths = append(item.paths, path)
	}
	return item
}

// path returns the fragment as a path of a merge whose paths start from the result start.
func (f *fragment) path(start int) chainPath {
	items := slices.Clone(f.items)
	items[0].from = none
	if f.from == start {
		return chainPath{none, items}
	}
	return chainPath{f.from, items}
}
