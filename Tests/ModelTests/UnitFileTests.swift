import Model
import Testing

private func options(_ text: String) throws -> [String] {
    try UnitFile(parsing: text).options.map { "\($0.section).\($0.name)=\($0.value)" }
}

private func problems(_ text: String) -> [String] {
    do {
        _ = try UnitFile(parsing: text)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

@Suite struct `A unit file` {
    @Test func `is read with comments, blank lines and unknown names kept as written`() throws {
        let text = """
            # a comment
            ; another

            [Unit]
              Description = A web server
            [X-Anything]
            Strange-Name=a = b
            [Service]
            ExecStart=/bin/a \\
            """
        #expect(
            try options(text) == [
                "Unit.Description=A web server", "X-Anything.Strange-Name=a = b", "Service.ExecStart=/bin/a \\",
            ])
    }

    @Test func `joins continued lines and leaves comments between them out`() throws {
        let file = try UnitFile(parsing: "[Service]\nExecStart=/bin/a \\\n  # why\n  --long \\\n  --more\nUser=x\n")
        #expect(file.values("Service", "ExecStart") == ["/bin/a --long --more"])
        #expect(file.value("Service", "User") == "x")
    }

    @Test func `swallows the line after a comment that ends in a backslash`() throws {
        #expect(try options("[Unit]\n# comment \\\nAfter=a.service\nAfter=b.service\n") == ["Unit.After=b.service"])
    }

    @Test func `keeps repeated options in order, and an empty one throws away what stood before`() throws {
        let file = try UnitFile(parsing: "[Service]\nEnvironment=A=1\nEnvironment=B=2\nEnvironment=\nEnvironment=C=3\n")
        #expect(file.values("Service", "Environment") == ["C=3"])
        #expect(file.options.count == 4)
    }

    @Test func `merges sections that appear twice`() throws {
        let file = try UnitFile(parsing: "[Unit]\nAfter=a.service\n[Service]\nUser=x\n[Unit]\nAfter=b.service\n")
        #expect(file.text == "[Unit]\nAfter=a.service\nAfter=b.service\n\n[Service]\nUser=x\n")
        #expect(file.sections == ["Unit", "Service"])
    }

    @Test(arguments: ["\u{FEFF}[Unit]\nA=b\n", "[Unit]\r\nA=b\r\n", "[Unit]\n\tA =\tb  ", "\n\n[Unit]\nA=b"])
    func `is the same with a byte order mark, other line ends or blanks`(text: String) throws {
        #expect(try options(text) == ["Unit.A=b"])
    }

    @Test func `keeps the indentation of continued lines`() throws {
        let text = "[Service]\nExecStart=/bin/sh -c \\\n\t  'true'\n"
        let file = try UnitFile(parsing: text)
        #expect(file.text == text)
        #expect(file.values("Service", "ExecStart") == ["/bin/sh -c 'true'"])
    }

    @Test(arguments: [
        // Ended by an empty line, by the end of the text after it, and by the end of the text alone.
        ("[Service]\nExecStart=/bin/a \\\n\nUser=x\n", "/bin/a \\\n", "[Service]\nExecStart=/bin/a \\\n\nUser=x\n"),
        ("[Service]\nExecStart=/bin/a \\\n", "/bin/a \\\n", "[Service]\nExecStart=/bin/a \\\n\n"),
        ("[Service]\nExecStart=/bin/a \\", "/bin/a \\", "[Service]\nExecStart=/bin/a \\\n"),
        // A blank after it makes it no continuation.
        ("[Service]\nExecStart=/bin/a \\ \nUser=x\n", "/bin/a \\", "[Service]\nExecStart=/bin/a \\\nUser=x\n"),
        (
            "[Service]\nExecStart=/bin/a \\\r\n\r\n[X]\nA=b\n", "/bin/a \\\n",
            "[Service]\nExecStart=/bin/a \\\n\n\n[X]\nA=b\n"
        ),
    ])
    func `keeps a last backslash, hashed as fleet does, and is the same when it is read again`(
        text: String, value: String, hashed: String
    ) throws {
        let file = try UnitFile(parsing: text)
        #expect(file.options.first?.value == value)
        #expect(file.values("Service", "ExecStart") == ["/bin/a"])
        #expect(file.hash == UnitHash(of: hashed))
        #expect(try UnitFile(parsing: file.text) == file)
        #expect(try UnitFile(parsing: file.text).text == file.text)
        let more = file.with(dropIns: [try UnitFile(parsing: "[Service]\nType=exec\n")])
        #expect(try UnitFile(parsing: more.text).text == more.text)
    }

    @Test func `written out and read again is the same`() throws {
        let file = try UnitFile(parsing: "[Service]\nExecStart=/bin/a \\\n  -b\n[X]\nE=\n")
        #expect(try UnitFile(parsing: file.text) == file)
    }

    @Test(arguments: [
        ("[Unit\nA=b\n", "line 1: the section header has no ']'; write it as [Service]"),
        ("[Unit] x\n", "line 1: there is text after the section header; put it on a line of its own"),
        ("[]\n", "line 1: the section header is empty or has a '['; write it as [Service]"),
        ("[Unit]\nnonsense\n", "line 2: 'nonsense' has no '='; write Name=value, or begin a comment with #"),
        ("[Unit]\n=x\n", "line 2: there is no name before '='; write Name=value"),
        ("A=b\n", "line 1: 'A' stands before any section; put it under [Unit] or [Service]"),
        (
            "[Unit]\nA=\u{1B}[2J\n",
            "line 2: there is a control character; remove it; only tabs and line ends may stand in a unit file"
        ),
    ])
    func `that cannot be read says where, what and what would be right`(text: String, problem: String) {
        #expect(problems(text).first == problem)
    }

    @Test func `names every problem, not only the first`() {
        #expect(problems("[Unit]\nx\ny\n[Z\n").count == 3)
        #expect(problems("[U]\nA=" + String(repeating: "x", count: 1_000_000)).first?.contains("bytes") == true)
    }

    @Test func `has fleet's hash`() throws {
        let file = try UnitFile(parsing: "# x\n[Service]\n\nExecStart = /bin/sleep 100\n")
        #expect(file.hash.hex == "1c6fb6f3684bafb0c173d8b8b957ceff031180c1")
        #expect(file.hash.short == "1c6fb6f")
        #expect(UnitFile(options: []).hash.hex == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(UnitHash(of: "abc").hex == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(
            UnitHash(of: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex
                == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
    }

    @Test(arguments: [
        ("[Service]\nType=simple\n", "there is no ExecStart= in [Service]; add ExecStart=/path/to/program"),
        (
            "[Service]\nExecStart=/a\nExecStart=/b\n",
            "line 3: only Type=oneshot may have several ExecStart=; keep one, or write an empty "
                + "ExecStart= before it to replace the first"
        ),
        (
            "[Service]\nExecStart=/a \"b\n",
            "line 2: ExecStart='/a \"b': a quote is never closed; close the quote or double the \\"
        ),
        (
            "[Service]\nExecStart=/a\nType=quick\n",
            "line 3: Type='quick' is unknown; use simple, exec, forking, oneshot, dbus, notify, notify-reload, idle"
        ),
        (
            "[Service]\nExecStart=/a\nRestartSec=soon\n",
            "line 3: RestartSec='soon' is no time; write 5s, 1min 30s or infinity"
        ),
        (
            "[Service]\nExecStart=/a\n[X-Fleet]\nMachineMetadata=a=b c=d\n",
            "line 4: 'a=b c=d' is not key=value; write MachineMetadata=disk=ssd, or several as \"disk=ssd\" \"zone=a\""
        ),
        (
            "[Service]\nExecStart=/a\n[X-Fleet]\nMachineId=x\n",
            "line 4: [X-Fleet] has no option 'MachineId'; use MachineID, MachineOf, "
                + "MachineMetadata, Conflicts, Replaces, Global"
        ),
        (
            "[Service]\nExecStart=/a\n[X-Quarterdeck]\nMemory=lots\n",
            "line 4: Memory='lots' is no amount; write bytes with a suffix such as Memory=256M"
        ),
        (
            "[Service]\nExecStart=/a\n[X-Fleet]\nConflicts=[a\n",
            "line 4: '[a' is no pattern; close every [ and end no pattern with a \\"
        ),
    ])
    func `that no unit manager would carry out is refused`(text: String, problem: String) throws {
        #expect(try UnitFile(parsing: text).problems(as: "web.service").map(\.description) == [problem])
    }

    @Test func `is accepted where systemd accepts it`() throws {
        let text = "[Service]\nType=oneshot\nExecStart=-/bin/a \"b c\"\nExecStart=@/bin/b b\nRestartSec=1min 30s\n"
        #expect(try UnitFile(parsing: text).problems(as: "web.service").isEmpty)
        #expect(try UnitFile(parsing: "[Timer]\nOnCalendar=daily\n").problems(as: "web.timer").isEmpty)
    }
}

@Suite struct `What a unit file asks` {
    private func read(_ lines: String, _ name: UnitName = "foo@bar.service") throws -> Requirements {
        Requirements(of: try UnitFile(parsing: "[X-Fleet]\n" + lines), name: name)
    }

    @Test func `of machine IDs is the first, the modern name before the old ones`() throws {
        #expect(try read("MachineID=a\nMachineID=b\n").machineID == "a")
        #expect(try read("X-ConditionMachineID=old\nMachineID=new\n").machineID == "new")
        #expect(try read("X-ConditionMachineBootID=boot\n").machineID == "boot")
        #expect(try read("").machineID == nil)
    }

    @Test func `of metadata is collected by key over lines, quotes and old names`() throws {
        let read = try read(
            "MachineMetadata=\"a=1\" \"a=2\" \"b=3\"\nMachineMetadata=a=1\nX-ConditionMachineMetadata=c=4\n")
        #expect(read.metadata == ["a": ["1", "2"], "b": ["3"], "c": ["4"]])
        #expect(try self.read("MachineMetadata=foo=\nMachineMetadata==x\nMachineMetadata=a=b=c\n").metadata.isEmpty)
    }

    @Test func `of conflicts is split at blanks, with specifiers expanded`() throws {
        let read = try read("Conflicts=%p@*.service x.*\nConflicts=\"y.service\"\nMachineOf=%p-side@%i.service\n")
        #expect(read.conflicts.map(\.pattern) == ["foo@*.service", "x.*", "y.service"])
        #expect(read.peers == ["foo-side@bar.service"])
    }

    @Test func `of what it replaces is one pattern a value, as of peers`() throws {
        let read = try read("Replaces=\"a.*\" \"b.service\"\nReplaces=%p.service\n")
        #expect(read.replaces.map(\.pattern) == ["a.*", "b.service", "foo.service"])
        #expect(try self.read("Replaces=a.service b.service\n").replaces.map(\.pattern) == ["a.service b.service"])
        var problems: [UnitFileError.Problem] = []
        let file = try UnitFile(parsing: "[X-Fleet]\nReplaces=a.service b.service\n")
        _ = Requirements(of: file, name: "c.service", problems: &problems)
        #expect(problems.map(\.what) == ["'a.service b.service' is one pattern, with a blank"])
    }

    @Test func `of quotes that are never closed is the line as it stands`() throws {
        let read = try read("MachineOf=x.service\nConflicts=\"a b\nMachineMetadata=\"a=1\" \"b=2\nMachineID=\"m\n")
        #expect(read.conflicts.map(\.pattern) == ["\"a", "b"])
        #expect(read.metadata.isEmpty)
        #expect(read.machineID == "\"m")
    }

    @Test(arguments: ["true", "yes", "1", "on", "t", "TRUE", "False\nGlobal=On"])
    func `is to be global for every yes, the last value counting`(text: String) throws {
        #expect(try read("Global=\(text)\n").isGlobal)
        #expect(try !read("Global=\(text)\nGlobal=no\n").isGlobal)
    }

    @Test(arguments: [
        ("MachineID=a\nMachineOf=b.service", "MachineID cannot be used with MachineOf"),
        ("MachineID=a\nConflicts=b", "MachineID cannot be used with Conflicts"),
        ("MachineID=a\nGlobal=yes", "MachineID cannot be used with Global"),
        ("MachineID=a\nReplaces=b", "MachineID cannot be used with Replaces"),
        ("Global=yes\nMachineOf=b.service", "Global cannot be used with MachineOf"),
        ("Global=yes\nReplaces=b", "Global cannot be used with Replaces"),
        ("Conflicts=a\nReplaces=b", "Conflicts cannot be used with Replaces"),
        ("MachineOf=b.service\nConflicts=b*", "peer 'b.service' matches conflict 'b*'"),
        ("MachineOf=nonsense", "'nonsense' is no unit name: it needs a type such as .service"),
        ("MachineOf=foo@bar.service", "the unit is its own peer"),
    ])
    func `that contradicts itself is refused`(lines: String, what: String) throws {
        var problems: [UnitFileError.Problem] = []
        let file = try UnitFile(parsing: "[X-Fleet]\n\(lines)\n")
        _ = Requirements(of: file, name: "foo@bar.service", problems: &problems)
        #expect(problems.map(\.what) == [what])
    }

    @Test func `of processor and memory is read`() throws {
        let file = try UnitFile(parsing: "[X-Quarterdeck]\nCPU=0.5\nMemory=1.5G\n")
        let read = Requirements(of: file, name: "a.service")
        #expect(read.milliCPU == 500)
        #expect(read.memoryMiB == 1_536)
    }
}

@Suite struct `What a unit is` {
    @Test func `is said of the instance, and of a template as it is written`() throws {
        let file = try UnitFile(parsing: "[Unit]\nDescription=Web server %i of %p\n[Service]\nExecStart=/bin/true\n")
        func described(_ name: UnitName) -> String? {
            Unit(name: name, file: file, desired: .inactive, revision: 1).described
        }

        #expect(described("web@2.service") == "Web server 2 of web")
        #expect(described("web@.service") == "Web server %i of %p")
    }
}
