package picture

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/jpeg"
	"image/png"
)

// DataURI returns a picture as an address: a small one pixel by pixel, as PNG, any other as JPEG. Both are the same in
// all versions of Go, whose compression is not.
func DataURI(picture image.Image) (string, error) {
	var b bytes.Buffer
	var err error
	kind := "png"
	if size := picture.Bounds().Size(); size.X*size.Y <= 64*64 {
		encoder := png.Encoder{CompressionLevel: png.NoCompression}
		err = encoder.Encode(&b, picture)
	} else {
		kind = "jpeg"
		err = jpeg.Encode(&b, picture, &jpeg.Options{Quality: 88})
	}
	return "data:image/" + kind + ";base64," + base64.StdEncoding.EncodeToString(b.Bytes()), err
}
