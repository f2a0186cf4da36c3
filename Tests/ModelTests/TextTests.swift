import Model
import Testing

@Suite struct `Text from outside` {
    @Test(arguments: [
        ("\u{1B}[2Jx", "·[2Jx"), ("\u{1B}]0;title\u{7}x", "·]0;title·x"), ("\u{1B}[31mred\u{1B}[0m", "red"),
        ("\u{1B}]8;;http://x\u{1B}\\a", "·]8;;http://x·\\a"), ("\u{1B}]52;c;eA==\u{7}", "·]52;c;eA==·"),
        ("\u{1B}P$q\u{1B}\\", "·P$q·\\"), ("\u{9B}31mx", "x"), ("\u{9B}2Jx", "·[2Jx"), ("\u{85}\u{9D}", "··"),
        ("a\rb\u{8}c\0d\u{7}e", "a·b·c·d·e"), ("a\tb", "a  b"), ("a\u{202E}b\u{2066}c\u{200F}", "abc"),
        ("a\u{200B}b\u{FEFF}c\u{2060}", "abc"), ("e\u{301}\u{301}\u{301}\u{301}x", "e\u{301}\u{301}x"),
        ("\u{E000}", "·"), ("\u{1B}", "·"), ("\u{1B}[", "·["), ("\u{1B}\u{1B}[2J", "··[2J"), ("日本 ü", "日本 ü"),
        ("", ""), ("\u{1B}[1;2;3mx", "x"), ("\u{1B}[1;\u{1B}[2J", "·[1;·[2J"), ("a\u{2028}b", "ab"),
    ])
    func `is made harmless`(raw: String, clean: String) {
        #expect(SafeText.clean(raw) == clean)
    }

    @Test func `never contains a control character, whatever it was`() {
        var raw = ""
        for value in UInt32(0)...0x2FF { if let scalar = Unicode.Scalar(value) { raw.unicodeScalars.append(scalar) } }
        for scalar in (raw + raw).unicodeScalars {
            for prefix in ["\u{1B}", "\u{1B}[", "\u{9B}3", ""] {
                let clean = SafeText.clean(prefix + String(scalar))
                #expect(!clean.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
            }
        }
    }

    @Test func `is repaired where it is no UTF-8`() {
        #expect(SafeText.clean(String(decoding: [0x61, 0xFF, 0x9B, 0x62], as: UTF8.self)) == "a\u{FFFD}\u{FFFD}b")
    }

    @Test func `is cut, also a line of a megabyte`() {
        let clean = SafeText.clean(String(repeating: "x", count: 1_000_000))
        #expect(clean.count == SafeText.lineLimit + 1)
        #expect(clean.hasSuffix("…"))
        #expect(SafeText.clean(String(repeating: "\u{1B}", count: 100_000), limit: 10).count == 11)
        #expect(SafeText.clean("a" + String(repeating: "\u{301}", count: 100_000)).unicodeScalars.count == 3)
    }

    @Test func `as a name is never empty, as a block keeps its lines`() {
        #expect(SafeText.name("\u{200B}") == "(unnamed)")
        #expect(SafeText.name(String(repeating: "n", count: 300)).count == 257)
        #expect(SafeText.block("a\r\nb\u{7}\n") == "a\nb·\n")
    }
}

@Suite struct `A unit name` {
    @Test(arguments: [
        "foo.service", "hello.mount", "foo@123.service", "foo@.service", "yo.yo.service", "hello@world.path",
        "hello:world.service", "yes@no\\.service", "foo-bar.mount", "a_b.timer",
        String(repeating: "a", count: 248) + ".service",
    ])
    func `is good`(text: String) throws { #expect(try UnitName(text).text == text) }

    @Test(arguments: [
        "", "fooservice", "bar@foo", "foo.", "foo.what", "foo.Service", "a%.service", "a$.service", "a#.service",
        "a/b.service", "a+.service", "a=.service", "@a.service", "a@b.mount", "a@b.swap", ".service", "-a.service",
        "..service", "a b.service", "ä.service", "a\n.service", String(repeating: "a", count: 249) + ".service",
    ])
    func `is bad`(text: String) { #expect(throws: UnitNameError.self) { try UnitName(text) } }

    @Test func `comes apart at its first at sign and its last dot`() {
        let name: UnitName = "foo.1@bar@baz.service"
        #expect(
            [name.prefix, name.instance, name.stem, name.type] == ["foo.1", "bar@baz", "foo.1@bar@baz", "service"])
        #expect(name.template == "foo.1@.service")
        #expect(!name.isTemplate)
        let template: UnitName = "ssh@.socket"
        #expect(template.isTemplate && template.instance == "" && template.template == nil)
        let plain: UnitName = "foo.1.service"
        #expect(plain.prefix == "foo.1" && plain.instance == nil && !plain.isTemplate)
    }

    @Test(arguments: [
        ("foo", "foo.service"), ("foo.1", "foo.1.service"), ("dir/bar.socket", "bar.socket"), ("x@1", "x@1.service"),
    ])
    func `is completed as people type it`(typed: String, name: String) throws {
        #expect(try UnitName(typed: typed).text == name)
    }

    @Test func `that is bad says why, harmlessly`() {
        let text = "a\u{1B}[2J.service"
        do throws(UnitNameError) {
            _ = try UnitName(text)
            Issue.record("it was taken")
        } catch {
            #expect(
                error.description
                    == "'a·[2J.service' is no unit name: only letters, digits and : - _ . \\ @ are allowed")
        }
    }
}

@Suite struct `A pattern` {
    @Test(arguments: [
        ("abc", "abc", true), ("*", "abc", true), ("*c", "abc", true), ("a*", "a", true), ("a*", "abc", true),
        ("a*", "ab/c", false), ("a*/b", "abc/b", true), ("a*/b", "a/c/b", false),
        ("a*b*c*d*e*/f", "axbxcxdxe/f", true), ("a*b*c*d*e*/f", "axbxcxdxexxx/f", true),
        ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false), ("a*b?c*x", "abxbbxdbxebxczzx", true),
        ("a*b?c*x", "abxbbxdbxebxczzy", false), ("ab[c]", "abc", true), ("ab[b-d]", "abc", true),
        ("ab[e-g]", "abc", false), ("ab[^c]", "abc", false), ("ab[^b-d]", "abc", false), ("ab[^e-g]", "abc", true),
        ("a\\*b", "a*b", true), ("a\\*b", "ab", false), ("a?b", "a/b", false), ("a*b", "a/b", false),
        ("[\\]a]", "]", true), ("[\\-]", "-", true), ("[x\\-]", "x", true), ("[x\\-]", "z", false),
        ("[a-z]*", "web", true),
        ("[]a]", "]", false), ("[-]", "-", false), ("[x-]", "x", false), ("[-x]", "x", false), ("\\", "a", false),
        ("[a-b-c]", "a", false), ("[", "a", false), ("[^", "a", false), ("[^bc", "a", false), ("a[", "a", false),
        ("*x", "xxx", true), ("foo.*", "foo.service", true), ("foo@?.service", "foo@1.service", true), ("", "", true),
    ])
    func `matches as Go's path.Match does`(pattern: String, text: String, matches: Bool) {
        #expect(Glob(pattern).matches(text) == matches)
    }

    @Test func `of many stars ends soon`() {
        let pattern = String(repeating: "a*", count: 60) + "b"
        #expect(!Glob(pattern).matches(String(repeating: "a", count: 250)))
    }
}

@Suite struct `An amount` {
    @Test(
        arguments: [
            ("2", 2_000), ("0.5", 500), ("500m", 500), ("0.1", 100), ("0.0001", 1), ("1.5", 1_500), (".5", 500),
        ] as [(String, Int)])
    func `of cores is read in thousandths`(text: String, milli: Int) { #expect(Quantity.milliCPU(text) == milli) }

    @Test(arguments: ["", "0", "-1", "x", "1.", "1e3", "nan", "m", "99999999", "1,5", "0m"])
    func `of cores is refused when it is none`(text: String) { #expect(Quantity.milliCPU(text) == nil) }

    @Test(arguments: [("256M", 256), ("1G", 1_024), ("1073741824", 1_024), ("1", 1), ("0.5G", 512), ("1048577B", 2)])
    func `of memory is read in MiB`(text: String, mebibytes: Int) { #expect(Quantity.mebibytes(text) == mebibytes) }

    @Test(arguments: ["", "G", "-1G", "0", "infinity", "nan", "1Q", "1e300"])
    func `of memory is refused when it is none`(text: String) { #expect(Quantity.mebibytes(text) == nil) }

    @Test(arguments: [("5", 5_000), ("1min 30s", 90_000), ("500ms", 500), ("2h", 7_200_000), ("1.5s", 1_500), ("0", 0)])
    func `of time is read`(text: String, milliseconds: Int64) {
        #expect(Quantity.timeSpan(text) == .span(.milliseconds(milliseconds)))
    }

    @Test func `of time may have no end, and may be none`() {
        #expect(Quantity.timeSpan("infinity") == .infinite)
        for text in ["", "soon", "5 parsecs", "-1", "s", "nan"] { #expect(Quantity.timeSpan(text) == nil, "\(text)") }
    }
}

@Suite struct `A moment` {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_399_000, "2000-02-28T23:59:59Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (-1_000, "1969-12-31T23:59:59Z"), (4_107_542_400_000, "2100-03-01T00:00:00Z"),
        ] as [(Int64, String)])
    func `is written as UTC`(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).iso8601 == text)
    }

    @Test(arguments: [(0, "0s"), (59, "59s"), (60, "1m"), (3_599, "59m"), (7_200, "2h"), (90_000, "1d"), (-5, "0s")])
    func `ago is said briefly`(seconds: Int, text: String) { #expect(Duration.seconds(seconds).brief == text) }
}

@Suite struct `Quoted words` {
    @Test(
        arguments: [
            ("a b", ["a", "b"]), ("\"a b\" c", ["a b", "c"]), ("'a \"b'", ["a \"b"]), ("a\\x20b", ["a b"]),
            ("\\\"a\\\"", ["\"a\""]), ("\"\"", [""]), ("  ", []), ("a\\101", ["aA"]), ("\\u00e9", ["é"]),
            ("a'b c'd", ["ab cd"]),
        ] as [(String, [String])])
    func `are split as systemd does`(value: String, words: [String]) throws {
        #expect(try QuotedWords.split(value) == words)
    }

    @Test(arguments: ["\"a", "a'", "\\", "\\q", "\\x0", "\\x00", "\\ud800"])
    func `that are broken are refused`(value: String) {
        #expect(throws: QuotedWords.Problem.self) { try QuotedWords.split(value) }
    }
}
