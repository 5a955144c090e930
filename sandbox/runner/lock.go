package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// lock takes the lock that the file at path stands for, among all processes of this machine, and returns what gives it
// back. While somebody else holds it, lock calls waiting once and waits until ctx is done. The system gives the lock
// back when the process that holds it ends, in whatever way.
func lock(ctx context.Context, path string, waiting func()) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making the directory of the lock: %w", err)
	}

	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}

	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { file.Close() }, nil //nolint:errcheck // nothing was written to it
		}

		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			err := errors.Join(ctx.Err(), file.Close())
			return nil, fmt.Errorf("locking %s: %w", path, err)
		}

		if waiting != nil {
			waiting()
			waiting = nil
		}

		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			err := errors.Join(ctx.Err(), file.Close())
			return nil, fmt.Errorf("waiting for the lock %s: %w", path, err)
		}
	}
}
