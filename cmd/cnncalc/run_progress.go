package main

import (
	"fmt"
	"io"
	"time"

	"cnncalc/internal/exec"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
)

// progressAfter is how long a run goes on in silence.
const progressAfter = 2 * time.Second

// progress shows on a terminal how far a long run is.
type progress struct {
	w       io.Writer
	program *exec.Program
	start   time.Time
	shown   bool
}

func newProgress(w io.Writer, program *exec.Program) *progress {
	return &progress{w: w, program: program, start: time.Now()}
}

// Computed writes over the line of the layer before.
func (p *progress) Computed(c exec.Computed) error {
	if time.Since(p.start) < progressAfter {
		return nil
	}
	p.shown = true
	nodes := p.program.Network().Nodes
	line := fmt.Sprintf("%d of %d layers, %s", c.Node+1, len(nodes), plain.Escape(nodes[c.Node].Name))
	fmt.Fprintf(p.w, "\r\x1b[K%s", report.CutToWidth(line, report.TerminalWidth(p.w)-1))
	return nil
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
