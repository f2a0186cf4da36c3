import FoundationEssentials
import Model
import Runtime

/// Elements of a JSON array, read one by one: one that is none of its kind is left out and counted.
struct Lenient<Element: Decodable>: Decodable {
    var elements: [Element] = []
    var odd = 0

    private struct Anything: Decodable {
        init(from decoder: any Decoder) {}
    }

    init() {}

    init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        while !list.isAtEnd {
            if let element = try? list.decode(Element.self) {
                elements.append(element)
            } else {
                _ = try list.decode(Anything.self)
                odd += 1
            }
        }
    }
}

/// One page of a list: what is in it and where the next begins.
protocol FleetPage: Decodable, Sendable {
    associatedtype Element: Decodable & Sendable
    var list: Lenient<Element>? { get }
    var nextPageToken: String? { get }
}

/// A page of units.
struct FleetUnitPage: FleetPage {
    var units: Lenient<FleetMessages.Unit>?
    var nextPageToken: String?
    var list: Lenient<FleetMessages.Unit>? { units }
}

/// A page of machines.
struct FleetMachinePage: FleetPage {
    var machines: Lenient<FleetMessages.Machine>?
    var nextPageToken: String?
    var list: Lenient<FleetMessages.Machine>? { machines }
}

/// A page of states.
struct FleetStatePage: FleetPage {
    var states: Lenient<FleetMessages.State>?
    var nextPageToken: String?
    var list: Lenient<FleetMessages.State>? { states }
}

extension Lenient: Sendable where Element: Sendable {}

/// Follows pages to their end: a token is what the other side says it is, and never seen twice.
struct FleetPaging {
    /// So many elements are taken at most; fleet itself counts no further than 65,535.
    static let elementsMax = 100_000
    /// So many bytes are taken at most, over all pages.
    static let bytesMax = 256 << 20
    private var tokens: Set<String> = []
    private var elements = 0
    private var bytes = 0

    /// Where the next page begins; nil after the last.
    ///
    /// A full last page may be followed by one that is empty, `{}`: that is an end like others.
    mutating func next(after token: String?, elements count: Int, bytes size: Int, _ what: String) throws -> String? {
        elements += count
        bytes += size
        guard elements <= Self.elementsMax, bytes <= Self.bytesMax else {
            throw SourceError("fleet tells more than \(Self.elementsMax) \(what) or 256 MiB of them; all are left out")
        }
        guard let token, !token.isEmpty else { return nil }
        guard token.utf8.count <= 4_096, tokens.insert(token).inserted else {
            throw SourceError("fleet tells its pages of \(what) in a circle, so where they end is not known")
        }
        return token
    }
}
