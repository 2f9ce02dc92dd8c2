//go:build unix

package regular

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Nobody writes to the FIFO, so that a program that opens it as usual waits for ever.
func TestFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no named pipes here:", err)
	}
	want := path + " is a named pipe; expected a text"
	if _, err := Read(path, "a text", 9); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestDevice(t *testing.T) {
	const want = "/dev/null is not a regular file; expected a text"
	if _, err := Read("/dev/null", "a text", 9); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// A pipe with a writer that writes nothing stands for a file that calls itself regular and waits, as /proc/kmsg does.
func TestReaderThatWaits(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	defer reader.Close()
	if err := limitWait("pipe", reader); err != nil {
		t.Fatal(err)
	}
	_, err = reader.Read(make([]byte, 1))
	const want = "can't read pipe: it waits for more data instead of ending"
	if got := Unreadable("pipe", err).Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
