//go:build (!amd64 && !arm64) || noasm

package kernel

// sets are the routines that this processor can run, fastest first.
func sets() []*routines { return []*routines{&generic} }
