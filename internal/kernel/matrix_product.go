package kernel

// product holds the arguments of routines.multiply, which multiplies panels of A by a panel of B into a part of C.
type product struct {
	kc  int       // depth, at least 1
	a   []float32 // panels of A, [ceil(rows/mr), kc, mr]
	b   []float32 // a panel of B: kc rows of cols values, ldb apart
	ldb int
	// ahead is how far after b the panel of B begins that is multiplied next, in values, or 0. The routine may prefetch
	// it, wherever it is.
	ahead int
	c     []float32 // rows of cols values, ldc apart
	ldc   int
	rows  int  // at least 1
	cols  int  // 1 to nr, or nr+1 with extra
	add   bool // add to c instead of replacing it

	// extra, if not nil, is column nr of B: kc values, ldextra apart. Only routines with extraColumn accept it.
	extra   []float32
	ldextra int

	// bias, if not nil, has a value for each row of all panels. It is added to the rows, and the results are then
	// clamped to bounds. NaN stays NaN.
	bias   []float32
	bounds bounds

	// edge has room for a tile of mr*nr values. Tiles that are only partly in C are computed there.
	edge []float32
}

// check panics if a slice is too short for panels of A of mr rows.
func (p *product) check(mr int) {
	inB := p.cols
	if p.extra != nil {
		_ = p.extra[(p.kc-1)*p.ldextra]
		inB--
	}
	_, _ = p.a[roundUp(p.rows, mr)*p.kc-1], p.b[(p.kc-1)*p.ldb+inB-1]
	_ = p.c[(p.rows-1)*p.ldc+p.cols-1]
	if p.bias != nil {
		_ = p.bias[roundUp(p.rows, mr)-1]
	}
}

// tileRoutine multiplies a panel of A, [kc, mr], by a panel of B, [kc, nr], into all mr x nr values of c, whose rows
// are ldc apart. The other arguments are as in product.
type tileRoutine func(kc int, a, b, c []float32, ldc int, add bool, bias []float32, lo, hi float32)

// tiled returns a routines.multiply that uses a routine for whole tiles.
func tiled(mr, nr int, tile tileRoutine) func(p product) {
	return func(p product) {
		for i := 0; i < p.rows; i += mr {
			a := p.a[i*p.kc:][:mr*p.kc]
			c := p.c[i*p.ldc:]
			var bias []float32
			if p.bias != nil {
				bias = p.bias[i:][:mr]
			}
			rows := min(mr, p.rows-i)
			if rows == mr && p.cols == nr {
				tile(p.kc, a, p.b, c, p.ldc, p.add, bias, p.bounds.lo, p.bounds.hi)
				continue
			}
			if p.add {
				copyRows(p.edge, c, rows, p.cols, nr, p.ldc)
			}
			tile(p.kc, a, p.b, p.edge, nr, p.add, bias, p.bounds.lo, p.bounds.hi)
			copyRows(c, p.edge, rows, p.cols, p.ldc, nr)
		}
	}
}

// copyRows copies rows of cols values, which are ldd and lds values apart.
func copyRows(dst, src []float32, rows, cols, ldd, lds int) {
	for i := range rows {
		copy(dst[i*ldd:i*ldd+cols], src[i*lds:])
	}
}
