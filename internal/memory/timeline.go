package memory

// Phase is a part of an iteration.
type Phase string

// The phases, in order. An inference has Forward alone.
const (
	Forward  Phase = "forward"
	LossStep Phase = "loss" // the cross entropy, forward and backward
	Backward Phase = "backward"
	Reduce   Phase = "reduce" // the gradients over the devices, where that takes memory of its own
	Update   Phase = "update" // by the optimizer
)

// Moment is one step of a pass: a layer forward or backward, the loss, a reduction, or the optimizer's update.
type Moment struct {
	Phase Phase  `json:"phase"`
	Node  int    `json:"-"` // -1 for the loss, a reduction and the optimizer
	Name  string `json:"name"`
	Live  int64  `json:"live" jsonschema:"bytes alive when the step has ended"`
	Most  int64  `json:"most" jsonschema:"the most that is alive at once while it runs"`
}
