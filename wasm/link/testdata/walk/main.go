// Command walk makes the runtime walk stacks in all the ways it does: to collect
// garbage, to grow a stack, to find a recover, to name a method, and to print where it stood.
package main

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"sync"
	"time"
)

type node struct {
	left, right *node
	value       int
}

//go:noinline
func grow(depth int, keep *node) *node {
	var room [256]byte
	room[depth%256] = byte(depth)
	if depth == 0 {
		runtime.GC()
		return &node{value: int(room[0])}
	}
	n := &node{left: keep, value: depth}
	n.right = grow(depth-1, n)
	return n
}

func sum(n *node) (total int) {
	for ; n != nil; n = n.right {
		total += n.value
		if n.left != nil {
			total += n.left.value
		}
	}
	return total
}

var errStop = errors.New("stop")

func recovered(depth int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("recovered: %w", r.(error))
		}
	}()
	deepest(depth)
	return nil
}

//go:noinline
func deepest(depth int) {
	defer func() { _ = depth }()
	if depth == 0 {
		panic(errStop)
	}
	deepest(depth - 1)
}

// wrapped calls a value's method, which it may be through a nil pointer.
//
//go:noinline
func wrapped(s fmt.Stringer) (err error) {
	defer func() { err = recover().(error) }()
	return errors.New(s.String())
}

//go:noinline
func last[T any](f func(T), v T) {
	defer func() { _ = v }()
	f(v)
}

func main() {
	var wait sync.WaitGroup
	totals := make([]int, 20)
	for i := range totals {
		wait.Go(func() {
			totals[i] = sum(grow(500+i, nil))
			runtime.Gosched()
		})
	}
	wait.Wait()
	fmt.Println(totals)
	fmt.Println(recovered(40), errors.Is(recovered(3), errStop))
	fmt.Println(wrapped((*time.Duration)(nil)))
	fmt.Println(runtime.FuncForPC(reflect.ValueOf(deepest).Pointer()).Name())
	reflect.ValueOf(last[int]).Call([]reflect.Value{reflect.ValueOf(deepest), reflect.ValueOf(2)})
}
