package pagecall

import (
	"context"

	"cnncalc/internal/network"
	"cnncalc/internal/plain"
	"cnncalc/internal/study"
)

// StudyRequest is a network as it is being written, and what to study it with.
type StudyRequest struct {
	Name     string         `json:"name"` // of the file
	Text     string         `json:"text"`
	Settings study.Settings `json:"settings"`
	Only     *study.Only    `json:"only,omitempty"` // what the answer has; absent for all
}

// File returns the file of a request.
func (r StudyRequest) File() (*network.File, error) {
	if len(r.Text) > network.MaxFileSize {
		return nil, Errorf(Limit, "%s is larger than %s bytes, the most that an architecture file may have",
			plain.Escape(plain.CutPath(r.Name)), plain.Count(network.MaxFileSize))
	}
	return network.Read(r.Name, []byte(r.Text)), nil
}

func makeStudy(ctx context.Context, r StudyRequest) (any, error) {
	file, err := r.File()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return study.MakeOnly(file, r.Settings, r.Only)
}
