/// What Nova is asked to do with a server: one key, and what belongs to it.
struct ActionMessage: Encodable {
    enum Value: Encodable {
        case text(String)
        case flag(Bool)
        case number(Int)
        case nothing

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .flag(let flag): try container.encode(flag)
            case .number(let number): try container.encode(number)
            case .nothing: try container.encodeNil()
            }
        }
    }

    private let name: String
    private let body: [String: Value]?

    init(_ name: String, _ body: [String: Value]? = nil) {
        self.name = name
        self.body = body
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: AnyKey.self)
        if let body {
            try container.encode(body, forKey: AnyKey(name))
        } else {
            try container.encodeNil(forKey: AnyKey(name))
        }
    }
}
