package main

import (
	"fmt"
	"strings"

	"cnncalc/internal/count"
	"cnncalc/internal/report"
)

// countingHelp describes the conventions.
func countingHelp() string {
	var b strings.Builder
	b.WriteString(countingIntro)
	for _, c := range count.Conventions() {
		fmt.Fprintf(&b, "\n  %s: %s\n", c.Name, c.Title())
		summary := c.Summary
		if c.MB != "" {
			summary += "; MB is " + c.MB + " bytes"
		}
		for _, line := range report.Fill(summary, countingWidth) {
			fmt.Fprintf(&b, "    %s\n", line)
		}
	}
	b.WriteString(countingModules)
	return b.String()
}

// Width of the paragraphs in countingHelp, in characters.
const countingWidth = 100

const countingIntro = `cnncalc memory --as NAME counts a network as another program does, in its units and
under its labels. cnncalc reconcile A B lists the differences between two of them. The figures equal what the
programs print for 19 networks of torchvision (torchvision/NAME), and convnet-burden's published table. A kind of
layer that is in none of these networks is counted as the program's source does, and the output says so.
`

const countingModules = `
torchsummary, thop and ptflops count modules. Every layer except ADD, CONCAT, MUL, MAX, CROP, CHANNELS, SHUFFLE and
SCALE is a module, and so is a block with paths. A file can change this, as torchvision's code does:

  pytorch:
    modules: [unit, inception]             # blocks that are modules, instead of those with paths
    functions: [relu, inception.pool]      # kinds, kinds in a block, or labels that are called as functions
    lists: [dense]                         # blocks whose input is a list of tensors: torchsummary fails there
    inline: [branch]                       # blocks whose layers are in the code around the call: no modules, and
                                           # layers have names and numbers as if they were written there
    permuted: [block.LN, block.CONV]       # layers on volumes with their channels last, between modules that
                                           # permute: LN, activations, and 1x1 CONVs, which are Linear there
    subclasses: [LN]                       # layers of a subclass of PyTorch's module, which thop and ptflops
                                           # do not know

Some names in convnet-burden's table are those of other networks: its alexnet has no LRN, its resnet-50, 101 and 152 are
Caffe's (with the stride in the first 1x1), and its googlenet is Caffe's with auxiliary heads.
`
