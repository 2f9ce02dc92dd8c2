package picture

import (
	"image"

	"golang.org/x/image/bmp"
)

func decodeBMP(data []byte, limits Limits) (decoded, error) {
	size, err := runConfig(formatBMP, bmp.DecodeConfig, data, limits)
	if err != nil {
		return decoded{}, err
	}
	need := int64(len(data)) + bmpMemory(size, data)
	if err := checkMemory(formatBMP, size, need, limits, remedySmaller); err != nil {
		return decoded{}, err
	}
	m, err := runDecoder(formatBMP, bmp.Decode, data)
	if err != nil {
		return decoded{}, err
	}
	rgb, notes, err := toRGB(m)
	return decoded{rgb: rgb, notes: notes}, err
}

// bmpMemory returns what package bmp and the conversion of its result allocate
// for a file whose headers have been checked.
func bmpMemory(size image.Point, data []byte) int64 {
	const bitsPerPixel = 28 // offset in the file
	pixels := int64(size.X) * int64(size.Y)
	row := bytesPerPixel * int64(size.X)
	if le16(data[bitsPerPixel:]) <= 8 {
		return pixels*(1+bytesPerPixel) + row
	}
	return pixels*bytesPerPixel + row
}
