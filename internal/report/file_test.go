package report

import (
	"fmt"
	"os"
	"testing"
)

func TestIsClosedPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	err = vggStart().WriteText(w)
	if !IsClosedPipe(err) {
		t.Errorf("a pipe without a reader: %v", err)
	}
	if !IsClosedPipe(fmt.Errorf("wrapped: %w", err)) {
		t.Error("a wrapped error is not recognised")
	}
	if IsClosedPipe(nil) || IsClosedPipe(errFull) || IsClosedPipe(os.ErrClosed) {
		t.Error("other errors are taken for a closed pipe")
	}
}
