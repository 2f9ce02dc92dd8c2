package main

import "os"

// ignoreClosedPipe does nothing: JavaScript has no signals.
func ignoreClosedPipe() {}

// notifyInterrupts returns a channel that never delivers.
func notifyInterrupts() <-chan os.Signal { return nil }
