import Model
import Screen
import Testing

@testable import Console

@Suite struct `A pane's columns` {
    private func farmWithLongNames() -> Deck {
        var deck = Deck()
        var contents = Farm.contents
        for index in contents.vms.indices {
            contents.vms[index].name = "customer-" + contents.vms[index].name
        }
        deck.tell(Farm.report(.cloud(Farm.cloud), .cloud(contents)))
        return deck
    }

    @Test(arguments: [(80, 24), (120, 40), (200, 50)])
    func `show names whole before anything else has room`(_ width: Int, _ height: Int) {
        var deck = farmWithLongNames()
        let text = deck.text(width, height)

        #expect(text.contains("customer-a-1") && text.contains("customer-b-1"))
        #expect(!text.contains("cus…") && !text.contains("cust…") && !text.contains("custo…"))
    }

    @Test func `leave the rest of the line to the reasons`() {
        var deck = farmWithLongNames()

        #expect(deck.text(120, 40).contains("no machine has gpu=true (0 of 3)"))
    }
}

@Suite struct `The cursor of a fresh deck` {
    private func row(_ deck: Deck) -> Int { deck.console.panes[PaneID.units.rawValue].position }

    @Test func `is on the worst row, however the sources answer one by one`() {
        var deck = Deck(empty: Setup(context: "demo"))
        for report in Farm.reports.reversed() {
            deck.tell(report)
            deck.look()
        }

        #expect(deck.console.subject == .unit(UnitKey("customer-a", "flaky.service")))
        #expect(row(deck) == 0)
    }

    @Test func `stays where it is from the first key on`() {
        var deck = Deck(empty: Setup(context: "demo"))
        for report in Farm.reports where report.source == .cluster("customer-b") { deck.tell(report) }
        deck.press(.character("4"))
        let before = deck.console.subject
        for report in Farm.reports { deck.tell(report) }
        deck.look()

        #expect(deck.console.subject == before)
    }
}

@Suite struct `Figures` {
    @Test func `are gathered, so that all machines' come in one frame`() {
        var deck = Deck()
        deck.now = deck.now + .seconds(10)
        func figure(_ index: Int, _ percent: Double) -> Report {
            Farm.report(
                .cluster("customer-a"),
                .figures("customer-a", Farm.machineID(index), MachineFigures(cpuPercent: percent), [:]))
        }
        deck.tell(figure(0, 77))
        let first = deck.text(200, 50)
        deck.now = deck.now + .milliseconds(300)
        deck.tell(figure(1, 78))
        #expect(first.contains("77%"))
        #expect(deck.text(200, 50) == first)

        deck.now = deck.now + .seconds(2)
        #expect(deck.text(200, 50).contains("78%"))
    }
}
