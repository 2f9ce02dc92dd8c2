package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindClip computes CLIP.
func bindClip(l *layer) (plan, error) {
	lowest, highest := l.op.(*op.Clip).Bounds()
	return activation(kernel.Activation{Kind: kernel.Clip, Alpha: float32(lowest), Beta: float32(highest)}), nil
}
