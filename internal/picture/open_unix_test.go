//go:build unix

package picture

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestOpenFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe.png")
	if err := syscall.Mkfifo(path, 0o644); err != nil {
		t.Skip("no named pipes here:", err)
	}
	type result struct {
		p   *Picture
		err error
	}
	done := make(chan result, 1)
	go func() {
		p, err := Open(path, Limits{})
		done <- result{p, err}
	}()
	select {
	case r := <-done:
		checkRefused(t, r.p, r.err, "is a named pipe; expected a picture")
	case <-time.After(5 * time.Minute):
		t.Fatal("Open blocks on a named pipe")
	}
}

func TestOpenDevice(t *testing.T) {
	p, err := Open("/dev/null", Limits{})
	checkRefused(t, p, err, "is not a regular file; expected a picture")
}
