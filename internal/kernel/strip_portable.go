//go:build !amd64 || noasm

package kernel

// No set of routines of such a build has strips.

func (s *strip) depthwise(int) { panic("kernel: no routine for strips") }

func (s *strip) maxPool(int, int) { panic("kernel: no routine for strips") }
