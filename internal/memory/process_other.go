//go:build !linux

package memory

// Available reports that the available memory is not known on this system.
func Available() (bytes int64, ok bool) { return 0, false }

// PeakResident reports that the peak is not known on this system.
func PeakResident() (bytes int64, ok bool) { return 0, false }
