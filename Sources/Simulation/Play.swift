import Model

/// A play for the simulated cluster: what there is at the start, and what is done to it when.
///
/// A line a thing: `machine a disk=ssd`, `unit web.service MachineMetadata=disk=ssd`, `10 kill a`, `40 end`.
public struct Play: Sendable {
    /// Something done to the world.
    enum Step: Hashable, Sendable {
        case add(Machine)
        case kill(ID<Machine>)
        case back(ID<Machine>)
        case restart(ID<Machine>)
        case cut(ID<Machine>, Bool)
        case pause(ID<Machine>, Bool)
        case store(isAway: Bool)
        case submit(UnitName, UnitFile, DesiredState)
        case want(UnitName, DesiredState)
        case destroy(UnitName)
        case drain(ID<Machine>, Bool)
        case move(UnitName, ID<Machine>?)
        case crash(UnitName)
    }

    /// Why a play cannot be read.
    public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        /// The line, from 1.
        public let line: Int
        /// What is wrong with it.
        public let what: String

        /// `line 3: …`.
        public var description: String { "line \(line): \(what)" }
    }

    var seed: UInt64 = 1
    var steps: [(at: Timestamp, step: Step)] = []
    var end = Timestamp(milliseconds: 60_000)

    /// Reads a play.
    ///
    /// - Throws: the first line that means nothing.
    public init(parsing text: String) throws(Problem) {
        var number = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            let words = line.split(separator: " ").map(String.init)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            if let seconds = Int64(first) {
                let at = Timestamp(milliseconds: seconds * 1_000)
                guard try read(Array(words.dropFirst()), at, number) else {
                    throw Problem(line: number, what: "'\(line)' is no step")
                }
            } else if first == "seed", words.count == 2, let seed = UInt64(words[1]) {
                self.seed = seed
            } else if try !read(words, .zero, number) {
                throw Problem(line: number, what: "'\(line)' means nothing")
            }
        }
    }

    private mutating func read(_ words: [String], _ at: Timestamp, _ line: Int) throws(Problem) -> Bool {
        guard let verb = words.first else { return false }
        if verb == "end" {
            end = at
            return true
        }
        guard words.count > 1 else { return false }
        let rest = Array(words.dropFirst(2))
        if verb == "unit" || verb == "replace" {
            add(at, .submit(try name(words[1], line), try Self.file(rest, line), .launched))
            return true
        }
        if let step = Self.machineStep(verb, ID(words[1]), rest) ?? Self.storeStep(verb, words[1]) {
            add(at, step)
            return true
        }
        let unit = try name(words[1], line)
        guard let step = Self.unitStep(verb, unit, rest) else { return false }
        add(at, step)
        return true
    }

    private mutating func add(_ at: Timestamp, _ step: Step) { steps.append((at, step)) }

    private func name(_ text: String, _ line: Int) throws(Problem) -> UnitName {
        do throws(UnitNameError) {
            return try UnitName(text)
        } catch {
            throw Problem(line: line, what: error.description)
        }
    }

    private static func machineStep(_ verb: String, _ id: ID<Machine>, _ rest: [String]) -> Step? {
        switch verb {
        case "machine":
            var machine = Machine(id: id)
            for pair in rest {
                let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
                if parts.count != 2 { return nil }
                if parts[0] == "MiB" {
                    machine.memoryMiB = Int(parts[1]) ?? 0
                } else {
                    machine.metadata[parts[0]] = parts[1]
                }
            }
            return .add(machine)
        case "kill": return .kill(id)
        case "back": return .back(id)
        case "restart": return .restart(id)
        case "cut": return .cut(id, true)
        case "uncut": return .cut(id, false)
        case "pause": return .pause(id, true)
        case "resume": return .pause(id, false)
        case "drain": return .drain(id, true)
        case "undrain": return .drain(id, false)
        default: return nil
        }
    }

    private static func storeStep(_ verb: String, _ word: String) -> Step? {
        guard verb == "store" else { return nil }
        return word == "away" ? .store(isAway: true) : word == "back" ? .store(isAway: false) : nil
    }

    private static func unitStep(_ verb: String, _ unit: UnitName, _ rest: [String]) -> Step? {
        switch verb {
        case "start": .want(unit, .launched)
        case "stop": .want(unit, .loaded)
        case "unload": .want(unit, .inactive)
        case "destroy": .destroy(unit)
        case "crash": .crash(unit)
        case "move": .move(unit, rest.first.map { ID($0) })
        default: nil
        }
    }

    /// A unit file of options such as `Conflicts=web@*` and `run=/bin/false`.
    static func file(_ words: [String], _ line: Int) throws(Problem) -> UnitFile {
        var program = "/bin/serve"
        var options: [UnitFile.Option] = []
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw Problem(line: line, what: "'\(word)' is no option") }
            switch parts[0] {
            case "run": program = parts[1]
            case "Memory", "CPU": options.append(.init(section: "X-Quarterdeck", name: parts[0], value: parts[1]))
            case "Description": options.append(.init(section: "Unit", name: parts[0], value: parts[1]))
            default: options.append(.init(section: "X-Fleet", name: parts[0], value: parts[1]))
            }
        }
        return UnitFile(options: [.init(section: "Service", name: "ExecStart", value: program)] + options)
    }
}
