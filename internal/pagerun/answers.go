// Package pagerun answers the calls of the page that run a network or read a model. They are apart from package
// pagecall, since they need three quarters of the code: the static page fetches it when it is first needed.
package pagerun

import "cnncalc/internal/pagecall"

// Answers returns the answers, by the name of the call.
func Answers() map[string]pagecall.Answerer {
	return map[string]pagecall.Answerer{
		"convert": pagecall.WithAttachment(convertModel),
		"run":     pagecall.WithAttachment(run),
	}
}
