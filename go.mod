module masque

go 1.27.4

require golang.org/x/sys v0.49.0 // indirect
