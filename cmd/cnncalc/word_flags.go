package main

import (
	"github.com/spf13/pflag"

	"cnncalc/internal/choice"
)

// wordsAnnotation holds the words that a flag takes, for completion.
const wordsAnnotation = "cnncalc_words"

// wordVar adds a flag that takes one of some words.
func wordVar(flags *pflag.FlagSet, to *string, name, value string, words []string, usage string) {
	flags.StringVar(to, name, value, usage)
	annotateWords(flags, name, words)
}

// wordsVar adds a flag that takes some of the words, separated by commas.
func wordsVar(flags *pflag.FlagSet, to *[]string, name string, words []string, usage string) {
	flags.StringSliceVar(to, name, nil, usage)
	annotateWords(flags, name, words)
}

// checkWord returns an error for a word that a flag does not take. what is a word that it takes, with its article; ""
// is for a flag that is not given.
func checkWord(flag, word, what string, words []string) error {
	if word == "" {
		return nil
	}
	if _, err := choice.Parse[string](word, what, words); err != nil {
		return usageError("--%s: %w", flag, err)
	}
	return nil
}

func annotateWords(flags *pflag.FlagSet, name string, words []string) {
	// The error is for a flag that does not exist.
	_ = flags.SetAnnotation(name, wordsAnnotation, words)
}
