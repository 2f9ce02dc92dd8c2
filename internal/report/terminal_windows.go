package report

import "golang.org/x/sys/windows"

// enableColours makes a console interpret escape sequences, which Windows Terminal always does.
func enableColours(fd uintptr) bool {
	var mode uint32
	if err := windows.GetConsoleMode(windows.Handle(fd), &mode); err != nil {
		return false
	}
	return windows.SetConsoleMode(windows.Handle(fd), mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
