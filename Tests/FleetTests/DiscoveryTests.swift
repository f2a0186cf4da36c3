import Foundation
import Testing

@Suite struct `The description of fleet's API` {
    private struct Document: Decodable {
        struct Value: Decodable {
            struct Items: Decodable {
                var ref: String?
                var type: String?

                enum CodingKeys: String, CodingKey {
                    case ref = "$ref"
                    case type
                }
            }

            var type: String
            var required: Bool?
            var location: String?
            var values: [String]?
            var items: Items?
            var additionalProperties: Items?

            enum CodingKeys: String, CodingKey {
                case type, required, location, items, additionalProperties
                case values = "enum"
            }

            var text: String {
                var text = type
                if let items { text += " of " + (items.ref ?? items.type ?? "?") }
                if let additionalProperties {
                    text += " of " + (additionalProperties.ref ?? additionalProperties.type ?? "?")
                }
                if let values { text += " " + values.joined(separator: "|") }
                if let location { text += " in " + location }
                return text + (required == true ? "!" : "")
            }
        }

        struct Schema: Decodable {
            var id: String
            var type: String
            var properties: [String: Value]
        }

        struct Resource: Decodable {
            struct Method: Decodable {
                struct Reference: Decodable {
                    var ref: String

                    enum CodingKeys: String, CodingKey { case ref = "$ref" }
                }

                var id: String
                var httpMethod: String
                var path: String
                var parameterOrder: [String]?
                var parameters: [String: Value]?
                var request: Reference?
                var response: Reference?
            }

            var methods: [String: Method]
        }

        var schemas: [String: Schema]
        var resources: [String: Resource]
    }

    private static func document(_ stand: FleetStand) async throws -> Document {
        try await stand.get("/fleet/v1/discovery").json(Document.self)
    }

    @Test func `names the fields of everything that is sent`() async throws {
        try await FleetStand.with { stand async throws in
            let schemas = try await Self.document(stand).schemas
            #expect(schemas.allSatisfy { $0.key == $0.value.id && $0.value.type == "object" })
            let fields = schemas.flatMap { name, schema in
                schema.properties.map { "\(name).\($0.key): \($0.value.text)" }
            }
            #expect(
                fields.sorted() == [
                    "Machine.id: string!", "Machine.metadata: object of string", "Machine.primaryIP: string",
                    "MachinePage.machines: array of Machine!", "MachinePage.nextPageToken: string",
                    "Unit.currentState: string inactive|loaded|launched",
                    "Unit.desiredState: string inactive|loaded|launched", "Unit.machineID: string!",
                    "Unit.name: string", "Unit.options: array of UnitOption", "UnitOption.name: string!",
                    "UnitOption.section: string!", "UnitOption.value: string!", "UnitPage.nextPageToken: string",
                    "UnitPage.units: array of Unit!", "UnitState.hash: string", "UnitState.machineID: string",
                    "UnitState.name: string", "UnitState.systemdActiveState: string",
                    "UnitState.systemdLoadState: string", "UnitState.systemdSubState: string",
                    "UnitStatePage.nextPageToken: string", "UnitStatePage.states: array of UnitState!",
                ])
        }
    }

    @Test func `names what every method takes, in which order, and what it answers`() async throws {
        try await FleetStand.with { stand async throws in
            var lines: [String] = []
            for (resource, methods) in try await Self.document(stand).resources {
                for (name, method) in methods.methods {
                    let parameters = (method.parameters ?? [:]).map { "\($0.key): \($0.value.text)" }.sorted()
                    let order = (method.parameterOrder ?? []).joined(separator: ",")
                    lines.append(
                        "\(resource).\(name) \(method.id) [\(parameters.joined(separator: "; "))] (\(order)) "
                            + "\(method.request?.ref ?? "–") \(method.response?.ref ?? "–")")
                }
            }
            let unit = "[unitName: string in path!] (unitName)"
            let page = "nextPageToken: string in query"
            #expect(
                lines.sorted() == [
                    "Machines.List fleet.Machine.List [\(page)] () – MachinePage",
                    "UnitState.Get fleet.UnitState.Get \(unit) – UnitState",
                    "UnitState.List fleet.UnitState.List [machineID: string in query; \(page); "
                        + "unitName: string in query] () – UnitStatePage",
                    "Units.Delete fleet.Unit.Delete \(unit) – –", "Units.Get fleet.Unit.Get \(unit) – Unit",
                    "Units.List fleet.Unit.List [\(page)] () – UnitPage", "Units.Set fleet.Unit.Set \(unit) Unit –",
                ])
        }
    }
}
