package report

import (
	"embed"
	"strings"

	"cnncalc/internal/choice"
)

// The JSON Schemas (draft 2020-12) of the documents, one file a command. They are files because the library that makes
// them from the types of the documents would cost every command its start; TestSchemas holds the files to the types.
//
//go:embed schemas/*.json
var schemas embed.FS

// DocumentCommands returns the commands that print JSON.
func DocumentCommands() []string {
	files, err := schemas.ReadDir("schemas")
	if err != nil {
		panic(err) // not reached: the folder is part of the program
	}
	var names []string
	for _, file := range files {
		names = append(names, strings.TrimSuffix(file.Name(), ".json"))
	}
	return names
}

// DocumentSchema returns the JSON Schema of what a command prints as JSON, or of each line of it. It allows fields that
// it does not name: later versions may add some to a document without another [Schema]. The error for any other name
// lists the commands.
func DocumentSchema(command string) ([]byte, error) {
	if _, err := choice.Parse[string](command, "a command that prints JSON", DocumentCommands()); err != nil {
		return nil, err
	}
	return schemas.ReadFile("schemas/" + command + ".json")
}
