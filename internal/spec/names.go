package spec

import (
	"fmt"
	"strconv"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// labels is the names visible in a chain: its own, and those of the chains it stands in.
type labels struct {
	outer *labels
	own   map[string]labelled
}

type labelled struct {
	node int
	list *[]int // nodes of a list, which stands in the outermost chain that adds to it; nil for a single result
	pos  diag.Pos
}

func (s *labels) lookup(name string) (labelled, bool) {
	for ; s != nil; s = s.outer {
		if found, ok := s.own[name]; ok {
			return found, true
		}
	}
	return labelled{}, false
}

// find gives what a label stands for that a path in the given text (a block's name, or "" for the layers) starts
// from. sites holds the labels of the whole file, for the message.
func (s *labels) find(name string, pos diag.Pos, text string, sites labelSites) (labelled, *diag.Problem) {
	found, ok := s.lookup(name)
	if ok {
		return found, nil
	}
	p := &diag.Problem{Pos: pos, Code: "label/unknown", Msg: fmt.Sprintf("the label @%s is not known here", name)}
	here, isHere := sites[labelSite{name, text}]
	there, isThere := sites[labelSite{name, anyText}]
	switch {
	case isHere && here.After(pos):
		p.Hint = fmt.Sprintf("it is set later, at %s; a path may start from an earlier result only", here)
	case isHere:
		p.Hint = fmt.Sprintf("the one at %s is private to its brackets or path", here)
	case isThere:
		p.Hint = fmt.Sprintf("the one at %s cannot be seen from here: a block's labels are private to it, and it sees none of its caller's", there)
	default:
		p.Hint = s.suggest(name)
	}
	return labelled{}, p
}

func (s *labels) suggest(name string) string {
	near, ok := diag.Nearest(name, s.visible())
	if !ok {
		return "a label stands behind the item it names, before the path that starts from it: CONV3-64 @skip"
	}
	return fmt.Sprintf("did you mean @%s?", near)
}

// visible is the labels in sight, or a part of them where there are very many.
func (s *labels) visible() []string {
	var names []string
	for ; s != nil; s = s.outer {
		for name := range s.own {
			names = append(names, name)
		}
		if len(names) > diag.MaxCandidates {
			break
		}
	}
	return names
}

// anyText stands for the file as a whole among the texts that labels are in. It is no block's name.
const anyText = "*"

// labelSite is a label in a text of the file: a block's name, "" for the layers, or anyText.
type labelSite struct{ name, text string }

// labelSites is where each label is first set.
type labelSites map[labelSite]diag.Pos

func (l labelSites) add(name, text string, pos diag.Pos) {
	for _, site := range []labelSite{{name, text}, {name, anyText}} {
		if _, seen := l[site]; !seen {
			l[site] = pos
		}
	}
}

func (s *labels) define(name string, pos diag.Pos, node int) *diag.Problem {
	if earlier, ok := s.lookup(name); ok {
		return &diag.Problem{Pos: pos, Code: "label/duplicate", Msg: fmt.Sprintf("the label @%s is set twice", name), Hint: fmt.Sprintf("first at %s", earlier.pos)}
	}
	s.set(name, labelled{node: node, pos: pos})
	return nil
}

// add puts a node at the end of the list of that name, the one in sight or else a new one.
func (s *labels) add(name string, pos diag.Pos, node int) *diag.Problem {
	found, ok := s.lookup(name)
	switch {
	case !ok:
		s.set(name, labelled{list: &[]int{node}, pos: pos})
	case found.list == nil:
		return &diag.Problem{Pos: pos, Code: "label/list", Msg: fmt.Sprintf("the label @%s is no list, but one result", name),
			Hint: fmt.Sprintf("set at %s; all results of a list are labelled @%s+", found.pos, name)}
	default:
		*found.list = append(*found.list, node)
	}
	return nil
}

func (s *labels) set(name string, l labelled) {
	if s.own == nil {
		s.own = map[string]labelled{}
	}
	s.own[name] = l
}

// counter numbers kinds and blocks within one turn of a block, or within the network.
type counter struct {
	prefix string
	seen   map[string]int
}

// next is the name with its running number: conv13, inception3.
func (c *counter) next(name string) string {
	if c.seen == nil {
		c.seen = map[string]int{}
	}
	c.seen[name]++
	return name + strconv.Itoa(c.seen[name])
}

// namer remembers, for every node but the first, which counter numbers it.
type namer struct {
	counters []*counter
}

func (n *namer) add(c *counter) { n.counters = append(n.counters, c) }

// nameNodes gives every node without a label its kind and running number.
func (l *lowerer) nameNodes() {
	nodes := l.graph.Nodes
	written := make([]bool, len(nodes))
	for i := range nodes {
		written[i] = nodes[i].Labelled
	}
	for i, name := range assignNames(nodes, written, func(i int) *counter { return l.names.counters[i-1] }) {
		nodes[i].Name = name
	}
}

// assignNames names all nodes: those with a label as written, the others by kind and running number within
// their counter's prefix, labelled nodes of the kind counted too. A name that is taken gets _2, _3 and so on;
// labels come first, so that they stay as written.
func assignNames(nodes []graph.Node, labelled []bool, within func(i int) *counter) []string {
	names := make([]string, len(nodes))
	taken := make(map[string]int, len(nodes)) // and the last number tried behind the name
	claim := func(i int, name string) {
		free := name
		for taken[free] > 0 {
			taken[name]++
			free = name + "_" + strconv.Itoa(taken[name])
		}
		taken[free] = 1
		names[i] = free
	}
	for i := range nodes {
		if labelled[i] {
			claim(i, nodes[i].Name)
		}
	}
	if !labelled[0] {
		claim(0, "input")
	}
	running := map[string]*counter{}
	for i := 1; i < len(nodes); i++ {
		prefix := within(i).prefix
		if running[prefix] == nil {
			running[prefix] = &counter{prefix: prefix}
		}
		name := prefix + running[prefix].next(strings.ToLower(nodes[i].Op.Kind()))
		if !labelled[i] {
			claim(i, name)
		}
	}
	return names
}
