// Package study makes one document of all that cnncalc knows of a network: problems with their fixes, layers, totals,
// pictures, memory over the steps, batches, and the roofline. The page of cnncalc edit, reports, and programs show it.
// It reads no files, so that it also runs in a browser.
//
// [Make] computes the document of a network and its [Settings], [MakeOnly] one of some parts. document.go has its
// parts.
package study
