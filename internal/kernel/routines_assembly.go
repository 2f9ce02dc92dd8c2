//go:build (amd64 || arm64) && !noasm

package kernel

// first is the address of n values, or nil where there are none.
func first(values []float32, n int) *float32 {
	if values == nil {
		return nil
	}
	return &values[:n][0]
}
