package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// partial is what writeFile writes first: the file comes to its name by a rename.
func partial(path string) string { return path + ".partial" }

// writeFile puts data at path, whole or not at all. What an interrupted run left is
// overwritten by the next; of two at once the last stays.
func writeFile(path string, data []byte) error {
	path, err := target(path)
	if err != nil {
		return err
	}
	file, err := openPartial(path)
	if err != nil {
		return unwritten(path, err)
	}
	defer file.Close() // with its lock, once the file has its name
	if err = file.Truncate(0); err == nil {
		_, err = file.Write(data)
	}
	if err == nil {
		err = file.Sync()
	}
	if info, there := os.Stat(path); err == nil && there == nil {
		err = file.Chmod(info.Mode().Perm()) // a private file stays one
	}
	if err == nil && runtime.GOOS == "windows" {
		err = file.Close() // nothing that is open is renamed there
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return unwritten(path, err)
}

// openPartial opens what is written for path, once no other run writes it.
func openPartial(path string) (*os.File, error) {
	temp := partial(path)
	for {
		file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE, 0o644)
		if err != nil {
			return nil, err
		}
		lock(file)
		opened, err := file.Stat()
		if err != nil {
			file.Close()
			return nil, err
		}
		if now, err := os.Stat(temp); err == nil && os.SameFile(opened, now) {
			return file, nil
		}
		file.Close() // the other run has given it its name
	}
}

// target is the file that is written for a path: what a link leads to, so that the link
// stays. What is there and is no regular file is refused: a device would be gone.
func target(path string) (string, error) {
	if _, err := os.Lstat(path); err != nil {
		return path, nil // a new file, or opening it says why not
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", fmt.Errorf("%s is a link that leads to no file; name another file to write", path)
	case info.IsDir():
		return "", fmt.Errorf("%s is a folder; name a file in it", path)
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is no regular file; name another file to write", path)
	case info.Mode().Perm()&0o222 == 0: // a rename would replace it all the same
		return "", fmt.Errorf("%s is read-only; name another file to write", path)
	}
	return filepath.EvalSymlinks(path)
}

// writable reports what would keep writeFile from writing path, and refuses a path that
// would take away one of the inputs: it is asked before the minutes of work whose result
// goes there.
func writable(path string, inputs ...string) error {
	to, err := apart(path, inputs...)
	if err != nil {
		return err
	}
	file, err := openPartial(to)
	if err == nil {
		os.Remove(file.Name())
		err = file.Close()
	}
	return unwritten(path, err)
}

// apart returns the target of an output, and refuses one of the files that a command
// reads: what it was made from would be gone. Inputs that are no files are no matter.
func apart(path string, inputs ...string) (to string, err error) {
	if to, err = target(path); err != nil {
		return "", err
	}
	for _, written := range []string{to, partial(to)} {
		file, err := os.Stat(written)
		if err != nil {
			continue
		}
		for _, input := range inputs {
			if other, err := os.Stat(input); err == nil && os.SameFile(file, other) {
				return "", usagef("-o %s would replace %s, which is read; name another file to write", path, input)
			}
		}
	}
	return to, nil
}

// unwritten names the file that was to be written, not what was opened for it.
func unwritten(path string, err error) error {
	var system *fs.PathError
	var renamed *os.LinkError
	switch {
	case errors.As(err, &system):
		err = system.Err
	case errors.As(err, &renamed):
		err = renamed.Err
	default:
		return err
	}
	return fmt.Errorf("%s cannot be written: %w", path, err)
}
