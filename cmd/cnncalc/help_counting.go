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

const countingIntro = `cnncalc memory --as NAME counts a network as another program does, in its units and under its labels, and
cnncalc reconcile A B lists what lies between two of them. The figures are held to what the programs print for
14 networks of torchvision (torchvision/NAME), those of convnet-burden to its published table. A kind of layer
that is in none of these is counted by the program's source, and the output says so.
`

const countingModules = `
What is a module decides what torchsummary, thop and ptflops see. Every layer is one, but for ADD, CONCAT, MUL and
CROP; so is a block with paths. A file may say otherwise, as torchvision's code does:

  pytorch:
    modules: [unit, inception]             # blocks that are modules, in place of those with paths
    functions: [relu, inception.pool]      # kinds, kinds in a block, or labels that are called as functions
    lists: [dense]                         # blocks whose input is a list of tensors: torchsummary fails there

convnet-burden's table has other networks under some names: its alexnet is without LRN, its resnet-50, 101 and
152 are Caffe's (the stride in the first 1x1), and its googlenet is Caffe's with auxiliary heads.
`
