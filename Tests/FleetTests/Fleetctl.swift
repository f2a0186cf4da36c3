import Foundation
import Synchronization

/// Sends exactly what `fleetctl` sends, in its order, and waits as it waits: four looks a second.
struct Fleetctl {
    let socket: String
    /// What was sent, without the query that every request has.
    let requests = Requests()
    static let units = "/fleet/v1/units"
    static let machines = "/fleet/v1/machines"
    static let state = "/fleet/v1/state"
    private static let look = Duration.milliseconds(250)
    /// As often it looks where it would look for ever.
    private static let patience = 120
    /// As often it looks within one of the windows of two seconds that `--block-attempts` counts.
    private static let looksInWindow = 8

    /// The requests, in their order; looks that are repeated while it waits count once.
    final class Requests: Sendable {
        private let lines = Mutex<[String]>([])

        func add(_ line: String) {
            lines.withLock { lines in if lines.last != line { lines.append(line) } }
        }

        func take() -> [String] {
            lines.withLock { lines in
                defer { lines = [] }
                return lines
            }
        }
    }

    /// How long a command waits for what it asked.
    enum Block {
        /// For ever, as it is unless said: here for half a minute.
        case forever
        /// `--block-attempts`: so many windows of two seconds.
        case attempts(Int)
        /// `--no-block`.
        case no
    }

    struct Unit: Decodable {
        struct Option: Decodable {
            var section: String?
            var name: String?
            var value: String?
        }

        var name: String?
        var currentState: String?
        var desiredState: String?
        var machineID: String?
        var options: [Option]?

        /// Only its options tell it.
        var isGlobal: Bool {
            options?.last { $0.section == "X-Fleet" && $0.name == "Global" }?.value == "true"
        }
    }

    struct Machine: Decodable {
        var id: String
        var primaryIP: String?
    }

    struct State: Decodable {
        var name: String?
        var machineID: String?
        var systemdActiveState: String?
        var systemdLoadState: String?
        var systemdSubState: String?
    }

    private struct Page: Decodable {
        var units: [Unit]?
        var states: [State]?
        var machines: [Machine]?
        var nextPageToken: String?
    }

    static func encoded(_ name: String) -> String {
        name.replacing("@", with: "%40").replacing(":", with: "%3A").replacing("\\", with: "%5C")
    }

    // MARK: Requests

    private func ask(_ method: String, _ path: String, _ body: String? = nil) async throws -> RawAnswer {
        requests.add("\(method) \(path.split(separator: "?").first ?? "")")
        let headers = body == nil ? [] : ["Content-Type: application/json"]
        let answer = try await RawAnswer.ask(
            socket, RawAnswer.request(method, path + (path.contains("?") ? "&" : "?") + "alt=json", headers, body))
        guard answer.headers["server"] == "fleetd/1.0.0" else { throw StandFailure("not fleet: \(answer)") }
        return answer
    }

    private func unit(_ name: String) async throws -> Unit? {
        let answer = try await ask("GET", "\(Self.units)/\(Self.encoded(name))")
        if answer.status == 404 { return nil }
        guard answer.status == 200 else { throw StandFailure("\(answer)") }
        return try answer.json(Unit.self)
    }

    private func pages(_ path: String) async throws -> [Page] {
        var pages: [Page] = []
        var token: String?
        repeat {
            let answer = try await ask("GET", path + (token.map { "?nextPageToken=\($0)" } ?? ""))
            guard answer.status == 200 else { throw StandFailure("\(answer)") }
            let page = try answer.json(Page.self)
            pages.append(page)
            token = page.nextPageToken
        } while token != nil
        return pages
    }

    private func want(_ name: String, _ state: String) async throws {
        let body = #"{"desiredState":"\#(state)","name":"\#(name.replacing("\\", with: "\\\\"))"}"#
        let answer = try await ask("PUT", "\(Self.units)/\(Self.encoded(name))", body)
        guard answer.status == 204 else { throw StandFailure("\(answer)") }
    }

    /// A unit's file goes with its name and without a state; what is wanted comes after.
    private func create(_ name: String, _ options: String) async throws {
        let body = #"{"name":"\#(name.replacing("\\", with: "\\\\"))",\#(options.dropFirst())"#
        let answer = try await ask("PUT", "\(Self.units)/\(Self.encoded(name))", body)
        guard answer.status == 201 else { throw StandFailure("\(answer)") }
    }

    /// Looks until a unit is in a state: a global one, that has no state, until it is wanted so.
    private func wait(_ name: String, for state: String, _ block: Block = .forever) async throws {
        let looks: Int
        switch block {
        case .forever: looks = Self.patience
        case .attempts(let windows): looks = windows * Self.looksInWindow
        case .no: return
        }
        for _ in 0..<looks {
            try await Task.sleep(for: Self.look)
            guard let unit = try await unit(name) else { continue }
            if (unit.isGlobal ? unit.desiredState : unit.currentState) == state { return }
        }
        throw StandFailure("\(name) never is \(state): \(String(describing: try await unit(name)))")
    }

    // MARK: Lists

    /// `list-machines`.
    func listMachines() async throws -> [Machine] { try await pages(Self.machines).flatMap { $0.machines ?? [] } }

    /// `list-units`: the states, and the machines for their column.
    func listUnits() async throws -> [String] {
        let states = try await pages(Self.state).flatMap { $0.states ?? [] }
        let machines = try await listMachines()
        return states.map { state in
            let place = machines.first { $0.id == state.machineID }
            let address = place?.primaryIP.map { "/" + $0 } ?? ""
            return "\(state.name ?? "-") \(state.machineID?.prefix(8) ?? "-")...\(address) "
                + "\(state.systemdActiveState ?? "-") \(state.systemdSubState ?? "-")"
        }
    }

    /// `list-unit-files`: the units, and the machines where one of them has a machine.
    func listUnitFiles() async throws -> [Unit] {
        let units = try await pages(Self.units).flatMap { $0.units ?? [] }
        if units.contains(where: { $0.machineID != nil }) { _ = try await listMachines() }
        return units
    }

    /// All pages, as `stop` reads them first.
    func all() async throws -> [String] {
        try await pages(Self.units).flatMap { $0.units ?? [] }.compactMap(\.name)
    }

    /// `cat`: the options, as it writes them.
    func cat(_ name: String) async throws -> String {
        guard let unit = try await unit(name) else { throw StandFailure("Unit \(name) not found") }
        var sections: [(name: String, text: String)] = []
        for option in unit.options ?? [] {
            let line = "\(option.name ?? "")=\(option.value ?? "")\n"
            if let index = sections.firstIndex(where: { $0.name == option.section ?? "" }) {
                sections[index].text += line
            } else {
                sections.append((option.section ?? "", "[\(option.section ?? "")]\n" + line))
            }
        }
        return sections.map(\.text).joined(separator: "\n")
    }

    // MARK: Verbs

    /// `submit`, of a file that is here.
    func submit(_ name: String, _ options: String) async throws {
        if try await unit(name) != nil { return }
        try await create(name, options)
        try await wait(name, for: "inactive")
    }

    /// `submit` of an instance of which no file is here: it is made from the template that is stored.
    func submitInstance(_ name: String) async throws {
        if try await unit(name) != nil { return }
        let at = name.split(separator: "@")[0], type = name.split(separator: ".").last ?? ""
        let template = "\(at)@.\(type)"
        let answer = try await ask("GET", "\(Self.units)/\(Self.encoded(template))")
        guard answer.status == 200 else { throw StandFailure("no template \(template): \(answer)") }
        guard let options = answer.body.range(of: #""options":"#) else { throw StandFailure("\(answer)") }
        try await create(name, "{" + answer.body[options.lowerBound...])
        try await wait(name, for: "inactive")
    }

    func load(_ name: String, _ options: String, _ block: Block = .forever) async throws {
        try await submit(name, options)
        if try await unit(name)?.desiredState != "loaded" { try await want(name, "loaded") }
        try await wait(name, for: "loaded", block)
        if case .no = block { return }
        _ = try await listMachines()
    }

    /// `start`; of an instance without options, from its template.
    func start(_ name: String, _ options: String? = nil, _ block: Block = .forever) async throws {
        if let options { try await submit(name, options) } else { try await submitInstance(name) }
        let found = try await unit(name)
        if found?.desiredState != "launched" { try await want(name, "launched") }
        if case .no = block { return }
        // It says that it has triggered a global unit, and looks no further than whether it is wanted.
        if found?.isGlobal == true { return try await wait(name, for: "launched", block) }
        try await wait(name, for: "launched", block)
        _ = try await listMachines()
        for _ in 0..<Self.looksInWindow {
            let answer = try await ask("GET", "\(Self.state)/\(Self.encoded(name))")
            guard answer.status == 200 else { throw StandFailure("fleetctl would fall over: \(answer)") }
            let state = try answer.json(State.self)
            if state.systemdActiveState == "active", state.systemdLoadState == "loaded" { return }
            try await Task.sleep(for: Self.look)
        }
        throw StandFailure("Failed to find an active unit \(name)")
    }

    /// `start --replace`, of a file that differs.
    func replace(_ name: String, _ options: String) async throws {
        guard try await unit(name) != nil else { throw StandFailure("there is no \(name)") }
        try await create(name, options)
        try await wait(name, for: "inactive")
        try await start(name, options)
    }

    func stop(_ name: String, _ block: Block = .forever) async throws {
        guard try await all().contains(name) else { throw StandFailure("there is no \(name)") }
        try await want(name, "loaded")
        try await wait(name, for: "loaded", block)
    }

    func unload(_ name: String, _ block: Block = .forever) async throws {
        guard try await all().contains(name) else { throw StandFailure("there is no \(name)") }
        try await want(name, "inactive")
        try await wait(name, for: "inactive", block)
    }

    func restart(_ name: String) async throws {
        guard try await all().contains(name), try await unit(name) != nil else { throw StandFailure("no \(name)") }
        try await want(name, "loaded")
        try await wait(name, for: "launched")
        try await want(name, "launched")
        try await wait(name, for: "launched")
    }

    /// `destroy`; with `--no-block` it waits until the unit is gone, which without it does not.
    func destroy(_ name: String, noBlock: Bool = false) async throws {
        _ = try await all()
        let answer = try await ask("DELETE", "\(Self.units)/\(Self.encoded(name))")
        guard answer.status == 204 else { throw StandFailure("\(answer)") }
        guard noBlock else { return }
        for _ in 0..<Self.patience {
            if try await unit(name) == nil { return }
            try await Task.sleep(for: Self.look)
        }
        throw StandFailure("\(name) is never gone")
    }
}
