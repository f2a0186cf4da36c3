import FoundationEssentials
import Model
import Web

extension FleetServer {
    private static let missing = FleetAnswer.refusal(404, "unit does not exist")
    /// How often a write is tried that somebody else overtook.
    private static let triesMax = 5

    func getUnit(_ text: String) -> WebResponse {
        guard let name = try? UnitName(text), let unit = services.unit(name) else { return Self.missing }
        var written = JSONWriter()
        let isHeld = restarts.look(name, sinceStop: services.sinceStop(name))
        let current = isHeld ? .launched : unit.current
        FleetMessages.Unit(unit, current: current).write(to: &written)
        return FleetAnswer.json(written.bytes)
    }

    /// A missing state is an empty answer: `fleetctl` asks for it at once after a start, and a refusal ends it.
    func state(_ unit: String) -> WebResponse {
        var text = JSONWriter()
        let found = services.states(nil, 1, unit, nil).first
        if let found { FleetMessages.State(found).write(to: &text) } else { text.object { _ in } }
        return FleetAnswer.json(text.bytes)
    }

    func deleteUnit(_ text: String) async throws -> WebResponse {
        guard let name = try? UnitName(text), try await services.remove(name) else { return Self.missing }
        return FleetAnswer.done(204)
    }

    func putUnit(_ request: WebRequest, _ text: String) async throws -> WebResponse {
        guard let type = request.contentTypes.first, request.contentTypes.count == 1, Self.isJSON(type) else {
            return FleetAnswer.refusal(415, "a unit is sent with one Content-Type, application/json")
        }
        let asked = try Asked(request.body, text)
        let keeps = request.query["keepDesired"] == "true"
        for _ in 0..<Self.triesMax {
            if let answer = try await put(asked, over: services.record(asked.name), keeps) { return answer }
        }
        return FleetAnswer.refusal(409, "the unit is being changed by somebody else")
    }

    private static func isJSON(_ type: String) -> Bool {
        let media = type.prefix { $0 != ";" }.split(whereSeparator: \.isWhitespace)
        return media.count == 1 && media[0].lowercased() == "application/json"
    }

    /// What becomes of a unit; nil when somebody else wrote first.
    private func put(_ asked: Asked, over record: StoredUnit?, _ keeps: Bool) async throws -> WebResponse? {
        guard record != nil || !asked.options.isEmpty else {
            return FleetAnswer.refusal(409, "unit does not exist and options field empty")
        }
        if !asked.options.isEmpty {
            let file = try FleetUnitCheck.file(asked.options, as: asked.name)
            if file.hash != record?.file.hash {
                // What is stored anew is inactive unless it is said: `fleetctl` waits for that when it replaces.
                let desired = asked.desired ?? (keeps ? record?.desired : nil) ?? .inactive
                return try await write(asked.name, file, desired, record, 201)
            }
        }
        guard let record else { return nil }
        guard let desired = asked.desired else {
            return FleetAnswer.refusal(409, "must provide DesiredState to update existing unit")
        }
        return try await write(asked.name, record.file, desired, record, 204)
    }

    private func write(
        _ name: UnitName, _ file: UnitFile, _ desired: DesiredState, _ record: StoredUnit?, _ status: Int
    ) async throws -> WebResponse? {
        if name.isTemplate, desired != .inactive {
            throw FleetBadRequest(text: "cannot activate template \"\(name)\"")
        }
        guard try await services.write(name, file, desired, record?.revision ?? 0) else { return nil }
        return FleetAnswer.done(status)
    }
}

/// What a PUT asks of a unit.
private struct Asked {
    let name: UnitName
    let desired: DesiredState?
    let options: [FleetMessages.Option]

    init(_ body: [UInt8], _ path: String) throws(FleetBadRequest) {
        let unit: FleetMessages.Unit
        do {
            unit = try JSONDecoder().decode(FleetMessages.Unit.self, from: Data(body))
        } catch {
            throw FleetBadRequest(text: "unable to decode body: it is no JSON of a unit")
        }
        if let name = unit.name, !name.isEmpty, name != path {
            let (asked, sent) = (SafeText.name(path), SafeText.name(name))
            throw FleetBadRequest(text: "name in URL \"\(asked)\" differs from unit name in request body \"\(sent)\"")
        }
        do throws(UnitNameError) {
            name = try UnitName(path)
        } catch {
            throw FleetBadRequest(text: error.description)
        }
        let word = unit.desiredState ?? ""
        desired = DesiredState(rawValue: word)
        guard desired != nil || word.isEmpty else {
            throw FleetBadRequest(
                text: "invalid value \"\(SafeText.name(word))\" for desiredState: inactive, loaded or launched")
        }
        options = unit.options ?? []
    }
}
