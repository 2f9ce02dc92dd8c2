package spec

import (
	"cmp"
	"slices"
	"strings"

	"cnncalc/internal/graph"
)

// Bounds of the search for blocks: how many pieces of a chain a block may have, how many layers it has at least, how
// many blocks are looked for, how many of the most promising ones are tried each time, and how many characters the file
// must be shorter with a block.
const (
	maxBlockPieces = 32
	minBlockLayers = 3
	maxFoundBlocks = 24
	maxTried       = 24
	minSaved       = 40
)

// finder finds blocks in the chains of a graph: sequences of pieces that occur several times, but for numbers. Each
// time it takes the block that makes the file shortest, and writes calls of it in place of the sequences.
type finder struct {
	graph *graph.Graph
	*forms
	hoisted  hoisted
	chains   [][]*piece // of the parts
	blocks   []*foundBlock
	isPinned []bool // results that have a name of their own or are in a list: only the last one of a block may be
	lastUse  []int  // the last node that reads or names each node's result
	classes  map[string]int
}

// find finds blocks until none is left that makes the file shorter.
func (f *finder) find() {
	for len(f.blocks) < maxFoundBlocks {
		chains := f.allChains()
		best, occurrences := f.best(f.candidates(chains))
		if best == nil {
			return
		}
		f.replace(best, occurrences)
	}
}

// allChains returns the chains of the parts and of all paths in them, after it has set the class and the text of their
// pieces.
func (f *finder) allChains() []*[]*piece {
	f.classes = map[string]int{}
	w := &pieceWriter{forms: f.forms, hoisted: f.hoisted, shorten: foldWhole}
	w.label = func(int) string { return "" }
	w.refer = func(i int) string { return f.graph.Nodes[i].Name }
	var chains []*[]*piece
	var visit func(chain *[]*piece)
	visit = func(chain *[]*piece) {
		chains = append(chains, chain)
		for _, p := range *chain {
			for k := range p.paths {
				visit(&p.paths[k].pieces)
			}
			p.class = f.class(p)
			w.slots = heldBy([]*piece{p})
			p.text = w.item(p)
		}
	}
	for k := range f.chains {
		visit(&f.chains[k])
	}
	for k := range f.chains {
		markCopies(f.chains[k], false)
	}
	return chains
}

// markCopies marks the pieces that are only in the file once more because a sequence occurs several times in a row,
// which is then written once. With all, all of them are.
func markCopies(chain []*piece, all bool) {
	for _, p := range chain {
		p.isCopy = all
	}
	for period := 1; period <= min(maxPeriod, len(chain)/2) && !all; period++ {
		run := 0
		for i := period; i < len(chain); i++ {
			if chain[i].text != chain[i-period].text {
				run = 0
				continue
			}
			if run++; run%period == 0 {
				for _, p := range chain[i-period+1 : i+1] {
					p.isCopy = true
				}
			}
		}
	}
	for _, p := range chain {
		for _, path := range p.paths {
			markCopies(path.pieces, p.isCopy)
		}
	}
}

// class returns a number that is the same for pieces that differ in the values of slots only. Those of its paths are
// known.
func (f *finder) class(p *piece) int {
	key := make([]byte, 0, 16)
	number := func(n int) { key = append(key, byte(n), byte(n>>8), byte(n>>16), byte(n>>24)) }
	if p.block != nil {
		key = append(key, 'c')
		number(slices.Index(f.blocks, p.block))
	} else {
		key = append(key, 'f')
		number(p.form.id)
	}
	for _, path := range p.paths {
		key = append(append(key, '|'), path.list...)
		if path.from != none {
			key = append(key, '@')
		}
		for i, inner := range path.pieces {
			number(inside(inner, i))
		}
	}
	class, known := f.classes[string(key)]
	if !known {
		class = len(f.classes)
		f.classes[string(key)] = class
	}
	return class
}

// inside returns the class of piece i of a sequence, which says whether it reads an earlier result by a label.
func inside(p *piece, i int) int {
	if i > 0 && p.from != none {
		return 2*p.class + 1
	}
	return 2 * p.class
}

// candidate is a sequence that occurs several times.
type candidate struct {
	occurrences []occurrence
	saves       int // at most
}

// candidates returns the sequences that may save the most, the best first.
func (f *finder) candidates(chains []*[]*piece) []candidate {
	var found []candidate
	s := newSequences(f, chains)
	for length := 1; length <= maxBlockPieces && len(s.alive) > 0; length++ {
		s.grow(length)
		for _, at := range s.groups() {
			c := s.candidate(at, length)
			if c.saves >= minSaved {
				found = append(found, c)
			}
		}
		slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(b.saves, a.saves) })
		found = found[:min(len(found), maxTried)]
	}
	return found
}

// sequences are all sequences of one length.
type sequences struct {
	*finder
	pieces []*piece // of all chains, one after the other
	chain  []*[]*piece
	start  []int // in all pieces, of the chain of each
	id     []int // equal for equal sequences, by where they start
	alive  []int // where sequences start that occur twice or more
	ends   []int // the last node that uses a result within the sequence, but for its last one
	pinned []int // pinned results before each node
}

func newSequences(f *finder, chains []*[]*piece) *sequences {
	s := &sequences{finder: f}
	for _, c := range chains {
		start := len(s.pieces)
		for i := range *c {
			s.alive = append(s.alive, start+i)
			s.chain, s.start = append(s.chain, c), append(s.start, start)
		}
		s.pieces = append(s.pieces, *c...)
	}
	s.id, s.ends = make([]int, len(s.pieces)), make([]int, len(s.pieces))
	s.pinned = make([]int, len(f.isPinned)+1)
	for i, is := range f.isPinned {
		s.pinned[i+1] = s.pinned[i]
		if is {
			s.pinned[i+1]++
		}
	}
	return s
}

// grow makes the sequences one piece longer, and leaves out those that occur once.
func (s *sequences) grow(length int) {
	type pair struct{ before, last int }
	ids := map[pair]int{}
	var counts []int
	var grown []int
	for _, at := range s.alive {
		last := at + length - 1
		if last >= s.start[at]+len(*s.chain[at]) || s.isBarrier(s.pieces[last]) {
			continue
		}
		key := pair{s.id[at], inside(s.pieces[last], length-1)}
		id, known := ids[key]
		if !known {
			id = len(counts)
			ids[key] = id
			counts = append(counts, 0)
		}
		counts[id]++
		s.id[at] = id
		s.use(at, length)
		grown = append(grown, at)
	}
	s.alive = slices.DeleteFunc(grown, func(at int) bool { return counts[s.id[at]] < 2 })
}

// isBarrier reports whether no block holds the piece: an INPUT, or a merge of a list.
func (s *sequences) isBarrier(p *piece) bool {
	return len(s.graph.Nodes[p.node].Inputs) == 0 || len(p.paths) > 0 && p.paths[0].list != ""
}

// use adds the results of a sequence that its new last piece makes private.
func (s *sequences) use(at, length int) {
	first, last := s.pieces[at+length-1].first, s.pieces[at+length-1].node
	if length > 1 {
		first = s.pieces[at+length-2].node
	}
	for i := first; i < last; i++ {
		s.ends[at] = max(s.ends[at], s.lastUse[i])
	}
}

// isClosed reports whether nothing outside the sequence uses a result within it, except for its last.
func (s *sequences) isClosed(at, length int) bool {
	first, last := s.pieces[at].first, s.pieces[at+length-1].node
	return s.ends[at] <= last && s.pinned[last] == s.pinned[first]
}

// isWhole reports whether the sequence is one that a person would name: it leaves no convolution without its
// normalisation and activation function, cuts no repeat, starts where a shortcut does and ends after its paths are
// joined, and has one merge at most.
func (s *sequences) isWhole(at, length int) bool {
	first, last := s.pieces[at], s.pieces[at+length-1]
	if first.opening().isKind("") {
		return false
	}
	if at > s.start[at] && first.from == none && s.pieces[at-1].isFollowedBy(first) {
		return false
	}
	next, end := at+length, s.start[at]+len(*s.chain[at])
	if next < end && s.pieces[next].from == none && last.isFollowedBy(s.pieces[next]) {
		return false
	}
	if last.joinsSkip() || s.cutsRepeat(at, length) {
		return false
	}
	merges, isJoined := 0, false
	for i, p := range s.pieces[at : at+length] {
		if isJoined && !p.isChange() || i > 0 && p.opening().isResidual() {
			return false
		}
		merges += p.merges()
		isJoined = isJoined || p.opening().joinsBranches()
	}
	return merges <= 1
}

// cutsRepeat reports whether the sequence starts or ends within pieces that repeat each other, and is longer than
// these.
func (s *sequences) cutsRepeat(at, length int) bool {
	before, end := s.pieces[s.start[at]:at], at+length
	sequence, after := s.pieces[at:end], s.pieces[end:s.start[at]+len(*s.chain[at])]
	for period := 1; period < length; period++ {
		if period <= len(before) && sameText(before[len(before)-period:], sequence[:period]) ||
			period <= len(after) && sameText(sequence[length-period:], after[:period]) {
			return true
		}
	}
	return false
}

func sameText(a, b []*piece) bool {
	return slices.EqualFunc(a, b, func(p, q *piece) bool { return p.text == q.text })
}

// groups returns where the sequences start that are alike, for each that occurs twice or more.
func (s *sequences) groups() [][]int {
	slices.SortStableFunc(s.alive, func(a, b int) int { return cmp.Compare(s.id[a], s.id[b]) })
	var groups [][]int
	for first := 0; first < len(s.alive); {
		end := first
		for end < len(s.alive) && s.id[s.alive[end]] == s.id[s.alive[first]] {
			end++
		}
		groups = append(groups, s.alive[first:end])
		first = end
	}
	return groups
}

// candidate returns those of the sequences that are closed and do not overlap, and how much shorter the file is at most
// if each is a call. Copies save nothing.
func (s *sequences) candidate(places []int, length int) candidate {
	var c candidate
	longest, end := 0, -1
	for _, at := range places {
		if at < end || !s.isClosed(at, length) || !s.isWhole(at, length) {
			continue
		}
		pieces := s.pieces[at : at+length]
		if s.layers(pieces) < minBlockLayers {
			return candidate{}
		}
		o := occurrence{s.chain[at], at - s.start[at], pieces}
		c.occurrences = append(c.occurrences, o)
		if !o.isCopy() {
			width := widthOf(pieces)
			c.saves += width
			longest = max(longest, width)
		}
		end = at + length
	}
	c.saves -= longest
	return c
}

func (s *sequences) layers(pieces []*piece) int {
	return pieces[len(pieces)-1].node - pieces[0].first + 1
}

// widthOf returns about how many characters the pieces have in the file.
func widthOf(pieces []*piece) int {
	width := 0
	for _, p := range pieces {
		if !p.isCopy {
			width += len(p.text) + len(" -> ")
		}
	}
	return width
}

// best returns the block that saves the most, and its occurrences; nil if none saves enough.
func (f *finder) best(candidates []candidate) (best *foundBlock, occurrences []occurrence) {
	most := minSaved - 1
	for _, c := range candidates {
		if c.saves <= most {
			break
		}
		alike := alikeIn(c.occurrences)
		b, ok := blockOf(alike)
		if usual := ofUsualSizes(alike); len(usual) > 1 && len(usual) < len(alike) {
			if simpler, isBlock := blockOf(usual); isBlock && (!ok || len(simpler.params) < len(b.params)) {
				b, alike, ok = simpler, usual, true
			}
		}
		if !ok {
			continue
		}
		b.name = "block1"
		if saves := f.saves(b, alike); saves > most {
			best, occurrences, most = b, alike, saves
		}
	}
	return best, occurrences
}

// ofUsualSizes returns the occurrences without the few that have a window of another size where most have the same.
func ofUsualSizes(occurrences []occurrence) []occurrence {
	isOther := make([]bool, len(occurrences))
	for _, c := range columnsOf(occurrences) {
		if c.kind != numberSlot || c.key != "size" {
			continue
		}
		count := map[int64]int{}
		for _, v := range c.values {
			count[v]++
		}
		for k, v := range c.values {
			if count[v]*5 < len(occurrences) {
				isOther[k] = true
			}
		}
	}
	var usual []occurrence
	for k, o := range occurrences {
		if !isOther[k] {
			usual = append(usual, o)
		}
	}
	return usual
}

// alikeIn returns the occurrences whose labels name results within them where those of the first do.
func alikeIn(occurrences []occurrence) []occurrence {
	offsets := func(o *occurrence) []int64 {
		var inside []int64
		for _, s := range slotsOf(o.pieces) {
			if s.kind == labelSlot {
				inside = append(inside, max(s.value-int64(o.first()), -1))
			}
		}
		return inside
	}
	want := offsets(&occurrences[0])
	var alike []occurrence
	for k := range occurrences {
		if slices.Equal(offsets(&occurrences[k]), want) {
			alike = append(alike, occurrences[k])
		}
	}
	return alike
}

// saves returns how many characters shorter the file is with the block.
func (f *finder) saves(b *foundBlock, occurrences []occurrence) int {
	w := f.writer(b)
	saves := -len("  :\n") - len(b.signature()) - len(joinArrows(foldWhole(w.items(b.body))))
	for k, o := range occurrences {
		if o.isCopy() {
			continue
		}
		saves += widthOf(o.pieces) - len(w.call(b, b.arguments(k))) - len(" -> ")
	}
	return saves
}

// writer returns a writer of the block's body.
func (f *finder) writer(b *foundBlock) *pieceWriter {
	return &pieceWriter{
		forms: f.forms, hoisted: f.hoisted, slots: b.slots, shorten: foldWhole,
		label: func(i int) string { return b.labels[i] },
		refer: func(i int) string { return f.graph.Nodes[i].Name },
	}
}

// arguments returns the arguments of the call in place of occurrence k.
func (b *foundBlock) arguments(k int) []written {
	args := make([]written, len(b.params))
	for i, p := range b.params {
		args[i] = written{values: p.values[k : k+1]}
	}
	return args
}

// signature returns the block's name and parameters as its definition has them.
func (b *foundBlock) signature() string {
	params := make([]string, len(b.params))
	for i, p := range b.params {
		params[i] = p.name
		if p.isOne {
			params[i] += "=1"
		}
	}
	return b.name + "(" + strings.Join(params, ", ") + ")"
}

// replace puts a call of the block in place of each occurrence.
func (f *finder) replace(b *foundBlock, occurrences []occurrence) {
	f.blocks = append(f.blocks, b)
	for k, o := range slices.Backward(occurrences) {
		call := &piece{first: o.first(), node: o.pieces[len(o.pieces)-1].node, from: o.pieces[0].from, block: b}
		for _, a := range b.arguments(k) {
			call.slots = append(call.slots, a.values[0])
		}
		(*o.chain)[o.at] = call
		clear((*o.chain)[o.at+1 : o.at+len(o.pieces)])
	}
	for k, o := range occurrences {
		if k == 0 || o.chain != occurrences[k-1].chain {
			*o.chain = slices.DeleteFunc(*o.chain, func(p *piece) bool { return p == nil })
		}
	}
}
