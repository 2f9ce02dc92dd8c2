package fit

import (
	"fmt"

	"cnncalc/internal/plain"
)

// Budget is the memory of a device, less a reserve. All sizes are in bytes.
type Budget struct {
	Device    *Device `json:"device,omitempty" jsonschema:"absent where only its memory is known"`
	Memory    int64   `json:"memory"`
	Reserve   int64   `json:"reserve"`
	Available int64   `json:"available" jsonschema:"the rest, for the network"`
	Setting   string  `json:"reserve_setting"`
}

// computeMajor returns that of the device, 0 where only its memory is known.
func (b Budget) computeMajor() int {
	if b.Device == nil {
		return 0
	}
	return b.Device.ComputeMajor()
}

// NewBudget returns the budget of a device that has so much memory. setting is how the user wrote the reserve. A
// reserve that leaves nothing is an error.
func NewBudget(device *Device, memory, reserve int64, setting string) (Budget, error) {
	b := Budget{Device: device, Memory: memory, Reserve: reserve, Available: memory - reserve, Setting: setting}
	if b.Available <= 0 {
		return b, fmt.Errorf("%s leaves nothing of the device's %s bytes", setting, plain.Count(memory))
	}
	return b, nil
}
