// Package pagecall answers the calls of the page: what the page asks, by name, with a request and an answer in JSON.
// The server of cnncalc edit and the WebAssembly of the static page both hand calls to it, so that they answer alike.
//
// A network with problems is an answer, with its problems. An error is a call that cannot be answered.
package pagecall

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"cnncalc/internal/plain"
)

// MaxRequest bounds a request in bytes: the text of the largest file, each of whose characters may be escaped.
const MaxRequest = 8 << 20

// MaxAttachment bounds the model or picture that comes with a request, in bytes. It is held in memory.
const MaxAttachment = 256 << 20

// Code says what kind of error an answer is.
type Code string

// The kinds of errors.
const (
	Request  Code = "request"  // the request is wrong
	Problem  Code = "problem"  // the network, model or picture has a problem
	Conflict Code = "conflict" // the file changed on disk
	Limit    Code = "limit"    // it takes too long or is too large
	Internal Code = "internal" // a defect of this program
)

// Error is an error as an answer has it. The message is for the user.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Message }

// Errorf returns an error of a kind.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{code, plain.CutMessage(fmt.Sprintf(format, args...))}
}

// Call is a call of the page.
type Call struct {
	Name       string
	Request    []byte // JSON
	Attachment []byte // a model or a picture; nil for none
}

// Calls answers calls, also concurrently.
type Calls struct {
	// Answers are what it answers, by the name of the call.
	Answers map[string]Answerer
	// Log is where the stack of a defect is written; nil for nowhere.
	Log io.Writer
}

// Answer returns the answer as JSON: {"result": ...} or {"error": {"code": ..., "message": ...}}. A defect of the call
// is an error, and does not end the program.
func (c *Calls) Answer(ctx context.Context, call Call) []byte {
	result, err := c.result(ctx, call)
	if err == nil {
		err = ctx.Err()
	}
	return Encode(result, err)
}

// Encode returns the answer with a result, or with an error where it is not nil.
func Encode(result any, err error) []byte {
	answer := struct {
		Result any    `json:"result,omitempty"`
		Error  *Error `json:"error,omitempty"`
	}{Result: result}
	if err != nil {
		answer.Result, answer.Error = nil, asError(err)
	}
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false) // answers are no part of a page
	if err := encoder.Encode(answer); err != nil {
		return Encode(nil, Errorf(Internal, "the answer cannot be written: %v", err))
	}
	return encoded.Bytes()
}

// asError returns err with a code. One that has none is about the network or a file.
func asError(err error) *Error {
	var coded *Error
	switch {
	case errors.As(err, &coded):
		return coded
	case errors.Is(err, context.DeadlineExceeded):
		return Errorf(Limit, "it takes too long")
	case errors.Is(err, context.Canceled):
		return Errorf(Limit, "it was stopped")
	}
	return Errorf(Problem, "%s", plain.Escape(err.Error()))
}

func (c *Calls) result(ctx context.Context, call Call) (any, error) {
	answer, ok := c.Answers[call.Name]
	switch {
	case !ok:
		return nil, Errorf(Request, "there is no call %s", plain.Quote(plain.Cut(call.Name)))
	case len(call.Request) > MaxRequest:
		return nil, Errorf(Limit, "the request is larger than %s bytes", plain.Count(MaxRequest))
	case len(call.Attachment) > MaxAttachment:
		return nil, Errorf(Limit, "the file is larger than %s bytes", plain.Count(MaxAttachment))
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return c.guard(ctx, call, answer)
}

// guard returns what answer does, and an error if it panics.
func (c *Calls) guard(ctx context.Context, call Call, answer Answerer) (result any, err error) {
	defer func() {
		if value := recover(); value != nil {
			result, err = nil, c.defect(call.Name, value)
		}
	}()
	return answer(ctx, call)
}

// defect returns the error for a panic, and logs where it came from.
func (c *Calls) defect(name string, value any) error {
	if c.Log != nil {
		fmt.Fprintf(c.Log, "cnncalc: defect in the call %s: %v\n%s", plain.Escape(plain.Cut(name)), value, debug.Stack())
	}
	return Errorf(Internal, "this is a bug in cnncalc, please report it with the network: %v", value)
}

// Answerer answers a call.
type Answerer func(context.Context, Call) (any, error)

// Answers returns the answers about networks: all but those that run one or read a model, which are in package pagerun.
func Answers() map[string]Answerer {
	return map[string]Answerer{
		"list":     func(context.Context, Call) (any, error) { return list(), nil },
		"language": func(context.Context, Call) (any, error) { return language() },
		"show":     with(show),
		"study":    with(makeStudy),
	}
}

// with returns the answer of a function that takes a request of one type.
func with[R any](f func(context.Context, R) (any, error)) Answerer {
	return WithAttachment(func(ctx context.Context, request R, attachment []byte) (any, error) {
		if attachment != nil {
			return nil, Errorf(Request, "the call takes no file")
		}
		return f(ctx, request)
	})
}

// WithAttachment returns the answer of a function that takes a request of one type, and a model or a picture.
func WithAttachment[R any](f func(context.Context, R, []byte) (any, error)) Answerer {
	return func(ctx context.Context, call Call) (any, error) {
		var request R
		if err := Decode(call.Request, &request); err != nil {
			return nil, err
		}
		return f(ctx, request, call.Attachment)
	}
}

// Decode reads a request, which may have no fields that are not known.
func Decode(request []byte, to any) error {
	decoder := json.NewDecoder(bytes.NewReader(request))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(to); err != nil {
		return Errorf(Request, "the request is wrong: %v", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return Errorf(Request, "the request is wrong: there is more after its end")
	}
	return nil
}
