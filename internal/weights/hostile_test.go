package weights

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cnncalc/internal/memory"
)

// hostileFile names the file that the child process of TestOpenMemory opens.
const hostileFile = "CNNCALC_HOSTILE_FILE"

// Files made to take memory are refused, or read, in little of it. The peak is that of a child process.
func TestOpenMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, which runs with -short, takes memory of its own")
	}
	if path := os.Getenv(hostileFile); path != "" {
		openAlone(path)
	}
	if _, ok := memory.PeakResident(); !ok {
		t.Skip("the peak of a process is not known here")
	}
	tests := []struct {
		name, want string // what Open says, "<nil>" for nothing
		mebibytes  int64
		file       func() []byte
	}{
		{"metadata keys", "the safetensors header is 22881596 bytes long; at most 16777216 are read", 60,
			func() []byte { return metadataFile(2_000_000) }},
		{"metadata keys in a short header", "safetensors header, byte 95655: __metadata__: more than 10000 keys", 100,
			func() []byte { return metadataFile(1_000_000) }},
		{"entries", "the npz archive's directory is longer than 16777216 bytes, the most that is read", 200,
			func() []byte { return npzOfMany(400_000) }},
		{"entries in a short directory", "the npz archive has 200000 arrays; at most 100000 are read", 200,
			func() []byte { return npzOfMany(200_000) }},
		{"the most entries", "<nil>", 250, func() []byte { return npzOfMany(maxTensors) }},
		{"the most tensors", "<nil>", 250, func() []byte { return safetensorsOfMany(maxTensors) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "hostile")
			if err := os.WriteFile(path, tt.file(), 0o600); err != nil {
				t.Fatal(err)
			}
			child := exec.Command(os.Args[0], "-test.run=^TestOpenMemory$")
			child.Env = append(os.Environ(), hostileFile+"="+path)
			out, err := child.CombinedOutput()
			var peak int64
			message, figure, _ := strings.Cut(strings.TrimPrefix(string(out), path+": "), "\npeak ")
			if _, scanErr := fmt.Sscan(figure, &peak); err != nil || scanErr != nil {
				t.Fatalf("%v, %v\n%s", err, scanErr, out)
			}
			if message != tt.want {
				t.Errorf("got  %s\nwant %s", message, tt.want)
			}
			if peak>>20 > tt.mebibytes {
				t.Errorf("%d MiB taken, want at most %d", peak>>20, tt.mebibytes)
			}
		})
	}
}

// openAlone opens a file and ends the process, which has done nothing else.
func openAlone(path string) {
	_, err := Open(path)
	peak, _ := memory.PeakResident()
	fmt.Printf("%v\npeak %d\n", err, peak)
	os.Exit(0)
}

// metadataFile is a safetensors file with that many keys of metadata.
func metadataFile(count int) []byte {
	var header bytes.Buffer
	header.WriteString(`{"__metadata__":{`)
	for i := range count {
		fmt.Fprintf(&header, `"%x":"",`, i)
	}
	header.WriteString(`"":""},` + stEntry("a", "F32", "[]", 0, 4) + "}")
	return []byte(safetensorsFile(header.String(), "1234"))
}

// safetensorsOfMany has that many tensors, of 16 dimensions and no values.
func safetensorsOfMany(count int) []byte {
	var header bytes.Buffer
	for i := range count {
		header.WriteString("," + stEntry(fmt.Sprint(i), "F32", "["+strings.Repeat("0,", 15)+"0]", 0, 0))
	}
	return []byte(safetensorsFile("{"+header.String()[1:]+"}", ""))
}

// npzOfMany is an archive with that many arrays of one value, as archive/zip would take too much memory to write.
func npzOfMany(count int) []byte {
	array := append(npyHeaderBytes(nil), 0, 0, 0, 0)
	var file, directory []byte
	put := binary.LittleEndian
	for i := range count {
		name := fmt.Sprintf("%d.npy", i)
		// The fields of APPNOTE.TXT, 4.3.7 and 4.3.12, that both records share.
		var shared []byte
		shared = put.AppendUint16(shared, 20)       // version needed
		shared = append(shared, make([]byte, 8)...) // flags, method, time, date
		shared = put.AppendUint32(shared, crc32.ChecksumIEEE(array))
		shared = put.AppendUint32(shared, uint32(len(array)))
		shared = put.AppendUint32(shared, uint32(len(array)))
		shared = put.AppendUint16(shared, uint16(len(name)))
		shared = put.AppendUint16(shared, 0) // extra

		directory = append(append(directory, "PK\x01\x02\x14\x00"...), shared...)
		directory = append(directory, make([]byte, 10)...) // comment, disk, attributes
		directory = put.AppendUint32(directory, uint32(len(file)))
		directory = append(directory, name...)
		file = append(append(append(append(file, "PK\x03\x04"...), shared...), name...), array...)
	}
	end := append([]byte("PK\x05\x06"), 0, 0, 0, 0)
	end = put.AppendUint16(end, uint16(count))
	end = put.AppendUint16(end, uint16(count))
	end = put.AppendUint32(end, uint32(len(directory)))
	end = put.AppendUint32(end, uint32(len(file)))
	end = put.AppendUint16(end, 0)
	return append(append(file, directory...), end...)
}
