package picture

import (
	"bytes"
	"errors"
	"fmt"
)

const (
	formatPNG  = "PNG"
	formatJPEG = "JPEG"
	formatGIF  = "GIF"
	formatWebP = "WebP"
	formatBMP  = "BMP"
)

const supported = "PNG, JPEG, GIF, WebP and BMP are supported"

// signature is a run of bytes at a fixed offset by which a kind of file is known.
type signature struct {
	offset int
	bytes  string
	kind   string
}

func (s signature) matches(data []byte) bool {
	return len(data) >= s.offset && bytes.HasPrefix(data[s.offset:], []byte(s.bytes))
}

// supportedSignatures returns the kinds that Decode reads. Bytes 4 to 7 of a WebP
// are a size, so sniff checks its RIFF separately.
func supportedSignatures() []signature {
	return []signature{
		{0, "\x89PNG\r\n\x1a\n", formatPNG},
		{0, "\xff\xd8\xff", formatJPEG},
		{0, "GIF87a", formatGIF},
		{0, "GIF89a", formatGIF},
		{8, "WEBP", formatWebP},
		{0, "BM", formatBMP},
	}
}

// otherSignatures returns kinds that people give by mistake or hope for: naming
// them helps more than "not a picture". The first that matches counts.
func otherSignatures() []signature {
	return []signature{
		{0, "II*\x00", "a TIFF picture"},
		{0, "MM\x00*", "a TIFF picture"},
		{0, "II+\x00", "a BigTIFF picture"},
		{0, "MM\x00+", "a BigTIFF picture"},
		{4, "ftypavif", "an AVIF picture"},
		{4, "ftypavis", "an animated AVIF picture"},
		{4, "ftypheic", "a HEIC picture"},
		{4, "ftypheix", "a HEIC picture"},
		{4, "ftypheim", "a HEIC picture"},
		{4, "ftypheis", "a HEIC picture"},
		{4, "ftyphevc", "a HEIC picture"},
		{4, "ftypmif1", "a HEIF picture"},
		{4, "ftypmsf1", "a HEIF picture"},
		{4, "ftypcrx ", "a camera's raw picture (CR3)"},
		{4, "ftyp", "a video (MP4 or QuickTime)"},
		{0, "\xff\x0a", "a JPEG XL picture"},
		{0, "\x00\x00\x00\x0cJXL \r\n\x87\n", "a JPEG XL picture"},
		{0, "\x00\x00\x00\x0cjP  \r\n\x87\n", "a JPEG 2000 picture"},
		{0, "\xff\x4f\xff\x51", "a JPEG 2000 picture"},
		{0, "%PDF-", "a PDF document"},
		{0, "8BPS", "a Photoshop picture (PSD)"},
		{0, "gimp xcf", "a GIMP picture (XCF)"},
		{0, "\x00\x00\x01\x00", "an icon (ICO)"},
		{0, "\x00\x00\x02\x00", "a cursor (CUR)"},
		{0, "qoif", "a QOI picture"},
		{0, "\x76\x2f\x31\x01", "an OpenEXR picture"},
		{0, "#?RADIANCE", "a Radiance HDR picture"},
		{0, "DDS ", "a DDS texture"},
		{128, "DICM", "a DICOM picture"},
		{0, "SIMPLE  =", "a FITS picture"},
		{0, "\x1a\x45\xdf\xa3", "a video (WebM or Matroska)"},
		{0, "\x93NUMPY", "a NumPy array"},
		{0, "\x89HDF\r\n\x1a\n", "an HDF5 file"},
		{0, "PK\x03\x04", "a ZIP archive"},
		{0, "\x1f\x8b", "a gzip archive"},
	}
}

// sniff returns the kind of a supported picture, or an error that says what the
// data is instead.
func sniff(data []byte) (string, error) {
	if len(data) == 0 {
		return "", errors.New("the file is empty")
	}
	for _, s := range supportedSignatures() {
		if s.kind == formatWebP && !bytes.HasPrefix(data, []byte("RIFF")) {
			continue
		}
		if s.matches(data) {
			return s.kind, nil
		}
	}
	if err := sniffText(data); err != nil {
		return "", err
	}
	if len(data) >= 3 && data[0] == 'P' && '1' <= data[1] && data[1] <= '7' && isSpace(data[2]) {
		return "", unsupported("a Netpbm picture (PBM, PGM, PPM or PAM)")
	}
	for _, s := range otherSignatures() {
		if s.matches(data) {
			return "", unsupported(s.kind)
		}
	}
	return "", fmt.Errorf("not a picture: the first bytes are %q; %s", data[:min(len(data), 12)], supported)
}

func unsupported(kind string) error {
	return fmt.Errorf("this is %s; %s: convert it first", kind, supported)
}

// sniffText recognises what a failed download leaves under the name of a picture,
// and pictures that are text.
func sniffText(data []byte) error {
	head := data[:min(len(data), 1024)]
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	head = bytes.ToLower(bytes.TrimLeft(head, " \t\r\n"))
	switch {
	case bytes.HasPrefix(head, []byte("version https://git-lfs")):
		return errors.New("not a picture: this is a Git LFS pointer; fetch the file itself with `git lfs pull`")
	case bytes.HasPrefix(head, []byte("<!doctype html")), bytes.HasPrefix(head, []byte("<html")):
		return errors.New("not a picture: this is a web page (HTML) saved under the name of a picture;" +
			" download the picture itself")
	case bytes.HasPrefix(head, []byte("<svg")),
		bytes.HasPrefix(head, []byte("<")) && bytes.Contains(head, []byte("<svg")):
		return unsupported("an SVG drawing")
	}
	return nil
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }
