//go:build !js

package library

import _ "embed"

// GuardFile is what masque personas wrote of the default model, for [masks.ReadGuard]. The
// page fetches the same file when it is asked to calibrate.
//
//go:embed guard.bin
var GuardFile []byte
