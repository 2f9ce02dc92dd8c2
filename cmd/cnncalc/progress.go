package main

import (
	"fmt"
	"io"
	"time"

	"cnncalc/internal/exec"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
)

// progressAfter is how long a command works in silence.
const progressAfter = 2 * time.Second

// progress shows on a terminal how far a long command is.
type progress struct {
	w     io.Writer
	start time.Time
	last  time.Time // when a line was shown
}

func newProgress(w io.Writer) *progress { return &progress{w: w, start: time.Now()} }

// show writes over the line before.
func (p *progress) show(format string, args ...any) {
	if time.Since(p.start) < progressAfter {
		return
	}
	p.last = time.Now()
	line := plain.Escape(fmt.Sprintf(format, args...))
	fmt.Fprintf(p.w, "\r\x1b[K%s", report.CutToWidth(line, report.TerminalWidth(p.w)-1))
}

func (p *progress) clear() {
	if !p.last.IsZero() {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// layerProgress shows how many layers of a run are computed.
type layerProgress struct {
	*progress
	program *exec.Program
}

func (p layerProgress) Computed(c exec.Computed) error {
	nodes := p.program.Network().Nodes
	p.show("%d of %d layers, %s", c.Node+1, len(nodes), nodes[c.Node].Name)
	return nil
}
