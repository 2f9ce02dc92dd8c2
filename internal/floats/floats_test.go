package floats

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"testing"
)

// numpy's own conversion of every float16 but the NaNs; internal/weights/testdata/generate.py prints the hash.
func TestHalfToFloat32AsNumpy(t *testing.T) {
	const want = "680bbc22915f61aa1bbfc7265bc3882a6aa42d299bfd2c571807196e5544de2e"
	var all []byte
	for h := range 1 << 16 {
		v := halfToFloat32(uint16(h))
		isNaN := h>>10&0x1f == 0x1f && h&0x3ff != 0
		if isNaN != math.IsNaN(float64(v)) {
			t.Errorf("%#04x became %v", h, v)
		}
		if !isNaN {
			all = binary.LittleEndian.AppendUint32(all, math.Float32bits(v))
		}
	}
	sum := sha256.Sum256(all)
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("hash of all values is %s, numpy's is %s", got, want)
	}
}
