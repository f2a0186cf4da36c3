/// Something that services list.
protocol Listed: Decodable {
    /// Under which name the list stands in the answer: `servers`.
    static var listName: String { get }
}

/// One page of a list: what can be read of it, and the way to the next.
struct Listing<Item: Listed>: Decodable {
    var items: [Item] = []
    /// How many entries were no such thing.
    var unread = 0
    /// The link to the next page, as the service wrote it.
    var next: String?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        var list = try container.nestedUnkeyedContainer(forKey: AnyKey(Item.listName))
        while !list.isAtEnd {
            if let item = try? list.decode(Item.self) {
                items.append(item)
            } else {
                _ = try list.decode(Skipped.self)
                unread += 1
            }
        }
        let links = try? container.decodeIfPresent([Link].self, forKey: AnyKey(Item.listName + "_links"))
        let whole = try? container.decodeIfPresent(NextLink.self, forKey: AnyKey("links"))
        let plain = try? container.decodeIfPresent(String.self, forKey: AnyKey("next"))
        next = links?.first { $0.rel == "next" }?.href ?? whole?.next ?? plain
    }

    private struct Link: Decodable {
        var rel: String?
        var href: String?
    }

    private struct NextLink: Decodable {
        var next: String?
    }
}

/// Anything at all.
private struct Skipped: Decodable {
    init(from decoder: any Decoder) throws {}
}

/// A key known only when it is asked for.
struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ text: String) { stringValue = text }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
