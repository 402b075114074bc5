package sample

// nucleus gives the last of the most likely candidates whose weights together reach
// a mass: quickselect by weight, which looks at a half, a quarter, … of the
// candidates and leaves them in another order.
func nucleus(c []candidate, mass float64) token {
	lo, hi := 0, len(c) // the last one is in c[lo:hi], and what is before that is kept
	sum := 0.0          // of c[:lo]
	for hi-lo > 1 {
		m := partition(c[lo:hi]) + lo
		upper := sum
		for _, x := range c[lo:m] {
			upper += x.weight
		}
		switch {
		case upper >= mass && m > lo:
			hi = m
		case upper+c[m].weight >= mass || m == hi-1:
			return c[m].token
		default:
			sum = upper + c[m].weight
			lo = m + 1
		}
	}
	return c[lo].token
}

// partition orders candidates by whether they come before or after one of them,
// which it picks, and gives the place of that one.
func partition(c []candidate) int {
	last := len(c) - 1
	// The middle one of three goes to the end.
	mid := last / 2
	if c[mid].before(c[0].token) {
		c[mid], c[0] = c[0], c[mid]
	}
	if c[last].before(c[0].token) {
		c[last], c[0] = c[0], c[last]
	}
	if c[mid].before(c[last].token) {
		c[mid], c[last] = c[last], c[mid]
	}
	pivot, m := c[last].token, 0
	for i := range last {
		if c[i].before(pivot) {
			c[i], c[m] = c[m], c[i]
			m++
		}
	}
	c[m], c[last] = c[last], c[m]
	return m
}
