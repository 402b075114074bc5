package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"slices"
)

var errTables = errors.New("the runtime's tables are not as this program knows them; was it built by another Go than build.sh names?")

// strip leaves out what only a debugger or a trace would read. Nothing moves: what is
// left out of the data is zero, and zeros take no room.
func strip(m *module) error {
	m.sections = slices.DeleteFunc(m.sections, func(s section) bool { return s.id == sectionCustom })
	memory, err := m.image()
	if err != nil {
		return err
	}
	t, err := findTables(memory)
	if err != nil {
		return err
	}
	if err := t.strip(); err != nil {
		return err
	}
	m.setImage(memory)
	return nil
}

// tables are those that Go's runtime walks stacks with: runtime.pcHeader and what
// follows it, and runtime.firstmoduledata, as of Go 1.27 (runtime/symtab.go). A table
// that maps program counters to values lies in pctab; functions name it by offset, 0
// for none. Equal tables are written once.
type tables struct {
	memory    []byte
	names     span // of functions
	units     span // of files, by compilation unit
	files     span
	pctab     span
	functions span
	count     int // of functions
	gofunc    int // address of the functions' data
}

type span struct{ from, to int }

// Offsets in runtime.pcHeader.
const (
	headerFunctions = 8
	headerNames     = 32
	headerUnits     = 40
	headerFiles     = 48
	headerPCTab     = 56
	headerPCLn      = 64
	headerSize      = 72
)

// Offsets in runtime.moduledata, which begins with the address of pcHeader and the
// slice of names.
const (
	moduleNames    = 8
	modulePCLnEnd  = 8 + 4*24 + 8 // the length of pclntable
	moduleGoFunc   = 344
	moduleDataSize = 352
)

// Offsets in runtime._func, and of the entries of its arrays that say what was inlined.
const (
	funcName      = 4
	funcSP        = 16
	funcFile      = 20
	funcLine      = 24
	funcPCData    = 28 // how many
	funcUnit      = 32
	funcStartLine = 36
	funcID        = 40
	funcFuncData  = 43 // how many
	funcSize      = 44

	wrapperID = 23 // abi.FuncIDWrapper

	unsafePCData    = 0 // where a signal may not preempt: WebAssembly has none
	inlinedPCData   = 2
	livePCData      = 3 // which arguments a trace marks with a question mark
	inlinedFuncData = 3
	argsFuncData    = 5 // which words a trace prints as arguments
	liveFuncData    = 6

	inlinedSize = 16 // of a runtime.inlinedCall
	inlinedName = 4

	noFuncData = 1<<32 - 1
)

// magic begins runtime.pcHeader: its version, two zeros, one byte an instruction, eight
// a pointer.
var magic = []byte{0xF1, 0xFF, 0xFF, 0xFF, 0, 0, 1, 8}

func findTables(memory []byte) (*tables, error) {
	h := bytes.Index(memory, magic)
	if h < 0 || h+headerSize > len(memory) || bytes.Contains(memory[h+1:], magic) {
		return nil, errTables
	}
	t := &tables{memory: memory}
	address := func(offset int) int { return h + int(t.word(h+offset)) }
	t.count = int(t.word(h + headerFunctions))
	t.names = span{address(headerNames), address(headerUnits)}
	t.units = span{t.names.to, address(headerFiles)}
	t.files = span{t.units.to, address(headerPCTab)}
	t.pctab = span{t.files.to, address(headerPCLn)}
	// The address of the header and that of the names say where moduledata is.
	first := binary.LittleEndian.AppendUint64(nil, uint64(h))
	first = binary.LittleEndian.AppendUint64(first, uint64(t.names.from))
	d := bytes.Index(memory, first)
	if d < 0 || d+moduleDataSize > len(memory) {
		return nil, errTables
	}
	t.functions = span{t.pctab.to, t.pctab.to + int(t.word(d+modulePCLnEnd))}
	t.gofunc = int(t.word(d + moduleGoFunc))
	for _, s := range []span{t.names, t.units, t.files, t.pctab, t.functions} {
		if s.from <= h || s.from > s.to || s.to > len(memory) {
			return nil, errTables
		}
	}
	if t.count <= 0 || t.count > len(memory)/8 || t.functions.from+8*t.count > t.functions.to || t.gofunc <= 0 || t.gofunc >= len(memory) {
		return nil, errTables
	}
	return t, nil
}

func (t *tables) word(at int) uint64 { return binary.LittleEndian.Uint64(t.memory[at:]) }
func (t *tables) half(at int) uint32 { return binary.LittleEndian.Uint32(t.memory[at:]) }

func (t *tables) setHalf(at int, v uint32) { binary.LittleEndian.PutUint32(t.memory[at:], v) }

// strip takes the tables of files, lines, arguments, inlined calls and of where a signal
// may not preempt away from the functions, and zeroes all that no function names any more.
func (t *tables) strip() error {
	names := make(map[uint32]bool, t.count)
	common := map[string]uint32{} // the names that functions share
	needed := make([]bool, t.pctab.to-t.pctab.from)
	keep := func(offset uint32) error {
		if offset == 0 {
			return nil
		}
		end, _, err := t.walk(offset)
		if err != nil {
			return err
		}
		for i := int(offset); i < end; i++ {
			needed[i] = true
		}
		return nil
	}
	for i := range t.count {
		f := t.functions.from + int(t.half(t.functions.from+8*i+4))
		if f+funcSize > t.functions.to {
			return errTables
		}
		pcdata, funcdata := int(t.half(f+funcPCData)), int(t.memory[f+funcFuncData])
		arrays := f + funcSize
		if pcdata > 64 || arrays+4*(pcdata+funcdata) > t.functions.to {
			return errTables
		}
		name, err := t.name(t.half(f + funcName))
		if err != nil {
			return err
		}
		wraps := t.memory[f+funcID] == wrapperID && method.Match(name)
		if of := shares(name); of != "" && !wraps {
			if _, known := common[of]; !known {
				common[of] = t.half(f + funcName)
			}
			t.setHalf(f+funcName, common[of])
		}
		names[t.half(f+funcName)] = true
		for _, field := range []int{funcFile, funcLine, funcUnit, funcStartLine} {
			t.setHalf(f+field, 0)
		}
		for _, k := range []int{unsafePCData, livePCData} {
			if k < pcdata {
				t.setHalf(arrays+4*k, 0)
			}
		}
		for _, k := range []int{argsFuncData, liveFuncData} {
			if k < funcdata {
				t.setHalf(arrays+4*(pcdata+k), noFuncData)
			}
		}
		if pcdata > inlinedPCData {
			table := arrays + 4*inlinedPCData
			if funcdata > inlinedFuncData {
				calls := arrays + 4*(pcdata+inlinedFuncData)
				if err := t.forget(t.half(table), t.half(calls)); err != nil {
					return fmt.Errorf("function %d: %w", i, err)
				}
				t.setHalf(calls, noFuncData)
			}
			t.setHalf(table, 0)
		}
		if err := keep(t.half(f + funcSP)); err != nil {
			return err
		}
		for k := range pcdata {
			if err := keep(t.half(arrays + 4*k)); err != nil {
				return err
			}
		}
	}
	clear(t.memory[t.units.from:t.files.to])
	for i, n := range needed {
		if !n {
			t.memory[t.pctab.from+i] = 0
		}
	}
	if err := t.shorten(names); err != nil {
		return err
	}
	for of, at := range common {
		if of == passedOver {
			continue
		}
		name, err := t.name(at)
		if err != nil {
			return err
		}
		clear(name[copy(name, of+".*"):])
	}
	return nil
}

// name is a function's, as the table has it.
func (t *tables) name(offset uint32) ([]byte, error) {
	table := t.memory[t.names.from:t.names.to]
	if int(offset) >= len(table) {
		return nil, errTables
	}
	name, _, found := bytes.Cut(table[offset:], []byte{0})
	if !found {
		return nil, errTables
	}
	return name, nil
}

// passedOver is what functions share a name as that no trace shows.
const passedOver = "runtime"

// shares says with which others a function has one name: with all that a trace passes over,
// or, where it is of somebody else's package, with the rest of that. There the package is what
// a trace tells, and who of this program called it comes next.
func shares(name []byte) string {
	if hidden(name) {
		return passedOver
	}
	if of := packageOf.FindSubmatch(name); of != nil && !own.Match(name) {
		return string(of[1])
	}
	return ""
}

var (
	packageOf = regexp.MustCompile(`^(type:|(?:[^/(\[]+/)*[^./(\[]+)\.`)
	// Of others the runtime knows these two by name, to find the arguments of their frames
	// (argMapInternal in runtime/stkframe.go).
	own = regexp.MustCompile(`^(main\.|masque/|runtime\.|reflect\.(makeFuncStub|methodValueCall)$)`)
	// Where a wrapper of a value's method is called with a nil pointer, the runtime makes what it
	// panics with of the wrapper's name, and ends the program if it is none (panicwrap in
	// runtime/error.go).
	method = regexp.MustCompile(`\.\(\*.*\)\.\w+$`)
)

// hidden says whether a trace passes a function over for its name: the runtime's own, but for
// what it exports and where a panic begins (showfuncinfo in runtime/traceback.go). That they
// are the runtime's is all that it asks of the names of others.
func hidden(name []byte) bool {
	own, found := bytes.CutPrefix(name, []byte("runtime."))
	own = bytes.TrimPrefix(own, []byte("(*"))
	return found && string(own) != "gopanic" && len(own) > 0 && (own[0] < 'A' || own[0] > 'Z')
}

// shorten zeroes the names that only inlined calls had, and what stands in the brackets
// of the others: a trace writes "..." for the types that a generic function was made for.
func (t *tables) shorten(used map[uint32]bool) error {
	table := t.memory[t.names.from:t.names.to]
	for at := 0; at < len(table); {
		n := bytes.IndexByte(table[at:], 0)
		if n < 0 {
			return errTables
		}
		name := table[at : at+n]
		if !used[uint32(at)] {
			clear(name)
		} else if from, to := bytes.IndexByte(name, '['), bytes.LastIndexByte(name, ']'); 0 <= from && from < to {
			short := slices.Concat(name[:from], []byte("[...]"), name[to+1:])
			if len(short) < n {
				clear(name[copy(name, short):])
			}
		}
		at += n + 1
	}
	return nil
}

// forget zeroes the inlined calls of a function. How many there are only its table tells.
func (t *tables) forget(table, calls uint32) error {
	if table == 0 || calls == noFuncData {
		return nil
	}
	_, last, err := t.walk(table)
	if err != nil {
		return err
	}
	from := t.gofunc + int(calls)
	to := from + inlinedSize*(last+1)
	if last < 0 || to > len(t.memory) {
		return errTables
	}
	for at := from; at < to; at += inlinedSize {
		// Of an equal list of another function it is all zero by now.
		if name := int(t.half(at + inlinedName)); t.memory[at+1]|t.memory[at+2]|t.memory[at+3] != 0 || t.names.from+name >= t.names.to {
			return errTables
		}
	}
	clear(t.memory[from:to])
	return nil
}

// walk goes through a table, pairs of differences (of the value, zigzag, and of the
// program counter) up to a zero, and returns the offset of its end and its largest value.
func (t *tables) walk(offset uint32) (end, largest int, err error) {
	if t.pctab.from+int(offset) >= t.pctab.to {
		return 0, 0, errTables
	}
	r := &reader{b: t.memory[t.pctab.from+int(offset) : t.pctab.to]}
	value := -1
	largest = value
	for first := true; ; first = false {
		d := r.uint()
		if r.err != nil {
			return 0, 0, errTables
		}
		if d == 0 && !first {
			return t.pctab.to - t.pctab.from - len(r.b), largest, nil
		}
		if value += d >> 1; d&1 != 0 {
			value += -1 - 2*(d>>1)
		}
		largest = max(largest, value)
		if r.uint(); r.err != nil {
			return 0, 0, errTables
		}
	}
}
