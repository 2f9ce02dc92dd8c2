package main

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// asNobody calls f without the rights of root over other users' files: with them a test is refused nothing. It takes
// them from one thread, which then ends.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	const nobody = 65534
	if os.Getuid() != 0 {
		f()
		return
	}
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked, so the thread ends with the goroutine
		if err = syscall.Setfsuid(nobody); err == nil {
			f()
		}
	}()
	<-done
	if err != nil {
		t.Skip(err)
	}
}

func TestNoPermission(t *testing.T) {
	folder := t.TempDir()
	for dir := folder; dir != filepath.Clean(os.TempDir()) && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	file, locked := filepath.Join(folder, "secret.yaml"), filepath.Join(folder, "locked")
	if err := os.WriteFile(file, []byte("input: 8x8x1\nlayers: INPUT -> FC-2\n"), 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(locked, 0o555); err != nil {
		t.Fatal(err)
	}
	picture := filepath.Join("..", "..", "testdata", "digits", "eight.png")
	output := filepath.Join(locked, "table.txt")
	tests := []struct {
		args []string
		want result
	}{
		{[]string{"check", file}, result{exitProblem, "", "cnncalc: can't read " + file + ": permission denied\n"}},
		{[]string{"memory", file}, result{exitProblem, "", "cnncalc: can't read " + file + ": permission denied\n"}},
		{[]string{"run", "lenet5", "--input", file}, result{exitProblem, "", "cnncalc: can't read " + file + ": permission denied\n"}},
		{[]string{"run", "lenet5", "--input", picture, "--weights", file},
			result{exitProblem, "", "cnncalc: can't read " + file + ": permission denied\n"}},
		{[]string{"run", "lenet5", "--input", picture, "--labels", file},
			result{exitProblem, "", "cnncalc: can't read " + file + ": permission denied\n"}},
		{[]string{"memory", "lenet5", "-o", output}, result{exitIO, "", "cnncalc: can't write " + output + ": permission denied\n"}},
	}
	for _, test := range tests {
		var got result
		asNobody(t, func() { got = call(t, test.args...) })
		if got != test.want {
			t.Errorf("%v:\n%+v, want\n%+v", test.args, got, test.want)
		}
	}
}
