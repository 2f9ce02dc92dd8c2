//go:build js

// Command wasm is the static page's half of cnncalc: it runs in a worker of the page, and defines the function
// cnncalc(name, request, attachment) there, which returns an answer. Requests and answers are JSON, as those of the
// server of cnncalc edit; the attachment is a Uint8Array or undefined.
package main

import (
	"context"
	"os"
	"syscall/js"

	"cnncalc/internal/pagecall"
)

func main() {
	calls := &pagecall.Calls{Log: os.Stderr}
	js.Global().Set("cnncalc", js.FuncOf(func(_ js.Value, args []js.Value) any {
		call := pagecall.Call{Name: args[0].String(), Request: []byte(args[1].String()), Attachment: bytesOf(args[2])}
		return string(calls.Answer(context.Background(), call))
	}))
	select {} // the function is called from now on
}

// bytesOf copies a Uint8Array; undefined is nil.
func bytesOf(array js.Value) []byte {
	if array.IsUndefined() {
		return nil
	}
	data := make([]byte, array.Length())
	js.CopyBytesToGo(data, array)
	return data
}
