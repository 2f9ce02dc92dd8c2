package memory_test

import (
	"fmt"
	"log"

	"cnncalc/architectures"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/network"
	"cnncalc/internal/shape"
)

// open returns a built-in network.
func open(name string) *shape.Network {
	data, err := architectures.Open(name)
	if err != nil {
		log.Fatal(err)
	}
	n, err := network.Sound(name, data, graph.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return n
}

// The notes' account of a batch is made at once.
func ExampleNewNotes() {
	notes, err := memory.NewNotes(open("vgg16"), 64, memory.FP32, memory.DefaultOptimizer)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("training:", notes.Training, "bytes")
	fmt.Println("inference:", notes.Inference, "bytes")
	// Output:
	// training: 9500480992 bytes
	// inference: 4492792992 bytes
}

// PyTorch's account is made once for a network and its options, and then asked about any batch.
func ExampleNewPyTorch() {
	model, err := memory.NewPyTorch(open("lenet5"), memory.Options{
		Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32, Optimizer: "adam",
	})
	if err != nil {
		log.Fatal(err)
	}
	account, err := model.Account(32)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("peak:", account.Peak.Bytes, "bytes,", account.Peak.Name, account.Peak.Phase)
	batch, peak, err := model.LargestBatch(1 << 30)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("in 1 GiB:", batch, "pictures, at most", peak, "bytes")
	// Output:
	// peak: 19944960 bytes, relu1 backward
	// in 1 GiB: 17703 pictures, at most 1073703424 bytes
}
