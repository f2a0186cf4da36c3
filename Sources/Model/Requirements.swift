/// What a unit file asks of the machine it runs on: fleet's `[X-Fleet]` options and our `[X-Quarterdeck]` ones.
///
/// - Source: fleet's unit file documentation; the old `X-` and `X-Condition…` names are read too.
public struct Requirements: Hashable, Sendable {
    /// Only this machine; its full ID or the first eight characters.
    public var machineID: String?
    /// Units that must be placed on the same machine, in the order of their names.
    public var peers: [UnitName]
    /// Metadata the machine must have: every key, with any one of its values.
    public var metadata: [String: [String]]
    /// Names of units it cannot share a machine with.
    public var conflicts: [Glob]
    /// Names of units that give way to it.
    public var replaces: [Glob]
    /// Runs on every machine that fits.
    public var isGlobal: Bool
    /// Processor asked for, in thousandths of a core; 0 when nothing is asked.
    public var milliCPU: Int
    /// Memory asked for, in MiB; 0 when nothing is asked.
    public var memoryMiB: Int
    /// More that the machine's metadata must be, in the order of their text.
    public var rules: [MetadataRule] = []
    /// Names of units that it shares a machine with only where no other machine fits.
    public var avoids: [Glob] = []
    /// What the metadata of its machine is, if one can be had.
    public var prefers: [MetadataRule] = []
    /// Stays on the machine that it was placed on first, or waits for it: only an operator moves it.
    public var isSticky = false

    /// Requirements, none unless named.
    public init(
        machineID: String? = nil, peers: [UnitName] = [], metadata: [String: [String]] = [:], conflicts: [Glob] = [],
        replaces: [Glob] = [], isGlobal: Bool = false, milliCPU: Int = 0, memoryMiB: Int = 0
    ) {
        self.machineID = machineID
        self.peers = peers
        self.metadata = metadata
        self.conflicts = conflicts
        self.replaces = replaces
        self.isGlobal = isGlobal
        self.milliCPU = milliCPU
        self.memoryMiB = memoryMiB
    }

    /// Nothing asked.
    public static let none = Requirements()

    /// Whether a machine's metadata is as it must be.
    public func fits(_ found: [String: String]) -> Bool {
        metadata.allSatisfy { key, values in found[key].map(values.contains) ?? false }
            && rules.allSatisfy { $0.holds(for: found) }
    }
}

extension Requirements {
    /// Reads the requirements of a unit's file; what cannot be read is in `problems`.
    public init(of file: UnitFile, name: UnitName, problems: inout [UnitFileError.Problem]) {
        self.init()
        let reader = RequirementReader(file: file, specifiers: Specifiers(name))
        machineID =
            reader.values(["MachineID"]).first ?? reader.values(["X-ConditionMachineID"]).first
            ?? reader.values(["X-ConditionMachineBootID"]).first
        let peerNames = reader.values(["MachineOf", "X-ConditionMachineOf"])
        let conflictWords = reader.values(["Conflicts", "X-Conflicts"])
        conflicts = conflictWords.flatMap { $0.split(separator: " ").map { Glob(String($0)) } }
        replaces = reader.values(["Replaces"]).map { Glob($0) }
        isGlobal = reader.values(["Global"]).last.flatMap(UnitFile.flag) ?? false
        for text in peerNames {
            do throws(UnitNameError) {
                peers.append(try UnitName(text))
            } catch {
                problems.append(reader.problem("MachineOf", error.description, "name one unit, such as web.service"))
            }
        }
        peers = Array(Set(peers)).sorted()
        readMetadata(reader, &problems)
        readRequests(file, reader, &problems)
        reader.checkTexts(&problems)
        check(reader, name, &problems)
    }

    /// The requirements of a file that was checked before; anything unreadable asks for nothing.
    public init(of file: UnitFile, name: UnitName) {
        var ignored: [UnitFileError.Problem] = []
        self.init(of: file, name: name, problems: &ignored)
    }

    private mutating func readMetadata(_ reader: RequirementReader, _ problems: inout [UnitFileError.Problem]) {
        for entry in reader.values(["MachineMetadata", "X-ConditionMachineMetadata"]) {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
                \.trimmingBlanks)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, !parts[1].contains("=") else {
                problems.append(
                    reader.problem(
                        "MachineMetadata", "'\(SafeText.clean(entry, limit: 60))' is not key=value",
                        "write MachineMetadata=disk=ssd, or several as \"disk=ssd\" \"zone=a\""))
                continue
            }
            if !metadata[parts[0], default: []].contains(parts[1]) { metadata[parts[0], default: []].append(parts[1]) }
        }
    }

    private mutating func readRequests(
        _ file: UnitFile, _ reader: RequirementReader, _ problems: inout [UnitFileError.Problem]
    ) {
        for option in file.options where option.section == Self.section {
            let value = option.joined
            let shown = SafeText.clean(value, limit: 40)
            var problem: (what: String, remedy: String)?
            switch option.name {
            case "CPU":
                milliCPU = Quantity.milliCPU(value) ?? 0
                if Quantity.milliCPU(value) == nil {
                    problem = ("is no amount", "write cores such as CPU=0.5 or CPU=500m")
                }
            case "Memory":
                memoryMiB = Quantity.mebibytes(value) ?? 0
                if Quantity.mebibytes(value) == nil {
                    problem = ("is no amount", "write bytes with a suffix such as Memory=256M")
                }
            case "Sticky":
                isSticky = UnitFile.flag(value) ?? false
                if UnitFile.flag(value) == nil { problem = ("is no yes or no", "write Sticky=yes") }
            case "Metadata", "Prefer", "Avoid": continue
            default:
                let what = "[\(Self.section)] has no option '\(SafeText.clean(option.name, limit: 40))'"
                problems.append(.init(line: option.line, what: what, remedy: "use \(Self.options)"))
            }
            guard let problem else { continue }
            problems.append(
                .init(line: option.line, what: "\(option.name)='\(shown)' \(problem.what)", remedy: problem.remedy))
        }
        rules = reader.rules("Metadata", &problems)
        prefers = reader.rules("Prefer", &problems)
        avoids = reader.values(["Avoid"], in: Self.section)
            .flatMap { $0.split(separator: " ").map { Glob(String($0)) } }
    }

    static let section = "X-Quarterdeck"
    private static let options = "Metadata=, Prefer=, Avoid=, Sticky=, CPU= or Memory="

    private func check(_ reader: RequirementReader, _ name: UnitName, _ problems: inout [UnitFileError.Problem]) {
        let pinned = machineID != nil
        let pairs: [(Bool, String, Bool, String)] = [
            (pinned, "MachineID", !peers.isEmpty, "MachineOf"), (pinned, "MachineID", !conflicts.isEmpty, "Conflicts"),
            (pinned, "MachineID", isGlobal, "Global"), (pinned, "MachineID", !replaces.isEmpty, "Replaces"),
            (isGlobal, "Global", !peers.isEmpty, "MachineOf"), (isGlobal, "Global", !replaces.isEmpty, "Replaces"),
            (!conflicts.isEmpty, "Conflicts", !replaces.isEmpty, "Replaces"),
            (isGlobal, "Global", isSticky, "Sticky"), (isGlobal, "Global", !avoids.isEmpty, "Avoid"),
            (isGlobal, "Global", !prefers.isEmpty, "Prefer"),
        ]
        for (first, firstName, second, secondName) in pairs where first && second {
            problems.append(
                reader.problem(firstName, "\(firstName) cannot be used with \(secondName)", "keep one of the two"))
        }
        if peers.contains(name) {
            problems.append(reader.problem("MachineOf", "the unit is its own peer", "name another unit"))
        }
        for peer in peers {
            for glob in conflicts + replaces where glob.matches(peer) {
                problems.append(
                    reader.problem(
                        "MachineOf", "peer '\(peer)' matches conflict '\(glob)'", "a unit cannot follow what it refuses"
                    ))
            }
        }
        for (option, globs) in [("Conflicts", conflicts), ("Replaces", replaces), ("Avoid", avoids)] {
            for glob in globs where !glob.isWellFormed {
                problems.append(
                    reader.problem(
                        option, "'\(glob)' is no pattern", "close every [ and end no pattern with a \\"))
            }
        }
        // fleet splits Conflicts at blanks and nothing else, and no unit's name has one.
        for glob in replaces where glob.pattern.contains(" ") {
            problems.append(
                reader.problem(
                    "Replaces", "'\(SafeText.clean(glob.pattern, limit: 60))' is one pattern, with a blank",
                    "write several as \"a.service\" \"b.service\""))
        }
    }
}

private struct RequirementReader {
    let file: UnitFile
    let specifiers: Specifiers

    /// Repeated options, each one value, unless it is fully quoted: then each quoted word is one.
    func values(_ names: [String], in section: String = "X-Fleet") -> [String] {
        names.flatMap { file.assigned(section, $0) }.flatMap { option -> [String] in
            let value = option.joined
            guard value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\""),
                let words = try? QuotedWords.split(value)
            else { return [value] }
            return words
        }.map { SafeText.clean(specifiers.expand($0)) }
    }

    /// What a quoted value turns into may have control characters that its line has not: those are taken out wherever
    /// values are read, and here they are told.
    func checkTexts(_ problems: inout [UnitFileError.Problem]) {
        for option in file.options where ["X-Fleet", Requirements.section].contains(option.section) {
            let words = (try? QuotedWords.split(option.joined)) ?? []
            let texts = ([option.joined] + words).map { String($0.map { $0 == "\t" ? " " : $0 }) }
            guard texts.contains(where: { SafeText.clean($0) != $0 }) else { continue }
            problems.append(
                .init(
                    line: option.line, what: "\(SafeText.clean(option.name, limit: 40))= has control characters",
                    remedy: "write plain text"))
        }
    }

    /// Rules on metadata in the order of their text; what is none is a problem.
    func rules(_ name: String, _ problems: inout [UnitFileError.Problem]) -> [MetadataRule] {
        var found: Set<MetadataRule> = []
        for text in values([name], in: Requirements.section) {
            if let rule = MetadataRule(text) {
                found.insert(rule)
            } else {
                problems.append(
                    problem(
                        name, "\(name)='\(SafeText.clean(text, limit: 60))' is no rule on metadata",
                        "write \(name)=zone!=a, zone in (a, b), cores>=4, gpu or !gpu"))
            }
        }
        return found.sorted()
    }

    func problem(_ name: String, _ what: String, _ remedy: String) -> UnitFileError.Problem {
        let ours = ["X-Fleet", Requirements.section]
        let line = file.options.first { ours.contains($0.section) && $0.name.hasSuffix(name) }?.line ?? 0
        return UnitFileError.Problem(line: line, what: what, remedy: remedy)
    }
}
