module masque

go 1.27.4

require (
	github.com/ardanlabs/jinja v1.11.0
	github.com/dlclark/regexp2 v1.12.0
	github.com/hack-pad/safejs v0.1.1
	golang.org/x/sys v0.49.0
	gonum.org/v1/gonum v0.17.0
)
