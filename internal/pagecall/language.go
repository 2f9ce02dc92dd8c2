package pagecall

import (
	"cnncalc/internal/budget"
	"cnncalc/internal/fit"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
	"cnncalc/internal/spec"
)

// Language is what an editor of network files completes and explains.
type Language struct {
	Kinds  []Kind         `json:"kinds"`
	Schema map[string]any `json:"schema"` // JSON Schema of a file
	// Choices are the words that settings of a study take, by the setting.
	Choices map[string][]string `json:"choices"`
}

// Kind is a kind of layer.
type Kind struct {
	Name    string  `json:"name"`
	Summary string  `json:"summary"`
	Joins   bool    `json:"joins"` // whether it joins paths, as CONCAT(a | b)
	Fields  []Field `json:"fields"`
}

// Field is a setting of a kind.
type Field struct {
	Key    string   `json:"key"`    // in the mapping form, and key=value
	Letter string   `json:"letter"` // short option, "s" of "s2"; "" for none
	Place  string   `json:"place"`  // in the arrow language: "head", "dash" or "option"
	Words  []string `json:"words"`  // bare options that set the field
	Doc    string   `json:"doc"`
}

func language() (Language, error) {
	choices, err := choices()
	return Language{Kinds: kinds(), Schema: spec.JSONSchema(budget.JSONSchema()), Choices: choices}, err
}

func choices() (map[string][]string, error) {
	names, err := fit.DeviceNames()
	if err != nil {
		return nil, err
	}
	return map[string][]string{
		"mode": memory.Modes(), "dtype": memory.DTypes(), "optimizer": memory.Optimizers(), "device": names,
	}, nil
}

func kinds() []Kind {
	var described []Kind
	for _, k := range op.Kinds() {
		kind := Kind{Name: k.Name, Summary: k.Summary, Joins: k.JoinsPaths(), Fields: []Field{}}
		for _, f := range k.New().Fields() {
			kind.Fields = append(kind.Fields, Field{
				Key: f.Key, Letter: f.Letter, Place: placeName(f.Place), Words: append([]string{}, f.Words...), Doc: f.Doc,
			})
		}
		described = append(described, kind)
	}
	return described
}

func placeName(p op.Place) string {
	switch p {
	case op.Head:
		return "head"
	case op.Dash:
		return "dash"
	}
	return "option"
}
