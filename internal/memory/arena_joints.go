package memory

import (
	"cmp"
	"slices"

	"cnncalc/internal/shape"
)

// maxGroups limits how many groups of joint volumes are tried one by one where all of them together take more memory
// than none.
const maxGroups = 16

// group is a set of Joined steps whose outputs share memory.
type group struct {
	steps []int
	saved int64 // values that need not be copied
}

// share returns a layout in which inputs of Joined steps are computed at their places in the outputs, in all steps or
// in those that save most. A joint volume may live longer than its parts would alone, so it returns the given layout,
// in which nothing is shared, if every other is larger.
func share(n *shape.Network, steps []Step, apart *layout) (*layout, error) {
	wanted := make([]bool, len(steps))
	for i, s := range steps {
		wanted[i] = s.Alias == Joined
	}
	all, err := layUnbroken(n, steps, wanted)
	if err != nil || all.arena.Values <= apart.arena.Values {
		return all, err
	}
	best, groups := apart, all.groups(n)
	wanted = make([]bool, len(steps))
	for _, g := range groups[:min(len(groups), maxGroups)] {
		more := slices.Clone(wanted)
		for _, i := range g.steps {
			more[i] = true
		}
		l, err := layUnbroken(n, steps, more)
		if err != nil {
			return nil, err
		}
		if l.arena.Values <= apart.arena.Values {
			best, wanted = l, l.shares
		}
	}
	return best, nil
}

// layUnbroken is layOut without the groups in which a step would add to a volume whose memory holds what is needed.
func layUnbroken(n *shape.Network, steps []Step, wanted []bool) (*layout, error) {
	for {
		l, err := newLayout(n, 1, steps, wanted)
		if err != nil || len(l.broken) == 0 {
			return l, err
		}
		wanted = l.unbroken()
	}
}

// unbroken returns which steps share memory without the groups that are broken.
func (l *layout) unbroken() []bool {
	broken := map[int]bool{} // by root
	for _, b := range l.broken {
		root, _ := l.root(b)
		broken[root] = true
	}
	left := slices.Clone(l.shares)
	for i, shares := range l.shares {
		if shares {
			root, _ := l.root(l.output[i])
			left[i] = !broken[root]
		}
	}
	return left
}

// groups returns the groups of steps that share memory, those that save most first.
func (l *layout) groups(n *shape.Network) []group {
	var groups []group
	byRoot := map[int]int{}
	for i, shares := range l.shares {
		if !shares {
			continue
		}
		saved := l.saved(n, i)
		if saved == 0 {
			continue
		}
		root, _ := l.root(l.output[i])
		at, known := byRoot[root]
		if !known {
			at = len(groups)
			byRoot[root] = at
			groups = append(groups, group{})
		}
		groups[at].steps = append(groups[at].steps, i)
		groups[at].saved += saved
	}
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(b.saved, a.saved) })
	return groups
}

// saved returns the values of the inputs of Joined step i that are at their places.
func (l *layout) saved(n *shape.Network, i int) int64 {
	root, start := l.root(l.output[i])
	saved := int64(0)
	for k, values := range inputSizes(n, i) {
		if in := l.output[n.Nodes[i].Inputs[k]]; in != Caller {
			if r, at := l.root(in); r == root && at == start {
				saved += values
			}
		}
		start += values
	}
	return saved
}
