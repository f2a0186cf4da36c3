import Foundation
import Programs
import Synchronization
import Web

/// fleet's API with an engine and agents behind it that take their time, in this process.
actor FakeFleet {
    struct Unit {
        var options: [[String: String]]
        var desired: String
        var machine: String?
        var launched = false
        var active: [String: String] = [:]
        var starts = 0

        func has(_ name: String, _ value: String) -> Bool {
            options.contains { $0["name"] == name && $0["value"] == value }
        }
        var isGlobal: Bool { has("Global", "true") }
    }

    private(set) var units: [String: Unit] = [:]
    var machines: [String: (ip: String, metadata: [String: String])] = [
        "aaaa1111aaaa1111aaaa1111aaaa1111": ("10.0.0.1", ["zone": "a", "disk": "ssd"]),
        "bbbb2222bbbb2222bbbb2222bbbb2222": ("10.0.0.2", [:]),
    ]
    /// So many elements are on one page; a full last one is followed by `{}`.
    var pageSize = 100
    /// Requests by method and first part of the path, such as `GET units`.
    private(set) var requests: [String: Int] = [:]
    /// Answers instead of its own, by the path: status and body.
    var answers: [String: (Int, String)] = [:]
    /// Units that its engine finds no machine for.
    var unplaceable: Set<String> = []
    /// Units that do not stop.
    var stubborn: Set<String> = []
    /// Answers everything with this status.
    var failure: Int?
    /// How many answers are lost on their way, though what was asked is done; by the first part of the path, or by
    /// that after the method, such as `PUT units`.
    var losses: [String: Int] = [:]
    /// How long an answer takes, by the first part of the path.
    var delays: [String: Duration] = [:]

    func change(_ work: @Sendable (isolated FakeFleet) -> Void) { work(self) }

    /// Puts a unit there, as it is after a while.
    func put(_ name: String, _ desired: String, on machine: String? = nil, _ options: [(String, String, String)]) {
        let made = options.map { ["section": $0.0, "name": $0.1, "value": $0.2] }
        units[name] = Unit(options: made, desired: desired, machine: machine)
        for _ in 0..<6 { step() }
    }

    /// Somebody else destroys a unit.
    func destroy(_ name: String) { units[name] = nil }

    // MARK: Engine and agents

    /// One step of every unit to what is wanted of it.
    func step() {
        for name in units.keys.sorted() {
            guard var unit = units[name] else { continue }
            if unit.isGlobal {
                for id in machines.keys { move(&unit, name, id) }
            } else {
                place(&unit, name)
                if let id = unit.machine { move(&unit, name, id) }
            }
            units[name] = unit
        }
    }

    private func place(_ unit: inout Unit, _ name: String) {
        if unit.desired == "inactive" {
            if unit.active.isEmpty { unit.machine = nil }
            return
        }
        guard unit.machine == nil, !unplaceable.contains(name) else { return }
        unit.machine = machines.keys.sorted().min { load($0) < load($1) }
    }

    private func load(_ id: String) -> Int { units.values.count { $0.machine == id } }

    private func move(_ unit: inout Unit, _ name: String, _ id: String) {
        switch (unit.desired, unit.active[id]) {
        case ("inactive", "active") where !stubborn.contains(name), ("loaded", "active") where !stubborn.contains(name):
            unit.active[id] = "deactivating"
            unit.launched = false
        case ("inactive", "inactive"), ("inactive", "deactivating"): unit.active[id] = nil
        case ("loaded", "deactivating"), ("loaded", nil): unit.active[id] = "inactive"
        case ("loaded", "inactive"): unit.launched = false
        case ("launched", nil): unit.active[id] = "inactive"
        case ("launched", "deactivating"): unit.active[id] = "inactive"
        case ("launched", "inactive") where !unit.launched || unit.isGlobal && !unit.has("Type", "oneshot"):
            unit.active[id] = "active"
            unit.launched = true
            unit.starts += 1
        case ("launched", "active") where unit.has("Type", "oneshot"): unit.active[id] = "inactive"
        default: break
        }
    }

    // MARK: API

    func answer(_ request: WebRequest) -> WebResponse {
        let path = request.path.dropFirst(2).map { $0 }
        guard request.path.prefix(2) == ["fleet", "v1"], let kind = path.first else { return refusal(404, "") }
        requests["\(request.method) \(kind)", default: 0] += 1
        if let failure { return refusal(failure, "fleet server unable to communicate with etcd") }
        if let own = answers[path.joined(separator: "/")] { return text(own.0, own.1) }
        switch (request.method, kind, path.count) {
        case ("GET", "machines", 1): return page(request, "machines", machineList)
        case ("GET", "units", 1): return page(request, "units", units.keys.sorted().map { unit($0, isListed: true) })
        case ("GET", "state", 1): return page(request, "states", states(of: request.query["unitName"]))
        case ("GET", "units", 2):
            return units[path[1]] == nil
                ? refusal(404, "unit does not exist") : json(200, unit(path[1], isListed: false))
        case ("PUT", "units", 2): return put(path[1], request)
        case ("DELETE", "units", 2):
            return units.removeValue(forKey: path[1]) == nil ? refusal(404, "unit does not exist") : text(204, "")
        default: return refusal(500, "")
        }
    }

    private func loses(_ request: WebRequest) -> Bool {
        guard let kind = request.path.dropFirst(2).first else { return false }
        for key in [kind, "\(request.method) \(kind)"] {
            guard let count = losses[key], count > 0 else { continue }
            losses[key] = count - 1
            return true
        }
        return false
    }

    private func put(_ name: String, _ request: WebRequest) -> WebResponse {
        guard request.contentType == "application/json" else { return refusal(415, "content type") }
        guard let body = (try? JSONSerialization.jsonObject(with: Data(request.body))) as? [String: Any] else {
            return refusal(400, "unable to decode body: no JSON")
        }
        let desired = body["desiredState"] as? String
        let told = (body["options"] as? [[String: Any]]).map { options in
            options.map { $0.compactMapValues { $0 as? String } }
        }
        if let told, !told.isEmpty, units[name]?.options != told {
            if name.contains("@.") && desired == "launched" { return refusal(400, "cannot activate template") }
            units[name, default: Unit(options: told, desired: "inactive")].options = told
            // What is not said is inactive, whatever it was.
            units[name]?.desired = desired ?? "inactive"
            return text(201, "")
        }
        guard units[name] != nil else { return refusal(409, "unit does not exist and options field empty") }
        guard let desired else { return refusal(409, "must provide DesiredState to update existing unit") }
        units[name]?.desired = desired
        return text(204, "")
    }

    private var machineList: [[String: Any]] {
        machines.sorted { $0.key < $1.key }.map { id, one in
            var machine: [String: Any] = ["id": id, "primaryIP": one.ip]
            if !one.metadata.isEmpty { machine["metadata"] = one.metadata }
            return machine
        }
    }

    private func unit(_ name: String, isListed: Bool) -> [String: Any] {
        guard let unit = units[name] else { return [:] }
        // An empty value has no value at all.
        let options = unit.options.map { $0.filter { $0.key != "value" || !$0.value.isEmpty } }
        var told: [String: Any] = ["name": name, "desiredState": unit.desired, "options": options]
        if unit.isGlobal {
            if isListed { told["currentState"] = "inactive" }
            return told
        }
        if let machine = unit.machine {
            told["machineID"] = machine
            told["currentState"] = unit.active[machine] == nil ? "inactive" : unit.launched ? "launched" : "loaded"
        } else {
            told["currentState"] = "inactive"
        }
        return told
    }

    private func states(of name: String?) -> [[String: Any]] {
        units.filter { name == nil || $0.key == name }.sorted { $0.key < $1.key }.flatMap { name, unit in
            unit.active.sorted { $0.key < $1.key }.map { id, active in
                [
                    "name": name, "machineID": id, "systemdLoadState": "loaded", "systemdActiveState": active,
                    "systemdSubState": active == "active" ? "running" : "dead",
                ]
            }
        }
    }

    private func page(_ request: WebRequest, _ key: String, _ all: [[String: Any]]) -> WebResponse {
        let page = Int(request.query["nextPageToken"]?.dropFirst(5) ?? "1") ?? 1
        let part = Array(all.dropFirst((page - 1) * pageSize).prefix(pageSize))
        var told: [String: Any] = part.isEmpty ? [:] : [key: part]
        if part.count == pageSize { told["nextPageToken"] = "page=\(page + 1)" }
        return json(200, told)
    }

    private func json(_ status: Int, _ value: [String: Any]) -> WebResponse {
        let data = (try? JSONSerialization.data(withJSONObject: value)) ?? Data()
        return WebResponse(status: status, body: .bytes(Array(data)))
    }

    private func text(_ status: Int, _ text: String) -> WebResponse {
        WebResponse(status: status, body: .bytes(Array(text.utf8)))
    }

    private func refusal(_ status: Int, _ message: String) -> WebResponse {
        json(status, ["error": ["code": status, "message": message]])
    }

    // MARK: Serving

    /// Serves, and lets engine and agents work, while the body runs; it gets the endpoint.
    ///
    /// - Parameter tls: the server's; its callers then have to show an operator's certificate
    static func with(
        _ address: WebAddress = .tcp(host: "127.0.0.1", port: 0), tls: WebTLS? = nil,
        everySteps pause: Duration = .milliseconds(40),
        _ body: @escaping @Sendable (FakeFleet, String) async throws -> Void
    ) async throws {
        let fleet = FakeFleet()
        let server = try WebServer(address, tls: tls, knowsPeers: tls != nil) { request in
            // Behind TLS it knows operators alone.
            if tls != nil, request.peer.certificate?.organizations != ["operator"] {
                return WebResponse(status: 401)
            }
            let answer = await fleet.answer(request)
            if let delay = await fleet.delays[request.path.dropFirst(2).first ?? ""] {
                try? await Task.sleep(for: delay)
            }
            if await fleet.loses(request) { try? await Task.sleep(for: .seconds(120)) }
            return answer
        }
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await server.run { found.yield($0) }
                return false
            }
            group.addTask {
                while true {
                    try await Task.sleep(for: pause)
                    await fleet.step()
                }
            }
            group.addTask {
                for await port in ports {
                    switch address {
                    case .tcp: try await body(fleet, "\(tls == nil ? "http" : "https")://127.0.0.1:\(port)")
                    case .unix(let path): try await body(fleet, "unix://\(path)")
                    }
                    break
                }
                return true
            }
            defer { group.cancelAll() }
            while let isBody = try await group.next(), !isBody {}
        }
    }
}
