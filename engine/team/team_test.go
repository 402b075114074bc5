package team

import (
	"sync"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct{ n, unit int }{{576, 4}, {9, 1}, {3, 1}, {1, 4}, {50, 4}, {49152, 4}} {
		for size := 1; size <= 5; size++ {
			next := 0
			least, most := c.n, 0
			for rank := range size {
				lo, hi := Split(c.n, c.unit, rank, size)
				if lo != next || hi < lo || lo%c.unit != 0 && lo != c.n {
					t.Fatalf("Split(%d, %d, %d, %d) = %d, %d after %d", c.n, c.unit, rank, size, lo, hi, next)
				}
				next = hi
				least, most = min(least, hi-lo), max(most, hi-lo)
			}
			if next != c.n || most-least > 2*c.unit-1 {
				t.Fatalf("%d by %d over %d: ends at %d, shares of %d to %d", c.n, c.unit, size, next, least, most)
			}
		}
	}
}

// TestGather runs a chain in which every step reads what all others wrote.
func TestGather(t *testing.T) {
	const n, steps = 64, 2000
	for size := 1; size <= 4; size++ {
		members := Local(size)
		sums := make([]float32, size)
		var wg sync.WaitGroup
		bufs := make([][2][]float32, size)
		for i, m := range members {
			bufs[i] = [2][]float32{m.Buffer(n), m.Buffer(n)}
		}
		for i, m := range members {
			wg.Go(func() {
				lo, hi := Split(n, 4, m.Rank(), m.Size())
				from, to := bufs[i][0], bufs[i][1]
				for j := lo; j < hi; j++ {
					from[j] = float32(j % 3)
				}
				m.Gather(from, n, 1, lo, hi)
				for range steps {
					for j := lo; j < hi; j++ {
						to[j] = float32(int(from[j]+from[(j+1)%n]+from[(j+31)%n]) % 7)
					}
					m.Gather(to, n, 1, lo, hi)
					from, to = to, from
				}
				for _, v := range from {
					sums[i] = sums[i]*3 + v
					sums[i] -= float32(int(sums[i]/1000) * 1000)
				}
			})
		}
		wg.Wait()
		want := chain(n, steps)
		for i, s := range sums {
			if s != want {
				t.Fatalf("a team of %d: member %d has %v, want %v", size, i, s, want)
			}
		}
	}
}

// chain is TestGather's computation by one.
func chain(n, steps int) float32 {
	from, to := make([]float32, n), make([]float32, n)
	for j := range from {
		from[j] = float32(j % 3)
	}
	for range steps {
		for j := range to {
			to[j] = float32(int(from[j]+from[(j+1)%n]+from[(j+31)%n]) % 7)
		}
		from, to = to, from
	}
	var sum float32
	for _, v := range from {
		sum = sum*3 + v
		sum -= float32(int(sum/1000) * 1000)
	}
	return sum
}
