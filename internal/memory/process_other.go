//go:build !linux

package memory

// Available is not known on this system.
func Available() (bytes int64, ok bool) { return 0, false }

// PeakResident is not known on this system.
func PeakResident() (bytes int64, ok bool) { return 0, false }
