package spec

import (
	"slices"
	"strings"

	"cnncalc/internal/op"
)

// schema is a JSON Schema or a part of one.
type schema = map[string]any

// JSONSchema returns the schema of architecture files for editors (JSON Schema, draft 2020-12). The fields of each kind
// are those that the kind declares; arrow text is a string. budget is the schema of a network's budget.
func JSONSchema(budget map[string]any) map[string]any {
	layers, defaults := kindSchemas()
	text := schema{"type": "string"}
	chain := schema{"anyOf": []any{text, listOf(schema{"anyOf": []any{text, layers}})}}
	return schema{
		"$schema":  "https://json-schema.org/draft/2020-12/schema",
		"title":    "cnncalc architecture file",
		"type":     "object",
		"required": []string{"layers"},
		"oneOf":    []any{schema{"required": []string{"input"}}, schema{"required": []string{"inputs"}}},
		"properties": schema{
			"name": text, "description": text, "source": text,
			"input": schema{"type": "string", "description": "width x height x depth, as 224x224x3"},
			"inputs": schema{"type": "object", "additionalProperties": text, "minProperties": 1,
				"description": "several inputs: names and sizes; the layers start from one of them, as \"@left -> CONV3-8\""},
			"classes":  schema{"anyOf": []any{schema{"type": "integer", "minimum": 1}, text}},
			"vars":     schema{"type": "object", "additionalProperties": oneOrMore("integer")},
			"defaults": defaults,
			"blocks": schema{"type": "object", "additionalProperties": chain,
				"description": "name(parameters): chain; a parameter is a number, or in a call a label or a layer"},
			"layers": chain,
			"heads": schema{"type": "object", "additionalProperties": headSchema(chain),
				"description": "further outputs: chains that start from a result, as \"@label -> CONV1-8\""},
			"preprocess": object(schema{
				"mean": oneOrMore("number"), "std": oneOrMore("number"),
				"scale":    schema{"type": "number", "exclusiveMinimum": 0},
				"channels": schema{"enum": []string{"rgb", "bgr"}},
				"resize":   schema{"type": "integer", "minimum": 1},
				"fit":      schema{"enum": []string{"crop", "stretch"}},
			}),
			"labels": listOf(text),
			"frozen": namesSchema("patterns of layers (conv*) and parameters (conv1.bias) that training leaves as they are; " +
				"! before a pattern excepts what it matches"),
			"budget": budget,
			"pytorch": object(schema{
				"modules": namesSchema("blocks that are modules; by default those with ADD, CONCAT, MUL or MAX"),
				"functions": namesSchema("layers that are called as functions: kinds, kinds within a block as in block.kind, " +
					"or labels"),
				"lists": namesSchema("blocks that are modules whose input is a list of tensors"),
				"inline": namesSchema("blocks whose layers the code has where it calls them: no module, and no part of the " +
					"layers' names"),
				"permuted": namesSchema("layers on volumes with their channels last, between modules that permute: LN, " +
					"activations, and 1x1 CONVs, which are Linear"),
				"subclasses": namesSchema("layers of a subclass of PyTorch's module, which programs do not know by its type"),
			}),
		},
		"additionalProperties": false,
	}
}

// headSchema returns the schema of a head: its chain, or a mapping that also says what it is for.
func headSchema(chain schema) schema {
	head := object(schema{
		"layers":   chain,
		"training": schema{"type": "boolean", "description": "whether the head exists in training only"},
		"loss":     schema{"type": "number", "exclusiveMinimum": 0, "description": "the weight of its loss; default 1"},
	})
	head["required"] = []string{"layers"}
	return schema{"anyOf": append(slices.Clone(chain["anyOf"].([]any)), head)}
}

// object returns the schema of a mapping that has no other keys.
func object(properties schema) schema {
	return schema{"type": "object", "properties": properties, "additionalProperties": false}
}

// listOf returns the schema of a list with one item or more.
func listOf(items schema) schema { return schema{"type": "array", "items": items, "minItems": 1} }

// oneOrMore returns the schema of a value of a type or a list of them.
func oneOrMore(typeName string) schema {
	one := schema{"type": typeName}
	return schema{"anyOf": []any{one, listOf(one)}}
}

func namesSchema(description string) schema {
	return schema{"type": "array", "items": schema{"type": "string"}, "description": description}
}

// kindSchemas returns the schemas of a layer in the mapping form and of defaults:.
func kindSchemas() (layer, defaults schema) {
	ofLayers, ofDefaults := schema{}, schema{}
	for _, k := range op.Kinds() {
		fields, named := schema{}, schema{"name": schema{"type": "string"}}
		for _, f := range k.New().Fields() {
			field := f.Setting.Schema()
			field["description"] = f.Doc
			fields[f.Key], named[f.Key] = field, field
		}
		key := strings.ToLower(k.Name)
		ofDefaults[key] = described(object(fields), k.Summary)
		if !k.JoinsPaths() {
			ofLayers[key] = described(object(named), k.Summary)
		}
	}
	layer = object(ofLayers)
	layer["minProperties"], layer["maxProperties"] = 1, 1
	return layer, object(ofDefaults)
}

func described(s schema, description string) schema {
	s["description"] = description
	return s
}
