//go:build !js

package regular

import "syscall"

// nonBlocking opens a FIFO without waiting for its writer.
const nonBlocking = syscall.O_NONBLOCK
