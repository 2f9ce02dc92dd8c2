package budget

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cnncalc/internal/diag"
	"cnncalc/internal/figure"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/shape"
)

const tiny = "input: 8x8x2\nlayers: INPUT -> CONV3-4 -> RELU -> POOL2 -> FC-3\n"

func tinyNetwork(t *testing.T, text string) *shape.Network {
	t.Helper()
	n, err := network.Sound("tiny.yaml", []byte(text), graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// item returns an item of a budget: key, value, key, value.
func item(figure string, settings ...string) graph.BudgetItem {
	it := graph.BudgetItem{Figure: figure, Pos: diag.Pos{Line: 1, Col: 1}}
	for i := 0; i < len(settings); i += 2 {
		it.Settings = append(it.Settings, graph.BudgetSetting{Key: settings[i], Value: settings[i+1],
			Pos: diag.Pos{Line: 2, Col: 10 * i}, ValuePos: diag.Pos{Line: 2, Col: 10*i + 5}})
	}
	return it
}

// settingsOf returns what each figure needs in addition to its bounds.
func settingsOf(f figure.Figure) []string {
	switch f.Name {
	case "peak":
		return []string{"mode", "training", "batch", "2"}
	case "largest_batch":
		return []string{"mode", "inference", "memory", "1GiB"}
	case "inference_batch", "training_batch":
		return []string{"memory", "1GiB"}
	case "inference_images_per_second", "training_images_per_second":
		return []string{"device", "t4"}
	case "time":
		return []string{"flops", "1TFLOP/s", "bandwidth", "1GB/s"}
	}
	return nil
}

func limitsOf(t *testing.T, items ...graph.BudgetItem) []Limit {
	t.Helper()
	limits, problems := Read(items)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return limits
}

// written returns a value of a figure as a budget has it.
func written(f figure.Figure, value int64) string {
	suffix := map[figure.Unit]string{figure.Bytes: "B", figure.Nanoseconds: "ns"}[f.Unit]
	return fmt.Sprint(value, suffix)
}

// Every figure may be as large as max and as small as min, and not one more or less.
func TestLimits(t *testing.T) {
	n := tinyNetwork(t, tiny)
	for _, f := range figure.All() {
		settings := settingsOf(f)
		value := Check(n, limitsOf(t, item(f.Name, append(settings, "min", written(f, 0))...)))[0].Value
		if value < 2 {
			t.Fatalf("%s is %d", f.Name, value)
		}
		for _, test := range []struct {
			key     string
			bound   int64
			breaks  bool
			problem diag.Code
		}{
			{"max", value, false, ""}, {"max", value + 1, false, ""}, {"max", value - 1, true, "budget/exceeded"},
			{"min", value, false, ""}, {"min", value - 1, false, ""}, {"min", value + 1, true, "budget/below"},
		} {
			findings := Check(n, limitsOf(t, item(f.Name, append(settings, test.key, written(f, test.bound))...)))
			problems := Problems("", findings)
			if findings[0].Err != nil || findings[0].IsBroken() != test.breaks || len(problems) > 0 != test.breaks {
				t.Errorf("%s is %d, %s %d: %v", f.Name, value, test.key, test.bound, problems)
			}
			if test.breaks && problems[0].Code != test.problem {
				t.Errorf("%s: %s, want %s", f.Name, problems[0].Code, test.problem)
			}
		}
	}
}

// By hand: the CONV has 3*3*2*4 + 4 = 76 parameters, the FC 4*4*4*3 + 3 = 195. The CONV has 8*8*4*18 = 4608 MACs, the
// FC 192.
func TestProblems(t *testing.T) {
	n := tinyNetwork(t, tiny)
	source := &diag.Source{Name: "budgets"}
	for _, test := range []struct {
		item       graph.BudgetItem
		in         *diag.Source
		want, most string
	}{
		{item("parameters", "max", "270"), nil,
			"parameters is 271, which exceeds the budget of 270 by 1 (0.4%)", "fc1 195 (72.0%), conv1 76 (28.0%)"},
		{item("parameters", "max", "0"), nil,
			"parameters is 271, which exceeds the budget of 0 by 271", "fc1 195 (72.0%), conv1 76 (28.0%)"},
		{item("macs", "max", "4K"), source,
			"net.yaml: macs is 4,800, which exceeds the budget of 4K by 800 (20.0%)", "conv1 4,608 (96.0%), fc1 192 (4.0%)"},
		{item("macs", "max", "1"), nil,
			"macs is 4,800, which exceeds the budget of 1 by 4,799 (479,900%)", "conv1 4,608 (96.0%), fc1 192 (4.0%)"},
		{item("macs", "min", "5K"), nil,
			"macs is 4,800, which is below the budget's minimum of 5K by 200 (4.0%)", ""},
		// Volumes of 128 + 256 + 64 + 3 values twice, 271 parameters, their gradients and the momentum, 2 pictures.
		{item("notes_training", "batch", "2", "max", "12KiB"), nil,
			"notes_training (batch 2) is 11,492 bytes", ""},
		{item("notes_training", "batch", "2", "max", "11KiB"), nil,
			"notes_training (batch 2) is 11,492 bytes, which exceeds the budget of 11KiB by 228 bytes (2.0%)",
			"conv1 5,008 bytes (43.6%), fc1 2,388 bytes (20.8%), input 2,048 bytes (17.8%)"},
		{item("receptive_field", "max", "7"), nil,
			"receptive_field is 8 pixels, which exceeds the budget of 7 by 1 pixel (14.3%)", ""},
	} {
		limits := limitsOf(t, test.item)
		limits[0].In = test.in
		problems := Problems("net.yaml", Check(n, limits))
		if len(problems) == 0 {
			if strings.Contains(test.want, "which") {
				t.Errorf("%s: no problem, want %s", test.item.Figure, test.want)
			}
			continue
		}
		p := problems[0]
		if p.Msg != test.want || p.Most != test.most || p.In != test.in || p.Pos != limits[0].Pos {
			t.Errorf("%s\n  most: %s\nwant %s\n  most: %s", p.Msg, p.Most, test.want, test.most)
		}
	}
}

// A value that cannot be counted keeps no limit.
func TestNotKnown(t *testing.T) {
	n := tinyNetwork(t, tiny)
	findings := Check(n, limitsOf(t, item("inference_peak", "batch", "9223372036854775807", "max", "1GiB")))
	problems := Problems("", findings)
	if len(problems) != 1 || problems[0].Code != "budget/not-known" ||
		!strings.HasPrefix(problems[0].Msg, "inference_peak (batch 9223372036854775807) is not known: ") {
		t.Error(problems)
	}
}

func TestBudgetsThatAreWrong(t *testing.T) {
	for _, test := range []struct {
		item graph.BudgetItem
		code diag.Code
		want string // the message and the hint
	}{
		{item("paramters", "max", "5M"), "budget/figure", `there is no figure called "paramters"; did you mean parameters?`},
		{item("flops", "max", "5M"), "budget/figure", `there is no figure called "flops"; choose from layers, parameters,`},
		{item("parameters", "batch", "2"), "budget/setting", `parameters does not take "batch"; it takes max, min`},
		{item("parameters", "mx", "2"), "budget/setting", `parameters does not take "mx"; did you mean max?`},
		{item("parameters", "maximum", "2"), "budget/setting", `parameters does not take "maximum"; did you mean max?`},
		{item("parameters", "max", "5MB"), "budget/value", `max: "5MB" is not a count`},
		{item("parameters", "max", "-1"), "budget/value", `max: "-1" is not a count`},
		{item("parameters", "max", "1.5"), "budget/value", `max: "1.5" is not whole`},
		{item("arena", "max", "50"), "budget/value", `max: "50" has no unit: write 50GiB`},
		{item("arena", "max", "50G B"), "budget/value", `max: "50G B" is not a size`},
		{item("time", "max", "1"), "budget/value", `max: "1" is not a time`},
		{item("arena", "max", "1MB", "batch", "0"), "budget/value", `batch: "0" is not a whole number of 1 or more`},
		{item("arena", "max", "1MB", "threads", "99999"), "budget/value", "threads: at most"},
		{item("arena", "max", "1MB", "min", "2MB"), "budget/limit", "arena: min 2MB is more than max 1MB"},
		{item("arena", "batch", "2"), "budget/limit", "arena: it has neither max nor min"},
		{item("peak", "max", "1MB"), "budget/setting", "peak: write the mode: inference or training"},
		{item("peak", "max", "1MB", "mode", "train"), "budget/value", `mode: "train" is not a mode`},
		{item("peak", "max", "1MB", "mode", "inference", "account", "torch"), "budget/value", "account: "},
		{item("peak", "max", "1MB", "mode", "inference", "optimizer", "adam"), "budget/setting", "optimizer is for mode training"},
		{item("peak", "max", "1MB", "mode", "training", "optimizer", "adm"), "budget/value", "did you mean adam?"},
		{item("peak", "max", "1MB", "mode", "training", "account", "cnncalc"), "budget/setting", "account cnncalc is for inference"},
		{item("peak", "max", "1MB", "account", "cnncalc", "dtype", "fp16"), "budget/setting", "account cnncalc computes in fp32"},
		{item("peak", "max", "1MB", "account", "notes", "mode", "training", "dtype", "amp"), "budget/setting", "values of one size"},
		{item("peak", "max", "1MB", "account", "notes", "mode", "training", "torch", "1.13-cpu"), "budget/setting", "torch is for account pytorch"},
		{item("peak", "max", "1MB", "mode", "training", "threads", "2"), "budget/setting", "threads is for account cnncalc"},
		{item("training_peak", "max", "1MB", "dtype", "int8"), "budget/setting", "int8 is for inference"},
		{item("notes_training", "max", "1MB", "dtype", "int8"), "budget/setting", "values of one size"},
		{item("largest_batch", "min", "1", "mode", "training"), "budget/setting", "write the device: device: rtx3060, or memory: 12GiB"},
		{item("largest_batch", "min", "1", "mode", "training", "device", "rtx3061"), "budget/value", "device: "},
		{item("largest_batch", "min", "1", "mode", "training", "device", "t4", "memory", "1GiB"), "budget/setting", "use one of them"},
		{item("largest_batch", "min", "1", "mode", "training", "memory", "1"), "budget/value", `memory: "1" has no unit`},
		{item("largest_batch", "min", "1", "mode", "training", "memory", "1GiB", "reserve", "5"), "budget/value", `reserve: "5" has no unit`},
		{item("largest_batch", "min", "1", "mode", "training", "memory", "1GiB", "reserve", "100%"), "budget/setting", "leaves nothing"},
		{item("largest_batch", "min", "1", "mode", "inference", "memory", "1GiB", "account", "cnncalc"), "budget/setting", "choose pytorch or notes"},
		{item("time", "max", "1ms", "flops", "1TFLOP/s"), "budget/setting", "write the rates of the machine"},
		{item("time", "max", "1ms", "flops", "1"), "budget/value", `flops: "1" has no unit`},
		{item("time", "max", "1ms", "bandwidth", "1"), "budget/value", `bandwidth: "1" has no unit`},
	} {
		limits, problems := Read([]graph.BudgetItem{test.item})
		if limits != nil || len(problems) != 1 {
			t.Errorf("%v: %v, %v", test.item, limits, problems)
			continue
		}
		p := problems[0]
		if text := p.Msg + "; " + p.Hint; p.Code != test.code || p.Pos.IsZero() || !strings.Contains(text, test.want) {
			t.Errorf("%s at %s: %s\nwant %s: %s", p.Code, p.Pos, text, test.code, test.want)
		}
	}
}

// Each figure's keys have values that are read, so that the JSON Schema promises nothing that is refused.
func TestKeysAreRead(t *testing.T) {
	value := map[string]string{"max": "1", "min": "1", "batch": "1", "threads": "1", "account": "pytorch",
		"mode":  "training",
		"dtype": "fp32", "optimizer": "adam", "torch": "2-cuda", "device": "t4", "memory": "1GiB", "reserve": "5%",
		"flops": "1TFLOP/s", "bandwidth": "1GB/s"}
	for _, f := range figure.All() {
		for _, key := range keys(f) {
			v, ok := value[key]
			if !ok {
				t.Fatalf("the test has no value for %s", key)
			}
			if key == "max" || key == "min" {
				v = written(f, 1)
			}
			r := &reader{figure: f}
			r.setting(graph.BudgetSetting{Key: key, Value: v})
			if len(r.problems) > 0 {
				t.Errorf("%s: %v", f.Name, r.problems)
			}
		}
	}
}

// What a limit is for is what the settings say: the values are those of figures that are asked for directly.
func TestSettingsCount(t *testing.T) {
	n := tinyNetwork(t, tiny)
	values := map[string]int64{}
	for name, it := range map[string]graph.BudgetItem{
		"training_peak":         item("training_peak", "max", "1B", "batch", "2"),
		"peak training":         item("peak", "max", "1B", "batch", "2", "mode", "training"),
		"inference_peak":        item("inference_peak", "max", "1B", "batch", "2"),
		"peak inference":        item("peak", "max", "1B", "batch", "2", "mode", "inference"),
		"notes_training":        item("notes_training", "max", "1B", "batch", "2"),
		"peak notes training":   item("peak", "max", "1B", "batch", "2", "mode", "training", "account", "notes"),
		"notes_inference":       item("notes_inference", "max", "1B", "batch", "2"),
		"peak notes inference":  item("peak", "max", "1B", "batch", "2", "mode", "inference", "account", "notes"),
		"notes_training sgd":    item("notes_training", "max", "1B", "batch", "2", "optimizer", "sgd"),
		"notes_inference fp16":  item("notes_inference", "max", "1B", "batch", "2", "dtype", "fp16"),
		"training_peak 1.13":    item("training_peak", "max", "1B", "batch", "2", "torch", "1.13-cpu"),
		"training_peak batch 4": item("training_peak", "max", "1B", "batch", "4"),
	} {
		values[name] = Check(n, limitsOf(t, it))[0].Value
	}
	for _, same := range [][2]string{{"training_peak", "peak training"}, {"inference_peak", "peak inference"},
		{"notes_training", "peak notes training"}, {"notes_inference", "peak notes inference"}} {
		if values[same[0]] != values[same[1]] {
			t.Errorf("%s is %d, %s %d", same[0], values[same[0]], same[1], values[same[1]])
		}
	}
	for less, more := range map[string]string{"notes_training sgd": "notes_training", "notes_inference fp16": "notes_inference",
		"training_peak 1.13": "training_peak", "training_peak": "training_peak batch 4"} {
		if values[less] >= values[more] {
			t.Errorf("%s is %d, %s %d", less, values[less], more, values[more])
		}
	}
	if got, want := values["notes_training"]-values["notes_training sgd"], int64(4*271); got != want {
		t.Errorf("the momentum takes %d, want %d", got, want)
	}
}

// The text of the report of check.
func TestFindingText(t *testing.T) {
	n := tinyNetwork(t, tiny)
	limits := limitsOf(t, item("parameters", "max", "1000"), item("macs", "min", "1K"), item("layers", "max", "0"),
		item("inference_peak", "max", "1GiB", "batch", "9223372036854775807"))
	var got []string
	for _, f := range Check(n, limits) {
		got = append(got, f.String())
	}
	want := []string{"parameters 271 of 1000 (27.1%)", "macs 4,800 of at least 1K", "layers 4 of 0",
		"inference_peak (batch 9223372036854775807) is not known"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
