import Model
import Testing

@Suite struct `A rule on metadata` {
    @Test(
        arguments: [
            ("zone=a", ["zone": "a"], ["zone": "b"]), ("zone != a", ["zone": "b"], ["zone": "a"]),
            ("zone!=a", [:], ["zone": "a"]), ("zone in (a, b)", ["zone": "b"], [:]),
            ("zone not in (a,b)", ["zone": "c"], ["zone": "a"]), ("gpu", ["gpu": ""], [:]), ("!gpu", [:], ["gpu": "1"]),
            ("cores>=4", ["cores": "4"], ["cores": "3.9"]), ("cores > 4", ["cores": "4.5"], ["cores": "4"]),
            ("cores<4", ["cores": "-1"], ["cores": "many"]), ("cores<=4", ["cores": "4"], [:]),
            ("cores>=1e30", ["cores": "2e30"], ["cores": "1e29"]), ("cores<1.5", ["cores": "1"], ["cores": "1.5"]),
        ] as [(String, [String: String], [String: String])])
    func `holds for some and not for others`(text: String, fits: [String: String], misses: [String: String]) throws {
        let rule = try #require(MetadataRule(text))
        #expect(rule.holds(for: fits))
        #expect(!rule.holds(for: misses))
        #expect(MetadataRule(rule.description) == rule)
    }

    @Test(arguments: [
        "", "=a", "zone=", "zone==a", "zone a", "zone in a", "zone in ()", "zone in (a,)", "!gpu=1", "cores>=four",
        "cores>=nan", "cores>=inf", "zo ne=a", "zone=a b", "zone notin (a)", "!!gpu", "zone=a,b", "\u{1B}[31m=a",
    ])
    func `that is none is told`(text: String) {
        #expect(MetadataRule(text) == nil)
    }
}

@Suite struct `A unit file with preferences` {
    @Test func `is read over lines, quotes and specifiers`() throws {
        let text = """
            [Service]
            ExecStart=/a
            [X-Quarterdeck]
            Metadata=zone!=a
            Metadata="cores>=4" "gpu"
            Prefer=disk=ssd
            Avoid=%p@*.service other.service
            Sticky=yes
            """
        let file = try UnitFile(parsing: text).checked(as: "web@1.service", file: "web@1.service")
        let asks = Requirements(of: file, name: "web@1.service")
        #expect(asks.rules.map(\.description) == ["cores>=4", "gpu", "zone!=a"])
        #expect(asks.prefers.map(\.description) == ["disk=ssd"])
        #expect(asks.avoids.map(\.pattern) == ["web@*.service", "other.service"])
        #expect(asks.isSticky)
    }

    @Test(arguments: [
        ("Metadata=zone==a", "a.service:4: Metadata='zone==a' is no rule on metadata"),
        ("Prefer=(", "a.service:4: Prefer='(' is no rule on metadata"),
        ("Sticky=maybe", "a.service:4: Sticky='maybe' is no yes or no"),
        ("Avoid=[a", "a.service:4: '[a' is no pattern"),
        ("Stick=yes", "a.service:4: [X-Quarterdeck] has no option 'Stick'"),
        ("Sticky=yes\n[X-Fleet]\nGlobal=yes", "Global cannot be used with Sticky"),
        ("Avoid=a*\n[X-Fleet]\nGlobal=yes", "Global cannot be used with Avoid"),
    ])
    func `that makes no sense is refused`(lines: String, problem: String) throws {
        let file = try UnitFile(parsing: "[Service]\nExecStart=/a\n[X-Quarterdeck]\n\(lines)\n")
        let error = #expect(throws: UnitFileError.self) { try file.checked(as: "a.service", file: "a.service") }
        #expect(error.map { "\($0)" }?.contains(problem) == true, "\(String(describing: error))")
    }
}

@Suite struct `A value with control characters` {
    @Test(arguments: [
        ("X-Fleet", #"MachineMetadata="k=\x1b[31mv""#), ("X-Fleet", #"MachineID="\x1b[31m\n\n""#),
        ("X-Fleet", "Conflicts=a\u{9B}31m*"), ("X-Quarterdeck", #"Metadata="k!=\x1b]0;pwn\x07""#),
        ("X-Quarterdeck", "Prefer=k\u{85}=v"),
    ])
    func `is refused, and harmless where it is read all the same`(section: String, line: String) throws {
        let file = try UnitFile(parsing: "[Service]\nExecStart=/a\n[\(section)]\n\(line)\n")
        #expect(throws: UnitFileError.self) { try file.checked(as: "a.service", file: "a.service") }
        let asks = Requirements(of: file, name: "a.service")
        let texts = [asks.machineID ?? ""] + asks.conflicts.map(\.pattern) + asks.rules.map(\.description)
        let all = texts + asks.prefers.map(\.description) + asks.metadata.flatMap { [$0.key] + $0.value }
        #expect(all.allSatisfy { SafeText.clean($0) == $0 })
    }
}

@Suite struct `A unit file of many sections` {
    @Test func `is written out with each of them`() {
        let count = 20_000
        let file = UnitFile(options: (0..<count).map { .init(section: "S\($0)", name: "A", value: "1") })
        #expect(file.text.split(separator: "\n").count == 2 * count)
    }
}

@Suite struct `Drop-ins` {
    @Test func `add to lists, win over single values, and reset what they empty`() throws {
        let file = try UnitFile(
            parsing: "[Unit]\nDescription=Web\n[Service]\nExecStart=/a\nEnvironment=A=1\nRestart=no\n")
        let dropIns = [
            try UnitFile(parsing: "[Service]\nEnvironment=B=2\nRestart=always\n"),
            try UnitFile(parsing: "[Service]\nExecStart=\nExecStart=/b\n[X-Fleet]\nConflicts=web@*\n"),
        ]
        let whole = file.with(dropIns: dropIns)
        #expect(whole.values("Service", "Environment") == ["A=1", "B=2"])
        #expect(whole.value("Service", "Restart") == "always")
        #expect(whole.values("Service", "ExecStart") == ["/b"])
        #expect(whole.values("X-Fleet", "Conflicts") == ["web@*"])
        #expect(try UnitFile(parsing: whole.text) == UnitFile(parsing: UnitFile(parsing: whole.text).text))
        #expect(whole.hash != file.hash && file.with(dropIns: []).hash == file.hash)
    }
}
