import FoundationEssentials

/// Records as JSON bytes and back.
enum Coding {
    static func bytes(_ record: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(record))
        } catch {
            preconditionFailure("a record of ours cannot be written as JSON: \(error)")
        }
    }

    /// nil for bytes that are no such record: somebody else wrote there.
    static func record<Record: Decodable>(_ type: Record.Type, _ bytes: [UInt8]) -> Record? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }
}
