package kernel

// Channels copies the channels from first on: dst is [N, K, area], src
// [N, C, area] with first+K at most C.
func Channels(dst, src []float32, n, c, k, first, area int, w *Workers) {
	launch(w, n*k, channelJob{dst[:n*k*area], src[:n*c*area], c, k, first, 1, area})
}

// ShuffleChannels takes a channel of each group in turn, as ShuffleNet does: dst
// and src are [N, C, area], and groups divides C.
func ShuffleChannels(dst, src []float32, n, c, groups, area int, w *Workers) {
	launch(w, n*c, channelJob{dst[:n*c*area], src[:n*c*area], c, c, 0, groups, area})
}

// channelJob copies a plane to each of k channels of a picture, out of c.
type channelJob struct {
	dst, src            []float32
	c, k, first, groups int
	area                int
}

func (j *channelJob) do(task, _ int) {
	picture, to := task/j.k, task%j.k
	from := j.first + to%j.groups*(j.k/j.groups) + to/j.groups
	copy(j.dst[task*j.area:][:j.area], j.src[(picture*j.c+from)*j.area:])
}
