package fit

import (
	"fmt"
	"strings"

	"cnncalc/internal/numeral"
	"cnncalc/internal/plain"
)

// DefaultReserve is about what a CUDA context with PyTorch's kernels takes, and some for fragmentation. It is an
// assumption.
const DefaultReserve = "512MiB+5%"

// ParseReserve reads a part of a memory of so many bytes: sizes and shares of it, with + between them: "512MiB+5%". A
// share is rounded up, and a sum that exceeds the memory is the memory.
func ParseReserve(s string, memory int64) (int64, error) {
	total := int64(0)
	for _, term := range strings.Split(s, "+") {
		bytes, err := parseReserveTerm(strings.TrimSpace(term), memory)
		if err != nil {
			return 0, err
		}
		if bytes > memory-total {
			return memory, nil
		}
		total += bytes
	}
	return total, nil
}

func parseReserveTerm(term string, memory int64) (int64, error) {
	number, isShare := strings.CutSuffix(term, "%")
	if !isShare {
		return numeral.Bytes(term)
	}
	share, err := numeral.Int(number)
	if err != nil || share < 0 || share > 100 {
		return 0, fmt.Errorf("%s is not a share of the memory: write 5%%, from 0%% to 100%%", plain.Quote(term))
	}
	return memory/100*share + (memory%100*share+99)/100, nil
}
