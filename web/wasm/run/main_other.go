//go:build !js

package main

func main() { panic("build this program with GOOS=js GOARCH=wasm") }
