package spec

import (
	"fmt"
	"strconv"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// labels is the labels visible in a chain: its own and those of the chains around it.
type labels struct {
	outer *labels
	own   map[string]labelled
}

// labelled is what a label names: a node or, with list, all nodes of a list.
type labelled struct {
	node int
	list *[]int // nil for a single result
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

// find returns what a label names that is used at pos, in the text of a block or, if that is "", of the layers. sites
// holds the labels of the whole file, for the message.
func (s *labels) find(name string, pos diag.Pos, text string, sites labelSites) (labelled, *diag.Problem) {
	found, ok := s.lookup(name)
	if ok {
		return found, nil
	}
	p := diag.ErrorfAt(pos, "label/unknown", "the label @%s is not known here", name)
	here, isHere := sites[labelSite{name, text}]
	there, isThere := sites[labelSite{name, anyText}]
	inHead, isInHead := sites.inHead(name)
	outer, isOuter := sites[labelSite{name, ""}]
	switch {
	case isHere && here.pos.After(pos):
		p.WithHint("it is set later, at %s; a path can start only from an earlier result", here.pos)
	case isHere:
		p.WithHint("the label at %s is private to its brackets or path", here.pos)
	case isHeadText(text) && isOuter:
		p.WithHint("the label at %s is private to its brackets or path", outer.pos)
	case isInHead:
		p.WithHint("it is set at %s; only the heads after that one can start from it", inHead.pos)
	case isThere && isHeadText(text) && isHeadText(there.text):
		p.WithHint("the label at %s belongs to another head: write @%s.%s", there.pos, there.text[len(headText):], name)
	case isThere && isHeadText(there.text):
		p.WithHint("the label at %s is set in a head; only heads can use it", there.pos)
	case isThere:
		p.Hint = notVisible(name, text, there.pos)
	default:
		p.Hint = s.suggest(name)
	}
	return labelled{}, p
}

// notVisible returns the hint for a label that is set in another text, at there.
func notVisible(name, text string, there diag.Pos) string {
	if text == "" || isHeadText(text) {
		return fmt.Sprintf("the label at %s is private to its block; name the result of the block where it is called", there)
	}
	return fmt.Sprintf("the label at %s is outside this block; pass it as an argument: %s(@%s)", there, text, name)
}

// suggest returns the hint for a label that is set nowhere in the file.
func (s *labels) suggest(name string) string {
	near, ok := diag.Nearest(name, s.visible())
	if !ok {
		return "a label follows the item that it names, before the path that starts from it: CONV3-64 @skip"
	}
	return fmt.Sprintf("did you mean @%s?", near)
}

// visible returns the visible labels, or some of them if there are very many.
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

// anyText is the text of a labelSite for the file as a whole. No block can have this name.
const anyText = "*"

// labelSite is a label in a text of the file, which is the name of a block, that of a head, "" for the layers, or
// anyText.
type labelSite struct{ name, text string }

// firstSite is where a label is first set, and in which text.
type firstSite struct {
	pos  diag.Pos
	text string
}

// labelSites maps each label to the place where it is first set.
type labelSites map[labelSite]firstSite

func (l labelSites) add(name, text string, pos diag.Pos) {
	for _, site := range []labelSite{{name, text}, {name, anyText}} {
		if _, seen := l[site]; !seen {
			l[site] = firstSite{pos, text}
		}
	}
}

// inHead returns where a label is set that is written with the name of its head, as @aux.conv.
func (l labelSites) inHead(name string) (firstSite, bool) {
	headName, label, _ := strings.Cut(name, ".")
	site, ok := l[labelSite{label, headText + headName}]
	return site, ok
}

// define gives a node a label that is not visible yet.
func (s *labels) define(name string, pos diag.Pos, node int) *diag.Problem {
	if earlier, ok := s.lookup(name); ok {
		return diag.ErrorfAt(pos, "label/duplicate", "the label @%s is set twice", name).
			WithHint("first at %s", earlier.pos)
	}
	s.set(name, labelled{node: node, pos: pos})
	return nil
}

// add appends a node to the visible list of that name, or starts a new list.
func (s *labels) add(name string, pos diag.Pos, node int) *diag.Problem {
	found, ok := s.lookup(name)
	switch {
	case !ok:
		s.set(name, labelled{list: &[]int{node}, pos: pos})
	case found.list == nil:
		return diag.ErrorfAt(pos, "label/list", "the label @%s names one result, not a list", name).
			WithHint("set at %s; label every result of a list @%s+", found.pos, name)
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

// counter numbers the layers of each kind and the calls of each block, within one call or in the layers.
type counter struct {
	prefix string
	seen   map[string]*running
}

// running is the names of one kind or block.
type running struct {
	start string // of each name, before its number
	last  int
}

// next returns the name of a block with its running number: inception3.
func (c *counter) next(block string) string { return c.numbered(block).next() }

// nextLayer returns the name of a layer by its kind, after the counter's prefix: unit3.conv13.
func (c *counter) nextLayer(kind string) string {
	r := c.numbered(kind)
	if r.last == 0 {
		r.start = c.prefix + strings.ToLower(kind)
	}
	return r.next()
}

func (c *counter) numbered(what string) *running {
	if c.seen == nil {
		c.seen = map[string]*running{}
	}
	r := c.seen[what]
	if r == nil {
		r = &running{start: what}
		c.seen[what] = r
	}
	return r
}

func (r *running) next() string {
	r.last++
	return r.start + strconv.Itoa(r.last)
}

// namer holds the counter of every node except the first.
type namer struct {
	counters []*counter
}

func (n *namer) add(c *counter) { n.counters = append(n.counters, c) }

// nameNodes names every node without a label by its kind and running number.
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

// assignNames returns the names of all nodes. Labelled nodes keep their name; the others are named by kind and running
// number after their counter's prefix, and labelled nodes count too. A name that is taken gets _2, _3 and so on. Labels
// come first, so that they stay as written.
func assignNames(nodes []graph.Node, labelled []bool, within func(i int) *counter) []string {
	names := make([]string, len(nodes))
	taken := make(map[string]int, len(nodes)) // the last number that was tried after each name
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
	counters := map[string]*counter{}
	for i := 1; i < len(nodes); i++ {
		prefix := within(i).prefix
		if counters[prefix] == nil {
			counters[prefix] = &counter{prefix: prefix}
		}
		name := counters[prefix].nextLayer(nodes[i].Op.Kind())
		if !labelled[i] {
			claim(i, name)
		}
	}
	return names
}
