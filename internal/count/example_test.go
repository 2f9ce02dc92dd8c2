package count_test

import (
	"fmt"
	"log"

	"cnncalc/architectures"
	"cnncalc/internal/count"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
)

// The first program's figure and the items add up to the second's.
func ExampleReconcile() {
	data, err := architectures.Open("lenet5")
	if err != nil {
		log.Fatal(err)
	}
	n, err := network.Sound("lenet5", data, graph.Options{})
	if err != nil {
		log.Fatal(err)
	}
	from, err := count.Find("fvcore")
	if err != nil {
		log.Fatal(err)
	}
	to, err := count.Find("ptflops-aten")
	if err != nil {
		log.Fatal(err)
	}
	r, err := count.Reconcile(from, to, n, 1)
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range r.Differences {
		fmt.Println(d.Quantity, from.Name, d.From)
		for _, item := range d.Items {
			fmt.Printf("  %s: %s %+d\n", item.Of, item.What, item.Amount)
		}
		fmt.Println(d.Quantity, to.Name, d.To)
	}
	// Output:
	// parameters fvcore 61706
	// parameters ptflops-aten 61706
	// operations fvcore 416520
	//   CONV: biases, 1 for each value of the output +6304
	//   FC: biases, 1 for each value of the output +214
	// operations ptflops-aten 423038
}
