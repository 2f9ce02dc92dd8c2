package main

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Folding blocks changes no sum, and no deeper level has fewer rows.
func TestDepthKeepsSums(t *testing.T) {
	columns := map[string]string{
		"notes":   "memory,weights,biases,macs,parameters,%memory,%parameters,%macs",
		"pytorch": "volume,parameters,saved,%volume,%parameters,%saved",
	}
	for _, network := range []string{"vgg16", "googlenet", "torchvision/resnet50", "torchvision/densenet121",
		"torchvision/mobilenet_v3_small"} {
		for account, keys := range columns {
			whole, deepest := columnSums(t, network, account, keys, 0)
			rows := 0
			for depth := 1; depth <= 3; depth++ {
				sums, n := columnSums(t, network, account, keys, depth)
				for k := range sums {
					if diff := sums[k] - whole[k]; diff > 1e-6 || diff < -1e-6 {
						t.Errorf("%s, %s, depth %d: column %d of %s sums to %v, want %v", network, account, depth, k, keys, sums[k],
							whole[k])
					}
				}
				if n < rows || network != "vgg16" && depth == 1 && n > deepest/2 {
					t.Errorf("%s, %s, depth %d: %d rows after %d, of %d", network, account, depth, n, rows, deepest)
				}
				rows = n
			}
		}
	}
}

// columnSums returns the sum of each column, and the number of rows.
func columnSums(t *testing.T, network, account, columns string, depth int) ([]float64, int) {
	t.Helper()
	args := []string{"memory", network, "--account", account, "--columns", columns, "--format", "csv"}
	if depth > 0 {
		args = append(args, "--depth", fmt.Sprint(depth))
	}
	rows, err := csv.NewReader(strings.NewReader(callFine(t, args...))).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatal(network, rows, err)
	}
	sums := make([]float64, len(rows[0]))
	for _, row := range slices.Delete(rows, 0, 1) {
		for k, text := range row {
			x, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(network, row, err)
			}
			sums[k] += x
		}
	}
	return sums, len(rows)
}
