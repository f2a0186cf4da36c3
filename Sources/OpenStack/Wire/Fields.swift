import Model

/// The fields of an answer, each optional: what is missing or of another kind is nil and harms nothing else.
struct Fields {
    private let container: KeyedDecodingContainer<AnyKey>

    init(_ decoder: any Decoder) throws {
        container = try decoder.container(keyedBy: AnyKey.self)
    }

    func value<Value: Decodable>(_ type: Value.Type, _ name: String) -> Value? {
        (try? container.decodeIfPresent(type, forKey: AnyKey(name))) ?? nil
    }

    /// A text; nil when it is empty.
    func text(_ name: String) -> String? {
        guard let text = value(String.self, name) else { return value(Int.self, name).map(String.init) }
        return text.isEmpty ? nil : text
    }

    /// A text, made harmless.
    func safe(_ name: String) -> String? { text(name).map { SafeText.name($0) } }

    func number(_ name: String) -> Int? {
        value(Int.self, name) ?? value(Double.self, name).flatMap { Int(exactly: $0.rounded()) }
    }

    func flag(_ name: String) -> Bool? { value(Bool.self, name) }

    func moment(_ name: String) -> Timestamp? { text(name).flatMap { Moment.iso8601($0) } }

    /// The ID, without which nothing is anything.
    /// - Throws: `DecodingError`.
    func id(_ name: String = "id") throws -> String {
        guard let id = safe(name) else {
            throw DecodingError.keyNotFound(
                AnyKey(name), DecodingError.Context(codingPath: container.codingPath, debugDescription: "no \(name)"))
        }
        return id
    }
}
