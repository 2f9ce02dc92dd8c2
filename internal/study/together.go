package study

import (
	"fmt"
	"runtime/debug"
)

// together runs two functions at the same time. A panic of either is the caller's, as if it had called both.
func together(one, other func()) {
	ended := make(chan any, 1)
	go func() {
		defer func() {
			value := recover()
			if value != nil {
				value = fmt.Sprintf("%v\n%s", value, debug.Stack())
			}
			ended <- value
		}()
		one()
	}()
	defer func() {
		if value := <-ended; value != nil {
			panic(value)
		}
	}()
	other()
}
