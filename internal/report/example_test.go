package report_test

import (
	"fmt"
	"log"
	"os"

	"cnncalc/internal/report"
)

// files is a view of the sizes of files. A new report is such a type.
type files map[string]int64

// Document returns the sizes for programs.
func (f files) Document() any {
	return struct {
		Schema string           `json:"schema"`
		Sizes  map[string]int64 `json:"sizes"`
	}{report.Schema, f}
}

// Table returns the sizes for people and spreadsheets.
func (f files) Table(units report.Units) report.Table {
	t := report.Table{Columns: []report.Column{
		{Key: "name", Header: "name"},
		{Key: "size", Header: "size", Align: report.Right},
	}}
	total := int64(0)
	for _, name := range []string{"weights.npz", "cat.png"} {
		total += f[name]
		size := report.Cell{Text: report.Bytes(f[name], units), Value: f[name]}
		t.Rows = append(t.Rows, []report.Cell{report.Str(name), size})
	}
	t.Notes = []string{fmt.Sprintf("All files take %s.", report.Bytes(total, units))}
	return t
}

func ExampleView() {
	var v report.View = files{"weights.npz": 3 << 20, "cat.png": 1500}
	if err := v.Table(report.IEC).Write(os.Stdout, report.Text); err != nil {
		log.Fatal(err)
	}
	fmt.Println()
	if err := v.Table(report.IEC).Write(os.Stdout, report.CSV); err != nil {
		log.Fatal(err)
	}
	fmt.Println()
	if err := report.WriteJSON(os.Stdout, v.Document()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// name            size
	// --------------------
	// weights.npz  3.0 MiB
	// cat.png      1.5 KiB
	//
	// All files take 3.0 MiB.
	//
	// name,size
	// weights.npz,3145728
	// cat.png,1500
	//
	// {
	//   "schema": "cnncalc/1",
	//   "sizes": {
	//     "cat.png": 1500,
	//     "weights.npz": 3145728
	//   }
	// }
}
