package fit

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/plain"
	"cnncalc/internal/traffic"
)

// Device is a GPU.
type Device struct {
	Name   string `json:"name"`
	Model  string `json:"model"`
	Stated int64  `json:"stated" jsonschema:"bytes of memory that the vendor states; their GB of memory is 2^30 bytes"`
	Usable int64  `json:"usable" jsonschema:"what the driver reports where that is known, otherwise Stated"`
	// Compute is the CUDA compute capability, "8.6" (NVIDIA: CUDA GPU Compute Capability).
	Compute string `json:"compute_capability"`
	// StatedBy and UsableBy are the sources of the two; UsableBy is "" where nothing was reported.
	StatedBy string `json:"stated_by"`
	UsableBy string `json:"usable_by"`
	// Rates are the vendor's at the boost clock, without sparsity; a rate that no source states is 0.
	Rates   traffic.Rates `json:"rates"`
	RatesBy string        `json:"rates_by" jsonschema:"the source of the rates"`
}

//go:embed devices.csv
var devicesCSV string

// Devices returns the GPUs that are known by name.
func Devices() ([]Device, error) {
	records, err := csv.NewReader(strings.NewReader(devicesCSV)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("devices.csv: %w", err)
	}
	var devices []Device
	for _, r := range records[1:] {
		gib, err := strconv.ParseInt(r[2], 10, 32)
		if err != nil {
			return nil, fmt.Errorf("devices.csv: %s: %w", r[0], err)
		}
		d := Device{Name: r[0], Model: r[1], Stated: gib << 30, Usable: gib << 30, Compute: r[4], StatedBy: r[5],
			UsableBy: r[6], RatesBy: r[13]}
		major, err := d.computeMajor()
		if err == nil {
			d.Rates, err = readRates(r[7:13], major)
		}
		if err != nil {
			return nil, fmt.Errorf("devices.csv: %s: %w", r[0], err)
		}
		if r[3] != "" {
			mib, err := strconv.ParseInt(r[3], 10, 32)
			if err != nil {
				return nil, fmt.Errorf("devices.csv: %s: %w", r[0], err)
			}
			d.Usable = mib << 20
		}
		devices = append(devices, d)
	}
	return devices, nil
}

// volta is the major compute capability of the first devices with tensor cores.
const volta = 7

// readRates reads the rates of a device, in TFLOP/s, TOP/s and GB/s. Without tensor cores and a rate for half, cuDNN
// computes half in float32.
func readRates(cells []string, computeMajor int) (traffic.Rates, error) {
	var r traffic.Rates
	for i, to := range []struct {
		rate *float64
		unit float64
	}{{&r.FP32, 1e12}, {&r.TF32, 1e12}, {&r.FP16, 1e12}, {&r.INT8, 1e12}, {&r.Bandwidth, 1e9}, {&r.Interconnect, 1e9}} {
		if cells[i] == "" {
			continue
		}
		rate, err := strconv.ParseFloat(cells[i], 64)
		if err != nil {
			return r, err
		}
		*to.rate = rate * to.unit
	}
	if r.FP16 == 0 && computeMajor < volta {
		r.FP16 = r.FP32
	}
	return r, nil
}

// ComputeMajor returns the major number of the compute capability.
func (d Device) ComputeMajor() int {
	major, _ := d.computeMajor()
	return major
}

func (d Device) computeMajor() (int, error) {
	major, _, _ := strings.Cut(d.Compute, ".")
	return strconv.Atoi(major)
}

// DeviceNames returns the names of all devices.
func DeviceNames() ([]string, error) {
	devices, err := Devices()
	if err != nil {
		return nil, err
	}
	names := make([]string, len(devices))
	for i, d := range devices {
		names[i] = d.Name
	}
	return names, nil
}

// FindDevice returns the device of a name, ignoring case, spaces, dashes and underscores. The error for any other name
// suggests the nearest ones, or else what the user can give instead, such as "--device-memory takes any size".
func FindDevice(name, instead string) (Device, error) {
	devices, err := Devices()
	if err != nil {
		return Device{}, err
	}
	var names []string
	for _, d := range devices {
		if plainName(d.Name) == plainName(name) {
			return d, nil
		}
		names = append(names, d.Name)
	}
	hint := diag.DidYouMean(name, names)
	if hint == "" {
		hint = "cnncalc fit --list-devices shows the known ones, " + instead
	}
	return Device{}, fmt.Errorf("%s is not a known device; %s", plain.Quote(name), hint)
}

func plainName(name string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "_", "").Replace(name))
}
