package main

import (
	"cnncalc/internal/exec"
	"cnncalc/internal/traffic"
)

// calibrate measures the machine with a number of threads.
func calibrate(threads int) traffic.Machine {
	rates := exec.Calibrate(threads)
	return traffic.Machine{FLOPS: rates.FLOPS, Bandwidth: rates.Bandwidth}
}
