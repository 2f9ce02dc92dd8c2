//go:build js

package wasm

import (
	"context"
	"os"
	"syscall/js"

	"cnncalc/internal/pagecall"
)

// Serve defines the function cnncalc(name, request, attachment) in the worker in which the program runs, which returns
// an answer. Requests and answers are JSON, as those of the server of cnncalc edit; the attachment is a Uint8Array or
// undefined. Serve does not return.
func Serve(answers map[string]pagecall.Answerer) {
	calls := &pagecall.Calls{Answers: answers, Log: os.Stderr}
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
