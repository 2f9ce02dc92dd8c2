//go:build js

// Command study answers the static page's calls about networks.
package main

import (
	"cnncalc/internal/pagecall"
	"cnncalc/web/wasm"
)

func main() { wasm.Serve(pagecall.Answers()) }
