package weights

import (
	"archive/zip"
	"compress/flate"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"math"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"
)

// maxDeflateRatio is the most that deflate can expand: 258 bytes from two bits (zlib, "Maximum Compression Factor":
// 1032:1).
const maxDeflateRatio = 1032

// encryptedFlag is bit 0 of a zip entry's general purpose flags (APPNOTE.TXT, 4.4.4).
const encryptedFlag = 1

// openNPZ reads the directory of an npz archive, as numpy.savez and savez_compressed write it, and the header of each
// array. r must hold exactly size bytes. Every entry must be an npy array; its tensor has the entry's name without
// ".npy".
func openNPZ(r io.ReaderAt, size int64) ([]entry, error) {
	files, err := npzEntries(r, size)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(files))
	packedLeft := uint64(size)
	for _, f := range files {
		if err := checkEntry(f, seen, &packedLeft); err != nil {
			return nil, fmt.Errorf("entry %s: %w", quoteName(f.Name), err)
		}
	}
	entries := make([]entry, 0, len(files))
	for _, f := range files {
		e, err := openEntry(f)
		if err != nil {
			return nil, fmt.Errorf("entry %s: %w", quoteName(f.Name), err)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// openEntry reads the header of an array whose directory record has been checked.
func openEntry(f *zip.File) (entry, error) {
	r, err := unpack(f)
	if err != nil {
		return entry{}, err
	}
	defer r.Close()
	a, err := readArrayHeader(r, int64(f.UncompressedSize64))
	if err != nil {
		return entry{}, err
	}
	return entry{
		array:  a,
		name:   strings.TrimSuffix(f.Name, ".npy"),
		offset: -1,
		open:   func() (io.ReadCloser, error) { return openValues(f, a.start) },
	}, nil
}

// openValues returns a reader of an entry's values, which begin at byte start of its content.
func openValues(f *zip.File, start int64) (io.ReadCloser, error) {
	r, err := unpack(f)
	if err != nil {
		return nil, err
	}
	if _, err := io.CopyN(io.Discard, r, start); err != nil {
		r.Close()
		return nil, readError(err)
	}
	return r, nil
}

// unpack returns a reader of an entry's content. Its errors, except io.EOF at the end, say what is wrong in words.
func unpack(f *zip.File) (io.ReadCloser, error) {
	r, err := f.Open()
	if err != nil {
		return nil, zipError(err)
	}
	return &entryReader{entry: r, sum: crc32.NewIEEE(), want: f.CRC32}, nil
}

// entryReader puts the errors of archive/zip into words, and checks a checksum of 0, which archive/zip takes to mean
// that none was set.
type entryReader struct {
	entry io.ReadCloser
	sum   hash.Hash32
	want  uint32
}

func (r *entryReader) Read(b []byte) (int, error) {
	n, err := r.entry.Read(b)
	if r.want == 0 {
		r.sum.Write(b[:n])
	}
	if err == io.EOF && r.want == 0 && r.sum.Sum32() != 0 {
		err = zip.ErrChecksum
	}
	if err == nil || err == io.EOF {
		return n, err
	}
	return n, zipError(err)
}

func (r *entryReader) Close() error { return r.entry.Close() }

// directoryReader bounds what archive/zip reads to make the list of entries, which archive/zip itself does not.
type directoryReader struct {
	r      io.ReaderAt
	left   int // bytes that may still be read before the list is made
	listed bool
}

func (d *directoryReader) ReadAt(b []byte, offset int64) (int, error) {
	if offset < 0 { // as a damaged directory may say
		return 0, zip.ErrFormat
	}
	if !d.listed {
		if d.left -= len(b); d.left < 0 {
			return 0, errLongDirectory
		}
	}
	return d.r.ReadAt(b, offset)
}

var errLongDirectory = fmt.Errorf("the npz archive's directory is longer than %d bytes, the most that is read",
	maxDirectory)

// npzEntries returns the archive's directory, which has at least one entry.
func npzEntries(r io.ReaderAt, size int64) ([]*zip.File, error) {
	head, err := readHead(r, size)
	if err != nil {
		return nil, err
	}
	if !isZip(head) {
		return nil, fmt.Errorf("not an npz file: %w", foreignHead(head))
	}
	// To find the directory, archive/zip reads up to some 70,000 bytes at the end of the archive.
	directory := &directoryReader{r: r, left: maxDirectory + 1<<17}
	archive, err := zip.NewReader(directory, size)
	directory.listed = true
	// ErrInsecurePath comes with a usable reader; checkEntry checks the names, with its own messages.
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, directoryError(err)
	}
	if len(archive.File) == 0 {
		return nil, errors.New("the npz archive is empty: it contains no arrays")
	}
	if len(archive.File) > maxTensors {
		return nil, fmt.Errorf("the npz archive has %d arrays; at most %d are read", len(archive.File), maxTensors)
	}
	return archive.File, nil
}

// checkEntry checks what the directory says about one entry. seen holds the names so far. packedLeft is how many bytes
// of the file are left for compressed data: entries that together declare more share bytes, as zip bombs do.
func checkEntry(f *zip.File, seen map[string]bool, packedLeft *uint64) error {
	if err := checkEntryName(f.Name); err != nil {
		return err
	}
	if seen[f.Name] {
		return errors.New("the name appears twice in the archive")
	}
	seen[f.Name] = true
	if f.Flags&encryptedFlag != 0 {
		return errors.New("it is encrypted; unpack the archive with its password and save it again")
	}
	if f.CompressedSize64 > *packedLeft {
		return fmt.Errorf("it declares %d compressed bytes, more than the archive has room for", f.CompressedSize64)
	}
	*packedLeft -= f.CompressedSize64
	return checkEntrySizes(f)
}

func checkEntrySizes(f *zip.File) error {
	packed, unpacked := f.CompressedSize64, f.UncompressedSize64
	switch f.Method {
	case zip.Store:
		if packed != unpacked {
			return fmt.Errorf("it is stored uncompressed, but declares %d compressed and %d uncompressed bytes",
				packed, unpacked)
		}
	case zip.Deflate:
		if unpacked > math.MaxInt64 || unpacked/maxDeflateRatio > packed {
			return fmt.Errorf("it declares %d bytes from %d compressed ones, more than deflate can produce", unpacked, packed)
		}
	default:
		return fmt.Errorf("it is compressed with %s; save the archive with numpy.savez or savez_compressed",
			methodName(f.Method))
	}
	return nil
}

// methodName returns the name of a zip compression method (APPNOTE.TXT, 4.4.5).
func methodName(method uint16) string {
	names := map[uint16]string{
		9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd", 99: "AES encryption",
	}
	if name, ok := names[method]; ok {
		return name
	}
	return fmt.Sprintf("method %d", method)
}

// checkEntryName rejects names that lead out of a folder. No file is written under them, but numpy makes no such
// archive. Slashes within a name are fine: TensorFlow's names have them.
func checkEntryName(name string) error {
	if strings.HasSuffix(name, "/data.pkl") {
		return &foreign{"it is " + torchText, torchToNPZ}
	}
	if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return errors.New("the name is not plain text")
	}
	if strings.HasPrefix(name, "/") || strings.Contains(name, `\`) || strings.Contains("/"+name, "/../") {
		return errors.New("the name leads out of the archive")
	}
	if stem, ok := strings.CutSuffix(name, ".npy"); !ok || stem == "" || strings.HasSuffix(stem, "/") {
		return errors.New("it is not named NAME.npy, as the arrays of an npz archive are")
	}
	return nil
}

// directoryError returns the error for a directory that archive/zip can't read.
func directoryError(err error) error {
	var system syscall.Errno
	switch {
	case errors.Is(err, errLongDirectory):
		return errLongDirectory
	case errors.As(err, &system):
		return system
	}
	return errors.New("the npz archive is cut short or damaged: the directory at its end can't be read")
}

// zipError puts into words the errors of archive/zip and flate while an entry is read: they name no remedy, and some
// are a bare EOF.
func zipError(err error) error {
	var corrupt flate.CorruptInputError
	var system syscall.Errno
	switch {
	case errors.As(err, &system):
		return system
	case errors.As(err, &corrupt):
		return errors.New("its compressed data is damaged; copy or download the file again")
	case errors.Is(err, zip.ErrChecksum):
		return errors.New("its checksum is wrong: the file is damaged; copy or download it again")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errShort
	}
	return errors.New("the archive is damaged: the entry is not where, or not as long as, the directory says")
}
