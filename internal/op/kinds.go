package op

// Kinds lists every kind of layer, in the order help shows them.
func Kinds() []Kind {
	return []Kind{
		convKind(),
		dwconvKind(),
		localKind(),
		upconvKind(),
		poolKind(),
		avgpoolKind(),
		l2poolKind(),
		gapKind(),
		adaptavgKind(),
		fcKind(),
		flattenKind(),
		reluKind(),
		leakyreluKind(),
		preluKind(),
		relu6Kind(),
		sigmoidKind(),
		tanhKind(),
		eluKind(),
		siluKind(),
		geluKind(),
		hardswishKind(),
		hardsigmoidKind(),
		softmaxKind(),
		dropoutKind(),
		lrnKind(),
		bnKind(),
		upsampleKind(),
		cropKind(),
		concatKind(),
		addKind(),
		mulKind(),
	}
}
