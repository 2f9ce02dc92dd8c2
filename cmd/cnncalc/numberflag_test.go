package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Every flag for a whole number takes decimal digits only.
func TestNumberFlagsAreDecimal(t *testing.T) {
	tested := 0
	for _, cmd := range newRoot(&app{}, nil).Commands() {
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if !slices.Contains([]string{"int", "uint", "ints"}, f.Value.Type()) {
				if strings.Contains(f.Value.Type(), "int") || strings.Contains(f.Value.Type(), "float") {
					t.Errorf("cnncalc %s --%s is of type %s, which also reads hexadecimal numbers", cmd.Name(), f.Name, f.Value.Type())
				}
				return
			}
			tested++
			checkDecimalFlag(t, cmd, f)
		})
	}
	if tested < 8 {
		t.Errorf("only %d flags for numbers were found", tested)
	}
}

func checkDecimalFlag(t *testing.T, cmd *cobra.Command, f *pflag.Flag) {
	t.Helper()
	for value, want := range map[string]string{
		"010":                  `"010" starts with a zero; write 10`,
		"0x10":                 `"0x10" is not a whole number`,
		"1_000":                `"1_000" is not a whole number`,
		"1e3":                  `"1e3" is not a whole number`,
		"":                     `"" is not a whole number`,
		"18446744073709551616": `"18446744073709551616" is too large a number`,
		"\xff":                 `"\xff" is not a whole number`,
	} {
		r := call(t, cmd.Name(), "--"+f.Name+"="+value)
		if line := fmt.Sprintf("cnncalc: --%s: %s\n", f.Name, want); r.code != exitUsage || r.errors != line {
			t.Errorf("cnncalc %s --%s=%q: exit code %d, %swant %s", cmd.Name(), f.Name, value, r.code, r.errors, line)
		}
	}
}

// Every flag for a quantity refuses a number without a unit, whose size nobody can guess, and takes 0 without one where
// it takes 0 at all.
func TestQuantityFlagsNeedUnits(t *testing.T) {
	quantities := []string{"memory", "reserve", "peak", "bandwidth"}
	tested := 0
	for _, cmd := range newRoot(&app{}, nil).Commands() {
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			isQuantity := slices.Contains([]string{sizeType, rateType, reserveType}, f.Value.Type())
			if !isQuantity {
				if f.Value.Type() != "bool" &&
					slices.ContainsFunc(quantities, func(q string) bool { return strings.Contains(f.Name, q) }) {
					t.Errorf("cnncalc %s --%s is of type %s, which reads no units", cmd.Name(), f.Name, f.Value.Type())
				}
				return
			}
			tested++
			for _, value := range []string{"24", "1.5"} {
				r := call(t, cmd.Name(), "--"+f.Name+"="+value)
				start := fmt.Sprintf("cnncalc: --%s: %q has no unit: write %s", f.Name, value, value)
				if r.code != exitUsage || !strings.HasPrefix(r.errors, start) {
					t.Errorf("cnncalc %s --%s=%s: exit code %d, %swant %s", cmd.Name(), f.Name, value, r.code, r.errors, start)
				}
			}
			if r := call(t, cmd.Name(), "--"+f.Name+"=0", "--no-such-flag"); strings.Contains(r.errors, "has no unit") {
				t.Errorf("cnncalc %s --%s=0: %s", cmd.Name(), f.Name, r.errors)
			}
		})
	}
	if tested < 5 {
		t.Errorf("only %d flags for quantities were found", tested)
	}
}
