// Package wasm lets the programs in its folders answer the calls of the static page, in which they run as WebAssembly.
package wasm
