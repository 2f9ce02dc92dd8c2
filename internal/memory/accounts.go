package memory

import "cnncalc/internal/choice"

// AccountName names one of the accounts.
type AccountName string

// The accounts.
const (
	NotesAccount   AccountName = "notes"
	PyTorchAccount AccountName = "pytorch"
	RunAccount     AccountName = "cnncalc" // of cnncalc run
	// ArenaAccount is that of a small device, which has no figures of its own: it is not among AccountNames.
	ArenaAccount AccountName = "arena"
)

// AccountNames returns the names that ParseAccountName takes.
func AccountNames() []string {
	return []string{string(NotesAccount), string(PyTorchAccount), string(RunAccount)}
}

// ParseAccountName reads the name of an account.
func ParseAccountName(s string) (AccountName, error) {
	return choice.Parse[AccountName](s, "an account", AccountNames())
}
