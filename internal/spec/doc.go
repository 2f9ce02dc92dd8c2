// Package spec owns the language of architecture files: it reads YAML and arrow text into a graph, and prints a graph
// back. Shapes are package shape's; what a kind of layer takes is declared in package op, whose fields drive the parser,
// the printer and the JSON Schema.
//
// # Phases
//
// A file goes through these, each in a file of its own:
//
//  1. read.go: bytes to lines of text, refused where they are not text.
//  2. yaml.go walks the YAML nodes, with traps.go for what YAML itself makes of arrow text. values.go, blocks.go,
//     preprocess.go and pytorch.go read its keys. char_positions.go finds the place of every character of a scalar.
//  3. lex.go cuts arrow text into tokens, parse.go makes the syntax tree of ast.go from them, and fields.go reads a
//     layer's settings, by kinds.go.
//  4. lower.go expands repeats, blocks and lists into a graph, with eval.go for expressions and names.go for names and
//     labels.
//  5. arrange.go and print.go write a graph as a file, fold.go as one line of the notes' grammar.
//
// Phases 1 to 3 are [Read], phase 4 is [File.Lower], and phase 5 is [Print] and [Pattern]. A phase reports its problems
// and hands on what is still sound, so that independent mistakes all show.
//
// # Grammar
//
// The arrow language, in EBNF:
//
//	chain   = item { "->" item } .
//	item    = body [ "?" ] [ "*" number ] [ "@" name [ "+" ] ] | "@" name .
//	body    = layer | "[" chain "]" | merge | call | "INPUT" .
//	merge   = ( "CONCAT" | "ADD" | "MUL" ) "(" path { "|" path } ")" { option } .
//	path    = "IDENTITY" | "@" name | [ "@" name "->" ] chain .
//	call    = block "(" [ argument { "," argument } ] ")" .
//	argument = [ name "=" ] number .
//	layer   = kind [ size ] [ "-" number ] { option } .
//	size    = extent [ "x" extent ] | decimal .
//	extent  = digits | "(" expr ")" .
//	option  = letter size | word | key "=" value .
//	value   = number { ( "x" | "," ) number } | decimal | word .
//	number  = digits | name | "(" expr ")" | "{" expr { "," expr } "}" .
//	expr    = term { ( "+" | "-" ) term } .
//	term    = primary { ( "*" | "/" ) primary } .
//	primary = digits | name | "(" expr ")" .
//
// The longest kind that a word starts with is its kind, without regard to case, and "?" follows layers only. A number
// sign after a space comments to the end of the line.
package spec
