import FoundationEssentials
import Model
import Web

extension FleetServer {
    /// How many changes of one machine's metadata one request may ask for.
    private static let changesMax = 100

    /// Changes metadata of machines; nothing is written when one of the changes makes no sense.
    func patchMachines(_ request: WebRequest) async throws -> WebResponse {
        let asked: [MetadataPatch]
        do {
            asked = try JSONDecoder().decode([MetadataPatch].self, from: Data(request.body))
        } catch {
            throw FleetBadRequest(text: "unable to decode body: it is no array of patches")
        }
        let changes = try asked.map { try $0.change() }
        let most = Dictionary(grouping: changes, by: \.machine).values.map(\.count).max() ?? 0
        guard most <= Self.changesMax else {
            throw FleetBadRequest(text: "more than \(Self.changesMax) changes of one machine's metadata")
        }
        if !changes.isEmpty { try await services.setMetadata(changes) }
        return FleetAnswer.done(204, isTyped: true)
    }
}

/// One change of a machine's metadata, as it is sent. Its value is a text, or an object with one.
private struct MetadataPatch: Decodable {
    private struct Boxed: Decodable {
        var value: String?
    }

    private enum CodingKeys: String, CodingKey {
        case operation = "op"
        case path, value
    }

    private static let keyMax = 128
    private let operation: String?
    private let path: String?
    private let value: String?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        operation = try container.decodeIfPresent(String.self, forKey: .operation)
        path = try container.decodeIfPresent(String.self, forKey: .path)
        if let text = try? container.decodeIfPresent(String.self, forKey: .value) {
            value = text
        } else {
            value = try container.decodeIfPresent(Boxed.self, forKey: .value)?.value
        }
    }

    func change() throws(FleetBadRequest) -> MetadataChange {
        guard let operation, ["add", "remove", "replace"].contains(operation) else {
            throw FleetBadRequest(text: "invalid op: expect add, remove, or replace")
        }
        let parts = (path ?? "").split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, parts[0].isEmpty, parts[2] == "metadata", Self.isName(parts[1]), Self.isName(parts[3])
        else { throw FleetBadRequest(text: "machine metadata path invalid") }
        let (machine, key) = (ID<Machine>(parts[1]), parts[3])
        if operation == "remove" { return MetadataChange(machine: machine, key: key, value: nil) }
        guard let value, !value.isEmpty else {
            throw FleetBadRequest(text: "invalid value: add and replace require a value")
        }
        guard value == SafeText.name(value) else {
            throw FleetBadRequest(
                text: "invalid value: it has control characters, or more than \(SafeText.nameLimit) of them")
        }
        return MetadataChange(machine: machine, key: key, value: value)
    }

    private static func isName(_ text: String) -> Bool {
        (1...keyMax).contains(text.utf8.count)
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }
}
