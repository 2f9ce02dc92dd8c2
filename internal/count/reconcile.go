package count

import (
	"cmp"
	"fmt"
	"slices"

	"cnncalc/internal/shape"
)

// Difference is between two conventions' figures of one quantity: From and the Items add up to To, exactly.
type Difference struct {
	Quantity Quantity
	From, To int64
	Items    []Change
}

// Reconciliation lists the differences between two conventions' counts of one network.
type Reconciliation struct {
	From, To    *Convention
	Batch       int64 // that the figures are of: 1 where one of the programs takes no batch
	Differences []Difference
}

// Change is an item that one convention counts and the other does not, or counts differently.
type Change struct {
	Of, What string
	Places   int   // layers and blocks whose figure changes
	Amount   int64 // negative for what only the first counts
}

// Reconcile counts a network by both conventions and lists the differences, quantity by quantity. It fails if one
// cannot count the network, or if they have no quantity in common.
func Reconcile(from, to *Convention, n *shape.Network, batch int64) (*Reconciliation, error) {
	if from.PerPicture || to.PerPicture {
		batch = 1
	}
	var results [2]*Result
	for i, c := range []*Convention{from, to} {
		r, err := c.Count(n, batch)
		if err != nil {
			return nil, fmt.Errorf("as %s: %w", c.Title(), err)
		}
		results[i] = r
	}
	list := differences(results[0], results[1])
	if list == nil {
		return nil, fmt.Errorf("%s and %s have no quantity in common", from.Name, to.Name)
	}
	return &Reconciliation{from, to, batch, list}, nil
}

// differences compares what both count of one network and batch.
func differences(from, to *Result) []Difference {
	var list []Difference
	for _, q := range from.Convention.Counts {
		if to.Convention.HasQuantity(q) {
			list = append(list, Difference{q, from.Totals[q], to.Totals[q], changes(q, from, to)})
		}
	}
	return list
}

// term is what items of one network are summed by.
type term struct{ of, what string }

// changes returns the terms whose sums differ, the largest first.
func changes(q Quantity, from, to *Result) []Change {
	byTerm := map[term]map[string]int64{} // and by place
	add := func(r *Result, sign int64) {
		for _, item := range r.Items {
			if item.Quantity != q {
				continue
			}
			key := term{item.Of, item.What}
			if byTerm[key] == nil {
				byTerm[key] = map[string]int64{}
			}
			byTerm[key][r.Rows[item.Row].Name] += sign * item.Amount
		}
	}
	add(from, -1)
	add(to, 1)
	var list []Change
	for key, places := range byTerm {
		change := Change{Of: key.of, What: key.what}
		for _, amount := range places {
			if amount != 0 {
				change.Places++
				change.Amount += amount
			}
		}
		if change.Amount != 0 {
			list = append(list, change)
		}
	}
	slices.SortFunc(list, func(x, y Change) int {
		return cmp.Or(-cmp.Compare(max(x.Amount, -x.Amount), max(y.Amount, -y.Amount)), cmp.Compare(x.Of, y.Of),
			cmp.Compare(x.What, y.What))
	})
	return list
}
