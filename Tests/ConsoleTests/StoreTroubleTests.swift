import Model
import Screen
import Testing

@testable import Console

@Suite struct `The members of a cluster's store` {
    private static func member(_ number: Int, _ change: (inout Member) -> Void = { _ in }) -> Member {
        var member = Member(
            name: "etcd\(number)", endpoint: "https://10.0.0.\(number):2379", isLeader: number == 1, version: "3.4.23",
            databaseBytes: Int64(40 + number) << 20)
        change(&member)
        return member
    }

    private static func deck(_ members: [Member]) -> Deck {
        var deck = Deck()
        deck.tell(Farm.report(.cluster("customer-a"), .changes("customer-a", [.members(members)])))
        return deck
    }

    private static func leaderless(_ member: inout Member) {
        member.isLeader = false
        member.hasLeader = false
    }

    private static func silent(_ member: inout Member) {
        leaderless(&member)
        member.isAnswering = false
        member.databaseBytes = nil
    }

    @Test func `are a critical matter when they are out of space`() {
        var deck = Self.deck([Self.member(1), Self.member(2) { $0.alarms = ["no space"] }, Self.member(3)])
        let what =
            "✖ customer-a needs help: its store is out of space: run etcdctl compact and defrag, then alarm disarm"
        #expect(deck.text(120, 40).contains(what))
    }

    @Test func `are a critical matter when one is corrupt`() {
        var deck = Self.deck([Self.member(1), Self.member(2) { $0.alarms = ["corrupt"] }, Self.member(3)])
        #expect(
            deck.text(120, 40).contains(
                "✖ customer-a needs help: its store's member etcd2 is corrupt: remove it with etcdctl"))
    }

    @Test func `are a critical matter when most are lost`() {
        var deck = Self.deck([
            Self.member(1, Self.leaderless), Self.member(2, Self.silent), Self.member(3, Self.silent),
        ])
        let what = "✖ customer-a has lost its store's quorum, 1 of 3 members answer"
        #expect(deck.text(120, 40).contains(what))
    }

    @Test func `are worth a look when one is silent, and none when it just could not be asked`() {
        var one = Self.deck([Self.member(1), Self.member(2), Self.member(3, Self.silent)])
        one.press(.character("t"))
        #expect(one.text(120, 40).contains("! customer-a has 1 of 3 store members silent (etcd3)"))
        var other = Self.deck([
            Self.member(1),
            Self.member(2) {
                $0.isAsked = false; $0.isAnswering = false; $0.hasLeader = false
            },
        ])
        other.press(.character("t"))
        #expect(!other.text(120, 40).contains("store members silent"))
    }

    @Test func `are shown one by one`() throws {
        var deck = Self.deck([
            Self.member(1) { $0.alarms = ["no space"] }, Self.member(2), Self.member(3, Self.silent),
            Self.member(4) { $0.isLearner = true },
        ])
        deck.press(.character("3"), .character("z"))
        try expect(deck.text(200, 50), isFile: "clusters-200x50")
        deck.press(.character("i"), .tab)
        try expect(deck.text(120, 40), isFile: "details-store-120x40")
    }
}
