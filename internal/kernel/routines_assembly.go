//go:build (amd64 || arm64) && !noasm

package kernel

// first returns the address of the first of n values, or nil if values is nil.
func first(values []float32, n int) *float32 {
	if values == nil {
		return nil
	}
	return &values[:n][0]
}
