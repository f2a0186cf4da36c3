import Model
import Runtime
import Web

extension Session {
    /// How many pages a list may have.
    static let pagesMax = 1_000
    /// How many entries a list may have.
    static let itemsMax = 100_000

    /// What has been read of a list, and how.
    struct Pages<Item: Sendable>: Sendable {
        var items: [Item] = []
        /// Why there may be more; nil when all of it was read.
        var cut: String?
        /// When the service began to answer, by its own clock.
        var date: Timestamp?
        /// How long the first page took.
        var firstTook = Duration.zero
    }

    /// Reads a list page by page; each is shown when it is there.
    ///
    /// Of a link to the next page only the query counts. A service that sends us in a circle is left.
    /// - Throws: `OpenStackError`.
    func pages<Item: Listed & Sendable>(
        _ type: Item.Type, _ first: ServiceCall, _ show: @Sendable ([Item], _ hasMore: Bool) async -> Void = { _, _ in }
    ) async throws -> Pages<Item> {
        var result = Pages<Item>()
        var call = first
        var seen: Set<String> = [first.query]
        for number in 1...Self.pagesMax {
            let begun = clock.now()
            let answer = try await answer(call)
            let page = try decode(Listing<Item>.self, answer, call)
            if number == 1 {
                result.date = answer.headers["date"].flatMap { Moment.http($0) }
                result.firstTook = clock.now().since(begun)
            }
            result.items += page.items
            let next = page.next.flatMap { Self.query($0) }
            await show(page.items, next != nil)
            guard let next else { return result }
            if !seen.insert(next).inserted || page.items.isEmpty && page.unread == 0 {
                result.cut = page.items.isEmpty ? nil : "its pages lead in a circle"
                return result
            }
            if result.items.count >= Self.itemsMax { break }
            call.query = next
        }
        result.cut = "it is longer than \(Self.itemsMax) entries"
        return result
    }

    /// The query of a link, if it is a usable one.
    private static func query(_ link: String) -> String? {
        guard let mark = link.firstIndex(of: "?") else { return nil }
        let query = link[link.index(after: mark)...].prefix { $0 != "#" }
        let isPlain = query.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x3C && $0 != 0x3E }
        return isPlain && !query.isEmpty && query.utf8.count <= 4_096 ? String(query) : nil
    }
}
