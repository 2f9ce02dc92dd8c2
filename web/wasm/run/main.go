//go:build js

// Command run answers the static page's calls that run a network or read a model.
package main

import (
	"cnncalc/internal/pagerun"
	"cnncalc/web/wasm"
)

func main() { wasm.Serve(pagerun.Answers()) }
