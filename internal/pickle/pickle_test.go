package pickle

import (
	"bytes"
	"encoding/hex"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What Python 3 writes, by pickle.dumps(value, protocol): hexadecimal.
func TestDecodePython(t *testing.T) {
	value := Dict{
		"a": &List{[]any{int64(1), int64(300), int64(70000), int64(-5), int64(1 << 40), nil, true, false, 1.5, "é"}},
		"t": &List{[]any{int64(1), "x"}},
		"d": Dict{"k": &List{}},
	}
	for protocol, text := range map[int]string{
		2: "80027d71002858010000006171015d7102284b014d2c014a701101004afbffffff8a060000000000014e8889473ff80000000000005802000000c3a971036558010000007471044b01580100000078710586710658010000006471077d710858010000006b71095d710a73752e",
		3: "80037d71002858010000006171015d7102284b014d2c014a701101004afbffffff8a060000000000014e8889473ff80000000000005802000000c3a971036558010000007471044b01580100000078710586710658010000006471077d710858010000006b71095d710a73752e",
		4: "8004954e000000000000007d94288c0161945d94284b014d2c014a701101004afbffffff8a060000000000014e8889473ff80000000000008c02c3a994658c0174944b018c01789486948c0164947d948c016b945d9473752e",
		5: "8005954e000000000000007d94288c0161945d94284b014d2c014a701101004afbffffff8a060000000000014e8889473ff80000000000008c02c3a994658c0174944b018c01789486948c0164947d948c016b945d9473752e",
	} {
		data, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(bytes.NewReader(data))
		if err != nil {
			t.Errorf("protocol %d: %v", protocol, err)
			continue
		}
		if diff := cmp.Diff(any(value), got); diff != "" {
			t.Errorf("protocol %d: %s", protocol, diff)
		}
	}
}

func TestEncode(t *testing.T) {
	var out bytes.Buffer
	e := NewEncoder(&out)
	e.BeginDict()
	e.Key("numbers")
	e.BeginList()
	numbers := []int64{0, 255, 256, -1, math.MaxInt32, math.MinInt32, math.MaxInt32 + 1, math.MinInt64, math.MaxInt64}
	var want []any
	for _, n := range numbers {
		e.Int(n)
		want = append(want, n)
	}
	e.EndList()
	e.Key("text")
	e.Text("é\n")
	e.Key("yes")
	e.Bool(true)
	e.Key("none")
	e.BeginList()
	e.EndList()
	e.Key("long")
	e.BeginList()
	var long []any
	for i := range int64(2*batch + 1) {
		e.Int(i)
		long = append(long, i)
	}
	e.EndList()
	e.EndDict()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := Decode(&out)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(any(Dict{"numbers": &List{want}, "text": "é\n", "yes": true, "none": &List{},
		"long": &List{long}}), got); diff != "" {
		t.Error(diff)
	}
}

// A pickle that would call is refused at the opcode that names what it calls.
func TestDecodeRefuses(t *testing.T) {
	for _, test := range []struct{ data, want string }{
		{"", "byte 0: not a pickle of protocol 2 to 5"},
		{"\x80\x06N.", "byte 0: not a pickle of protocol 2 to 5"},
		{"(lp0\n.", "byte 0: not a pickle of protocol 2 to 5"},
		{"\x80\x02", "byte 2: the file ends in the middle of the pickle"},
		{"\x80\x02cos\nsystem\n(S'true'\ntR.", "byte 2: opcode 0x63 names a function or class: only data is read"},
		{"\x80\x04\x8c\x02os\x8c\x06system\x93.", "byte 14: opcode 0x93 names a function or class: only data is read"},
		{"\x80\x02NR.", "byte 3: opcode 0x52 calls a function or makes an object: only data is read"},
		{"\x80\x02Pid\n.", "byte 2: opcode 0x50 refers to an object outside of the file: only data is read"},
		{"\x80\x03C\x01a.", "byte 2: opcode 0x43 holds bytes: only data is read"},
		{"\x80\x02\xff.", "byte 2: the pickle is malformed: there is no opcode 0xff"},
		{"\x80\x02.", "byte 2: the pickle is malformed"},
		{"\x80\x02NN.", "byte 4: the pickle is malformed"},
		{"\x80\x02(.", "byte 3: the pickle is malformed"},
		{"\x80\x02e.", "byte 2: the pickle is malformed"},
		{"\x80\x02N(e.", "byte 4: the pickle is malformed"},
		{"\x80\x02](a.", "byte 4: the pickle is malformed"},
		{"\x80\x02}(Nu.", "byte 5: the pickle is malformed"},
		{"\x80\x02\x86.", "byte 2: the pickle is malformed"},
		{"\x80\x02N(\x85.", "byte 4: the pickle is malformed"},
		{"\x80\x02h\x05.", "byte 2: the pickle is malformed: nothing was stored under 5"},
		{"\x80\x04\x94.", "byte 2: the pickle is malformed"},
		{"\x80\x02N.N", "byte 3: more bytes follow the pickle"},
		{"\x80\x02X\xff\xff\xff\x7f.", "byte 2: the pickle is too large: a text has 2147483647 bytes, more than 1048576"},
		{"\x80\x02X\x01\x00\x00\x00\xff.", "byte 2: the pickle is malformed: a text is not UTF-8"},
		{"\x80\x02\x8a\x09123456789.", "byte 2: a whole number of 9 bytes does not fit in 64 bits"},
	} {
		_, err := Decode(strings.NewReader(test.data))
		if err == nil || err.Error() != test.want {
			t.Errorf("%q: %v, want %s", test.data, err, test.want)
		}
	}
}

// A file of one list that holds itself many times is read, and ends.
func TestDecodeShared(t *testing.T) {
	got, err := Decode(strings.NewReader("\x80\x02]q\x00(h\x00h\x00h\x00e."))
	if err != nil {
		t.Fatal(err)
	}
	list := got.(*List)
	if len(list.Items) != 3 || list.Items[0] != any(list) {
		t.Errorf("%d items", len(list.Items))
	}
}

// Values beyond the limit are refused before memory runs out.
func TestDecodeBounds(t *testing.T) {
	data := "\x80\x02(" + strings.Repeat("N", 98) + "t."
	if _, err := decode(strings.NewReader(data), 99); err == nil ||
		err.Error() != "byte 101: the pickle is too large: it has more than 99 values" {
		t.Errorf("error %v", err)
	}
	if _, err := decode(strings.NewReader(data), 100); err != nil {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"\x80\x02}(X\x01\x00\x00\x00aK\x01X\x01\x00\x00\x00b]q\x01(J\x00\x00\x00\x00\x88\x89NG?\xf8\x00\x00\x00\x00\x00\x00\x86eu.",
		"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00]\x94(K\x01e.",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := Decode(bytes.NewReader(data))
		if (err == nil) && len(data) < 3 {
			t.Errorf("%q gives %v", data, v)
		}
	})
}
