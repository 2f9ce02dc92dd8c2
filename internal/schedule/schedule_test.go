package schedule

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// By hand: an input of 1 goes to two paths, 10 -> 2 and 6 -> 6, which a task of 1 joins. The path that ends small
// first: while 10 becomes 2, 1 + 10 + 2 are held; then 1 + 2 + 6, 2 + 6 + 6, 2 + 6 + 1. The other way around 1 + 6 + 10
// and 6 + 10 + 2 are, since 6 waits.
func TestBestByHand(t *testing.T) {
	tasks := []Task{
		{Bytes: 1},
		{Inputs: []int{0}, Bytes: 6}, {Inputs: []int{1}, Bytes: 6},
		{Inputs: []int{0}, Bytes: 10}, {Inputs: []int{3}, Bytes: 2},
		{Inputs: []int{2, 4}, Bytes: 1, Kept: true},
	}
	if given := PeakOf(tasks, []int{0, 1, 2, 3, 4, 5}); given != 18 {
		t.Errorf("the given order holds %d, want 18", given)
	}
	best := Best(tasks)
	if best.Peak != 14 || !best.Exact || !slices.Equal(best.Tasks, []int{0, 3, 4, 1, 2, 5}) {
		t.Errorf("%+v", best)
	}
}

// The best order is as good as the best of all orders, and holds what it says.
func TestBestIsBestOfAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tasks := randomTasks(t, rapid.IntRange(1, 8).Draw(t, "tasks"))
		least := int64(-1)
		permute(tasks, nil, func(order []int) {
			if peak := PeakOf(tasks, order); least < 0 || peak < least {
				least = peak
			}
		})
		best := Best(tasks)
		if best.Peak != least || !best.Exact || best.Least != least {
			t.Fatalf("%+v, the best of all holds %d", best, least)
		}
		if got := PeakOf(tasks, best.Tasks); got != best.Peak || !isOrder(tasks, best.Tasks) {
			t.Fatalf("%v holds %d, not %d", best.Tasks, got, best.Peak)
		}
	})
}

func randomTasks(t *rapid.T, n int) []Task {
	var tasks []Task
	for i := range n {
		task := Task{Bytes: rapid.Int64Range(0, 20).Draw(t, "bytes"), Kept: i == n-1 ||
			rapid.IntRange(0, 9).Draw(t, "kept") == 0}
		for in := range i {
			if rapid.IntRange(0, 2).Draw(t, "reads") == 0 {
				task.Inputs = append(task.Inputs, in)
			}
		}
		tasks = append(tasks, task)
	}
	return tasks
}

// permute visits all orders.
func permute(tasks []Task, order []int, visit func(order []int)) {
	if len(order) == len(tasks) {
		visit(order)
		return
	}
	for i, t := range tasks {
		missing := func(in int) bool { return !slices.Contains(order, in) }
		if missing(i) && !slices.ContainsFunc(t.Inputs, missing) {
			permute(tasks, append(order[:len(order):len(order)], i), visit)
		}
	}
}

func isOrder(tasks []Task, order []int) bool {
	seen := map[int]bool{}
	for _, i := range order {
		for _, in := range tasks[i].Inputs {
			if !seen[in] {
				return false
			}
		}
		seen[i] = true
	}
	return len(seen) == len(tasks) && len(order) == len(tasks)
}

// A part that is too wide gets an order that is no worse than the given one, and a bound that holds.
func TestBestOfWide(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	tasks := []Task{{Bytes: 5}}
	join := Task{Bytes: 1, Kept: true}
	for range 80 {
		at := len(tasks)
		tasks = append(tasks, Task{Inputs: []int{0}, Bytes: r.Int64N(100)}, Task{Inputs: []int{at}, Bytes: r.Int64N(10)})
		join.Inputs = append(join.Inputs, at+1)
	}
	tasks = append(tasks, join)
	best := Best(tasks)
	given := make([]int, len(tasks))
	for i := range given {
		given[i] = i
	}
	if best.Exact || best.Peak > PeakOf(tasks, given) || best.Least > best.Peak || !isOrder(tasks, best.Tasks) {
		t.Errorf("%d of %d, at least %d", best.Peak, PeakOf(tasks, given), best.Least)
	}
}

// A long chain of parts is divided in the time of one look at each task.
func TestPartsOfLongNetworks(t *testing.T) {
	tasks := []Task{{Bytes: 1}}
	for range 30_000 {
		at := len(tasks) - 1
		tasks = append(tasks, Task{Inputs: []int{at}, Bytes: 4}, Task{Inputs: []int{at}, Bytes: 2},
			Task{Inputs: []int{at + 1, at + 2}, Bytes: 1})
	}
	tasks[len(tasks)-1].Kept = true
	if got := len(parts(tasks)); got != 30_001 {
		t.Errorf("%d parts, want 30001", got)
	}
	if best := Best(tasks); !best.Exact || best.Peak != 7 {
		t.Errorf("%d, exact: %t", best.Peak, best.Exact)
	}
}

// The tasks that end parts are those that are before or after every other one, by following all paths.
func TestPartsByPaths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tasks := randomTasks(t, rapid.IntRange(1, 12).Draw(t, "tasks"))
		before := make([]map[int]bool, len(tasks))
		related := make([]int, len(tasks))
		for i, task := range tasks {
			before[i] = map[int]bool{}
			for _, in := range task.Inputs {
				before[i][in] = true
				for b := range before[in] {
					before[i][b] = true
				}
			}
			related[i] += len(before[i])
			for b := range before[i] {
				related[b]++
			}
		}
		var want []int
		for i := range tasks {
			if related[i] == len(tasks)-1 || i == len(tasks)-1 {
				want = append(want, i)
			}
		}
		var got []int
		for _, part := range parts(tasks) {
			got = append(got, part[len(part)-1])
		}
		if !slices.Equal(got, want) {
			t.Fatalf("parts end with %v, want %v", got, want)
		}
	})
}
