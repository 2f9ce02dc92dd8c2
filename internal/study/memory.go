package study

import (
	"cmp"
	"slices"
)

// smallest is the share of the peak, as a divisor, that a tensor of the document has at least.
const smallest = 1000

// account adds PyTorch's account of the batch: what is alive over the steps, and what each layer saves.
func (m *maker) account() {
	if !m.only.has(Saved) && !m.only.has(Timeline) {
		return
	}
	if err := m.addAccount(); err != nil {
		m.fail("memory", err)
	}
}

func (m *maker) addAccount() error {
	o := m.plan.use.Options
	model, err := m.sheet.PyTorch(o.Mode)
	if err != nil {
		return err
	}
	batch := m.plan.Batch
	layers, err := model.Layers(batch)
	if err != nil {
		return err
	}
	for i, l := range layers {
		m.Layers[i].Saved = l.Saved
	}
	if !m.only.has(Timeline) {
		return nil
	}
	steps, err := model.Timeline(batch)
	if err != nil {
		return err
	}
	tensors, err := model.Lifetimes(batch)
	if err != nil {
		return err
	}
	m.Memory = &Memory{Mode: o.Mode, Batch: batch, Basis: o.Basis(), Tensors: []Tensor{}}
	for i, s := range steps {
		m.Memory.Steps = append(m.Memory.Steps, Step{s.Phase, s.Name, s.Live, s.Most})
		if s.Most > m.Memory.Steps[m.Memory.At].Most {
			m.Memory.At = i
		}
	}
	m.Memory.Peak = steps[m.Memory.At].Most
	for _, t := range tensors {
		if t.Bytes < m.Memory.Peak/smallest {
			continue
		}
		tensor := Tensor{Name: t.Name, Part: t.Part, Bytes: t.Bytes, From: t.From, To: t.To}
		if t.Node >= 0 {
			tensor.Layer = m.Layers[t.Node].Name
		}
		m.Memory.Tensors = append(m.Memory.Tensors, tensor)
	}
	slices.SortStableFunc(m.Memory.Tensors, func(a, b Tensor) int { return cmp.Compare(b.Bytes, a.Bytes) })
	return nil
}
