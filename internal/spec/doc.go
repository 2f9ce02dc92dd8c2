// Package spec owns the language of architecture files: it reads YAML and arrow text into a graph, and writes a graph
// as a file. Package op declares the fields of each kind of layer, which the parser, the printer and the JSON Schema
// follow. Package shape computes the shapes.
//
// # Phases
//
// A file goes through these phases:
//
//  1. Text: read.go turns bytes into lines of text and rejects what is not text. read_arrow.go reads arrow text alone,
//     without phase 2.
//  2. YAML: yaml.go walks the nodes, and traps.go explains what YAML makes of arrow text. values.go, blocks.go,
//     heads.go, inputs.go, preprocess.go, budget.go and pytorch.go read the values of keys. char_positions.go finds the
//     place of every character of a scalar.
//  3. Arrow text: lex.go cuts it into tokens, and parse.go makes the syntax tree of ast.go from them. parse_numbers.go
//     reads expressions, and fields.go reads the settings of a layer, whose kind kinds.go finds.
//  4. Lowering: lower.go and lower_*.go expand repeats, blocks and lists into a graph. eval.go evaluates expressions,
//     and names.go resolves labels and names the layers.
//  5. Printing: order.go puts a graph into the order of a file, parts.go divides it into the layers and the heads, and
//     arrange.go finds the chain that each is written as. print.go writes it as a file, and fold.go as one line of the
//     notes' grammar. For a file with blocks, pieces.go turns the chains into pieces whose numbers are slots,
//     result_lists.go finds lists, find_blocks.go and block_params.go find the blocks and their parameters, render.go
//     and block_text.go write them, and print_blocks.go writes the file. rewrite.go edits the text of a file instead.
//
// [Read] is phases 1 to 3, [File.Lower] is phase 4, and [Print], [PrintBlocks], [Pattern] and [File.Rewrite] are
// phase 5. Reading and lowering report their problems and pass on what is sound, so that independent mistakes all show
// up. crowded.go and lower_limits.go bound what a hostile file can cost.
//
// # Grammar
//
// The arrow language, in EBNF:
//
//	chain    = item { "->" item } .
//	item     = body [ "?" ] [ "*" number ] [ "@" label [ "+" ] ] | "@" label .
//	body     = "INPUT" | layer | merge | call | param | "[" chain "]" .
//	merge    = ( "CONCAT" | "ADD" | "MUL" | "MAX" ) "(" path { "|" path } ")" { option } .
//	path     = "IDENTITY" | "@" label | [ "@" label "->" ] chain .
//	call     = name "(" [ argument { "," argument } ] ")" .
//	argument = [ name "=" ] ( expr | list | "@" label | layer | "IDENTITY" ) .
//	param    = name .
//	layer    = kind [ size ] [ "-" number ] { option } .
//	option   = letter size | word | ( key | letter ) "=" value .
//	size     = extent [ "x" extent ] | digits "." digits .
//	extent   = digits | "(" expr ")" .
//	value    = number { "," number } | number { "x" extent } | decimal | "-" ( digits | decimal ) | word |
//	           "@" label .
//	number   = digits | name | [ "round8" ] "(" expr ")" | list .
//	list     = "{" expr { "," expr } "}" .
//	expr     = term { ( "+" | "-" ) term } .
//	term     = primary { ( "*" | "/" ) primary } .
//	primary  = digits | name | [ "round8" ] "(" expr ")" .
//
//	name     = ( alpha | "_" ) { alpha | "_" | digit } .
//	label    = name { "." name } .
//	digits   = digit { digit } .
//	decimal  = [ digits ] "." digits [ exponent ] | digits exponent .
//	exponent = ( "e" | "E" ) [ "+" | "-" ] digits .
//
// The key of a block is written, and a field of the mapping form has the value:
//
//	head  = name "(" [ entry { "," entry } ] ")" .
//	entry = name [ "=" ( digits | layer | "IDENTITY" ) ] .
//	field = sum { "," sum } | sum { "x" extent } | decimal | "-" ( digits | decimal ) | word | "@" label .
//	sum   = expr | list .
//
// The grammar allows more than the language does:
//
//   - INPUT can only be the first item of the layers, and cannot be repeated. The layers of a file with inputs: start
//     with "@" label in place of it, or with a merge whose paths all do.
//   - So does the chain of a head.
//   - "?" follows layers only.
//   - A parameter is an item only in its block, where it stands for the layer that the call passes; a label that a call
//     passes is written "@" and the parameter's name there. A variable as an argument hides a kind of its name.
//   - In an argument, a comma belongs to the value of an option only if digits follow.
//   - Kinds, keys, letters and words are those of package op, in any case. A word such as CONV3 starts with the longest
//     kind that a digit or nothing follows.
//   - No space may come before or within a size, around an "x", before the "-" of a layer, after "@", or before the
//     "+" of a label. Elsewhere spaces only separate tokens.
//   - Only some fields may be negative.
//   - Digits start with a zero only if that is all of them. A name, a label or a number has at most 64 characters.
//
// "→" may be written for "->". A "#" that starts the text or follows a space begins a comment, which ends with the
// line.
package spec
