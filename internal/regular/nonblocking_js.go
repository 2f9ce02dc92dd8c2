package regular

// nonBlocking is empty: a browser has no FIFOs.
const nonBlocking = 0
