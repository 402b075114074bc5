package study

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"masque/masks"
	"masque/masks/jsondoc"
)

// TestOldRecords: earlier versions wrote neither families nor draws nor shares, which is no
// fault of theirs; what every version has written must be there.
func TestOldRecords(t *testing.T) {
	cell := Cell{Settings: tinySettings(t, masks.RecipeUnits), Kind: KindMask}
	now := Record{Key: "0123456789abcdef", Cell: cell, On: "test", Model: "m", Statements: "s", Shares: LibraryShares, AUC: masks.Estimate{Value: .5}, P: 1}
	old := now
	old.Shares = Shares{}
	line, err := jsondoc.Marshal(old)
	if err != nil {
		t.Fatal(err)
	}
	for _, newer := range []string{"family", "draw", "shares"} {
		if bytes.Contains(line, []byte(`"`+newer+`"`)) {
			t.Errorf("an old record has %q: %s", newer, line)
		}
	}
	if got, _, err := ParseRecords(append(line, '\n')); err != nil || !reflect.DeepEqual(got, []Record{old}) {
		t.Errorf("an old record is read as %+v, %v", got, err)
	}
	for _, parts := range [][][]Record{{{old}, {now}}, {{now}, {old}}} {
		if merged, err := Merge(parts...); err != nil || !reflect.DeepEqual(merged, []Record{now}) {
			t.Errorf("an old record and the same of now are merged to %+v, %v", merged, err)
		}
	}
	lacking := bytes.Replace(line, []byte(`"gamma"`), []byte(`"delta"`), 1)
	if _, _, err := ParseRecords(append(lacking, '\n')); err == nil || !strings.Contains(err.Error(), "line 1 is no record of a study: ") || !strings.Contains(err.Error(), "gamma") {
		t.Errorf("a record without γ: %v", err)
	}
}
