package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"cnncalc/internal/plain"
)

// gitPrefix starts a SPEC that is a file of a git revision: git:main:nets/mynet.yaml.
const gitPrefix = "git:"

// gitTimeout is the longest that git may take. It waits for the network where a clone is partial.
const gitTimeout = time.Minute

// isGitSpec reports whether a SPEC is a file of a git revision. A file with such a name wins.
func isGitSpec(name string) bool {
	_, err := os.Lstat(name)
	return strings.HasPrefix(name, gitPrefix) && err != nil
}

// gitPath returns the revision and the path of a SPEC, "" where it has none. The path is relative to the root of the
// repository, or to the current folder if it starts with ./ or ../ (gitrevisions(7)).
func gitPath(name string) (revision, path string) {
	revision, path, _ = strings.Cut(strings.TrimPrefix(name, gitPrefix), ":")
	return revision, path
}

// readGit reads a file of a git revision, or a byte more than the limit. git is run without a shell.
func (a *app) readGit(name string, limit int64) ([]byte, error) {
	revision, path := gitPath(name)
	if revision == "" || path == "" || strings.HasPrefix(revision, "-") {
		return nil, usageError("%s is not a file of a git revision: write git:REVISION:PATH, such as git:main:mynet.yaml",
			plain.CutPath(name))
	}
	if _, _, err := a.git(0, "rev-parse", "--git-dir"); err != nil {
		return nil, gitError(name, err, "the current folder is not in a git repository")
	}
	if _, _, err := a.git(0, "rev-parse", "--verify", "--quiet", revision+"^{commit}"); err != nil {
		return nil, gitError(name, err, "the repository has no revision "+plain.Quote(revision)+
			"; a shallow clone has only the last ones")
	}
	data, said, err := a.git(limit, "cat-file", "blob", revision+":"+path)
	switch {
	case err == nil:
		return data, nil
	case strings.Contains(said, "outside repository"):
		return nil, gitError(name, err, plain.CutPath(path)+" is outside the repository")
	}
	why := "revision " + plain.Quote(revision) + " has no file " + plain.CutPath(path) +
		"; a path starts at the root of the repository, or with ./ in the current folder"
	entry, _, treeErr := a.git(maxEntry, "ls-tree", "--name-only", revision, "--", path)
	if treeErr == nil && len(entry) == 0 {
		return nil, missingError{gitError(name, err, why)}
	}
	return nil, gitError(name, err, why) // a folder, or git fails
}

// maxEntry bounds what is read of a name in a git revision, which is only looked for.
const maxEntry = 1 << 16

// missingError is the error for a file that a git revision does not have.
type missingError struct{ error }

func (e missingError) Unwrap() error { return e.error }

// gitError returns the error for a file of a git revision, which is why unless git could not be run.
func gitError(name string, err error, why string) error {
	var exit *exec.ExitError
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, exec.ErrNotFound):
		why = "git is not installed, or not in PATH"
	case errors.Is(err, context.DeadlineExceeded):
		why = "git took longer than " + gitTimeout.String()
	case !errors.As(err, &exit):
		why = err.Error()
	}
	return problemError("can't read %s: %s", plain.CutPath(name), why)
}

// git runs git and returns what it prints, on standard output at most a byte more than the limit.
func (a *app) git(limit int64, args ...string) (out []byte, said string, err error) {
	ctx, cancel := context.WithTimeout(a.ctx, gitTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0")
	cmd.WaitDelay = time.Second
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if limit == 0 {
		err = cmd.Run()
		return nil, errs.String(), errors.Join(err, ctx.Err())
	}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	out, readErr := io.ReadAll(io.LimitReader(pipe, limit+1))
	if int64(len(out)) > limit {
		cancel() // it has more to print
		_ = cmd.Wait()
		return out, "", nil
	}
	err = cmd.Wait()
	return out, errs.String(), errors.Join(err, readErr, ctx.Err())
}
