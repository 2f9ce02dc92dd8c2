package report

import (
	"io"
	"net/url"
)

// sarifLog is a log of SARIF 2.1.0 (OASIS, 2020), without most properties that have their default. The library that the
// test validates it with would bring an HTTP client into the program, and delay its start.
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool             sarifTool     `json:"tool"`
	Language         string        `json:"language"`
	ColumnKind       string        `json:"columnKind"`
	NewlineSequences []string      `json:"newlineSequences"`
	Results          []sarifResult `json:"results"` // not null: GitHub needs the list where there are none, too
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name     string      `json:"name"`
	Language string      `json:"language"`
	Rules    []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID string `json:"id"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	RuleIndex int             `json:"ruleIndex"`
	Level     string          `json:"level"`
	Message   sarifMessage    `json:"message"`
	Locations []sarifLocation `json:"locations"`
}

type sarifMessage struct {
	Text string `json:"text"`
}

type sarifLocation struct {
	Physical sarifPlace `json:"physicalLocation"`
}

type sarifPlace struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"` // nil for the file as a whole
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
}

// WriteSARIF writes annotations as a SARIF 2.1.0 log, which code scanning takes.
func WriteSARIF(w io.Writer, annotations []Annotation) error {
	const language = "en-US"
	run := sarifRun{
		Tool:     sarifTool{sarifDriver{Name: "cnncalc", Language: language, Rules: []sarifRule{}}},
		Language: language, ColumnKind: "unicodeCodePoints", NewlineSequences: []string{"\r\n", "\n"},
		Results: []sarifResult{},
	}
	rules := map[string]int{}
	for _, a := range annotations {
		index, known := rules[a.Code]
		if !known {
			index = len(rules)
			rules[a.Code] = index
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{a.Code})
		}
		run.Results = append(run.Results, a.sarif(index))
	}
	return WriteJSON(w, sarifLog{
		Schema:  "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/main/sarif-2.1/schema/sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run},
	})
}

// sarif returns the annotation as a result of the rule with an index.
func (a Annotation) sarif(rule int) sarifResult {
	level := "error"
	if a.IsNote {
		level = "note"
	}
	place := sarifPlace{Artifact: sarifArtifact{uri(a.File)}}
	if !a.Pos.IsZero() {
		place.Region = &sarifRegion{StartLine: a.Pos.Line, StartColumn: a.Pos.Col}
	}
	return sarifResult{RuleID: a.Code, RuleIndex: rule, Level: level, Message: sarifMessage{a.Message},
		Locations: []sarifLocation{{place}}}
}

// uri returns a path as a relative URI.
func uri(path string) string { return (&url.URL{Path: slashes(path)}).EscapedPath() }
