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
	for _, cmd := range newRoot(&app{}).Commands() {
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
