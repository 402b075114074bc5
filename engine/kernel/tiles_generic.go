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
				scale := f32At(a, 0)
				for r := range acc {
					step := float32(f32At(tile, 4*r) * scale)
					if f == quant.K8 {
						i := int32(binary.LittleEndian.Uint32(a[actOffset:])) + dotK8(tile, a, r)
						acc[r] += float32(float32(i) * step)
					} else {
						acc[r] += float32(float32(dotK4(tile, a, r)) * step)
						acc[r] += float32(f32At(tile, 16+4*r) * f32At(a, actSum))
					}
				}
			}
			copy(out[t*stride+g*quant.TileRows:], acc[:])
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
		w := tile[32+16*chunk+4*r:][:4]
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
