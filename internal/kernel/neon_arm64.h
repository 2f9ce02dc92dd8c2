// Go's assembler lacks most vector instructions for floating point. These are their encodings for four float32 (Arm
// Architecture Reference Manual, C7.2). Operands are numbers of registers; the result comes first, as in Arm's syntax.

// d = n + m, n - m, n * m, n / m
#define FADD(d, n, m) WORD $(0x4E20D400 | (m)<<16 | (n)<<5 | (d))
#define FSUB(d, n, m) WORD $(0x4EA0D400 | (m)<<16 | (n)<<5 | (d))
#define FMUL(d, n, m) WORD $(0x6E20DC00 | (m)<<16 | (n)<<5 | (d))
#define FDIV(d, n, m) WORD $(0x6E20FC00 | (m)<<16 | (n)<<5 | (d))

// d += n * m, d -= n * m
#define FMLA(d, n, m) WORD $(0x4E20CC00 | (m)<<16 | (n)<<5 | (d))
#define FMLS(d, n, m) WORD $(0x4EA0CC00 | (m)<<16 | (n)<<5 | (d))

// d = n * m[i], d += n * m[i], d -= n * m[i]
#define FMUL_ELEMENT(d, n, m, i) WORD $(0x4F809000 | ((i)&1)<<21 | (m)<<16 | ((i)>>1)<<11 | (n)<<5 | (d))
#define FMLA_ELEMENT(d, n, m, i) WORD $(0x4F801000 | ((i)&1)<<21 | (m)<<16 | ((i)>>1)<<11 | (n)<<5 | (d))
#define FMLS_ELEMENT(d, n, m, i) WORD $(0x4F805000 | ((i)&1)<<21 | (m)<<16 | ((i)>>1)<<11 | (n)<<5 | (d))

// d = max(n, m), min(n, m); NaN if either is NaN
#define FMAX(d, n, m) WORD $(0x4E20F400 | (m)<<16 | (n)<<5 | (d))
#define FMIN(d, n, m) WORD $(0x4EA0F400 | (m)<<16 | (n)<<5 | (d))

// d = the sums of adjacent pairs in n, then in m
#define FADDP(d, n, m) WORD $(0x6E20D400 | (m)<<16 | (n)<<5 | (d))

// d = the lower and the upper two values of n as float64; d = n + m and the sums of adjacent pairs in n, then in m, in
// float64
#define FCVTL(d, n) WORD $(0x0E617800 | (n)<<5 | (d))
#define FCVTL2(d, n) WORD $(0x4E617800 | (n)<<5 | (d))
#define FADD64(d, n, m) WORD $(0x4E60D400 | (m)<<16 | (n)<<5 | (d))
#define FADDP64(d, n, m) WORD $(0x6E60D400 | (m)<<16 | (n)<<5 | (d))

// d = -n, |n|
#define FNEG(d, n) WORD $(0x6EA0F800 | (n)<<5 | (d))
#define FABS(d, n) WORD $(0x4EA0F800 | (n)<<5 | (d))

// d = n rounded to the nearest integer, ties to even; as a float, and as an int32
#define FRINTN(d, n) WORD $(0x4E218800 | (n)<<5 | (d))
#define FCVTNS(d, n) WORD $(0x4E21A800 | (n)<<5 | (d))

// d = all bits where n > m, |n| > |m|; 0 if either is NaN
#define FCMGT(d, n, m) WORD $(0x6EA0E400 | (m)<<16 | (n)<<5 | (d))
#define FACGT(d, n, m) WORD $(0x6EA0EC00 | (m)<<16 | (n)<<5 | (d))

// d = n without the bits of m
#define BIC(d, n, m) WORD $(0x4E601C00 | (m)<<16 | (n)<<5 | (d))

// d = n
#define MOVE(d, n) WORD $(0x4EA01C00 | (n)<<16 | (n)<<5 | (d))

// t = the four values at register n + register m
#define LOAD(t, n, m) WORD $(0x3CE06800 | (m)<<16 | (n)<<5 | (t))

// The four values at register n + register m = t
#define SAVE(t, n, m) WORD $(0x3CA06800 | (m)<<16 | (n)<<5 | (t))
