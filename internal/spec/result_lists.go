package spec

import (
	"slices"
	"strconv"

	"cnncalc/internal/graph"
)

// resultLists are the lists of results that a graph's merges join, as those of DenseNet: each joins all results so far.
type resultLists struct {
	member map[int]string // the list that a node's result is added to
	joined map[int]string // the list that a node joins, in place of its paths
}

// listsOf returns the lists of results of a chain. Every result is added to a list once. A merge joins a list if its
// inputs are the results so far, in their order.
func listsOf(g *graph.Graph, chain []chainItem, named []bool, taken map[string]bool) resultLists {
	joins := map[int][]int{} // by the first input, nodes that join two results or more
	onTop := map[int]bool{}
	for _, item := range chain {
		onTop[item.node] = true
		n := &g.Nodes[item.node]
		if n.JoinsPaths() && len(n.Inputs) > 1 && isOfResults(item.paths) {
			joins[n.Inputs[0]] = append(joins[n.Inputs[0]], item.node)
		}
	}
	lists := resultLists{map[int]string{}, map[int]string{}}
	name := listNames(taken)
	for _, item := range chain {
		nodes := joins[item.node]
		if len(nodes) < 2 {
			continue
		}
		members := g.Nodes[nodes[len(nodes)-1]].Inputs
		isFree := func(i int) bool { return onTop[i] && !named[i] && lists.member[i] == "" }
		if !ascend(members) || !all(members, isFree) || !growTo(g, nodes, members) {
			continue
		}
		list := name()
		for _, i := range members {
			lists.member[i] = list
		}
		for _, i := range nodes {
			lists.joined[i] = list
		}
	}
	return lists
}

// isOfResults reports whether all paths are results that come before the merge.
func isOfResults(paths []chainPath) bool {
	return !slices.ContainsFunc(paths, func(p chainPath) bool { return p.items != nil })
}

// growTo reports whether every node joins those of the members that come before it.
func growTo(g *graph.Graph, nodes, members []int) bool {
	return all(nodes, func(i int) bool {
		before, _ := slices.BinarySearch(members, i)
		return slices.Equal(g.Nodes[i].Inputs, members[:before])
	})
}

// ascend reports whether each node comes after the one before it.
func ascend(nodes []int) bool {
	for k := range nodes[1:] {
		if nodes[k] >= nodes[k+1] {
			return false
		}
	}
	return true
}

// all reports whether a condition holds for every item.
func all[T any](items []T, holds func(T) bool) bool {
	return !slices.ContainsFunc(items, func(item T) bool { return !holds(item) })
}

// listNames returns a function that returns a, b and so on to z, and then list27.
func listNames(taken map[string]bool) func() string {
	count := 0
	return func() string {
		for {
			name := "list" + strconv.Itoa(count+1)
			if count < 26 {
				name = string(rune('a' + count))
			}
			count++
			if !taken[name] {
				return name
			}
		}
	}
}
