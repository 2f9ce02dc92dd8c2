package fit_test

import (
	"fmt"
	"log"

	"cnncalc/architectures"
	"cnncalc/internal/fit"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/network"
	"cnncalc/internal/shape"
)

// What fits a device is a query with the memory that there is, and the combinations of options to look at.
func ExampleAsk() {
	data, err := architectures.Open("vgg16")
	if err != nil {
		log.Fatal(err)
	}
	n, err := network.Sound("vgg16", data, graph.Options{})
	if err != nil {
		log.Fatal(err)
	}
	device, err := fit.FindDevice("t4", "")
	if err != nil {
		log.Fatal(err)
	}
	budget, err := fit.NewBudget(&device, device.Usable, 1<<30, "1GiB")
	if err != nil {
		log.Fatal(err)
	}
	networks := func(yield func(*shape.Network, error) bool) { yield(n, nil) }
	answer, err := fit.Ask(&fit.Query{
		Account: memory.PyTorchAccount, Torch: memory.Torch2CUDA, Budget: budget, Networks: networks, Batch: 1,
		Options: []memory.Options{
			{Torch: memory.Torch2CUDA, Mode: memory.Inference, DType: memory.FP16},
			{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32, Optimizer: "adam"},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range answer.Rows {
		fmt.Println(row.Mode, row.DType, row.Largest)
	}
	// Output:
	// inference fp16 999
	// training fp32 174
}
