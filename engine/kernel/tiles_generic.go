package kernel

import (
	"encoding/binary"
	"math"
	"unsafe"

	"masque/engine/quant"
)

// k8Generic multiplies groups of four K8 rows with the vectors of a batch:
//
//	for t < rows, for g < groups, r < 4:
//	    acc = 0
//	    for b < blocks:
//	        i = −64·Σq + Σ_c w[g][b][r][c]·q[t][b][c]           (int32, exact)
//	        acc = acc + float(i) · (scale_w[g][b][r] · scale_q[t][b])
//	    dst[t*stride+4g+r] = acc
func k8Generic(dst *float32, stride int, w, act *byte, groups, blocks, rows int) {
	tilesGeneric(dst, stride, w, act, groups, blocks, rows, quant.K8)
}

// k4Generic is k8Generic for K4:
//
//	i = Σ_c w[g][b][r][c]·q[t][b][c]
//	acc = (acc + float(i) · (scale_w · scale_q)) + min_w · (scale_q·Σq)
func k4Generic(dst *float32, stride int, w, act *byte, groups, blocks, rows int) {
	tilesGeneric(dst, stride, w, act, groups, blocks, rows, quant.K4)
}

func tilesGeneric(dst *float32, stride int, w, act *byte, groups, blocks, rows int, f quant.Format) {
	size := quant.K8Bytes
	if f == quant.K4 {
		size = quant.K4Bytes
	}
	tiles := unsafe.Slice(w, groups*blocks*size)
	acts := unsafe.Slice(act, rows*blocks*actBytes)
	out := unsafe.Slice(dst, (rows-1)*stride+groups*quant.TileRows)
	for t := range rows {
		for g := range groups {
			var acc [quant.TileRows]float32
			for b := range blocks {
				tile := tiles[(g*blocks+b)*size:][:size]
				a := acts[(t*blocks+b)*actBytes:][:actBytes]
				for r := range acc {
					acc[r] = addBlock(acc[r], tile, a, r, f)
				}
			}
			copy(out[t*stride+g*quant.TileRows:], acc[:])
		}
	}
}

// addBlock adds row r of a tile times a block of activations to a sum.
func addBlock(acc float32, tile, a []byte, r int, f quant.Format) float32 {
	if f == quant.K8 {
		step := float32(f32At(tile, 4*r) * f32At(a, 0))
		i := int32(binary.LittleEndian.Uint32(a[actOffset:])) + dotK8(tile, a, r)
		return acc + float32(float32(i)*step)
	}
	step := float32(f16At(tile, 4*r) * f32At(a, 0))
	acc += float32(float32(dotK4(tile, a, r)) * step)
	return acc + float32(f16At(tile, 4*r+2)*f32At(a, actSum))
}

// wideGeneric is tilesGeneric for valid rows, from one to sixteen, and packed
// activations: the blocks of a vector stand actStride bytes apart, the tiles of a
// row group group bytes behind those of the group before.
func wideGeneric(dst *float32, stride int, w *byte, group, valid int, act *byte, actStride, blocks, rows int, f quant.Format) {
	var spread [actBytes]byte
	size := group / blocks
	tiles := unsafe.Slice(w, (valid+3)/4*group)
	acts := unsafe.Slice(act, (blocks-1)*actStride+rows*packedBytes)
	out := unsafe.Slice(dst, (rows-1)*stride+valid)
	for t := range rows {
		clear(out[t*stride:][:valid])
		for b := range blocks {
			a := acts[b*actStride+t*packedBytes:][:packedBytes]
			for i, from := range [3]int{0, packedSum, packedOffset} {
				splat(spread[16*i:], binary.LittleEndian.Uint32(a[from:]))
			}
			for c := range quant.TileCols / 4 {
				splat(spread[actQuants+16*c:], binary.LittleEndian.Uint32(a[packedQuants+4*c:]))
			}
			for r := range valid {
				sum := &out[t*stride+r]
				*sum = addBlock(*sum, tiles[r/4*group+b*size:][:size], spread[:], r%4, f)
			}
		}
	}
}

// dotK8 is Σ_c u[r][c]·q[c] of one tile, u the stored (offset) weights.
func dotK8(tile, a []byte, r int) int32 {
	var sum int32
	for chunk := range 8 {
		w, q := tile[16+16*chunk+4*r:][:4], a[actQuants+16*chunk:][:4]
		for i := range 4 {
			sum += int32(w[i]) * int32(int8(q[i]))
		}
	}
	return sum
}

// dotK4 is dotK8 for the nibbles of a K4 tile.
func dotK4(tile, a []byte, r int) int32 {
	var sum int32
	for chunk := range 4 {
		w := tile[16+16*chunk+4*r:][:4]
		lo, hi := a[actQuants+16*chunk:][:4], a[actQuants+64+16*chunk:][:4]
		for i := range 4 {
			sum += int32(w[i]&15)*int32(int8(lo[i])) + int32(w[i]>>4)*int32(int8(hi[i]))
		}
	}
	return sum
}

func f32At(b []byte, at int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(b[at:]))
}

func f16At(b []byte, at int) float32 {
	return quant.F16(binary.LittleEndian.Uint16(b[at:]))
}
