package tokenizer

import "math/rand/v2"

// merge says that two tokens side by side become a third.
type merge struct{ left, right, joined int32 }

// mergeTable finds a merge by its two tokens. Its place in the list is its rank.
type mergeTable struct {
	list  []merge
	slots []int32 // [a power of two] rank+1, 0 where free
	seed  uint64  // so that no file can be made of merges that all meet in one slot
}

func newMergeTable(n int) mergeTable {
	return mergeTable{list: make([]merge, 0, n), slots: make([]int32, tableSize(n)), seed: rand.Uint64()}
}

// add appends a merge. Where two name the same pair the first counts.
func (t *mergeTable) add(m merge) {
	slot, found := t.slot(m.left, m.right)
	t.list = append(t.list, m)
	if !found {
		t.slots[slot] = int32(len(t.list))
	}
}

// find gives the token and the rank of a pair, noRank if it does not merge.
func (t *mergeTable) find(left, right int32) (joined int32, rank uint32) {
	if left < 0 || right < 0 {
		return -1, noRank
	}
	slot, found := t.slot(left, right)
	if !found {
		return -1, noRank
	}
	i := t.slots[slot] - 1
	return t.list[i].joined, uint32(i)
}

// slot gives the place of a pair in the table, or the free place where it would
// stand.
func (t *mergeTable) slot(left, right int32) (slot uint64, found bool) {
	mask := uint64(len(t.slots) - 1)
	// The finaliser of MurmurHash3.
	h := uint64(uint32(left))<<32 | uint64(uint32(right))
	h ^= t.seed
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	h ^= h >> 33
	for slot = h & mask; ; slot = (slot + 1) & mask {
		i := t.slots[slot] - 1
		if i < 0 {
			return slot, false
		}
		if m := &t.list[i]; m.left == left && m.right == right {
			return slot, true
		}
	}
}
