package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// Go's collector lets the heap double between two collections. Most commands end soon after they have filled a small
// heap, and spend a third of their time in collections that free nothing. A heap may therefore become several times as
// large, as long as it stays below roomyHeap.
const (
	usualGrowth = 100 // percent
	fastGrowth  = 400
	roomyHeap   = 128 << 20 // bytes
)

// collectSeldom lets a small heap grow fast, unless the environment sets GOGC.
func collectSeldom() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(fastGrowth)
	afterCollection(adjustGrowth)
}

// adjustGrowth sets how far the heap may grow until the next collection, and again after that, until the heap is too
// large to grow fast.
func adjustGrowth() {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	growth := growthOf(stats.HeapAlloc)
	debug.SetGCPercent(growth)
	if growth > usualGrowth {
		afterCollection(adjustGrowth)
	}
}

// growthOf returns how far a heap of some bytes may grow, in percent.
func growthOf(live uint64) int {
	room := roomyHeap - min(live, roomyHeap)
	return int(min(max(100*room/max(live, 1), usualGrowth), fastGrowth))
}

// afterCollection calls a function once after the next collection.
func afterCollection(do func()) {
	garbage := new(struct{ self *int }) // with a pointer: the collector frees those one by one
	runtime.AddCleanup(garbage, func(do func()) { do() }, do)
}
