//go:build (!amd64 && !arm64) || noasm

package kernel

// sets returns the routines that the processor supports, fastest first.
func sets() []*routines { return []*routines{&generic} }
