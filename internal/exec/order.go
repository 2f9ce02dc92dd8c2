package exec

import (
	"fmt"

	"cnncalc/internal/checked"
	"cnncalc/internal/memory"
	"cnncalc/internal/schedule"
	"cnncalc/internal/shape"
)

// NewArenaOrder returns the account of a small device for a batch, with values of so many bytes.
func NewArenaOrder(n *shape.Network, batch, valueBytes int64) (*memory.ArenaOrder, error) {
	p, err := Plan(n, 1, 1)
	if err != nil {
		return nil, err
	}
	apart, err := p.planApart()
	if err != nil {
		return nil, err
	}
	o := &memory.ArenaOrder{Network: p.network}
	tasks, nodes, err := p.volumes(apart, batch, valueBytes)
	if err != nil {
		return nil, err
	}
	given := make([]int, len(tasks))
	for i := range given {
		given[i] = i
	}
	best := schedule.Best(tasks)
	o.Given, o.Peak, o.Exact, o.Least = schedule.PeakOf(tasks, given), best.Peak, best.Exact, best.Least
	place(o, tasks, nodes, best.Tasks)
	return o, nil
}

// planApart plans an arena in which every CONCAT copies its inputs, as those of small devices do.
func (p *Program) planApart() (*memory.Arena, error) {
	needs := p.needs()
	for i := range needs {
		if needs[i].Alias == memory.Joined {
			needs[i].Alias = memory.Fresh
		}
	}
	return memory.PlanArena(p.network, int64(p.options.Batch), needs)
}

// volumes returns a task for each volume that has memory of its own in an arena, and its node.
func (p *Program) volumes(arena *memory.Arena, batch, valueBytes int64) (tasks []schedule.Task,
	nodes []int, err error) {
	taskOf := make([]int, len(p.steps))
	total := int64(0)
	for i, node := range p.network.Nodes {
		if len(node.Inputs) == 1 && p.sharesWithInput(arena, i) {
			taskOf[i] = taskOf[node.Inputs[0]]
			continue
		}
		out := p.network.Layers[i].Out
		bytes, err := checked.Product(out.W, out.H, out.D, batch, valueBytes)
		if err == nil {
			total, err = checked.Sum(total, bytes, arenaAlignment)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s, a batch of %d: %w", node.Name, batch, err)
		}
		task := schedule.Task{Bytes: bytes}
		for _, in := range node.Inputs {
			task.Inputs = append(task.Inputs, taskOf[in])
		}
		taskOf[i] = len(tasks)
		tasks, nodes = append(tasks, task), append(nodes, i)
	}
	for _, out := range p.network.Outputs {
		tasks[taskOf[out]].Kept = true
	}
	return tasks, nodes, nil
}

// sharesWithInput reports whether a node with one input has its output there.
func (p *Program) sharesWithInput(arena *memory.Arena, i int) bool {
	in := p.network.Nodes[i].Inputs[0]
	return arena.Output[i] == arena.Output[in] && arena.Output[i] != memory.Caller || p.steps[i].isPlainView()
}

// arenaAlignment is that of tensors in the arena of TensorFlow Lite for Microcontrollers, in bytes.
const arenaAlignment = 16

// place lays the volumes out for an order of execution.
func place(o *memory.ArenaOrder, tasks []schedule.Task, nodes, order []int) {
	buffers := make([]memory.Buffer, len(tasks))
	for at, task := range order {
		t := &tasks[task]
		buffers[task] = memory.Buffer{Values: t.Bytes, First: at, Last: at}
		if t.Kept {
			buffers[task].Last = len(order) - 1
		}
		for _, in := range t.Inputs {
			buffers[in].Last = max(buffers[in].Last, at)
		}
	}
	buffers, o.Arena = memory.LayOut(buffers, len(order))
	held := make([]int64, len(order)+1)
	for _, b := range buffers {
		held[b.First] += b.Values
		held[b.Last+1] -= b.Values
	}
	now := int64(0)
	for at, task := range order {
		now += held[at]
		o.Tasks = append(o.Tasks, memory.ArenaTask{
			Node: nodes[task], Bytes: buffers[task].Values, Held: now, Offset: buffers[task].Offset,
		})
	}
}
