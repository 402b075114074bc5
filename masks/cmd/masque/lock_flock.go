//go:build unix && !aix && !solaris

package main

import (
	"errors"
	"os"
	"syscall"
)

// locked keeps a file for this process until it is closed, or reports that another one
// has it. The system forgets the lock with the process, so a crash leaves none. A
// file system without locks keeps nobody out.
func locked(file *os.File) bool {
	return !errors.Is(syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// lock is locked that waits for the other process.
func lock(file *os.File) {
	for errors.Is(syscall.Flock(int(file.Fd()), syscall.LOCK_EX), syscall.EINTR) {
	}
}
