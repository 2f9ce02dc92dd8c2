package htmlreport

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"unicode/utf16"

	"cnncalc/internal/plain"
	"cnncalc/internal/study"
)

// pack returns documents as JSON for the script, without the drawings and explanations, which the file has. A list of
// objects is written as {"$": [keys], "rows": [[values]]}, in which null is a key that an object lacks: the keys are
// most of the text. The JSON has no "<" and no line separators, so that it can be in a script element.
func pack(documents []*study.Document) ([]byte, error) {
	packed := make([]any, len(documents))
	for k, d := range documents {
		short := *d
		short.Graph, short.Volumes, short.Explanations = "", "", nil
		text, err := json.Marshal(short)
		if err != nil {
			return nil, err
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		var value any
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		packed[k] = packValue(value)
	}
	text, err := json.Marshal(packed)
	return escapeHidden(text), err
}

// escapeHidden writes characters that cannot be seen, such as those that reorder text, as JSON's escapes: all are in
// strings.
func escapeHidden(text []byte) []byte {
	var out bytes.Buffer
	for _, r := range string(text) {
		if plain.Visible(r) {
			out.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&out, "\\u%04x", unit)
		}
	}
	return out.Bytes()
}

func packValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			v[key] = packValue(value)
		}
	case []any:
		for i, value := range v {
			v[i] = packValue(value)
		}
		if isRows(v) {
			return packRows(v)
		}
	}
	return v
}

func isRows(list []any) bool {
	isObject := func(v any) bool { _, ok := v.(map[string]any); return ok }
	return len(list) > 1 && !slices.ContainsFunc(list, func(v any) bool { return !isObject(v) })
}

func packRows(list []any) map[string]any {
	keys := map[string]bool{}
	for _, row := range list {
		for key := range row.(map[string]any) {
			keys[key] = true
		}
	}
	columns := slices.Sorted(maps.Keys(keys))
	rows := make([][]any, len(list))
	for i, row := range list {
		for _, key := range columns {
			rows[i] = append(rows[i], row.(map[string]any)[key])
		}
	}
	return map[string]any{"$": columns, "rows": rows}
}
