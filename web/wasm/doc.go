//go:build !js

// Command wasm is for a browser only: make web builds it.
package main

func main() { panic("build this program with GOOS=js GOARCH=wasm") }
