//go:build (!amd64 && !arm64) || noasm

package kernel

// Builds without assembly have no routines for strips.

func (s *strip) depthwise(int, int) { panic("kernel: no routine for strips") }

func (s *strip) maxPool(int, int) { panic("kernel: no routine for strips") }
