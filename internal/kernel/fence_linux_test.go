package kernel

import (
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
	"testing"
	"unsafe"
)

// fences allocates memory between inaccessible pages, so that even reads outside a buffer whose values are not used are
// detected.
type fences struct {
	t     *testing.T
	first bool // buffers begin right after a fence, else they end right before one
}

func (f *fences) buffer(n int) []float32 {
	f.t.Helper()
	page := os.Getpagesize()
	inside := roundUp(max(4*n, 1), page)
	all, err := syscall.Mmap(-1, 0, inside+2*page,
		syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { syscall.Munmap(all) })
	for _, fence := range [][]byte{all[:page], all[page+inside:]} {
		if err := syscall.Mprotect(fence, syscall.PROT_NONE); err != nil {
			f.t.Fatal(err)
		}
	}
	at := page
	if !f.first {
		at += inside - 4*n
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&all[at])), n)
}

// TestRoutinesStayInside calls all routines with buffers that are exactly as long as they must be.
func TestRoutinesStayInside(t *testing.T) {
	for _, r := range compiled {
		for _, first := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/first=%v", r.name, first), func(t *testing.T) {
				f := &fences{t, first}
				check := func(name string, run func()) {
					t.Helper()
					defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
					defer func() {
						if fault := recover(); fault != nil {
							t.Errorf("%s: %v", name, fault)
						}
					}()
					run()
				}
				fencedProducts(f, r, check)
				fencedRows(f, r, check)
				fencedTransforms(f, r, check)
				fencedStrips(f, r, check)
			})
		}
	}
}

type fencedCheck func(name string, run func())

func fencedProducts(f *fences, r *routines, check fencedCheck) {
	for _, c := range productCases(r) {
		if c.kc > 31 || c.rows > 2*r.mr+1 {
			continue
		}
		p := c.make(r, f.buffer)
		check(c.String(), func() { r.multiply(p) })
	}
}

// fencedRows tests the routines whose rows may have any length.
func fencedRows(f *fences, r *routines, check fencedCheck) {
	limits := bounds{-1, 1}
	for n := range 70 {
		dst, x, y := f.buffer(n), f.buffer(n), f.buffer(n)
		check(fmt.Sprintf("affine of %d", n), func() { r.affine(dst, x, 2, 1, limits) })
		check(fmt.Sprintf("add of %d", n), func() { r.add(dst, x, y, limits) })
		if r.activate != nil {
			for kind := Sigmoid; kind <= GELUTanh; kind++ {
				check(fmt.Sprintf("activation %d of %d", kind, n), func() { r.activate(dst, x, Activation{Kind: kind}) })
			}
		}
		for _, ldw := range []int{0, n, n + 3} {
			weights := f.buffer(3*ldw + n)
			check(fmt.Sprintf("dot4 of %d, rows %d apart", n, ldw), func() { r.dot4(weights, ldw, x) })
		}
		odd := f.buffer(max(2*n-1, 0))
		check(fmt.Sprintf("evens of %d", n), func() { r.evens(dst, odd) })
		for stride := 1; stride <= 3; stride++ {
			src := f.buffer(max((n-1)*stride+1, 0))
			check(fmt.Sprintf("maxRow of %d, stride %d", n, stride), func() { r.maxRow(dst, src, stride) })
			if r.rowTaps == nil || n == 0 {
				continue
			}
			for _, fw := range []int{1, 3} {
				g := taps{rows: 2, fw: fw, dw: 2, stride: stride, bounds: limits, filter: f.buffer(2 * fw)}
				reach := (n-1)*stride + (fw-1)*g.dw + 1
				g.step = reach + 1
				src := f.buffer(g.step + reach + stride - 1) // with the values to spare that rowTaps requires
				check(fmt.Sprintf("rowTaps of %d, %d wide, stride %d", n, fw, stride), func() { r.rowTaps(dst, src, g) })
			}
		}
	}
}

func fencedTransforms(f *fences, r *routines, check fencedCheck) {
	lanes := r.tiles
	for _, gap := range []int{0, 5} {
		step := lanes + gap
		temp := f.buffer(winogradPoints * lanes)
		points := f.buffer((winogradPoints-1)*step + lanes)
		for _, each := range []int{1, 3, lanes} { // tiles of each run
			var offsets [winogradMaxTiles]int32
			for i := range lanes {
				offsets[i] = int32(3 + i + i/each)
			}
			phase := int(offsets[lanes-1]) + 2
			region := f.buffer(23*phase + 3 + 2*lanes)
			check("inputTransform", func() { r.inputTransform(points, step, region, phase, offsets, temp) })
		}
		ldd := 4*lanes + gap
		outputs := f.buffer(3*ldd + 4*lanes)
		check("outputTransform", func() { r.outputTransform(outputs, ldd, points, step, temp, 1, bounds{-1, 1}, 100) })
	}
	for n := 1; n < 40; n++ {
		for rows := 1; rows <= 4; rows++ {
			dst, src := f.buffer((rows-1)*(n+2)+n), f.buffer((rows-1)*n+n)
			check(fmt.Sprintf("move of %d", n), func() { r.move(dst, n+2, src, n, rows, n, 100) })
			for _, from := range []int{-9, -1, 0, 2} {
				to, plane := f.buffer((4*rows-1)*(n+3)+n), f.buffer(rows*(4*n-1))
				check(fmt.Sprintf("splitRows of %d from %d", n, from), func() {
					r.splitRows(to, n+3, plane, rows, 4*n-1, from, n, 100)
				})
			}
		}
	}
}

// fencedStrips tests planes whose windows extend beyond all edges.
func fencedStrips(f *fences, r *routines, check fencedCheck) {
	w := NewWorkers(1)
	defer w.Close()
	for _, size := range []int{1, 2, 3, 4, 7, 16, 17, 35} {
		for _, g := range strippedConvs(2, size) {
			dst, src, weights := f.buffer(g.dstSize()), f.buffer(g.srcSize()), f.buffer(g.K*g.depth())
			scratch := make([]float32, depthwiseScratch(&g, 1, r))
			check(fmt.Sprintf("depthwise %d of %d, stride %d, padding %d", g.FH, size, g.SH, g.PT), func() {
				convDepthwise(dst, src, weights, scratch, g, Epilogue{}, w, r)
			})
			for window := max(2, g.PT+1); window <= 3; window++ {
				p := Pool{
					N: 1, C: g.C, H: size, W: size, OH: g.OH, OW: g.OW,
					FH: window, FW: window, SH: g.SH, SW: g.SW, PT: g.PT, PL: g.PL, DH: 1, DW: 1,
				}
				local := f.buffer(maxPoolScratch(&p, 1, r))
				check(fmt.Sprintf("pool %d of %d, stride %d, padding %d", window, size, g.SH, g.PT), func() {
					maxPool(dst, src, local, p, w, r)
				})
			}
		}
	}
}
