package spec

import (
	"fmt"
	"slices"
	"strconv"
)

// Bounds of the blocks that are found: how many parameters one has, how many of its numbers differ between its calls,
// and the largest factor between two of them that is written as such, as in CONV1-(4*w).
const (
	maxFoundParams = 8
	maxDiffering   = 24
	maxFactor      = 16
)

// foundBlock is a block that was found.
type foundBlock struct {
	name   string
	body   []*piece       // those of one occurrence
	slots  []written      // of the body
	labels map[int]string // by node of the body
	params []foundParam
	kinds  []slotOf // of the parameters
}

// foundParam is a parameter of a block that was found.
type foundParam struct {
	slotOf
	name   string
	values []int64 // of the argument in each occurrence
	isOne  bool    // by default
}

// written is how a slot is written, and what it holds in each occurrence of its block. Outside blocks there is one.
type written struct {
	text   string // of a parameter; "" for a slot that always holds the same
	values []int64
}

// is reports whether the slot always holds v.
func (w written) is(v int64) bool {
	return !slices.ContainsFunc(w.values, func(x int64) bool { return x != v })
}

// occurrence is a sequence of pieces that a block may stand for.
type occurrence struct {
	chain  *[]*piece
	at     int
	pieces []*piece
}

// isCopy reports whether the occurrence is not written, since it repeats another.
func (o *occurrence) isCopy() bool {
	return !slices.ContainsFunc(o.pieces, func(p *piece) bool { return !p.isCopy })
}

func (o *occurrence) first() int { return o.pieces[0].first }

// column is a slot in every occurrence of a block.
type column struct {
	slotOf
	values []int64
}

// blockOf returns the block that stands for all of the occurrences. ok is false if there is none.
func blockOf(occurrences []occurrence) (b *foundBlock, ok bool) {
	columns := columnsOf(occurrences)
	b = &foundBlock{body: occurrences[0].pieces, slots: make([]written, len(columns)), labels: map[int]string{}}
	var differing []int // columns
	for i, c := range columns {
		b.slots[i].values = c.values
		switch {
		case c.kind == roundingSlot:
			ok = c.settleRounding()
		case c.kind == labelSlot:
			var inside bool
			if inside, ok = c.isInside(occurrences); inside {
				b.slots[i].text = b.labelOf(int(c.values[0]))
			} else {
				differing = append(differing, i)
			}
		default:
			ok = true
			if !b.slots[i].is(c.values[0]) {
				differing = append(differing, i)
			}
		}
		if !ok || len(differing) > maxDiffering {
			return nil, false
		}
	}
	b.parameters(columns, differing)
	return b, len(b.params) <= maxFoundParams
}

func columnsOf(occurrences []occurrence) []column {
	var columns []column
	for k := range occurrences {
		for i, s := range slotsOf(occurrences[k].pieces) {
			if k == 0 {
				columns = append(columns, column{s.slotOf, make([]int64, len(occurrences))})
			}
			columns[i].values[k] = s.value
		}
	}
	return columns
}

// settleRounding gives layers whose rounding does not matter that of the others. It returns false if these differ.
func (c *column) settleRounding() bool {
	matters := int64(0)
	for _, v := range c.values {
		if v != 0 && matters != 0 && v != matters {
			return false
		}
		matters = max(matters, v)
	}
	for k := range c.values {
		c.values[k] = matters
	}
	return true
}

// isInside reports whether a label names a result within the occurrences, not before them. ok is false if they differ
// in that, or in which of their results it is.
func (c *column) isInside(occurrences []occurrence) (inside, ok bool) {
	offset := func(k int) int64 { return c.values[k] - int64(occurrences[k].first()) }
	inside = offset(0) >= 0
	for k := range occurrences {
		if inside && offset(k) != offset(0) || !inside && offset(k) >= 0 {
			return inside, false
		}
	}
	return inside, true
}

// labelOf returns the label of a result in the body.
func (b *foundBlock) labelOf(node int) string {
	if b.labels[node] == "" {
		b.labels[node] = "r" + strconv.Itoa(len(b.labels)+1)
	}
	return b.labels[node]
}

// relation says how one number follows from another: as a multiple of it, or as a part of it, or as half of what it has
// above 1, the pad that keeps a size.
type relation struct {
	times, over int64
	isPad       bool
}

// relationOf returns how c follows from the base in every occurrence. ok is false if it does not.
func relationOf(base, c *column) (r relation, ok bool) {
	if base.kind != c.kind {
		return relation{}, false
	}
	r = relation{1, 1, base.key == "size" && c.key == "pad"}
	first, from := c.values[0], base.values[0]
	switch {
	case r.isPad, base.kind != numberSlot, base.key == "dilation" && c.key == "pad":
	case base.family() != c.family():
		return r, false
	case from > 0 && first > from:
		r.times = first / from
	case first > 0:
		r.over = from / first
	}
	if max(r.times, r.over) > maxFactor {
		return r, false
	}
	for k, v := range base.values {
		if !r.holds(v, c.values[k]) {
			return r, false
		}
	}
	return r, true
}

// family is the same for slots whose numbers may follow from each other: numbers of channels, or those of one field.
func (s slotOf) family() string {
	switch s.key {
	case "filters", "units", "groups", "from", "to":
		return "channels"
	}
	return s.key
}

func (r relation) holds(base, v int64) bool {
	if r.isPad {
		return 2*v == base-1
	}
	return v*r.over == base*r.times
}

// cost is less for a relation that reads better.
func (r relation) cost() int {
	switch {
	case r.over > 1:
		return 3
	case r.times > 8:
		return 4
	case r.times > 1:
		return 2
	}
	return 0
}

// text returns the number in the arrow language, without parentheses around it.
func (r relation) text(base string) string {
	switch {
	case r.isPad:
		return "(" + base + "-1)/2"
	case r.times > 1:
		return fmt.Sprintf("%d*%s", r.times, base)
	case r.over > 1:
		return fmt.Sprintf("%s/%d", base, r.over)
	}
	return base
}

// parameters makes parameters of the columns that differ. A column that follows from others becomes none; of those that
// it may follow from, the one is taken from which the most follows, in the simplest way.
func (b *foundBlock) parameters(columns []column, differing []int) {
	follows := map[int]func(name string) string{}
	base := map[int]int{}
	for open := differing; len(open) > 0; {
		best, most, least := 0, 0, 0
		for _, i := range open {
			count, cost := 0, 0
			for _, k := range open {
				if r, ok := relationOf(&columns[i], &columns[k]); ok {
					count++
					cost += r.cost()
				}
			}
			if count > most || count == most && cost < least {
				best, most, least = i, count, cost
			}
		}
		var left []int
		for _, k := range open {
			r, ok := relationOf(&columns[best], &columns[k])
			if !ok {
				left = append(left, k)
				continue
			}
			base[k], follows[k] = best, r.text
		}
		open = left
	}
	bases := map[int]int{} // places of parameters, by column
	for _, i := range differing {
		if _, known := bases[base[i]]; !known {
			bases[base[i]] = len(b.params)
			c := columns[base[i]]
			isOne := c.isOneByDefault() && slices.Contains(c.values, 1)
			b.params = append(b.params, foundParam{slotOf: c.slotOf, values: c.values, isOne: isOne})
		}
	}
	b.nameParams()
	for _, i := range differing {
		b.slots[i].text = follows[i](b.params[bases[base[i]]].name)
	}
	slices.SortStableFunc(b.params, func(p, q foundParam) int { return order(p.isOne) - order(q.isOne) })
	for _, p := range b.params {
		b.kinds = append(b.kinds, p.slotOf)
	}
}

func order(isLast bool) int {
	if isLast {
		return 1
	}
	return 0
}

// isOneByDefault reports whether the slot holds a number that is usually 1.
func (s slotOf) isOneByDefault() bool {
	return s.kind == numberSlot && (s.key == "stride" || s.key == "dilation" || s.key == "groups")
}

// nameParams names the parameters after what they set, with numbers where several set the same.
func (b *foundBlock) nameParams() {
	count := map[string]int{}
	for _, p := range b.params {
		count[p.letter()]++
	}
	used := map[string]int{}
	for i := range b.params {
		p := &b.params[i]
		p.name = p.letter()
		if count[p.name] > 1 {
			used[p.name]++
			p.name += strconv.Itoa(used[p.name])
		}
	}
}

// letter returns the usual name of a parameter for the slot.
func (s slotOf) letter() string {
	switch {
	case s.kind == layerSlot:
		return "act"
	case s.kind == labelSlot:
		return "skip"
	}
	switch s.key {
	case "size":
		return "k"
	case "filters", "units":
		return "w"
	case "stride", "pad", "dilation", "groups":
		return s.key[:1]
	}
	return "n"
}
