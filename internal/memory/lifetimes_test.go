package memory_test

import (
	"testing"

	"cnncalc/internal/memory"
)

// What is alive after each step adds up to what the timeline says, and the peak is no more than what a step touches.
func TestLifetimesAddUp(t *testing.T) {
	for _, name := range []string{"lenet5", "vgg16", "googlenet", "torchvision/resnet50", "unet"} {
		n := builtIn(t, name)
		for _, o := range []memory.Options{
			{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32, Optimizer: "adam"},
			{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.AMP, Optimizer: "sgd"},
			{Torch: memory.Torch113CPU, Mode: memory.Inference, DType: memory.FP32},
		} {
			model, err := memory.NewPyTorch(n, o)
			if err != nil {
				t.Fatal(err)
			}
			steps, err := model.Timeline(4)
			if err != nil {
				t.Fatal(err)
			}
			tensors, err := model.Lifetimes(4)
			if err != nil {
				t.Fatal(err)
			}
			for s, step := range steps {
				live, touched := int64(0), int64(0)
				for _, l := range tensors {
					if l.From <= s && s < l.To {
						live += l.Bytes
					}
					if l.From <= s && s <= l.To {
						touched += l.Bytes
					}
				}
				if live != step.Live || touched < step.Most {
					t.Fatalf("%s, %+v: after %s %s %d bytes are alive by their lifetimes and %d by the timeline; "+
						"%d are touched and %d needed", name, o, step.Name, step.Phase, live, step.Live, touched, step.Most)
				}
			}
		}
	}
}
