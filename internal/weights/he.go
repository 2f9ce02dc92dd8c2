package weights

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
)

// HeChunk is the number of values that HeNormal draws from one random stream. It determines the result: another size
// gives other values for the same seed.
const HeChunk = 1 << 16

// HeNormal fills dst with normal values of mean 0 and standard deviation sqrt(2/fanIn), the initialisation for layers
// before a ReLU (He et al. 2015, "Delving Deep into Rectifiers", eq. 10; CS231n: w = np.random.randn(n) * sqrt(2.0/n)).
// fanIn is the number of inputs of one output value: C/groups*F*F for filters [K, C/groups, F, F]. It must be positive.
//
// The values depend only on fanIn, seed and stream. Give each layer of a network its own stream: the same stream gives
// the same values. Single values may differ in the last bit between processor architectures, as math.Log does.
//
// parallel calls f(i) once for each i in 0..n-1, in any order, from any number of goroutines, and returns when all
// calls have returned. If it is nil, a plain loop is used. The result does not depend on it.
func HeNormal(dst []float32, fanIn int, seed, stream uint64, parallel func(n int, f func(i int))) error {
	if fanIn <= 0 {
		return fmt.Errorf("the fan-in must be positive for He initialisation, not %d", fanIn)
	}
	if parallel == nil {
		parallel = inOrder
	}
	deviation := math.Sqrt(2 / float64(fanIn))
	chunks := (len(dst) + HeChunk - 1) / HeChunk
	parallel(chunks, func(i int) {
		chunk := dst[i*HeChunk : min((i+1)*HeChunk, len(dst))]
		fillNormal(chunk, deviation, chunkSource(seed, stream, uint64(i)))
	})
	return nil
}

func inOrder(n int, f func(i int)) {
	for i := range n {
		f(i)
	}
}

// chunkSource returns the random stream of one chunk. PCG is the fastest source of math/rand/v2, but its seed is its
// state, so that similar seeds start alike; ChaCha8 turns neighbouring keys into unrelated seeds.
func chunkSource(seed, stream, chunk uint64) *rand.PCG {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[0:], seed)
	binary.LittleEndian.PutUint64(key[8:], stream)
	binary.LittleEndian.PutUint64(key[16:], chunk)
	seeds := rand.NewChaCha8(key)
	return rand.NewPCG(seeds.Uint64(), seeds.Uint64())
}

func fillNormal(dst []float32, deviation float64, source rand.Source) {
	normal := rand.New(source)
	for i := range dst {
		dst[i] = float32(normal.NormFloat64() * deviation)
	}
}
