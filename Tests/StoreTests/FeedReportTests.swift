import Model
import Registry
import Testing

@Suite struct `What a cluster's store brings` {
    private static let now = Timestamp(milliseconds: 7)

    private func told(_ update: FeedUpdate) -> [String] {
        var inventory = Inventory()
        _ = inventory.apply(FeedUpdate.away("it sleeps").report(of: "c", at: .zero))
        return inventory.apply(update.report(of: "c", at: Self.now)).map(\.text)
    }

    @Test func `is an answer of its source, whatever it is but silence`() {
        let contents = ClusterContents(cluster: Cluster(id: "c", name: "c"))
        for update in [
            FeedUpdate.contents(contents, revision: 3), .changes([.wanted(2)], revision: 3), .heard(revision: 3),
        ] {
            let report = update.report(of: "c", at: Self.now)
            #expect(report.source == .cluster("c") && report.revision == 3 && report.observedAt == Self.now)
            #expect(told(update).contains { $0.hasPrefix("answers again") }, "\(update)")
        }
        #expect(told(.away("still")).isEmpty)
    }

    @Test func `is silence with a reason that is safe to show`() {
        let report = FeedUpdate.away("no \u{1B}[31mroute\u{7}").report(of: "c", at: Self.now)
        guard case .silent(let why) = report.body else {
            Issue.record("\(report)")
            return
        }
        #expect(why == "no route·" && report.revision == 0)
    }
}
