package spec

import (
	"strings"

	"cnncalc/internal/op"
)

// JSONSchema describes architecture files to editors (JSON Schema, draft 2020-12). The fields of each kind are
// those the kind declares. Arrow text is a string to it.
func JSONSchema() map[string]any {
	text := map[string]any{"type": "string"}
	size := map[string]any{"anyOf": []any{map[string]any{"type": "integer", "minimum": 1}, text}}
	numbers := map[string]any{"anyOf": []any{
		map[string]any{"type": "number"},
		map[string]any{"type": "array", "items": map[string]any{"type": "number"}, "minItems": 1},
	}}
	integers := map[string]any{"anyOf": []any{
		map[string]any{"type": "integer"},
		map[string]any{"type": "array", "items": map[string]any{"type": "integer"}, "minItems": 1},
	}}
	layers, defaults := kindSchemas()
	chain := map[string]any{"anyOf": []any{text, map[string]any{
		"type": "array", "minItems": 1, "items": map[string]any{"anyOf": []any{text, layers}},
	}}}
	return map[string]any{
		"$schema":  "https://json-schema.org/draft/2020-12/schema",
		"title":    "cnncalc architecture file",
		"type":     "object",
		"required": []string{"input", "layers"},
		"properties": map[string]any{
			"name": text, "description": text, "source": text,
			"input":    map[string]any{"type": "string", "description": "width x height x depth, as 224x224x3"},
			"classes":  size,
			"vars":     map[string]any{"type": "object", "additionalProperties": integers},
			"defaults": defaults,
			"blocks":   map[string]any{"type": "object", "additionalProperties": chain, "description": "name(parameters): chain"},
			"layers":   chain,
			"preprocess": map[string]any{"type": "object", "additionalProperties": false, "properties": map[string]any{
				"mean": numbers, "std": numbers,
				"scale":    map[string]any{"type": "number", "exclusiveMinimum": 0},
				"channels": map[string]any{"enum": []string{"rgb", "bgr"}},
				"resize":   map[string]any{"type": "integer", "minimum": 1},
				"fit":      map[string]any{"enum": []string{"crop", "stretch"}},
			}},
			"labels": map[string]any{"type": "array", "items": text, "minItems": 1},
			"pytorch": map[string]any{"type": "object", "additionalProperties": false, "properties": map[string]any{
				"modules":   namesSchema("blocks that are modules of their own; unless written, those with ADD, CONCAT or MUL"),
				"functions": namesSchema("kinds, kinds within a block as in block.kind, or labels of layers that are called as functions"),
				"lists":     namesSchema("blocks that are modules whose input is a list of tensors"),
			}},
		},
		"additionalProperties": false,
	}
}

func namesSchema(description string) map[string]any {
	return map[string]any{"type": "array", "items": map[string]any{"type": "string"}, "description": description}
}

// kindSchemas are the mapping form of a layer, and of defaults:.
func kindSchemas() (layer, defaults map[string]any) {
	ofLayers, ofDefaults := map[string]any{}, map[string]any{}
	for _, k := range op.Kinds() {
		fields, named := map[string]any{}, map[string]any{"name": map[string]any{"type": "string"}}
		for _, f := range k.New().Fields() {
			schema := f.Setting.Schema()
			schema["description"] = f.Doc
			fields[f.Key], named[f.Key] = schema, schema
		}
		key := strings.ToLower(k.Name)
		object := func(properties map[string]any) map[string]any {
			return map[string]any{"type": "object", "description": k.Summary, "properties": properties, "additionalProperties": false}
		}
		ofDefaults[key] = object(fields)
		if !k.JoinsPaths() {
			ofLayers[key] = object(named)
		}
	}
	layer = map[string]any{"type": "object", "properties": ofLayers, "additionalProperties": false, "minProperties": 1, "maxProperties": 1}
	defaults = map[string]any{"type": "object", "properties": ofDefaults, "additionalProperties": false}
	return layer, defaults
}
