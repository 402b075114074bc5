package masks

import "strings"

// ModelName is what people call the model of a file: its name without the endings that say
// how it is stored. (The file's own general.name is often that of a training run.)
// It does without package regexp, which nothing else in the page's program needs.
func ModelName(file string) string {
	name := file
	if stem, ending := cutLast(file, "."); strings.EqualFold(ending, "gguf") {
		name = stem
	}
	if stem, ending := cutLast(name, ".-"); namesTypes(strings.ToLower(ending)) {
		return stem
	}
	return name
}

// cutLast cuts a name at the last of some characters; the ending is empty where there is none.
func cutLast(name, at string) (stem, ending string) {
	i := strings.LastIndexAny(name, at)
	if i < 0 {
		return name, ""
	}
	return name[:i], name[i+1:]
}

// namesTypes says of an ending in small letters whether it names types of tensors: q4_1,
// iq2_xs, bf16.
func namesTypes(ending string) bool {
	switch ending {
	case "f16", "f32", "bf16":
		return true
	}
	q := strings.TrimPrefix(ending, "i")
	return len(q) > 1 && q[0] == 'q' && q[1] >= '0' && q[1] <= '9'
}
