package study

import (
	"cmp"
	"slices"

	"cnncalc/internal/fit"
	"cnncalc/internal/memory"
)

// powers are how many powers of two the batches of the picture are at most.
const powers = 14

// isUsual reports whether the picture of batches has the line of a device: one or two for each usual memory.
func isUsual(device string) bool {
	return slices.Contains([]string{"gtx1060", "rtx3070", "rtx3060", "t4", "rtx3090", "v100-32gb", "a100-40gb",
		"h100-80gb"}, device)
}

// batches adds the memory of batches from 1 on, until none of the devices holds them.
func (m *maker) batches() {
	if !m.only.has(ByBatch) {
		return
	}
	if err := m.addBatches(); err != nil {
		m.fail("batches", err)
	}
}

func (m *maker) addBatches() error {
	model, err := m.sheet.PyTorch(m.plan.use.Options.Mode)
	if err != nil {
		return err
	}
	limits, err := m.deviceLimits(model)
	if err != nil {
		return err
	}
	m.Batches = &Batches{Devices: limits}
	most := limits[len(limits)-1].Bytes
	for k := range powers {
		batch := int64(1) << k
		bytes, err := model.Peak(batch)
		if err != nil {
			return err
		}
		m.Batches.Points = append(m.Batches.Points, BatchPoint{batch, bytes})
		if bytes > most {
			break
		}
	}
	return nil
}

// deviceLimits returns what the devices have, the smallest first, and the largest batches that fit.
func (m *maker) deviceLimits(model *memory.PyTorch) ([]DeviceLimit, error) {
	var limits []DeviceLimit
	add := func(name string, bytes int64, isChosen bool) error {
		largest, _, err := model.LargestBatch(bytes)
		limits = append(limits, DeviceLimit{name, bytes, largest, isChosen})
		return err
	}
	chosen := m.plan.use.Budget
	if chosen != nil {
		name := m.plan.Device
		if chosen.Device != nil {
			name = chosen.Device.Name
		}
		if err := add(name, chosen.Available, true); err != nil {
			return nil, err
		}
	}
	devices, err := fit.Devices()
	if err != nil {
		return nil, err
	}
	for _, device := range devices {
		isChosen := chosen != nil && chosen.Device != nil && chosen.Device.Name == device.Name
		if isChosen || !isUsual(device.Name) {
			continue
		}
		budget, err := budgetOf(&device, device.Usable)
		if err != nil {
			return nil, err
		}
		if err := add(device.Name, budget.Available, false); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(limits, func(a, b DeviceLimit) int { return cmp.Compare(a.Bytes, b.Bytes) })
	return limits, nil
}
