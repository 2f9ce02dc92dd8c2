// Package pickle reads and writes data in Python's pickle format: None, booleans, whole numbers, floats, text, lists,
// tuples and dictionaries with text as keys, as snapshots of PyTorch's memory have them.
//
// A pickle is a program, whose opcodes may name any function of Python and call it. [Decode] knows only those that
// build data, and says of any other what it would do. It bounds the memory that a file can ask for.
//
// The format is in Python's Lib/pickletools.py. [Encoder] writes protocol 2, whose opcodes PyTorch's memory viewer
// (torch/utils/viz/MemoryViz.js) knows.
package pickle

// Opcodes, under their names in pickletools.
const (
	opMark            = '('
	opStop            = '.'
	opPop             = '0'
	opPopMark         = '1'
	opBinFloat        = 'G'
	opBinInt          = 'J'
	opBinInt1         = 'K'
	opBinInt2         = 'M'
	opNone            = 'N'
	opBinUnicode      = 'X'
	opAppend          = 'a'
	opDict            = 'd'
	opAppends         = 'e'
	opBinGet          = 'h'
	opLongBinGet      = 'j'
	opList            = 'l'
	opBinPut          = 'q'
	opLongBinPut      = 'r'
	opSetItem         = 's'
	opTuple           = 't'
	opSetItems        = 'u'
	opEmptyTuple      = ')'
	opEmptyList       = ']'
	opEmptyDict       = '}'
	opProto           = 0x80
	opTuple1          = 0x85
	opTuple2          = 0x86
	opTuple3          = 0x87
	opNewTrue         = 0x88
	opNewFalse        = 0x89
	opLong1           = 0x8a
	opShortBinUnicode = 0x8c
	opBinUnicode8     = 0x8d
	opMemoize         = 0x94
	opFrame           = 0x95
)

// refused returns what an opcode that is not read does, in words; "" for those that Python does not have.
func refused(opcode byte) string {
	switch opcode {
	case 'R', 'b', 'i', 'o', 0x81, 0x92:
		return "calls a function or makes an object"
	case 'c', 0x93, 0x82, 0x83, 0x84:
		return "names a function or class"
	case 'P', 'Q':
		return "refers to an object outside of the file"
	case 'S', 'T', 'U', 'B', 'C', 0x8e, 0x96, 0x97, 0x98:
		return "holds bytes"
	case 0x8f, 0x90, 0x91:
		return "holds a set"
	case 'F', 'I', 'L', 'V', 'g', 'p':
		return "is of protocol 0, which is text"
	case '2', 0x8b:
		return "is not used for data of this kind"
	}
	return ""
}
