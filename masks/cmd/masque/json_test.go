package main

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// TestMembers: what every -json prints spells its members as persona documents do.
func TestMembers(t *testing.T) {
	spelled := regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*$`)
	seen := map[reflect.Type]bool{}
	var look func(of reflect.Type)
	look = func(of reflect.Type) {
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			look(of.Elem())
		case reflect.Struct:
			if seen[of] {
				return
			}
			seen[of] = true
			for i := range of.NumField() {
				f := of.Field(i)
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				if f.IsExported() && name != "-" && f.Tag.Get("json") != ",embed" && !(f.Anonymous && name == "") && !spelled.MatchString(name) {
					t.Errorf("%s.%s is spelled %q", of, f.Name, name)
				}
				if f.IsExported() {
					look(f.Type)
				}
			}
		}
	}
	for _, v := range []any{replyJSON{}, evalJSON{}, personaReport{}, modelReport{}, benchReport{}, manifest{}, outcome{}} {
		look(reflect.TypeOf(v))
	}
}
