package main

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"strconv"
	"strings"

	"masque/masks"
	"masque/masks/study"
)

// listFlag defines a flag whose values are separated by commas. What parse says of a
// value stands behind the flag's name and the whole list.
func listFlag[T any](flags *flag.FlagSet, name, usage string, to *[]T, parse func(string) (T, error)) {
	flags.Func(name, usage, func(list string) error {
		*to = nil
		for value := range strings.SplitSeq(list, ",") {
			if value = strings.TrimSpace(value); value == "" {
				return errors.New("a value is missing; give one or more, with a comma between two")
			}
			v, err := parse(value)
			if err != nil {
				return err
			}
			*to = append(*to, v)
		}
		return nil
	})
}

func text(s string) (string, error) { return s, nil }

func number(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%q is no number", s)
	}
	return v, nil
}

func whole(s string) (int, error) {
	v, err := strconv.Atoi(s)
	if err != nil {
		return 0, fmt.Errorf("%q is no whole number", s)
	}
	return v, nil
}

func seed(s string) (uint64, error) {
	v, err := strconv.ParseUint(s, 10, 64)
	if err != nil || v > masks.MaxSeed {
		return 0, fmt.Errorf("%q is no whole number from 0 and below 2^53", s)
	}
	return v, nil
}

func layers(s string) ([2]int, error) {
	var settings study.Settings
	err := settings.Set("layers", s)
	return settings.Layers, err
}
