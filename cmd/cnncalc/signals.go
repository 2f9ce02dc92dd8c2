//go:build !js

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// ignoreClosedPipe makes a closed pipe an error of the write, so that no half-written file is left behind.
func ignoreClosedPipe() { signal.Ignore(syscall.SIGPIPE) }

// notifyInterrupts delivers the signals that end the program. A hangup that it was started to ignore, as nohup does, is
// not one.
func notifyInterrupts() <-chan os.Signal {
	interrupts := make(chan os.Signal, 2)
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(interrupts, syscall.SIGHUP)
	}
	return interrupts
}
